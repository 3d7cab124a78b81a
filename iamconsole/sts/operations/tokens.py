"""Temporary credentials of one's own, and for others: GetSessionToken and GetFederationToken."""

from __future__ import annotations

from iamconsole.core.operation import Call, Check, Response, operation, when
from iamconsole.iam.keys import REQUEST_TAGS
from iamconsole.sts import proof, resources, sessions
from iamconsole.sts.models import TemporaryCredential
from iamconsole.sts.sessions import PolicyArns, Tags

HALF_A_DAY = 43200


@operation("sts:GetSessionToken", verify=proof.mfa_keys, recorded_as_read=True)
def get_session_token(
    call: Call,
    *,
    duration_seconds: int | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    minimum_session_token_size: int | None = None,
) -> Response:
    """Temporary credentials of the caller itself, with MFA where a code is given."""
    return sessions.mint(
        call,
        sessions.own_seconds(call, duration_seconds, HALF_A_DAY),
        minimum_session_token_size,
        kind=TemporaryCredential.Kind.SESSION,
        mfa=token_code is not None,
        **sessions.user_columns(call),
    )


@operation(
    "sts:GetFederationToken",
    resource=resources.federated_user,
    keys=REQUEST_TAGS,
    also=[Check("sts:TagSession", when("tags", resources.federated_user), REQUEST_TAGS)],
    recorded_as_read=True,
)
def get_federation_token(
    call: Call,
    *,
    name: str,
    policy: str | None = None,
    policy_arns: PolicyArns = (),
    duration_seconds: int | None = None,
    tags: Tags = (),
    minimum_session_token_size: int | None = None,
) -> Response:
    """Temporary credentials for somebody else, who gets what both the caller's policies and the session's allow."""
    caller = call.caller
    given = sessions.passed(caller.account_key, caller.account_id, policy, policy_arns, tags)
    answer = sessions.mint(
        call,
        sessions.own_seconds(call, duration_seconds, HALF_A_DAY),
        minimum_session_token_size,
        kind=TemporaryCredential.Kind.FEDERATED,
        name=name,
        **sessions.user_columns(call),
        **given.columns(),
    )
    answer["FederatedUser"] = {"FederatedUserId": f"{caller.account_id}:{name}", "Arn": call.resource.arn}
    if given.packed_size is not None:
        answer["PackedPolicySize"] = given.packed_size
    return answer
