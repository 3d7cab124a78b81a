"""The root user's forgotten password. An IAM user's is its administrator's to reset."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of
from iamconsole.signin import cookies
from iamconsole.signin.addresses import either, page, url_of
from iamconsole.signin.forms.recovery import ForgotForm, NewPasswordForm
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import public, render_page


@public
@either
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a mail. The answer tells neither whether the address has an account nor whether one was sent."""
    initial = {name: request.GET.get(name, "") for name in ("email", "root_account")}
    form = ForgotForm(request.POST if request.method == "POST" else None, initial=initial)
    ask_account = bool(form["root_account"].value())
    if form.is_valid():
        email, account = form.cleaned_data["email"], form.cleaned_data["root_account"]
        at = callers.root_stranger(email, account, cookies.sandbox(request))
        if at is None and not account and callers.is_ambiguous(email):
            form.add_error("root_account", "Account ID is required.")
            ask_account = True
        else:
            if at is not None:
                AwsClient(at, context_of(request, face="signin")).call("signin:PasswordRecoveryRequested")
            return redirect(url_of("signin:forgot", request, email=email) + "&sent=1")
    context: dict[str, Any] = {
        "ask_account": ask_account,
        "sent": "sent" in request.GET and request.method == "GET",
        "has_sandbox": bool(cookies.sandbox(request)),
        "email": initial["email"][:254],
    }
    return page(request, "signin/forgot.html", form, context)


@public
@sensitive_post_parameters("password", "retyped")
@either
def reset_password(request: HttpRequest) -> HttpResponse:
    """Where the link of the mail leads: a new password, once."""
    token = request.POST.get("token") or request.GET.get("token", "")
    at = callers.recovering(token)
    if at is None:
        return render_page(request, "signin/reset_dead.html", status=404)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    aws = AwsClient(at, context_of(request, face="signin"))
    if submit(form, aws, "signin:PasswordRecoveryCompleted", token=token) is not None:
        return redirect("signin:reset-done")
    return page(request, "signin/reset_password.html", form, {"token": token, "at": at})


@public
def reset_done(request: HttpRequest) -> HttpResponse:
    return render_page(request, "signin/reset_done.html")
