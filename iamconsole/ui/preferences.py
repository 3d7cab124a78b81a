"""What a person likes: columns and sizes of tables, favorite services. Kept in one cookie of this browser.

A cookie and not a row: it says nothing that a page's answer depends on, needs no database, works without
a script and outlives the session, as AWS keeps such choices. It holds the newest choices of the last
people who used this browser, and never grows past what browsers send.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "preferences"
YEAR = 365 * 24 * 60 * 60
MOST_PEOPLE = 4
MOST_ENTRIES = 24  # tables a person has changed
LONGEST = 3500  # a browser drops a cookie of more than 4,096 bytes, name and attributes included


def _person(request: HttpRequest) -> str:
    """Whose choices these are: who signed in, also in a role; a stranger's are nobody's."""
    signed_in = getattr(request, "original", None) or getattr(request, "caller", None)
    arn = getattr(signed_in, "arn", "")
    return hashlib.sha256(arn.encode()).hexdigest()[:8]


def _all(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Everything in the cookie; what we did not write is nothing."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def read(request: HttpRequest) -> dict[str, Any]:
    """The caller's choices by name; asked often, so read once per request."""
    kept: dict[str, Any] | None = getattr(request, "_preferences", None)
    if kept is None:
        kept = _all(request).get(_person(request), {})
        request._preferences = kept  # type: ignore[attr-defined]  # read once a request
    return kept


def write(request: HttpRequest, response: HttpResponse, name: str, value: Any) -> None:
    """Keep one choice; the oldest ones, and then the oldest people, make room for it."""
    everybody, person = _all(request), _person(request)
    own = {key: kept for key, kept in everybody.pop(person, {}).items() if key != name}
    own = dict([*own.items(), (name, value)][-MOST_ENTRIES:])
    others = list(everybody.items())[-(MOST_PEOPLE - 1) :]
    packed = _pack(dict(others) | {person: own})
    while len(packed) > LONGEST and (others or len(own) > 1):
        if others:
            others.pop(0)
        else:
            own.pop(next(iter(own)))
        packed = _pack(dict(others) | {person: own})
    response.set_cookie(COOKIE, packed, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())


def _pack(everybody: Mapping[str, Any]) -> str:
    return signing.dumps(everybody, salt=COOKIE, compress=True)
