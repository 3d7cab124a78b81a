"""The policies of a user group: what it has, attaching more, taking some away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from iamconsole.core.errors import AwsError
from iamconsole.iam.forms.groups import PolicyPicksForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.policy_parts import (
    INLINE,
    NAME,
    TYPE,
    create_policy_action,
    is_aws_managed,
    policies_table,
    policy_name,
    policy_type,
)
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Table
from iamconsole.ui.wizard import Step, Wizard

# How an inline policy is told from a managed one where both are ticked: no ARN begins like this.
INLINE_MARK = "inline/"

HELD_COLUMNS = (
    Column("name", "Policy name", sortable=True, template="iam/policy_cells.html#held-cell"),
    Column("type", "Type", sortable=True),
)


def group_url(name: str, page: str = "group-detail", **query: str) -> str:
    return reverse(f"iam:{page}", args=[name]) + (f"?{urlencode(query)}" if query else "")


def policies_picker(request: ConsoleRequest, wizard: Wizard, **options: Any) -> Table:
    picked = {"field_name": "policies", "form": "wizard", "selected": wizard.form["policies"].value() or []}
    return policies_table(request, **{**picked, "actions": (create_policy_action(),), **options})


def attachments(group_name: str, policy_arns: Iterable[str]) -> list[Call]:
    return [("iam:AttachGroupPolicy", {"group_name": group_name, "policy_arn": one}) for one in policy_arns]


@dataclass(frozen=True, slots=True)
class Held:
    """A group's policies as far as they could be read."""

    rows: list[dict[str, str]]
    errors: list[AwsError]

    @property
    def read(self) -> bool:
        """Whether at least one of the two lists could be read."""
        return len(self.errors) < 2


def held_policies(request: ConsoleRequest, group_name: str) -> Held:
    asked = [
        ("iam:ListAttachedGroupPolicies", {"group_name": group_name}),
        ("iam:ListGroupPolicies", {"group_name": group_name}),
    ]
    attached, inline = (Panel.of(answer) for answer in request.aws.call_many(asked))
    rows = []
    for policy in attached.result["AttachedPolicies"] if attached.result else ():
        arn = policy["PolicyArn"]
        rows.append({"key": arn, "name": policy["PolicyName"], "type": policy_type(arn), "Arn": arn})
    for name in inline.result["PolicyNames"] if inline.result else ():
        rows.append({"key": f"{INLINE_MARK}{name}", "name": name, "type": INLINE, "Arn": ""})
    return Held(rows, [found.error for found in (attached, inline) if found.error])


def permissions_table(request: ConsoleRequest, group_name: str, held: Held) -> Table:
    table = Table(
        "policies",
        "Permissions policies",
        HELD_COLUMNS,
        description="You can attach up to 10 managed policies.",
        info="permissions-policies",
        selection="multi",
        key="key",
        row_label="name",
        expand="iam/policy_cells.html#document",
        actions=(
            Action("Simulate", "/policysim"),
            Action("Remove", group_url(group_name, "group-remove-policies"), needs="some", modal=True),
            Action(
                "Add permissions",
                kind="primary",
                menu=(
                    Action("Attach policies", group_url(group_name, "group-attach-policies")),
                    Action("Create inline policy", group_url(group_name, "group-create-policy")),
                ),
            ),
        ),
    )
    table.listing(request)
    if not held.read:
        return table.fail(held.errors[0])
    table.show(held.rows)
    table.details = _documents(request, group_name, [row for row in table.rows if row["key"] in table.opened])
    return table


def _documents(request: ConsoleRequest, group_name: str, rows: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """The policy documents of the opened rows, and where each is edited."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["Arn"]:
            document, edit = managed_document(request, row["Arn"])
        else:
            answer = panel(request, "iam:GetGroupPolicy", group_name=group_name, policy_name=row["name"])
            document = Panel(result={"Document": answer.result["PolicyDocument"]}) if answer.result else answer
            edit = reverse("iam:group-edit-policy", args=[group_name, row["name"]])
        found[row["key"]] = {"document": document, "edit": edit}
    return found


def managed_document(request: ConsoleRequest, policy_arn: str) -> tuple[Panel, str]:
    """A managed policy's document in force, and where it is edited: nowhere for one of AWS's own."""
    policy = panel(request, "iam:GetPolicy", policy_arn=policy_arn)
    if policy.result is None:
        return policy, ""
    version = policy.result["Policy"]["DefaultVersionId"]
    answer = panel(request, "iam:GetPolicyVersion", policy_arn=policy_arn, version_id=version)
    edit = "" if is_aws_managed(policy_arn) else reverse("iam:policy-edit", args=[policy_arn, version])
    return (Panel(result=answer.result["PolicyVersion"]) if answer.result else answer), edit


@post_or_get
def group_attach_policies(request: ConsoleRequest, group_name: str) -> HttpResponse:
    home = group_url(group_name, section="permissions")
    steps = (Step("policies", f"Attach permission policies to {group_name}", PolicyPicksForm),)
    wizard = Wizard(request, "group-attach-policies", steps, finish="Attach policies", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["policies"]
        if error := in_order(request.aws, attachments(group_name, picked)):
            flash.failure(request, "Policies were not attached to this user group.", error)
        elif picked:
            flash.success(request, "Policies attached to this user group.")
        return wizard.done(home)
    held = held_policies(request, group_name)
    current = Table("current", "Current permissions policies", HELD_COLUMNS, key="key", level=3)
    current.searchable = current.refresh = False
    current.size = 100
    current.listing(request, "current")
    table = policies_picker(
        request,
        wizard,
        title="Other permissions policies",
        description="You can attach up to 10 managed policies to this user group.",
        columns=(NAME, TYPE),
    )
    # ListPolicies cannot leave out what a group has, so those rows say it instead.
    attached = {row["Arn"] for row in held.rows}
    table.rows = [{**row, "inside": row["Arn"] in attached} for row in table.rows]
    context = {
        "group_name": group_name,
        "home": home,
        "current": current.show(held.rows) if held.read else current.fail(held.errors[0]),
        "table": table,
    }
    return wizard.page("iam/group_attach_policies.html", context)


@post_or_get
def group_remove_policies(request: ConsoleRequest, group_name: str) -> HttpResponse:
    """Detach managed policies, delete inline ones; one inline policy asks for its name."""
    home = group_url(group_name, section="permissions")
    keys = chosen(request)
    if not keys:
        return redirect(home)
    inline = [key.removeprefix(INLINE_MARK) for key in keys if key.startswith(INLINE_MARK)]
    managed = [key for key in keys if not key.startswith(INLINE_MARK)]
    typed = inline[0] if len(keys) == 1 and inline else ""
    form = ConfirmForm(request.POST if request.method == "POST" else None, text=typed) if typed else None
    if request.method == "POST" and (form is None or form.is_valid()):
        calls: list[Call] = [
            *(("iam:DetachGroupPolicy", {"group_name": group_name, "policy_arn": arn}) for arn in managed),
            *(("iam:DeleteGroupPolicy", {"group_name": group_name, "policy_name": name}) for name in inline),
        ]
        if error := in_order(request.aws, calls):
            flash.failure(request, f"{counted(len(keys), 'policy')} could not be removed.", error)
        else:
            flash.success(request, f"{counted(len(keys), 'inline policy' if not managed else 'policy')} removed")
        return redirect(home)
    context = {
        "group_name": group_name,
        "keys": keys,
        "names": [policy_name(arn) for arn in managed],
        "inline": inline,
        "typed": typed,
        "form": form,
        "home": home,
    }
    status = 422 if form and form.is_bound else 200
    return render_page(request, "iam/group_remove_policies.html", context, status=status)
