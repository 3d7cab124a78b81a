"""The encoded message of a refusal: what its cause may not be told to, but may be told to who administers the account.

STS API Reference, "DecodeAuthorizationMessage": "The message is encoded because the details of the authorization
status can contain privileged information that the user who requested the operation should not see." The form of the
decoded message is that of the example of the command `decode-authorization-message` (AWS CLI Command Reference).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings

from iamconsole.policy import AttachedPolicy, Decision, PolicySet, Request, Statement

# "… or if the message has expired": how soon that is AWS does not say.
LIFETIME = dt.timedelta(days=1)
# DecodeAuthorizationMessage takes no more.
LONGEST = 10240
_WRITTEN = re.compile(r"[A-Za-z0-9_=-]+")


def encode(account_id: str, request: Request, decision: Decision, policies: PolicySet, now: dt.datetime) -> str:
    """The refusal, sealed for who may decode it in this account."""
    for statements in (_matched(request, decision, policies), []):
        message = _items_of(request, decision, statements)
        sealed: bytes = settings.IAMCONSOLE_FERNET.encrypt_at_time(
            zlib.compress(json.dumps([account_id, message]).encode()), int(now.timestamp())
        )
        if len(sealed) <= LONGEST:
            break
    return sealed.decode()


def decode(account_id: str, encoded: str, now: dt.datetime) -> str | None:
    """The message as AWS writes it; None for what is none, has expired or is another account's."""
    if not _WRITTEN.fullmatch(encoded):
        return None  # base64's reader would overlook a line break
    try:
        opened = settings.IAMCONSOLE_FERNET.decrypt_at_time(
            encoded.encode(), int(LIFETIME.total_seconds()), int(now.timestamp())
        )
    except InvalidToken:
        return None
    try:
        owner, message = json.loads(zlib.decompress(opened))
    except (ValueError, zlib.error):
        return None  # something else of ours that was sealed with the same key
    return json.dumps(message, separators=(",", ":")) if owner == account_id else None


def _items_of(request: Request, decision: Decision, statements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    principal = request.principal
    who = {"id": principal.unique_id, "arn": principal.arn}
    if principal.kind == "user":
        who = {"id": principal.unique_id, "name": principal.name, "arn": principal.arn}
    conditions = [
        {"key": key, "values": _items([value] if isinstance(value, str) else value)}
        for key, value in sorted(request.context.items())
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome == "explicit_deny",
        "matchedStatements": {"items": list(statements)},
        "failures": {"items": []},
        "context": {
            "principal": who,
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": conditions},
        },
    }


def _items(values: Iterable[str]) -> dict[str, Any]:
    return {"items": [{"value": value} for value in values]}


def _matched(request: Request, decision: Decision, policies: PolicySet) -> list[dict[str, Any]]:
    """The statements that decided, as the example has them: of whom they are, and what they name."""
    limits = (policies.boundary, *policies.sessions, policies.resource)
    attached: dict[str, AttachedPolicy] = {
        one.policy.sha256: one for one in (*policies.identity, *limits) if one is not None
    }
    owner = request.principal.unique_id.partition(":")[0]
    return [
        _statement(attached[ref.sha256].policy.statements[ref.index], owner)
        for ref in decision.statements
        if ref.sha256 in attached
    ]


def _statement(statement: Statement, owner: str) -> dict[str, Any]:
    return {
        "statementId": statement.sid,
        "effect": statement.effect.upper(),
        "principals": _items([owner]),
        "principalGroups": _items([]),
        "actions": _items(statement.action or statement.not_action or ()),
        "resources": _items(statement.resource or statement.not_resource or ()),
        "conditions": {"items": [{"key": one.key, "values": _items(one.values)} for one in statement.conditions]},
    }
