"""From an event to the explanation of its decision: the same question to the same policies, asked again.

An event keeps what it was decided on (the request's context, the hashes and places of the policies),
not the explanation. When a newer engine answers otherwise, the explanation says so.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from iamconsole.accounts.models import PolicyText
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import NoSuchEntity
from iamconsole.core.operation import Response
from iamconsole.iam import aws_managed, principals
from iamconsole.policy import (
    ENGINE_VERSION,
    AttachedPolicy,
    BlockPublicAccess,
    Explanation,
    Kind,
    PolicySet,
    Principal,
    Request,
    StatementReport,
    explain,
    parse,
)
from iamconsole.sts import texts as sts


def details_of(event: Event) -> Response:
    """What console.md §14 shows of a decision. Raises NoSuchEntity where no policy was asked."""
    principal = _principal(event)
    if not event.outcome or principal is None:
        raise NoSuchEntity("No policy decision is kept for this event.")
    context: dict[str, Any] = event.context or {}
    policies, lost = _policies(event, principal)
    owner = str(context.get("aws:ResourceAccount", ""))
    found = explain(Request(principal, event.action, event.resource, owner, context), policies)
    return {
        "EventId": str(event.event_id),
        "EventTime": event.time,
        "EventName": event.name,
        "PrincipalArn": event.principal_arn,
        "UserName": event.user_name,
        "Action": event.action,
        "Resource": event.resource,
        "Region": event.region,
        "SourceIp": event.source_ip,
        "Outcome": event.outcome,
        "DecidedBy": event.decided_by,
        "ErrorMessage": event.error_message,
        "Context": [{"Key": key, "Value": _shown(value)} for key, value in sorted(context.items())],
        "Stages": [asdict(stage) for stage in found.stages],
        "Statements": _statements(found, policies),
        # Policies whose text can no longer be read, and whether today's engine decides otherwise.
        "Lost": lost,
        "OutcomeNow": found.decision.outcome,
        "Engine": event.engine,
        "EngineNow": ENGINE_VERSION,
    }


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _principal(event: Event) -> Principal | None:
    kind, who = event.principal_type, event.principal_id
    if kind == "Root":
        return Principal.root(who)
    if not event.principal_arn:
        return None
    if kind == "IAMUser":
        return Principal.user(event.principal_arn, unique_id=who)
    issuer = (event.session or {}).get("issuer")
    if kind == "AssumedRole" and issuer:
        return Principal.role_session(event.principal_arn, issuer["arn"], unique_id=who)
    if kind == "FederatedUser" and issuer:
        by = {"user_arn": issuer["arn"], "user_id": issuer["id"]} if issuer["arn"] else {}
        return Principal.federated(event.principal_arn, unique_id=who, **by)
    return None


def _policies(event: Event, principal: Principal) -> tuple[PolicySet, list[str]]:
    kept: list[dict[str, str]] = event.basis.attachments if event.basis else []
    on_resource: dict[str, str] | None = event.resource_policy
    hashes = {one["sha256"] for one in (*kept, *([on_resource] if on_resource else ()))}
    texts = sts.BY_SHA256 | dict(PolicyText.objects.filter(pk__in=hashes).values_list("sha256", "text"))
    lost: list[str] = []
    found: dict[str, list[AttachedPolicy]] = {"identity": [], "boundary": [], "session": []}
    for one in kept:
        # The text as it was; of an AWS managed policy at worst the one of today's package.
        managed = aws_managed.by_arn().get(one["arn"])
        text = texts.get(one["sha256"], managed.text if managed else None)
        policy = parse(text or "", cast(Kind, one["type"]))
        if policy.sha256 != one["sha256"]:
            lost.append(one["name"])
        if text is not None or one["type"] != "identity":
            # A limit whose text is lost stays a limit: the empty text lets nothing pass.
            found[one["type"]].append(AttachedPolicy(policy, one["name"], one["source"], one["arn"], one["via"]))
    resource = None
    if on_resource:
        text = texts.get(on_resource["sha256"])
        if text is None:
            lost.append(on_resource["name"])
        else:
            kind = cast(Kind, on_resource.get("type", "resource"))
            # People read names: a user or role stands in the kept text by its unique ID.
            own = principal.unique_id.partition(":")[0]
            text = principals.shown_to(text, event.account_id, own, principal.role_arn or principal.arn)
            resource = AttachedPolicy(parse(text, kind), on_resource["name"], kind)
    boundary = found["boundary"][0] if found["boundary"] else None
    policies = PolicySet(tuple(found["identity"]), None, boundary, tuple(found["session"]))
    restricted = bool(on_resource and on_resource.get("block_public_access"))
    return policies.for_resource(resource, BlockPublicAccess(restrict_public_buckets=restricted)), lost


def _statements(found: Explanation, policies: PolicySet) -> list[Response]:
    """Every statement that was looked at: what matched first, then what came near, then the others."""
    limits = (policies.boundary, *policies.sessions, policies.resource)
    attached = (*policies.identity, *(one for one in limits if one is not None))
    by_content = {one.policy.sha256: one for one in attached}
    reports = sorted(found.statements, key=_relevance)
    return [_statement(one, by_content[one.ref.sha256]) for one in reports]


def _relevance(report: StatementReport) -> tuple[bool, bool, bool, bool]:
    return report.matched is False, not report.near_misses, not _names_action(report), report.ref.effect != "Deny"


def _names_action(report: StatementReport) -> bool:
    """Whether the statement is about the action at all."""
    return any(one.element == "action" and one.matched is True for one in report.elements)


def _statement(report: StatementReport, attached: AttachedPolicy) -> Response:
    start, end = attached.policy.extent(f"Statement[{report.ref.index}]")
    return {
        "Stage": report.stage,
        "PolicyName": report.ref.policy_name,
        "PolicyArn": report.ref.policy_arn,
        "Source": report.ref.source,
        "Via": report.ref.via,
        "Sid": report.ref.sid,
        "Number": report.ref.index + 1,
        "Effect": report.ref.effect,
        "Matched": report.matched,
        "ActionMatched": _names_action(report),
        "Text": report.text,
        "NearMisses": list(report.near_misses),
        "MissingKeys": list(report.missing_keys),
        "StartPosition": {"Line": start[0], "Column": start[1]},
        "EndPosition": {"Line": end[0], "Column": end[1]},
        "Document": attached.policy.text,
    }
