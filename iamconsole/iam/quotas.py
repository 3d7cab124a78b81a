"""IAM's default quotas (limits.md §2 and §3)."""

from __future__ import annotations

from iamconsole.core.errors import LimitExceeded

USERS = 5000
GROUPS = 300
GROUPS_PER_USER = 10
POLICIES = 1500
ATTACHED_TO_USER = 10
ATTACHED_TO_GROUP = 10
VERSIONS = 5
ATTACHED_TO_ROLE = 10
ROLES = 1000
ACCESS_KEYS = 2
MFA_DEVICES = 8
TAGS = 50
MANAGED_POLICY_SIZE = 6144
INLINE_SIZE = {"user": 2048, "group": 5120, "role": 10240}
TRUST_POLICY_SIZE = 2048
SSH_PUBLIC_KEYS = 5
SERVER_CERTIFICATES = 20
SIGNING_CERTIFICATES = 2
SERVICE_SPECIFIC_CREDENTIALS = 2  # for each service that supports them
INSTANCE_PROFILES = 1000
ROLES_IN_PROFILE = 1
SAML_PROVIDERS = 100
SAML_PRIVATE_KEYS = 2
OIDC_PROVIDERS = 100
OIDC_CLIENT_IDS = 100
OIDC_THUMBPRINTS = 5
# Only told by GetAccountSummary; the number is that of its example in the API Reference.
VERSIONS_IN_USE = 10_000


def check(name: str, limit: int, present: int) -> None:
    """Refuse one more of something of which there are already `present`."""
    if present >= limit:
        raise LimitExceeded.quota(name, limit)


def size_of(document: str) -> int:
    """A policy's size as IAM counts it: white space is free."""
    return len("".join(document.split()))
