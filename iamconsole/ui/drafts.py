"""Where drafts and one-time values wait: beside and in the session, encrypted, a few at a time.

A draft is a row of its own in the session store, so that two tabs that save in the same instant do not
undo each other. Its key is made of who is signed in and the wizard's id: nobody else finds it, and after
a new sign-in the same person does.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

DRAFTS = "drafts"  # where the session says which drafts it has; a sign-in lets only their owner's through
OWNER = "owner"  # whose session it is, as the sign-in wrote it
MOST = 8  # of each kind per session; the oldest is forgotten
CLAIM_SECONDS = 10.0


def _seal(value: Any) -> str:
    sealed: bytes = settings.IAMCONSOLE_FERNET.encrypt(json.dumps(value).encode())
    return sealed.decode()


def _unseal(sealed: Any) -> Any:
    """The value, or None for one that an older key sealed."""
    try:
        return json.loads(settings.IAMCONSOLE_FERNET.decrypt(str(sealed).encode()))
    except InvalidToken:
        return None


def _draft_key(request: HttpRequest, name: str, key: str) -> str:
    """Whose session it is counts, also when it has ended: what was typed then is for its owner to find."""
    caller = getattr(request, "caller", None)
    who = request.session.get(OWNER) or (f"{caller.account_id} {caller.principal.unique_id}" if caller else "")
    return _key_of("draft", who or f"nobody {request.session.session_key}", name, key)


def load(request: HttpRequest, name: str, key: str) -> dict[str, Any] | None:
    sealed = _store(_draft_key(request, name, key)).get("sealed")
    found: dict[str, Any] | None = _unseal(sealed) if sealed else None
    return found


def save(request: HttpRequest, name: str, key: str, draft: dict[str, Any]) -> None:
    if not request.session.session_key:
        request.session.create()
    row_key = _draft_key(request, name, key)
    _claim(row_key)
    row = _store(row_key)
    row["sealed"] = _seal(draft)
    row.save()
    kept = [one for one in request.session.get(DRAFTS, {}) if one != row_key]
    for forgotten in kept[: -(MOST - 1)]:
        _store().delete(forgotten)
    if [*kept, row_key] != list(request.session.get(DRAFTS, {})):
        request.session[DRAFTS] = dict.fromkeys([*kept[-(MOST - 1) :], row_key])


def forget(*indexes: Iterable[str]) -> None:
    """Delete the drafts that sessions' indexes name: whoever signs out leaves none behind."""
    for row_key in {key for index in indexes for key in index}:
        _store().delete(row_key)


def drop(request: HttpRequest, name: str, key: str) -> None:
    row_key = _draft_key(request, name, key)
    _store().delete(row_key)
    request.session[DRAFTS] = {one: None for one in request.session.get(DRAFTS, {}) if one != row_key}


# -- what a wizard's form sent after its session had ended: nothing is done, and nothing typed is lost ----

UNSENT = "unsent"
MOST_UNSENT = 100_000  # characters; a policy has some thousands


def keep_unsent(request: HttpRequest) -> str:
    """Put aside what was typed, for its writer to find when signed in again; returns the wizard's id."""
    key = request.POST.get("wizard", "")
    typed = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    if not 8 <= len(key) <= 40 or sum(len(one) for values in typed.values() for one in values) > MOST_UNSENT:
        return ""
    save(request, UNSENT, key, {"path": request.path, "step": request.GET.get("step", ""), "typed": typed})
    return key


def take_unsent(request: HttpRequest, key: str) -> dict[str, list[str]] | None:
    """What was typed on this very step, once."""
    if _draft_key(request, UNSENT, key) not in request.session.get(DRAFTS, {}):
        return None
    unsent = load(request, UNSENT, key)
    if unsent is None or (unsent["path"], unsent["step"]) != (request.path, request.GET.get("step", "")):
        return None
    drop(request, UNSENT, key)
    typed: dict[str, list[str]] = unsent["typed"]
    return typed


# A double click is two requests at once, perhaps in two processes. The session store is the one thing
# that they surely share, and creating a row in it succeeds once.


def _store(key: str | None = None) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key=key)
    return store


def _key_of(*parts: str) -> str:
    """The row's key in the session store. Only this site can make it: whoever knew it could name the row in the
    cookie, as if it were a session, and write or delete what is in it."""
    return parts[0] + salted_hmac("iamconsole.ui.drafts", " ".join(parts[1:]), algorithm="sha256").hexdigest()[:27]


def _claim(row_key: str) -> bool:
    """Make the row, if it is not there: true for one request alone."""
    try:
        # Nothing may be put into the store first: that would load it, and a load that finds nothing forgets the key.
        _store(row_key).save(must_create=True)
    except CreateError:
        return False
    return True


def _claim_key(request: HttpRequest, key: str) -> str:
    return _key_of("claim", str(request.session.session_key), key)


def claim(request: HttpRequest, key: str) -> bool:
    """Whether this request is the one that does the wizard's work."""
    return _claim(_claim_key(request, key))


def release(request: HttpRequest, key: str) -> None:
    _store().delete(_claim_key(request, key))


def await_done(request: HttpRequest, name: str, key: str) -> str:
    """Where the request that holds the claim ended up; empty when it failed or takes too long."""
    until = time.monotonic() + CLAIM_SECONDS
    while time.monotonic() < until:
        draft = load(request, name, key)
        if draft and draft["done"]:
            return str(draft["done"])
        if not _store().exists(_claim_key(request, key)):
            return ""
        time.sleep(0.1)
    release(request, key)
    return ""


# -- values shown once ------------------------------------------------------------------------------


def keep_once(request: HttpRequest, value: Any) -> str:
    """Put a secret aside for the page after the redirect; the token that travels says nothing of it."""
    token = secrets.token_urlsafe(12)
    kept = dict(request.session.get("once", {})) | {token: _seal(value)}
    request.session["once"] = dict(list(kept.items())[-MOST:])
    return token


def take_once(request: HttpRequest, token: str) -> Any:
    """The value, once: a reload of the page cannot show it again."""
    kept = dict(request.session.get("once", {}))
    sealed = kept.pop(token, None)
    if sealed is None:
        return None
    request.session["once"] = kept
    return _unseal(sealed)


# -- values left for the page that a redirect leads to ----------------------------------------------

LEFT_SECONDS = 60


def leave(request: HttpRequest, value: Any) -> str:
    """Put a value aside for the page after the redirect, in a row of its own; empty if there is no session."""
    if not request.session.session_key:
        return ""
    token = secrets.token_urlsafe(12)
    row_key = _left_key(request, token)
    _claim(row_key)
    row = _store(row_key)
    row["sealed"] = _seal(value)
    row.set_expiry(LEFT_SECONDS)
    row.save()
    return token


def take_left(request: HttpRequest, token: str) -> Any:
    """The value, once, for the session that left it."""
    row_key = _left_key(request, token)
    sealed = _store(row_key).get("sealed")
    if sealed is None:
        return None
    _store().delete(row_key)
    return _unseal(sealed)


def _left_key(request: HttpRequest, token: str) -> str:
    return _key_of("left", str(request.session.session_key), token)
