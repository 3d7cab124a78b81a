"""Taking on a role."""

from __future__ import annotations

from typing import Any

from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam.models import Role
from iamconsole.sts import keys, proof, resources, sessions
from iamconsole.sts.sessions import PolicyArns, Tags


@operation(
    "sts:AssumeRole",
    resource=resources.role,
    keys=keys.ASSUME_ROLE,
    also=[
        Check("sts:TagSession", resources.tagged_role, keys.SESSION_TAGS),
        Check("sts:SetSourceIdentity", resources.identified_role, keys.SOURCE_IDENTITY),
    ],
    verify=proof.mfa_keys,
    recorded_as_read=True,
)
def assume_role(
    call: Call,
    *,
    role_arn: str,
    role_session_name: str,
    policy_arns: PolicyArns = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    tags: Tags = (),
    transitive_tag_keys: tuple[str, ...] = (),
    external_id: str | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    source_identity: str | None = None,
    provided_contexts: Any = None,
    minimum_session_token_size: int | None = None,
) -> Response:
    """Temporary credentials of a role, of the caller's account or of one that trusts it.

    `external_id` is the trust policy's to ask for, and the MFA code is checked before any policy is asked. The
    session itself does not have the MFA of who asked for it: "The temporary credentials returned by AssumeRole do not
    include MFA information in the context" (IAM User Guide, "Secure API access with MFA").
    """
    if provided_contexts is not None:
        raise ValidationError(
            "Contexts come from AWS IAM Identity Center, which is not simulated here.", field="provided_contexts"
        )
    role: Role = call.resource.require()
    elsewhere = role.account_id != call.caller.account_key
    if elsewhere and not Role.objects.select_for_update().filter(pk=role.pk).exists():
        # The door holds the caller's account, not the other: there the role has just been deleted.
        call.require("sts:AssumeRole", resources.missing_role(call.resource.arn, call.resource.account))
    answer = sessions.role_session(
        call,
        role,
        session_name=role_session_name,
        duration_seconds=duration_seconds,
        policy=policy,
        policy_arns=policy_arns,
        tags=tags,
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity,
        minimum_session_token_size=minimum_session_token_size,
    )
    if elsewhere:
        call.shared_with = role.account_id
    return answer
