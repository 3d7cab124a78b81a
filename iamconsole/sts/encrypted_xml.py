"""Open an encrypted assertion. Source: W3C, "XML Encryption Syntax and Processing Version 1.1".

Content is encrypted with AES in CBC or GCM mode, its key with RSA-OAEP: what AWS takes ("Manage SAML encryption keys",
IAM User Guide). RSA with PKCS #1 v1.5 padding is refused: it leaks the key to whoever may ask often enough.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "{http://www.w3.org/2009/xmlenc11#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
# By algorithm: the length of the key in bytes, and whether it is GCM.
CIPHERS = {
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc": (16, False),
    "http://www.w3.org/2001/04/xmlenc#aes192-cbc": (24, False),
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc": (32, False),
    "http://www.w3.org/2009/xmlenc11#aes128-gcm": (16, True),
    "http://www.w3.org/2009/xmlenc11#aes192-gcm": (24, True),
    "http://www.w3.org/2009/xmlenc11#aes256-gcm": (32, True),
}
OAEP = {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512,
    "http://www.w3.org/2009/xmlenc11#mgf1sha1": hashes.SHA1,
    "http://www.w3.org/2009/xmlenc11#mgf1sha256": hashes.SHA256,
    "http://www.w3.org/2009/xmlenc11#mgf1sha384": hashes.SHA384,
    "http://www.w3.org/2009/xmlenc11#mgf1sha512": hashes.SHA512,
}
BLOCK = 16


class CannotDecrypt(ValueError):
    """The element is not what we can open; the message says why, and nothing about its content."""


def decrypt(element: Any, private_keys: Sequence[str]) -> bytes:
    """The XML in an EncryptedAssertion, opened with any of the keys (PEM)."""
    data = element.find(f"{XENC}EncryptedData")
    # Its key stands in it, or beside it.
    keys = list(element.iter(f"{XENC}EncryptedKey"))
    if data is None or len(keys) != 1:
        raise CannotDecrypt("it must have one EncryptedData and one EncryptedKey")
    length, gcm = CIPHERS.get(_algorithm(data), (0, False))
    if not length:
        raise CannotDecrypt("its cipher is not AES in CBC or GCM mode")
    secret = _content_key(keys[0], length, private_keys)
    value = _value(data)
    return _open_gcm(secret, value) if gcm else _open_cbc(secret, value)


def _method(element: Any) -> Any:
    method = element.find(f"{XENC}EncryptionMethod")
    if method is None:
        raise CannotDecrypt("it does not say how it is encrypted")
    return method


def _algorithm(element: Any) -> str:
    return str(_method(element).get("Algorithm", ""))


def _value(element: Any) -> bytes:
    found = element.find(f"{XENC}CipherData/{XENC}CipherValue")
    try:
        return base64.b64decode("".join((found.text or "").split()), validate=True) if found is not None else b""
    except binascii.Error as error:
        raise CannotDecrypt("its CipherValue is not base64") from error


def _hash(method: Any, tag: str) -> hashes.HashAlgorithm:
    found = method.find(tag)
    if found is None:
        return hashes.SHA1()  # both elements' default in the specification
    made = DIGESTS.get(found.get("Algorithm", ""))
    if made is None:
        raise CannotDecrypt("its key is encrypted with an unknown digest")
    return made()


def _content_key(element: Any, length: int, private_keys: Sequence[str]) -> bytes:
    method = _method(element)
    if method.get("Algorithm") not in OAEP:
        raise CannotDecrypt("its key is not encrypted with RSA-OAEP")
    mask = _hash(method, f"{XENC11}MGF")
    scheme = padding.OAEP(padding.MGF1(mask), _hash(method, f"{DS}DigestMethod"), None)
    value = _value(element)
    for pem in private_keys:
        # It was checked when it was added. Checking it each time would cost seconds where it is long.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            continue
        try:
            secret = key.decrypt(value, scheme)
        except ValueError:
            continue  # another's
        if len(secret) == length:
            return secret
    raise CannotDecrypt("none of the provider's private keys opens it")


def _open_gcm(secret: bytes, value: bytes) -> bytes:
    try:
        return AESGCM(secret).decrypt(value[:12], value[12:], None)
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt("its content is damaged") from error


def _open_cbc(secret: bytes, value: bytes) -> bytes:
    start, rest = value[:BLOCK], value[BLOCK:]
    if not rest or len(rest) % BLOCK or len(start) < BLOCK:
        raise CannotDecrypt("its content is damaged")
    opener = Cipher(algorithms.AES(secret), modes.CBC(start)).decryptor()
    text = opener.update(rest) + opener.finalize()
    # The last byte says how much of the last block is padding; the other padding may be anything.
    if not 1 <= text[-1] <= BLOCK:
        raise CannotDecrypt("its content is damaged")
    return text[: -text[-1]]
