"""Who has a managed policy: as a permissions policy, and as a permissions boundary.

A group has no boundary: a policy bounds users and roles.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.iam import quotas
from iamconsole.iam.forms.policies import EntityPicksForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.kinds import KINDS
from iamconsole.iam.views.policy_parts import TYPE_FILTER, TypedTable, policy_name, policy_url
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard

SECTION = "entities_attached"  # the tab, in `?section=`
ENTITY_TYPES = {"User": "IAM users", "Group": "User groups", "Role": "IAM roles"}
BOUNDED_TYPES = {"User": "IAM users", "Role": "IAM roles"}
ENTITY_COLUMNS = (
    Column("name", "Entity name", sortable=True, template="iam/policy_cells.html#entity-cell"),
    Column("type", "Entity type"),
)
# Where each kind of entity is in the answer of ListEntitiesForPolicy.
ENTITY_LISTS = {
    "user": ("PolicyUsers", "UserName"),
    "group": ("PolicyGroups", "GroupName"),
    "role": ("PolicyRoles", "RoleName"),
}


def _entity(kind: str, name: str) -> dict[str, str]:
    return {
        "key": f"{kind}/{name}",
        "kind": kind,
        "name": name,
        "type": {"user": "IAM user", "group": "User group", "role": "IAM role"}[kind],
        "href": f"/iam/{kind}s/details/{name}",
    }


def entities_of(answer: dict[str, Any]) -> list[dict[str, str]]:
    """The entities in one answer of ListEntitiesForPolicy."""
    return [_entity(kind, row[name]) for kind, (member, name) in ENTITY_LISTS.items() for row in answer[member]]


def _parts(key: str) -> tuple[str, str]:
    """`user/john` → its kind and name; a browser may send anything."""
    kind, _, name = key.partition("/")
    return (kind if kind in ENTITY_LISTS else "user"), name


def entity_call(key: str, verb: str, policy_arn: str) -> Call:
    """`user/john` → AttachUserPolicy or DetachUserPolicy."""
    kind, name = _parts(key)
    return f"iam:{verb}{kind.title()}Policy", {f"{kind}_name": name, "policy_arn": policy_arn}


# -- the tab ----------------------------------------------------------------------------------------


def entities_table(request: ConsoleRequest, policy_arn: str) -> Table:
    attach = reverse("iam:policy-attach", args=[policy_arn])
    table = TypedTable(
        "entities",
        "Attached as a permissions policy",
        ENTITY_COLUMNS,
        description="The users, user groups and roles that have this policy among their permissions policies.",
        selection="multi",
        actions=(
            Action("Detach", reverse("iam:policy-detach", args=[policy_arn]), needs="some", modal=True),
            Action("Attach", attach, kind="primary"),
        ),
        empty=Empty(action=Action("Attach", attach)),
    )
    table.types = ENTITY_TYPES
    return _filled(request, table, policy_arn, "PermissionsPolicy", "")


def boundary_table(request: ConsoleRequest, policy_arn: str) -> Table:
    pages = {page: reverse(f"iam:policy-{page}-boundary", args=[policy_arn]) for page in ("set", "change", "remove")}
    table = TypedTable(
        "boundaries",
        "Attached as a permissions boundary",
        ENTITY_COLUMNS,
        description="The users and roles whose permissions this policy limits. A boundary grants nothing by itself.",
        info="permissions-boundary",
        selection="single",
        actions=(
            Action("Change", pages["change"], needs="one"),
            Action("Remove boundary", pages["remove"], needs="one", modal=True),
            Action("Set this policy as a permissions boundary", pages["set"]),
        ),
    )
    table.types = BOUNDED_TYPES
    return _filled(request, table, policy_arn, "PermissionsBoundary", "boundary")


def _filled(request: ConsoleRequest, table: TypedTable, policy_arn: str, usage: str, prefix: str) -> Table:
    table.key, table.row_label, table.controls = "key", "name", TYPE_FILTER
    listing = table.listing(request, prefix, filters=("type",))
    kind = listing.filters.get("type", "")
    wanted = {"policy_usage_filter": usage} | ({"entity_filter": kind} if kind in table.types else {})
    found = panel(request, "iam:ListEntitiesForPolicy", policy_arn=policy_arn, listing=listing, **wanted)
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    rows = sorted(entities_of(found.result), key=lambda row: row["name"].casefold(), reverse=listing.descending)
    return table.fill(rows, found.result.get("Total"))


# -- attach and detach ------------------------------------------------------------------------------


@post_or_get
def policy_attach(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    home = policy_url(policy_arn, section=SECTION)
    steps = (Step("entities", "Attach as a permissions policy", EntityPicksForm),)
    wizard = Wizard(request, "attach-policy", steps, finish="Attach policy", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["entities"]
        if error := in_order(request.aws, [entity_call(key, "Attach", policy_arn) for key in picked]):
            flash.failure(request, f"The policy {name} was not attached.", error)
        else:
            flash.success(request, f"The policy {name} has been attached to {counted(len(picked), 'entity')}.")
        return wizard.done(home)
    table, errors = _candidates(request, wizard, ENTITY_TYPES, "The policy is attached to those that you select.")
    context = {"name": name, "home": home, "table": table, "errors": errors, "failed": "The policy was not attached."}
    return wizard.page("iam/policy_attach.html", context)


def _candidates(
    request: ConsoleRequest, wizard: Wizard, types: dict[str, str], description: str
) -> tuple[Table, list[AwsError]]:
    """Users, then groups, then roles, as one list; and what refused, when another could be read."""
    table = TypedTable(
        "entities",
        "IAM entities",
        ENTITY_COLUMNS,
        description=description,
        selection="multi",
        key="key",
        row_label="name",
        field_name="entities",
        form="wizard",
        controls=TYPE_FILTER,
        selected=wizard.form["entities"].value() or [],
    )
    table.types = types
    asked = table.listing(request, filters=("type",))
    kind = asked.filters.get("type", "")
    wanted = [kind] if kind in types else list(types)
    rows: list[dict[str, str]] = []
    errors: list[AwsError] = []
    total, answered = 0, 0
    if "User" in wanted:
        found = panel(request, "iam:ListUsers", listing=asked)
        if found.result:
            rows = [_entity("user", row["UserName"]) for row in found.result["Users"]]
            total, answered = found.result["Total"], 1
        errors += [found.error] if found.error else []
    for one, most in (("Group", quotas.GROUPS), ("Role", quotas.ROLES)):
        if one not in wanted:
            continue
        # Few by quota: all of them are read, and those that come after the ones before are shown.
        everything = Listing(search=asked.search, sort=asked.sort, descending=asked.descending, size=most)
        found = panel(request, f"iam:List{one}s", listing=everything)
        if found.result:
            names = [row[f"{one}Name"] for row in found.result[f"{one}s"]]
            rows += [
                _entity(one.lower(), name) for name in names[max(asked.start - total, 0) : max(asked.stop - total, 0)]
            ]
            total, answered = total + len(names), answered + 1
        errors += [found.error] if found.error else []
    if not answered:
        return table.fail(errors[0]), []
    return table.fill(rows, total), errors


@post_or_get
def policy_detach(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    home = policy_url(policy_arn, section=SECTION)
    keys = chosen(request)
    if not keys:
        return redirect(home)
    if request.method == "POST":
        if error := in_order(request.aws, [entity_call(key, "Detach", policy_arn) for key in keys]):
            flash.failure(request, f"The policy {name} was not detached.", error)
        else:
            flash.success(request, f"The policy {name} has been detached from {counted(len(keys), 'entity')}.")
        return redirect(home)
    context = {"name": name, "keys": keys, "names": [_parts(key)[1] for key in keys], "home": home}
    return render_page(request, "iam/policy_detach.html", context)


# -- as a boundary ----------------------------------------------------------------------------------


@post_or_get
def policy_set_boundary(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    """Make the policy the boundary of users and roles. The boundary that one of them has is replaced."""
    name = policy_name(policy_arn)
    home = policy_url(policy_arn, section=SECTION)
    steps = (Step("entities", "Set as a permissions boundary", EntityPicksForm),)
    wizard = Wizard(request, "set-boundary", steps, finish="Set boundary", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["entities"]
        calls = [_boundary_call(key, "Put", permissions_boundary=policy_arn) for key in picked]
        if error := in_order(request.aws, calls):
            flash.failure(request, f"The policy {name} was not set as a permissions boundary.", error)
        else:
            whom = counted(len(picked), "entity")
            flash.success(request, f"The policy {name} has been set as the permissions boundary of {whom}.")
        return wizard.done(home)
    description = "The policy limits those that you select. A permissions boundary that one of them has is replaced."
    table, errors = _candidates(request, wizard, BOUNDED_TYPES, description)
    failed = "The permissions boundary was not set."
    context = {"name": name, "home": home, "table": table, "errors": errors, "failed": failed}
    return wizard.page("iam/policy_attach.html", context)


def _boundary_call(key: str, verb: str, **more: str) -> Call:
    """`user/john` → PutUserPermissionsBoundary or DeleteUserPermissionsBoundary."""
    kind, name = _parts(key)
    return KINDS[kind if kind in KINDS else "user"].call(verb + "{}PermissionsBoundary", name, **more)


@require_safe
def policy_change_boundary(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    """To the page of the chosen user or role where another boundary takes this one's place."""
    for key in chosen(request)[:1]:
        kind, name = _parts(key)
        if kind in KINDS and name:
            return redirect(f"iam:{kind}-set-boundary", name)
    return redirect(policy_url(policy_arn, section=SECTION))


@post_or_get
def policy_remove_boundary(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    home = policy_url(policy_arn, section=SECTION)
    key = next(iter(chosen(request)), "")
    kind, name = _parts(key)
    if not name:
        return redirect(home)
    if request.method == "POST":
        if error := in_order(request.aws, [_boundary_call(key, "Delete")]):
            flash.failure(request, f"The permissions boundary of {kind} {name} was not removed.", error)
        else:
            flash.success(request, f"Permissions boundary removed for {kind} {name}.")
        return redirect(home)
    context = {"kind": kind, "name": name, "key": key, "policy": policy_name(policy_arn), "home": home}
    return render_page(request, "iam/policy_remove_boundary.html", context)
