"""Keys and certificates for tests, made anew in each process: none is kept in the repository."""

from __future__ import annotations

import base64
import datetime as dt
import textwrap
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


def ssh_text(key: Any, comment: str = "john@laptop") -> str:
    return f"{key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


def pem_text(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_text(key: Any, encryption: Any = None) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, key: Any, *, issuer: str = "", signer: Any = None, begins: int = -1, ends: int = 365) -> str:
    """A certificate in PEM; self-signed where no issuer is named. `begins` and `ends` are days from now."""
    now = dt.datetime.now(dt.UTC)

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + ends * DAY)
        .sign(signer or key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
SSH_PUBLIC_KEY = ssh_text(RSA_KEY)
_SERVER_KEY = elliptic_key()
PRIVATE_KEY = private_text(_SERVER_KEY)
CERTIFICATE = certificate("www.company1.com", _SERVER_KEY)
SIGNING_CERTIFICATE = certificate("john", elliptic_key())


def of_no_version(text: str) -> str:
    """A certificate, with or without its PEM armour, whose version X.509 does not know."""
    body = "".join(line for line in text.splitlines() if not line.startswith("-----"))
    der = base64.b64decode(body)
    version = bytes.fromhex("a003020102")
    assert version in der
    changed = base64.b64encode(der.replace(version, bytes.fromhex("a00302013f"))).decode()
    if not text.startswith("-----"):
        return changed
    return "-----BEGIN CERTIFICATE-----\n" + "\n".join(textwrap.wrap(changed, 64)) + "\n-----END CERTIFICATE-----\n"
