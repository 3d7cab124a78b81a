"""The policies that a user, a user group or a role has, however it came by them; attaching more, taking some away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.iam.forms.policies import PolicyPicksForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.policy_parts import (
    INLINE,
    NAME,
    TYPE,
    TYPE_FILTER,
    TYPES,
    TypedTable,
    create_policy_action,
    is_aws_managed,
    policies_table,
    policy_name,
    policy_type,
)
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page
from iamconsole.ui.table import Action, Column, Table
from iamconsole.ui.wizard import Step, Wizard

DIRECTLY, OWN_INLINE = "Directly", "Inline"
OWN_MARK, GROUP_MARK = "inline/", "group/"  # how an inline policy is ticked


@dataclass(slots=True)
class HeldPolicy:
    """One policy and the ways it came by: attached, written on its holder, or through a user's groups."""

    name: str
    type: str
    arn: str = ""  # empty for an inline policy
    ways: list[str] = field(default_factory=list)  # Directly, Inline
    groups: list[str] = field(default_factory=list)
    policy: Panel = field(default_factory=Panel)  # the answer of GetPolicy, where the table shows it

    @property
    def Arn(self) -> str:  # as ListPolicies calls it, for the cells that other tables share
        return self.arn

    @property
    def key(self) -> str:
        """What is ticked: the ARN, or the owner and name of an inline policy. No ARN has a slash before a colon."""
        if self.arn:
            return self.arn
        return f"{GROUP_MARK}{self.groups[0]}/{self.name}" if self.groups else f"{OWN_MARK}{self.name}"

    def owner(self, holder: Holder) -> Holder:
        """On whom an inline policy is written."""
        return Holder("group", self.groups[0]) if self.groups else holder

    @property
    def via(self) -> list[str]:
        return [*self.ways, *(f"Group {name}" for name in self.groups)]

    @property
    def attached_entities(self) -> Panel:
        """To how many a managed policy is attached; an inline policy is a part of its holder and attached to none."""
        if not self.arn:
            return Panel(result={"Count": 0})
        found = self.policy
        return Panel(result={"Count": found.result["Policy"]["AttachmentCount"]}) if found.result else found


@dataclass(frozen=True, slots=True)
class Held:
    """The policies of a holder, and a user's groups, as far as they could be read."""

    rows: Sequence[HeldPolicy]
    errors: Sequence[AwsError]

    @property
    def read(self) -> bool:
        """Whether anything at all could be read."""
        return bool(self.rows) or not self.errors

    def picked(self, keys: Iterable[str]) -> list[HeldPolicy]:
        wanted = set(keys)
        return [row for row in self.rows if row.key in wanted]


def reads(holder: Holder) -> list[Call]:
    """The calls whose answers `held_from` takes, for a page that makes them together with its others."""
    actions = [holder.operation("ListAttached", "Policies"), holder.operation("List", "Policies")]
    if holder.kind == "user":
        actions.append("iam:ListGroupsForUser")
    return [(action, holder.which) for action in actions]


def held_policies(request: ConsoleRequest, holder: Holder) -> Held:
    return held_from(request, holder, [Panel.of(answer) for answer in request.aws.call_many(reads(holder))])


def held_from(request: ConsoleRequest, holder: Holder, own: Sequence[Panel]) -> Held:
    """From the answers of `reads`, and those for each of a user's groups."""
    attached, inline, *groups = own
    group_names = [name["GroupName"] for answer in groups for name in _members(answer, "Groups")]
    asked = [call for name in group_names for call in reads(Holder("group", name))]
    through = [Panel.of(answer) for answer in request.aws.call_many(asked)] if asked else []
    managed: dict[str, HeldPolicy] = {}
    written: list[HeldPolicy] = []
    for policy in _members(attached, "AttachedPolicies"):
        _row(managed, policy).ways.append(DIRECTLY)
    written += [HeldPolicy(one, INLINE, ways=[OWN_INLINE]) for one in _members(inline, "PolicyNames")]
    for group, on_group, in_group in zip(group_names, through[::2], through[1::2], strict=True):
        for policy in _members(on_group, "AttachedPolicies"):
            _row(managed, policy).groups.append(group)
        written += [HeldPolicy(one, INLINE, groups=[group]) for one in _members(in_group, "PolicyNames")]
    return Held([*managed.values(), *written], [found.error for found in (*own, *through) if found.error])


def _members(answer: Panel, member: str) -> list[Any]:
    return answer.result[member] if answer.result else []


def _row(managed: dict[str, HeldPolicy], policy: dict[str, str]) -> HeldPolicy:
    arn = policy["PolicyArn"]
    return managed.setdefault(arn, HeldPolicy(policy["PolicyName"], policy_type(arn), arn))


# -- the tab ----------------------------------------------------------------------------------------

HELD_NAME = Column("name", "Policy name", sortable=True, template="iam/policy_cells.html#held-cell")
HELD_TYPE = Column("type", "Type", sortable=True)
VIA = Column("via", "Attached via", template="iam/user_cells.html#via-cell")
ATTACHED = Column(
    "attached", "Attached entities", value="attached_entities", template="iam/policy_cells.html#attached-cell"
)
HELD = (HELD_NAME, HELD_TYPE)
COLUMNS = {"user": (*HELD, VIA), "group": HELD, "role": (*HELD, ATTACHED)}
DESCRIPTIONS = {
    "user": "Permissions are defined by policies attached to the user directly or through groups.",
    "group": "You can attach up to 10 managed policies.",
    "role": "You can attach up to 10 managed policies.",
}


def _actions(holder: Holder, changeable: bool) -> tuple[Action, ...]:
    """What can be done with the policies: with a user's nothing is simulated from here, and groups can be given too."""
    simulate = (
        ()
        if holder.kind == "user"
        else (Action("Simulate", f"/policysim?{urlencode({f'{holder.kind}s': holder.name})}"),)
    )
    if not changeable:
        return simulate
    more = (
        Action("Add permissions", holder.page("add-permissions"))
        if holder.kind == "user"
        else Action("Attach policies", holder.page("attach-policies"))
    )
    inline = Action("Create inline policy", holder.page("create-policy"))
    return (
        *simulate,
        Action("Remove", holder.page("remove-policies"), needs="some", modal=True),
        Action("Add permissions", kind="primary", menu=(more, inline)),
    )


def permissions_table(request: ConsoleRequest, holder: Holder, held: Held, *, changeable: bool = True) -> Table:
    """`Permissions policies`; not `changeable`, as those of a service-linked role, it is to be read only."""
    table = TypedTable(
        "policies",
        "Permissions policies",
        COLUMNS[holder.kind],
        description=DESCRIPTIONS[holder.kind],
        info="permissions-policies",
        selection="multi" if changeable else "none",
        key="key",
        row_label="name",
        expand="iam/policy_cells.html#document",
        controls=TYPE_FILTER,
        actions=_actions(holder, changeable),
    )
    table.types = TYPES | {"inline": INLINE}
    wanted = table.types.get(table.listing(request, filters=("type",)).filters.get("type", ""))
    if not held.read:
        return table.fail(held.errors[0])
    table.show([row for row in held.rows if wanted in (None, row.type)])
    opened = [row for row in table.rows if row.key in table.opened]
    _read_policies(request, [row for row in table.rows if row.arn and (row in opened or ATTACHED in table.columns)])
    table.details = _documents(request, holder, opened, changeable)
    return table


def _read_policies(request: ConsoleRequest, rows: Sequence[HeldPolicy]) -> None:
    """Fill in `policy`."""
    answers = request.aws.call_many([("iam:GetPolicy", {"policy_arn": row.arn}) for row in rows]) if rows else []
    for row, answer in zip(rows, answers, strict=True):
        row.policy = Panel.of(answer)


def _documents(
    request: ConsoleRequest, holder: Holder, rows: Sequence[HeldPolicy], changeable: bool
) -> dict[str, dict[str, Any]]:
    """The documents of opened rows and where each is edited, in one round of calls."""
    readable = [row for row in rows if not row.arn or row.policy.result]
    asked = [_reading(holder, row) for row in readable]
    answers = iter(request.aws.call_many(asked) if asked else [])
    found = {row.key: _text_of(Panel.of(next(answers))) if row in readable else row.policy for row in rows}
    return {row.key: {"document": found[row.key], "edit": _edit_url(holder, row) if changeable else ""} for row in rows}


def _version(row: HeldPolicy) -> str:
    return str(row.policy.result["Policy"]["DefaultVersionId"]) if row.policy.result else ""


def _reading(holder: Holder, row: HeldPolicy) -> Call:
    if row.arn:
        return "iam:GetPolicyVersion", {"policy_arn": row.arn, "version_id": _version(row)}
    owner = row.owner(holder)
    return owner.operation("Get"), owner.which | {"policy_name": row.name}


def _text_of(answer: Panel) -> Panel:
    """GetPolicyVersion, and GetUserPolicy with its like, put the text into different members."""
    if answer.result is None:
        return answer
    version = answer.result.get("PolicyVersion", {})
    return Panel(result={"Document": version.get("Document") or answer.result.get("PolicyDocument", "")})


def _edit_url(holder: Holder, row: HeldPolicy) -> str:
    """Where the policy is edited: nowhere for one of AWS's own, or one that cannot be read."""
    if row.arn:
        version = _version(row)
        return reverse("iam:policy-edit", args=[row.arn, version]) if version and not is_aws_managed(row.arn) else ""
    return row.owner(holder).page("edit-policy", row.name)


# -- attach -----------------------------------------------------------------------------------------


def policies_picker(request: ConsoleRequest, wizard: Wizard, **options: Any) -> Table:
    """The account's and AWS's policies, to be ticked inside a form."""
    return policies_table(
        request,
        **{
            "field_name": "policies",
            "form": "wizard",
            "selected": wizard.form["policies"].value() or [],
            "actions": (create_policy_action(),),
            **options,
        },
    )


# The page's title, and its button.
ATTACH = {
    "group": ("Attach permission policies to {}", "Attach policies"),
    "role": ("Attach policy to {}", "Add permissions"),
}


def attachments(holder: Holder, policy_arns: Iterable[str]) -> list[Call]:
    return [(holder.operation("Attach"), holder.which | {"policy_arn": one}) for one in policy_arns]


@post_or_get
def attach_policies(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    holder = Holder(kind, name)
    title, finish = ATTACH[kind]
    steps = (Step("policies", title.format(name), PolicyPicksForm),)
    wizard = Wizard(request, f"{kind}-attach-policies", steps, finish=finish, cancel=holder.url)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["policies"]
        if error := in_order(request.aws, attachments(holder, picked)):
            flash.failure(request, f"Policies were not attached to this {holder.noun}.", error)
        elif picked:
            flash.success(request, f"Policies attached to this {holder.noun}.")
        return wizard.done(holder.url)
    held = held_policies(request, holder)
    current = Table("current", "Current permissions policies", HELD, key="key", level=3, size=100)
    current.searchable = current.refresh = False
    current.listing(request, "current")
    table = policies_picker(
        request,
        wizard,
        title="Other permissions policies",
        description=f"You can attach up to 10 managed policies to this {holder.noun}.",
        columns=(NAME, TYPE),
    )
    # ListPolicies cannot leave out what somebody has, so those rows say it instead.
    attached = {row.arn for row in held.rows}
    table.rows = [{**row, "inside": row["Arn"] in attached} for row in table.rows]
    context = {
        "holder": holder,
        "current": current.show(held.rows) if held.read else current.fail(held.errors[0]),
        "table": table,
    }
    return wizard.page("iam/attach_policies.html", context)


# -- remove -----------------------------------------------------------------------------------------


@post_or_get
def remove_policies(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    """Take policies away. One that a user has through a group goes by leaving the group, and all of it with it.

    A group's inline policy asks for its name, when it is the only one.
    """
    holder = Holder(kind, name)
    held = held_policies(request, holder)
    picked = held.picked(chosen(request))
    if not picked:
        if request.method == "POST" and (error := held.errors[0] if held.errors else _gone(request, holder)):
            flash.failure(request, "The policies were not removed.", error)
        return redirect(holder.url)
    written = [row for row in picked if row.ways == [OWN_INLINE]]
    typed = picked[0].name if kind == "group" and len(picked) == len(written) == 1 else ""
    form = ConfirmForm(request.POST if request.method == "POST" else None, text=typed) if typed else None
    if request.method == "POST" and (form is None or form.is_valid()):
        if error := in_order(request.aws, _removal(holder, picked)):
            flash.failure(request, f"{counted(len(picked), 'policy')} could not be removed.", error)
        else:
            noun = "inline policy" if len(written) == len(picked) else "policy"
            flash.success(request, f"{counted(len(picked), noun)} removed")
        return redirect(holder.url)
    leaving = list(dict.fromkeys(name for row in picked for name in row.groups))
    what = "policy" if len(picked) == 1 else f"{len(picked)} policies"
    if kind == "group":
        title, button = f"Remove {what}?", "Remove"
    else:
        title, button = f"Remove {what} for {kind}?", f"Remove {what.rpartition(' ')[2]}"
    context = {
        "holder": holder,
        "picked": picked,
        "title": "Delete inline policy?" if typed else title,
        "button": "Delete" if typed else button,
        "leaving": leaving,
        "lost": [row for row in held.rows if row not in picked and set(row.groups) & set(leaving)],
        "written": written,
        "form": form,
    }
    return render_page(request, "iam/remove_policies.html", context, status=422 if form and form.is_bound else 200)


def _gone(request: ConsoleRequest, holder: Holder) -> AwsError | None:
    """What IAM says of policies that were ticked and went in another tab meanwhile; groups are not left for them."""
    rows = [
        HeldPolicy(key.removeprefix(OWN_MARK), INLINE, ways=[OWN_INLINE])
        if key.startswith(OWN_MARK)
        else HeldPolicy(policy_name(key), policy_type(key), key, ways=[DIRECTLY])
        for key in chosen(request)
        if not key.startswith(GROUP_MARK)
    ]
    return in_order(request.aws, _removal(holder, rows))


def _removal(holder: Holder, picked: Sequence[HeldPolicy]) -> Iterator[Call]:
    for row in picked:
        if OWN_INLINE in row.ways:
            yield holder.operation("Delete"), holder.which | {"policy_name": row.name}
        elif DIRECTLY in row.ways:
            yield holder.operation("Detach"), holder.which | {"policy_arn": row.arn}
    for group in dict.fromkeys(name for row in picked for name in row.groups):
        yield "iam:RemoveUserFromGroup", holder.which | {"group_name": group}
