"""The condition keys of a request: global ones, and those its operation declares.

Source of what is there and when: IAM User Guide, "AWS global condition context keys"
(reference_policies_condition-keys.html). Of the keys there, these are never in a request here: those of
organizations (aws:PrincipalOrgID, aws:PrincipalOrgPaths, aws:ResourceOrgID, …), of VPC endpoints
(aws:SourceVpc, aws:SourceVpce, aws:VpcSourceIp, …), and those of calls that a service makes (aws:CalledVia,
aws:SourceArn, aws:SourceAccount, …): AWS leaves them out too where there is no such thing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from iamconsole.core.caller import Caller, Context
from iamconsole.core.operation import Call, Keys, KeyValue


def text_of(value: Any) -> KeyValue:
    """A parameter as a context value: text, or a list of texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return _time(value)
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value)


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def common(caller: Caller, context: Context, now: dt.datetime, tags: Mapping[str, str]) -> dict[str, KeyValue]:
    """What every request of this caller from here carries, whatever it asks for."""
    keys: dict[str, KeyValue] = {
        **caller.principal.context(),
        **{f"aws:PrincipalTag/{key}": value for key, value in tags.items()},
        "aws:CurrentTime": _time(now),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": text_of(context.secure_transport),
        "aws:SourceIp": context.source_ip,
        "aws:RequestedRegion": context.region,
        # Nobody here calls on somebody else's behalf.
        "aws:ViaAWSService": "false",
    }
    if context.user_agent:
        keys["aws:UserAgent"] = context.user_agent
    if context.referer:
        # "only if the request to the AWS resource was invoked by linking from a web page URL in the browser"
        keys["aws:Referer"] = context.referer
    if session := caller.session:
        # What the identity provider said; no word of its own may stand for one of the keys above.
        keys = {**session.context, **keys}
        if session.source_identity:
            # "For subsequent actions taken during the role session, the aws:SourceIdentity key is present".
            keys["aws:SourceIdentity"] = session.source_identity
        # "only when the principal uses temporary credentials": with a long-term key neither is there.
        keys["aws:TokenIssueTime"] = _time(session.issued_at)
        keys["aws:MultiFactorAuthPresent"] = text_of(session.mfa)
        if session.mfa:
            # "If MFA was not used, this key is not present." The device's code was given when the session began.
            keys["aws:MultiFactorAuthAge"] = str(max(0, int((now - session.issued_at).total_seconds())))
    return keys


def declared(call: Call, keys: Keys) -> dict[str, KeyValue]:
    """What an operation's declaration finds in this request; see `KeySource`."""
    found: dict[str, KeyValue] = {}
    for name, source in keys.items():
        value = call.params.get(source) if isinstance(source, str) else source(call)
        if value is None:
            continue
        if isinstance(value, Mapping):
            prefix = name[: name.rindex("/") + 1]
            found |= {prefix + key: text_of(one) for key, one in value.items()}
        else:
            found[name] = text_of(value)
    return found
