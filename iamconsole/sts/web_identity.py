"""Is this token one that the provider's issuer has signed, now and for us?

A pure function of the token, the provider and the time. Nothing is fetched, so the token brings its certificates
along (`x5c`, RFC 7515, 4.1.6), and one of them must be known by the provider's thumbprint, which AWS uses to trust the
server that it fetches the keys from. All else is as AWS documents it: STS API Reference, AssumeRoleWithWebIdentity;
IAM User Guide, "Available keys for AWS web identity federation" and "Pass session tags using
AssumeRoleWithWebIdentity".
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from iamconsole.sts.identities import (
    ExpiredToken,
    Identity,
    IdpCommunicationError,
    InvalidIdentityToken,
    checked_source_identity,
    checked_tags,
)

# "The OIDC token … must be signed with RS256, RS384, RS512, ES256, ES384, or ES512" is all that AWS takes; which of
# them a key may be used with, the key itself says, never the token.
RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
CHAIN = 5
# Nobody nests claims deeper; the JSON reader would follow without end.
DEEP = 64
SKEW = 60
TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Provider:
    """What verification needs of an IAM OIDC provider; `url` is without its scheme."""

    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]


def issuer_of(token: str) -> str:
    """Who the token says has made it: for finding the provider, and believed for nothing else."""
    issuer = _parts(token)[1].get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise InvalidIdentityToken("Missing a required claim: iss")
    return issuer


def verify(token: str, provider: Provider, now: dt.datetime) -> Identity:
    """The identity that a token vouches for; raises AWS's error for one that does not."""
    import jwt

    header, claims = _parts(token)
    if not provider.thumbprints:
        # Where AWS would fetch the keys.
        raise IdpCommunicationError(
            "The identity provider could not be reached to verify the token: its keys are not fetched here. "
            "Give the thumbprint of the token's certificate to UpdateOpenIDConnectProviderThumbprint."
        )
    key = _trusted_key(header, provider, now)
    algorithms = RSA_ALGORITHMS if isinstance(key, rsa.RSAPublicKey) else (CURVES[key.curve.name],)
    try:
        # The signature alone: the times are looked at below, by the call's clock and in AWS's words.
        jwt.PyJWS().decode(token, key, algorithms=list(algorithms))
    except jwt.InvalidTokenError as error:
        raise InvalidIdentityToken("The token's signature is not valid.") from error
    if claims.get("iss") != f"https://{provider.url}":
        raise InvalidIdentityToken("The ID Token provided is not a valid token of this provider.")
    _check_times(claims, int(now.timestamp()))
    return _identity(claims, provider)


# -- the signature ----------------------------------------------------------------------------------------


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, not yet believed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidIdentityToken(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        )
    return _json(parts[0]), _json(parts[1])


def _json(part: str) -> Mapping[str, Any]:
    wrong = InvalidIdentityToken("The ID Token provided is not a valid JWT.", field="web_identity_token")
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        if text.count(b"{") + text.count(b"[") > DEEP:
            raise wrong
        found = json.loads(text, object_pairs_hook=_once)
        shown = json.dumps(found, ensure_ascii=False)
        shown.encode()  # half a character is no text
        if "\\u0000" in shown:
            raise wrong
    except (ValueError, binascii.Error) as error:
        raise wrong from error
    if not isinstance(found, dict):
        raise wrong
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Whoever reads a claim that stands twice may read the other one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands twice")
    return found


def _trusted_key(
    header: Mapping[str, Any], provider: Provider, now: dt.datetime
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """The key of the token's first certificate, once a certificate known by its thumbprint vouches for it.

    An authority vouches for many: what it has signed must be for the provider's own host, as it must where AWS fetches
    the keys by TLS (RFC 9110, 4.3.4). Whoever has any certificate of the authority's could else speak for the provider.
    """
    untrusted = InvalidIdentityToken("Couldn't retrieve verification key from your identity provider")
    chain = _chain(header)
    trusted = False
    for at, certificate in enumerate(chain):
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise untrusted
        if at and not _vouches(certificate, chain[at - 1], between=at - 1):
            raise untrusted
        if certificate.fingerprint(hashes.SHA1()).hex() in provider.thumbprints:  # thumbprints of AWS are SHA-1
            trusted = at == 0 or _is_for(chain[0], provider.url)
            break
    key = chain[0].public_key()
    if not trusted:
        raise untrusted
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key
    raise untrusted


def _chain(header: Mapping[str, Any]) -> list[x509.Certificate]:
    """The certificates that the token carries. A key (`jwk`) or an address (`jku`, `x5u`) in it counts for nothing."""
    given = header.get("x5c")
    if not isinstance(given, list) or not 1 <= len(given) <= CHAIN or not all(isinstance(one, str) for one in given):
        raise InvalidIdentityToken(
            "Couldn't retrieve verification key from your identity provider: the token carries no x5c certificates."
        )
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in given]
    except (ValueError, binascii.Error, x509.InvalidVersion) as error:
        raise InvalidIdentityToken("A certificate of the token cannot be read.") from error


def _vouches(issuer: x509.Certificate, certificate: x509.Certificate, between: int) -> bool:
    """Whether the issuer is an authority that has signed the certificate, and may have so many `between` it and the
    first (RFC 5280, 4.2.1.9)."""
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca and (constraints.path_length is None or between <= constraints.path_length)


def _is_for(certificate: x509.Certificate, url: str) -> bool:
    """Whether the certificate names the host of the URL, or all hosts of its domain (RFC 9525, 6.3)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    host = url.partition("/")[0].partition(":")[0].lower()
    known = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return host in known or f"*.{host.partition('.')[2]}" in known


# -- what it says -----------------------------------------------------------------------------------------


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    """ "Timestamps in the token must be formatted as either an integer or a long integer"."""
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None and name != "nbf":
            raise InvalidIdentityToken(f"Missing a required claim: {name}")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise InvalidIdentityToken(f"The claim {name} is not an integer.")
    if now >= claims["exp"]:
        raise ExpiredToken(
            f"Token expired: current date/time {now} must be before the expiration date/time {claims['exp']}"
        )
    if max(claims["iat"], claims.get("nbf", 0)) > now + SKEW:
        raise InvalidIdentityToken("The ID Token provided is not yet valid.")


def _identity(claims: Mapping[str, Any], provider: Provider) -> Identity:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT:
        raise InvalidIdentityToken("Missing a required claim: sub")
    audience = _audience(claims)
    if audience not in provider.client_ids:
        raise InvalidIdentityToken("Incorrect token audience")
    tags, transitive = _tags(claims)
    checked_tags(tags, transitive)
    source_identity = claims.get(SOURCE_IDENTITY)
    if source_identity is not None and not isinstance(source_identity, str):
        raise InvalidIdentityToken("The source identity is not a text.")
    return Identity(
        subject=subject,
        issuer=str(claims["iss"]),
        audience=audience,
        keys=_keys(claims, provider.url, audience),
        tags=tags,
        transitive=transitive,
        source_identity=checked_source_identity(source_identity) if source_identity is not None else "",
    )


def _audience(claims: Mapping[str, Any]) -> str:
    """Whom the token is for: `azp` where it is there, else `aud`.

    "If azp is set, its value is that of the aud condition key" (available keys). Of several audiences without it,
    nobody could say which application asked.
    """
    given = claims.get("azp", claims.get("aud"))
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if given is None:
        raise InvalidIdentityToken("Missing a required claim: aud")
    if not isinstance(given, str):
        raise InvalidIdentityToken("Incorrect token audience")
    return given


def _tags(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags, nested (`{TAGS: {"principal_tags": …}}`) or flat (`TAGS/principal_tags/Project`)."""
    nested = claims.get(TAGS, {})
    if not isinstance(nested, dict):
        raise InvalidIdentityToken("The claim of the session tags is not an object.")
    given = dict(_mapping(nested.get("principal_tags", {})))
    flat = f"{TAGS}/principal_tags/"
    given |= {name.removeprefix(flat): value for name, value in claims.items() if name.startswith(flat)}
    tags = {}
    for key, value in given.items():
        # "principal_tags": {"Project": ["Automation"]}: a list of one.
        text = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(text, str):
            raise InvalidIdentityToken(f"The session tag {key[:128]} must have exactly one value.")
        tags[key] = text
    transitive = nested.get("transitive_tag_keys", claims.get(f"{TAGS}/transitive_tag_keys", []))
    if not isinstance(transitive, list) or not all(isinstance(key, str) for key in transitive):
        raise InvalidIdentityToken("The transitive tag keys are not a list of texts.")
    return tags, tuple(transitive)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidIdentityToken("The session tags are not an object.")
    return value


def _keys(claims: Mapping[str, Any], url: str, audience: str) -> dict[str, str | Sequence[str]]:
    """The claims as condition keys, `<provider>:<claim>`: texts and lists of texts.

    AWS documents aud, sub and amr for every provider and further claims for some; which of them a decision really
    has, the gateway says (it knows the reference).
    """
    keys: dict[str, str | Sequence[str]] = {}
    for name, value in claims.items():
        if isinstance(value, bool):
            keys[f"{url}:{name}"] = "true" if value else "false"
        elif isinstance(value, str | int):
            keys[f"{url}:{name}"] = str(value)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            keys[f"{url}:{name}"] = list(value)
    original = claims.get("aud")
    keys[f"{url}:aud"] = audience
    if "azp" in claims and isinstance(original, str):
        keys[f"{url}:oaud"] = original
    return keys
