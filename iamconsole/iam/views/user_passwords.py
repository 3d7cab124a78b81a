"""Console access of a user: enable, reset, disable; and every page that shows a new password once."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from iamconsole.core.errors import NoSuchEntity
from iamconsole.core.ids import Ids
from iamconsole.iam.forms.account_rules import AccountRules
from iamconsole.iam.forms.users import PASSWORD_TEXTS, DisableConsoleForm, ManagePasswordForm, PasswordForm
from iamconsole.iam.views.account_alias import own_sign_in_url
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.revoking import revoking
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, panel, render_page
from iamconsole.ui.wizard import keep_once, take_once

ONCE = (
    "This is the only time you can view this password. After you close this window, if the password is lost, you must "
    "create a new one."
)


# -- what a new password brings ---------------------------------------------------------------------


def account_rules(request: ConsoleRequest) -> AccountRules:
    """What the account demands of an IAM user's password; it is asked for once, however many forms a page makes."""
    known: AccountRules | None = getattr(request, "account_rules", None)
    if known is None:
        found = panel(request, "iam:GetAccountPasswordPolicy")
        forbidden = (request.caller.account_name,)
        if found.result:
            known = AccountRules(forbidden, found.result["PasswordPolicy"])
        else:
            known = AccountRules(forbidden, hidden=None if isinstance(found.error, NoSuchEntity) else found.error)
        request.account_rules = known  # type: ignore[attr-defined]  # kept for this request
    return known


def chosen_password(request: ConsoleRequest, values: Mapping[str, Any]) -> str:
    """The typed password, or a new one that keeps every rule."""
    custom: str = values["custom_password"]
    return custom if values["password_kind"] == "custom" else Ids().password(account_rules(request).shortest)


def csv_link(*rows: tuple[str, ...]) -> str:
    """A file to download that never was on the server: BOM-free UTF-8 with CRLF, as AWS makes it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return f"data:text/csv;charset=utf-8,{quote(text.getvalue())}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's sign-in address, name and new password, in every form that a page offers them."""

    user_name: str
    password: str
    url: str
    account_id: str

    @classmethod
    def of(cls, request: ConsoleRequest, user_name: str, password: str) -> Credentials:
        return cls(user_name, password, own_sign_in_url(request), request.caller.account_id)

    @property
    def csv(self) -> str:
        return csv_link(("User name", "Password", "Console sign-in URL"), (self.user_name, self.password, self.url))

    @property
    def csv_name(self) -> str:
        return f"{self.user_name}_credentials.csv"

    @property
    def mail(self) -> str:
        """Instructions without the password, which must travel another way."""
        subject = "Welcome to Amazon Web Services"
        body = (
            "Hello,\r\n\r\nYou now have access to the AWS Management Console for the account ending in "
            f"{self.account_id[-4:]}.\r\n\r\n-------------------------------------------------\r\n\r\n"
            f"Sign-in URL: {self.url}\r\nUser name: {self.user_name}\r\n\r\n"
            "Your password will be provided separately by your AWS account administrator.\r\n"
        )
        return f"mailto:?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"


@require_POST
def user_password_rules(request: ConsoleRequest) -> HttpResponse:
    """The account's rules held against what is typed so far; nothing is called and nothing kept."""
    typed = request.POST.get("custom_password") or request.POST.get("new_password", "")
    account = AccountRules.from_query((request.caller.account_name,), request.GET)
    context = {"rules": account.of(typed), "typed": bool(typed)}
    return render_page(request, "iam/user_password_rules.html", context)


# -- enable, manage, disable ------------------------------------------------------------------------


@post_or_get
def user_enable_console(request: ConsoleRequest, user_name: str) -> HttpResponse:
    return _set_password(request, user_name, "Enable console access", "iam:CreateLoginProfile")


@post_or_get
def user_manage_console(request: ConsoleRequest, user_name: str) -> HttpResponse:
    return _set_password(request, user_name, "Manage console access", "iam:UpdateLoginProfile")


def _set_password(request: ConsoleRequest, user_name: str, title: str, action: str) -> HttpResponse:
    manage = action == "iam:UpdateLoginProfile"
    deed = "reset it" if manage else "enable console access"
    kind = ManagePasswordForm if manage else PasswordForm
    form = kind(request.POST if request.method == "POST" else None, account=account_rules(request))
    if request.method == "POST" and form.is_valid():
        password = chosen_password(request, form.cleaned_data)
        chosen = {"password": password, "password_reset_required": form.cleaned_data["reset_required"]}
        if submit(form, request.aws, action, user_name=user_name, **chosen):
            flash.success(request, "Console password updated." if manage else "Console access enabled.")
            if form.cleaned_data.get("revoke_sessions"):
                _revoke(request, user_name)
            token = keep_once(request, {"user_name": user_name, "password": password})
            return redirect(user_url(user_name, "user-console-password", made=token))
    context = {
        "user_name": user_name,
        "title": title,
        "manage": manage,
        "failed": "Console password was not changed." if form.is_bound else "",
        "form": form,
        "password_texts": PASSWORD_TEXTS | {"auto": f"You can view the password after you {deed}."},
        "home": user_url(user_name, section="security_credentials"),
    }
    return render_page(request, "iam/user_console_access.html", context, status=422 if form.is_bound else 200)


@post_or_get
def user_console_password(request: ConsoleRequest, user_name: str) -> HttpResponse:
    """The new password, once."""
    once = take_once(request, request.GET.get("made", ""))
    home = user_url(user_name, section="security_credentials")
    if not once:
        return redirect(home)
    credentials = Credentials.of(request, once["user_name"], once["password"])
    context = {"user_name": user_name, "credentials": credentials, "text": ONCE, "home": home}
    return render_page(request, "iam/user_console_password.html", context)


@post_or_get
def user_disable_console(request: ConsoleRequest, user_name: str) -> HttpResponse:
    home = user_url(user_name, section="security_credentials")
    if request.method == "POST":
        if error := in_order(request.aws, [("iam:DeleteLoginProfile", {"user_name": user_name})]):
            flash.failure(request, "Console access was not disabled.", error)
        else:
            flash.success(request, "Console access disabled.")
            if "revoke_sessions" in request.POST:
                _revoke(request, user_name)
        return redirect(home)
    context = {"user_name": user_name, "home": home, "form": DisableConsoleForm()}
    return render_page(request, "iam/user_disable_console.html", context)


def _revoke(request: ConsoleRequest, user_name: str) -> None:
    """End the sessions that the old password began; they would last for hours."""
    if error := in_order(request.aws, [revoking(Holder("user", user_name), timezone.now())]):
        flash.failure(request, f"The active console sessions of user {user_name} were not revoked.", error)
    else:
        flash.success(request, f"Active console sessions of user {user_name} revoked.")
