"""SSH public keys for CodeCommit: "The public key must be encoded in ssh-rsa format or PEM format. The minimum
bit-length of the public key is 2048 bits" (API Reference, UploadSSHPublicKey)."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from iamconsole.core.errors import InvalidRequest

SHORTEST = 2048
FIELD = "ssh_public_key_body"


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="InvalidPublicKey", field=FIELD)


def encoding_of(body: str) -> str:
    """`SSH` or `PEM`. Of other encodings AWS says that they are unrecognized, and not in which words."""
    text = body.strip()
    if text.startswith("ssh-rsa "):
        return "SSH"
    if text.startswith("-----BEGIN "):
        return "PEM"
    raise InvalidRequest(
        "The public key must be encoded in ssh-rsa format or PEM format.",
        code="UnrecognizedPublicKeyEncoding",
        field=FIELD,
    )


def read(body: str) -> RSAPublicKey:
    """The key of an upload, or AWS's error; the words are ours, AWS documents the codes alone."""
    load = load_ssh_public_key if encoding_of(body) == "SSH" else load_pem_public_key
    try:
        key = load(body.strip().encode("latin-1"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid("The public key is malformed or otherwise invalid.") from error
    if not isinstance(key, RSAPublicKey):
        raise _invalid("The public key is not an RSA key.")
    if key.key_size < SHORTEST:
        raise _invalid(f"The public key has {key.key_size} bits. The minimum is {SHORTEST} bits.")
    return key


def fingerprint(key: RSAPublicKey) -> str:
    """The MD5 digest that `ssh-keygen -l -E md5` prints, as AWS's documentation shows it."""
    blob = base64.b64decode(_written(key, "SSH").split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _written(key: RSAPublicKey, encoding: str) -> str:
    if encoding == "SSH":
        return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def encoded(body: str, encoding: str) -> str:
    """An uploaded key in the encoding that is asked for: as it was uploaded if that is the one."""
    return body if encoding_of(body) == encoding else _written(read(body), encoding)
