"""The lives of keys and certificates beside passwords, access keys and MFA devices."""

from __future__ import annotations

import re

from tests.clients.drivers import names
from tests.iam.keys import CERTIFICATE, PRIVATE_KEY, SIGNING_CERTIFICATE, SSH_PUBLIC_KEY

AMIN = {"UserName": "amin"}


def test_the_life_of_an_ssh_public_key(admin, refused):
    made = admin.iam("UploadSSHPublicKey", **AMIN, SSHPublicKeyBody=SSH_PUBLIC_KEY)["SSHPublicKey"]
    assert re.fullmatch(r"APKA[A-Z2-7]{17}", made["SSHPublicKeyId"])
    assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){15}", made["Fingerprint"])
    with refused("DuplicateSSHPublicKey"):
        admin.iam("UploadSSHPublicKey", **AMIN, SSHPublicKeyBody=SSH_PUBLIC_KEY)
    with refused("UnrecognizedPublicKeyEncoding"):
        admin.iam("UploadSSHPublicKey", **AMIN, SSHPublicKeyBody="hello")
    which = AMIN | {"SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert names(admin.iam("ListSSHPublicKeys", **AMIN)["SSHPublicKeys"], "Status") == ["Active"]
    shown = admin.iam("GetSSHPublicKey", **which, Encoding="SSH")["SSHPublicKey"]
    assert shown["SSHPublicKeyBody"] == SSH_PUBLIC_KEY
    pem = admin.iam("GetSSHPublicKey", **which, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    admin.iam("UpdateSSHPublicKey", **which, Status="Inactive")
    assert names(admin.iam("ListSSHPublicKeys", **AMIN)["SSHPublicKeys"], "Status") == ["Inactive"]
    with refused("DeleteConflict"):
        admin.iam("DeleteUser", **AMIN)
    admin.iam("DeleteSSHPublicKey", **which)
    with refused("NoSuchEntity"):
        admin.iam("GetSSHPublicKey", **which, Encoding="SSH")


def test_the_life_of_a_service_specific_credential(admin, account, refused):
    service = "codecommit.amazonaws.com"
    made = admin.iam("CreateServiceSpecificCredential", **AMIN, ServiceName=service)["ServiceSpecificCredential"]
    assert (made["ServiceUserName"], made["Status"]) == (f"amin-at-{account}", "Active")
    which = AMIN | {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    listed = admin.iam("ListServiceSpecificCredentials", **AMIN, ServiceName=service)["ServiceSpecificCredentials"]
    assert names(listed, "ServiceSpecificCredentialId") == [made["ServiceSpecificCredentialId"]]
    assert "ServicePassword" not in listed[0]
    anew = admin.iam("ResetServiceSpecificCredential", **which)["ServiceSpecificCredential"]
    assert anew["ServicePassword"] != made["ServicePassword"]
    admin.iam("UpdateServiceSpecificCredential", **which, Status="Inactive")
    listed = admin.iam("ListServiceSpecificCredentials", **AMIN)["ServiceSpecificCredentials"]
    assert names(listed, "Status") == ["Inactive"]
    with refused("NotSupportedService"):
        admin.iam("CreateServiceSpecificCredential", **AMIN, ServiceName="s3.amazonaws.com")
    admin.iam("CreateServiceSpecificCredential", **AMIN, ServiceName=service)
    with refused("LimitExceeded"):
        admin.iam("CreateServiceSpecificCredential", **AMIN, ServiceName=service)
    admin.iam("DeleteServiceSpecificCredential", **which)
    with refused("NoSuchEntity"):
        admin.iam("DeleteServiceSpecificCredential", **which)


def test_the_life_of_a_signing_certificate(admin, refused):
    made = admin.iam("UploadSigningCertificate", **AMIN, CertificateBody=SIGNING_CERTIFICATE)["Certificate"]
    assert (made["Status"], made["CertificateBody"].strip()) == ("Active", SIGNING_CERTIFICATE.strip())
    with refused("DuplicateCertificate"):
        admin.iam("UploadSigningCertificate", **AMIN, CertificateBody=SIGNING_CERTIFICATE)
    with refused("MalformedCertificate"):
        admin.iam("UploadSigningCertificate", **AMIN, CertificateBody="hello")
    which = AMIN | {"CertificateId": made["CertificateId"]}
    admin.iam("UpdateSigningCertificate", **which, Status="Inactive")
    listed = admin.iam("ListSigningCertificates", **AMIN)["Certificates"]
    assert [(row["CertificateId"], row["Status"]) for row in listed] == [(made["CertificateId"], "Inactive")]
    admin.iam("DeleteSigningCertificate", **which)
    with refused("NoSuchEntity"):
        admin.iam("DeleteSigningCertificate", **which)


def test_the_life_of_a_server_certificate(admin, account, refused):
    web = {"ServerCertificateName": "web"}
    body = {"CertificateBody": CERTIFICATE, "PrivateKey": PRIVATE_KEY}
    made = admin.iam(
        "UploadServerCertificate", **web, **body, Path="/cloudfront/", Tags=[{"Key": "team", "Value": "web"}]
    )["ServerCertificateMetadata"]
    assert made["Arn"] == f"arn:aws:iam::{account}:server-certificate/cloudfront/web"
    assert re.fullmatch(r"ASCA[A-Z2-7]{17}", made["ServerCertificateId"])
    with refused("EntityAlreadyExists"):
        admin.iam("UploadServerCertificate", ServerCertificateName="WEB", **body)
    with refused("KeyPairMismatch"):
        admin.iam(
            "UploadServerCertificate",
            ServerCertificateName="other",
            CertificateBody=SIGNING_CERTIFICATE,
            PrivateKey=PRIVATE_KEY,
        )
    shown = admin.iam("GetServerCertificate", **web)["ServerCertificate"]
    assert shown["CertificateBody"].strip() == CERTIFICATE.strip()
    assert shown["Tags"] == [{"Key": "team", "Value": "web"}]
    listed = admin.iam("ListServerCertificates", PathPrefix="/cloudfront/")["ServerCertificateMetadataList"]
    assert names(listed, "ServerCertificateName") == ["web"]
    admin.iam("TagServerCertificate", **web, Tags=[{"Key": "a", "Value": "b"}])
    admin.iam("UntagServerCertificate", **web, TagKeys=["team"])
    assert admin.iam("ListServerCertificateTags", **web)["Tags"] == [{"Key": "a", "Value": "b"}]
    admin.iam("UpdateServerCertificate", **web, NewServerCertificateName="www", NewPath="/")
    arn = admin.iam("GetServerCertificate", ServerCertificateName="www")["ServerCertificate"][
        "ServerCertificateMetadata"
    ]["Arn"]
    assert arn == f"arn:aws:iam::{account}:server-certificate/www"
    admin.iam("DeleteServerCertificate", ServerCertificateName="www")
    with refused("NoSuchEntity"):
        admin.iam("GetServerCertificate", ServerCertificateName="www")


def test_the_tags_of_an_mfa_device(admin, refused):
    serial = admin.iam("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    which = {"SerialNumber": serial}
    admin.iam("TagMFADevice", **which, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    admin.iam("UntagMFADevice", **which, TagKeys=["b"])
    assert admin.iam("ListMFADeviceTags", **which)["Tags"] == [{"Key": "a", "Value": "1"}]
    admin.iam("DeleteVirtualMFADevice", **which)
    with refused("NoSuchEntity"):
        admin.iam("ListMFADeviceTags", **which)
