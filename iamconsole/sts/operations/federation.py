"""Taking on a role with the word of an identity provider: AssumeRoleWithSAML and AssumeRoleWithWebIdentity.

Nobody signs these requests: "Calling AssumeRoleWithSAML does not require the use of AWS security credentials" (STS API
Reference). Who calls is whom the provider vouches for, once its assertion or token has been verified; whether that
one may have the role is then the role's trust policy to decide, as always.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from iamconsole.core.arn import Arn
from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, ContextKeys, Response, operation
from iamconsole.iam.models import OidcProvider, Role, SamlProvider
from iamconsole.policy import Principal
from iamconsole.sts import keys, resources, saml, sessions, web_identity
from iamconsole.sts.identities import Identity, IdpCommunicationError, InvalidIdentityToken
from iamconsole.sts.sessions import PolicyArns

# What later requests of the session still know of the provider. IAM User Guide, "IAM and AWS STS condition context
# keys": the other SAML keys are "available only in … AssumeRoleWithSAML".
SAML_SESSION = ("saml:namequalifier", "saml:sub", "saml:sub_type")
WEB_SESSION = ("aud", "sub", "amr")


def _refused(call: Call) -> AccessDenied:
    """AWS's answer to whoever may not have the role, and to a role that is not there."""
    return AccessDenied(f"Not authorized to perform {call.operation.name}")


def _require_role_of_account(call: Call) -> None:
    """The caller stands at the door of the role's account; a signed-in caller of another account does not."""
    parsed = Arn.parse(call.params["role_arn"])
    if parsed is not None and parsed.account != call.caller.account_id:
        raise _refused(call)


def _become(call: Call, provider_arn: str, identity: Identity, kind: str, principal_id: str) -> None:
    """From here on the call is the federated user's: decided as its provider's, and recorded as its own."""
    caller = call.caller
    call.caller = replace(
        caller,
        principal=Principal.federated(provider_arn, unique_id=principal_id[:128]),
        user_key=None,
        role_key=None,
        federated_by=None,
        access_key_id="",
        session=None,
        tags={},
    )
    call.prepared = identity
    # AWS CloudTrail User Guide, "CloudTrail userIdentity element", types SAMLUser and WebIdentityUser.
    call.event |= {
        "principal_type": kind,
        "principal_id": principal_id[:128],
        "principal_arn": "",
        "user_name": identity.subject[:128],
        "additional": {"identityProvider": identity.issuer[:2048] if kind == "SAMLUser" else provider_arn},
    }


def _session(call: Call, identity: Identity, context: Mapping[str, Any], **given: Any) -> Response:
    """The role's session, with what the provider says of it; further permissions are asked where they are needed."""
    role: Role = call.resource.require()
    if identity.tags:
        call.require("sts:TagSession", call.resource)
    if identity.source_identity:
        call.require("sts:SetSourceIdentity", call.resource)
    return sessions.role_session(
        call,
        role,
        tags=[{"Key": key, "Value": value} for key, value in identity.tags.items()],
        transitive_tag_keys=identity.transitive,
        source_identity=identity.source_identity or None,
        context=context,
        federation={"federatedProvider": call.caller.principal.arn, "attributes": {}},
        **given,
    )


# -- SAML -------------------------------------------------------------------------------------------------


def _verify_saml(call: Call) -> ContextKeys:
    _require_role_of_account(call)
    provider_arn = call.params["principal_arn"]
    name = provider_arn.rpartition("/")[2]
    found = SamlProvider.objects.filter(account=call.caller.account_key, name=name).first()
    if found is None or found.arn(call.caller.account_id) != provider_arn:
        raise InvalidIdentityToken("Specified provider doesn't exist.", field="principal_arn")
    opened = settings.IAMCONSOLE_FERNET.decrypt
    provider = saml.Provider(
        provider_arn,
        found.metadata,
        found.valid_until,
        found.encryption_mode == "Required",
        tuple(opened(key["key"].encode()).decode() for key in found.private_keys),
    )
    identity = saml.verify(call.params["saml_assertion"], provider, call.now)
    if (call.params["role_arn"], provider_arn) not in identity.roles:
        # The identity provider itself does not give this role to the user.
        raise _refused(call)
    _become(call, provider_arn, identity, "SAMLUser", f"{identity.name_qualifier}:{identity.subject}")
    return {}


@operation(
    "sts:AssumeRoleWithSAML",
    resource=resources.role,
    keys=keys.ASSUME_ROLE_WITH_SAML,
    verify=_verify_saml,
    recorded_as_read=True,
)
def assume_role_with_saml(
    call: Call,
    *,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,
    policy_arns: PolicyArns = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
) -> Response:
    """Temporary credentials of a role for whom a SAML identity provider has signed an assertion."""
    identity: Identity = call.prepared
    answer = _session(
        call,
        identity,
        {key: identity.keys[key] for key in SAML_SESSION},
        session_name=identity.session_name,
        duration_seconds=_seconds(call, identity, duration_seconds),
        policy=policy,
        policy_arns=policy_arns,
        minimum_session_token_size=minimum_session_token_size,
    )
    return answer | {
        "Subject": identity.subject,
        "SubjectType": identity.subject_type,
        "Issuer": identity.issuer,
        "Audience": identity.audience,
        "NameQualifier": identity.name_qualifier,
    }


def _seconds(call: Call, identity: Identity, asked: int | None) -> int | None:
    """ "Your role session lasts for the duration that you specify for the DurationSeconds parameter, or until the time
    specified in the SAML authentication response's SessionNotOnOrAfter value, whichever is shorter." SessionDuration
    "can be used to shorten the duration of the session" too (id_roles_providers_create_saml_assertions.html)."""
    role: Role = call.resource.require()
    if asked is not None and asked > role.max_session_duration:
        return asked  # refused as it is everywhere
    seconds = asked or sessions.HOUR
    if identity.seconds is not None:
        seconds = min(seconds, identity.seconds)
    if identity.longest is not None:
        seconds = min(seconds, max(1, (identity.longest - call.now) // dt.timedelta(seconds=1)))
    return seconds


# -- OpenID Connect ---------------------------------------------------------------------------------------


def _verify_web_identity(call: Call) -> ContextKeys:
    _require_role_of_account(call)
    if call.params.get("provider_id") is not None:
        # "This is only for OAuth 2.0 access tokens": the provider itself would have to be asked about one.
        raise IdpCommunicationError(
            "The identity provider could not be reached: access tokens of OAuth 2.0 are not verified here.",
            field="provider_id",
        )
    token = call.params["web_identity_token"]
    issuer = web_identity.issuer_of(token)
    found = OidcProvider.objects.filter(account=call.caller.account_key, url=issuer.removeprefix("https://")).first()
    if found is None or not issuer.startswith("https://"):
        raise InvalidIdentityToken(f"No OpenIDConnect provider found in your account for {issuer[:2048]}")
    provider_arn = found.arn(call.caller.account_id)
    provider = web_identity.Provider(found.url, tuple(found.client_ids), tuple(found.thumbprints))
    identity = web_identity.verify(token, provider, call.now)
    _become(call, provider_arn, identity, "WebIdentityUser", f"{provider_arn}:{identity.audience}:{identity.subject}")
    return {key: value for key, value in identity.keys.items() if keys.is_of_web_identity(key, found.url)}


@operation(
    "sts:AssumeRoleWithWebIdentity",
    resource=resources.role,
    keys=keys.ASSUME_ROLE_WITH_WEB_IDENTITY,
    verify=_verify_web_identity,
    recorded_as_read=True,
)
def assume_role_with_web_identity(
    call: Call,
    *,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,
    provider_id: str | None = None,
    policy_arns: PolicyArns = (),
    policy: str | None = None,
    duration_seconds: int | None = None,
    minimum_session_token_size: int | None = None,
) -> Response:
    """Temporary credentials of a role for whom an OpenID Connect provider has signed a token."""
    identity: Identity = call.prepared
    provider_arn = call.caller.principal.arn
    url = identity.issuer.removeprefix("https://")
    names = [f"{url}:{claim}" for claim in WEB_SESSION]
    known = {name: identity.keys[name] for name in names if name in identity.keys}
    answer = _session(
        call,
        identity,
        known | {"aws:FederatedProvider": provider_arn},
        session_name=role_session_name,
        duration_seconds=duration_seconds,
        policy=policy,
        policy_arns=policy_arns,
        minimum_session_token_size=minimum_session_token_size,
    )
    return answer | {
        "SubjectFromWebIdentityToken": identity.subject,
        # "For OpenID Connect ID tokens, this contains the value of the iss field."
        "Provider": identity.issuer,
        "Audience": identity.audience,
    }
