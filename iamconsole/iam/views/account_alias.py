"""The account's alias, and the sign-in URL that it makes."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.iam.forms.account import AliasForm
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page


def alias_in(aliases: Panel) -> str:
    """The alias in an answer of ListAccountAliases; empty for none, and for a refusal."""
    found = aliases.result["AccountAliases"] if aliases.result else []
    return found[0] if found else ""


def sign_in_url(request: ConsoleRequest, alias: str = "") -> str:
    """Where IAM users of this account sign in; AWS's is https://alias.signin.aws.amazon.com/console."""
    path = f"/{alias}/console" if alias else f"/console?{urlencode({'account': request.caller.account_id})}"
    return request.build_absolute_uri(path)


def own_sign_in_url(request: ConsoleRequest) -> str:
    """The same for a page that has not asked for the alias; who may not read it gets the one with the account ID."""
    return sign_in_url(request, alias_in(panel(request, "iam:ListAccountAliases")))


@post_or_get
def account_alias_edit(request: ConsoleRequest) -> HttpResponse:
    """Give the account an alias, or another one."""
    home = reverse("iam:dashboard")
    present = alias_in(panel(request, "iam:ListAccountAliases")) if request.method != "POST" else ""
    changes = bool(present or request.POST.get("present"))
    form = AliasForm(request.POST if request.method == "POST" else None, initial={"account_alias": present})
    if request.method == "POST" and submit(form, request.aws, "iam:CreateAccountAlias"):
        flash.success(request, f"Alias {'updated' if changes else 'created'} for this account.")
        return redirect(home)
    context = {
        "form": form,
        "home": home,
        "changes": changes,
        "title": f"{'Edit' if changes else 'Create'} alias for AWS account {request.caller.account_id}",
        "url": sign_in_url(request, form["account_alias"].value() or "alias"),
    }
    return render_page(request, "iam/account_alias_edit.html", context, status=422 if form.is_bound else 200)


@require_safe
def account_alias_preview(request: ConsoleRequest) -> HttpResponse:
    """The sign-in URL that the typed alias would make; nothing is called."""
    typed = AliasForm(request.GET)
    url = sign_in_url(request, typed.cleaned_data["account_alias"]) if typed.is_valid() else ""
    return render_page(request, "iam/account_alias_preview.html", {"url": url})


@post_or_get
def account_alias_delete(request: ConsoleRequest) -> HttpResponse:
    home = reverse("iam:dashboard")
    if request.method == "POST":
        alias = request.POST.get("account_alias", "")
        if error := in_order(request.aws, [("iam:DeleteAccountAlias", {"account_alias": alias})]):
            flash.failure(request, "The alias was not deleted.", error)
        else:
            flash.success(request, "Alias deleted for this account.")
        return redirect(home)
    aliases = panel(request, "iam:ListAccountAliases")
    context = {"home": home, "aliases": aliases, "alias": alias_in(aliases), "url": sign_in_url(request)}
    return render_page(request, "iam/account_alias_delete.html", context)
