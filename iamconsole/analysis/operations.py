"""Operations that read across services: the policy simulator's, and the explanation of a decision.

Source: IAM API Reference, SimulatePrincipalPolicy.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from iamconsole.analysis import explaining
from iamconsole.cloudtrail.models import Event
from iamconsole.core.arn import Arn
from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError, InvalidInput, NoSuchEntity
from iamconsole.core.operation import Call, Params, Resource, Response, operation, resolves
from iamconsole.iam import queries as iam
from iamconsole.iam import resources as iam_resources
from iamconsole.iam.models import User
from iamconsole.policy import AttachedPolicy, Decision, PolicySet, Principal, Request, StatementRef, decide, parse

# AWS pages its answer; ours is whole, so the question is bounded.
MOST_PAIRS = 1000
ACTION = re.compile(r"[a-z0-9-]{1,64}:[A-Za-z0-9]{1,128}")
EVAL_DECISIONS = {"allowed": "allowed", "explicit_deny": "explicitDeny", "implicit_deny": "implicitDeny"}


@resolves("user", keys=iam_resources.IDENTITY_TAG)
def policy_source(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The identity whose policies are simulated, by ARN. Users are what this product has so far."""
    return [_source(caller, str(params["policy_source_arn"])) for params in asked]


def _source(caller: Caller, source_arn: str) -> Resource:
    parsed = Arn.parse(source_arn)
    error: AwsError = InvalidInput(f"Invalid Entity Arn: {source_arn}", field="policy_source_arn")
    if parsed is None or parsed.account != caller.account_id or not parsed.resource.startswith("user/"):
        return Resource(source_arn, missing=error)
    name = parsed.resource.rpartition("/")[2]
    found = iam_resources.user(caller, [{"user_name": name}])[0]
    if found.row is not None and found.arn == source_arn:
        return found
    return Resource(source_arn, missing=NoSuchEntity(f"The user with name {name} cannot be found."))


def _supplied(documents: Sequence[str], kind: Any, source: str) -> tuple[AttachedPolicy, ...]:
    policies = []
    for number, document in enumerate(documents, 1):
        parsed = parse(document, kind)
        if parsed.problems:
            raise InvalidInput(f"{parsed.problems[0].message}", field="policy_input_list")
        policies.append(AttachedPolicy(parsed, f"PolicyInputList.{number}", source))
    return tuple(policies)


@operation("iam:SimulatePrincipalPolicy", resource=policy_source, read_only=True)
def simulate_principal_policy(
    call: Call,
    *,
    policy_source_arn: str,
    action_names: Sequence[str],
    resource_arns: Sequence[str] = ("*",),
    policy_input_list: Sequence[str] = (),
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    context_entries: Sequence[dict[str, Any]] = (),
    **unsupported: Any,
) -> Response:
    """Decide actions on resources for a user without doing them, with the same engine as real calls."""
    if len(action_names) * len(resource_arns) > MOST_PAIRS:
        raise InvalidInput(f"At most {MOST_PAIRS} pairs of action and resource are simulated at once.")
    for name in action_names:
        if not ACTION.fullmatch(name):
            raise InvalidInput(f"Invalid Action: {name}", field="action_names")
    if unsupported:
        raise InvalidInput(f"{sorted(unsupported)[0]} is not supported by this simulator yet.")
    caller = call.caller
    user: User = call.resource.require()
    principal = Principal.user(user.arn(caller.account_id), unique_id=user.unique_id)
    identity = iam.identity_policies(user.pk, caller.account_id)
    identity += _supplied(policy_input_list, "identity", "inline")
    resource = None
    if resource_policy:
        resource = AttachedPolicy(
            _supplied([resource_policy], "resource", "resource")[0].policy, "ResourcePolicy", "resource"
        )
    policies = PolicySet(identity=identity, resource=resource)
    context = principal.context() | {f"aws:PrincipalTag/{key}": value for key, value in user.tags.items()}
    given = {entry["ContextKeyName"]: list(entry.get("ContextKeyValues", ())) for entry in context_entries}
    results = []
    for action in action_names:
        for resource_arn in resource_arns:
            request = Request(principal, action, resource_arn, _owner(resource_owner, caller), context | given)
            results.append(_result(action, resource_arn, decide(request, policies), policies))
    return {"EvaluationResults": results, "IsTruncated": False}


def _owner(resource_owner: str | None, caller: Caller) -> str:
    """ResourceOwner is an account's ARN; without it the resource is the caller's own account's."""
    parsed = Arn.parse(resource_owner) if resource_owner else None
    return parsed.account if parsed else caller.account_id


def _result(action: str, resource_arn: str, decision: Decision, policies: PolicySet) -> Response:
    by_content = {attached.policy.sha256: attached for attached in policies.identity}
    if policies.resource:
        by_content[policies.resource.policy.sha256] = policies.resource
    return {
        "EvalActionName": action,
        "EvalResourceName": resource_arn,
        "EvalDecision": EVAL_DECISIONS[decision.outcome],
        "MatchedStatements": [_matched(ref, by_content[ref.sha256]) for ref in decision.statements],
        "MissingContextValues": [],
        # Beyond AWS's members, for our own page: what the engine could not decide and so refused.
        "Undecided": list(decision.undecided),
    }


def _matched(ref: StatementRef, attached: AttachedPolicy) -> Response:
    """Where the deciding statement stands in its policy: lines and columns from 1, as AWS counts them."""
    start, end = attached.policy.extent(f"Statement[{ref.index}]")
    return {
        "SourcePolicyId": ref.policy_arn or ref.policy_name,
        "SourcePolicyType": "IAM Policy" if ref.source != "resource" else "Resource Policy",
        "StartPosition": {"Line": start[0], "Column": start[1]},
        "EndPosition": {"Line": end[0], "Column": end[1]},
        # Beyond AWS's members, for our own page.
        "Sid": ref.sid,
        "PolicyName": ref.policy_name,
        "Via": ref.via,
        "Document": attached.policy.text,
    }


# ---------------------------------------------------------------- why a request was decided as it was


def _event(call: Call, event_id: str) -> Event:
    missing = NoSuchEntity(f"The authorization with id {event_id} cannot be found.")
    try:
        found = Event.objects.filter(account=call.caller.account_key, event_id=uuid.UUID(event_id))
    except ValueError:
        raise missing from None
    event = found.select_related("basis").first()
    if event is None:
        raise missing
    return event


@operation("iam:GetRequestAuthorizationDetails", public=False, read_only=True)
def get_request_authorization_details(call: Call, *, event_id: str) -> Response:
    """Why a request of anybody in the account was allowed or refused.

    AWS's Access Troubleshooter is in preview and has no published model, hence not on the wire.
    """
    return explaining.details_of(_event(call, event_id))


@operation("iamconsole:ExplainOwnDecision", public=False, authorized=False, recorded=False, read_only=True)
def explain_own_decision(call: Call, *, event_id: str) -> Response:
    """The same for the caller's own requests, which here needs no permission: a refusal is there to learn from.

    Not an operation of AWS's, so it leaves no event. Somebody else's request is as if it were not there.
    """
    event = _event(call, event_id)
    principal = call.caller.principal
    if (event.principal_id, event.principal_arn) != (principal.unique_id, principal.arn):
        raise NoSuchEntity(f"The authorization with id {event_id} cannot be found.")
    return explaining.details_of(event)
