"""The words of a refusal: AWS's reasons, and plain sentences for what could not be decided.

AWS's words: IAM User Guide, "Troubleshoot access denied error messages" (troubleshoot_access-denied.html).
"""

from __future__ import annotations

from .model import DecidedBy
from .statements import Asked, Row, principal_matches, resource_matches

# The order in which a refusal names its cause when several policy types refuse.
STAGES: tuple[DecidedBy, ...] = ("scp", "rcp", "trust", "resource", "identity", "boundary", "session", "endpoint")

_NAMES: dict[DecidedBy, str] = {
    "scp": "service control policy",
    "rcp": "resource control policy",
    "trust": "role trust policy",
    "resource": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "endpoint": "VPC endpoint policy",
}


def place(row: Row) -> tuple[int, int]:
    """Where a statement comes among others: by stage, then in the order of the policies."""
    return STAGES.index(row.stage), row.number


def denied_by(stage: DecidedBy, arn: str = "") -> str:
    """The reason of an explicit deny; the ARN of a managed policy is named."""
    # The trust policy's text has "the", the others "a" or "an".
    article = "the" if stage == "trust" else "an" if stage == "identity" else "a"
    named = f": {arn}" if ":policy/" in arn else ""
    return f"with an explicit deny in {article} {_NAMES[stage]}{named}"


def not_allowed_by(stage: DecidedBy, action: str) -> str:
    """The reason of an implicit deny."""
    if stage == "root":
        # STS API Reference, AssumeRole: "You cannot use AWS account root user credentials to call AssumeRole."
        return "because roles may not be assumed by root accounts"
    return f"because no {_NAMES[stage]} allows the {action} action"


def doubt_about(row: Row, asked: Asked) -> str:
    """One plain sentence: what could not be decided about a statement, and what the engine did instead."""
    statement = row.compiled.statement
    what = f"Statement {statement.index + 1} of `{row.attached.name}`"
    so = "so what it may deny is denied" if row.compiled.denies else "so its Allow grants nothing"
    if not row.compiled.sound:
        problem = row.attached.policy.problems[0]
        return f"{what} stands in a malformed document (line {problem.line}: {problem.message}), {so}."
    return f"{what}: {'; '.join(uncertainties(row, asked)) or 'it cannot be decided'}, {so}."


def uncertainties(row: Row, asked: Asked) -> list[str]:
    """Which parts of a well-formed statement cannot be decided, in plain words."""
    found: list[str] = []
    if principal_matches(row.compiled, asked)[0] is None:
        if row.compiled.statement.not_principal is not None:
            found.append("NotPrincipal names the caller but not its account and role as well, and AWS may then deny it")
        else:
            found.append("whether a canonical user ID means the caller cannot be told")
    if resource_matches(row.compiled, asked) is None:
        found.append("a variable in its resource is malformed, has no value or stands before the fifth colon")
    for condition in row.compiled.conditions:
        if condition.holds(asked.context) is None:
            source = condition.source
            found.append(f"the condition `{source.operator}` on `{source.key}` cannot be decided for this request")
    return found
