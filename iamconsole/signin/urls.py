from __future__ import annotations

from django.urls import path, re_path

from iamconsole.signin.views import inbox, own_sandbox, recovery, session, sign_in, sign_up, switch_role

app_name = "signin"

urlpatterns = [
    path("", sign_up.landing, name="landing"),
    path("signup", sign_up.start, name="sign-up-start"),
    path("signup/verify", sign_up.verify, name="sign-up-verify"),
    path("signup/password", sign_up.password, name="sign-up-password"),
    path("signup/contact", sign_up.contact, name="sign-up-contact"),
    path("signup/billing", sign_up.billing, name="sign-up-billing"),
    path("signup/identity", sign_up.identity, name="sign-up-identity"),
    path("signup/support", sign_up.support, name="sign-up-support"),
    path("signup/short", sign_up.short, name="sign-up-short"),
    path("signup/complete", sign_up.complete, name="sign-up-complete"),
    path("lab/inbox", inbox.inbox, name="inbox"),
    path("lab/inbox/<int:key>", inbox.message, name="message"),
    path("lab/leave", sign_in.leave_sandbox, name="leave-sandbox"),
    path("s/<str:slug>", sign_in.sandbox, name="sandbox"),
    path("try", own_sandbox.try_it, name="try-it"),
    path("sandbox", own_sandbox.own_sandbox, name="own-sandbox"),
    path("sandbox/reset", own_sandbox.reset, name="own-sandbox-reset"),
    path("sandbox/snapshot", own_sandbox.snapshot, name="own-sandbox-snapshot"),
    path("sandbox/restore", own_sandbox.restore, name="own-sandbox-restore"),
    path("sandbox/delete", own_sandbox.delete, name="own-sandbox-delete"),
    path("signin", sign_in.chooser, name="chooser"),
    path("signin/root", sign_in.root, name="root"),
    path("signin/iam", sign_in.iam_user, name="iam-user"),
    # What a sign-in URL of AWS ends with, and one by alias: AWS's is https://alias.signin.aws.amazon.com/console.
    path("console", sign_in.iam_user, name="console"),
    re_path(r"^(?P<alias>[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9])/console$", sign_in.iam_user, name="alias"),
    path("signin/mfa", sign_in.mfa, name="mfa"),
    path("signin/forgot", recovery.forgot, name="forgot"),
    path("signin/reset", recovery.reset_password, name="reset-password"),
    path("signin/reset/done", recovery.reset_done, name="reset-done"),
    path("signin/change-password", sign_in.change_password, name="change-password"),
    path("signin/session", session.time_left, name="time-left"),
    path("signin/extend", session.extend, name="extend"),
    path("switchrole", switch_role.switch_role, name="switch-role"),
    path("switchrole/back", switch_role.switch_back, name="switch-back"),
    path("signout", session.sign_out, name="sign-out"),
]
