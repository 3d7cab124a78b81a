"""Bucket names and object keys (limits.md §7).

Source: Amazon S3 User Guide, "General purpose bucket naming rules" and "Naming Amazon S3 objects".
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import string

ALLOWED = frozenset(string.ascii_lowercase + string.digits + ".-")
ENDS = frozenset(string.ascii_lowercase + string.digits)
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
MAX_KEY_BYTES = 1024


def canonical_id(account_id: str) -> str:
    """AWS's canonical user ID is 64 hex digits; ours is made from the account ID and as opaque."""
    return hashlib.sha256(f"canonical:{account_id}".encode()).hexdigest()


def bucket_name_problem(name: str) -> str | None:
    """The console's sentence for the first rule that `name` breaks; None for a good name."""
    if not 3 <= len(name) <= 63:
        return "Bucket name must be between 3 and 63 characters long."
    if any(c in string.ascii_uppercase for c in name):
        return "Bucket name must not contain uppercase characters."
    if not set(name) <= ALLOWED:
        return "Bucket name must only contain lowercase letters, numbers, periods (.), and hyphens (-)."
    if name[0] not in ENDS or name[-1] not in ENDS:
        return "Bucket name must start and end with a letter or number."
    if ".." in name:
        return "Bucket name must not contain two adjacent periods."
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", name) and _is_address(name):
        return "Bucket name must not be formatted as an IP address."
    for prefix in RESERVED_PREFIXES:
        if name.startswith(prefix):
            return f"Bucket name must not start with the prefix {prefix}"
    for suffix in RESERVED_SUFFIXES:
        if name.endswith(suffix):
            return f"Bucket name must not end with the suffix {suffix}"
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
