"""Credentials for single services: SSH public keys for CodeCommit, and service-specific user names and keys."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from iamconsole.core.errors import InvalidInput, InvalidRequest, NoSuchEntity, ValidationError
from iamconsole.core.operation import Call, Keys, Response, operation
from iamconsole.iam import paging, quotas, resources, shapes, ssh_keys
from iamconsole.iam.models import ServiceSpecificCredential, SshPublicKey, User
from iamconsole.iam.operations.credentials import is_active

# -- SSH public keys --------------------------------------------------------------------------------


def _key(call: Call) -> RSAPublicKey:
    return ssh_keys.read(call.params["ssh_public_key_body"])


def _own_key(call: Call, key_id: str) -> SshPublicKey:
    user: User = call.resource.require()
    row = user.ssh_public_keys.filter(key_id=key_id).first()
    if row is None:
        raise NoSuchEntity(f"The Public Key with id {key_id} cannot be found.", field="ssh_public_key_id")
    return row


def _shown(row: SshPublicKey, encoding: str) -> Response:
    body = ssh_keys.encoded(row.body, encoding)
    return shapes.ssh_public_key(row) | {"Fingerprint": row.fingerprint, "SSHPublicKeyBody": body}


@operation("iam:UploadSSHPublicKey", resource=resources.user, prepare=_key)
def upload_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_body: str) -> Response:
    user: User = call.resource.require()
    fingerprint = ssh_keys.fingerprint(call.prepared)
    if user.ssh_public_keys.filter(fingerprint=fingerprint).exists():
        raise InvalidRequest(
            "The SSH public key is already associated with the specified IAM user.",
            code="DuplicateSSHPublicKey",
            field="ssh_public_key_body",
        )
    quotas.check("SSHPublicKeysPerUser", quotas.SSH_PUBLIC_KEYS, user.ssh_public_keys.count())
    row = SshPublicKey.objects.create(
        user=user,
        key_id=call.ids.unique_id("APKA"),
        body=ssh_public_key_body,
        fingerprint=fingerprint,
        uploaded=call.now,
    )
    return {"SSHPublicKey": _shown(row, ssh_keys.encoding_of(row.body))}


@operation("iam:GetSSHPublicKey", resource=resources.user, read_only=True)
def get_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str, encoding: str) -> Response:
    return {"SSHPublicKey": _shown(_own_key(call, ssh_public_key_id), encoding)}


@operation("iam:ListSSHPublicKeys", resource=resources.user_or_self, read_only=True)
def list_ssh_public_keys(
    call: Call, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> Response:
    """A user's keys. The root user has none: the upload must name a user."""
    user = resources.holder(call)
    rows = list(user.ssh_public_keys.select_related("user")) if user else []
    found, page = paging.page_of_list(rows, call, key=lambda row: f"{row.uploaded.isoformat()} {row.key_id}")
    return {"SSHPublicKeys": [shapes.ssh_public_key(row) for row in found], **page}


@operation("iam:UpdateSSHPublicKey", resource=resources.user)
def update_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str, status: str) -> Response:
    row = _own_key(call, ssh_public_key_id)
    row.active = is_active(status, "An SSH public key")
    row.save(update_fields=["active"])
    return {}


@operation("iam:DeleteSSHPublicKey", resource=resources.user)
def delete_ssh_public_key(call: Call, *, user_name: str, ssh_public_key_id: str) -> Response:
    _own_key(call, ssh_public_key_id).delete()
    return {}


# -- service-specific credentials -------------------------------------------------------------------

# "You can create service-specific credentials for Amazon Bedrock, Amazon CloudWatch Logs, CodeCommit and Amazon
# Keyspaces (for Apache Cassandra)" (API Reference, CreateServiceSpecificCredential). The first two give long-term API
# keys: an alias and a secret in place of a user name and a password.
API_KEYS = frozenset({"bedrock.amazonaws.com", "logs.amazonaws.com"})
SERVICES = API_KEYS | {"cassandra.amazonaws.com", "codecommit.amazonaws.com"}
# Begins Bedrock's API keys; what begins those of CloudWatch Logs AWS does not say.
PREFIXES = {"bedrock.amazonaws.com": "ABSK"}
CREATE_KEYS: Keys = {
    "iam:ServiceSpecificCredentialServiceName": "service_name",
    "iam:ServiceSpecificCredentialAgeDays": "credential_age_days",
}


def _service_of(call: Call) -> str | None:
    """The service of the credential that the request names by its ID."""
    rows = ServiceSpecificCredential.objects.filter(
        user__account=call.caller.account_key, credential_id=call.params["service_specific_credential_id"]
    )
    return rows.values_list("service", flat=True).first()


OF_CREDENTIAL: Keys = {"iam:ServiceSpecificCredentialServiceName": _service_of}


def _refuse_unsupported(service: str) -> None:
    if service not in SERVICES:
        raise NoSuchEntity(
            f"The service {service} does not support service-specific credentials.",
            code="NotSupportedService",
            field="service_name",
        )


def _free_name(user: User, service: str, account_id: str) -> str:
    """`jane-at-123456789012`, and `jane+1-at-123456789012` where that is another credential's."""
    taken = set(user.service_specific_credentials.filter(service=service).values_list("service_user_name", flat=True))
    names = (f"{user.name}{f'+{n}' if n else ''}-at-{account_id}" for n in range(len(taken) + 1))
    return next(name for name in names if name not in taken)


def _describe(row: ServiceSpecificCredential, now: dt.datetime) -> Response:
    over = row.expires is not None and row.expires <= now
    shape: Response = {
        "CreateDate": row.created,
        "ServiceName": row.service,
        "ServiceSpecificCredentialId": row.credential_id,
        "UserName": row.user.name,
        "Status": "Expired" if over else shapes.status(row.active),
    }
    shape["ServiceCredentialAlias" if row.service in API_KEYS else "ServiceUserName"] = row.service_user_name
    return shape | ({"ExpirationDate": row.expires} if row.expires else {})


def _new_secret(call: Call, row: ServiceSpecificCredential) -> Response:
    """Give a credential a new secret, of which only a hash is kept, and show it this once; does not save."""
    secret = call.ids.service_password()
    if row.service in API_KEYS:
        named = base64.b64encode(f"{row.service_user_name}:{secret}".encode()).decode()
        secret = PREFIXES.get(row.service, "") + named
    row.secret = hashlib.sha256(secret.encode()).hexdigest()
    name = "ServiceCredentialSecret" if row.service in API_KEYS else "ServicePassword"
    return {"ServiceSpecificCredential": _describe(row, call.now) | {name: secret}}


@operation("iam:CreateServiceSpecificCredential", resource=resources.user, keys=CREATE_KEYS)
def create_service_specific_credential(
    call: Call, *, user_name: str, service_name: str, credential_age_days: int | None = None
) -> Response:
    user: User = call.resource.require()
    _refuse_unsupported(service_name)
    if credential_age_days is not None and service_name not in API_KEYS:
        raise ValidationError(
            "CredentialAgeDays is only valid for services that support long-term API keys.",
            field="credential_age_days",
        )
    present = user.service_specific_credentials.filter(service=service_name).count()
    quotas.check("ServiceSpecificCredentialsPerUser", quotas.SERVICE_SPECIFIC_CREDENTIALS, present)
    row = ServiceSpecificCredential(
        user=user,
        credential_id=call.ids.unique_id("ACCA"),
        service=service_name,
        service_user_name=_free_name(user, service_name, call.caller.account_id),
        created=call.now,
        expires=call.now + dt.timedelta(days=credential_age_days) if credential_age_days else None,
    )
    answer = _new_secret(call, row)
    row.save()
    return answer


@operation("iam:ListServiceSpecificCredentials", resource=resources.user_self_or_all, read_only=True)
def list_service_specific_credentials(
    call: Call,
    *,
    user_name: str | None = None,
    service_name: str | None = None,
    all_users: bool = False,
    marker: str | None = None,
    max_items: int | None = None,
) -> Response:
    """The credentials of a user, or of all users, for one service or for all."""
    rows = ServiceSpecificCredential.objects.filter(user__account=call.caller.account_key).select_related("user")
    if all_users:
        if user_name is not None:
            raise InvalidInput("AllUsers cannot be specified together with UserName.", field="all_users")
    else:
        rows = rows.filter(user=resources.holder(call))
    if service_name is not None:
        _refuse_unsupported(service_name)
        rows = rows.filter(service=service_name)
    found, page = paging.page_of_list(
        list(rows), call, key=lambda row: f"{row.user.name} {row.created.isoformat()} {row.credential_id}"
    )
    return {"ServiceSpecificCredentials": [_describe(row, call.now) for row in found], **page}


def _own_credential(call: Call, credential_id: str) -> ServiceSpecificCredential:
    user = resources.holder(call)
    row = ServiceSpecificCredential.objects.filter(
        user__account=call.caller.account_key, user=user, credential_id=credential_id
    ).first()
    if row is None:
        raise NoSuchEntity(
            f"The Service Specific Credential with id {credential_id} cannot be found.",
            field="service_specific_credential_id",
        )
    return row


@operation("iam:UpdateServiceSpecificCredential", resource=resources.user_or_self, keys=OF_CREDENTIAL)
def update_service_specific_credential(
    call: Call, *, service_specific_credential_id: str, status: str, user_name: str | None = None
) -> Response:
    row = _own_credential(call, service_specific_credential_id)
    row.active = is_active(status, "A service-specific credential")
    row.save(update_fields=["active"])
    return {}


@operation("iam:ResetServiceSpecificCredential", resource=resources.user_or_self, keys=OF_CREDENTIAL)
def reset_service_specific_credential(
    call: Call, *, service_specific_credential_id: str, user_name: str | None = None
) -> Response:
    """Give the credential a new secret: "the previous password for this user is invalidated"."""
    row = _own_credential(call, service_specific_credential_id)
    answer = _new_secret(call, row)
    row.save(update_fields=["secret"])
    return answer


@operation("iam:DeleteServiceSpecificCredential", resource=resources.user_or_self, keys=OF_CREDENTIAL)
def delete_service_specific_credential(
    call: Call, *, service_specific_credential_id: str, user_name: str | None = None
) -> Response:
    _own_credential(call, service_specific_credential_id).delete()
    return {}
