"""The account's password rules (limits.md §5).

Source: IAM User Guide, "Set an account password policy for IAM users" (id_credentials_passwords_account-policy.html):
the default policy, the custom one, and when each setting acts.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password

from iamconsole.accounts.prepared import Prepared
from iamconsole.core.errors import PasswordPolicyViolation
from iamconsole.core.operation import Response
from iamconsole.iam.models import LoginProfile, PasswordPolicy

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
SHOWN_SYMBOLS = "! @ # $ % ^ & * ( ) _ + - (hyphen) = [ ] { } | '"
MINIMUM = 8
MAXIMUM = 128
# How many former passwords can be remembered at most (API Reference, UpdateAccountPasswordPolicy).
REMEMBERED = 24
# The kinds of characters: what a custom policy calls the demand for one, the characters, and AWS's words for it.
_KINDS = (
    ("RequireUppercaseCharacters", frozenset(string.ascii_uppercase), "uppercase letter"),
    ("RequireLowercaseCharacters", frozenset(string.ascii_lowercase), "lowercase letter"),
    ("RequireNumbers", frozenset(string.digits), "number"),
    ("RequireSymbols", SYMBOLS, "symbol"),
)
# The same in the console's list of rules.
_LISTED = {
    "uppercase letter": "Must include at least one uppercase letter (A-Z)",
    "lowercase letter": "Must include at least one lowercase letter (a-z)",
    "number": "Must include at least one number (0-9)",
    "symbol": f"Must include at least one symbol {SHOWN_SYMBOLS}",
}


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    met: bool


def rules(password: str, *forbidden: str, policy: Response | None = None) -> list[Rule]:
    """Each rule of the account in the console's words, and whether `password` meets it.

    `policy` is the custom policy as GetAccountPasswordPolicy answers; without one the default policy holds, and
    `forbidden` are the account's name and its root e-mail address, which only that one speaks of.
    """
    shortest = policy["MinimumPasswordLength"] if policy else MINIMUM
    found = [Rule(f"Must be at least {shortest} characters long", shortest <= len(password) <= MAXIMUM)]
    if policy:
        demanded = [(kind, characters) for setting, characters, kind in _KINDS if policy.get(setting)]
        return [*found, *(Rule(_LISTED[kind], not characters.isdisjoint(password)) for kind, characters in demanded)]
    taken = {text.lower() for text in forbidden if text}
    return [
        *found,
        Rule(
            "Must include at least three of the following mix of character types: uppercase letters (A-Z), "
            f"lowercase letters (a-z), numbers (0-9), and symbols {SHOWN_SYMBOLS}",
            len(_absent(password)) <= 1,
        ),
        Rule(
            "Must not be identical to your AWS account name or email address",
            bool(password) and password.lower() not in taken,
        ),
    ]


def _absent(password: str) -> list[str]:
    return [kind for _, characters, kind in _KINDS if characters.isdisjoint(password)]


def enforce(password: str, *forbidden: str) -> None:
    """Raise PasswordPolicyViolation unless every rule of the default policy is met: what a root password must do."""
    if not all(rule.met for rule in rules(password, *forbidden)):
        raise _violation("Password does not conform to the account password policy.")


def enforce_for_users(password: str, *forbidden: str, policy: Response | None) -> None:
    """The same for an IAM user's password, against the account's policy, in the words of AWS's API.

    They are documented nowhere; so the API answers in transcripts: "Password should have a minimum length of 8",
    "Password should meet 1 more of the following requirements: Password should have at least one uppercase letter,
    Password should have at least one symbol".
    """
    shortest = policy["MinimumPasswordLength"] if policy else MINIMUM
    if len(password) < shortest:
        raise _violation(f"Password should have a minimum length of {shortest}")
    wanted = {kind for setting, _, kind in _KINDS if policy and policy.get(setting)}
    absent = [f"Password should have at least one {kind}" for kind in _absent(password) if not policy or kind in wanted]
    if policy and absent:
        raise _violation(", ".join(absent))
    if not policy and len(absent) > 1:
        more = len(absent) - 1
        raise _violation(f"Password should meet {more} more of the following requirements: {', '.join(absent)}")
    if not policy:
        enforce(password, *forbidden)


def refuse_former(password: str, hashes: Sequence[str], policy: Response | None) -> None:
    """ "Prevent password reuse": `hashes` are those of the present password and of the ones before it, newest first."""
    remembered = policy.get("PasswordReusePrevention", 0) if policy else 0
    if any(check_password(password, one) for one in hashes[:remembered]):
        raise _violation("Policy constraint violation with password reuse prevention during password change.")


def _violation(message: str) -> PasswordPolicyViolation:
    return PasswordPolicyViolation(message, field="password")


def shape(row: PasswordPolicy) -> Response:
    """A custom policy as GetAccountPasswordPolicy shows it: without the settings that are off and have no `false`."""
    found: Response = {
        "MinimumPasswordLength": row.minimum_length,
        "RequireSymbols": row.require_symbols,
        "RequireNumbers": row.require_numbers,
        "RequireUppercaseCharacters": row.require_uppercase,
        "RequireLowercaseCharacters": row.require_lowercase,
        "AllowUsersToChangePassword": row.allow_users_to_change,
        "ExpirePasswords": row.max_age is not None,
    }
    optional = {
        "MaxPasswordAge": row.max_age,
        "PasswordReusePrevention": row.reuse_prevention,
        "HardExpiry": row.hard_expiry,
    }
    return found | {name: value for name, value in optional.items() if value is not None}


def of_account(account_key: int) -> Response | None:
    """The account's custom policy; None for the default one."""
    row = _of_account.first(account_key)
    return shape(row) if row else None


_of_account = Prepared[PasswordPolicy](lambda key: PasswordPolicy.objects.filter(account=key), int)


def expires(profile: LoginProfile, policy: Response | None) -> dt.datetime | None:
    """When a password must be changed; it is not there before its policy's expiration period is, and then at once."""
    days = policy.get("MaxPasswordAge") if policy else None
    return profile.changed + dt.timedelta(days=days) if days else None


# "This option does not attach a permissions policy to each user, rather the permissions are applied at the
# account-level for all users by IAM": iam:ChangePassword "for only their user" and iam:GetAccountPasswordPolicy
# (API Reference, PasswordPolicy). Written as a policy, so that a decision can be explained like any other.
ALLOW_USERS_TO_CHANGE = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowUsersToChangeTheirOwnPassword",
            "Effect": "Allow",
            "Action": "iam:ChangePassword",
            "Resource": [
                "arn:aws:iam::*:user/${aws:username}",
                "arn:aws:iam::*:user/*/${aws:username}"
            ]
        },
        {
            "Sid": "AllowUsersToSeeThePasswordPolicy",
            "Effect": "Allow",
            "Action": "iam:GetAccountPasswordPolicy",
            "Resource": "*"
        }
    ]
}"""
ALLOW_USERS_TO_CHANGE_NAME = "Account password policy: Allow users to change their own password"
