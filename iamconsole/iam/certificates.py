"""X.509 certificates as IAM takes them: PEM, whole, in time, and a server's with its key and chain.

Source: IAM User Guide, "Manage server certificates in IAM" (id_credentials_server-certs.html); API Reference,
UploadSigningCertificate and UploadServerCertificate, for the codes. AWS documents few of the words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from iamconsole.core.errors import InvalidRequest

# No chain that a server sends is longer, and each link costs a verification.
LONGEST_CHAIN = 20
# Longer keys than any authority signs cost seconds to check.
LONGEST_RSA = 8192


def malformed(message: str, field: str) -> InvalidRequest:
    return InvalidRequest(message, code="MalformedCertificate", field=field)


def read(body: str, now: dt.datetime) -> x509.Certificate:
    """The one certificate of a PEM text that is valid at `now`."""
    field = "certificate_body"
    found = _parsed(body, field, "Unable to parse certificate. Please ensure the certificate is in PEM format.")
    if len(found) != 1:
        raise malformed(f"The certificate body must be one certificate; it has {len(found)}.", field)
    certificate = found[0]
    try:
        ends, key = certificate.not_valid_after_utc, certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid("The dates or the public key of the certificate cannot be read.") from error
    if ends <= now:
        raise malformed("The certificate has expired.", field)
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        raise _invalid("The public key of the certificate is neither an RSA nor an elliptic curve key.")
    return certificate


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="InvalidCertificate", field="certificate_body")


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def check_chain(certificate: x509.Certificate, chain: str) -> None:
    """Each certificate of the chain must have signed the one before it; the first the server's own."""
    field = "certificate_chain"
    links = _parsed(chain, field, "Unable to parse certificate chain. Please ensure the chain is in PEM format.")
    if len(links) > LONGEST_CHAIN:
        raise malformed(f"The certificate chain has more than {LONGEST_CHAIN} certificates.", field)
    below = certificate
    for index, link in enumerate(links):
        try:
            below.verify_directly_issued_by(link)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise malformed(
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                f"certificate is: {index}",
                field,
            ) from error
        below = link


def read_key(pem: bytes) -> RSAPrivateKey | EllipticCurvePrivateKey | None:
    """A private key without a passphrase, checked; None for one of another kind or of an unusual size.

    Raises ValueError, TypeError or UnsupportedAlgorithm for what is no such key. To be called without a lock: checking
    a long key takes seconds.
    """
    # First without its costly checks: how long the key is must be known before they are made.
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, RSAPrivateKey) and key.key_size <= LONGEST_RSA:
        key = load_pem_private_key(pem, None)
        return key if isinstance(key, RSAPrivateKey) else None
    return key if isinstance(key, EllipticCurvePrivateKey) else None


def check_key(certificate: x509.Certificate, private_key: str) -> None:
    """Refuse a private key that cannot be read, has a passphrase, or is another certificate's."""
    field = "private_key"
    text = private_key.encode("latin-1")
    unreadable = "Unable to parse key; the private key must be in PEM format, unencrypted, and match the certificate."
    try:
        key = read_key(text)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise malformed(unreadable, field) from error
    if key is None:
        raise malformed("The private key is neither an RSA nor an elliptic curve key of a usual size.", field)
    own, wanted = (
        one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for one in (key.public_key(), certificate.public_key())
    )
    if own != wanted:
        raise InvalidRequest(
            "The public key certificate and the private key do not match.", code="KeyPairMismatch", field=field
        )


def _parsed(text: str, field: str, message: str) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode("latin-1"))
    except (ValueError, x509.InvalidVersion) as error:
        raise malformed(message, field) from error
