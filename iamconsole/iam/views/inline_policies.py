"""Inline policies of users, groups and roles, written with the same editor as managed ones."""

from __future__ import annotations

from django.http import HttpResponse

from iamconsole.editor.step import document_of, editor_step
from iamconsole.iam.forms.policies import InlinePolicyForm, ReviewForm
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.policy_editor import REVIEW, written_context
from iamconsole.iam.views.policy_library import ManagedPolicies
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel
from iamconsole.ui.wizard import Step, Wizard


@post_or_get
def inline_policy_create(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    holder = Holder(kind, name)
    steps = (
        editor_step(limit=holder.limit, library=ManagedPolicies(request.aws), view="visual"),
        Step(REVIEW, "Review and create", InlinePolicyForm, options=lambda _: {"taken": _names(request, holder)}),
    )
    wizard = Wizard(request, f"create-{kind}-policy", steps, finish="Create policy", cancel=holder.url)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        document = document_of(wizard)
        if submit(wizard.form, request.aws, holder.operation("Put"), policy_document=document, **holder.which):
            flash.success(request, f"Policy {wizard.form.cleaned_data['policy_name']} created.")
            return wizard.done(holder.url)
    return wizard.page("iam/policy_inline_create.html", written_context(wizard) | {"holder": holder})


def _names(request: ConsoleRequest, holder: Holder) -> frozenset[str]:
    """The inline policies that the holder has; none where they may not be listed."""
    if request.method != "POST":
        return frozenset()
    found = panel(request, f"iam:List{holder.kind.title()}Policies", **holder.which)
    return frozenset(found.result["PolicyNames"]) if found.result else frozenset()


@post_or_get
def inline_policy_edit(request: ConsoleRequest, kind: str, name: str, policy_name: str) -> HttpResponse:
    holder = Holder(kind, name)
    which = holder.which | {"policy_name": policy_name}
    start = Panel(result={"PolicyDocument": ""})
    if request.method != "POST" and request.GET.get("step") != REVIEW:
        start = panel(request, holder.operation("Get"), **which)
    document = start.result["PolicyDocument"] if start.result else ""
    steps = (
        editor_step(
            f"Modify permissions in {policy_name}",
            document=document,
            limit=holder.limit,
            library=ManagedPolicies(request.aws),
        ),
        Step(REVIEW, "Review and save", ReviewForm),
    )
    wizard = Wizard(request, f"edit-{kind}-policy", steps, finish="Save changes", cancel=holder.url)
    if answer := wizard.walk():
        return answer
    if wizard.finished and submit(
        wizard.form, request.aws, holder.operation("Put"), policy_document=document_of(wizard), **which
    ):
        flash.success(request, f"Policy {policy_name} updated.")
        return wizard.done(holder.url)
    context = written_context(wizard) | {"holder": holder, "policy_name": policy_name, "start": start}
    return wizard.page("iam/policy_inline_edit.html", context)
