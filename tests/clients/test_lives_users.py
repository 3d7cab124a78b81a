"""The lives of users, groups, their policies, and what a user signs in with."""

from __future__ import annotations

import base64
import json
import re
import time

import pyotp

from tests.clients.drivers import names
from tests.factories import allow, policy

S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))


def test_the_life_of_a_user(admin, account, refused):
    tags = [{"Key": "Team", "Value": "HR + IT = ü@1"}]
    made = admin.iam("CreateUser", UserName="Ann", Path="/hr/", Tags=tags)["User"]
    assert made["Arn"] == f"arn:aws:iam::{account}:user/hr/Ann"
    assert (made["UserName"], made["Path"]) == ("Ann", "/hr/")
    assert made["Tags"] == tags
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", made["UserId"])
    with refused("EntityAlreadyExists", "User with name ANN already exists."):
        admin.iam("CreateUser", UserName="ANN")

    shown = admin.iam("GetUser", UserName="ann")["User"]
    assert shown == made | {"Tags": shown["Tags"]}
    assert admin.iam("GetUser")["User"]["UserName"] == "admin"
    assert names(admin.iam("ListUsers")["Users"], "UserName") == ["admin", "amin", "Ann", "Sarah"]
    assert names(admin.iam("ListUsers", PathPrefix="/hr/")["Users"], "UserName") == ["Ann"]
    assert admin.iam("ListUsers", PathPrefix="/HR/")["Users"] == []

    admin.iam("UpdateUser", UserName="Ann", NewUserName="Anna", NewPath="/")
    with refused("NoSuchEntity", "The user with name Ann cannot be found."):
        admin.iam("GetUser", UserName="Ann")
    moved = admin.iam("GetUser", UserName="Anna")["User"]
    assert (moved["UserId"], moved["Arn"]) == (made["UserId"], f"arn:aws:iam::{account}:user/Anna")
    with refused("EntityAlreadyExists", "User with name SARAH already exists."):
        admin.iam("UpdateUser", UserName="Anna", NewUserName="SARAH")

    admin.iam("TagUser", UserName="Anna", Tags=[{"Key": "Team", "Value": "IT"}, {"Key": "Empty", "Value": ""}])
    listed = {tag["Key"]: tag["Value"] for tag in admin.iam("ListUserTags", UserName="Anna")["Tags"]}
    assert listed == {"Team": "IT", "Empty": ""}
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        admin.iam("TagUser", UserName="Anna", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    admin.iam("UntagUser", UserName="Anna", TagKeys=["Team", "NotThere"])
    assert names(admin.iam("ListUserTags", UserName="Anna")["Tags"], "Key") == ["Empty"]

    admin.iam("DeleteUser", UserName="Anna")
    with refused("NoSuchEntity", "The user with name Anna cannot be found."):
        admin.iam("DeleteUser", UserName="Anna")
    again = admin.iam("CreateUser", UserName="Anna")["User"]
    assert again["UserId"] != made["UserId"]
    assert "Tags" not in again


def test_the_life_of_a_group(admin, account, refused):
    made = admin.iam("CreateGroup", GroupName="HR", Path="/company/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{account}:group/company/HR"
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", made["GroupId"])
    with refused("EntityAlreadyExists", "Group with name hr already exists."):
        admin.iam("CreateGroup", GroupName="hr")
    assert names(admin.iam("ListGroups")["Groups"], "GroupName") == ["HR"]
    assert admin.iam("ListGroups", PathPrefix="/other/")["Groups"] == []

    for _ in range(2):  # a member that is added again stays one
        admin.iam("AddUserToGroup", GroupName="HR", UserName="amin")
    members = admin.iam("GetGroup", GroupName="HR")
    assert (members["Group"]["GroupId"], names(members["Users"], "UserName")) == (made["GroupId"], ["amin"])
    assert names(admin.iam("ListGroupsForUser", UserName="amin")["Groups"], "GroupName") == ["HR"]
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first."):
        admin.iam("DeleteGroup", GroupName="HR")
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first."):
        admin.iam("DeleteUser", UserName="amin")
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        admin.iam("AddUserToGroup", GroupName="HR", UserName="nobody")

    admin.iam("UpdateGroup", GroupName="HR", NewGroupName="People", NewPath="/")
    assert admin.iam("GetGroup", GroupName="people")["Group"]["Arn"] == f"arn:aws:iam::{account}:group/People"
    admin.iam("RemoveUserFromGroup", GroupName="People", UserName="amin")
    assert admin.iam("GetGroup", GroupName="People")["Users"] == []
    admin.iam("DeleteGroup", GroupName="People")
    with refused("NoSuchEntity", "The group with name People cannot be found."):
        admin.iam("GetGroup", GroupName="People")


def test_the_life_of_a_managed_policy(admin, account, refused):
    made = admin.iam(
        "CreatePolicy",
        PolicyName="HRPolicy",
        Path="/company/",
        PolicyDocument=DOCUMENT,
        Description="Reads HR's files",
        Tags=[{"Key": "Team", "Value": "HR"}],
    )["Policy"]
    arn = f"arn:aws:iam::{account}:policy/company/HRPolicy"
    assert (made["Arn"], made["DefaultVersionId"], made["AttachmentCount"]) == (arn, "v1", 0)
    assert (made["IsAttachable"], made["PermissionsBoundaryUsageCount"]) == (True, 0)
    assert re.fullmatch(r"ANPA[A-Z2-7]{17}", made["PolicyId"])
    with refused("EntityAlreadyExists", "A policy called hrpolicy already exists. Duplicate names are not allowed."):
        admin.iam("CreatePolicy", PolicyName="hrpolicy", PolicyDocument=DOCUMENT)
    with refused("MalformedPolicyDocument"):
        admin.iam("CreatePolicy", PolicyName="Broken", PolicyDocument="{")

    shown = admin.iam("GetPolicy", PolicyArn=arn)["Policy"]
    assert (shown["Description"], shown["Tags"]) == ("Reads HR's files", [{"Key": "Team", "Value": "HR"}])
    local = admin.iam("ListPolicies", Scope="Local", PathPrefix="/company/")["Policies"]
    assert names(local, "Arn") == [arn]
    assert {"Description", "Tags"}.isdisjoint(local[0])

    second = policy(allow("s3:*", "arn:aws:s3:::company1-hr/ü ñ+%20\t?&="))
    version = admin.iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=second, SetAsDefault=True)["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v2", True)
    document = admin.iam("GetPolicyVersion", PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert document == json.loads(second)
    listed = admin.iam("ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in listed] == [("v2", True), ("v1", False)]
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        admin.iam("DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    with refused(
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy.",
    ):
        admin.iam("DeletePolicy", PolicyArn=arn)
    admin.iam("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v1")
    admin.iam("DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    assert admin.iam("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"

    admin.iam("DeletePolicy", PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found."):
        admin.iam("GetPolicy", PolicyArn=arn)


def test_the_lives_of_attachments_to_users_and_groups(admin, account, refused):
    arn = admin.iam("CreatePolicy", PolicyName="Mine", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    admin.iam("CreateGroup", GroupName="HR")
    for kind, name in (("User", "amin"), ("Group", "HR")):
        owner = {f"{kind}Name": name}
        for given in (arn, arn, S3_READ_ONLY):  # attaching again changes nothing
            admin.iam(f"Attach{kind}Policy", **owner, PolicyArn=given)
        attached = admin.iam(f"ListAttached{kind}Policies", **owner)["AttachedPolicies"]
        assert attached == [
            {"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": S3_READ_ONLY},
            {"PolicyName": "Mine", "PolicyArn": arn},
        ]
        with refused("DeleteConflict", "Cannot delete entity, must detach all policies first."):
            admin.iam(f"Delete{kind}", **owner)
        missing = "arn:aws:iam::aws:policy/Missing"
        with refused("NoSuchEntity", f"Policy {missing} does not exist or is not attachable."):
            admin.iam(f"Attach{kind}Policy", **owner, PolicyArn=missing)
        with refused("NoSuchEntity", f"Policy {missing} was not found."):
            admin.iam(f"Detach{kind}Policy", **owner, PolicyArn=missing)

    assert admin.iam("GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 2
    entities = admin.iam("ListEntitiesForPolicy", PolicyArn=arn)
    assert names(entities["PolicyUsers"], "UserName") == ["amin"]
    assert names(entities["PolicyGroups"], "GroupName") == ["HR"]
    assert entities["PolicyRoles"] == []
    only = admin.iam("ListEntitiesForPolicy", PolicyArn=arn, EntityFilter="Group")
    assert (only["PolicyUsers"], names(only["PolicyGroups"], "GroupName")) == ([], ["HR"])
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        admin.iam("DeletePolicy", PolicyArn=arn)
    for kind, name in (("User", "amin"), ("Group", "HR")):
        admin.iam(f"Detach{kind}Policy", **{f"{kind}Name": name}, PolicyArn=arn)
    assert admin.iam("ListEntitiesForPolicy", PolicyArn=arn)["PolicyUsers"] == []
    admin.iam("DeletePolicy", PolicyArn=arn)


def test_the_lives_of_inline_policies_of_users_and_groups(admin, refused):
    admin.iam("CreateGroup", GroupName="HR")
    for kind, name in (("User", "amin"), ("Group", "HR")):
        owner = {f"{kind}Name": name}
        admin.iam(f"Put{kind}Policy", **owner, PolicyName="first", PolicyDocument=policy(allow("s3:*")))
        admin.iam(f"Put{kind}Policy", **owner, PolicyName="first", PolicyDocument=DOCUMENT)  # a put replaces
        admin.iam(f"Put{kind}Policy", **owner, PolicyName="second", PolicyDocument=DOCUMENT)
        assert admin.iam(f"List{kind}Policies", **owner)["PolicyNames"] == ["first", "second"]
        shown = admin.iam(f"Get{kind}Policy", **owner, PolicyName="first")
        assert shown == owner | {"PolicyName": "first", "PolicyDocument": json.loads(DOCUMENT)}
        with refused("DeleteConflict", "Cannot delete entity, must delete policies first."):
            admin.iam(f"Delete{kind}", **owner)
        for one in ("first", "second"):
            admin.iam(f"Delete{kind}Policy", **owner, PolicyName=one)
        missing = f"The {kind.lower()} policy with name first cannot be found."
        with refused("NoSuchEntity", missing):
            admin.iam(f"Get{kind}Policy", **owner, PolicyName="first")
        with refused("NoSuchEntity", missing):
            admin.iam(f"Delete{kind}Policy", **owner, PolicyName="first")
        assert admin.iam(f"List{kind}Policies", **owner)["PolicyNames"] == []


def test_the_life_of_an_access_key(admin, account, refused):
    made = admin.iam("CreateAccessKey", UserName="amin")["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", made["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9/+]{40}", made["SecretAccessKey"])
    assert (made["UserName"], made["Status"]) == ("amin", "Active")
    amin = admin.with_keys(made)
    who = amin.sts("GetCallerIdentity")
    assert (who["Account"], who["Arn"]) == (account, f"arn:aws:iam::{account}:user/amin")
    assert who["UserId"] == admin.iam("GetUser", UserName="amin")["User"]["UserId"]

    admin.iam("CreateAccessKey", UserName="amin")
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        admin.iam("CreateAccessKey", UserName="amin")
    listed = admin.iam("ListAccessKeys", UserName="amin")["AccessKeyMetadata"]
    assert made["AccessKeyId"] in names(listed, "AccessKeyId")
    assert not [row for row in listed if "SecretAccessKey" in row]
    used = admin.iam("GetAccessKeyLastUsed", AccessKeyId=made["AccessKeyId"])
    assert used["UserName"] == "amin"
    assert (used["AccessKeyLastUsed"]["ServiceName"], used["AccessKeyLastUsed"]["Region"]) == ("sts", "us-east-1")

    admin.iam("UpdateAccessKey", UserName="amin", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
        amin.sts("GetCallerIdentity")
    admin.iam("UpdateAccessKey", UserName="amin", AccessKeyId=made["AccessKeyId"], Status="Active")
    assert amin.sts("GetCallerIdentity")["Arn"] == who["Arn"]
    for key in listed:
        admin.iam("DeleteAccessKey", UserName="amin", AccessKeyId=key["AccessKeyId"])
    with refused("NoSuchEntity", f"The Access Key with id {made['AccessKeyId']} cannot be found."):
        admin.iam("DeleteAccessKey", UserName="amin", AccessKeyId=made["AccessKeyId"])
    with refused("InvalidClientTokenId"):
        amin.sts("GetCallerIdentity")


def test_the_life_of_a_password(admin, account, refused):
    first, second = "First-Passw0rd & more", "Second+Passw0rd=%"
    made = admin.iam("CreateLoginProfile", UserName="amin", Password=first, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("amin", True)
    with refused("EntityAlreadyExists", "Login Profile for user amin already exists."):
        admin.iam("CreateLoginProfile", UserName="amin", Password=first)
    admin.iam("AttachUserPolicy", UserName="amin", PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    amin = admin.with_keys(admin.iam("CreateAccessKey", UserName="amin")["AccessKey"])
    with refused("AccessDenied", "The old password was incorrect."):
        amin.iam("ChangePassword", OldPassword="not this one", NewPassword=second)
    with refused("PasswordPolicyViolation"):
        amin.iam("ChangePassword", OldPassword=first, NewPassword="short")
    amin.iam("ChangePassword", OldPassword=first, NewPassword=second)
    assert admin.iam("GetLoginProfile", UserName="amin")["LoginProfile"]["PasswordResetRequired"] is False
    admin.iam("UpdateLoginProfile", UserName="amin", PasswordResetRequired=True)
    assert admin.iam("GetLoginProfile", UserName="amin")["LoginProfile"]["PasswordResetRequired"] is True
    admin.iam("DeleteLoginProfile", UserName="amin")
    with refused("NoSuchEntity", "Login Profile for User amin cannot be found."):
        admin.iam("GetLoginProfile", UserName="amin")


def test_the_life_of_a_virtual_mfa_device(admin, account, refused):
    made = admin.iam("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    serial = f"arn:aws:iam::{account}:mfa/phone"
    assert made["SerialNumber"] == serial
    with refused("EntityAlreadyExists", "MFADevice entity at the same path and name already exists."):
        admin.iam("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    seed = made["Base32StringSeed"]
    if isinstance(seed, str):  # JavaScript's bytes, as they came
        seed = base64.b64decode(seed)
    codes = pyotp.TOTP(seed.decode())
    now = int(time.time())
    user = {"UserName": "amin", "SerialNumber": serial}
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000001"}
    with refused("InvalidAuthenticationCode", "Authentication code for device is not valid"):
        admin.iam("EnableMFADevice", **user, **wrong)
    admin.iam("EnableMFADevice", **user, AuthenticationCode1=codes.at(now - 30), AuthenticationCode2=codes.at(now))
    enabled = admin.iam("ListMFADevices", UserName="amin")["MFADevices"]
    assert [(row["UserName"], row["SerialNumber"]) for row in enabled] == [("amin", serial)]
    with refused("NoSuchEntity"):  # "For this API, we only accept FIDO security key ARNs" (API Reference)
        admin.iam("GetMFADevice", **user)
    assigned = admin.iam("ListVirtualMFADevices", AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [row["User"]["UserName"] for row in assigned] == ["amin"]
    assert admin.iam("ListVirtualMFADevices", AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    with refused("DeleteConflict"):
        admin.iam("DeleteVirtualMFADevice", SerialNumber=serial)
    with refused("InvalidAuthenticationCode"):
        admin.iam("ResyncMFADevice", **user, **wrong)
    admin.iam("DeactivateMFADevice", **user)
    assert admin.iam("ListMFADevices", UserName="amin")["MFADevices"] == []
    admin.iam("DeleteVirtualMFADevice", SerialNumber=serial)
    assert admin.iam("ListVirtualMFADevices")["VirtualMFADevices"] == []


def test_the_life_of_an_account_alias(admin, refused):
    assert admin.iam("ListAccountAliases")["AccountAliases"] == []
    admin.iam("CreateAccountAlias", AccountAlias="company1")
    admin.iam("CreateAccountAlias", AccountAlias="company-1")  # a second one takes the place of the first
    assert admin.iam("ListAccountAliases")["AccountAliases"] == ["company-1"]
    with refused("ValidationError"):
        admin.iam("CreateAccountAlias", AccountAlias="-no-")
    admin.iam("DeleteAccountAlias", AccountAlias="company-1")
    with refused("NoSuchEntity"):
        admin.iam("DeleteAccountAlias", AccountAlias="company-1")
    assert admin.iam("ListAccountAliases")["AccountAliases"] == []
