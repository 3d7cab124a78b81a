"""Cases written as JSON: what the command line reads, and a handy form to write examples in.

A case holds a `request` and the policies that apply to it; see docs/policy-command.md. Its context is taken as it
stands: the engine looks nothing up, so a case that needs `aws:PrincipalArn` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .model import AttachedPolicy, BlockPublicAccess, ContextValue, Kind, PolicySet, Principal, Request
from .parse import parse
from .reader import no_constant, once

ANONYMOUS = "*anonymous*"


class BadCase(Exception):
    """A case that cannot be asked; the message says what is wrong with it."""


_KEYS = frozenset(
    {
        "endpointPolicies",
        "identityPolicies",
        "permissionBoundary",
        "rcps",
        "request",
        "resourcePolicy",
        "scps",
        "sessionPolicy",
        "settings",
    }
)
_LOOKS_LIKE_A_POLICY = re.compile("polic|scp|rcp|boundary|setting", re.IGNORECASE)
_REQUEST_KEYS = frozenset({"action", "context", "principal", "principalRoleArn", "resource", "resourceAccount"})


def read_line(line: bytes) -> Any:
    """The JSON value of a line; raises BadCase. A key that stands twice is refused, as AWS refuses it in a policy."""
    try:
        return json.loads(line, object_pairs_hook=once, parse_constant=no_constant)
    except RecursionError:
        raise BadCase("not JSON: nested too deeply") from None
    except ValueError as error:  # no JSON, no UTF-8, or a number of thousands of digits
        raise BadCase(f"not JSON: {error}") from None


def read_case(case: Any) -> tuple[Request, PolicySet]:
    """A case's question and policies; raises BadCase. What it does not know it refuses: a misspelt `scp` is no SCP."""
    if not isinstance(case, dict):
        raise BadCase("a case is a JSON object")
    # Anything else that a suite of cases keeps beside them (a name, a source, what is expected) is its own.
    unknown = {key for key in case if key not in _KEYS and _LOOKS_LIKE_A_POLICY.search(key)}
    if unknown:
        raise BadCase(f"`{min(unknown)}` is not a member of a case")
    request = read_request(case.get("request"))
    return request, read_policies(case, request)


def read_request(given: Any) -> Request:
    if not isinstance(given, dict):
        raise BadCase("`request` must be an object")
    unknown = given.keys() - _REQUEST_KEYS
    if unknown:
        raise BadCase(f"`{min(unknown)}` is not a member of a request")
    context = _context(given.get("context") or {})
    principal = read_principal(_text(given, "principal"), _text(given, "principalRoleArn", ""), context)
    resource = _text(given, "resource", "*")
    owner = _text(given, "resourceAccount", "") or _owner_in(resource)
    return Request(principal, _text(given, "action"), resource, owner, context)


def _owner_in(resource: str) -> str:
    """The account that an ARN names. `resourceAccount` is, like SimulatePrincipalPolicy's ResourceOwner, for a resource
    "that does not identify its owner in the resource ARN", and defaults to the caller's own account.
    """
    account = [*resource.split(":", 5), *[""] * 5][4]
    return account if re.fullmatch("[0-9]{12}", account) else ""


def _text(given: Mapping[str, Any], name: str, otherwise: str | None = None) -> str:
    value = given.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, str):
        raise BadCase(f"`{name}` must be a string")
    return value


def _context(given: Any) -> dict[str, ContextValue]:
    if not isinstance(given, dict):
        raise BadCase("`context` must be an object")
    context: dict[str, ContextValue] = {}
    for key, value in given.items():
        if isinstance(value, list):
            context[key] = [_value(key, each) for each in value]
        elif value is not None:
            context[key] = _value(key, value)
    if len({key.lower() for key in context}) < len(context):
        raise BadCase("a key stands twice in `context`, where upper and lower case do not differ")
    return context


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadCase(f"the value of context key `{key}` must be a string or a list of strings")


# Providers that sign in users of their own and whose name is no host of an OIDC provider of the account's.
# IAM User Guide, "AWS JSON policy elements: Principal" (reference_policies_elements_principal.html).
_WEB_IDENTITY = frozenset(
    {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
)


def read_principal(written: str, role_arn: str, context: Mapping[str, ContextValue]) -> Principal:
    """Who asks, from an ARN, an account ID, a service's or provider's name, or `*anonymous*`.

    `role_arn` is that of a session's role, which has a path that the session's own ARN does not show.
    """
    lower = {key.lower(): value for key, value in context.items()}
    known = lower.get("aws:userid")
    unique_id = known if isinstance(known, str) else ""
    if written == ANONYMOUS:
        return Principal.anonymous()
    if re.fullmatch("[0-9]{12}", written):
        return Principal.root(written)
    if written in _WEB_IDENTITY:
        return Principal("federated", name=written)
    if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", written):
        return Principal.service(written)
    parts = written.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        partition, vendor, account = parts[1], parts[2], parts[4]
        kind, _, name = parts[5].partition("/")
        if vendor == "iam" and parts[5] == "root":
            return Principal.root(account, partition=partition)
        if vendor == "iam" and kind == "user" and name:
            return Principal.user(written, unique_id=unique_id)
        if vendor == "iam" and kind == "role" and name:
            return Principal.role(written, unique_id=unique_id)
        if vendor == "iam" and kind in ("saml-provider", "oidc-provider") and name:
            return Principal.federated(written)
        if vendor == "sts" and kind == "assumed-role" and "/" in name:
            begin, role_name = f"arn:{partition}:iam::{account}:role/", name.partition("/")[0]
            # Without its own ARN the role is taken to have no path.
            role = role_arn or begin + role_name
            if not role.startswith(begin) or role.rpartition("/")[2] != role_name:
                raise BadCase(f"`{role[:200]}` is not the role of `{written[:200]}`")
            return Principal.role_session(written, role, unique_id=unique_id)
        if vendor == "sts" and kind == "federated-user" and name:
            return Principal.federated(written, unique_id=unique_id)
    raise BadCase(f"`{written[:200]}` is no principal")


def read_policies(case: Mapping[str, Any], request: Request) -> PolicySet:
    # A role's trust policy takes the place of the resource's policy in calls that assume the role.
    assumes = re.fullmatch("sts:(assumerole.*|tagsession|setsourceidentity)", request.action, re.IGNORECASE)
    on_role = bool(re.fullmatch("arn:[^:]*:iam::[^:]*:role/.*", request.resource))
    session = case.get("sessionPolicy")
    sessions = session if isinstance(session, list) else [] if session is None else [session]
    return PolicySet(
        identity=_several(case, "identityPolicies", "identity"),
        resource=_one(case, "resourcePolicy", "trust" if assumes and on_role else "resource"),
        boundary=_one(case, "permissionBoundary", "boundary"),
        sessions=tuple(_attach(each, "session", f"sessionPolicy[{at}]") for at, each in enumerate(sessions)),
        scps=_levels(case, "scps", "scp"),
        rcps=_levels(case, "rcps", "rcp"),
        endpoints=_several(case, "endpointPolicies", "endpoint"),
        block_public_access=_block_public_access(case.get("settings") or {}),
    )


def _attach(written: Any, kind: Kind, name: str) -> AttachedPolicy:
    """A document, its text, or `{name, policy}`."""
    if isinstance(written, dict) and "policy" in written:
        name, written = _text(written, "name", name), written["policy"]
    if not isinstance(written, dict | str):
        raise BadCase(f"`{name}` must be a policy document")
    return AttachedPolicy(parse(written, kind), name, _SOURCES.get(kind, kind))


_SOURCES: dict[Kind, str] = {"identity": "direct", "trust": "resource"}


def _one(case: Mapping[str, Any], name: str, kind: Kind) -> AttachedPolicy | None:
    written = case.get(name)
    return None if written is None else _attach(written, kind, name)


def _list(given: Any, name: str) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise BadCase(f"`{name}` must be a list")
    return given


def _several(case: Mapping[str, Any], name: str, kind: Kind) -> tuple[AttachedPolicy, ...]:
    return tuple(_attach(each, kind, f"{name}[{at}]") for at, each in enumerate(_list(case.get(name), name)))


def _levels(case: Mapping[str, Any], name: str, kind: Kind) -> tuple[tuple[AttachedPolicy, ...], ...]:
    levels = [_list(level, f"{name}[{at}]") for at, level in enumerate(_list(case.get(name), name))]
    return tuple(
        tuple(_attach(each, kind, f"{name}[{at}][{number}]") for number, each in enumerate(level))
        for at, level in enumerate(levels)
    )


def _block_public_access(settings: Any) -> BlockPublicAccess:
    given = settings.get("s3") or {} if isinstance(settings, dict) and not settings.keys() - {"s3"} else None
    if not isinstance(given, dict) or given.keys() - {"blockPublicAccess"}:
        raise BadCase("`settings` must be {s3: {blockPublicAccess: …}}")
    flags = given.get("blockPublicAccess")
    if flags is None or isinstance(flags, bool):
        return BlockPublicAccess(*[bool(flags)] * 4)
    if not isinstance(flags, dict) or not all(isinstance(flag, bool) for flag in flags.values()):
        raise BadCase("`blockPublicAccess` must be true, false or the four flags")
    known = {_FLAGS.get(name[:1].lower() + name[1:], ""): flag for name, flag in flags.items()}
    if "" in known:
        raise BadCase(f"the flags of `blockPublicAccess` are {', '.join(_FLAGS)}")
    return BlockPublicAccess(**known)


_FLAGS = {
    "blockPublicAcls": "block_public_acls",
    "ignorePublicAcls": "ignore_public_acls",
    "blockPublicPolicy": "block_public_policy",
    "restrictPublicBuckets": "restrict_public_buckets",
}
