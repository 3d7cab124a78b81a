"""Managed policies: the catalogue, details, who has them, their versions, and their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.editor.report import Report
from iamconsole.iam import quotas
from iamconsole.iam.forms.policies import EntityPicksForm
from iamconsole.iam.views import last_accessed
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order, pages
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.policy_parts import (
    NAME,
    TYPE,
    TYPE_FILTER,
    TypedTable,
    is_aws_managed,
    policies_table,
    policy_name,
    policy_type,
    policy_url,
)
from iamconsole.iam.views.policy_summary import summary_context
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard


def section_url(policy_arn: str, section: str) -> str:
    return f"{policy_url(policy_arn)}?{urlencode({'section': section})}"


# -- the catalogue ----------------------------------------------------------------------------------


def used_as(row: dict[str, Any]) -> str:
    """`Permissions policy (2), Boundary (1)`"""
    uses = (("Permissions policy", row["AttachmentCount"]), ("Boundary", row["PermissionsBoundaryUsageCount"]))
    return ", ".join(f"{label} ({number})" for label, number in uses if number) or "None"


@require_safe
def policy_list(request: ConsoleRequest) -> HttpResponse:
    table = policies_table(
        request,
        (
            NAME,
            TYPE,
            Column("used", "Used as", value=used_as),
            Column("description", "Description", value="Description"),
        ),
        description="A policy is an object in AWS that defines permissions.",
        level=1,
        info="policies",
        selection="single",
        actions=(
            Action(
                "Actions",
                menu=(
                    Action("Attach", reverse("iam:policy-chosen", args=["attach"]), needs="one"),
                    Action("Detach", reverse("iam:policy-chosen", args=["detach"]), needs="one"),
                ),
            ),
            Action("Delete", reverse("iam:policy-delete"), needs="one", modal=True),
            Action("Create policy", reverse("iam:policy-create"), kind="primary"),
        ),
    )
    return render_page(request, "iam/policy_list.html", {"table": table}, partial="table")


@require_safe
def policy_chosen(request: ConsoleRequest, act: str) -> HttpResponse:
    """From the list's `Actions` to the page where the chosen policy is attached or detached."""
    arns = chosen(request)
    if not arns:
        return redirect("iam:policy-list")
    if act == "attach":
        return redirect("iam:policy-attach", arns[0])
    return redirect(section_url(arns[0], "entities_attached"))


# -- details ----------------------------------------------------------------------------------------

SECTIONS = {
    "permissions": "Permissions",
    "entities_attached": "Entities attached",
    "tags": "Tags",
    "versions": "Policy versions",
    last_accessed.SECTION: last_accessed.LABEL,
}


@require_safe
def policy_detail(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    section = request.GET.get("section", "")
    section = section if section in SECTIONS else "permissions"
    found = panel(request, "iam:GetPolicy", policy_arn=policy_arn)
    policy = found.result["Policy"] if found.result else None
    context: dict[str, Any] = {
        "policy_arn": policy_arn,
        "name": policy["PolicyName"] if policy else policy_name(policy_arn),
        "type": policy_type(policy_arn),
        "found": found,
        "policy": policy,
        "ours": not is_aws_managed(policy_arn),
        "section": section,
        "tabs": [(name, label) for name, label in SECTIONS.items() if name != "tags" or not is_aws_managed(policy_arn)],
    }
    if section == "permissions":
        context |= _permissions(request, policy_arn, policy) if policy else {}
    elif section == "entities_attached":
        context["table"] = _entities_table(request, policy_arn)
        context["boundaries"] = _boundary_table(request, policy_arn)
    elif section == "versions":
        context["table"] = _versions_table(request, policy_arn)
    elif section == last_accessed.SECTION:
        context |= last_accessed.last_accessed_context(request, policy_arn)
    return render_page(request, "iam/policy_detail.html", context, partial="section")


def _permissions(request: ConsoleRequest, policy_arn: str, policy: dict[str, Any]) -> dict[str, Any]:
    view = "json" if request.GET.get("view") == "json" else "summary"
    version_id = policy["DefaultVersionId"]
    version = panel(request, "iam:GetPolicyVersion", policy_arn=policy_arn, version_id=version_id)
    context: dict[str, Any] = {"view": view, "version": version}
    if not is_aws_managed(policy_arn):
        context["edit"] = reverse("iam:policy-edit", args=[policy_arn, version_id])
    if version.result:
        context["document"] = version.result["PolicyVersion"]["Document"]
        if view == "summary":
            context |= summary_context(request, context["document"])
        else:
            context["report"] = Report(context["document"])
    return context


# -- who has it -------------------------------------------------------------------------------------

ENTITY_TYPES = {"User": "IAM users", "Group": "User groups", "Role": "IAM roles"}
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


def _entities(answer: dict[str, Any]) -> list[dict[str, str]]:
    return [_entity(kind, row[name]) for kind, (member, name) in ENTITY_LISTS.items() for row in answer[member]]


def _entity_call(key: str, verb: str, policy_arn: str) -> Call:
    """`user/john` → AttachUserPolicy or DetachUserPolicy."""
    kind, _, name = key.partition("/")
    kind = kind if kind in ENTITY_LISTS else "user"
    return f"iam:{verb}{kind.title()}Policy", {f"{kind}_name": name, "policy_arn": policy_arn}


def _entities_table(request: ConsoleRequest, policy_arn: str) -> Table:
    attach = Action("Attach", reverse("iam:policy-attach", args=[policy_arn]), kind="primary")
    table = TypedTable(
        "entities",
        "Attached as a permissions policy",
        ENTITY_COLUMNS,
        description="The entities that have this policy among their permissions policies.",
        selection="multi",
        key="key",
        row_label="name",
        controls=TYPE_FILTER,
        actions=(
            Action("Detach", reverse("iam:policy-detach", args=[policy_arn]), needs="some", modal=True),
            attach,
        ),
        empty=Empty(action=Action("Attach", attach.url)),
    )
    table.types = ENTITY_TYPES
    listing = table.listing(request, filters=("type",))
    kind = listing.filters.get("type", "")
    wanted = {"policy_usage_filter": "PermissionsPolicy"} | ({"entity_filter": kind} if kind in ENTITY_TYPES else {})
    found = panel(request, "iam:ListEntitiesForPolicy", policy_arn=policy_arn, listing=listing, **wanted)
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    rows = sorted(_entities(found.result), key=lambda row: row["name"].casefold(), reverse=listing.descending)
    return table.fill(rows, found.result.get("Total"))


def _boundary_table(request: ConsoleRequest, policy_arn: str) -> Table:
    table = Table(
        "boundaries",
        "Attached as a permissions boundary",
        ENTITY_COLUMNS,
        key="key",
        searchable=False,
        refresh=False,
    )
    found = panel(
        request,
        "iam:ListEntitiesForPolicy",
        policy_arn=policy_arn,
        policy_usage_filter="PermissionsBoundary",
        listing=table.listing(request, "boundary"),
    )
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    return table.fill(_entities(found.result), found.result.get("Total"))


@post_or_get
def policy_attach(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    home = section_url(policy_arn, "entities_attached")
    steps = (Step("entities", "Attach as a permissions policy", EntityPicksForm),)
    wizard = Wizard(request, "attach-policy", steps, finish="Attach policy", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["entities"]
        if error := in_order(request.aws, [_entity_call(key, "Attach", policy_arn) for key in picked]):
            flash.failure(request, f"The policy {name} was not attached.", error)
        else:
            flash.success(request, f"The policy {name} has been attached to {counted(len(picked), 'entity')}.")
        return wizard.done(home)
    table, errors = _candidates(request, wizard.form["entities"].value() or [])
    context = {"name": name, "policy_arn": policy_arn, "home": home, "table": table, "errors": errors}
    return wizard.page("iam/policy_attach.html", context)


def _candidates(request: ConsoleRequest, picked: list[str]) -> tuple[Table, list[AwsError]]:
    """Users, then groups, then roles, as one list; and what refused, when another could be read."""
    table = TypedTable(
        "entities",
        "IAM entities",
        ENTITY_COLUMNS,
        description="Select the users, user groups and roles to attach this policy to.",
        selection="multi",
        key="key",
        row_label="name",
        field_name="entities",
        form="wizard",
        controls=TYPE_FILTER,
        selected=picked,
    )
    table.types = ENTITY_TYPES
    asked = table.listing(request, filters=("type",))
    kind = asked.filters.get("type", "")
    rows: list[dict[str, str]] = []
    errors: list[AwsError] = []
    total, answered = 0, 0
    if kind in ("", "User"):
        found = panel(request, "iam:ListUsers", listing=asked)
        if found.result:
            rows, total, answered = (
                [_entity("user", row["UserName"]) for row in found.result["Users"]],
                found.result["Total"],
                1,
            )
        errors += [found.error] if found.error else []
    for one, most in (("group", quotas.GROUPS), ("role", quotas.ROLES)):
        if kind in ("", one.title()):
            # Few by quota: all of them are read, and those that come after the ones before are shown.
            everything = Listing(search=asked.search, sort=asked.sort, descending=asked.descending, size=most)
            found = panel(request, f"iam:List{one.title()}s", listing=everything)
            if found.result:
                names = [row[f"{one.title()}Name"] for row in found.result[f"{one.title()}s"]]
                shown = names[max(asked.start - total, 0) : max(asked.stop - total, 0)]
                rows += [_entity(one, name) for name in shown]
                total, answered = total + len(names), answered + 1
            errors += [found.error] if found.error else []
    if not answered:
        return table.fail(errors[0]), []
    return table.fill(rows, total), errors


@post_or_get
def policy_detach(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    home = section_url(policy_arn, "entities_attached")
    keys = chosen(request)
    if not keys:
        return redirect(home)
    if request.method == "POST":
        if error := in_order(request.aws, [_entity_call(key, "Detach", policy_arn) for key in keys]):
            flash.failure(request, f"The policy {name} was not detached.", error)
        else:
            flash.success(request, f"The policy {name} has been detached from {counted(len(keys), 'entity')}.")
        return redirect(home)
    context = {"name": name, "keys": keys, "names": [key.partition("/")[2] for key in keys], "home": home}
    return render_page(request, "iam/policy_detach.html", context)


# -- versions ---------------------------------------------------------------------------------------

VERSION_COLUMNS = (
    Column("VersionId", "Version", template="iam/policy_cells.html#version-cell"),
    Column("CreateDate", "Creation time", template="iam/policy_cells.html#time-cell"),
)


def _versions_table(request: ConsoleRequest, policy_arn: str) -> Table:
    ours = not is_aws_managed(policy_arn)
    table = Table(
        "versions",
        "Policy versions",
        VERSION_COLUMNS,
        description="A managed policy can have up to 5 versions. The default version is the one that is in force.",
        selection="single" if ours else "none",
        key="VersionId",
        searchable=False,
        expand="iam/policy_cells.html#document",
        actions=(
            Action("Delete", reverse("iam:policy-version-delete", args=[policy_arn]), needs="one", modal=True),
            Action(
                "Set as default", reverse("iam:policy-version-default", args=[policy_arn]), needs="one", method="post"
            ),
        )
        if ours
        else (),
    )
    table.listing(request)
    found = panel(request, "iam:ListPolicyVersions", policy_arn=policy_arn)
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    table.fill(found.result["Versions"])
    opened = [row["VersionId"] for row in table.rows if row["VersionId"] in table.opened]
    asked = [("iam:GetPolicyVersion", {"policy_arn": policy_arn, "version_id": one}) for one in opened]
    for version_id, answer in zip(opened, request.aws.call_many(asked), strict=True):
        version = Panel.of(answer)
        document = Panel(result=version.result["PolicyVersion"]) if version.result else version
        edit = reverse("iam:policy-edit", args=[policy_arn, version_id]) if ours else ""
        table.details = {**table.details, version_id: {"document": document, "edit": edit}}
    return table


@require_POST
def policy_version_default(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    for version_id in chosen(request)[:1]:
        call: Call = ("iam:SetDefaultPolicyVersion", {"policy_arn": policy_arn, "version_id": version_id})
        if error := in_order(request.aws, [call]):
            flash.failure(request, f"The default version of {name} was not changed.", error)
        else:
            flash.success(request, f"Version {version_id} is now the default version of {name}.")
    return redirect(section_url(policy_arn, "versions"))


@post_or_get
def policy_version_delete(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    home = section_url(policy_arn, "versions")
    version_id = next(iter(chosen(request)), "")
    if not version_id:
        return redirect(home)
    if request.method == "POST":
        call: Call = ("iam:DeletePolicyVersion", {"policy_arn": policy_arn, "version_id": version_id})
        if error := in_order(request.aws, [call]):
            flash.failure(request, f"Version {version_id} was not deleted.", error)
        else:
            flash.success(request, f"Version {version_id} deleted.")
        return redirect(home)
    context = {"name": policy_name(policy_arn), "version_id": version_id, "home": home}
    return render_page(request, "iam/policy_version_delete.html", context)


# -- its end ----------------------------------------------------------------------------------------


@post_or_get
def policy_delete(request: ConsoleRequest) -> HttpResponse:
    home = reverse("iam:policy-list")
    policy_arn = next(iter(chosen(request)), "")
    if not policy_arn:
        return redirect(home)
    name = policy_name(policy_arn)
    form = ConfirmForm(request.POST if request.method == "POST" else None, text=name)
    if request.method == "POST" and form.is_valid():
        if error := in_order(request.aws, _deletion(request.aws, policy_arn)):
            flash.failure(request, f"Policy {name} was not deleted.", error)
        else:
            flash.success(request, f"Policy {name} deleted.")
        return redirect(home)
    context: dict[str, Any] = {"name": name, "policy_arn": policy_arn, "form": form, "home": home}
    context["ours"] = not is_aws_managed(policy_arn)
    if context["ours"]:
        asked = ("iam:GetPolicy", "iam:ListPolicyVersions")
        answers = request.aws.call_many([(action, {"policy_arn": policy_arn}) for action in asked])
        context["policy"], context["versions"] = (Panel.of(answer) for answer in answers)
        context["entities"] = section_url(policy_arn, "entities_attached")
    return render_page(request, "iam/policy_delete.html", context, status=422 if form.is_bound else 200)


def _deletion(aws: Aws, policy_arn: str) -> Iterator[Call]:
    """AWS deletes only a policy that nobody has and that has one version; its console sees to both first."""
    which: dict[str, Any] = {"policy_arn": policy_arn}
    attached = which | {"policy_usage_filter": "PermissionsPolicy"}
    entities = [row["key"] for page in pages(aws, "iam:ListEntitiesForPolicy", **attached) for row in _entities(page)]
    for key in entities:
        yield _entity_call(key, "Detach", policy_arn)
    for version in aws.call("iam:ListPolicyVersions", **which)["Versions"]:
        if not version["IsDefaultVersion"]:
            yield "iam:DeletePolicyVersion", which | {"version_id": version["VersionId"]}
    yield "iam:DeletePolicy", which
