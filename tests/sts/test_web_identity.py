"""OIDC tokens: real keys, real signatures, and what hostile people make of them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from iamconsole.core.errors import AwsError
from iamconsole.sts import web_identity
from iamconsole.sts.identities import ExpiredToken, IdpCommunicationError, InvalidIdentityToken
from tests.federation import identity_provider as idp
from tests.iam.keys import of_no_version

URL = "idp.example.com"
NOW = dt.datetime.now(dt.UTC)
CLAIMS = {"iss": f"https://{URL}", "aud": "app", "sub": "user:alice"}
SECOND = int(NOW.timestamp())


@pytest.fixture(scope="module")
def keys():
    return idp.IdentityProvider.new()


@pytest.fixture(scope="module")
def stranger():
    return idp.IdentityProvider.new()


def provider(keys, **changes):
    given = {"url": URL, "client_ids": ("app", "other"), "thumbprints": (keys.thumbprint,)}
    return web_identity.Provider(**given | changes)


def verified(keys, token, now=None, **changes):
    return web_identity.verify(token, provider(keys, **changes), now or dt.datetime.now(dt.UTC))


def refused(keys, token, message, error=InvalidIdentityToken, **more):
    with pytest.raises(error) as refusal:
        verified(keys, token, **more)
    assert message in refusal.value.message


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def test_a_signed_token_says_who_it_is(keys):
    found = verified(keys, keys.token(CLAIMS | {"amr": ["mfa", "pwd"], "admin": True}))
    assert (found.subject, found.issuer, found.audience) == ("user:alice", f"https://{URL}", "app")
    assert found.keys[f"{URL}:sub"] == "user:alice"
    assert found.keys[f"{URL}:aud"] == "app"
    assert found.keys[f"{URL}:amr"] == ["mfa", "pwd"]


def test_keys_of_elliptic_curves_sign_too():
    keys = idp.IdentityProvider.new(curve=True)
    assert verified(keys, keys.token(CLAIMS)).subject == "user:alice"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
def test_an_rsa_key_signs_with_each_of_its_algorithms(keys, algorithm):
    assert verified(keys, keys.token(CLAIMS, algorithm=algorithm)).subject == "user:alice"


def test_the_thumbprint_may_be_of_an_authority_behind_the_key(keys):
    leaf_key = rsa.generate_private_key(65537, key_size=2048)
    leaf = issued(keys, leaf_key)
    chain = [text_of(leaf), keys.certificate_text]
    token = jwt.encode(CLAIMS | times(), leaf_key, algorithm="RS256", headers={"x5c": chain})
    assert verified(keys, token).subject == "user:alice"
    alone = jwt.encode(CLAIMS | times(), leaf_key, algorithm="RS256", headers={"x5c": chain[:1]})
    refused(keys, alone, "Couldn't retrieve verification key")


def test_a_certificate_of_a_version_that_there_is_not_is_refused(keys):
    chain = [of_no_version(keys.certificate_text)]
    key = rsa.generate_private_key(65537, key_size=2048)
    token = jwt.encode(CLAIMS | times(), key, algorithm="RS256", headers={"x5c": chain})
    with pytest.raises(AwsError) as error:
        verified(keys, token)
    assert error.value.code == "InvalidIdentityToken"


def times():
    return {"iat": SECOND, "exp": SECOND + 36_000}


def text_of(certificate):
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


@pytest.mark.parametrize("names", [(), ("evil.example.com",), ("*.com",), ("example.com",), ("*.idp.example.com",)])
def test_an_authority_vouches_only_for_the_certificate_of_the_provider_s_host(keys, names):
    """Many have a certificate of a public authority's: each could else sign tokens of this provider."""
    leaf_key = rsa.generate_private_key(65537, key_size=2048)
    chain = [text_of(issued(keys, leaf_key, names=names)), keys.certificate_text]
    token = jwt.encode(CLAIMS | times(), leaf_key, algorithm="RS256", headers={"x5c": chain})
    refused(keys, token, "Couldn't retrieve verification key")


@pytest.mark.parametrize("name", ["idp.example.com", "IDP.example.com", "*.example.com"])
def test_a_certificate_names_the_provider_s_host_or_its_domain(keys, name):
    leaf_key = rsa.generate_private_key(65537, key_size=2048)
    chain = [text_of(issued(keys, leaf_key, names=[name])), keys.certificate_text]
    url = f"{URL}/pool/1"
    token = jwt.encode(
        CLAIMS | times() | {"iss": f"https://{url}"}, leaf_key, algorithm="RS256", headers={"x5c": chain}
    )
    assert verified(keys, token, url=url).subject == "user:alice"


def test_an_authority_s_path_length_is_kept(keys):
    """An authority that may only sign leaves has made no further authorities."""
    middle_key, leaf_key = (rsa.generate_private_key(65537, key_size=2048) for _ in range(2))
    for length, good in ((0, False), (1, True)):
        top = idp.IdentityProvider(keys.key, issued(keys, keys.key, ca=True, path_length=length))
        middle = idp.IdentityProvider(middle_key, issued(top, middle_key, ca=True))
        chain = [text_of(one) for one in (issued(middle, leaf_key), middle.certificate, top.certificate)]
        token = jwt.encode(CLAIMS | times(), leaf_key, algorithm="RS256", headers={"x5c": chain})
        if good:
            assert verified(top, token).subject == "user:alice"
        else:
            refused(top, token, "Couldn't retrieve verification key")


def issued(authority, key, *, ca=False, names=(URL,), path_length=None):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
    builder = x509.CertificateBuilder(
        authority.certificate.subject, name, key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(NOW - dt.timedelta(hours=1)).not_valid_after(NOW + dt.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(authority.key, hashes.SHA256())


def test_session_tags_come_nested_or_flat(keys):
    nested = {
        "https://aws.amazon.com/tags": {
            "principal_tags": {"Project": ["Automation"], "CostCenter": ["987654"]},
            "transitive_tag_keys": ["Project"],
        }
    }
    found = verified(keys, keys.token(CLAIMS | nested))
    assert (found.tags, found.transitive) == ({"Project": "Automation", "CostCenter": "987654"}, ("Project",))
    flat = {
        "https://aws.amazon.com/tags/principal_tags/Project": "Automation",
        "https://aws.amazon.com/tags/transitive_tag_keys": ["Project"],
        "https://aws.amazon.com/source_identity": "alice",
    }
    found = verified(keys, keys.token(CLAIMS | flat))
    assert (found.tags, found.transitive, found.source_identity) == ({"Project": "Automation"}, ("Project",), "alice")


def test_azp_is_the_audience_where_it_is_there(keys):
    found = verified(keys, keys.token(CLAIMS | {"azp": "other", "aud": "someone"}))
    assert (found.audience, found.keys[f"{URL}:aud"], found.keys[f"{URL}:oaud"]) == ("other", "other", "someone")


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"aud": "stranger"}, "Incorrect token audience"),
        ({"aud": ["app", "other"]}, "Incorrect token audience"),
        ({"aud": None}, "Missing a required claim: aud"),
        ({"sub": None}, "Missing a required claim: sub"),
        ({"sub": 7}, "Missing a required claim: sub"),
        ({"sub": "x" * 256}, "Missing a required claim: sub"),
        ({"iss": "https://evil.example.com"}, "not a valid token of this provider"),
        ({"iss": f"https://{URL}/"}, "not a valid token of this provider"),
        ({"iss": f"http://{URL}"}, "not a valid token of this provider"),
        ({"exp": "soon"}, "The claim exp is not an integer."),
        ({"exp": 1e300}, "The claim exp is not an integer."),
        ({"exp": True}, "The claim exp is not an integer."),
        ({"exp": None}, "Missing a required claim: exp"),
        ({"nbf": SECOND + 90_000}, "not yet valid"),
        ({"iat": SECOND + 90_000}, "not yet valid"),
        ({"https://aws.amazon.com/tags": "x"}, "not an object"),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"a": ["1", "2"]}}}, "exactly one value"),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"a": "\ud800"}}}, "not a valid JWT"),
        ({"sub": "a\0b"}, "not a valid JWT"),
        ({"https://aws.amazon.com/tags": {"principal_tags": {"a": "\n"}}}, "character"),
        ({"https://aws.amazon.com/source_identity": "a b"}, "Source Identity must match"),
    ],
)
def test_claims_that_break_the_rules_are_refused(keys, claims, message):
    refused(keys, keys.token(CLAIMS | claims), message)


def test_an_expired_token_says_so(keys):
    refused(
        keys,
        keys.token(CLAIMS | {"exp": SECOND, "iat": SECOND}),
        f"Token expired: current date/time {SECOND} must be before the expiration date/time {SECOND}",
        ExpiredToken,
        now=NOW,
    )


def test_without_a_thumbprint_no_key_is_known(keys):
    refused(keys, keys.token(CLAIMS), "could not be reached", IdpCommunicationError, thumbprints=())


# -- hostile ----------------------------------------------------------------------------------------------


def test_another_key_s_token_is_refused(keys, stranger):
    refused(keys, stranger.token(CLAIMS), "Couldn't retrieve verification key")


def test_the_known_certificate_does_not_vouch_for_another_key(keys, stranger):
    token = jwt.encode(CLAIMS | times(), stranger.key, algorithm="RS256", headers={"x5c": [keys.certificate_text]})
    refused(keys, token, "signature is not valid")


def test_a_chain_must_hold_together(keys, stranger):
    """The stranger's own certificate first, the known one behind it: nobody has signed the first with the second."""
    chain = [stranger.certificate_text, keys.certificate_text]
    token = jwt.encode(CLAIMS | times(), stranger.key, algorithm="RS256", headers={"x5c": chain})
    refused(keys, token, "Couldn't retrieve verification key")


def test_a_certificate_that_is_no_authority_vouches_for_nobody(keys):
    """Whoever has a key under a known leaf certificate could else make certificates of their own."""
    leaf_key = rsa.generate_private_key(65537, key_size=2048)
    leaf = idp.IdentityProvider(leaf_key, issued(keys, leaf_key))
    evil_key = rsa.generate_private_key(65537, key_size=2048)
    chain = [text_of(issued(leaf, evil_key)), text_of(leaf.certificate)]
    token = jwt.encode(CLAIMS | times(), evil_key, algorithm="RS256", headers={"x5c": chain})
    refused(keys, token, "Couldn't retrieve verification key", thumbprints=(leaf.thumbprint,))


def test_an_expired_certificate_vouches_for_nobody(keys):
    later = NOW + dt.timedelta(days=400)
    claims = CLAIMS | {"exp": int(later.timestamp()) + 60}
    refused(keys, keys.token(claims), "Couldn't retrieve verification key", now=later)


def test_no_algorithm_is_no_signature(keys):
    header = {"alg": "none", "typ": "JWT", "x5c": [keys.certificate_text]}
    refused(keys, f"{encoded(header)}.{encoded(CLAIMS | times())}.", "signature is not valid")


def test_an_hmac_with_the_public_key_is_no_signature(keys):
    public = keys.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{encoded({'alg': 'HS256', 'x5c': [keys.certificate_text]})}.{encoded(CLAIMS | times())}"
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    refused(keys, f"{signed}.{encoded(mac)}", "signature is not valid")


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u"])
def test_a_key_in_the_header_counts_for_nothing(keys, stranger, header):
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.key.public_key()))
    value = public if header == "jwk" else "https://evil.example.com/keys"
    only = jwt.encode(CLAIMS | times(), stranger.key, algorithm="RS256", headers={header: value})
    refused(keys, only, "carries no x5c")
    both = {header: value, "x5c": [keys.certificate_text]}
    token = jwt.encode(CLAIMS | times(), stranger.key, algorithm="RS256", headers=both)
    refused(keys, token, "signature is not valid")


def test_claims_changed_after_signing_show(keys):
    header, _, signature = keys.token(CLAIMS).split(".")
    refused(keys, f"{header}.{encoded(CLAIMS | times() | {'sub': 'admin'})}.{signature}", "signature is not valid")


def test_a_claim_that_stands_twice_is_refused(keys):
    header, _, signature = keys.token(CLAIMS).split(".")
    twice = b'{"sub": "alice", "sub": "admin"}'
    refused(keys, f"{header}.{encoded(twice)}.{signature}", "not a valid JWT")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abcd",
        "a.b",
        "a.b.c",
        "..",
        "a.b.c.d",
        f"{encoded(b'[' * 14_000)}.{encoded(b'[' * 900)}.x",
        f"{encoded({'alg': 'RS256'})}.{encoded(b'[]')}.x",
        f"{encoded({'alg': 'RS256', 'x5c': 'x'})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 'RS256', 'x5c': ['x']})}.{encoded(CLAIMS)}.x",
        f"{encoded({'alg': 'RS256', 'x5c': ['AAAA'] * 6})}.{encoded(CLAIMS)}.x",
        f"{encoded(b'9' * 9000)}.{encoded(CLAIMS)}.x",
        "é.é.é",
    ],
)
def test_what_is_no_token_is_refused(keys, token):
    with pytest.raises(InvalidIdentityToken):
        verified(keys, token)
