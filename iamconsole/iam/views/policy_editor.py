"""The policy editor's pages for managed policies."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.editor.step import EDITOR, document_of, editor_context, editor_step, report_of
from iamconsole.iam import quotas
from iamconsole.iam.forms.policies import NewVersionForm, PolicyDetailsForm
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.policy_library import ManagedPolicies
from iamconsole.iam.views.policy_parts import is_aws_managed, policy_name, policy_url
from iamconsole.iam.views.policy_summary import summary_context
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel
from iamconsole.ui.templatetags.ui import long_time
from iamconsole.ui.wizard import Step, Wizard

REVIEW = "review"  # the name that AWS's console has in `?step=`


def written_context(wizard: Wizard) -> dict[str, Any]:
    """What the editor's step and the review after it show of the document."""
    if wizard.step.name != REVIEW:
        return editor_context(wizard)
    document = document_of(wizard)
    summary = summary_context(wizard.request, document, form="wizard")  # type: ignore[arg-type]  # a ConsoleRequest
    return {"document": document, "report": report_of(wizard), **summary}


@post_or_get
def policy_create(request: ConsoleRequest) -> HttpResponse:
    home = reverse("iam:policy-list")
    steps = (
        editor_step(library=ManagedPolicies(request.aws), view="visual"),
        Step(REVIEW, "Review and create", PolicyDetailsForm),
    )
    wizard = Wizard(request, "create-policy", steps, finish="Create policy", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        made = submit(wizard.form, request.aws, "iam:CreatePolicy", policy_document=document_of(wizard))
        if made:
            policy = made["Policy"]
            flash.success(
                request, f"Policy {policy['PolicyName']} created.", link=("View policy", policy_url(policy["Arn"]))
            )
            return wizard.done(home)
    context = written_context(wizard)
    if isinstance(wizard.form, PolicyDetailsForm):
        context["tags"] = wizard.form.editor("tags" in request.GET)
    return wizard.page("iam/policy_create.html", context)


@post_or_get
def policy_edit(request: ConsoleRequest, policy_arn: str, version_id: str) -> HttpResponse:
    """Editing makes a new version: versions themselves never change."""
    name = policy_name(policy_arn)
    home = policy_url(policy_arn)
    if is_aws_managed(policy_arn):
        flash.error(request, f"{name} is an AWS managed policy. Only AWS can change it.")
        return redirect(home)
    versions = panel(request, "iam:ListPolicyVersions", policy_arn=policy_arn)
    known = versions.result["Versions"] if versions.result else []
    removable = [
        (one["VersionId"], f"{one['VersionId']}, created {long_time(one['CreateDate'])}")
        for one in reversed(known)
        if not one["IsDefaultVersion"]
    ]
    newest = known[0]["VersionId"] if known else ""
    start = _start(request, policy_arn, version_id)
    steps = (
        editor_step(
            f"Modify permissions in {name}",
            document=start.result["Document"] if start.result else "",
            newest=newest,
            library=ManagedPolicies(request.aws),
        ),
        Step(
            REVIEW,
            "Review and save",
            NewVersionForm,
            initial={"set_as_default": True},
            options=lambda wizard: {"versions": removable if len(known) >= quotas.VERSIONS else []},
        ),
    )
    wizard = Wizard(request, "edit-policy", steps, finish="Save changes", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished and _save(request, wizard, policy_arn):
        flash.success(request, f"Policy {name} updated.")
        return wizard.done(home)
    context = written_context(wizard) | {"name": name, "home": home, "start": start}
    if wizard.step.name == REVIEW:
        before = str(wizard.values(EDITOR).get("newest", ""))
        context["made_meanwhile"] = newest if before and newest != before else ""
        candidates = getattr(wizard.form, "versions", [])
        if wizard.form.is_bound and candidates:
            # `Save changes` has been pressed: now it is asked which version has to go, by default the oldest.
            context |= {"full": NewVersionForm(versions=candidates), "oldest": candidates[0][0]}
    return wizard.page("iam/policy_edit.html", context)


def _start(request: ConsoleRequest, policy_arn: str, version_id: str) -> Panel:
    """The version to start from; only the first look at the editor needs it."""
    if request.method == "POST" or request.GET.get("step") == REVIEW:
        return Panel(result={"Document": ""})
    answer = panel(request, "iam:GetPolicyVersion", policy_arn=policy_arn, version_id=version_id)
    return Panel(result=answer.result["PolicyVersion"]) if answer.result else answer


def _save(request: ConsoleRequest, wizard: Wizard, policy_arn: str) -> bool:
    form = wizard.form
    if gone := form.cleaned_data["version_to_delete"]:
        step = ("iam:DeletePolicyVersion", {"policy_arn": policy_arn, "version_id": gone})
        if error := in_order(request.aws, [step]):
            form.refuse(error)
            return False
    document = document_of(wizard)
    return bool(submit(form, request.aws, "iam:CreatePolicyVersion", policy_arn=policy_arn, policy_document=document))
