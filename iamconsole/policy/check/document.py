"""What is said about a policy as a whole: its version, its size, the IDs of its statements."""

from __future__ import annotations

import re

from .facts import BUCKET_QUOTA, IDENTITY, IDENTITY_QUOTA, RCP_QUOTA, SCP_QUOTA, TRUST_QUOTA
from .report import Report

_SPACE = re.compile(r"\s+")


def of_policy(report: Report) -> None:
    if not report.has("Version"):
        report.add("MISSING_VERSION", "")
    for part in report.statements():
        if report.has(f"{part.path}.Sid") and part.statement.sid == "" and f"{part.path}.Sid" not in report.told:
            report.add("EMPTY_SID_VALUE", f"{part.path}.Sid")
    _size(report)


def _size(report: Report) -> None:
    """IAM does not count white space (reference_iam-quotas.html), S3 and Organizations do."""
    text = report.policy.text
    whole, dense = len(text), len(_SPACE.sub("", text))
    if report.kind in IDENTITY:
        code, size, quota = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", dense, IDENTITY_QUOTA
    elif report.kind == "trust":
        code, size, quota = "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", dense, TRUST_QUOTA
    elif report.kind == "resource":
        code, size, quota = (
            "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
            len(text.encode("utf-8", "surrogatepass")),
            BUCKET_QUOTA,
        )
    elif report.kind == "scp":
        code, size, quota = "POLICY_SIZE_EXCEEDS_SCP_QUOTA", whole, SCP_QUOTA
    elif report.kind == "rcp":
        code, size, quota = "POLICY_SIZE_EXCEEDS_RCP_QUOTA", whole, RCP_QUOTA
    else:
        return  # VPC endpoint policies: the reference has no finding about their size
    if size > quota:
        report.add(code, "", policySize=size, policySizeQuota=quota)
