"""SAML responses: real keys, real signatures, and what hostile people make of them."""

from __future__ import annotations

import base64
import datetime as dt
import os
import re

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from iamconsole.sts import saml
from iamconsole.sts.identities import ExpiredToken, IdpRejectedClaim, InvalidIdentityToken
from tests.federation import identity_provider as idp

ROLE = "arn:aws:iam::123456789012:role/Federated"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/MySAMLIdP"
ATTRIBUTES = idp.ATTRIBUTES


def now(**ahead):
    return dt.datetime.now(dt.UTC) + dt.timedelta(**ahead)


@pytest.fixture(scope="module")
def keys():
    return idp.IdentityProvider.new()


@pytest.fixture(scope="module")
def stranger():
    return idp.IdentityProvider.new()


def provider(keys, **changes):
    given = {"arn": PROVIDER, "metadata": keys.metadata(), "valid_until": now(days=1)}
    return saml.Provider(**given | changes)


def aws(**others):
    return idp.aws_attributes(ROLE, PROVIDER, "alice", **others)


def text_of(keys, attributes=None, **details):
    return etree.tostring(keys.assertion(attributes or aws(), **details)).decode()


def verified(keys, response, at=None, **changes):
    return saml.verify(response, provider(keys, **changes), at or now())


def refused(keys, response, message, error=InvalidIdentityToken, **more):
    with pytest.raises(error) as refusal:
        verified(keys, response, **more)
    assert message in refusal.value.message


def test_a_signed_assertion_says_who_it_is(keys):
    found = verified(keys, keys.response(aws(), subject="alice@example.com"))
    assert (found.subject, found.subject_type, found.session_name) == ("alice@example.com", "persistent", "alice")
    assert (found.issuer, found.audience) == (idp.ENTITY_ID, "https://signin.aws.amazon.com/saml")
    assert found.roles == ((ROLE, PROVIDER),)
    assert found.keys["saml:aud"] == "https://signin.aws.amazon.com/saml"
    assert found.keys["saml:iss"] == idp.ENTITY_ID
    assert found.keys["saml:doc"] == "123456789012/MySAMLIdP"
    assert found.keys["saml:namequalifier"] == found.name_qualifier


def test_the_name_qualifier_is_the_hash_of_aws_s_formula():
    import hashlib

    wanted = base64.b64encode(hashlib.sha1(b"https://example.com/saml123456789012/MySAMLIdP").digest()).decode()
    assert saml.name_qualifier("https://example.com/saml", PROVIDER) == wanted


@pytest.mark.parametrize("curve", [False, True])
def test_keys_of_both_kinds_sign(curve):
    keys = idp.IdentityProvider.new(curve=curve)
    assert verified(keys, keys.response(aws())).session_name == "alice"


def test_tags_source_identity_and_durations_come_along(keys):
    attributes = aws(
        tags={"Project": "Marketing", "CostCenter": "12345"},
        TransitiveTagKeys=["Project"],
        SourceIdentity="alice-a",
        SessionDuration="1800",
    )
    ends = now(minutes=20).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = verified(keys, keys.response(attributes, session_not_on_or_after=ends))
    assert found.tags == {"Project": "Marketing", "CostCenter": "12345"}
    assert found.transitive == ("Project",)
    assert (found.source_identity, found.seconds) == ("alice-a", 1800)
    assert found.longest == dt.datetime.fromisoformat(ends)


def test_attributes_become_the_keys_of_aws_s_table(keys):
    attributes = aws() | {
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"],
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "alice@example.com",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "alice@example.com",
        "urn:oid:2.5.4.3": ["Alice", "Al"],
        "unknown": "x",
    }
    found = verified(keys, keys.response(attributes)).keys
    assert found["saml:edupersonaffiliation"] == ["staff", "member"]
    assert found["saml:edupersonprincipalname"] == "alice@example.com"
    assert found["saml:mail"] == "alice@example.com"
    assert found["saml:cn"] == ["Alice", "Al"]


def test_a_name_format_outside_saml_2_0_stays_whole(keys):
    name_format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    assert verified(keys, keys.response(aws(), name_format=name_format)).subject_type == name_format


# -- times, audiences, names ------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [5, 6, 600])
def test_an_assertion_is_good_for_five_minutes(keys, minutes):
    response = keys.response(aws(), minutes=60, since=dt.timedelta(0))
    refused(
        keys,
        response,
        "Token must be redeemed within 5 minutes of issuance",
        ExpiredToken,
        at=now(minutes=minutes, seconds=5),
    )


def test_an_assertion_that_ends_earlier_ends_earlier(keys):
    response = keys.response(aws(), minutes=1)
    refused(keys, response, "within 5 minutes", ExpiredToken, at=now(minutes=2))


def test_an_assertion_of_tomorrow_is_refused(keys):
    refused(keys, keys.response(aws(), since=dt.timedelta(days=1)), "its time has not come yet")


def test_a_session_of_the_provider_that_has_ended_gives_none_here(keys):
    response = keys.response(aws(), session_not_on_or_after="2020-01-01T00:00:00Z")
    refused(keys, response, "within 5 minutes", ExpiredToken)


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"issuer": "https://evil.example.com"}, "Issuer not present in specified provider"),
        ({"recipient": "https://sp.example.com/saml"}, "another recipient"),
        ({"recipient": "https://signin.aws.amazon.com.evil.example/saml"}, "another recipient"),
        ({"audience": "https://sp.example.com"}, "Response does not contain the required audience."),
    ],
)
def test_an_assertion_for_or_by_somebody_else_is_refused(keys, details, message):
    refused(keys, keys.response(aws(), **details), message)


@pytest.mark.parametrize("audience", ["urn:amazon:webservices", "https://eu-west-1.signin.aws.amazon.com/saml"])
def test_aws_goes_by_several_audiences(keys, audience):
    assert verified(keys, keys.response(aws(), audience=audience))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({f"{ATTRIBUTES}Role": f"{ROLE},{PROVIDER}"}, "RoleSessionName is required in AuthnResponse"),
        ({f"{ATTRIBUTES}RoleSessionName": "alice"}, "Role is required in AuthnResponse"),
        (aws() | {f"{ATTRIBUTES}RoleSessionName": "a b"}, "must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        (aws() | {f"{ATTRIBUTES}RoleSessionName": ["alice", "bob"]}, "exactly one value"),
        (aws(SourceIdentity="aws:x"), "Source Identity must match"),
        (aws(SessionDuration="1"), "between 900 and 43200"),
        (aws(SessionDuration="٩٩٩"), "between 900 and 43200"),
        (aws(TransitiveTagKeys=["Nowhere"]), "transitive tag key"),
        (aws(tags={"aws:x": "y"}), "not valid"),
        (aws(tags={"a": "1", "A": "2"}), "stands twice"),
        (aws(tags={"a": "<script>"}), "character"),
    ],
)
def test_attributes_that_break_aws_s_rules_are_refused(keys, attributes, message):
    refused(keys, keys.response(attributes), message)


def test_a_failed_sign_in_is_a_rejected_claim(keys):
    response = keys.response(aws(), status="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed")
    refused(keys, response, "AuthnFailed", IdpRejectedClaim)


def test_metadata_that_has_ended_vouches_for_nobody(keys):
    refused(keys, keys.response(aws()), "has expired", valid_until=now(seconds=-1))


# -- hostile ----------------------------------------------------------------------------------------------


def test_another_key_s_signature_is_invalid(keys, stranger):
    refused(keys, stranger.response(aws()), "Response signature invalid")


def test_a_certificate_in_the_signature_counts_for_nothing(keys, stranger):
    """The stranger's assertion carries the stranger's own, good, certificate."""
    response = stranger.response(aws())
    assert b"X509Certificate" in base64.b64decode(response)
    refused(keys, response, "Response signature invalid")


def test_an_unsigned_assertion_is_refused(keys):
    refused(keys, idp.encoded(idp.response_text(idp.assertion_text(aws()))), "Response signature invalid")


@pytest.mark.parametrize("part", ["alice@example.com", ROLE, "RoleSessionName", "NotOnOrAfter"])
def test_whatever_is_changed_after_signing_shows(keys, part):
    changed = text_of(keys).replace(part, part[:-1] + "x")
    refused(keys, idp.encoded(idp.response_text(changed)), "Response signature invalid")


def admin():
    return idp.aws_attributes("arn:aws:iam::123456789012:role/Admin", PROVIDER, "root")


def evil_assertion():
    return idp.assertion_text(admin(), subject="evil")


def without_signature(text):
    return re.sub(r"<ds:Signature.*</ds:Signature>", "", text, flags=re.DOTALL)


def signature_of(text):
    return re.search(r"<ds:Signature.*</ds:Signature>", text, flags=re.DOTALL)[0]


def _wrappings(good):
    """The eight classical places to hide the signed assertion behind or beside a forged one."""
    evil, signature = evil_assertion(), signature_of(good)
    bare = without_signature(good)
    inside = evil.replace("</saml:Assertion>", f"{signature}</saml:Assertion>")
    hidden = signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>")
    yield "beside, forged first", evil + good
    yield "beside, forged last", good + evil
    yield "the signature moved into the forged one", inside + bare
    yield "the signed one in the forged one", evil.replace("</saml:Assertion>", f"{good}</saml:Assertion>")
    yield "the signed one in an object", evil.replace("</saml:Assertion>", f"{hidden}</saml:Assertion>")
    yield "the signed one in an extension", f"<samlp:Extensions>{good}</samlp:Extensions>{evil}"
    same = re.sub(r'ID="[^"]*"', re.search(r'ID="[^"]*"', good)[0], evil)
    yield "the same ID twice", same + good
    yield "the same ID, signature moved", same.replace("</saml:Assertion>", f"{signature}</saml:Assertion>")


PREFIXES = "".join(f' xmlns:a{number}="urn:{number}"' for number in range(400))
COSTLY = [
    (f"<x{PREFIXES}>{'<y/>' * 5000}</x>", "more than 24 prefixes"),
    (f"<x {PREFIXES.replace('xmlns:', '')}/>", "more than 24 attributes"),
]


@pytest.mark.parametrize(("element", "message"), COSTLY)
def test_what_costs_seconds_to_canonicalize_is_refused_before(keys, element, message):
    """Whoever has a provider of their own could sign it well, and everybody's writes would wait for the answer."""
    text = idp.assertion_text(aws()).replace("</saml:Assertion>", f"{element}</saml:Assertion>")
    refused(keys, idp.encoded(idp.response_text(text)), message)


@pytest.mark.parametrize(("element", "message"), COSTLY)
def test_the_same_within_an_encrypted_assertion(keys, opener, element, message):
    inner = text_of(keys).replace("</saml:Assertion>", f"{element}</saml:Assertion>")
    response = idp.encoded(idp.response_text(encrypted(inner, opener)))
    refused(keys, response, message, private_keys=(pem_of(opener),))


def test_prefixes_that_are_declared_anew_on_every_value_are_few(keys):
    """As many identity providers write them."""
    value = '<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema">x</saml:AttributeValue>'
    several = f'<saml:Attribute Name="groups">{value * 200}</saml:Attribute></saml:AttributeStatement>'
    text = idp.assertion_text(aws()).replace("</saml:AttributeStatement>", several)
    assert verified(keys, signed_response(keys, text)).subject == "alice@example.com"


@pytest.mark.parametrize("number", range(8))
def test_signature_wrapping_gains_nothing(keys, number):
    name, wrapped = list(_wrappings(text_of(keys)))[number]
    with pytest.raises(InvalidIdentityToken):
        verified(keys, idp.encoded(idp.response_text(wrapped)))
    assert name


def test_a_comment_within_a_name_does_not_cut_it(keys):
    """Canonical XML drops comments, so a signed `alice@example.com.evil` could be read as `alice@example.com`."""
    good = text_of(keys, subject="alice@example.com.evil")
    cut = good.replace("alice@example.com.evil", "alice@example.com<!-- -->.evil")
    found = verified(keys, idp.encoded(idp.response_text(cut)))
    assert found.subject == "alice@example.com.evil"


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">&c;
</samlp:Response>"""
OUTSIDE = """<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">&x;</samlp:Response>"""


@pytest.mark.parametrize(
    "text",
    [BOMB, OUTSIDE, "", "x", "<a/>", "<a" * 10_000, "<a>" * 20_000, "\x00", "<?xml version='1.0' encoding='x'?><a/>"],
)
def test_what_is_no_response_is_refused_and_fetches_nothing(keys, text):
    with pytest.raises(InvalidIdentityToken):
        verified(keys, idp.encoded(text))


def test_what_is_no_base64_is_refused(keys):
    refused(keys, "****", "it is not base64")


def hmac_signed(keys):
    """An assertion whose "signature" is an HMAC with the provider's public certificate as its key."""
    from signxml import XMLSigner
    from signxml.algorithms import SignatureMethod

    pem = keys.certificate.public_bytes(serialization.Encoding.PEM)
    unsigned = etree.fromstring(idp.assertion_text(aws()))
    signer = XMLSigner(signature_algorithm=SignatureMethod.HMAC_SHA256)
    signed = signer.sign(unsigned, key=pem, reference_uri=unsigned.get("ID"))
    return idp.encoded(idp.response_text(etree.tostring(signed).decode()))


def test_an_hmac_with_the_public_certificate_is_no_signature(keys):
    refused(keys, hmac_signed(keys), "Response signature invalid")


# -- a signed response, and encrypted assertions ----------------------------------------------------------


def signed_response(keys, assertion, method="http://www.w3.org/2006/12/xml-c14n11"):
    from signxml import XMLSigner

    root = etree.fromstring(idp.response_text(assertion))
    pem = keys.certificate.public_bytes(serialization.Encoding.PEM).decode()
    signed = XMLSigner(c14n_algorithm=method).sign(root, key=keys.key, cert=pem, reference_uri=root.get("ID"))
    return idp.encoded(etree.tostring(signed).decode())


def test_the_response_may_be_signed_instead_of_the_assertion(keys):
    assert verified(keys, signed_response(keys, idp.assertion_text(aws()))).session_name == "alice"


@pytest.mark.parametrize(
    "transforms",
    [
        ("enveloped", "base64"),
        ("enveloped", "c14n", "c14n"),
        ("inclusive", "c14n"),
        ("enveloped", "xslt"),
    ],
)
def test_other_transforms_than_those_of_saml_are_refused(keys, transforms):
    """Well signed all the same, by whoever has a provider of their own."""
    refused(keys, transformed(keys, transforms), "Response signature invalid")


def test_the_transforms_of_saml_are_good(keys):
    assert verified(keys, transformed(keys, ("enveloped", "c14n"))).session_name == "alice"


def transformed(keys, transforms):
    """A signed response whose signature names other transforms, and is made anew for that."""
    dsig = "http://www.w3.org/2000/09/xmldsig#"
    known = {
        "enveloped": f"{dsig}enveloped-signature",
        "base64": f"{dsig}base64",
        "c14n": "http://www.w3.org/2001/10/xml-exc-c14n#",
        "inclusive": "http://www.w3.org/2006/12/xml-c14n11",
        "xslt": "http://www.w3.org/TR/1999/REC-xslt-19991116",
    }
    root = etree.fromstring(base64.b64decode(signed_response(keys, idp.assertion_text(aws()), known["c14n"])))
    signature = root.find(f"{{{dsig}}}Signature")
    told = signature.find(f".//{{{dsig}}}Transforms")
    told[:] = [etree.Element(f"{{{dsig}}}Transform", Algorithm=known[one]) for one in transforms]
    signed_info = signature.find(f"{{{dsig}}}SignedInfo")
    text = etree.tostring(signed_info, method="c14n", exclusive=True, with_tail=False)
    value = keys.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    signature.find(f"{{{dsig}}}SignatureValue").text = base64.b64encode(value).decode()
    return idp.encoded(etree.tostring(root).decode())


def test_where_both_are_signed_both_must_be_good(keys, stranger):
    assert verified(keys, signed_response(keys, text_of(keys))).session_name == "alice"
    refused(keys, signed_response(keys, text_of(stranger)), "Response signature invalid")


@pytest.fixture(scope="module")
def opener():
    return rsa.generate_private_key(65537, key_size=2048)


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def encrypted(text, key, mode="gcm", wrap="oaep"):
    secret, start = os.urandom(32), os.urandom(12 if mode == "gcm" else 16)
    if mode == "gcm":
        algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
        content = start + AESGCM(secret).encrypt(start, text.encode(), None)
    else:
        algorithm = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
        missing = 16 - len(text.encode()) % 16
        sealer = Cipher(algorithms.AES(secret), modes.CBC(start)).encryptor()
        content = start + sealer.update(text.encode() + b"\0" * (missing - 1) + bytes([missing])) + sealer.finalize()
    if wrap == "oaep":
        method = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
        sealed = key.public_key().encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None))
    else:
        method = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
        sealed = key.public_key().encrypt(secret, padding.PKCS1v15())
    return (
        '<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">'
        f'<xenc:EncryptionMethod Algorithm="{algorithm}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        f'<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{method}"/><xenc:CipherData><xenc:CipherValue>'
        f"{base64.b64encode(sealed).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>"
        f"<xenc:CipherData><xenc:CipherValue>{base64.b64encode(content).decode()}</xenc:CipherValue></xenc:CipherData>"
        "</xenc:EncryptedData></saml:EncryptedAssertion>"
    )


@pytest.mark.parametrize("mode", ["gcm", "cbc"])
def test_an_encrypted_assertion_is_opened_with_the_provider_s_key(keys, opener, mode):
    response = idp.encoded(idp.response_text(encrypted(text_of(keys), opener, mode)))
    other = rsa.generate_private_key(65537, key_size=2048)
    assert verified(keys, response, private_keys=(pem_of(other), pem_of(opener))).session_name == "alice"
    assert verified(keys, response, private_keys=(pem_of(opener),), encryption_required=True)
    refused(keys, response, "none of the provider's private keys", private_keys=(pem_of(other),))
    refused(keys, response, "none of the provider's private keys")


def test_what_is_encrypted_must_be_signed_all_the_same(keys, opener):
    response = idp.encoded(idp.response_text(encrypted(idp.assertion_text(aws()), opener)))
    refused(keys, response, "Response signature invalid", private_keys=(pem_of(opener),))


def test_a_provider_that_requires_encryption_takes_nothing_else(keys, opener):
    refused(keys, keys.response(aws()), "must encrypt", private_keys=(pem_of(opener),), encryption_required=True)


def test_the_old_padding_of_rsa_is_refused(keys, opener):
    response = idp.encoded(idp.response_text(encrypted(text_of(keys), opener, wrap="pkcs1")))
    refused(keys, response, "not encrypted with RSA-OAEP", private_keys=(pem_of(opener),))
