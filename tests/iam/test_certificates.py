"""Signing and server certificates (API Reference; IAM User Guide, "Manage server certificates in IAM")."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from django.conf import settings as site
from hypothesis import given, settings
from hypothesis import strategies as st

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam import certificates, ssh_keys
from iamconsole.iam.models import ServerCertificate, SigningCertificate
from tests.factories import allow, client_for, policy
from tests.iam.keys import (
    CERTIFICATE,
    PRIVATE_KEY,
    RSA_KEY,
    SIGNING_CERTIFICATE,
    SSH_PUBLIC_KEY,
    certificate,
    elliptic_key,
    of_no_version,
    pem_text,
    private_text,
)

pytestmark = pytest.mark.django_db

AMIN = {"user_name": "amin"}


def refusal(client, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    return error.value.code, error.value.message


# -- signing certificates ---------------------------------------------------------------------------


def upload_signing(client, body=SIGNING_CERTIFICATE, **who):
    return client.call("iam:UploadSigningCertificate", certificate_body=body, **who)["Certificate"]


def test_a_signing_certificate_is_active_and_told_as_it_was_uploaded(admin):
    made = upload_signing(admin, **AMIN)
    assert (made["UserName"], made["Status"], made["CertificateBody"]) == ("amin", "Active", SIGNING_CERTIFICATE)
    assert len(made["CertificateId"]) == 32
    assert admin.call("iam:ListSigningCertificates", **AMIN)["Certificates"] == [made]


PARSE = "Unable to parse certificate. Please ensure the certificate is in PEM format."
BAD_CERTIFICATES = [
    (lambda: "hello", "MalformedCertificate", PARSE),
    (lambda: PRIVATE_KEY, "MalformedCertificate", PARSE),
    (lambda: SIGNING_CERTIFICATE.replace("M", "N", 1), "MalformedCertificate", PARSE),
    (lambda: of_no_version(SIGNING_CERTIFICATE), "MalformedCertificate", PARSE),
    (
        lambda: SIGNING_CERTIFICATE + CERTIFICATE,
        "MalformedCertificate",
        "The certificate body must be one certificate; it has 2.",
    ),
    (
        lambda: certificate("old", elliptic_key(), begins=-30, ends=-1),
        "MalformedCertificate",
        "The certificate has expired.",
    ),
]


@pytest.mark.parametrize(("body", "code", "message"), BAD_CERTIFICATES)
def test_what_is_no_certificate_in_force_is_refused(admin, body, code, message):
    assert refusal(admin, "iam:UploadSigningCertificate", **AMIN, certificate_body=body()) == (code, message)
    server = {"server_certificate_name": "web", "private_key": PRIVATE_KEY, "certificate_body": body()}
    assert refusal(admin, "iam:UploadServerCertificate", **server) == (code, message)


def test_a_certificate_with_a_key_of_another_kind_is_invalid(admin):
    authority = elliptic_key()
    body = certificate("odd", ed25519.Ed25519PrivateKey.generate(), issuer="authority", signer=authority)
    assert refusal(admin, "iam:UploadSigningCertificate", **AMIN, certificate_body=body) == (
        "InvalidCertificate",
        "The public key of the certificate is neither an RSA nor an elliptic curve key.",
    )


def test_an_account_knows_a_certificate_once(admin, stranger):
    upload_signing(admin, **AMIN)
    for who in (AMIN, {"user_name": "Sarah"}, {}):
        code, _ = refusal(admin, "iam:UploadSigningCertificate", certificate_body=SIGNING_CERTIFICATE, **who)
        assert code == "DuplicateCertificate"
    # The same certificate, written differently.
    spaced = "\n\n" + SIGNING_CERTIFICATE
    assert refusal(admin, "iam:UploadSigningCertificate", certificate_body=spaced)[0] == "DuplicateCertificate"
    assert upload_signing(stranger, **AMIN)


def test_a_third_signing_certificate_is_refused_even_when_one_is_inactive(admin):
    made = [upload_signing(admin, certificate(f"c{n}", elliptic_key()), **AMIN) for n in range(2)]
    inactive = {"certificate_id": made[0]["CertificateId"], "status": "Inactive"}
    admin.call("iam:UpdateSigningCertificate", **AMIN, **inactive)
    third = {"certificate_body": SIGNING_CERTIFICATE}
    assert refusal(admin, "iam:UploadSigningCertificate", **AMIN, **third) == (
        "LimitExceeded",
        "Cannot exceed quota for SigningCertificatesPerUser: 2",
    )
    listed = admin.call("iam:ListSigningCertificates", **AMIN)["Certificates"]
    assert [one["Status"] for one in listed] == ["Inactive", "Active"]


def test_the_root_user_has_its_own_and_the_summary_tells(root, admin, sandbox):
    assert root.call("iam:GetAccountSummary")["SummaryMap"]["AccountSigningCertificatesPresent"] == 0
    made = upload_signing(root)
    assert made["UserName"] == sandbox.name
    assert root.call("iam:ListSigningCertificates")["Certificates"] == [made]
    assert admin.call("iam:ListSigningCertificates")["Certificates"] == []
    assert root.call("iam:GetAccountSummary")["SummaryMap"]["AccountSigningCertificatesPresent"] == 1
    asked = {"certificate_id": made["CertificateId"]}
    assert refusal(admin, "iam:DeleteSigningCertificate", **asked)[0] == "NoSuchEntity"
    assert refusal(root, "iam:UpdateSigningCertificate", **asked, status="Expired")[0] == "InvalidInput"
    root.call("iam:DeleteSigningCertificate", **asked)
    assert not SigningCertificate.objects.exists()


GARBLED = st.tuples(st.integers(0, 10_000), st.sampled_from("A/+=\n -\xff0z"))


def garbled(text, changes):
    """A text with some of its characters exchanged."""
    letters = list(text)
    for place, letter in changes:
        letters[place % len(letters)] = letter
    return "".join(letters)


@given(st.lists(GARBLED, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_garbled_certificate_or_key_is_more_than_refused(changes):
    now = dt.datetime.now(dt.UTC)
    own = certificates.read(CERTIFICATE, now)
    for attempt in (
        lambda: certificates.read(garbled(CERTIFICATE, changes), now),
        lambda: certificates.check_key(own, garbled(PRIVATE_KEY, changes)),
        lambda: certificates.check_chain(own, garbled(SIGNING_CERTIFICATE, changes)),
        lambda: ssh_keys.read(garbled(SSH_PUBLIC_KEY, changes)),
        lambda: ssh_keys.read(garbled(pem_text(RSA_KEY), changes)),
    ):
        with suppress(AwsError):
            attempt()


# -- server certificates ----------------------------------------------------------------------------

WEB = {"server_certificate_name": "web", "certificate_body": CERTIFICATE, "private_key": PRIVATE_KEY}


def test_a_server_certificate_comes_back_without_its_key(admin, sandbox):
    made = admin.call("iam:UploadServerCertificate", **WEB, path="/cdn/", tags=[{"Key": "team", "Value": "web"}])
    told = made["ServerCertificateMetadata"]
    assert told["Arn"] == f"arn:aws:iam::{sandbox.account_id}:server-certificate/cdn/web"
    assert told["ServerCertificateId"].startswith("ASCA")
    got = admin.call("iam:GetServerCertificate", server_certificate_name="WEB")["ServerCertificate"]
    assert got == {
        "ServerCertificateMetadata": told,
        "CertificateBody": CERTIFICATE,
        "Tags": [{"Key": "team", "Value": "web"}],
    }
    assert admin.call("iam:ListServerCertificates")["ServerCertificateMetadataList"] == [told]
    row = ServerCertificate.objects.get()
    assert PRIVATE_KEY.encode() not in bytes(row.private_key)
    assert site.IAMCONSOLE_FERNET.decrypt(bytes(row.private_key)).decode() == PRIVATE_KEY
    event = Event.objects.filter(name="UploadServerCertificate").latest("id")
    assert event.request["privateKey"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert PRIVATE_KEY not in str([event.request, event.response])


def test_a_key_of_another_certificate_does_not_match(admin):
    for key in (private_text(elliptic_key()), private_text(rsa.generate_private_key(65537, 2048))):
        assert refusal(admin, "iam:UploadServerCertificate", **WEB | {"private_key": key}) == (
            "KeyPairMismatch",
            "The public key certificate and the private key do not match.",
        )


def test_a_key_that_cannot_be_read_or_has_a_passphrase_is_refused(admin):
    unreadable = "Unable to parse key; the private key must be in PEM format, unencrypted, and match the certificate."
    locked = private_text(elliptic_key(), BestAvailableEncryption(b"secret"))
    for key in ("hello", CERTIFICATE, locked):
        found = refusal(admin, "iam:UploadServerCertificate", **WEB | {"private_key": key})
        assert found == ("MalformedCertificate", unreadable)
    other = private_text(ed25519.Ed25519PrivateKey.generate())
    assert refusal(admin, "iam:UploadServerCertificate", **WEB | {"private_key": other})[0] == "MalformedCertificate"


def test_a_chain_must_begin_with_who_signed_and_go_on_in_order(admin):
    top_key, middle_key, own_key = elliptic_key(), rsa.generate_private_key(65537, 2048), elliptic_key()
    top = certificate("top", top_key)
    middle = certificate("middle", middle_key, issuer="top", signer=top_key)
    own = certificate("own", own_key, issuer="middle", signer=middle_key)
    given = {"server_certificate_name": "web", "certificate_body": own, "private_key": private_text(own_key)}
    for chain, index in ((top + middle, 0), (middle + own, 1), (own, 0), (middle + top + middle, 2)):
        code, message = refusal(admin, "iam:UploadServerCertificate", **given, certificate_chain=chain)
        assert code == "MalformedCertificate"
        assert message.endswith(f"The index within the chain of the invalid certificate is: {index}")
    assert refusal(admin, "iam:UploadServerCertificate", **given, certificate_chain="x")[0] == "MalformedCertificate"
    admin.call("iam:UploadServerCertificate", **given, certificate_chain=middle + top)
    got = admin.call("iam:GetServerCertificate", server_certificate_name="web")["ServerCertificate"]
    assert got["CertificateChain"] == middle + top


def test_a_chain_without_end_is_refused_before_it_is_checked(admin):
    code, message = refusal(admin, "iam:UploadServerCertificate", **WEB, certificate_chain=CERTIFICATE * 21)
    assert (code, message) == ("MalformedCertificate", "The certificate chain has more than 20 certificates.")


def test_names_collide_whatever_their_case_and_path(admin):
    admin.call("iam:UploadServerCertificate", **WEB)
    taken = ("EntityAlreadyExists", "The Server Certificate with name WEB already exists.")
    again = WEB | {"server_certificate_name": "WEB", "path": "/other/"}
    assert refusal(admin, "iam:UploadServerCertificate", **again) == taken
    admin.call("iam:UploadServerCertificate", **WEB | {"server_certificate_name": "www"})
    renamed = {"server_certificate_name": "www", "new_server_certificate_name": "WEB"}
    assert refusal(admin, "iam:UpdateServerCertificate", **renamed) == taken
    admin.call("iam:UpdateServerCertificate", server_certificate_name="web", new_server_certificate_name="Web")


def test_the_21st_server_certificate_is_refused(admin, sandbox):
    ServerCertificate.objects.bulk_create(
        ServerCertificate(
            account=sandbox,
            name=f"c{n}",
            unique_id=f"ASCA{n:017d}",
            created=sandbox.created,
            expires=sandbox.created,
            private_key=b"",
        )
        for n in range(20)
    )
    assert refusal(admin, "iam:UploadServerCertificate", **WEB) == (
        "LimitExceeded",
        "Cannot exceed quota for ServerCertificatesPerAccount: 20",
    )
    assert admin.call("iam:GetAccountSummary")["SummaryMap"]["ServerCertificates"] == 20


def test_a_list_keeps_to_its_path_and_pages(admin):
    for number in range(3):
        name = {"server_certificate_name": f"c{number}", "path": "/cdn/" if number else "/"}
        admin.call("iam:UploadServerCertificate", **WEB | name)

    def names(page):
        return [one["ServerCertificateName"] for one in page["ServerCertificateMetadataList"]]

    assert names(admin.call("iam:ListServerCertificates", path_prefix="/cdn/")) == ["c1", "c2"]
    first = admin.call("iam:ListServerCertificates", max_items=2)
    assert names(first) == ["c0", "c1"]
    assert names(admin.call("iam:ListServerCertificates", marker=first["Marker"])) == ["c2"]


def test_a_rename_needs_permission_on_both_ends(root, admin, sandbox):
    admin.call("iam:UploadServerCertificate", **WEB)
    mine = f"arn:aws:iam::{sandbox.account_id}:server-certificate/web*"
    document = policy(allow("iam:UpdateServerCertificate", mine))
    root.call("iam:PutUserPolicy", **AMIN, policy_name="p", policy_document=document)
    amin = client_for(sandbox, "amin")
    amin.call("iam:UpdateServerCertificate", server_certificate_name="web", new_server_certificate_name="web2")
    for target in ({"new_server_certificate_name": "other"}, {"new_path": "/cdn/"}):
        with pytest.raises(AccessDenied):
            amin.call("iam:UpdateServerCertificate", server_certificate_name="web2", **target)


def test_tags_of_a_server_certificate_decide(root, admin, sandbox):
    admin.call("iam:UploadServerCertificate", **WEB)
    admin.call("iam:TagServerCertificate", server_certificate_name="web", tags=[{"Key": "Team", "Value": "web"}])
    mine = policy(
        allow("iam:DeleteServerCertificate") | {"Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}}}
    )
    root.call("iam:PutUserPolicy", **AMIN, policy_name="p", policy_document=mine)
    client_for(sandbox, "amin").call("iam:DeleteServerCertificate", server_certificate_name="web")
    missing = ("NoSuchEntity", "The Server Certificate with name web cannot be found.")
    assert refusal(admin, "iam:GetServerCertificate", server_certificate_name="web") == missing
