"""The evaluation flow once more, as slowly and plainly as it can be said; Hypothesis looks for a difference.

It reads the documents themselves (not what the engine parsed) and shares only the policies and requests of
test_properties.py: their few operators, wildcards and principal forms.
"""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request

Maybe = bool | None


def plain_outcome(request: Request, policies: PolicySet) -> str:
    me = request.principal
    own = me.account != ""
    linked = ":role/aws-service-role/" in me.role_arn
    bounded = policies.boundary is not None

    def single(attached):
        return () if attached is None else (attached,)

    def ask(attached: tuple[AttachedPolicy, ...]) -> tuple[bool, set[str]]:
        return answers(attached, request, bounded)

    identity, resource = ask(policies.identity), ask(single(policies.resource))
    boundary, session = ask(single(policies.boundary)), ask(policies.sessions)
    scps = [ask(level) for level in policies.scps] if own and not linked else []
    # EC2 is not among the services that RCPs reach, S3 is.
    reached = request.action.lower().startswith("s3:") and not linked
    rcps = [ask(level) for level in policies.rcps] if reached else []
    endpoints = [ask((each,)) for each in policies.endpoints]

    if any(denied for denied, _ in [identity, resource, boundary, session, *scps, *rcps, *endpoints]):
        return "explicit_deny"
    if not all(forms for _, forms in [*scps, *endpoints]):
        return "implicit_deny"
    capped = (not bounded or boundary[1]) and (not policies.sessions or session[1])
    caller_may = me.kind == "root" or bool(identity[1] and capped and (me.kind != "federated" or policies.sessions))
    if not own:
        allowed = "direct" in resource[1]
    elif request.resource_account not in ("", me.account):
        allowed = caller_may and bool(resource[1])
    else:
        through_role = bool(resource[1] & {"role", "user"}) and capped
        allowed = caller_may or "direct" in resource[1] or bool(through_role)
    return "allowed" if allowed else "implicit_deny"


def answers(attached: tuple[AttachedPolicy, ...], request: Request, bounded: bool) -> tuple[bool, set[str]]:
    """Whether a policy denies, and the forms in which policies allow."""
    denied, forms = False, set()
    for each in attached:
        document = json.loads(each.policy.text)
        malformed = "Unheard" in each.policy.text
        for statement in document["Statement"]:
            form, covers = covered(statement, request, bounded)
            if statement["Effect"] == "Deny":
                denied = denied or covers is not False
            elif covers and not malformed:
                forms.add(form)
    return denied, forms


def covered(statement: dict[str, Any], request: Request, bounded: bool) -> tuple[str, Maybe]:
    form, who = named(statement, request.principal, bounded)
    context = {key.lower(): value for key, value in request.context.items()}
    parts = [who, action(statement, request), resource(statement, request, context), *conditions(statement, context)]
    return form, False if False in parts else None if None in parts else True


def action(statement: dict[str, Any], request: Request) -> Maybe:
    patterns = statement.get("Action", statement.get("NotAction"))
    hit = any(fnmatch.fnmatchcase(request.action.lower(), pattern.lower()) for pattern in patterns)
    return hit if "Action" in statement else not hit


def resource(statement: dict[str, Any], request: Request, context: dict[str, Any]) -> Maybe:
    hit: Maybe = False
    for pattern in statement.get("Resource", statement.get("NotResource")):
        regex = ""
        for piece in re.split(r"(\$\{[^}]*\}|\*|\?)", pattern):
            if piece.startswith("${"):
                value = context.get(piece[2:-1].lower())
                if value is None:
                    regex = None
                    break
                regex += re.escape(value)
            else:
                regex += {"*": ".*", "?": "."}.get(piece, re.escape(piece))
        if regex is None:
            hit = hit or (None if "NotResource" in statement else False)
        elif re.fullmatch(regex, request.resource):
            hit = True
    if "Resource" in statement:
        return hit
    return None if hit is None else not hit


def conditions(statement: dict[str, Any], context: dict[str, Any]) -> list[Maybe]:
    tags = context.get("aws:tagkeys", [])
    found: dict[str, Maybe] = {
        "Bool": context.get("aws:securetransport") == "true",
        "StringNotEquals": context.get("aws:username") not in ("alice", "k"),
        "Null": "aws:username" not in context,
        "ForAnyValue:StringLike": any(tag.startswith("a") for tag in tags),
        "StringEquals": None if len(tags) > 1 else list(tags) == ["a"],
        "Unheard": None,
    }
    return [found[operator] for operator in statement["Condition"]]


def named(statement: dict[str, Any], me: Principal, bounded: bool) -> tuple[str, Maybe]:
    element = statement.get("Principal", statement.get("NotPrincipal"))
    if element is None:
        return "direct", True
    values = ["*"] if element == "*" else next(iter(element.values()))
    values = [values] if isinstance(values, str) else values
    mine = {
        "direct": {"*"} | ({me.arn} if me.kind in ("user", "role_session", "federated") else set()),
        "role": {me.role_arn} if me.kind in ("role", "role_session") else set(),
        "user": {me.user_arn} if me.kind == "federated" else set(),
        "account": {me.account} if me.account else set(),
    }
    if me.kind == "service":
        mine["direct"].add(me.name)
    hits = [form for form in ("direct", "role", "user", "account") if mine[form] & set(values)]
    if "Principal" in statement:
        return (hits[0], True) if hits else ("direct", False)
    if statement["Effect"] == "Allow":
        return "direct", not hits
    if bounded and me.account:
        return "direct", True
    needed = {"account"} if me.account else set()
    needed |= {"user": {"direct"}, "role": {"role"}, "role_session": {"direct", "role"}, "root": set()}.get(
        me.kind, {"direct"}
    )
    if needed <= set(hits):
        return "direct", False
    return "direct", None if set(hits) - {"account"} else True
