"""SAML and OpenID Connect identity providers.

Sources: IAM API Reference, CreateSAMLProvider … UpdateOpenIDConnectProviderThumbprint; the texts about metadata and
private keys from IAM User Guide, "Troubleshoot SAML federation with IAM" (troubleshoot_saml.html).
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import settings

from iamconsole.core.errors import EntityAlreadyExists, InvalidInput, LimitExceeded
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import certificates, keys, quotas, resources, saml_metadata, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.models import OidcProvider, SamlProvider
from iamconsole.iam.tags import Tags, merged_tags

# A document without validUntil does not expire by itself: IAM then shows a day a hundred years after the upload
# (seen in AWS's answers; its documentation does not say).
NO_EXPIRY = dt.timedelta(days=36525)
THUMBPRINT = re.compile(r"[0-9a-fA-F]{40}")


# -- SAML -------------------------------------------------------------------------------------------------


def _take_metadata(row: SamlProvider, document: str, now: dt.datetime) -> None:
    try:
        metadata = saml_metadata.read(document)
    except saml_metadata.UnreadableMetadata as error:
        # AWS's own words, and then the reason, which AWS keeps to itself.
        raise InvalidInput(f"Could not parse metadata: {error}.", field="saml_metadata_document") from error
    row.metadata, row.valid_until = document, metadata.valid_until or now + NO_EXPIRY


def _check_private_key(call: Call) -> None:
    """Before any lock is held: it may take long."""
    pem = call.params.get("add_private_key")
    if pem is None:
        return
    try:
        key = certificates.read_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput("Invalid private key.", field="add_private_key") from error
    if not isinstance(key, RSAPrivateKey):
        raise InvalidInput("Invalid private key.", field="add_private_key")


def _add_private_key(call: Call, row: SamlProvider, pem: str) -> None:
    """Keep a checked private key that opens encrypted assertions, itself encrypted as secret access keys are."""
    if len(row.private_keys) >= quotas.SAML_PRIVATE_KEYS:
        raise LimitExceeded(f"Private key limit of {quotas.SAML_PRIVATE_KEYS} is reached.", field="add_private_key")
    sealed = settings.IAMCONSOLE_FERNET.encrypt(pem.encode()).decode()
    # The model wants 22 to 64 capitals and digits; what AWS's look like is not documented.
    key_id = "SAMLPK" + call.ids.uuid().replace("-", "").upper()
    new = {"id": key_id, "added": call.now.isoformat(), "key": sealed}
    row.private_keys = [*row.private_keys, new]


def _remove_private_key(row: SamlProvider, key_id: str) -> None:
    kept = [key for key in row.private_keys if key["id"] != key_id]
    if len(kept) == len(row.private_keys):
        raise InvalidInput(
            "Failed to remove private key because the Key ID does not match a private key.", field="remove_private_key"
        )
    row.private_keys = kept


def _require_key_if_encrypted(row: SamlProvider) -> None:
    if row.encryption_mode == "Required" and not row.private_keys:
        raise InvalidInput(
            "Unable to set assertion encryption mode to Required because no private key is provided.",
            field="assertion_encryption_mode",
        )


@operation(
    "iam:CreateSAMLProvider",
    resource=resources.new_saml_provider,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagSAMLProvider", resources.if_tagged(resources.new_saml_provider), keys.REQUEST_TAGS)],
    prepare=_check_private_key,
)
def create_saml_provider(
    call: Call,
    *,
    saml_metadata_document: str,
    name: str,
    tags: Tags = (),
    assertion_encryption_mode: str = "",
    add_private_key: str | None = None,
) -> Response:
    """Make a provider of the metadata document that an identity provider gives out."""
    caller = call.caller
    rows = SamlProvider.objects.filter(account=caller.account_key)
    if rows.filter(name__iexact=name).exists():
        raise EntityAlreadyExists(f"SAMLProvider with name {name} already exists.", field="name")
    quotas.check("SAMLProvidersPerAccount", quotas.SAML_PROVIDERS, rows.count())
    row = SamlProvider(
        account_id=caller.account_key,
        name=name,
        unique_id=call.ids.uuid(),
        encryption_mode=assertion_encryption_mode,
        tags=merged_tags({}, tags),
        created=call.now,
    )
    _take_metadata(row, saml_metadata_document, call.now)
    if add_private_key is not None:
        _add_private_key(call, row, add_private_key)
    _require_key_if_encrypted(row)
    row.save()
    return {"SAMLProviderArn": row.arn(caller.account_id), **shapes.tags_of(row)}


def saml_provider_uuid(row: SamlProvider) -> str:
    """`SAMLSP…`, which names the provider in the addresses of its sign-in."""
    return "SAMLSP" + base64.b32encode(row.unique_id.bytes).decode().rstrip("=")


@operation("iam:GetSAMLProvider", resource=resources.saml_provider, read_only=True)
def get_saml_provider(call: Call, *, saml_provider_arn: str) -> Response:
    row: SamlProvider = call.resource.require()
    return {
        "SAMLProviderUUID": saml_provider_uuid(row),
        "SAMLMetadataDocument": row.metadata,
        "CreateDate": row.created,
        "ValidUntil": row.valid_until,
        # Encrypted assertions are allowed and not required until somebody says otherwise.
        "AssertionEncryptionMode": row.encryption_mode or "Allowed",
        "PrivateKeyList": [
            {"KeyId": key["id"], "Timestamp": dt.datetime.fromisoformat(key["added"])} for key in row.private_keys
        ],
        **shapes.tags_of(row),
    }


@operation("iam:ListSAMLProviders", read_only=True)
def list_saml_providers(call: Call) -> Response:
    """All of them: the operation has no pages."""
    rows = SamlProvider.objects.filter(account=call.caller.account_key).order_by("name")
    found = [
        {"Arn": row.arn(call.caller.account_id), "ValidUntil": row.valid_until, "CreateDate": row.created}
        for row in rows.only("name", "valid_until", "created")
    ]
    return {"SAMLProviderList": found}


@operation("iam:UpdateSAMLProvider", resource=resources.saml_provider, prepare=_check_private_key)
def update_saml_provider(
    call: Call,
    *,
    saml_provider_arn: str,
    saml_metadata_document: str | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    remove_private_key: str | None = None,
) -> Response:
    """Replace the metadata document, or change how assertions are encrypted."""
    row: SamlProvider = call.resource.require()
    given: tuple[Any, ...] = (
        saml_metadata_document,
        assertion_encryption_mode,
        add_private_key,
        remove_private_key,
    )
    if not any(given):
        raise InvalidInput(
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
        )
    if add_private_key is not None and remove_private_key is not None:
        raise InvalidInput(
            "Unable to add and remove private keys in the same request. "
            "Set a value for only one of the two parameters.",
            field="add_private_key",
        )
    if saml_metadata_document is not None:
        _take_metadata(row, saml_metadata_document, call.now)
    if add_private_key is not None:
        _add_private_key(call, row, add_private_key)
    if remove_private_key is not None:
        _remove_private_key(row, remove_private_key)
    row.encryption_mode = assertion_encryption_mode or row.encryption_mode
    _require_key_if_encrypted(row)
    row.save()
    return {"SAMLProviderArn": row.arn(call.caller.account_id)}


@operation("iam:DeleteSAMLProvider", resource=resources.saml_provider)
def delete_saml_provider(call: Call, *, saml_provider_arn: str) -> Response:
    """Delete a provider. Roles that trust it stay: "Any attempt to assume a role that references a non-existent
    provider resource ARN fails"."""
    call.resource.require().delete()
    return {}


@operation("iam:TagSAMLProvider", resource=resources.saml_provider, keys=keys.REQUEST_TAGS)
def tag_saml_provider(call: Call, *, saml_provider_arn: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagSAMLProvider", resource=resources.saml_provider, keys=keys.TAG_KEYS)
def untag_saml_provider(call: Call, *, saml_provider_arn: str, tag_keys: Sequence[str]) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListSAMLProviderTags", resource=resources.saml_provider, read_only=True)
def list_saml_provider_tags(
    call: Call, *, saml_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return tagging.page_of(call)


# -- OpenID Connect ---------------------------------------------------------------------------------------


def _host_and_path(url: str) -> str:
    """The URL as the provider's ARN has it: without its scheme.

    "The URL must begin with https:// … path components are allowed but query parameters are not … The URL should
    not contain a port number" (API Reference, CreateOpenIDConnectProvider).
    """
    wrong = InvalidInput("Invalid Open ID Connect Provider URL", field="url")
    # Spaces and control characters, which urlsplit would drop without a word.
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if not parts.hostname or parts.query or parts.fragment or "?" in url or "#" in url or "@" in parts.netloc:
        raise wrong
    if port is not None or parts.netloc.endswith(":"):
        raise wrong
    return url.removeprefix("https://")


def _thumbprints(thumbprint_list: Sequence[str]) -> list[str]:
    """SHA-1 hashes of certificates, in lower case: AWS's model says 40 characters, its text hexadecimal ones."""
    if len(thumbprint_list) > quotas.OIDC_THUMBPRINTS:
        raise InvalidInput(
            f"Thumbprint list must contain at most {quotas.OIDC_THUMBPRINTS} entries.", field="thumbprint_list"
        )
    for each in thumbprint_list:
        if not THUMBPRINT.fullmatch(each):
            raise InvalidInput(f"Invalid thumbprint: {each}", field="thumbprint_list")
    return list(dict.fromkeys(each.lower() for each in thumbprint_list))


def _check_client_ids(client_ids: Sequence[str]) -> None:
    if len(client_ids) > quotas.OIDC_CLIENT_IDS:
        raise LimitExceeded.quota("ClientIdsPerOpenIdConnectProvider", quotas.OIDC_CLIENT_IDS)


@operation(
    "iam:CreateOpenIDConnectProvider",
    resource=resources.new_oidc_provider,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagOpenIDConnectProvider", resources.if_tagged(resources.new_oidc_provider), keys.REQUEST_TAGS)],
)
def create_open_id_connect_provider(
    call: Call,
    *,
    url: str,
    client_id_list: Sequence[str] = (),
    thumbprint_list: Sequence[str] = (),
    tags: Tags = (),
) -> Response:
    """Make a provider of an issuer's URL.

    AWS fetches the thumbprint where none is given. Nothing is fetched here: the list then stays empty, and no token
    can be verified until UpdateOpenIDConnectProviderThumbprint names a certificate (docs/federation.md).
    """
    caller = call.caller
    shown = _host_and_path(url)
    rows = OidcProvider.objects.filter(account=caller.account_key)
    if rows.filter(url=shown).exists():
        raise EntityAlreadyExists(f"Provider with url {url} already exists.", field="url")
    quotas.check("OpenIdConnectProvidersPerAccount", quotas.OIDC_PROVIDERS, rows.count())
    client_ids = list(dict.fromkeys(client_id_list))
    _check_client_ids(client_ids)
    row = OidcProvider.objects.create(
        account_id=caller.account_key,
        url=shown,
        client_ids=client_ids,
        thumbprints=_thumbprints(thumbprint_list),
        tags=merged_tags({}, tags),
        created=call.now,
    )
    return {"OpenIDConnectProviderArn": row.arn(caller.account_id), **shapes.tags_of(row)}


@operation("iam:GetOpenIDConnectProvider", resource=resources.oidc_provider, read_only=True)
def get_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str) -> Response:
    """One provider; its Url is without `https://`, as on AWS."""
    row: OidcProvider = call.resource.require()
    return {
        "Url": row.url,
        "ClientIDList": row.client_ids,
        "ThumbprintList": row.thumbprints,
        "CreateDate": row.created,
        **shapes.tags_of(row),
    }


@operation("iam:ListOpenIDConnectProviders", read_only=True)
def list_open_id_connect_providers(call: Call) -> Response:
    """All of them, by ARN alone: the operation has no pages."""
    rows = OidcProvider.objects.filter(account=call.caller.account_key).order_by("url").only("url")
    return {"OpenIDConnectProviderList": [{"Arn": row.arn(call.caller.account_id)} for row in rows]}


@operation("iam:DeleteOpenIDConnectProvider", resource=resources.oidc_provider)
def delete_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str) -> Response:
    """Delete a provider: "idempotent; it does not fail or return an error if you call the operation for a provider
    that does not exist"."""
    if call.resource.row is not None:
        call.resource.row.delete()
    elif isinstance(call.resource.missing, InvalidInput):
        raise call.resource.missing
    return {}


@operation("iam:AddClientIDToOpenIDConnectProvider", resource=resources.oidc_provider)
def add_client_id_to_open_id_connect_provider(
    call: Call, *, open_id_connect_provider_arn: str, client_id: str
) -> Response:
    """Add an audience: "idempotent; it does not fail or return an error if you add an existing client ID"."""
    row: OidcProvider = call.resource.require()
    if client_id not in row.client_ids:
        row.client_ids = [*row.client_ids, client_id]
        _check_client_ids(row.client_ids)
        row.save(update_fields=["client_ids"])
    return {}


@operation("iam:RemoveClientIDFromOpenIDConnectProvider", resource=resources.oidc_provider)
def remove_client_id_from_open_id_connect_provider(
    call: Call, *, open_id_connect_provider_arn: str, client_id: str
) -> Response:
    """Take an audience away: "does not fail or return an error if you try to remove a client ID that does not
    exist"."""
    row: OidcProvider = call.resource.require()
    row.client_ids = [each for each in row.client_ids if each != client_id]
    row.save(update_fields=["client_ids"])
    return {}


@operation("iam:UpdateOpenIDConnectProviderThumbprint", resource=resources.oidc_provider)
def update_open_id_connect_provider_thumbprint(
    call: Call, *, open_id_connect_provider_arn: str, thumbprint_list: Sequence[str]
) -> Response:
    """ "The list that you pass with this operation completely replaces the existing list of thumbprints"."""
    row: OidcProvider = call.resource.require()
    row.thumbprints = _thumbprints(thumbprint_list)
    row.save(update_fields=["thumbprints"])
    return {}


@operation("iam:TagOpenIDConnectProvider", resource=resources.oidc_provider, keys=keys.REQUEST_TAGS)
def tag_open_id_connect_provider(call: Call, *, open_id_connect_provider_arn: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagOpenIDConnectProvider", resource=resources.oidc_provider, keys=keys.TAG_KEYS)
def untag_open_id_connect_provider(
    call: Call, *, open_id_connect_provider_arn: str, tag_keys: Sequence[str]
) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListOpenIDConnectProviderTags", resource=resources.oidc_provider, read_only=True)
def list_open_id_connect_provider_tags(
    call: Call, *, open_id_connect_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return tagging.page_of(call)
