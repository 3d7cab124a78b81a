"""The frame's own pages: home, errors, and the settings that the top bar posts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template import loader
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from iamconsole.console.context import NAVIGATION_COOKIE, THEME_COOKIE, THEMES
from iamconsole.console.navigation import SERVICES, link_to
from iamconsole.ui.pages import public, render_page

YEAR = 365 * 24 * 60 * 60


@public
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return redirect("/console/home" if getattr(request, "caller", None) else "/signin")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    recent = {key: place for place, key in enumerate(request.session.get("recent", []))}
    services = sorted(SERVICES, key=lambda one: recent.get(one.key, len(recent)))
    context = {
        "services": [(one, link_to(one.name, one.path)) for one in services],
        "visited": [(one, link_to(one.name, one.path)) for one in services if one.key in recent],
    }
    return render_page(request, "console/home.html", context)


@require_safe
def not_in_lab(request: HttpRequest) -> HttpResponse:
    """What AWS has and this lab has not: said plainly, in the frame of the service it belongs to."""
    service = next((one for one in SERVICES if one.key == request.GET.get("service")), None)
    if service:
        request.frame_path = service.prefixes[0]  # type: ignore[attr-defined]  # read by the frame
    return render_page(request, "console/not_in_lab.html", {"page_name": request.GET.get("page", "")[:80]})


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "")
    return _keep(_back(request), THEME_COOKIE, chosen if chosen in THEMES else "auto", request)


@public
@require_POST
def side_navigation(request: HttpRequest) -> HttpResponse:
    """Close or open the side navigation; a script does the same without a request."""
    state = "closed" if request.POST.get("state") == "closed" else "open"
    return _keep(_back(request), NAVIGATION_COOKIE, state, request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(url if safe else "/")


def _keep(response: HttpResponse, name: str, value: str, request: HttpRequest) -> HttpResponse:
    # Read by the page's script too, hence not HttpOnly; it holds no secret.
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


# -- error pages: Django calls these, whatever went wrong, so they need no more than a request -------

TEXTS = {
    400: ("Bad request", "The request could not be understood."),
    403: ("Forbidden", "This page was refused. Go back, reload the page and try again."),
    404: ("Page not found", "There is no page at this address. Check the address, or start from the Console Home."),
    500: (
        "An unexpected error occurred",
        "Nothing was left half-done. Try again; or tell your teacher.",
    ),
}


def _error(request: HttpRequest, status: int) -> HttpResponse:
    title, text = TEXTS[status]
    context = {"title": title, "text": text}
    if status == 404 and getattr(request, "caller", None) is not None:
        return render(request, "console/error.html", context, status=status)
    # Without the request, and so without session and database: those may be what failed.
    return HttpResponse(loader.render_to_string("console/error_plain.html", context), status=status)


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400)


@public
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error(request, 403)


@public
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)
