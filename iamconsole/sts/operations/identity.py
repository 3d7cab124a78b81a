"""Who is asking."""

from __future__ import annotations

from iamconsole.core.operation import Call, Response, operation


@operation("sts:GetCallerIdentity", read_only=True)
def get_caller_identity(call: Call) -> Response:
    """Who is asking. The engine allows it to everybody, even against an explicit deny."""
    caller = call.caller
    return {"UserId": caller.principal.unique_id, "Account": caller.account_id, "Arn": caller.arn}
