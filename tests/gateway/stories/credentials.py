"""The account's password policy, and the credentials beside passwords, access keys and MFA devices."""

from __future__ import annotations

from typing import Any

STRICT = {
    "minimum_password_length": 14,
    "require_symbols": True,
    "require_numbers": True,
    "require_uppercase_characters": True,
    "require_lowercase_characters": True,
    "allow_users_to_change_password": True,
    "max_password_age": 90,
    "password_reuse_prevention": 5,
    "hard_expiry": False,
}


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("iam:UpdateAccountPasswordPolicy", STRICT),
        ("iam:GetAccountPasswordPolicy", {}),
        ("iam:DeleteAccountPasswordPolicy", {}),
    ]


FAILING: dict[str, dict[str, Any]] = {
    "iam:UpdateAccountPasswordPolicy": {"minimum_password_length": 5},
    "iam:DeleteAccountPasswordPolicy": {},
}
