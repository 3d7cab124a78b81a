"""The account's password rules (limits.md §5).

Source: IAM User Guide, "Set an account password policy for IAM users", default policy.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from iamconsole.core.errors import PasswordPolicyViolation

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
MINIMUM = 8
MAXIMUM = 128


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    met: bool


def rules(password: str, *forbidden: str) -> list[Rule]:
    """Each rule of the default policy in the console's words, and whether `password` meets it.

    `forbidden` are the account's name and its root e-mail address.
    """
    kinds = sum(
        (
            any(c in string.ascii_uppercase for c in password),
            any(c in string.ascii_lowercase for c in password),
            any(c in string.digits for c in password),
            any(c in SYMBOLS for c in password),
        )
    )
    taken = {text.lower() for text in forbidden if text}
    return [
        Rule("Must be at least 8 characters long", MINIMUM <= len(password) <= MAXIMUM),
        Rule(
            "Must include at least three of the following mix of character types: uppercase letters (A-Z), "
            "lowercase letters (a-z), numbers (0-9), and symbols ! @ # $ % ^ & * ( ) _ + - (hyphen) = [ ] { } | '",
            kinds >= 3,
        ),
        Rule(
            "Must not be identical to your AWS account name or email address",
            bool(password) and password.lower() not in taken,
        ),
    ]


def enforce(password: str, *forbidden: str) -> None:
    """Raise AWS's PasswordPolicyViolation unless every rule is met."""
    if not all(rule.met for rule in rules(password, *forbidden)):
        raise PasswordPolicyViolation("Password does not conform to the account password policy.", field="password")
