"""Changing a role: its settings, whom it trusts, and the end of its sessions."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from iamconsole.editor.step import document_of, editor_context, editor_step
from iamconsole.iam.forms.roles import RevokeForm, RoleSettingsForm
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.revoking import revoking
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.wizard import Wizard


@post_or_get
def role_edit(request: ConsoleRequest, role_name: str) -> HttpResponse:
    """The description and the longest session."""
    holder = Holder("role", role_name)
    found, initial = Panel(), {}
    if request.method != "POST":
        found = panel(request, "iam:GetRole", **holder.which)
    if found.result:
        role = found.result["Role"]
        initial = RoleSettingsForm.initially(role.get("Description", ""), role["MaxSessionDuration"])
    form = RoleSettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and submit(form, request.aws, "iam:UpdateRole", **holder.which):
        flash.success(request, f"Role {role_name} updated.")
        return redirect(holder.url)
    context = {"holder": holder, "form": form, "found": found}
    return render_page(request, "iam/role_edit.html", context, status=422 if form.is_bound else 200)


@post_or_get
def role_edit_trust(request: ConsoleRequest, role_name: str) -> HttpResponse:
    """`Edit trust policy`: the policy editor on one page."""
    holder = Holder("role", role_name)
    home = holder.page("detail", section="trust_relationships")
    found = panel(request, "iam:GetRole", **holder.which) if request.method != "POST" else Panel()
    document = found.result["Role"]["AssumeRolePolicyDocument"] if found.result else ""
    step = editor_step("Edit trust policy", name="trust", kind="trust", document=document)
    wizard = Wizard(request, "role-trust", (step,), finish="Update policy", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        put = ("iam:UpdateAssumeRolePolicy", holder.which | {"policy_document": document_of(wizard)})
        if error := in_order(request.aws, [put]):
            wizard.form.refuse(error)
        else:
            flash.success(request, "Trust policy updated.")
            return wizard.done(home)
    context = editor_context(wizard) | {"holder": holder, "home": home, "found": found}
    return wizard.page("iam/role_edit_trust.html", context)


@post_or_get
def role_revoke(request: ConsoleRequest, role_name: str) -> HttpResponse:
    """End every session of the role that there is at this moment."""
    holder = Holder("role", role_name)
    home = holder.page("detail", section="revoke_sessions")
    form = RevokeForm(request.POST if request.method == "POST" else None)
    action, put = revoking(holder, timezone.now())
    if request.method == "POST" and submit(form, request.aws, action, **put):
        flash.success(request, f"All active sessions of role {role_name} are revoked.")
        return redirect(home)
    context = {"holder": holder, "home": home, "form": form}
    return render_page(request, "iam/role_revoke.html", context, status=422 if form.is_bound else 200)
