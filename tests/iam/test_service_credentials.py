"""SSH public keys and service-specific credentials (API Reference; limits.md §2)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam.models import ServiceSpecificCredential, SshPublicKey
from tests.factories import client_for, policy
from tests.iam.keys import RSA_KEY, SSH_PUBLIC_KEY, elliptic_key, pem_text, private_text, ssh_text

pytestmark = pytest.mark.django_db

AMIN = {"user_name": "amin"}
CODECOMMIT, BEDROCK = "codecommit.amazonaws.com", "bedrock.amazonaws.com"


def refusal(client, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    return error.value.code, error.value.message


# -- SSH public keys --------------------------------------------------------------------------------


def upload(client, body=SSH_PUBLIC_KEY, **more):
    return client.call("iam:UploadSSHPublicKey", **AMIN, ssh_public_key_body=body, **more)["SSHPublicKey"]


def test_a_key_is_kept_as_it_was_uploaded_and_told_in_either_encoding(admin):
    made = upload(admin)
    assert made["SSHPublicKeyBody"] == SSH_PUBLIC_KEY
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert made["Status"] == "Active"
    # What `ssh-keygen -l -E md5` prints: the digest of the key's own bytes.
    digest = hashlib.md5(base64.b64decode(SSH_PUBLIC_KEY.split()[1]), usedforsecurity=False).hexdigest()
    assert made["Fingerprint"].replace(":", "") == digest

    asked = AMIN | {"ssh_public_key_id": made["SSHPublicKeyId"]}
    ssh = admin.call("iam:GetSSHPublicKey", **asked, encoding="SSH")["SSHPublicKey"]
    pem = admin.call("iam:GetSSHPublicKey", **asked, encoding="PEM")["SSHPublicKey"]
    assert ssh == made
    numbers = RSA_KEY.public_key().public_numbers()
    assert load_pem_public_key(pem["SSHPublicKeyBody"].encode()).public_numbers() == numbers

    key = rsa.generate_private_key(65537, 2048)
    from_pem = upload(admin, pem_text(key))
    asked = AMIN | {"ssh_public_key_id": from_pem["SSHPublicKeyId"], "encoding": "SSH"}
    told = admin.call("iam:GetSSHPublicKey", **asked)["SSHPublicKey"]["SSHPublicKeyBody"]
    assert load_ssh_public_key(told.encode()).public_numbers() == key.public_key().public_numbers()


def test_the_list_leaves_the_keys_themselves_out(admin):
    made = upload(admin)
    listed = admin.call("iam:ListSSHPublicKeys", **AMIN)["SSHPublicKeys"]
    assert listed == [{name: made[name] for name in ("UserName", "SSHPublicKeyId", "Status", "UploadDate")}]


UNREADABLE = "The public key is malformed or otherwise invalid."
BAD_KEYS = [
    (lambda: "ssh-rsa AAAAB3NzaC1yc2E not-a-key", "InvalidPublicKey", UNREADABLE),
    (lambda: "ssh-rsa ", "UnrecognizedPublicKeyEncoding", None),
    (lambda: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "InvalidPublicKey", UNREADABLE),
    (lambda: private_text(RSA_KEY), "InvalidPublicKey", UNREADABLE),
    (lambda: pem_text(elliptic_key()), "InvalidPublicKey", "The public key is not an RSA key."),
    (lambda: ssh_text(elliptic_key()), "UnrecognizedPublicKeyEncoding", None),
    (lambda: "hello", "UnrecognizedPublicKeyEncoding", None),
    (
        lambda: ssh_text(rsa.generate_private_key(65537, 1024)),
        "InvalidPublicKey",
        "The public key has 1024 bits. The minimum is 2048 bits.",
    ),
]


@pytest.mark.parametrize(("body", "code", "message"), BAD_KEYS)
def test_what_is_no_good_rsa_public_key_is_refused(admin, body, code, message):
    found = refusal(admin, "iam:UploadSSHPublicKey", **AMIN, ssh_public_key_body=body())
    assert found == (code, message or "The public key must be encoded in ssh-rsa format or PEM format.")
    assert not SshPublicKey.objects.exists()


def test_a_user_has_each_key_once_whatever_its_encoding(admin):
    upload(admin)
    for again in (SSH_PUBLIC_KEY, pem_text(RSA_KEY)):
        code, _ = refusal(admin, "iam:UploadSSHPublicKey", **AMIN, ssh_public_key_body=again)
        assert code == "DuplicateSSHPublicKey"
    admin.call("iam:UploadSSHPublicKey", user_name="Sarah", ssh_public_key_body=SSH_PUBLIC_KEY)


def test_a_sixth_key_is_refused(admin):
    for _ in range(5):
        upload(admin, ssh_text(rsa.generate_private_key(65537, 2048)))
    assert refusal(admin, "iam:UploadSSHPublicKey", **AMIN, ssh_public_key_body=SSH_PUBLIC_KEY) == (
        "LimitExceeded",
        "Cannot exceed quota for SSHPublicKeysPerUser: 5",
    )


def test_a_key_is_made_inactive_but_not_expired_and_is_gone_when_deleted(admin):
    asked = AMIN | {"ssh_public_key_id": upload(admin)["SSHPublicKeyId"]}
    admin.call("iam:UpdateSSHPublicKey", **asked, status="Inactive")
    assert admin.call("iam:ListSSHPublicKeys", **AMIN)["SSHPublicKeys"][0]["Status"] == "Inactive"
    assert refusal(admin, "iam:UpdateSSHPublicKey", **asked, status="Expired")[0] == "InvalidInput"
    other = asked | {"user_name": "Sarah"}
    assert refusal(admin, "iam:DeleteSSHPublicKey", **other)[0] == "NoSuchEntity"
    admin.call("iam:DeleteSSHPublicKey", **asked)
    assert refusal(admin, "iam:DeleteSSHPublicKey", **asked)[0] == "NoSuchEntity"


# -- service-specific credentials -------------------------------------------------------------------


def create(client, service=CODECOMMIT, **more):
    made = client.call("iam:CreateServiceSpecificCredential", **AMIN, service_name=service, **more)
    return made["ServiceSpecificCredential"]


def test_a_credential_has_a_generated_name_and_a_password_that_is_shown_once(admin, sandbox):
    made = create(admin)
    assert made["ServiceUserName"] == f"amin-at-{sandbox.account_id}"
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    assert create(admin)["ServiceUserName"] == f"amin+1-at-{sandbox.account_id}"
    row = ServiceSpecificCredential.objects.get(credential_id=made["ServiceSpecificCredentialId"])
    assert row.secret == hashlib.sha256(made["ServicePassword"].encode()).hexdigest()
    listed = admin.call("iam:ListServiceSpecificCredentials", **AMIN)["ServiceSpecificCredentials"]
    assert [{**one, "ServicePassword": made["ServicePassword"]} for one in listed[:1]] == [made]
    told = str(list(Event.objects.values_list("request", "response")))
    assert made["ServicePassword"] not in told


def test_an_api_key_holds_its_alias_and_may_expire(admin, sandbox):
    made = create(admin, BEDROCK, credential_age_days=30)
    alias = f"amin-at-{sandbox.account_id}"
    assert (made["ServiceCredentialAlias"], "ServiceUserName" in made) == (alias, False)
    secret = made["ServiceCredentialSecret"]
    assert secret.startswith("ABSK")
    assert base64.b64decode(secret.removeprefix("ABSK")).decode().startswith(f"{alias}:")
    assert made["ExpirationDate"] - made["CreateDate"] == dt.timedelta(days=30)
    later = client_for(sandbox, "admin", clock=lambda: made["ExpirationDate"])
    listed = later.call("iam:ListServiceSpecificCredentials", **AMIN)["ServiceSpecificCredentials"]
    assert [one["Status"] for one in listed] == ["Expired"]
    assert "ExpirationDate" not in create(admin, "logs.amazonaws.com")


def test_only_api_keys_may_be_given_an_age(admin):
    ages = AMIN | {"service_name": CODECOMMIT, "credential_age_days": 3}
    assert refusal(admin, "iam:CreateServiceSpecificCredential", **ages)[0] == "ValidationError"


def test_only_some_services_have_such_credentials(admin):
    for action in ("iam:CreateServiceSpecificCredential", "iam:ListServiceSpecificCredentials"):
        with pytest.raises(AwsError) as error:
            admin.call(action, **AMIN, service_name="s3.amazonaws.com")
        assert (error.value.code, error.value.status) == ("NotSupportedService", 404)


def test_there_are_two_for_each_user_and_service(admin):
    for service in (CODECOMMIT, "cassandra.amazonaws.com"):
        create(admin, service)
        create(admin, service)
    for service in (CODECOMMIT, "cassandra.amazonaws.com"):
        assert refusal(admin, "iam:CreateServiceSpecificCredential", **AMIN, service_name=service) == (
            "LimitExceeded",
            "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2",
        )
    admin.call("iam:CreateServiceSpecificCredential", user_name="Sarah", service_name=CODECOMMIT)


def test_a_name_that_is_free_again_is_given_again(admin, sandbox):
    first = create(admin)
    create(admin)
    admin.call(
        "iam:DeleteServiceSpecificCredential",
        **AMIN,
        service_specific_credential_id=first["ServiceSpecificCredentialId"],
    )
    assert create(admin)["ServiceUserName"] == f"amin-at-{sandbox.account_id}"


def test_a_reset_gives_a_new_password_and_nothing_else(admin):
    made = create(admin)
    asked = AMIN | {"service_specific_credential_id": made["ServiceSpecificCredentialId"]}
    again = admin.call("iam:ResetServiceSpecificCredential", **asked)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != made["ServicePassword"]
    assert again | {"ServicePassword": ""} == made | {"ServicePassword": ""}
    secret = ServiceSpecificCredential.objects.get().secret
    assert secret == hashlib.sha256(again["ServicePassword"].encode()).hexdigest()


def test_a_credential_is_listed_by_user_by_service_and_for_all_users(admin):
    create(admin)
    create(admin, BEDROCK)
    admin.call("iam:CreateServiceSpecificCredential", user_name="Sarah", service_name=CODECOMMIT)

    def listed(**asked):
        found = admin.call("iam:ListServiceSpecificCredentials", **asked)["ServiceSpecificCredentials"]
        return sorted((one["UserName"], one["ServiceName"]) for one in found)

    assert listed(**AMIN) == [("amin", BEDROCK), ("amin", CODECOMMIT)]
    assert listed(**AMIN, service_name=BEDROCK) == [("amin", BEDROCK)]
    assert listed() == []  # the caller's own
    assert listed(all_users=True, service_name=CODECOMMIT) == [("Sarah", CODECOMMIT), ("amin", CODECOMMIT)]
    assert refusal(admin, "iam:ListServiceSpecificCredentials", all_users=True, **AMIN)[0] == "InvalidInput"
    first = admin.call("iam:ListServiceSpecificCredentials", all_users=True, max_items=2)
    second = admin.call("iam:ListServiceSpecificCredentials", all_users=True, marker=first["Marker"])
    assert [len(page["ServiceSpecificCredentials"]) for page in (first, second)] == [2, 1]


def test_a_policy_may_ask_for_the_service_of_a_credential(root, admin, sandbox):
    only_git = policy(
        {
            "Effect": "Allow",
            "Action": "iam:*ServiceSpecificCredential",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": CODECOMMIT}},
        }
    )
    root.call("iam:PutUserPolicy", **AMIN, policy_name="git", policy_document=only_git)
    amin = client_for(sandbox, "amin")
    git, bedrock = create(amin), create(admin, BEDROCK)
    with pytest.raises(AccessDenied):
        create(amin, BEDROCK)
    own = {"service_specific_credential_id": git["ServiceSpecificCredentialId"]}
    amin.call("iam:UpdateServiceSpecificCredential", **own, status="Inactive")
    for action in ("iam:ResetServiceSpecificCredential", "iam:DeleteServiceSpecificCredential"):
        with pytest.raises(AccessDenied):
            amin.call(action, service_specific_credential_id=bedrock["ServiceSpecificCredentialId"])
        amin.call(action, **own)


def test_another_account_cannot_reach_a_credential(admin, stranger):
    made = create(admin)
    ssh_key = upload(admin)["SSHPublicKeyId"]
    asked = {"service_specific_credential_id": made["ServiceSpecificCredentialId"]}
    for action in ("iam:ResetServiceSpecificCredential", "iam:DeleteServiceSpecificCredential"):
        assert refusal(stranger, action, **AMIN, **asked)[0] == "NoSuchEntity"
    assert refusal(stranger, "iam:DeleteSSHPublicKey", **AMIN, ssh_public_key_id=ssh_key)[0] == "NoSuchEntity"
    assert stranger.call("iam:ListServiceSpecificCredentials", all_users=True)["ServiceSpecificCredentials"] == []
