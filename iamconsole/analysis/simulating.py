"""The policy simulator: what the engine would decide, told in the simulator's words.

Source: IAM API Reference, SimulateCustomPolicy, SimulatePrincipalPolicy, EvaluationResult, ResourceSpecificResult.
Nothing here decides: every answer is `policy.decide`'s.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from iamconsole.core.arn import Arn
from iamconsole.core.errors import InvalidInput
from iamconsole.core.operation import Response
from iamconsole.policy import (
    AttachedPolicy,
    Decision,
    Kind,
    PolicySet,
    Principal,
    Request,
    StatementRef,
    decide,
    ladder,
    missing_keys,
    parse,
    reference,
)

ACTION = re.compile(r"[a-z0-9-]{1,64}:[A-Za-z0-9]{1,128}")
EVAL_DECISIONS = {"allowed": "allowed", "explicit_deny": "explicitDeny", "implicit_deny": "implicitDeny"}
# The most restrictive first: what the result of several resources is.
_WORST = ("explicitDeny", "implicitDeny", "allowed")
# One answer's work: actions of a page times resources.
MOST_PAIRS = 1000
# What each scenario asks for (ResourceHandlingOption); all are of EC2.
_SCENARIOS = {
    "EC2-VPC-InstanceStore": ("instance", "image", "security-group", "network-interface"),
    "EC2-VPC-InstanceStore-Subnet": ("instance", "image", "security-group", "network-interface", "subnet"),
    "EC2-VPC-EBS": ("instance", "image", "security-group", "network-interface", "volume"),
    "EC2-VPC-EBS-Subnet": ("instance", "image", "security-group", "network-interface", "subnet", "volume"),
}


@dataclass(frozen=True, slots=True)
class Simulation:
    """Who asks, by which policies, in which context. `owner` has what does not say whose it is."""

    principal: Principal
    policies: PolicySet
    context: Mapping[str, str | Sequence[str]]
    owner: str
    # How AWS calls a policy's source, by the policy's content, name and place.
    names: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    organization: bool = False


def supplied(documents: Sequence[str], kind: Kind, source: str, field_name: str) -> tuple[AttachedPolicy, ...]:
    """Policies that the request brings along, by AWS's names for them: `PolicyInputList.1`."""
    label = "".join(part.capitalize() for part in field_name.split("_"))
    found = []
    for number, document in enumerate(documents, 1):
        parsed = parse(document, kind)
        if parsed.problems:
            raise InvalidInput(parsed.problems[0].message, field=field_name)
        found.append(AttachedPolicy(parsed, f"{label}.{number}", source))
    return tuple(found)


def resource_policy(document: str) -> AttachedPolicy:
    parsed = parse(document, "resource")
    if parsed.problems:
        raise InvalidInput(parsed.problems[0].message, field="resource_policy")
    return AttachedPolicy(parsed, "ResourcePolicy", "resource")


def boundary(documents: Sequence[str]) -> AttachedPolicy | None:
    """ "You can input only one permissions boundary when you pass a policy to this operation." """
    if len(documents) > 1:
        raise InvalidInput(
            "You can input only one permissions boundary.", field="permissions_boundary_policy_input_list"
        )
    found = supplied(documents, "boundary", "boundary", "permissions_boundary_policy_input_list")
    return found[0] if found else None


def organization(levels: Sequence[Mapping[str, Any]]) -> tuple[tuple[AttachedPolicy, ...], ...]:
    """Service control policies, from the organization's root down to the account."""
    return tuple(
        supplied(level.get("ServiceControlPolicyInputList") or (), "scp", "scp", "service_control_policy_input_list")
        for level in levels
    )


def check_actions(names: Sequence[str]) -> None:
    for name in names:
        if not ACTION.fullmatch(name):
            raise InvalidInput(f"Invalid Action: {name}", field="action_names")


def owner_of(resource_owner: str | None, default: str) -> str:
    """ResourceOwner is an account's ID; its ARN, which older clients send, is read too."""
    if resource_owner is None:
        return default
    parsed = Arn.parse(resource_owner)
    account = parsed.account if parsed else resource_owner
    if not re.fullmatch(r"[0-9]{12}", account):
        raise InvalidInput(f"Invalid Resource Owner: {resource_owner}", field="resource_owner")
    return account


def check_scenario(option: str | None, resources: Sequence[str]) -> None:
    """ "You enable the policy simulator to enforce the presence of the required resources"."""
    if option is None:
        return
    needed = _SCENARIOS.get(option)
    if needed is None:
        raise InvalidInput(f"Invalid ResourceHandlingOption: {option}", field="resource_handling_option")
    parsed = [Arn.parse(each) for each in resources]
    there = {each.resource.partition("/")[0] for each in parsed if each and each.service == "ec2"}
    missing = [kind for kind in needed if kind not in there]
    if missing:
        raise InvalidInput(f"{option} needs resources of the type {', '.join(missing)}.", field="resource_arns")


# -- context entries --------------------------------------------------------------------------------------


def context_of(entries: Sequence[Mapping[str, Any]]) -> dict[str, str | Sequence[str]]:
    """ContextEntries as a request's context; each value must be one of the type that it says it is."""
    found: dict[str, str | Sequence[str]] = {}
    for entry in entries:
        name, type_ = entry.get("ContextKeyName"), entry.get("ContextKeyType") or "string"
        values = list(entry.get("ContextKeyValues") or ())
        if not name:
            raise InvalidInput("A context entry has no ContextKeyName.", field="context_entries")
        if not type_.endswith("List") and len(values) > 1:
            raise InvalidInput(f"The context key {name} of type {type_} has one value.", field="context_entries")
        for value in values:
            if not _TYPES[type_.removesuffix("List")](value):
                raise InvalidInput(f"{value[:200]} is not a value of type {type_} for {name}.", field="context_entries")
        found[name] = values
    return found


def _number(text: str) -> bool:
    try:
        return len(text) <= 64 and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _date(text: str) -> bool:
    if re.fullmatch(r"[0-9]{1,15}", text):
        return True
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _binary(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


_TYPES: Mapping[str, Any] = {
    "string": lambda text: True,
    "numeric": _number,
    "boolean": lambda text: text.lower() in ("true", "false"),
    "ip": _ip,
    "binary": _binary,
    "date": _date,
}


# -- results ----------------------------------------------------------------------------------------------


def evaluate(simulation: Simulation, action: str, resources: Sequence[str]) -> Response:
    """The EvaluationResult of an action on all the resources."""
    each = [_on_resource(simulation, action, resource) for resource in resources]
    everything = list(resources) == ["*"]
    result: Response = {
        "EvalActionName": action,
        "EvalResourceName": "*" if everything else _template(action, resources),
        "EvalDecision": min((one["EvalResourceDecision"] for one in each), key=_WORST.index),
    }
    # "Only statements that contributed to the reported decision are included": the union over the resources.
    deciding = [one for one in each if one["EvalResourceDecision"] == result["EvalDecision"]]
    result["MatchedStatements"] = _union(one["MatchedStatements"] for one in deciding)
    result["MissingContextValues"] = list(dict.fromkeys(key for one in each for key in one["MissingContextValues"]))
    for detail, allowed in (
        ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
        ("OrganizationsDecisionDetail", "AllowedByOrganizations"),
    ):
        if detail in each[0]:
            result[detail] = {allowed: all(one[detail][allowed] for one in each)}
    if not everything:
        details: dict[str, str] = {}
        for one in each:
            for kind, decision in one.get("EvalDecisionDetails", {}).items():
                details[kind] = min(details.get(kind, "allowed"), decision, key=_WORST.index)
        result["EvalDecisionDetails"] = details
        result["ResourceSpecificResults"] = each
    # Beyond AWS's members, for our own page: what the engine could not decide and so refused.
    result["Undecided"] = list(dict.fromkeys(doubt for one in each for doubt in one["Undecided"]))
    return result


def _union(lists: Any) -> list[Response]:
    found: list[Response] = []
    for statements in lists:
        found += [one for one in statements if one not in found]
    return found


def _template(action: str, resources: Sequence[str]) -> str:
    """ "The ARN template for the simulated resource type …, or * if no ARN format is defined for the action"."""
    service, _, name = action.partition(":")
    if service not in reference.services() or name.lower() not in reference.actions(service):
        return "*"
    types = reference.action(service, reference.actions(service)[name.lower()][0]).resource_types
    templates = reference.arn_templates_of(service)
    for resource in resources:
        parsed = Arn.parse(resource)
        for kind in types if parsed else ():
            template = templates.get(kind)
            if parsed and template and template.vendor == parsed.service and template.may_be(_written(parsed)):
                return reference.resource_types(service)[kind].arn
    return "*"


def _written(parsed: Arn) -> reference.WrittenArn:
    return reference.WrittenArn(parsed.resource)


def _on_resource(simulation: Simulation, action: str, resource: str) -> Response:
    parsed = Arn.parse(resource)
    owner = parsed.account if parsed and re.fullmatch(r"[0-9]{12}", parsed.account) else simulation.owner
    request = Request(simulation.principal, action, resource, owner, simulation.context)
    decision = decide(request, simulation.policies)
    crosses = bool(simulation.principal.account) and owner != simulation.principal.account
    result: Response = {
        "EvalResourceName": resource,
        "EvalResourceDecision": EVAL_DECISIONS[decision.outcome],
        "MatchedStatements": _matched(decision, simulation),
        "MissingContextValues": list(missing_keys(request, simulation.policies)),
        "Undecided": list(decision.undecided),
    }
    if simulation.policies.boundary or simulation.organization or crosses:
        stages = {stage.name: stage.verdict for stage in ladder(request, simulation.policies)}
        if simulation.policies.boundary:
            allowed = stages["boundary"] == "allows"
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        if simulation.organization:
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": stages["scp"] == "allows"}
        # "If an Organizations SCP included in the evaluation denies access, the simulation ends."
        if crosses and stages["scp"] in ("allows", "not_applicable"):
            result["EvalDecisionDetails"] = {
                name: _VERDICTS[stages[stage]]
                for stage, name in _POLICY_TYPES.items()
                if stages[stage] != "not_applicable"
            }
    return result


# AWS documents that the map has "the decision for each policy type" and not the names of its keys.
_POLICY_TYPES: Mapping[Any, str] = {
    "identity": "IAM Policy",
    "resource": "Resource Policy",
    "boundary": "Permissions Boundary Policy",
}
_VERDICTS = {"allows": "allowed", "explicit_deny": "explicitDeny", "no_match": "implicitDeny"}


def _matched(decision: Decision, simulation: Simulation) -> list[Response]:
    """ "Only statements from identity-based and resource-based policies appear here." """
    policies = simulation.policies
    attached = [*policies.identity, *([policies.resource] if policies.resource else ())]
    by_place = {_place(one): one for one in attached}
    found = []
    for ref in decision.statements:
        place = (ref.sha256, ref.policy_name, ref.source + ref.via)
        if place in by_place:
            found.append(_statement(ref, by_place[place], simulation.names.get(place, ref.policy_name)))
    return found


def _place(attached: AttachedPolicy) -> tuple[str, str, str]:
    return attached.policy.sha256, attached.name, attached.source + attached.via


def source_names(attached: Sequence[AttachedPolicy], kind: str, name: str) -> dict[tuple[str, str, str], str]:
    """SourcePolicyId of the policies of an entity: an inline policy's has its entity in it (`role_R_P`).

    AWS documents it nowhere; so its answers have it.
    """
    found = {}
    for one in attached:
        if one.source == "inline":
            found[_place(one)] = f"{kind}_{name}_{one.name}"
        elif one.source == "group_inline":
            found[_place(one)] = f"group_{one.via}_{one.name}"
    return found


def _statement(ref: StatementRef, attached: AttachedPolicy, source_id: str) -> Response:
    """Where the deciding statement stands in its policy, as AWS counts.

    The type is what AWS's answers say, which is not in the enumeration of its own model.
    """
    path = f"Statement[{ref.index}]"
    start, end = attached.policy.read_extent(path)
    first, last = attached.policy.extent(path)
    return {
        "SourcePolicyId": source_id,
        "SourcePolicyType": "IAM Policy" if ref.source != "resource" else "Resource Policy",
        "StartPosition": {"Line": start[0], "Column": start[1]},
        "EndPosition": {"Line": end[0], "Column": end[1]},
        # Beyond AWS's members, for our own page.
        "Lines": (first[0], last[0]),
        "Sid": ref.sid,
        "PolicyName": ref.policy_name,
        "Via": ref.via,
        "Document": attached.policy.text,
    }
