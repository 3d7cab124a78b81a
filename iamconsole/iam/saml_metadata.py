"""The metadata document of a SAML identity provider: what it is called, and what it signs with.

OASIS, "Metadata for the OASIS Security Assertion Markup Language (SAML) V2.0". What IAM asks of it: "SAML metadata
document … must include the issuer's name, expiration information, and keys that can be used to validate the SAML
authentication response (assertions)" (IAM API Reference, CreateSAMLProvider).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
XMLDSIG = "{http://www.w3.org/2000/09/xmldsig#}"
SAML2 = "urn:oasis:names:tc:SAML:2.0:protocol"
# IAM User Guide, quotas: "Keys per SAML provider 10".
KEYS = 10
LEAST_BITS = 1024


class UnreadableMetadata(ValueError):
    """The document is no metadata of a SAML identity provider; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """An identity provider's name, its signing certificates, and until when the document says it holds."""

    entity_id: str
    certificates: tuple[x509.Certificate, ...]
    valid_until: dt.datetime | None


def parse_xml(text: str | bytes) -> Any:
    """The root element of a document that nobody vouches for.

    No DTD, so no entity to expand; nothing is fetched; a document that lxml calls huge is refused. lxml is loaded
    when first asked for: most calls never need it.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, dtd_validation=False, huge_tree=False, remove_pis=True
    )
    data = text.encode() if isinstance(text, str) else text
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableMetadata("it is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableMetadata("it has a document type declaration")
    return root


def read(text: str) -> Metadata:
    """Read the metadata document of one SAML 2.0 identity provider."""
    root = parse_xml(text)
    if root.tag != f"{METADATA}EntityDescriptor":
        raise UnreadableMetadata("its root is not the EntityDescriptor of one entity")
    entity_id = root.get("entityID", "").strip()
    if not entity_id:
        raise UnreadableMetadata("its EntityDescriptor has no entityID")
    roles = [
        each
        for each in root.iterchildren(f"{METADATA}IDPSSODescriptor")
        if SAML2 in each.get("protocolSupportEnumeration", "").split()
    ]
    if not roles:
        raise UnreadableMetadata("it has no IDPSSODescriptor of SAML 2.0")
    certificates = tuple(
        _certificate(element.text or "")
        for each in roles
        for key in each.iterchildren(f"{METADATA}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for element in key.iter(f"{XMLDSIG}X509Certificate")
    )
    if not certificates:
        raise UnreadableMetadata("it has no certificate to check signatures with")
    if len(certificates) > KEYS:
        raise UnreadableMetadata(f"it has more than {KEYS} keys")
    until = root.get("validUntil")
    return Metadata(entity_id, certificates, moment(until) if until else None)


def _certificate(text: str) -> x509.Certificate:
    """A certificate "must use a key size of at least 1024 bits" and "must be free of any repeated extensions" (IAM User
    Guide, id_roles_providers_create_saml.html)."""
    try:
        found = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        key = found.public_key()
        list(found.extensions)
    except (ValueError, binascii.Error, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise UnreadableMetadata("one of its certificates cannot be read") from error
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_BITS:
        raise UnreadableMetadata(f"one of its keys has less than {LEAST_BITS} bits")
    return found


def moment(text: str) -> dt.datetime:
    """A time of SAML: "all SAML time values … MUST be expressed in UTC form, with no time zone component"."""
    try:
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableMetadata(f"{text[:40]} is not a time") from error
