"""What a refusal's encoded message says."""

from __future__ import annotations

from iamconsole.core.errors import InvalidRequest
from iamconsole.core.operation import Call, Response, operation
from iamconsole.sts import messages


class InvalidAuthorizationMessage(InvalidRequest):
    """The message was not made here, or "contains invalid characters, such as line breaks", or has expired."""

    code = "InvalidAuthorizationMessageException"


@operation("sts:DecodeAuthorizationMessage", read_only=True)
def decode_authorization_message(call: Call, *, encoded_message: str) -> Response:
    """The cause of a refusal of the account's own; another account's message is none."""
    decoded = messages.decode(call.caller.account_id, encoded_message, call.now)
    if decoded is None:
        raise InvalidAuthorizationMessage("The encoded message is invalid or has expired.", field="encoded_message")
    return {"DecodedMessage": decoded}
