"""Where from, and where to: the page that sent the browser to sign in goes along from page to page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from iamconsole.ui.forms import Form
from iamconsole.ui.pages import render_page

HOME = "/console/home"

either = require_http_methods(["GET", "HEAD", "POST"])


def after(request: HttpRequest) -> str:
    """The page that sent the browser to sign in: a path on this host, or nothing."""
    url = request.POST.get("redirect_uri") or request.GET.get("redirect_uri") or ""
    # It is written into the sign-in's event, where PostgreSQL takes no null character.
    safe = url.startswith("/") and url.isprintable() and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe and not url.startswith(("/signin", "/signout", "/signup", "/switchrole/")) else ""


def url_of(name: str, request: HttpRequest, **query: str) -> str:
    values = {key: value for key, value in {**query, "redirect_uri": after(request)}.items() if value}
    return reverse(name) + (f"?{urlencode(values)}" if values else "")


def page(request: HttpRequest, template: str, form: Form, context: dict[str, Any] | None = None) -> HttpResponse:
    links = {
        "form": form,
        "redirect_uri": after(request),
        "iam_url": url_of("signin:iam-user", request),
        "root_url": url_of("signin:chooser", request, kind="root"),
        "ended": "ended" in request.GET and request.method == "GET",
    }
    return render_page(request, template, {**links, **(context or {})}, status=422 if form.errors else 200)
