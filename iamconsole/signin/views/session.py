"""Ending and prolonging a session, and forms that arrive after theirs ended."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from iamconsole.signin import sessions
from iamconsole.signin.signed_out import NO_COOKIE_TEXT, STALE_TEXT, STALE_TITLE, signed_out
from iamconsole.signin.views import switch_role
from iamconsole.ui.pages import public


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sessions.end(request)
    return redirect(f"{reverse('signin:chooser')}?loggedout")


@public
@require_safe
def time_left(request: HttpRequest) -> HttpResponse:
    """A page asks before it warns, since another tab may have prolonged the session or ended it."""
    return _time_left(request)


@public
@require_POST
def extend(request: HttpRequest) -> HttpResponse:
    """`Stay signed in`: twelve hours more, for the cookie too. A role is assumed once more, if it still may be."""
    if getattr(request, "caller", None) is not None:
        until = sessions.client_of(request, request.original).call("signin:ExtendSession")["Expires"]  # type: ignore[attr-defined]  # the sign-in middleware set it
        if (role := sessions.role_of(request)) is None:
            request.session_expires = until  # type: ignore[attr-defined]  # read by seconds_left
        elif renewed := switch_role.renew(request, role, until):
            request.session_expires = renewed  # type: ignore[attr-defined]  # as above
        request.session.modified = True
    return _time_left(request)


def _time_left(request: HttpRequest) -> HttpResponse:
    """How many seconds the session still has, and whose it is."""
    answer = JsonResponse({"left": sessions.seconds_left(request), "marker": sessions.marker(request)})
    answer["Cache-Control"] = "no-store"
    return answer


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a page that a sign-in has overtaken; one that another site sent is simply refused."""
    if reason.startswith(("Origin checking failed", "Referer checking failed")):
        raise PermissionDenied
    if reason == REASON_NO_CSRF_COOKIE:
        return signed_out(request, STALE_TITLE, NO_COOKIE_TEXT)
    match = request.resolver_match
    if match and getattr(match.func, "public", False):
        return signed_out(request, STALE_TITLE, STALE_TEXT)
    return signed_out(request)
