"""The browser's session: one identity at a time (console.md §2.3).

It holds the ID of the sign-in's credentials and whose they are. Drafts outlive a session for the person
who wrote them and for nobody else: they are put aside under their owner, and come back when that person
signs in again in this browser.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from iamconsole.core.caller import wall_clock
from iamconsole.signin import cookies
from iamconsole.ui import drafts
from iamconsole.ui.drafts import DRAFTS

SESSION_KEY = "access_key_id"
OWNER = drafts.OWNER
_ASIDE = "drafts_of_others"
_MOST_OWNERS = 3
_INBOX = "inbox"
AFTER = "after_sign_in"
_MFA = "awaits_mfa"
_MFA_SECONDS = 600


def begin(request: HttpRequest, access_key_id: str, account_id: str, principal_id: str) -> None:
    """Sign the browser in. A session ID known before is worth nothing after, and of what the session held
    only the drafts of this very person are seen again."""
    owner = f"{account_id} {principal_id}"
    aside = _put_aside(request)
    _end_credentials(request)
    request.session.flush()
    rotate_token(request)
    mine = aside.pop(owner, {})
    request.session[SESSION_KEY], request.session[OWNER] = access_key_id, owner
    request.session[DRAFTS] = mine
    request.session[_ASIDE] = aside


def go_on(request: HttpRequest, account_id: str, principal_id: str) -> None:
    """The same session in an account that begins anew: what was written in the old one is nobody's draft any more."""
    drafts.forget(request.session.get(DRAFTS, {}))
    request.session[OWNER], request.session[DRAFTS] = f"{account_id} {principal_id}", {}


def end(request: HttpRequest) -> None:
    """Sign out: nothing of anybody is kept."""
    _end_credentials(request)
    drafts.forget(request.session.get(DRAFTS, {}), *request.session.get(_ASIDE, {}).values())
    request.session.flush()


# -- between the password and the MFA code: nobody is signed in yet -------------------------------


def await_mfa(request: HttpRequest, account_id: str, made: dict[str, Any], going_to: str) -> None:
    request.session.cycle_key()
    request.session[_MFA] = {
        "account_id": account_id,
        "user_name": made["UserName"],
        "proof": made["Proof"],
        "devices": [(one["SerialNumber"], one["Name"]) for one in made["MfaDevices"]],
        "going_to": going_to,
        "until": wall_clock().timestamp() + _MFA_SECONDS,
    }


def awaited_mfa(request: HttpRequest) -> dict[str, Any] | None:
    waiting: dict[str, Any] | None = request.session.get(_MFA)
    return waiting if waiting and waiting["until"] > wall_clock().timestamp() else None


def forget_mfa(request: HttpRequest) -> None:
    request.session.pop(_MFA, None)


def _put_aside(request: HttpRequest) -> dict[str, Any]:
    aside = dict(request.session.get(_ASIDE, {}))
    owner, kept = request.session.get(OWNER), request.session.get(DRAFTS)
    aside.pop(owner, None)
    if owner and kept:
        aside[owner] = kept
    return dict(list(aside.items())[-_MOST_OWNERS:])


def _end_credentials(request: HttpRequest) -> None:
    if getattr(request, "caller", None) is not None:
        request.aws.call("signin:SignOut")  # type: ignore[attr-defined]  # there is a caller, so there is a client


def has_owner(request: HttpRequest) -> bool:
    """Whether the session, over or not, is somebody's."""
    return OWNER in request.session


def last_account(request: HttpRequest) -> tuple[str, bool]:
    """The account of whoever was signed in last in this session, and whether it was its root user."""
    account_id, _, principal_id = request.session.get(OWNER, "").partition(" ")
    return account_id, bool(account_id) and account_id == principal_id


def inbox_token(request: HttpRequest, *, make: bool = False) -> str:
    """What lets this browser, and no other, read the mails of the sign-up that it began."""
    if make and _INBOX not in request.session:
        request.session[_INBOX] = secrets.token_urlsafe(24)
    found: str = request.session.get(_INBOX, "")
    return found


def marker(request: HttpRequest) -> str:
    """What a page carries to say whose it is: a page of an earlier sign-in is recognised by it."""
    key = request.session.get(SESSION_KEY, "")
    return hashlib.sha256(f"page of {key}".encode()).hexdigest()[:16] if key else ""


def seconds_left(request: HttpRequest) -> int:
    expires = getattr(request, "session_expires", None)
    return max(0, int((expires - wall_clock()).total_seconds())) if expires else 0


def context(request: HttpRequest) -> dict[str, Any]:
    """The context processor: what every page knows of the browser's session and sandbox. It makes no query."""
    found: dict[str, Any] = {
        "holds_sandbox": bool(cookies.sandbox(request)),
        "welcome": settings.IAMCONSOLE_VISITORS,
    }
    if getattr(request, "caller", None) is not None:
        found["console_session"] = {"marker": marker(request), "left": seconds_left(request)}
    return found
