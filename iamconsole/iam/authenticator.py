"""The lab authenticator: an authenticator app inside the browser, for who has no telephone at hand.

Ours, not AWS's. Like an app it knows only what was scanned with it and nothing of the account: it lives
in an encrypted cookie of one browser, outlives sessions and stays when a device is removed from IAM.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from iamconsole.iam import mfa

COOKIE = "authenticator"
YEAR = 365 * 24 * 60 * 60
MOST = 10  # a browser drops cookies above 4 KB


@dataclass(frozen=True, slots=True)
class Entry:
    """What the QR code says: the device's name, whose it is, and its secret."""

    name: str
    holder: str
    account_id: str
    seed: str


@dataclass(frozen=True, slots=True)
class Codes:
    """The code of now, the one before it, and how many seconds the first is still shown."""

    before: str
    now: str
    left: int


def codes_of(seed: str, moment: dt.datetime) -> Codes:
    step = mfa.step_at(moment)
    return Codes(mfa.code_at(seed, step - 1), mfa.code_at(seed, step), mfa.seconds_left(moment))


def entries(request: HttpRequest) -> list[Entry]:
    """The newest first; a cookie that we did not write is an empty app."""
    try:
        opened = settings.IAMCONSOLE_FERNET.decrypt(request.COOKIES.get(COOKIE, "").encode())
    except InvalidToken:
        return []
    return [Entry(*kept) for kept in json.loads(opened)]


def keep(request: HttpRequest, response: HttpResponse, new: Entry) -> None:
    _write(request, response, [new, *_others(request, new.account_id, new.name)][:MOST])


def forget(request: HttpRequest, response: HttpResponse, account_id: str, name: str) -> None:
    _write(request, response, _others(request, account_id, name))


def _others(request: HttpRequest, account_id: str, name: str) -> list[Entry]:
    return [one for one in entries(request) if (one.account_id, one.name) != (account_id, name)]


def _write(request: HttpRequest, response: HttpResponse, kept: list[Entry]) -> None:
    packed = json.dumps([list(asdict(one).values()) for one in kept], separators=(",", ":"))
    sealed = settings.IAMCONSOLE_FERNET.encrypt(packed.encode()).decode()
    response.set_cookie(
        COOKIE, sealed, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure(), path="/"
    )
