"""What IAM Access Analyzer says of a policy, from what `policy.check` finds: which checks count, and where each points.

Access Analyzer API Reference: ValidatePolicy, ValidatePolicyFinding, Location, Span, Position. The example of
`aws accessanalyzer validate-policy` (AWS CLI Command Reference) shows what the paths and spans are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from iamconsole.policy import Finding, Kind, Policy, check, parse
from iamconsole.policy.check import learn_more
from iamconsole.policy.reader import BadJson, value_of

TYPES: Mapping[str, Kind] = {
    "IDENTITY_POLICY": "identity",
    "RESOURCE_POLICY": "resource",
    "SERVICE_CONTROL_POLICY": "scp",
    "RESOURCE_CONTROL_POLICY": "rcp",
}
RESOURCES: Mapping[str, Kind] = {"AWS::S3::Bucket": "resource", "AWS::IAM::AssumeRolePolicyDocument": "trust"}
# Findings on what one type of resource takes: a policy whose type is not told, or has no checks of its own here, is
# spared them ("IAM Access Analyzer runs policy checks that apply to all resource policies").
_OF_ONE_TYPE = frozenset(
    {
        "UNSUPPORTED_ACTION_IN_POLICY",
        "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
        "IRRELEVANT_CONDITION_KEY_IN_POLICY",
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
        "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    }
)
# Warnings of AWS's policy summary, which ValidatePolicy does not have: the editor adds them itself.
SUMMARY = "ACTION_WITHOUT_"


def findings(document: str, policy_type: str, resource_type: str | None) -> list[dict[str, Any]]:
    """The findings on a document, in the order of its text, as the API gives them."""
    kind = TYPES[policy_type]
    generic = kind == "resource" and resource_type not in RESOURCES
    if kind == "resource":
        kind = _generic_kind(document) if generic else RESOURCES[str(resource_type)]
    policy = parse(document, kind)
    places = _Places(policy)
    return [
        {
            "findingDetails": finding.text,
            "findingType": finding.type,
            "issueCode": finding.code,
            "learnMoreLink": learn_more(finding.code),
            "locations": [{"path": places.path(finding.path), "span": places.span(finding)}],
        }
        for finding in check(policy)
        if not finding.code.startswith(SUMMARY) and not (generic and finding.code in _OF_ONE_TYPE)
    ]


def _generic_kind(document: str) -> Kind:
    """AWS's example has the trust policy of a role without its type, and is told nothing of a missing Resource."""
    statements = parse(document, "resource").statements
    named = any(one.resource is not None or one.not_resource is not None for one in statements)
    return "trust" if statements and not named else "resource"


class _Places:
    """Where the findings on one policy point."""

    def __init__(self, policy: Policy) -> None:
        self.text = policy.text
        self.lines = [0]
        for line in self.text.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        try:
            self.value = value_of(self.text)
        except BadJson:
            self.value = None

    def path(self, path: str) -> list[dict[str, Any]]:
        """`Statement[0].Action[1]` as the API's elements. None where the text is no JSON."""
        found: list[dict[str, Any]] = []
        value, rest = self.value, path
        while rest:
            if rest[0] == "[" and isinstance(value, list):
                number, _, rest = rest[1:].partition("]")
                value = value[int(number)]
                found.append({"index": int(number)})
                continue
            rest = rest.removeprefix(".")
            # A condition key has dots of its own.
            key = max((one for one in value if _begins(rest, one)), key=len) if isinstance(value, dict) else None
            if key is None:
                break
            value, rest = value[key], rest[len(key) :]
            found.append({"value": key})
        return found

    def span(self, finding: Finding) -> dict[str, Any]:
        """From its first character to behind its last: lines from 1, columns and offsets from 0."""
        start = self.lines[finding.line - 1] + finding.column - 1
        end = self.lines[finding.end_line - 1] + finding.end_column
        return {"start": self._position(start), "end": self._position(min(max(end, start), len(self.text)))}

    def _position(self, offset: int) -> dict[str, int]:
        line = bisect_right(self.lines, offset)
        return {"line": line, "column": offset - self.lines[line - 1], "offset": offset}


def _begins(path: str, key: str) -> bool:
    return path.startswith(key) and path[len(key) : len(key) + 1] in ("", ".", "[")
