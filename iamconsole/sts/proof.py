"""The MFA code that a request for temporary credentials brings.

STS API Reference, "AssumeRole" and "GetSessionToken", SerialNumber and TokenCode. The texts of the refusals are those
that AWS is known to give.
"""

from __future__ import annotations

from iamconsole.cloudtrail import queries as events
from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, ContextKeys
from iamconsole.iam import mfa
from iamconsole.iam import queries as iam
from iamconsole.sts.guesses import TRIES, TRIES_WINDOW

WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


def mfa_keys(call: Call) -> ContextKeys:
    """The condition keys of a request with a right code; none where it brings no code. A code works once."""
    serial, code = call.params.get("serial_number"), call.params.get("token_code")
    if serial is None and code is None:
        return {}
    if serial is None or code is None:
        raise AccessDenied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    caller = call.caller
    # "The MFA device that is associated with the user who is making the call": a role session has none.
    devices = iam.mfa_devices(caller.account_key, caller.user_key) if caller.kind in ("user", "root") else []
    chosen = [device for device in devices if device.arn(caller.account_id) == serial]
    if not chosen:
        raise AccessDenied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
    # AWS does not say how many guesses it takes. As at sign-in, after many wrong codes the right one does not help
    # for a while, and such a refusal is not counted again.
    since = call.now - TRIES_WINDOW
    if events.refused_codes(caller.account_key, caller.principal.unique_id, WRONG, since) >= TRIES:
        raise AccessDenied("MultiFactorAuthentication failed: there were too many wrong codes. Try again later.")
    if mfa.use_code(chosen, code, call.now) is None:
        raise AccessDenied(WRONG)
    return {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
