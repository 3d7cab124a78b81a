"""Where drafts and one-time values wait: in the session, encrypted, a few at a time."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from importlib import import_module
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase
from django.http import HttpRequest

DRAFTS = "drafts"  # where the session keeps them; a sign-in lets only their owner's through
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


def _keep(request: HttpRequest, kind: str, key: str, value: Any) -> None:
    kept = {name: one for name, one in request.session.get(kind, {}).items() if name != key}
    kept[key] = _seal(value)
    request.session[kind] = dict(list(kept.items())[-MOST:])


def load(request: HttpRequest, name: str, key: str) -> dict[str, Any] | None:
    return _read(request.session, name, key)


def _read(session: SessionBase, name: str, key: str) -> dict[str, Any] | None:
    sealed = session.get(DRAFTS, {}).get(f"{name} {key}")
    found: dict[str, Any] | None = _unseal(sealed) if sealed else None
    return found


def save(request: HttpRequest, name: str, key: str, draft: dict[str, Any]) -> None:
    _keep(request, DRAFTS, f"{name} {key}", draft)


def drop(request: HttpRequest, name: str, key: str) -> None:
    kept = dict(request.session.get(DRAFTS, {}))
    if kept.pop(f"{name} {key}", None) is not None:
        request.session[DRAFTS] = kept


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


def _claim_key(request: HttpRequest, key: str) -> str:
    return "claim" + hashlib.sha256(f"{request.session.session_key} {key}".encode()).hexdigest()[:27]


def claim(request: HttpRequest, key: str) -> bool:
    """Whether this request is the one that does the wizard's work."""
    try:
        # Nothing may be put into the store first: that would load it, and a load that finds nothing forgets the key.
        _store(_claim_key(request, key)).save(must_create=True)
    except CreateError:
        return False
    return True


def release(request: HttpRequest, key: str) -> None:
    _store().delete(_claim_key(request, key))


def await_done(request: HttpRequest, name: str, key: str) -> str:
    """Where the request that holds the claim ended up; empty when it failed or takes too long."""
    until = time.monotonic() + CLAIM_SECONDS
    while time.monotonic() < until:
        draft = _read(_store(request.session.session_key), name, key)
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
    _keep(request, "once", token, value)
    return token


def take_once(request: HttpRequest, token: str) -> Any:
    """The value, once: a reload of the page cannot show it again."""
    kept = dict(request.session.get("once", {}))
    sealed = kept.pop(token, None)
    if sealed is None:
        return None
    request.session["once"] = kept
    return _unseal(sealed)
