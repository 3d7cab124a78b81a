"""Signing certificates of users, and server certificates of the account."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from django.conf import settings
from django.db.models import QuerySet

from iamconsole.core.errors import Conflict, EntityAlreadyExists, NoSuchEntity
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import certificates, keys, paging, queries, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.models import ServerCertificate, SigningCertificate, User
from iamconsole.iam.operations.credentials import is_active
from iamconsole.iam.tags import Tags, merged_tags

# -- signing certificates ---------------------------------------------------------------------------


def _certificate(call: Call) -> x509.Certificate:
    return certificates.read(call.params["certificate_body"], call.now)


def _of_user(call: Call) -> tuple[User | None, QuerySet[SigningCertificate]]:
    """The user (None for the root user itself) and its certificates."""
    user = resources.holder(call)
    return user, SigningCertificate.objects.filter(account=call.caller.account_key, user=user)


def _own(call: Call, certificate_id: str) -> SigningCertificate:
    row = _of_user(call)[1].filter(certificate_id=certificate_id).first()
    if row is None:
        raise NoSuchEntity(f"The Certificate with id {certificate_id} cannot be found.", field="certificate_id")
    return row


@operation("iam:UploadSigningCertificate", resource=resources.user_or_self, prepare=_certificate)
def upload_signing_certificate(call: Call, *, certificate_body: str, user_name: str | None = None) -> Response:
    user, present = _of_user(call)
    fingerprint = certificates.fingerprint(call.prepared)
    if SigningCertificate.objects.filter(account=call.caller.account_key, fingerprint=fingerprint).exists():
        # "the same certificate is associated with an IAM user in the account"; AWS documents no words.
        raise Conflict(
            "The certificate is already associated with a user of the account.",
            code="DuplicateCertificate",
            field="certificate_body",
        )
    quotas.check("SigningCertificatesPerUser", quotas.SIGNING_CERTIFICATES, present.count())
    row = SigningCertificate.objects.create(
        account_id=call.caller.account_key,
        user=user,
        certificate_id=call.ids.certificate_id(),
        fingerprint=fingerprint,
        body=certificate_body,
        uploaded=call.now,
    )
    return {"Certificate": shapes.signing_certificate(row, call.caller.account_name)}


def _load_certificates(calls: Sequence[Call]) -> dict[int | None, list[SigningCertificate]]:
    return resources.rows_of_users(calls, SigningCertificate.objects.order_by("uploaded", "pk"))


@operation("iam:ListSigningCertificates", resource=resources.user_or_self, read_only=True, load=_load_certificates)
def list_signing_certificates(
    call: Call, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> Response:
    user = resources.holder(call)
    rows = call.loaded[user.pk if user else None]
    found, page = paging.page_of_list(rows, call, key=lambda row: f"{row.uploaded.isoformat()} {row.certificate_id}")
    name = call.caller.account_name
    return {"Certificates": [shapes.signing_certificate(row, name) for row in found], **page}


@operation("iam:UpdateSigningCertificate", resource=resources.user_or_self)
def update_signing_certificate(
    call: Call, *, certificate_id: str, status: str, user_name: str | None = None
) -> Response:
    row = _own(call, certificate_id)
    row.active = is_active(status, "A signing certificate")
    row.save(update_fields=["active"])
    return {}


@operation("iam:DeleteSigningCertificate", resource=resources.user_or_self)
def delete_signing_certificate(call: Call, *, certificate_id: str, user_name: str | None = None) -> Response:
    _own(call, certificate_id).delete()
    return {}


# -- server certificates ----------------------------------------------------------------------------


def _server_certificate(call: Call) -> x509.Certificate:
    """Everything about a certificate that can be checked before the lock is held."""
    certificate = certificates.read(call.params["certificate_body"], call.now)
    certificates.check_key(certificate, call.params["private_key"])
    if chain := call.params.get("certificate_chain"):
        certificates.check_chain(certificate, chain)
    return certificate


def _refuse_taken_name(call: Call, name: str, field: str) -> None:
    if queries.server_certificates_named(call.caller.account_key, [name]):
        raise EntityAlreadyExists(f"The Server Certificate with name {name} already exists.", field=field)


@operation(
    "iam:UploadServerCertificate",
    resource=resources.new_server_certificate,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagServerCertificate", resources.if_tagged(resources.new_server_certificate), keys.REQUEST_TAGS)],
    prepare=_server_certificate,
)
def upload_server_certificate(
    call: Call,
    *,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = "/",
    certificate_chain: str = "",
    tags: Tags = (),
) -> Response:
    """Keep a certificate with its private key, which no operation gives out again."""
    _refuse_taken_name(call, server_certificate_name, "server_certificate_name")
    present = ServerCertificate.objects.filter(account=call.caller.account_key).count()
    quotas.check("ServerCertificatesPerAccount", quotas.SERVER_CERTIFICATES, present)
    row = ServerCertificate.objects.create(
        account_id=call.caller.account_key,
        name=server_certificate_name,
        path=path,
        unique_id=call.ids.unique_id("ASCA"),
        body=certificate_body,
        chain=certificate_chain,
        private_key=settings.IAMCONSOLE_FERNET.encrypt(private_key.encode()),
        created=call.now,
        expires=call.prepared.not_valid_after_utc,
        tags=merged_tags({}, tags),
    )
    shape = shapes.server_certificate(row, call.caller.account_id)
    return {"ServerCertificateMetadata": shape} | shapes.tags_of(row)


@operation("iam:GetServerCertificate", resource=resources.server_certificate, read_only=True)
def get_server_certificate(call: Call, *, server_certificate_name: str) -> Response:
    row: ServerCertificate = call.resource.require()
    shape = {
        "ServerCertificateMetadata": shapes.server_certificate(row, call.caller.account_id),
        "CertificateBody": row.body,
    }
    shape |= {"CertificateChain": row.chain} if row.chain else {}
    return {"ServerCertificate": shape | shapes.tags_of(row)}


@operation("iam:ListServerCertificates", resource=resources.all_server_certificates, read_only=True)
def list_server_certificates(
    call: Call, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    rows = ServerCertificate.objects.filter(account=call.caller.account_key)
    found, page = paging.page_of_rows(rows, call)
    shown = [shapes.server_certificate(row, call.caller.account_id) for row in found]
    return {"ServerCertificateMetadataList": shown, **page}


@operation("iam:UpdateServerCertificate", resource=resources.renamed_server_certificate)
def update_server_certificate(
    call: Call,
    *,
    server_certificate_name: str,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> Response:
    """Rename or move a server certificate."""
    row: ServerCertificate = call.resource.require()
    name = new_server_certificate_name
    if name is not None and name.lower() != row.name.lower():
        _refuse_taken_name(call, name, "new_server_certificate_name")
    row.rename(name, new_path)
    return {}


@operation("iam:DeleteServerCertificate", resource=resources.server_certificate)
def delete_server_certificate(call: Call, *, server_certificate_name: str) -> Response:
    """Delete a server certificate. No load balancer here could be using it, so there is never a DeleteConflict."""
    call.resource.require().delete()
    return {}


@operation("iam:TagServerCertificate", resource=resources.server_certificate, keys=keys.REQUEST_TAGS)
def tag_server_certificate(call: Call, *, server_certificate_name: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagServerCertificate", resource=resources.server_certificate, keys=keys.TAG_KEYS)
def untag_server_certificate(call: Call, *, server_certificate_name: str, tag_keys: Sequence[str]) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListServerCertificateTags", resource=resources.server_certificate, read_only=True)
def list_server_certificate_tags(
    call: Call, *, server_certificate_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return tagging.page_of(call)
