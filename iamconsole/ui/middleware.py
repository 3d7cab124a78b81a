"""A dialog's request leaves the dialog when it is answered by another page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

DIALOG = "modal-root"


def to_dialog(url: str) -> HttpResponse:
    """A redirect to a dialog's page: it opens over the page behind, as if the button had led there."""
    response = redirect(url)
    response.to_dialog = True  # type: ignore[attr-defined]  # a mark for the middleware
    return response


class DialogMiddleware:
    """Turns a redirect into one that the window follows.

    htmx would follow it by itself, look for a dialog in the page that it leads to, and use up that page's messages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        htmx = request.htmx  # type: ignore[attr-defined]  # HtmxMiddleware stands before this one
        left = htmx and htmx.target == DIALOG and 300 <= response.status_code < 400 and "Location" in response
        if not left or getattr(response, "to_dialog", False):
            return response
        moved = HttpResponseClientRedirect(response["Location"])
        moved.cookies = response.cookies
        return moved
