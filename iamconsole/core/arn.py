"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN taken apart. `resource` keeps everything after the fifth colon."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        """The ARN in `text`, or None when it has not got six parts."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            return None
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def iam(account: str, kind: str, name: str, path: str = "/") -> str:
    """`iam("111122223333", "user", "john", "/hr/")` → `arn:aws:iam::111122223333:user/hr/john`."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def assumed_role(account: str, role_name: str, session_name: str) -> str:
    """The ARN of a role session. It has the role's name without its path."""
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"


def federated_user(account: str, name: str) -> str:
    return f"arn:aws:sts::{account}:federated-user/{name}"


def bucket(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def s3_object(bucket_name: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket_name}/{key}"
