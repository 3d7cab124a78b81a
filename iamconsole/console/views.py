"""The frame's own pages: home, errors, and the settings that the top bar posts."""

from __future__ import annotations

import logging
import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.http import require_POST, require_safe

from iamconsole.console import services as catalogue
from iamconsole.console.context import FAVORITES, SETTINGS, favorites, with_stars
from iamconsole.console.help import TOPICS
from iamconsole.console.navigation import SERVICES
from iamconsole.ui import preferences
from iamconsole.ui.pages import back_to, public, render_page

log = logging.getLogger("iamconsole.console")


@require_safe
def not_in_lab(request: HttpRequest) -> HttpResponse:
    """What AWS has and this lab has not: said plainly, in the frame of the service it belongs to."""
    service = next((one for one in SERVICES if one.key == request.GET.get("service")), None)
    if service:
        request.frame_path = service.prefixes[0]  # type: ignore[attr-defined]  # read by the frame
    return render_page(request, "console/not_in_lab.html", {"page_name": request.GET.get("page", "")[:80]})


# -- services, search, help -------------------------------------------------------------------------

LONGEST_SEARCH = 100
MOST_FAVORITES = 20


@require_safe
def all_services(request: HttpRequest) -> HttpResponse:
    """Every service, or those of one category; the Services menu shows the same part."""
    names = dict(catalogue.categories())
    chosen = request.GET.get("category", "")
    listed = sorted(with_stars(request, catalogue.catalogue()), key=lambda one: not one.href)
    shown = [
        (names[key], [one for one in listed if one.category == key]) for key in ([chosen] if chosen in names else names)
    ]
    # Both may be on one page, and the ids of their stars must differ.
    place = "menu" if getattr(request, "htmx", None) else "all"
    context = {"shown": shown, "chosen": names.get(chosen, ""), "place": place}
    return render_page(request, "console/services.html", context, partial="pane")


@public
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the search field finds: its listbox for the script, a page of results without one."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    found = catalogue.search(text)
    context = {"q": text, "found": found, "services": with_stars(request, found.services)}
    return render_page(request, "console/search.html", context, partial="listbox")


@public
@require_safe
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    """What an `Info` link opens: in the help panel, or as a page."""
    if topic not in TOPICS:
        raise Http404
    return render_page(request, "console/help.html", {"topic": TOPICS[topic]}, partial="topic")


# -- settings: each is a plain form, kept in a cookie --------------------------------------------------


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    """What the gear of the top bar offers, as a page: the account menu leads to it."""
    return render_page(request, "console/settings.html")


@public
@require_POST
def setting(request: HttpRequest, name: str) -> HttpResponse:
    """Theme, density, side navigation: `name` has one of a few values. A script changes the last without a request."""
    if name not in SETTINGS:
        raise Http404
    chosen = request.POST.get(name, "")
    response = back_to(request, request.POST.get("next", ""))
    # Read by the page's script too, hence not HttpOnly; it holds no secret.
    response.set_cookie(
        name,
        chosen if chosen in SETTINGS[name] else next(iter(SETTINGS[name])),
        max_age=preferences.YEAR,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@require_POST
def favorite(request: HttpRequest) -> HttpResponse:
    """Give a service its star, or take it away."""
    service = catalogue.named(request.POST.get("service", ""))
    if service is None:
        raise Http404
    kept = [key for key in favorites(request) if key != service.key]
    if request.POST.get("star") == "on":
        kept = [service.key, *kept][:MOST_FAVORITES]
    starred = service.key in kept
    if getattr(request, "htmx", None):
        context = {"service": service, "starred": starred, "place": request.POST.get("place", "")[:20]}
        response = render_page(request, "console/star.html", context)
    else:
        response = back_to(request, request.POST.get("next", ""))
    preferences.write(request, response, FAVORITES, kept)
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
    context = {"title": title, "text": text, "request_id": ""}
    if status == 500:
        # Said to whoever met it and written beside the traceback, so that one finds the other.
        context["request_id"] = str(uuid.uuid4())
        log.error("Request ID %s: %s %s", context["request_id"], request.method, request.path)
    if status == 404 and getattr(request, "caller", None) is not None:
        return render_page(request, "console/error.html", context, status=status)
    # Without the request, and so without session and database: those may be what failed.
    return HttpResponse(loader.render_to_string("console/error_plain.html", context), status=status)


@public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400)


@public
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


@public
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)
