"""The condition keys of a request: global ones, and those its operation declares.

Source: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iamconsole.core.caller import Caller, Context
from iamconsole.core.operation import Call

Value = str | Sequence[str]


def _timestamp(call: Call) -> str:
    return call.now.strftime("%Y-%m-%dT%H:%M:%SZ")


def of_request(call: Call, tags: Mapping[str, str]) -> dict[str, Value]:
    """Everything a Condition may ask about, except what comes from the resource."""
    caller, context = call.caller, call.context
    keys: dict[str, Value] = dict(caller.principal.context())
    keys |= {
        "aws:CurrentTime": _timestamp(call),
        "aws:EpochTime": str(int(call.now.timestamp())),
        "aws:SecureTransport": "true" if context.secure_transport else "false",
        "aws:SourceIp": context.source_ip,
        "aws:RequestedRegion": context.region,
        "aws:ViaAWSService": "false",
    }
    if context.user_agent:
        keys["aws:UserAgent"] = context.user_agent
    keys |= {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}
    keys |= _of_session(caller, context, call)
    if call.operation.keys:
        keys |= call.operation.keys(call)
    return keys


def _of_session(caller: Caller, context: Context, call: Call) -> dict[str, Value]:
    """Keys that only temporary credentials have: with a long-term key the MFA key is absent, not false."""
    session = caller.session
    if session is None:
        return {}
    return {
        "aws:MultiFactorAuthPresent": "true" if session.mfa else "false",
        "aws:TokenIssueTime": session.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
