"""Signing in and out: the root user, IAM users, and the password that must be changed first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.hashers import make_password
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iamconsole.core.caller import Caller
from iamconsole.core.errors import AuthenticationError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of
from iamconsole.signin.forms import NO_SUCH_ROOT, WRONG, ChangePasswordForm, ChooserForm, IamUserForm, RootForm
from iamconsole.signin.middleware import SESSION_KEY
from iamconsole.ui.forms import Form, submit
from iamconsole.ui.pages import ConsoleRequest, public, render_page

SANDBOX_COOKIE = "sandbox"
REMEMBER_COOKIE = "signin"
YEAR = 365 * 24 * 60 * 60
AFTER = "after_sign_in"
KINDS = {
    "root": "Account owner that performs tasks requiring unrestricted access.",
    "iam": "User within an account that performs daily tasks.",
}

either = require_http_methods(["GET", "HEAD", "POST"])


@public
@either
def chooser(request: HttpRequest) -> HttpResponse:
    """Root user or IAM user; signing in itself is the next page's."""
    account, _ = _remembered(request)
    initial = {"kind": request.GET.get("kind") or ("iam" if account else "root"), "account": account}
    form = ChooserForm(request.POST if request.method == "POST" else None, initial=initial)
    ask_account = bool(request.POST.get("root_account"))
    if form.is_valid():
        values = form.cleaned_data
        if values["kind"] == "iam":
            return redirect(_url("signin:iam-user", request, account=values["account"]))
        email, root_account = values["email"], values["root_account"]
        if callers.root_stranger(email, root_account, _sandbox(request)):
            return redirect(_url("signin:root", request, email=email, root_account=root_account))
        shared = callers.is_shared_email(email)
        if shared and not root_account:
            form.add_error("root_account", "Account ID is required.")
        else:
            form.add_error("email", NO_SUCH_ROOT)
        ask_account = shared
    context = {
        "form": form,
        "kinds": KINDS,
        "ask_account": ask_account,
        "signed_out": "loggedout" in request.GET,
    }
    return _page(request, "signin/chooser.html", form, context)


@public
@sensitive_post_parameters("password")
@either
def root(request: HttpRequest) -> HttpResponse:
    initial = {name: request.GET.get(name, "") for name in ("email", "root_account")}
    form = RootForm(request.POST if request.method == "POST" else None, initial=initial)
    email = form["email"].value() or ""
    if not email:
        return redirect(_url("signin:chooser", request))
    form.fields["password"].widget.attrs["autofocus"] = True
    if form.is_valid():
        at = callers.root_stranger(email, form.cleaned_data["root_account"], _sandbox(request))
        if response := _sign_in(request, form, at):
            return response
    return _page(request, "signin/root.html", form, {"form": form, "email": email})


@public
@sensitive_post_parameters("password")
@either
def iam_user(request: HttpRequest) -> HttpResponse:
    """An IAM user of the account in `?account=`. Every failure reads the same, whatever the cause."""
    account, user_name = _remembered(request)
    if request.GET.get("account", account) == account:
        initial = {"account": account, "user_name": user_name, "remember": bool(account)}
    else:
        initial = {"account": request.GET["account"][:63]}
    form = IamUserForm(request.POST if request.method == "POST" else None, initial=initial)
    first = "account" if not initial["account"] else "user_name" if not initial.get("user_name") else "password"
    form.fields[first].widget.attrs["autofocus"] = True
    if form.is_valid():
        values = form.cleaned_data
        # An e-mail address would find an account too, but only the root user signs in with one.
        at = None if "@" in values["account"] else callers.stranger(values["account"])
        if response := _sign_in(request, form, at):
            return _remember(request, response, values)
    return _page(request, "signin/iam_user.html", form, {"form": form})


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
        return redirect(request.session.pop(AFTER, "") or "/console/home")
    return _page(request, "signin/change_password.html", form, {"form": form})


change_password.for_password_change = True  # type: ignore[attr-defined]  # a mark, read by the sign-in middleware


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    _end_session(request)
    return redirect(f"{reverse('signin:chooser')}?loggedout")


@public
@require_safe
def sandbox(request: HttpRequest, slug: str) -> HttpResponse:
    """A sandbox's own link: this browser's sign-ins are meant for it from now on."""
    if not callers.is_sandbox(slug):
        raise Http404
    response = redirect("signin:chooser")
    _set_cookie(request, response, SANDBOX_COOKIE, slug)
    return response


# -- the act ----------------------------------------------------------------------------------------


def _sign_in(request: HttpRequest, form: Form, at: Caller | None) -> HttpResponse | None:
    """Sign in at the door of an account; None when it is refused."""
    if at is None:
        # As slow as checking a password: which accounts exist must not show in the time.
        make_password(form.cleaned_data["password"])
        form.refuse(AuthenticationError(WRONG))
        return None
    aws = AwsClient(at, context_of(request, face="signin"))
    try:
        made = submit(form, aws, "signin:ConsoleLogin")
    finally:
        aws.flush()
    if made is None:
        return None
    # A fresh session, always: an ID known before the sign-in is worth nothing after it.
    _end_session(request)
    rotate_token(request)
    request.session[SESSION_KEY] = made["AccessKeyId"]
    after = _after(request)
    if made["PasswordResetRequired"]:
        request.session[AFTER] = after
        return redirect("signin:change-password")
    return redirect(after or "/console/home")


def _end_session(request: HttpRequest) -> None:
    """Whoever was signed in in this browser no longer is, and nothing of theirs is kept."""
    if getattr(request, "caller", None) is not None:
        request.aws.call("signin:SignOut")  # type: ignore[attr-defined]  # there is a caller, so there is a client
    request.session.flush()


# -- where from, where to ---------------------------------------------------------------------------


def _after(request: HttpRequest) -> str:
    """The page that sent the browser to sign in: a path on this host, or nothing."""
    url = request.POST.get("redirect_uri") or request.GET.get("redirect_uri") or ""
    safe = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe and not url.startswith(("/signin", "/signout")) else ""


def _url(name: str, request: HttpRequest, **query: str) -> str:
    values = {key: value for key, value in {**query, "redirect_uri": _after(request)}.items() if value}
    return reverse(name) + (f"?{urlencode(values)}" if values else "")


def _sandbox(request: HttpRequest) -> str:
    return request.COOKIES.get(SANDBOX_COOKIE, "")[:32]


def _remembered(request: HttpRequest) -> tuple[str, str]:
    """Account and user name of `Remember this account`."""
    account, _, user_name = request.COOKIES.get(REMEMBER_COOKIE, "")[:200].partition("/")
    return account, user_name


def _remember(request: HttpRequest, response: HttpResponse, values: dict[str, Any]) -> HttpResponse:
    if values["remember"]:
        # Neither an account's name nor a user's may hold a slash.
        _set_cookie(request, response, REMEMBER_COOKIE, f"{values['account']}/{values['user_name']}")
    else:
        response.delete_cookie(REMEMBER_COOKIE, samesite="Lax")
    return response


def _set_cookie(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())


def _page(request: HttpRequest, template: str, form: Form, context: dict[str, Any]) -> HttpResponse:
    links = {
        "redirect_uri": _after(request),
        "iam_url": _url("signin:iam-user", request),
        "root_url": _url("signin:chooser", request, kind="root"),
    }
    return render_page(request, template, {**context, **links}, status=422 if form.is_bound else 200)
