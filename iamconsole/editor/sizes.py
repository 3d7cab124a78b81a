"""How long a policy may be, and how each kind is counted."""

from __future__ import annotations

from iamconsole.policy import Kind
from iamconsole.policy.check.facts import BUCKET_QUOTA, IDENTITY_QUOTA, RCP_QUOTA, SCP_QUOTA, TRUST_QUOTA

LONGEST = 131_072  # characters; the API's own limit for PolicyDocument
LIMITS: dict[Kind, int] = {
    "identity": IDENTITY_QUOTA,
    "trust": TRUST_QUOTA,
    "resource": BUCKET_QUOTA,
    "scp": SCP_QUOTA,
    "rcp": RCP_QUOTA,
}


def size_of(document: str, kind: Kind) -> int:
    """IAM does not count white space (reference_iam-quotas.html); Organizations counts characters, S3 bytes."""
    if kind == "resource":
        return len(document.encode("utf-8", "surrogatepass"))
    return len(document) if kind in ("scp", "rcp") else len("".join(document.split()))
