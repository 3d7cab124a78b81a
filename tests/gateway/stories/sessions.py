"""Temporary credentials: roles, session tokens, federated users, and what STS says of keys and refusals."""

from __future__ import annotations

from typing import Any

from tests.factories import allow, policy


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    trust = {"Effect": "Allow", "Principal": {"AWS": account_id}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    role = {"role_name": "Story"}
    asked = {
        "role_arn": f"arn:aws:iam::{account_id}:role/Story",
        "role_session_name": "story",
        "tags": [{"Key": "team", "Value": "hr"}],
        "policy": policy(allow("s3:*")),
    }
    return [
        ("iam:CreateRole", role | {"assume_role_policy_document": policy(trust)}),
        ("sts:AssumeRole", asked),
        ("iam:DeleteRole", role),
        ("sts:GetSessionToken", {"duration_seconds": 900}),
        ("sts:GetFederationToken", {"name": "guest", "policy": policy(allow("s3:*"))}),
        ("iam:CreateAccessKey", {"user_name": "Sarah"}),
        ("sts:GetAccessKeyInfo", {"access_key_id": "{key}"}),
        ("iam:DeleteAccessKey", {"user_name": "Sarah", "access_key_id": "{key}"}),
        ("sts:DecodeAuthorizationMessage", {"encoded_message": "nothing"}),
    ]


# Of a refusal of Amazon EC2; nobody has met one in this life.
FAILS = {"sts:DecodeAuthorizationMessage": "InvalidAuthorizationMessageException"}


# AWS gives these to long-term keys alone: a signed-in browser is refused.
FOR_LONG_TERM_KEYS = {"sts:GetSessionToken", "sts:GetFederationToken"}

CODE = {"serial_number": "arn:aws:iam::111122223333:mfa/ghost", "token_code": "000000"}

FAILING = {
    "sts:AssumeRole": {"role_arn": "arn:aws:iam::111122223333:user/admin", "role_session_name": "story"},
    "sts:GetSessionToken": CODE,
    "sts:GetFederationToken": {"name": "guest", "policy": "{"},
}
