"""Is this SAML response what the provider's identity provider has signed, now and for us?

A pure function of the response, the provider and the time. Sources: OASIS, "Assertions and Protocols for SAML V2.0";
IAM User Guide, "Configure SAML assertions for the authentication response" (id_roles_providers_create_saml_assertions)
and "Troubleshoot SAML federation with IAM" (troubleshoot_saml.html), whose texts the errors have; STS API Reference,
AssumeRoleWithSAML. Only what a verified signature covers is ever read.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from iamconsole.core.arn import Arn
from iamconsole.iam import saml_metadata
from iamconsole.sts import encrypted_xml
from iamconsole.sts.identities import (
    NAME,
    ExpiredToken,
    Identity,
    IdpRejectedClaim,
    InvalidIdentityToken,
    checked_source_identity,
    checked_tags,
)

ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
TRANSFORM = "{http://www.w3.org/2000/09/xmldsig#}Transform"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
# "The SAML assertion must be used within 5 minutes of being issued" (AssumeRoleWithSAML); clocks differ a little.
REDEEM = dt.timedelta(minutes=5)
SKEW = dt.timedelta(minutes=1)
# Global and regional sign-in endpoints, also with the provider's own identifier.
ENDPOINT = re.compile(r"https://([a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(/acs/[A-Za-z0-9]+)?")
# Prefixes that one document declares, attributes that one element has: honest ones have a dozen.
PREFIXES = 24
PREFIX = re.compile(r"xmlns(:[^\s=]+)?\s*=")
AUDIENCES = "urn:amazon:webservices"

# "Mapping SAML attributes to AWS trust policy context keys": the keys in the spelling of the reference. The table's
# own misprints of X.500 names (`2.4.5.42`) are read as what they stand for, with and without `urn:oid:`.
_EDU_PERSON = (
    "affiliation",
    "nickname",
    "orgdn",
    "orgunitdn",
    "primaryaffiliation",
    "principalname",
    "entitlement",
    "primaryorgunitdn",
    "scopedaffiliation",
    "targetedid",
    "assurance",
)
_EDU_ORG = ("homepageuri", "identityauthnpolicyuri", "legalname", "superioruri", "whitepagesuri")
_EDU = "urn:oid:1.3.6.1.4.1.5923.1"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_X500 = {
    "2.5.4.3": "saml:commonName",
    "2.5.4.4": "saml:surname",
    "2.5.4.42": "saml:givenName",
    "2.5.4.45": "saml:x500UniqueIdentifier",
    "0.9.2342.19200300.100.1.1": "saml:uid",
    "0.9.2342.19200300.100.1.3": "saml:mail",
    "0.9.2342.19200300.100.1.45": "saml:organizationStatus",
}
KEY_OF_ATTRIBUTE: Mapping[str, str] = {
    **{
        f"urn:oid:1.3.6.1.4.1.5923.1.1.1.{number}": f"saml:eduperson{name}"
        for number, name in enumerate(_EDU_PERSON, 1)
    },
    **{f"urn:oid:1.3.6.1.4.1.5923.1.2.1.{number}": f"saml:eduorg{name}" for number, name in enumerate(_EDU_ORG, 2)},
    **{f"urn:oid:{oid}": key for oid, key in _X500.items()},
    **_X500,
    "urn:oid:2.5.4.3": "saml:cn",
    f"{_CLAIMS}name": "saml:name",
    "http://schemas.xmlsoap.org/claims/CommonName": "saml:commonName",
    f"{_CLAIMS}givenname": "saml:givenName",
    f"{_CLAIMS}surname": "saml:surname",
    f"{_CLAIMS}emailaddress": "saml:mail",
    # The table maps it to `uid`; the reference has a key of its own for it, whose name says what it is.
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "saml:primaryGroupSID",
}
# "Type: String" of the table; the others are lists.
_SINGLE = frozenset(
    {f"saml:eduperson{name}" for name in ("orgdn", "primaryaffiliation", "principalname", "primaryorgunitdn")}
    | {*_X500.values(), "saml:name", "saml:primaryGroupSID"}
)


@dataclass(frozen=True, slots=True)
class Provider:
    """What verification needs of an IAM SAML provider. `private_keys` open encrypted assertions, in PEM."""

    arn: str
    metadata: str
    valid_until: dt.datetime
    encryption_required: bool = False
    private_keys: tuple[str, ...] = ()


def verify(encoded: str, provider: Provider, now: dt.datetime) -> Identity:
    """The identity that a response in base64 vouches for; raises AWS's error for one that does not."""
    metadata = saml_metadata.read(provider.metadata)
    if provider.valid_until <= now:
        # AWS shows this date and does not say what happens after it; metadata that has ended vouches for nobody.
        raise InvalidIdentityToken("The metadata document of the identity provider has expired.")
    root = _response(encoded)
    assertion = _signed_assertion(root, provider, metadata.certificates)
    if _text(_only(assertion, f"{ASSERTION}Issuer")) != metadata.entity_id:
        raise InvalidIdentityToken("Issuer not present in specified provider")
    return _identity(assertion, provider, metadata.entity_id, now)


# -- the signature ----------------------------------------------------------------------------------------


def _unreadable(why: str) -> InvalidIdentityToken:
    return InvalidIdentityToken(f"Invalid SAML response: {why}.", field="saml_assertion")


def _parsed(text: bytes) -> Any:
    """The root element of what is no more work to canonicalize than honest responses are.

    Canonicalization looks, for every element, at every prefix that is declared around it, and for each of them again;
    and it sorts the attributes of each. A few kilobytes of prefixes would keep a processor busy for minutes.
    """
    from lxml import etree

    root = saml_metadata.parse_xml(text)
    if len(set(PREFIX.findall(etree.tostring(root, encoding="unicode")))) > PREFIXES:
        raise saml_metadata.UnreadableMetadata(f"it declares more than {PREFIXES} prefixes of namespaces")
    if any(len(each.attrib) > PREFIXES for each in root.iter(etree.Element)):
        raise saml_metadata.UnreadableMetadata(f"an element has more than {PREFIXES} attributes")
    return root


def _response(encoded: str) -> Any:
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True)
        root = _parsed(text)
    except binascii.Error as error:
        raise _unreadable("it is not base64") from error
    except saml_metadata.UnreadableMetadata as error:
        raise _unreadable(str(error)) from error
    if root.tag != f"{PROTOCOL}Response":
        raise _unreadable("it is not a Response")
    status = _only(_only(root, f"{PROTOCOL}Status"), f"{PROTOCOL}StatusCode").get("Value", "")
    if status != SUCCESS:
        raise IdpRejectedClaim(f"The identity provider reported that authentication failed: {status[:200]}")
    return root


def _only(element: Any, tag: str) -> Any:
    """The one child of this name. Two of a thing would leave open which one counts."""
    found = list(element.iterchildren(tag))
    if len(found) != 1:
        raise _unreadable(f"it must have exactly one {tag.rpartition('}')[2]}")
    return found[0]


def _text(element: Any) -> str:
    """The text of an element without children; a comment in the midst of a name has fooled others."""
    if len(element):
        raise _unreadable(f"{element.tag.rpartition('}')[2]} must be text")
    return (element.text or "").strip()


def _signed_assertion(root: Any, provider: Provider, certificates: Sequence[x509.Certificate]) -> Any:
    """The one assertion of the response, as its signature covers it.

    Either the response or the assertion must be signed; where both are, both signatures must be good. An assertion
    that stands anywhere else than right under the response is one too many.
    """
    signed = False
    if root.find(SIGNATURE) is not None:
        root, signed = _verified(root, certificates), True
    encrypted = list(root.iterchildren(f"{ASSERTION}EncryptedAssertion"))
    assertions = list(root.iter(f"{ASSERTION}Assertion"))
    if len(encrypted) + len(assertions) != 1:
        raise _unreadable("it must have exactly one assertion")
    if encrypted:
        assertion = _decrypted(encrypted[0], provider)
    elif provider.encryption_required:
        raise InvalidIdentityToken("The identity provider must encrypt its assertions.")
    else:
        assertion = _only(root, f"{ASSERTION}Assertion")
    if assertion.find(SIGNATURE) is not None:
        return _verified(assertion, certificates)
    if not signed:
        raise _bad_signature()
    return assertion


def _bad_signature() -> InvalidIdentityToken:
    return InvalidIdentityToken("Response signature invalid")


def _decrypted(element: Any, provider: Provider) -> Any:
    try:
        text = encrypted_xml.decrypt(element, provider.private_keys)
        assertion = _parsed(text)
    except (encrypted_xml.CannotDecrypt, saml_metadata.UnreadableMetadata) as error:
        raise InvalidIdentityToken(f"The assertion could not be decrypted: {error}.") from error
    if assertion.tag != f"{ASSERTION}Assertion" or len(list(assertion.iter(f"{ASSERTION}Assertion"))) != 1:
        raise _unreadable("what was encrypted must be exactly one assertion")
    return assertion


def _verified(element: Any, certificates: Sequence[x509.Certificate]) -> Any:
    """What the element's own signature covers, which must be the whole element; made anew from the signed bytes.

    The element is looked at alone, so that a reference in the signature can name nothing outside it. Keys and
    certificates in the signature itself count for nothing.
    """
    from lxml import etree
    from signxml.algorithms import CanonicalizationMethod, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

    if len(list(element.iterchildren(SIGNATURE))) != 1:
        raise _unreadable("it must have exactly one signature")
    transforms = [each.get("Algorithm") for each in element.find(SIGNATURE).iter(TRANSFORM)]
    others = [each for each in transforms if each != ENVELOPED]
    # Besides it one canonicalization, exclusive or not. "Verifiers of signatures MAY reject signatures that contain
    # other transform algorithms as invalid" (SAML V2.0, 5.4.4): what they make of the element is not the element.
    if len(others) > 1 or not {each.value for each in CanonicalizationMethod}.issuperset(others):
        raise _bad_signature()
    alone = etree.tostring(element, with_tail=False)
    # Of public keys alone, and none with SHA-1.
    methods = frozenset(
        each for each in SignatureMethod if each.name.startswith(("RSA_", "ECDSA_")) and "SHA1" not in each.name
    )
    for certificate in certificates:
        # "IAM does not evaluate or take action on the expiration of X.509 certificates in SAML identity provider
        # metadata documents" (id_roles_providers_create_saml.html).
        config = SignatureConfiguration(
            location="./",
            signature_methods=methods,
            verification_time=certificate.not_valid_before_utc,
            ignore_ambiguous_key_info=True,
        )
        try:
            found = XMLVerifier().verify(alone, x509_cert=certificate, expect_config=config)
        except (SignXMLException, etree.LxmlError, ValueError):
            continue
        covered = found.signed_xml if isinstance(found, VerifyResult) else None
        if covered is not None and covered.tag == element.tag and covered.get("ID") == element.get("ID"):
            return covered
    raise _bad_signature()


# -- what it says -----------------------------------------------------------------------------------------


def _time(element: Any, name: str) -> dt.datetime | None:
    text = element.get(name)
    try:
        return saml_metadata.moment(text) if text else None
    except saml_metadata.UnreadableMetadata as error:
        raise _unreadable(f"{name} is not a time") from error


def _expired() -> ExpiredToken:
    return ExpiredToken("Token must be redeemed within 5 minutes of issuance")


def _check_times(assertion: Any, conditions: Any, now: dt.datetime) -> None:
    issued = _time(assertion, "IssueInstant")
    if issued is None:
        raise _unreadable("it has no IssueInstant")
    begins, ends = _time(conditions, "NotBefore"), _time(conditions, "NotOnOrAfter")
    if issued > now + SKEW or (begins is not None and begins > now + SKEW):
        raise _unreadable("its time has not come yet")
    if now >= issued + REDEEM or (ends is not None and now >= ends):
        raise _expired()


def _recipient(subject: Any, now: dt.datetime) -> str:
    """ "There must be exactly one SubjectConfirmation element with a SubjectConfirmationData element that includes
    both the NotOnOrAfter attribute and a Recipient attribute"."""
    confirmation = _only(subject, f"{ASSERTION}SubjectConfirmation")
    if confirmation.get("Method") != BEARER:
        raise _unreadable("its subject is not confirmed by bearer")
    data = _only(confirmation, f"{ASSERTION}SubjectConfirmationData")
    recipient, ends = data.get("Recipient", ""), _time(data, "NotOnOrAfter")
    if not ENDPOINT.fullmatch(recipient):
        raise _unreadable("it was made for another recipient")
    if ends is None:
        raise _unreadable("SubjectConfirmationData has no NotOnOrAfter")
    if now >= ends:
        raise _expired()
    return str(recipient)


def _check_audience(conditions: Any) -> None:
    """Every restriction must name AWS, by any of its audiences."""
    restrictions = list(conditions.iterchildren(f"{ASSERTION}AudienceRestriction"))
    for each in restrictions:
        audiences = [_text(one) for one in each.iterchildren(f"{ASSERTION}Audience")]
        if not any(one == AUDIENCES or ENDPOINT.fullmatch(one) for one in audiences):
            restrictions = []
            break
    if not restrictions:
        raise InvalidIdentityToken("Response does not contain the required audience.")


def _attributes(assertion: Any) -> dict[str, list[str]]:
    """The attributes by name: "You should include only one claim per AWS context key", so one may not stand twice."""
    found: dict[str, list[str]] = {}
    for statement in assertion.iterchildren(f"{ASSERTION}AttributeStatement"):
        for attribute in statement.iterchildren(f"{ASSERTION}Attribute"):
            name = attribute.get("Name", "")
            if name in found:
                raise _unreadable(f"the attribute {name[:200]} stands twice")
            found[name] = [_text(one) for one in attribute.iterchildren(f"{ASSERTION}AttributeValue")]
    return found


def _single(attributes: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = attributes.get(f"{ATTRIBUTES}{name}")
    if values is None:
        return None
    if len(values) != 1:
        raise InvalidIdentityToken(f"{name} must have exactly one value in AuthnResponse")
    return values[0]


def _roles(attributes: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Pairs of a role and a provider; AWS takes either first."""
    pairs = []
    for text in attributes.get(f"{ATTRIBUTES}Role", ()):
        first, _, second = (part.strip() for part in text.partition(","))
        pairs.append((second, first) if ":saml-provider/" in first else (first, second))
    if not pairs:
        raise InvalidIdentityToken("Role is required in AuthnResponse")
    return tuple(pairs)


def _session_name(attributes: Mapping[str, Sequence[str]]) -> str:
    name = _single(attributes, "RoleSessionName")
    if not name:
        raise InvalidIdentityToken("RoleSessionName is required in AuthnResponse")
    if not NAME.fullmatch(name):
        raise InvalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def _seconds(attributes: Mapping[str, Sequence[str]]) -> int | None:
    text = _single(attributes, "SessionDuration")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 900 <= int(text) <= 43200:
        raise InvalidIdentityToken("SessionDuration in AuthnResponse must be between 900 and 43200")
    return int(text)


def _identity(assertion: Any, provider: Provider, issuer: str, now: dt.datetime) -> Identity:
    subject = _only(assertion, f"{ASSERTION}Subject")
    conditions = _only(assertion, f"{ASSERTION}Conditions")
    _check_times(assertion, conditions, now)
    recipient = _recipient(subject, now)
    _check_audience(conditions)
    name = _only(subject, f"{ASSERTION}NameID")
    subject_id, name_format = _text(name), name.get("Format", "")
    attributes = _attributes(assertion)
    prefix = f"{ATTRIBUTES}PrincipalTag:"
    tags = {
        key.removeprefix(prefix): _single(attributes, key.removeprefix(ATTRIBUTES)) or ""
        for key in attributes
        if key.startswith(prefix)
    }
    transitive = tuple(attributes.get(f"{ATTRIBUTES}TransitiveTagKeys", ()))
    checked_tags(tags, transitive)
    source_identity = _single(attributes, "SourceIdentity")
    statements = assertion.iterchildren(f"{ASSERTION}AuthnStatement")
    ends = [end for each in statements if (end := _time(each, "SessionNotOnOrAfter"))]
    if any(end <= now for end in ends):
        raise _expired()
    subject_type = name_format.removeprefix(NAME_FORMAT)
    qualifier = name_qualifier(issuer, provider.arn)
    return Identity(
        subject=subject_id,
        issuer=issuer,
        audience=recipient,
        keys=_keys(attributes, recipient, issuer, subject_id, subject_type, qualifier, provider.arn),
        session_name=_session_name(attributes),
        tags=tags,
        transitive=transitive,
        source_identity=checked_source_identity(source_identity) if source_identity is not None else "",
        longest=min(ends) if ends else None,
        seconds=_seconds(attributes),
        subject_type=subject_type,
        name_qualifier=qualifier,
        roles=_roles(attributes),
    )


def name_qualifier(issuer: str, provider_arn: str) -> str:
    """ "A hash value based on the concatenation of the Issuer response value, the AWS account ID, and the friendly
    name (the last part of the ARN) of the SAML provider in IAM"; the API Reference has the formula."""
    parsed = Arn.parse(provider_arn)
    account, name = (parsed.account, parsed.resource.partition("/")[2]) if parsed else ("", "")
    digest = hashlib.sha1(f"{issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _keys(
    attributes: Mapping[str, Sequence[str]],
    recipient: str,
    issuer: str,
    subject: str,
    subject_type: str,
    qualifier: str,
    provider_arn: str,
) -> dict[str, str | Sequence[str]]:
    """The condition keys of the reference; `saml:aud` "comes from the SAML Recipient field in the assertion"."""
    account, name = provider_arn.split(":")[4], provider_arn.rpartition("/")[2]
    keys: dict[str, str | Sequence[str]] = {
        "saml:aud": recipient,
        "saml:iss": issuer,
        "saml:sub": subject,
        "saml:sub_type": subject_type,
        "saml:namequalifier": qualifier,
        # "acct-ID/provider-friendly-name"
        "saml:doc": f"{account}/{name}",
    }
    for attribute, values in attributes.items():
        key = KEY_OF_ATTRIBUTE.get(attribute)
        if key and key not in keys and values:
            keys[key] = values[0] if key in _SINGLE else list(values)
    return keys
