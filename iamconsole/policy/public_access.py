"""What Amazon S3 calls a public bucket policy, and what Block Public Access then does.

Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage" (access-control-block-public-access.html), the
sections "Block public access settings" and "The meaning of public".
"""

from __future__ import annotations

from .conditions import network_of, spelling_of
from .model import Condition, Policy, Statement

# "fixed values (values that don't contain a wildcard or an AWS Identity and Access Management Policy Variable) for one
# or more of the following". The page names principals ("e.g. aws:PrincipalOrgID") without listing their keys.
_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
# Operators that hold only when the key is there and is one of the values. With `IfExists`, with `ForAllValues` and
# negated they also hold for strangers.
_OPERATORS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"})


def is_public(policy: Policy) -> bool:
    """Whether a bucket policy grants access to everyone, as S3 counts it; one that cannot be read counts as public."""
    return bool(policy.problems) or any(_grants_public(statement) for statement in policy.statements)


def _grants_public(statement: Statement) -> bool:
    """ "Amazon S3 begins by assuming that the policy is public" and then looks for what limits it."""
    if statement.effect != "Allow":
        return False
    # An identity provider is none of the fixed values: the page's first example of a public policy names one.
    named = statement.principal is not None and all(
        group != "Federated" and value != "*" for group, value in statement.principal
    )
    return not named and not any(_limits(condition) for condition in statement.conditions)


def _limits(condition: Condition) -> bool:
    spelling, key = spelling_of(condition.operator), condition.key.lower()
    if spelling is None or spelling.if_exists or spelling.quantifier == "ForAllValues" or not condition.values:
        return False
    if key == "aws:sourceip":
        return spelling.base == "IpAddress" and all(map(_is_narrow, condition.values))
    if key not in _KEYS or spelling.base not in _OPERATORS:
        return False
    return all(_is_fixed(key, value) for value in condition.values)


def _is_fixed(key: str, value: str) -> bool:
    if key == "s3:dataaccesspointarn":
        # "this value can contain a wildcard for the access point name without rendering the policy public, as long as
        # the account ID is fixed".
        value = ":".join(value.split(":", 5)[:5])
    if key == "aws:userid" and value.endswith(":*"):
        # "aws:userid, outside the pattern AROLEID:*": a role's ID before any session name is fixed as well.
        value = value.removesuffix(":*")
    return not any(mark in value for mark in ("*", "?", "${"))


def _is_narrow(value: str) -> bool:
    """ "values broader than /8 for IPv4 and /32 for IPv6 (excluding RFC1918 private ranges)" are public."""
    network = network_of(value)
    return network is not None and network.prefixlen >= (8 if network.version == 4 else 32)
