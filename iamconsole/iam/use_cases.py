"""What roles of AWS services are made for: the services that take roles, and the use cases of each.

Which services take a role AWS lists nowhere. Its own managed policies name those to which they pass one
(`iam:PassedToService`), and every service's user guide does the same; so that is where they are read from. What the
services are called says the service authorization reference.

The use cases of EC2 are those of the console's list. Their policies: EC2 User Guide, "Spot Fleet permissions" and
"IAM permissions required for Spot Fleet automatic scaling"; Systems Manager User Guide, "Configure instance
permissions". The three use cases behind which stand service-linked roles are left out: EC2 makes those by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from iamconsole.iam import aws_managed
from iamconsole.policy import reference

_PRINCIPAL = re.compile(r"([a-z0-9-]+\.)*([a-z0-9-]+)\.amazonaws\.com")
# Principals that are not called as the actions of their service are.
_SERVICE_OF = {"ecs-tasks": "ecs", "lexv2": "lex", "spotfleet": "ec2", "ec2fleet": "ec2", "spot": "ec2", "vmie": "ec2"}
# Where the reference knows several services by one prefix it names the newest.
_NAMES = {
    "apigateway": "API Gateway",
    "cloudformation": "CloudFormation",
    "elasticloadbalancing": "Elastic Load Balancing",
    "elasticmapreduce": "EMR",
    "greengrass": "IoT Greengrass",
    "lex": "Lex",
    "ses": "Simple Email Service",
}
FIRST = ("ec2", "lambda")  # above the others in the console's list


@dataclass(frozen=True, slots=True)
class UseCase:
    """`policies`: the ARNs of those that the role is meant to have; `instances`: it is carried to EC2 instances."""

    name: str
    description: str
    principal: str
    policies: tuple[str, ...] = ()
    instances: bool = False


def _aws(name: str) -> tuple[str, ...]:
    return (f"{aws_managed.PREFIX}/{name}",)


_TAGGING = _aws("service-role/AmazonEC2SpotFleetTaggingRole")
_OWN = {
    "ec2": (
        UseCase("EC2", "Allows EC2 instances to call AWS services on your behalf.", "ec2", instances=True),
        UseCase(
            "EC2 Role for AWS Systems Manager",
            "Allows EC2 instances to call AWS services like CloudWatch and Systems Manager on your behalf.",
            "ec2",
            _aws("AmazonSSMManagedInstanceCore"),
            instances=True,
        ),
        UseCase(
            "EC2 Spot Fleet Role",
            "Allows EC2 Spot Fleet to request and terminate Spot Instances on your behalf.",
            "spotfleet",
            _TAGGING,
        ),
        UseCase(
            "EC2 - Spot Fleet Auto Scaling",
            "Allows Auto Scaling to access and update EC2 spot fleets on your behalf.",
            "application-autoscaling",
            _aws("service-role/AmazonEC2SpotFleetAutoscaleRole"),
        ),
        UseCase(
            "EC2 - Spot Fleet Tagging",
            "Allows EC2 to launch spot instances and attach tags to the launched instances on your behalf.",
            "spotfleet",
            _TAGGING,
        ),
    ),
    "lambda": (UseCase("Lambda", "Allows Lambda functions to call AWS services on your behalf.", "lambda"),),
}


@cache
def services() -> dict[str, str]:
    """What can be chosen as `Service or use case`, by the prefix of the service: EC2 and Lambda, then by name."""
    names = {service: _name(service) for service in _principals() if _name(service)}
    others = sorted(names.keys() - set(FIRST), key=lambda service: names[service].lower())
    return {service: names[service] for service in (*FIRST, *others)}


@cache
def of_service(service: str) -> tuple[UseCase, ...]:
    """The use cases of a service; none where there is no such service."""
    if service in _OWN:
        return _OWN[service]
    name = services().get(service)
    return tuple(_plain(name, service, principal) for principal in _principals()[service]) if name else ()


def _plain(name: str, service: str, principal: str) -> UseCase:
    """Of most services one role is much like another: it is for the service, or for a part of it."""
    part = principal.removesuffix(service).rstrip(".") if principal != service else ""
    shown = f"{name} - {part}" if part else name
    return UseCase(shown, f"Allows {shown} to call AWS services on your behalf.", principal)


def _name(service: str) -> str:
    known = _NAMES.get(service) or reference.services().get(service, "")
    return known.removeprefix("Amazon ").removeprefix("AWS ")


@cache
def _principals() -> Mapping[str, tuple[str, ...]]:
    """The principals, without the ending that all of them have, by service: the service itself first."""
    found: dict[str, set[str]] = {}
    for value in _passed_to():
        if match := _PRINCIPAL.fullmatch(value):
            service = _SERVICE_OF.get(match[2], match[2])
            found.setdefault(service, set()).add(value.removesuffix(".amazonaws.com"))
    return {service: tuple(sorted(ones, key=lambda one: (one.count("."), one))) for service, ones in found.items()}


def _passed_to() -> Iterator[str]:
    """Every value of iam:PassedToService in AWS's managed policies."""
    for policy in aws_managed.by_arn().values():
        statements = policy.document["Statement"]
        for statement in [statements] if isinstance(statements, dict) else statements:
            for lines in statement.get("Condition", {}).values():
                yield from _values_of(lines)


def _values_of(lines: Mapping[str, Any]) -> Iterator[str]:
    for key, values in lines.items():
        if key.lower() == "iam:passedtoservice":
            yield from [values] if isinstance(values, str) else values
