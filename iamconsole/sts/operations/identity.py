"""Who is asking, and whose an access key is."""

from __future__ import annotations

from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.sts import queries


@operation("sts:GetCallerIdentity", read_only=True)
def get_caller_identity(call: Call) -> Response:
    """Who is asking. The engine allows it to everybody, even against an explicit deny."""
    caller = call.caller
    return {"UserId": caller.principal.unique_id, "Account": caller.account_id, "Arn": caller.arn}


@operation("sts:GetAccessKeyInfo", read_only=True)
def get_access_key_info(call: Call, *, access_key_id: str) -> Response:
    """The account of an access key, long-term or temporary, active or not.

    On AWS every account's; here those of the caller's sandbox: another sandbox's key does not exist. "Providing a
    deleted access key might return an error that the key doesn't exist", in words that AWS does not give.
    """
    account_id = queries.account_of_key(call.caller.sandbox_key, access_key_id)
    if account_id is None:
        raise ValidationError(f"The access key ID {access_key_id} does not exist.", field="access_key_id")
    return {"Account": account_id}
