"""Turns a browser's session into a caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import CallerGone
from iamconsole.gateway import callers
from iamconsole.signin import sessions
from iamconsole.signin.sessions import SESSION_KEY as SESSION_KEY
from iamconsole.signin.signed_out import role_ended, session_ended, signed_out

GetResponse = Callable[[HttpRequest], HttpResponse]


class CallerMiddleware:
    """Sets `request.caller`: who is signed in, or None. Pages that are not public send strangers to sign in.

    The session holds only the ID of the sign-in's temporary credentials, and in a role those of the role too. What they
    stand for is looked up at every request, so that a deleted user or an ended session is out at once.
    `request.original` is who signed in, also behind a role.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A role ends with the sign-in behind it; whoever signed in outlives the role's session.
        role = sessions.role_of(request)
        credential = signed_in = self._credential(request.session.get(SESSION_KEY, ""))
        if role is not None:
            signed_in = self._credential(role.original)
            credential = credential if signed_in else None
        request.caller = credential.caller if credential else None  # type: ignore[attr-defined]  # ConsoleRequest names it
        request.original = signed_in.caller if credential and signed_in else None  # type: ignore[attr-defined]  # as above
        request.role = role if credential else None  # type: ignore[attr-defined]  # read by the frame
        request.role_ended = role if signed_in and not credential else None  # type: ignore[attr-defined]  # read below
        ends = [one.expires for one in (credential, signed_in) if credential and one and one.expires]
        request.session_expires = min(ends, default=None)  # type: ignore[attr-defined]  # read by the pages
        request.original_expires = signed_in.expires if signed_in else None  # type: ignore[attr-defined]  # a role lasts no longer
        # A sign-in that has still to change its password may do that and nothing else.
        request.must_change_password = bool(signed_in and signed_in.restricted)  # type: ignore[attr-defined]
        return self.get_response(request)

    def _credential(self, access_key_id: str) -> callers.Credential | None:
        found = callers.credential(access_key_id) if access_key_id else None
        if found is None or found.expires is None or found.expires <= wall_clock():
            return None
        return found

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A sandbox that is reset or deleted while its page is made: the session has ended."""
        return session_ended(request) if isinstance(exception, CallerGone) else None

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if getattr(view, "public", False):
            return None
        # A page that another identity's sign-in has overtaken: its reads would show what is not its own.
        overtaken = request.headers.get("X-Session", sessions.marker(request)) != sessions.marker(request)
        if overtaken:
            return signed_out(request)
        if request.role_ended is not None:  # type: ignore[attr-defined]  # set above
            return role_ended(request, request.role_ended)  # type: ignore[attr-defined]  # as above
        if request.caller is None:  # type: ignore[attr-defined]  # as above
            return session_ended(request)
        if request.must_change_password and not getattr(view, "for_password_change", False):  # type: ignore[attr-defined]
            return redirect("signin:change-password")
        return None
