"""Findings on a policy, as IAM Access Analyzer's policy validation gives them.

`check` never raises for what a document says, and its cost grows with the length of the document only.
"""

from __future__ import annotations

from iamconsole.policy.model import Policy

from . import (
    actions,
    conditions,
    document,
    grammar,
    organizations,
    principals,
    redundancy,
    resources,
    supported,
    trust,
    values,
    variables,
)
from .catalogue import CATALOGUE, Entry, FindingType, learn_more
from .report import Finding, Report

__all__ = ["CATALOGUE", "Entry", "Finding", "FindingType", "check", "check_grammar", "learn_more"]

_OF_STATEMENTS = (
    actions.of_statement,
    actions.of_roles,
    resources.of_statement,
    principals.of_statement,
    trust.of_statement,
    organizations.of_statement,
    conditions.of_statement,
    values.of_statement,
    supported.of_statement,
    variables.of_statement,
    redundancy.of_statement,
)


def check(policy: Policy) -> tuple[Finding, ...]:
    """Every finding, in the order of the text."""
    report = Report(policy)
    grammar.of_problems(report)
    if policy.statements:
        document.of_policy(report)
        for part in report.statements():
            for of_statement in _OF_STATEMENTS:
                of_statement(part, report)
        trust.of_policy(report)
        redundancy.of_policy(report)
    return _in_order(report)


def check_grammar(policy: Policy) -> tuple[Finding, ...]:
    """Only what keeps the text from being a policy at all."""
    report = Report(policy)
    grammar.of_problems(report)
    return _in_order(report)


def _in_order(report: Report) -> tuple[Finding, ...]:
    return tuple(sorted(report.found, key=lambda found: (found.line, found.column)))
