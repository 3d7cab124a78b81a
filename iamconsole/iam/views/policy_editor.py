"""The policy editor's pages for managed policies, and what it says of a text while it is typed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from iamconsole.iam import quotas
from iamconsole.iam.forms.policies import (
    LONGEST_DOCUMENT,
    START,
    NewVersionForm,
    PolicyDetailsForm,
    PolicyDocumentForm,
    Report,
)
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.policy_parts import policy_name, policy_url, summary_context
from iamconsole.policy import Kind
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.wizard import Step, Wizard

EDITOR, REVIEW = "addPermissions", "review"  # the names that AWS's console has in `?step=`
EDITOR_TEXT = (
    "Add permissions by selecting services, actions, resources, and conditions. Build permission statements using "
    "the JSON editor."
)
KINDS: dict[str, Kind] = {"identity": "identity", "resource": "resource", "trust": "trust"}


@require_POST
def policy_validate(request: ConsoleRequest) -> HttpResponse:
    """The findings on a text that is being typed; the pages show the same when they are loaded."""
    text = request.POST.get("document", "")[:LONGEST_DOCUMENT].replace("\r\n", "\n")
    limit = request.POST.get("limit", "")
    report = Report(
        text,
        KINDS.get(request.POST.get("kind", ""), "identity"),
        int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 7 else quotas.MANAGED_POLICY_SIZE,
    )
    return render_page(request, "iam/policy_editor.html#findings", {"report": report})


def editor_context(wizard: Wizard) -> dict[str, Any]:
    """What the editor's step and the review after it show of the document."""
    if wizard.step.name == EDITOR:
        return {"editor": wizard.form, "editor_text": EDITOR_TEXT}
    document = document_of(wizard)
    form = wizard.form_of(wizard.steps[0])
    summary = summary_context(wizard.request, document, form="wizard")  # type: ignore[arg-type]  # a ConsoleRequest
    return {"document": document, "report": getattr(form, "report", None), **summary}


def document_of(wizard: Wizard) -> str:
    return str(wizard.values(EDITOR).get("document", ""))


@post_or_get
def policy_create(request: ConsoleRequest) -> HttpResponse:
    home = reverse("iam:policy-list")
    steps = (
        Step(EDITOR, "Specify permissions", PolicyDocumentForm, initial={"document": START}),
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
    context = editor_context(wizard)
    return wizard.page("iam/policy_create.html", context)


@post_or_get
def policy_edit(request: ConsoleRequest, policy_arn: str, version_id: str) -> HttpResponse:
    """Editing makes a new version: versions themselves never change."""
    name = policy_name(policy_arn)
    home = policy_url(policy_arn)
    versions = panel(request, "iam:ListPolicyVersions", policy_arn=policy_arn)
    known = versions.result["Versions"] if versions.result else []
    removable = [(one["VersionId"], one["VersionId"]) for one in reversed(known) if not one["IsDefaultVersion"]]
    newest = known[0]["VersionId"] if known else ""
    start = _start(request, policy_arn, version_id)
    steps = (
        Step(
            EDITOR,
            f"Modify permissions in {name}",
            PolicyDocumentForm,
            initial={"document": start.result["Document"] if start.result else "", "newest": newest},
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
    context = editor_context(wizard) | {"name": name, "home": home, "start": start}
    if wizard.step.name == REVIEW:
        before = str(wizard.values(EDITOR).get("newest", ""))
        context["made_meanwhile"] = newest if before and newest != before else ""
        candidates = getattr(wizard.form, "versions", [])
        if wizard.form.is_bound and candidates:
            # `Save changes` has been pressed: now it is asked which version has to go, by default the oldest.
            context["full"] = NewVersionForm(versions=candidates)
            wizard.finish = "Delete version and save"
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
