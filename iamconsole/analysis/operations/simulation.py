"""The policy simulator's operations.

Source: IAM API Reference, SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysForCustomPolicy,
GetContextKeysForPrincipalPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from iamconsole.analysis import entities, simulating
from iamconsole.analysis.entities import Entity
from iamconsole.analysis.simulating import Simulation
from iamconsole.core.arn import Arn
from iamconsole.core.errors import InvalidInput
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import paging
from iamconsole.iam.models import Group, Role, User
from iamconsole.policy import AttachedPolicy, PolicySet, Principal, context_keys, matches

Exclusions = Sequence[Mapping[str, Any]]


@operation("iam:SimulateCustomPolicy", read_only=True)
def simulate_custom_policy(
    call: Call,
    *,
    policy_input_list: Sequence[str],
    action_names: Sequence[str],
    permissions_boundary_policy_input_list: Sequence[str] = (),
    ordered_organization_policy_input_list: Sequence[Mapping[str, Any]] = (),
    resource_arns: Sequence[str] = ("*",),
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> Response:
    """Decide actions by policies that are given as texts, without doing them."""
    if resource_policy is not None and caller_arn is None:
        raise InvalidInput("CallerArn is required if a ResourcePolicy is included.", field="caller_arn")
    account_id = call.caller.account_id
    principal = _caller(caller_arn, resource_policy) if caller_arn else _nobody_of(account_id)
    policies = PolicySet(
        identity=simulating.supplied(policy_input_list, "identity", "inline", "policy_input_list"),
        resource=simulating.resource_policy(resource_policy) if resource_policy is not None else None,
        boundary=simulating.boundary(permissions_boundary_policy_input_list),
        scps=simulating.organization(ordered_organization_policy_input_list),
    )
    context = (principal.context() if caller_arn else {}) | simulating.context_of(context_entries)
    simulation = Simulation(
        principal,
        policies,
        context,
        simulating.owner_of(resource_owner, principal.account),
        # AWS numbers what it was given and calls nothing else of it inline.
        organization=bool(ordered_organization_policy_input_list),
    )
    return _results(call, simulation, action_names, resource_arns, resource_handling_option)


@operation(
    "iam:SimulatePrincipalPolicy",
    resource=entities.of_arn("policy_source_arn", "user", "group", "role"),
    read_only=True,
)
def simulate_principal_policy(
    call: Call,
    *,
    policy_source_arn: str,
    action_names: Sequence[str],
    policy_input_list: Sequence[str] = (),
    permissions_boundary_policy_input_list: Sequence[str] = (),
    policy_exclusion_list: Exclusions = (),
    resource_arns: Sequence[str] = ("*",),
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> Response:
    """Decide actions for a user, group or role without doing them, with the same engine as real calls."""
    account_id = call.caller.account_id
    entity: Entity = call.resource.require()
    if resource_policy is not None:
        if isinstance(entity, Role):
            raise InvalidInput(
                "Simulation of resource-based policies isn't supported for IAM roles.", field="resource_policy"
            )
        if isinstance(entity, Group) and caller_arn is None:
            raise InvalidInput("CallerArn is required if a ResourcePolicy is included.", field="caller_arn")
    principal = _caller(caller_arn, resource_policy) if caller_arn else _principal_of(entity, account_id)
    excluded = [_exclusion(one) for one in policy_exclusion_list]
    own = [one for one in entities.held_by([entity], account_id).of(entity) if not _is_excluded(one, entity, excluded)]
    limit = simulating.boundary(permissions_boundary_policy_input_list) or entities.boundary_of(entity, account_id)
    if any(kind == "type" and value == "permission-boundary" for kind, value in excluded):
        limit = simulating.boundary(permissions_boundary_policy_input_list)
    policies = PolicySet(
        identity=(*own, *simulating.supplied(policy_input_list, "identity", "supplied", "policy_input_list")),
        resource=simulating.resource_policy(resource_policy) if resource_policy is not None else None,
        boundary=limit,
    )
    tags = {} if isinstance(entity, Group) or caller_arn else entity.tags
    known = {} if isinstance(entity, Group) and not caller_arn else principal.context()
    context = known | {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}
    simulation = Simulation(
        principal,
        policies,
        context | simulating.context_of(context_entries),
        simulating.owner_of(resource_owner, principal.account),
        simulating.source_names(own, entity.kind, entity.name),
    )
    return _results(call, simulation, action_names, resource_arns, resource_handling_option)


def _results(
    call: Call, simulation: Simulation, actions: Sequence[str], resources: Sequence[str], scenario: str | None
) -> Response:
    """One page of results, one for each action; what is not on the page is not simulated."""
    simulating.check_actions(actions)
    simulating.check_scenario(scenario, resources)
    resources = list(dict.fromkeys(resources)) or ["*"]
    names, page = paging.page_in_order(list(dict.fromkeys(actions)), call)
    if len(names) * len(resources) > simulating.MOST_PAIRS:
        raise InvalidInput(
            f"At most {simulating.MOST_PAIRS} pairs of action and resource are simulated at once; use MaxItems.",
            field="resource_arns",
        )
    return {"EvaluationResults": [simulating.evaluate(simulation, name, resources) for name in names], **page}


def _nobody_of(account_id: str) -> Principal:
    """Somebody of the account of whom nothing is known: whom policies without a caller are simulated for."""
    return Principal("user", account=account_id)


def _principal_of(entity: Entity, account_id: str) -> Principal:
    if isinstance(entity, User):
        return Principal.user(entity.arn(account_id), unique_id=entity.unique_id)
    if isinstance(entity, Role):
        return Principal.role(entity.arn(account_id), unique_id=entity.unique_id)
    return _nobody_of(account_id)


def _caller(caller_arn: str, resource_policy: str | None) -> Principal:
    """CallerArn: "You can specify the ARN of an IAM user, group, or role. You cannot specify the ARN of an assumed
    role, federated user, or a service principal." With a resource policy only a user is somebody whom it may name.
    """
    parsed = Arn.parse(caller_arn)
    kind, _, rest = parsed.resource.partition("/") if parsed else ("", "", "")
    wrong = InvalidInput(f"Invalid Entity Arn: {caller_arn}", field="caller_arn")
    if parsed is None or parsed.service != "iam" or not re.fullmatch(r"[0-9]{12}", parsed.account) or not rest:
        raise wrong
    if kind == "user":
        return Principal.user(caller_arn)
    if kind not in ("role", "group") or resource_policy is not None:
        raise wrong
    return Principal.role(caller_arn) if kind == "role" else _nobody_of(parsed.account)


# -- exclusions -------------------------------------------------------------------------------------------


def _exclusion(given: Mapping[str, Any]) -> tuple[str, Any]:
    """One PolicyIdentifier: a union, of whose members the shape lets exactly one through."""
    said = {key: value for key, value in given.items() if value is not None}
    if "PolicyType" in said:
        return "type", said["PolicyType"]
    if "PolicyArn" in said:
        parsed = Arn.parse(said["PolicyArn"])
        name = parsed.resource.removeprefix("policy/") if parsed else ""
        outside = f"{parsed.service}:{parsed.region}:{parsed.account}" if parsed else "*"
        if (
            parsed is None
            or not parsed.resource.startswith("policy/")
            or name.count("*") > 1
            or set("*?") & set(outside)
        ):
            raise InvalidInput(f"Invalid ARN: {said['PolicyArn']}", field="policy_exclusion_list")
        return "arn", said["PolicyArn"]
    # "Wildcard characters (* and ?) in the entity name can match multiple entities", says the text of the model, whose
    # pattern for that name lets none through.
    inline = said["InlinePolicyIdentifier"]
    return "inline", (inline["PolicyName"], inline["AttachmentType"], inline["AttachmentName"])


def _is_excluded(one: AttachedPolicy, entity: Entity, excluded: Sequence[tuple[str, Any]]) -> bool:
    inline = one.source in ("inline", "group_inline")
    type_ = "inline" if inline else "aws-managed" if one.arn.startswith("arn:aws:iam::aws:") else "user-managed"
    holder = ("group", one.via) if one.via else (entity.kind, entity.name)
    for kind, value in excluded:
        if kind == "type" and value == type_:
            return True
        if kind == "arn" and not inline and matches(value, one.arn):
            return True
        if kind == "inline" and inline and value == (one.name, *holder):
            return True
    return False


# -- context keys -----------------------------------------------------------------------------------------


@operation("iam:GetContextKeysForCustomPolicy", read_only=True)
def get_context_keys_for_custom_policy(call: Call, *, policy_input_list: Sequence[str]) -> Response:
    """The context keys that the given policies ask for."""
    given = simulating.supplied(policy_input_list, "identity", "inline", "policy_input_list")
    return {"ContextKeyNames": list(context_keys(one.policy for one in given))}


@operation(
    "iam:GetContextKeysForPrincipalPolicy",
    resource=entities.of_arn("policy_source_arn", "user", "group", "role"),
    read_only=True,
)
def get_context_keys_for_principal_policy(
    call: Call, *, policy_source_arn: str, policy_input_list: Sequence[str] = ()
) -> Response:
    """The same for all policies of a user, group or role, and for those given besides."""
    entity: Entity = call.resource.require()
    given = simulating.supplied(policy_input_list, "identity", "inline", "policy_input_list")
    own = entities.held_by([entity], call.caller.account_id).of(entity)
    return {"ContextKeyNames": list(context_keys(one.policy for one in (*own, *given)))}
