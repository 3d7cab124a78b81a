"""The browser's session: one identity at a time (console.md §2.3).

It holds the ID of the sign-in's credentials and whose they are; in a role those of the role, and which sign-in stands
behind it. Drafts outlive a session for the person
who wrote them and for nobody else: they are put aside under their owner, and come back when that person
signs in again in this browser.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from iamconsole.core.caller import Caller, wall_clock
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of
from iamconsole.signin import cookies
from iamconsole.ui import drafts
from iamconsole.ui.drafts import DRAFTS

SESSION_KEY = "access_key_id"
OWNER = drafts.OWNER
_ASIDE = "drafts_of_others"
_MOST_OWNERS = 3
_INBOX = "inbox"
_ROLE = "role"
_KEPT_IN_A_ROLE = ("region", "recent")
AFTER = "after_sign_in"
_MFA = "awaits_mfa"
_MFA_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Role:
    """The role that a browser has switched to: how the frame names it, and who is signed in behind it.

    `original` is the access key ID of the sign-in, `owner` whose drafts those of the sign-in are. `first` is the access
    key ID that the role began with: pages are told apart by it, and renewed credentials must not look like another
    identity to them.
    """

    arn: str
    name: str
    account_id: str
    display: str
    color: str
    original: str
    owner: str
    user_name: str
    user_account_id: str
    first: str


def begin(request: HttpRequest, access_key_id: str, account_id: str, principal_id: str) -> None:
    """Sign the browser in. A session ID known before is worth nothing after, and of what the session held
    only the drafts of this very person are seen again."""
    _end_credentials(request)
    _go_on_as(request, access_key_id, f"{account_id} {principal_id}")


def role_of(request: HttpRequest) -> Role | None:
    """The role that the browser has switched to, whether its session is over or not."""
    kept = request.session.get(_ROLE)
    return Role(**kept) if kept else None


def client_of(request: HttpRequest, caller: Caller) -> AwsClient:
    """The door from this browser, as somebody that it is not at the moment."""
    return AwsClient(caller, context_of(request, face="console", region=getattr(request, "region", "us-east-1")))


def take_role(request: HttpRequest, role: Role, principal_id: str) -> None:
    """Go on as the role that has been assumed. The sign-in waits behind it, with its drafts."""
    _end_role(request)
    _go_on_as(request, role.first, f"{role.account_id} {principal_id}", keep=_KEPT_IN_A_ROLE)
    request.session[_ROLE] = asdict(role)


def renew_role(request: HttpRequest, access_key_id: str) -> None:
    """The same role with credentials that last longer; its pages stay good."""
    _end_key(request, request.session[SESSION_KEY])
    request.session[SESSION_KEY] = access_key_id
    request.session.cycle_key()


def leave_role(request: HttpRequest) -> None:
    """Whoever signed in is back. The role's credentials have been ended, or are over."""
    role = role_of(request)
    if role is not None:
        _go_on_as(request, role.original, role.owner, keep=_KEPT_IN_A_ROLE)


def _go_on_as(request: HttpRequest, access_key_id: str, owner: str, keep: Sequence[str] = ()) -> None:
    """A new session in this browser: an ID known before is worth nothing after, and drafts are their writer's."""
    aside = _put_aside(request)
    kept = {name: request.session[name] for name in keep if name in request.session}
    request.session.flush()
    rotate_token(request)
    request.session.update(kept)
    request.session[SESSION_KEY], request.session[OWNER] = access_key_id, owner
    request.session[DRAFTS] = aside.pop(owner, {})
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
    """Those of the sign-in, and those of the role that it has switched to."""
    role = _end_role(request)
    _end_key(request, role.original if role else request.session.get(SESSION_KEY, ""))


def _end_role(request: HttpRequest) -> Role | None:
    role = role_of(request)
    if role is not None:
        _end_key(request, request.session[SESSION_KEY])
    return role


def _end_key(request: HttpRequest, access_key_id: str) -> None:
    found = callers.credential(access_key_id) if access_key_id else None
    if found is not None:
        client_of(request, found.caller).call("signin:SignOut")


def has_owner(request: HttpRequest) -> bool:
    """Whether the session, over or not, is somebody's."""
    return OWNER in request.session


def last_account(request: HttpRequest) -> tuple[str, bool]:
    """The account of whoever was signed in last in this session, and whether it was its root user."""
    role = role_of(request)
    account_id, _, principal_id = (role.owner if role else request.session.get(OWNER, "")).partition(" ")
    return account_id, bool(account_id) and account_id == principal_id


def inbox_token(request: HttpRequest, *, make: bool = False) -> str:
    """What lets this browser, and no other, read the mails of the sign-up that it began."""
    if make and _INBOX not in request.session:
        request.session[_INBOX] = secrets.token_urlsafe(24)
    found: str = request.session.get(_INBOX, "")
    return found


def marker(request: HttpRequest) -> str:
    """What a page carries to say whose it is: a page of an earlier sign-in is recognised by it."""
    role = role_of(request)
    key = role.first if role else request.session.get(SESSION_KEY, "")
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
