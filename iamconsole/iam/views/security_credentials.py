"""One's own credentials, of an IAM user or of the root user. Every block makes its own calls and fails alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from iamconsole.iam.forms.account_rules import AccountRules
from iamconsole.iam.forms.own import OwnPasswordForm, RootPasswordForm
from iamconsole.iam.views.account_alias import own_sign_in_url
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.mfa import mfa_table
from iamconsole.iam.views.owner import OTHERS, Owner, has_credentials
from iamconsole.iam.views.user_access_keys import key_cards
from iamconsole.iam.views.user_passwords import account_rules
from iamconsole.iam.views.user_rows import optional_profile
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page

TABS = (("iam", "AWS IAM credentials"), ("codecommit", "AWS CodeCommit credentials"))


@require_safe
def security_credentials(request: ConsoleRequest) -> HttpResponse:
    if not has_credentials(request):
        return render_page(
            request, "iam/security_credentials_role.html", {"role_arn": request.caller.principal.role_arn}
        )
    owner = Owner.of(request, "")
    tab = "codecommit" if request.GET.get("tab") == "codecommit" and not owner.is_root else "iam"
    context: dict[str, Any] = {"owner": owner, "tabs": TABS, "tab": tab}
    # Certificates belong to IAM, the others to CodeCommit and its like.
    context["others"] = OTHERS[-1:] if tab == "iam" else OTHERS[:-1]
    if tab == "iam":
        context |= _blocks(request, owner)
    return render_page(request, "iam/security_credentials.html", context)


def _blocks(request: ConsoleRequest, owner: Owner) -> dict[str, Any]:
    named = {} if owner.is_root else {"user_name": owner.name}
    asked = [("iam:ListMFADevices", named), ("iam:ListAccessKeys", named)]
    if not owner.is_root:
        asked += [("iam:GetUser", named), ("iam:GetLoginProfile", named)]
    devices, keys, *own = (Panel.of(answer) for answer in request.aws.call_many(asked))
    user, profile = own or (Panel(result={"User": {}}), Panel(result={}))
    tags = user.result["User"].get("Tags", ()) if user.result else ()
    return {
        "mfa_table": mfa_table(owner, devices),
        "keys": key_cards(request, owner, keys, tags),
        "create_key_url": owner.url("access-key-create"),
        "user": user,
        "row": user.result["User"] if user.result else {},
        "profile": optional_profile(profile) if own else profile,
        "sign_in_url": own_sign_in_url(request),
    }


@post_or_get
def update_password(request: ConsoleRequest) -> HttpResponse:
    """Change one's own password: IAM users with iam:ChangePassword, the root user by itself."""
    owner = Owner.of(request, "")
    # The account's policy is for IAM users: the root user's password keeps the default rules.
    account = AccountRules((request.caller.account_name,)) if owner.is_root else account_rules(request)
    form_class = RootPasswordForm if owner.is_root else OwnPasswordForm
    form = form_class(request.POST if request.method == "POST" else None, account=account)
    action = "signin:PasswordUpdated" if owner.is_root else "iam:ChangePassword"
    if request.method == "POST" and submit(form, request.aws, action):
        flash.success(request, "Your password has been updated.")
        return redirect(owner.home)
    return render_page(
        request, "iam/update_password.html", {"owner": owner, "form": form}, status=422 if form.is_bound else 200
    )
