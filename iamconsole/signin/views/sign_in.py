"""Signing in: the root user, IAM users, and the password that must be changed first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from iamconsole.core.caller import Caller, wall_clock
from iamconsole.core.errors import AuthenticationError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of
from iamconsole.signin import cookies, sessions
from iamconsole.signin.addresses import HOME, after, either, page, url_of
from iamconsole.signin.forms.sign_in import (
    NO_SUCH_ROOT,
    SHARED_ALIAS,
    WRONG,
    ChangePasswordForm,
    ChooserForm,
    IamUserForm,
    MfaForm,
    RootForm,
)
from iamconsole.ui import flash
from iamconsole.ui.forms import Form, submit
from iamconsole.ui.pages import ConsoleRequest, public, render_page

WARNED = 15  # days before a password expires
PASSWORD = "/iam/security_credentials/update-password"
KINDS = {
    "root": "Account owner that performs tasks requiring unrestricted access.",
    "iam": "User within an account that performs daily tasks.",
}


@public
@either
def chooser(request: HttpRequest) -> HttpResponse:
    """Root user or IAM user; signing in itself is the next page's."""
    account, _ = cookies.remembered(request)
    initial = {
        "kind": request.GET.get("kind") or ("iam" if account else "root"),
        "account": account,
        "email": request.GET.get("email", "")[:254],
    }
    form = ChooserForm(request.POST if request.method == "POST" else None, initial=initial)
    ask_account = bool(request.POST.get("root_account"))
    if form.is_valid():
        values = form.cleaned_data
        if values["kind"] == "iam":
            return redirect(url_of("signin:iam-user", request, account=values["account"]))
        email, root_account = values["email"], values["root_account"]
        if callers.root_stranger(email, root_account, cookies.sandbox(request)):
            return redirect(url_of("signin:root", request, email=email, root_account=root_account))
        shared = callers.is_ambiguous(email)
        if shared and not root_account:
            form.add_error("root_account", "Account ID is required.")
        else:
            form.add_error("email", NO_SUCH_ROOT)
        ask_account = shared
    context = {"kinds": KINDS, "ask_account": ask_account, "signed_out": "loggedout" in request.GET}
    return page(request, "signin/chooser.html", form, context)


@public
@sensitive_post_parameters("password")
@either
def root(request: HttpRequest) -> HttpResponse:
    initial = {name: request.GET.get(name, "") for name in ("email", "root_account")}
    form = RootForm(request.POST if request.method == "POST" else None, initial=initial)
    email, root_account = form["email"].value() or "", form["root_account"].value() or ""
    if not email:
        return redirect(url_of("signin:chooser", request))
    form.fields["password"].widget.attrs["autofocus"] = True
    if form.is_valid():
        at = callers.root_stranger(email, form.cleaned_data["root_account"], cookies.sandbox(request))
        if response := _sign_in(request, form, at):
            return response
    forgot = url_of("signin:forgot", request, email=email[:254], root_account=root_account[:32])
    return page(request, "signin/root.html", form, {"email": email, "forgot_url": forgot})


@public
@sensitive_post_parameters("password")
@either
def iam_user(request: HttpRequest, alias: str = "") -> HttpResponse:
    """An IAM user of the account in `?account=`, or of the alias in the address. Every failure reads the same,
    whatever the cause."""
    known, user_name = cookies.remembered(request)
    account = alias or request.GET.get("account", known)[:63]
    initial: dict[str, Any] = {"account": account}
    if account == known:
        initial |= {"user_name": user_name, "remember": bool(known)}
    form = IamUserForm(request.POST if request.method == "POST" else None, initial=initial)
    first = "account" if not account else "user_name" if not initial.get("user_name") else "password"
    form.fields[first].widget.attrs["autofocus"] = True
    if form.is_valid():
        values = form.cleaned_data
        # An e-mail address would find an account too, but only the root user signs in with one.
        named = "" if "@" in values["account"] else values["account"]
        at = callers.stranger(named, cookies.sandbox(request)) if named else None
        if at is None and named and callers.is_ambiguous(named):
            form.add_error("account", SHARED_ALIAS)
        elif response := _sign_in(request, form, at):
            return _remember(request, response, values)
    return page(request, "signin/iam_user.html", form)


@public
@sensitive_post_parameters("code")
@either
def mfa(request: HttpRequest) -> HttpResponse:
    """Between the right password and the session: the code of one of the user's MFA devices."""
    waiting = sessions.awaited_mfa(request)
    if waiting is None or "cancel" in request.POST:
        sessions.forget_mfa(request)
        return redirect("signin:chooser")
    form = MfaForm(request.POST if request.method == "POST" else None, devices=waiting["devices"])
    form.fields["code"].widget.attrs["autofocus"] = True
    at = callers.stranger(waiting["account_id"])
    if at is not None and form.is_valid():
        aws = AwsClient(at, context_of(request, face="signin"))
        known = {"user_name": waiting["user_name"], "proof": waiting["proof"], "login_to": waiting["going_to"]}
        made = submit(form, aws, "signin:CompleteMfa", **known)
        if made is not None:
            return _enter(request, at, made, waiting["going_to"])
    return page(request, "signin/mfa.html", form, {"several": len(waiting["devices"]) > 1})


@sensitive_post_parameters("old_password", "new_password", "retyped")
@either
def change_password(request: ConsoleRequest) -> HttpResponse:
    """The page between a sign-in and the console when the password must be changed first."""
    if not request.must_change_password:  # type: ignore[attr-defined]  # set by the sign-in middleware
        return redirect("console:home")
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    if submit(form, request.aws, "iam:ChangePassword") is not None:
        request.aws.call("signin:CompletePasswordChange")
        request.session.cycle_key()
        return redirect(request.session.pop(sessions.AFTER, "") or HOME)
    return page(request, "signin/change_password.html", form)


change_password.for_password_change = True  # type: ignore[attr-defined]  # a mark, read by the sign-in middleware


@public
@either
def sandbox(request: HttpRequest, slug: str) -> HttpResponse:
    """A sandbox's own link: this browser's sign-ins are meant for it from now on, and it may read its mails.

    It asks first where another site may have sent the browser here, or where the browser would leave a sandbox
    for it: else a link could have somebody work, and sign up, in a sandbox that a stranger can read.
    """
    if not cookies.is_slug(slug) or not callers.is_sandbox(slug):
        raise Http404
    held = cookies.sandbox(request)
    other = held if held != slug and callers.is_sandbox(held) else ""
    if request.method != "POST" and held != slug and (other or not _typed(request)):
        return render_page(request, "signin/join.html", {"other": bool(other)})
    response = redirect("signin:chooser")
    cookies.set_cookie(request, response, cookies.SANDBOX, slug)
    return response


def _typed(request: HttpRequest) -> bool:
    """Whether the address was typed, pasted or a bookmark. Browsers do not say so on a plain http network address."""
    return request.headers.get("Sec-Fetch-Site") == "none"


@public
@require_POST
def leave_sandbox(request: HttpRequest) -> HttpResponse:
    """The browser belongs to no sandbox any more; whoever is signed in stays so."""
    response = redirect("signin:chooser")
    cookies.delete_cookie(response, cookies.SANDBOX)
    return response


# -- the act ----------------------------------------------------------------------------------------


def _sign_in(request: HttpRequest, form: Form, at: Caller | None) -> HttpResponse | None:
    """Sign in at the door of an account; None when it is refused."""
    if at is None:
        # As slow as checking a password: which accounts exist must not show in the time.
        make_password(form.cleaned_data["password"])
        form.refuse(AuthenticationError(WRONG))
        return None
    going_to = after(request)
    aws = AwsClient(at, context_of(request, face="signin"))
    made = submit(form, aws, "signin:ConsoleLogin", login_to=going_to)
    if made is None:
        return None
    if "MfaDevices" in made:
        sessions.await_mfa(request, at.account_id, made, going_to)
        return redirect("signin:mfa")
    return _enter(request, at, made, going_to)


def _enter(request: HttpRequest, at: Caller, made: dict[str, Any], going_to: str) -> HttpResponse:
    """Give the browser the session that was made, and lead on."""
    sessions.begin(request, made["AccessKeyId"], at.account_id, made["PrincipalId"])
    if made["PasswordResetRequired"]:
        request.session[sessions.AFTER] = going_to
        return redirect("signin:change-password")
    _warn(request, made.get("PasswordExpires"))
    return redirect(going_to or HOME)


def _warn(request: HttpRequest, expires: dt.datetime | None) -> None:
    """ "The AWS Management Console warns IAM users when they are within 15 days of password expiration" (IAM User
    Guide, "Set an account password policy for IAM users"); in which words it does not say."""
    days = (expires - wall_clock()).days + 1 if expires else WARNED + 1
    if days <= WARNED:
        text = f"Your password expires in {days} day{'' if days == 1 else 's'}."
        flash.warning(request, text, link=("Update password", PASSWORD))


def _remember(request: HttpRequest, response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    if values["remember"]:
        # Neither an account's name nor a user's may hold a slash.
        cookies.set_cookie(request, response, cookies.REMEMBER, f"{values['account']}/{values['user_name']}")
    else:
        cookies.delete_cookie(response, cookies.REMEMBER)
    return response
