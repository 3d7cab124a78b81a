"""The account's password policy for its IAM users. It never concerns the root user's password."""

from __future__ import annotations

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import passwords
from iamconsole.iam.models import PasswordPolicy


def _missing(call: Call) -> NoSuchEntity:
    return NoSuchEntity(f"The Password Policy with domain name {call.caller.account_id} cannot be found.")


@operation("iam:UpdateAccountPasswordPolicy")
def update_account_password_policy(
    call: Call,
    *,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool | None = None,
) -> Response:
    """Set the custom policy as a whole.

    "This operation does not support partial updates. … if you do not specify a parameter, that parameter's value
    reverts to its default value" (API Reference, with the defaults). What it says of a password's form holds from the
    next change of it on, an expiration at once (IAM User Guide, "Set an account password policy").
    """
    PasswordPolicy.objects.update_or_create(
        account_id=call.caller.account_key,
        defaults={
            "minimum_length": minimum_password_length,
            "require_symbols": require_symbols,
            "require_numbers": require_numbers,
            "require_uppercase": require_uppercase_characters,
            "require_lowercase": require_lowercase_characters,
            "allow_users_to_change": allow_users_to_change_password,
            "max_age": max_password_age,
            "reuse_prevention": password_reuse_prevention,
            "hard_expiry": hard_expiry,
        },
    )
    if allow_users_to_change_password:
        # So that an event whose decision it made can be explained when the setting is long gone.
        PolicyText.keep(passwords.ALLOW_USERS_TO_CHANGE)
    return {}


@operation("iam:GetAccountPasswordPolicy", read_only=True)
def get_account_password_policy(call: Call) -> Response:
    """The custom policy. An account has none until somebody sets one: then the default policy holds."""
    policy = passwords.of_account(call.caller.account_key)
    if policy is None:
        raise _missing(call)
    return {"PasswordPolicy": policy}


@operation("iam:DeleteAccountPasswordPolicy")
def delete_account_password_policy(call: Call) -> Response:
    """Back to the default policy."""
    gone, _ = PasswordPolicy.objects.filter(account=call.caller.account_key).delete()
    if not gone:
        raise _missing(call)
    return {}
