"""The account's password policy, the credentials beside passwords, access keys and MFA devices, and their report."""

from __future__ import annotations

from typing import Any

from tests.iam.keys import CERTIFICATE, PRIVATE_KEY, SIGNING_CERTIFICATE, SSH_PUBLIC_KEY

STRICT = {
    "minimum_password_length": 14,
    "require_symbols": True,
    "require_numbers": True,
    "require_uppercase_characters": True,
    "require_lowercase_characters": True,
    "allow_users_to_change_password": True,
    "max_password_age": 90,
    "password_reuse_prevention": 5,
    "hard_expiry": False,
}
CODECOMMIT = "codecommit.amazonaws.com"


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    user = {"user_name": "amin"}
    ssh_key = user | {"ssh_public_key_id": "{ssh_key}"}
    service = user | {"service_specific_credential_id": "{service_credential}"}
    signing = user | {"certificate_id": "{certificate}"}
    server = {"server_certificate_name": "web"}
    uploaded = {"certificate_body": CERTIFICATE, "private_key": PRIVATE_KEY, "path": "/cdn/"}
    return [
        ("iam:UpdateAccountPasswordPolicy", STRICT),
        ("iam:GetAccountPasswordPolicy", {}),
        ("iam:DeleteAccountPasswordPolicy", {}),
        ("iam:UploadSSHPublicKey", user | {"ssh_public_key_body": SSH_PUBLIC_KEY}),
        ("iam:ListSSHPublicKeys", user),
        ("iam:GetSSHPublicKey", ssh_key | {"encoding": "PEM"}),
        ("iam:UpdateSSHPublicKey", ssh_key | {"status": "Inactive"}),
        ("iam:DeleteSSHPublicKey", ssh_key),
        ("iam:CreateServiceSpecificCredential", user | {"service_name": CODECOMMIT}),
        ("iam:ListServiceSpecificCredentials", user | {"service_name": CODECOMMIT}),
        ("iam:UpdateServiceSpecificCredential", service | {"status": "Inactive"}),
        ("iam:ResetServiceSpecificCredential", service),
        ("iam:DeleteServiceSpecificCredential", service),
        ("iam:UploadSigningCertificate", user | {"certificate_body": SIGNING_CERTIFICATE}),
        ("iam:ListSigningCertificates", user),
        ("iam:UpdateSigningCertificate", signing | {"status": "Inactive"}),
        ("iam:DeleteSigningCertificate", signing),
        ("iam:UploadServerCertificate", server | uploaded | {"tags": [{"Key": "team", "Value": "web"}]}),
        ("iam:GetServerCertificate", server),
        ("iam:ListServerCertificates", {"path_prefix": "/"}),
        ("iam:TagServerCertificate", server | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListServerCertificateTags", server),
        ("iam:UntagServerCertificate", server | {"tag_keys": ["level"]}),
        ("iam:UpdateServerCertificate", server | {"new_server_certificate_name": "www", "new_path": "/"}),
        ("iam:DeleteServerCertificate", {"server_certificate_name": "www"}),
        ("iam:SetSecurityTokenServicePreferences", {"global_endpoint_token_version": "v2Token"}),
        ("iam:GenerateCredentialReport", {}),
        ("iam:GetCredentialReport", {}),
    ]


GHOST = {"user_name": "ghost"}
NO_CREDENTIAL = {"user_name": "Sarah", "service_specific_credential_id": "ACCA" + "A" * 17}
NO_SSH_KEY = {"user_name": "Sarah", "ssh_public_key_id": "APKA" + "A" * 17}
NO_CERTIFICATE = {"user_name": "Sarah", "certificate_id": "A" * 32}

FAILING: dict[str, dict[str, Any]] = {
    "iam:UpdateAccountPasswordPolicy": {"minimum_password_length": 5},
    "iam:DeleteAccountPasswordPolicy": {},
    "iam:UploadSSHPublicKey": {"user_name": "Sarah", "ssh_public_key_body": "ssh-rsa AAAA"},
    "iam:UpdateSSHPublicKey": NO_SSH_KEY | {"status": "Inactive"},
    "iam:DeleteSSHPublicKey": NO_SSH_KEY,
    "iam:CreateServiceSpecificCredential": {"user_name": "Sarah", "service_name": "s3.amazonaws.com"},
    "iam:UpdateServiceSpecificCredential": NO_CREDENTIAL | {"status": "Inactive"},
    "iam:ResetServiceSpecificCredential": NO_CREDENTIAL,
    "iam:DeleteServiceSpecificCredential": NO_CREDENTIAL,
    "iam:UploadSigningCertificate": {"user_name": "Sarah", "certificate_body": "no certificate"},
    "iam:UpdateSigningCertificate": NO_CERTIFICATE | {"status": "Inactive"},
    "iam:DeleteSigningCertificate": NO_CERTIFICATE,
    "iam:UploadServerCertificate": {
        "server_certificate_name": "web",
        "certificate_body": SIGNING_CERTIFICATE,
        "private_key": PRIVATE_KEY,
    },
    "iam:UpdateServerCertificate": {"server_certificate_name": "ghost", "new_path": "/a/"},
    "iam:DeleteServerCertificate": {"server_certificate_name": "ghost"},
    "iam:TagServerCertificate": {"server_certificate_name": "ghost", "tags": [{"Key": "a", "Value": "b"}]},
    "iam:UntagServerCertificate": {"server_certificate_name": "ghost", "tag_keys": ["a"]},
    "iam:SetSecurityTokenServicePreferences": {"global_endpoint_token_version": "v3Token"},
    # It cannot fail by what is there: only by a parameter that it does not have.
    "iam:GenerateCredentialReport": {"nonsense": "x"},
}

LEARNT = {
    "iam:UploadSSHPublicKey": lambda answer: {"ssh_key": answer["SSHPublicKey"]["SSHPublicKeyId"]},
    "iam:CreateServiceSpecificCredential": lambda answer: {
        "service_credential": answer["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    },
    "iam:UploadSigningCertificate": lambda answer: {"certificate": answer["Certificate"]["CertificateId"]},
}
UNLEARNT = {"ssh_key": "APKA" + "A" * 17, "service_credential": "ACCA" + "A" * 17, "certificate": "A" * 32}
