"""The lives of temporary credentials: sessions of roles and of users."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pyotp
import pytest

from tests.factories import allow, policy

ASSUMED = "arn:aws:sts::{}:assumed-role/{}"


def trust(account: str) -> str:
    return policy({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})


@pytest.fixture
def role(admin, account):
    """A role of which everybody in the account who may assume it can."""
    made = admin.iam("CreateRole", RoleName="Auditor", AssumeRolePolicyDocument=trust(account))["Role"]
    admin.iam("PutRolePolicy", RoleName="Auditor", PolicyName="p", PolicyDocument=policy(allow("iam:List*")))
    return made


def seconds_left(credentials) -> float:
    expires = credentials["Expiration"]
    if isinstance(expires, str):  # boto3 alone makes a date of it
        expires = datetime.fromisoformat(expires.replace("Z", "+00:00"))
    return (expires - datetime.now(UTC)).total_seconds()


def test_the_life_of_a_session_of_a_role(admin, account, role, refused):
    asked = {"RoleArn": role["Arn"], "RoleSessionName": "audit-1"}
    made = admin.sts("AssumeRole", **asked)
    arn = ASSUMED.format(account, "Auditor/audit-1")
    assert made["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:audit-1", "Arn": arn}
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert made["Credentials"]["SessionToken"].startswith("IQoJb3JpZ2lu")
    assert 3500 < seconds_left(made["Credentials"]) <= 3600
    session = admin.with_keys(made["Credentials"])
    assert session.sts("GetCallerIdentity") == {
        "UserId": f"{role['RoleId']}:audit-1",
        "Account": account,
        "Arn": arn,
    }
    assert session.iam("ListUsers")["Users"]
    with refused("AccessDenied"):
        session.iam("GetUser", UserName="amin")
    with refused("InvalidClientTokenId"):  # its key without its token
        admin.with_keys({**made["Credentials"], "SessionToken": ""}).sts("GetCallerIdentity")

    bounded = admin.sts("AssumeRole", **asked, Policy=policy(allow("iam:ListGroups")), DurationSeconds=900)
    assert 0 < bounded["PackedPolicySize"] < 100
    assert 800 < seconds_left(bounded["Credentials"]) <= 900
    session = admin.with_keys(bounded["Credentials"])
    assert session.iam("ListGroups")["Groups"] == []
    with refused(
        "AccessDenied",
        f"User: {arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{account}:user/ "
        "because no session policy allows the iam:ListUsers action",
    ):
        session.iam("ListUsers")
    with refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."):
        admin.sts("AssumeRole", **asked, DurationSeconds=3601)


def test_a_session_with_tags_external_id_and_source(admin, account, role, refused):
    # Each permission has condition keys of its own (IAM User Guide, "Pass session tags in AWS STS").
    whom = {"Effect": "Allow", "Principal": {"AWS": account}}
    document = policy(
        whom | {"Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}}},
        whom | {"Action": "sts:TagSession", "Condition": {"StringEquals": {"aws:RequestTag/team": "hr"}}},
        whom | {"Action": "sts:SetSourceIdentity"},
    )
    admin.iam("UpdateAssumeRolePolicy", RoleName="Auditor", PolicyDocument=document)
    asked = {"RoleArn": role["Arn"], "RoleSessionName": "tagged", "Tags": [{"Key": "team", "Value": "hr"}]}
    with refused("AccessDenied"):
        admin.sts("AssumeRole", **asked)
    made = admin.sts(
        "AssumeRole", **asked, ExternalId="x-1", TransitiveTagKeys=["team"], SourceIdentity="admin-in-person"
    )
    assert made["SourceIdentity"] == "admin-in-person"
    by_tag = policy(
        {
            "Effect": "Allow",
            "Action": "iam:GetGroup",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "hr"}},
        }
    )
    admin.iam("PutRolePolicy", RoleName="Auditor", PolicyName="tagged", PolicyDocument=by_tag)
    admin.iam("CreateGroup", GroupName="HR")
    assert admin.with_keys(made["Credentials"]).iam("GetGroup", GroupName="HR")["Users"] == []


def test_the_lives_of_a_users_own_sessions(admin, account, refused):
    made = admin.sts("GetSessionToken", DurationSeconds=900)["Credentials"]
    session = admin.with_keys(made)
    assert session.sts("GetCallerIdentity")["Arn"] == f"arn:aws:iam::{account}:user/admin"
    assert admin.sts("GetAccessKeyInfo", AccessKeyId=made["AccessKeyId"]) == {"Account": account}
    # Without MFA such a session calls nothing of IAM (API Reference, GetSessionToken).
    with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
        session.iam("ListUsers")

    bounds = policy(allow("s3:*"), allow("iam:ListUsers"))
    federated = admin.sts("GetFederationToken", Name="bob", Policy=bounds, DurationSeconds=900)
    arn = f"arn:aws:sts::{account}:federated-user/bob"
    assert federated["FederatedUser"] == {"FederatedUserId": f"{account}:bob", "Arn": arn}
    assert admin.with_keys(federated["Credentials"]).sts("GetCallerIdentity")["Arn"] == arn


def test_a_session_with_a_code_of_a_device(admin, account, refused):
    device = admin.iam("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed, serial = device["Base32StringSeed"], device["SerialNumber"]
    codes = pyotp.TOTP((base64.b64decode(seed) if isinstance(seed, str) else seed).decode())
    now = int(time.time())
    admin.iam(
        "EnableMFADevice",
        UserName="admin",
        SerialNumber=serial,
        AuthenticationCode1=codes.at(now - 60),
        AuthenticationCode2=codes.at(now - 30),
    )
    with refused("AccessDenied"):
        admin.sts("GetSessionToken", SerialNumber=serial, TokenCode="000000")
    made = admin.sts("GetSessionToken", SerialNumber=serial, TokenCode=codes.at(int(time.time())))["Credentials"]
    assert admin.with_keys(made).iam("ListUsers")["Users"]


def test_the_reason_of_a_refusal_is_decoded_by_who_may(admin, refused):
    with refused("InvalidAuthorizationMessageException"):
        admin.sts("DecodeAuthorizationMessage", EncodedMessage="not a message of ours")
