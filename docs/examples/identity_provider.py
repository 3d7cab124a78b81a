"""A small identity provider for a lesson: makes the metadata, assertions and tokens that roles are assumed with.

It runs on a laptop without a network and needs what the simulator has installed anyway (cryptography, PyJWT, signxml).
docs/federation.md tells the lesson. One folder is one provider: its private key and its certificate.

    python docs/examples/identity_provider.py new idp
    python docs/examples/identity_provider.py metadata idp > metadata.xml
    python docs/examples/identity_provider.py assertion idp --role ROLE_ARN --provider PROVIDER_ARN --name alice
    python docs/examples/identity_provider.py thumbprint idp
    python docs/examples/identity_provider.py token idp --issuer https://idp.example.com --audience app --subject alice
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

ENTITY_ID = "https://idp.example.com/metadata"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
# Where AWS expects an assertion to be sent, and for whom it must be made.
RECIPIENT = "https://signin.aws.amazon.com/saml"
TAGS_CLAIM = "https://aws.amazon.com/tags"
Values = str | Sequence[str]


@dataclass(frozen=True)
class IdentityProvider:
    """A private key and the certificate that belongs to it."""

    key: Any
    certificate: x509.Certificate
    entity_id: str = ENTITY_ID

    @classmethod
    def new(cls, *, entity_id: str = ENTITY_ID, curve: bool = False, common_name: str = "idp.example.com") -> Any:
        """A new one; with `curve` its key is of an elliptic curve (ES256), else RSA (RS256)."""
        key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=365))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()), entity_id)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "key.pem").write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "certificate.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    @classmethod
    def load(cls, folder: Path) -> IdentityProvider:
        key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), password=None)
        return cls(key, x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes()))

    @property
    def certificate_text(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()

    @property
    def thumbprint(self) -> str:
        """What CreateOpenIDConnectProvider takes: the SHA-1 hash of the certificate."""
        return self.certificate.fingerprint(hashes.SHA1()).hex()  # AWS's thumbprints are SHA-1

    # -- SAML ---------------------------------------------------------------------------------------------

    def metadata(self, *, valid_until: str = "") -> str:
        """What CreateSAMLProvider takes."""
        until = f' validUntil="{valid_until}"' if valid_until else ""
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID={quoteattr(self.entity_id)}{until}>
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false"
      protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:X509Data><ds:X509Certificate>{self.certificate_text}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
        Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"""

    def assertion(self, attributes: Mapping[str, Values], **details: Any) -> Any:
        """A signed assertion as an element; `details` are those of `assertion_text`."""
        from lxml import etree
        from signxml import XMLSigner

        unsigned = etree.fromstring(assertion_text(attributes, **{"issuer": self.entity_id} | details).encode())
        method = "ecdsa-sha256" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "rsa-sha256"
        signer = XMLSigner(signature_algorithm=method, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
        certificate = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return signer.sign(unsigned, key=self.key, cert=certificate, reference_uri=unsigned.get("ID"))

    def response(self, attributes: Mapping[str, Values], **details: Any) -> str:
        """What AssumeRoleWithSAML takes: a response with one signed assertion, in base64."""
        from lxml import etree

        status = details.pop("status", "urn:oasis:names:tc:SAML:2.0:status:Success")
        assertion = etree.tostring(self.assertion(attributes, **details)).decode()
        return encoded(response_text(assertion, issuer=details.get("issuer", self.entity_id), status=status))

    # -- OpenID Connect -----------------------------------------------------------------------------------

    def token(self, claims: Mapping[str, Any], *, algorithm: str = "", **headers: Any) -> str:
        """What AssumeRoleWithWebIdentity takes: an ID token that carries its certificate (x5c, RFC 7515, 4.1.6)."""
        algorithm = algorithm or ("ES256" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "RS256")
        now = int(dt.datetime.now(dt.UTC).timestamp())
        times = {"iat": now, "exp": now + 3600}
        return jwt.encode(
            times | dict(claims), self.key, algorithm=algorithm, headers={"x5c": [self.certificate_text]} | headers
        )


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def saml_time(ahead: dt.timedelta = dt.timedelta()) -> str:
    return (dt.datetime.now(dt.UTC) + ahead).strftime("%Y-%m-%dT%H:%M:%SZ")


def aws_attributes(
    role: str, provider: str, session_name: str, tags: Mapping[str, str] | None = None, **others: Values
) -> dict[str, Values]:
    """The attributes that AWS reads; `others` are SessionDuration, SourceIdentity or TransitiveTagKeys."""
    named = {f"{ATTRIBUTES}PrincipalTag:{key}": value for key, value in (tags or {}).items()}
    named |= {f"{ATTRIBUTES}{name}": value for name, value in others.items()}
    return {f"{ATTRIBUTES}Role": f"{role},{provider}", f"{ATTRIBUTES}RoleSessionName": session_name} | named


def assertion_text(
    attributes: Mapping[str, Values],
    *,
    issuer: str = ENTITY_ID,
    subject: str = "alice@example.com",
    name_format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    qualifier: str = "",
    recipient: str = RECIPIENT,
    audience: str = RECIPIENT,
    minutes: int = 5,
    since: dt.timedelta = dt.timedelta(minutes=-1),
    session_not_on_or_after: str = "",
) -> str:
    """An assertion that nobody has signed yet, good for some minutes from a moment on."""
    start, end = saml_time(since), saml_time(since + dt.timedelta(minutes=1 + minutes))
    shown = ""
    for name, values in attributes.items():
        each = "".join(
            f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>"
            for value in ([values] if isinstance(values, str) else values)
        )
        shown += f"<saml:Attribute Name={quoteattr(name)}>{each}</saml:Attribute>"
    named_by = f" NameQualifier={quoteattr(qualifier)}" if qualifier else ""
    until = f' SessionNotOnOrAfter="{session_not_on_or_after}"' if session_not_on_or_after else ""
    return (
        f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{secrets.token_hex(16)}" '
        f'Version="2.0" IssueInstant="{start}"><saml:Issuer>{escape(issuer)}</saml:Issuer>'
        f'<saml:Subject><saml:NameID Format="{name_format}"{named_by}>{escape(subject)}</saml:NameID>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData Recipient={quoteattr(recipient)} NotOnOrAfter="{end}"/>'
        "</saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{start}" NotOnOrAfter="{end}"><saml:AudienceRestriction>'
        f"<saml:Audience>{escape(audience)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{start}"{until}><saml:AuthnContext><saml:AuthnContextClassRef>'
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>"
        f"</saml:AuthnStatement><saml:AttributeStatement>{shown}</saml:AttributeStatement></saml:Assertion>"
    )


def response_text(
    assertions: str, *, issuer: str = ENTITY_ID, status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
) -> str:
    """A response around assertions."""
    return (
        '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
        f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{secrets.token_hex(16)}" Version="2.0" '
        f'IssueInstant="{saml_time()}" Destination="{RECIPIENT}"><saml:Issuer>{escape(issuer)}</saml:Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{assertions}</samlp:Response>'
    )


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("new", "metadata", "thumbprint", "assertion", "token"):
        command = commands.add_parser(name)
        command.add_argument("folder", type=Path)
        if name == "assertion":
            command.add_argument("--role", required=True, help="the role's ARN")
            command.add_argument("--provider", required=True, help="the SAML provider's ARN")
            command.add_argument("--name", required=True, help="the session's name, such as a user's")
            command.add_argument("--subject", default="alice@example.com")
            command.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="a session tag")
        if name == "token":
            command.add_argument("--issuer", required=True, help="the provider's URL, with https://")
            command.add_argument("--audience", required=True, help="one of the provider's client IDs")
            command.add_argument("--subject", required=True)
            command.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="a session tag")
            command.add_argument("--claim", action="append", default=[], metavar="NAME=VALUE", help="another claim")
    given = parser.parse_args()
    if given.command == "new":
        IdentityProvider.new().save(given.folder)
        return
    provider = IdentityProvider.load(given.folder)
    if given.command == "metadata":
        print(provider.metadata())
    elif given.command == "thumbprint":
        print(provider.thumbprint)
    elif given.command == "assertion":
        attributes = aws_attributes(given.role, given.provider, given.name, _pairs(given.tag))
        print(provider.response(attributes, subject=given.subject))
    else:
        claims: dict[str, Any] = {"iss": given.issuer, "aud": given.audience, "sub": given.subject}
        claims |= _pairs(given.claim)
        if given.tag:
            claims[TAGS_CLAIM] = {"principal_tags": {key: [value] for key, value in _pairs(given.tag).items()}}
        print(provider.token(claims))


if __name__ == "__main__":
    main()
