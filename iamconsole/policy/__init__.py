"""The IAM policy engine: parse, decide, explain, check and summarize, over plain values.

It knows no framework, database, clock or network. Its truth is AWS's documentation, cited beside each rule; where that
is silent the code says so. Nothing here raises for what a policy says, and what cannot be decided counts as denied.
"""

from __future__ import annotations

from .check import Finding, check
from .context_keys import context_keys, missing_keys
from .evaluate import ENGINE_VERSION, decide
from .explain import ElementReport, Explanation, Stage, StatementReport, explain, ladder
from .grants import granted_actions, granted_services
from .match import matches
from .model import (
    AttachedPolicy,
    BlockPublicAccess,
    Condition,
    Decision,
    Kind,
    Policy,
    PolicySet,
    Principal,
    Problem,
    Request,
    Statement,
    StatementRef,
)
from .parse import parse
from .public_access import is_public
from .summarize import Summary, SummaryRow, summarize
from .summarize_service import ActionRow, ResourceRow, ServiceSummary, summarize_service

__all__ = [
    "ENGINE_VERSION",
    "ActionRow",
    "AttachedPolicy",
    "BlockPublicAccess",
    "Condition",
    "Decision",
    "ElementReport",
    "Explanation",
    "Finding",
    "Kind",
    "Policy",
    "PolicySet",
    "Principal",
    "Problem",
    "Request",
    "ResourceRow",
    "ServiceSummary",
    "Stage",
    "Statement",
    "StatementRef",
    "StatementReport",
    "Summary",
    "SummaryRow",
    "check",
    "context_keys",
    "decide",
    "explain",
    "granted_actions",
    "granted_services",
    "is_public",
    "ladder",
    "matches",
    "missing_keys",
    "parse",
    "summarize",
    "summarize_service",
]
