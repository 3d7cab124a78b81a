"""Managed policies: the catalogue, and the end of a policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order, pages
from iamconsole.iam.views.common import chosen, post_or_get
from iamconsole.iam.views.policy_entities import SECTION as ENTITIES
from iamconsole.iam.views.policy_entities import entities_of, entity_call
from iamconsole.iam.views.policy_parts import NAME, TYPE, is_aws_managed, policies_table, policy_name, policy_url
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, render_page
from iamconsole.ui.table import Action, Column

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
            Action(
                "Delete",
                reverse("iam:policy-delete"),
                needs="one",
                modal=True,
                bars=lambda row: is_aws_managed(row["Arn"]),
                barred="AWS managed policies cannot be deleted",
            ),
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
    return redirect(policy_url(arns[0], section=ENTITIES))


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
        context["entities"] = policy_url(policy_arn, section=ENTITIES)
    return render_page(request, "iam/policy_delete.html", context, status=422 if form.is_bound else 200)


def _deletion(aws: Aws, policy_arn: str) -> Iterator[Call]:
    """AWS deletes only a policy that nobody has and that has one version; its console sees to both first."""
    which: dict[str, Any] = {"policy_arn": policy_arn}
    attached = which | {"policy_usage_filter": "PermissionsPolicy"}
    entities = [row["key"] for page in pages(aws, "iam:ListEntitiesForPolicy", **attached) for row in entities_of(page)]
    for key in entities:
        yield entity_call(key, "Detach", policy_arn)
    for version in aws.call("iam:ListPolicyVersions", **which)["Versions"]:
        if not version["IsDefaultVersion"]:
            yield "iam:DeletePolicyVersion", which | {"version_id": version["VersionId"]}
    yield "iam:DeletePolicy", which
