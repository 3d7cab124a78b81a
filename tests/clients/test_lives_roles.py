"""The lives of roles, what hangs on them, and what bounds them."""

from __future__ import annotations

import json
import re

import pytest

from tests.clients.drivers import names
from tests.factories import allow, policy

S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
TAGS = [{"Key": "team", "Value": "hr"}]


def trust(**principal: str) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


EC2 = trust(Service="ec2.amazonaws.com")


@pytest.fixture
def reader(admin):
    """A role for what hangs on roles."""
    return admin.iam("CreateRole", RoleName="Reader", AssumeRolePolicyDocument=EC2)["Role"]


def test_the_life_of_a_role(admin, account, refused):
    made = admin.iam(
        "CreateRole",
        RoleName="Uploader",
        Path="/hr/",
        AssumeRolePolicyDocument=EC2,
        Description="Puts HR's files",
        MaxSessionDuration=7200,
        Tags=TAGS,
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{account}:role/hr/Uploader"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    assert made["AssumeRolePolicyDocument"] == json.loads(EC2)
    with refused("EntityAlreadyExists", "Role with name UPLOADER already exists."):
        admin.iam("CreateRole", RoleName="UPLOADER", AssumeRolePolicyDocument=EC2)
    group = f"arn:aws:iam::{account}:group/HR"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{group}"'):
        admin.iam("CreateRole", RoleName="Other", AssumeRolePolicyDocument=trust(AWS=group))

    shown = admin.iam("GetRole", RoleName="uploader")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"], shown["Tags"]) == ("Puts HR's files", 7200, TAGS)
    assert shown["AssumeRolePolicyDocument"] == json.loads(EC2)
    assert names(admin.iam("ListRoles", PathPrefix="/hr/")["Roles"], "RoleName") == ["Uploader"]
    admin.iam("UpdateRole", RoleName="Uploader", Description="", MaxSessionDuration=3600)
    described = admin.iam("UpdateRoleDescription", RoleName="Uploader", Description="Anew")["Role"]
    assert described["Description"] == "Anew"
    assert admin.iam("GetRole", RoleName="Uploader")["Role"]["MaxSessionDuration"] == 3600

    john = trust(AWS=f"arn:aws:iam::{account}:user/amin")
    admin.iam("UpdateAssumeRolePolicy", RoleName="Uploader", PolicyDocument=john)
    assert admin.iam("GetRole", RoleName="Uploader")["Role"]["AssumeRolePolicyDocument"] == json.loads(john)
    missing = f"arn:aws:iam::{account}:user/missing"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"'):
        admin.iam("UpdateAssumeRolePolicy", RoleName="Uploader", PolicyDocument=trust(AWS=missing))

    admin.iam("TagRole", RoleName="Uploader", Tags=[{"Key": "level", "Value": "1"}])
    assert names(admin.iam("ListRoleTags", RoleName="Uploader")["Tags"], "Key") == ["level", "team"]
    admin.iam("UntagRole", RoleName="Uploader", TagKeys=["level", "team"])
    assert admin.iam("ListRoleTags", RoleName="Uploader")["Tags"] == []
    admin.iam("DeleteRole", RoleName="Uploader")
    with refused("NoSuchEntity", "The role with name Uploader cannot be found."):
        admin.iam("GetRole", RoleName="Uploader")
    again = admin.iam("CreateRole", RoleName="Uploader", AssumeRolePolicyDocument=EC2)["Role"]
    assert again["RoleId"] != made["RoleId"]


def test_the_lives_of_policies_on_a_role(admin, reader, refused):
    owner = {"RoleName": "Reader"}
    for _ in range(2):
        admin.iam("AttachRolePolicy", **owner, PolicyArn=S3_READ_ONLY)
    attached = admin.iam("ListAttachedRolePolicies", **owner)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": S3_READ_ONLY}]
    assert names(admin.iam("ListEntitiesForPolicy", PolicyArn=S3_READ_ONLY)["PolicyRoles"], "RoleName") == ["Reader"]
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first."):
        admin.iam("DeleteRole", **owner)
    admin.iam("DetachRolePolicy", **owner, PolicyArn=S3_READ_ONLY)
    with refused("NoSuchEntity", f"Policy {S3_READ_ONLY} was not found."):
        admin.iam("DetachRolePolicy", **owner, PolicyArn=S3_READ_ONLY)

    admin.iam("PutRolePolicy", **owner, PolicyName="own", PolicyDocument=DOCUMENT)
    assert admin.iam("ListRolePolicies", **owner)["PolicyNames"] == ["own"]
    shown = admin.iam("GetRolePolicy", **owner, PolicyName="own")
    assert shown == owner | {"PolicyName": "own", "PolicyDocument": json.loads(DOCUMENT)}
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first."):
        admin.iam("DeleteRole", **owner)
    admin.iam("DeleteRolePolicy", **owner, PolicyName="own")
    with refused("NoSuchEntity", "The role policy with name own cannot be found."):
        admin.iam("GetRolePolicy", **owner, PolicyName="own")
    admin.iam("DeleteRole", **owner)


def test_the_lives_of_boundaries(admin, account, reader, refused):
    arn = admin.iam("CreatePolicy", PolicyName="Boundary", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    admin.iam("CreateUser", UserName="intern", PermissionsBoundary=arn)
    for kind, name in (("User", "intern"), ("Role", "Reader")):
        owner = {f"{kind}Name": name}
        for bound in (S3_READ_ONLY, arn):  # a put replaces
            admin.iam(f"Put{kind}PermissionsBoundary", **owner, PermissionsBoundary=bound)
            assert admin.iam(f"Get{kind}", **owner)[kind]["PermissionsBoundary"] == {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": bound,
            }
    assert admin.iam("GetPolicy", PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 2
    used = admin.iam("ListEntitiesForPolicy", PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert (names(used["PolicyUsers"], "UserName"), names(used["PolicyRoles"], "RoleName")) == (["intern"], ["Reader"])
    with refused("DeleteConflict"):
        admin.iam("DeletePolicy", PolicyArn=arn)
    for kind, name in (("User", "intern"), ("Role", "Reader")):
        admin.iam(f"Delete{kind}PermissionsBoundary", **{f"{kind}Name": name})
        assert "PermissionsBoundary" not in admin.iam(f"Get{kind}", **{f"{kind}Name": name})[kind]
    admin.iam("DeletePolicy", PolicyArn=arn)


def test_the_life_of_an_instance_profile(admin, account, reader, refused):
    owner = {"InstanceProfileName": "Server"}
    made = admin.iam("CreateInstanceProfile", **owner, Path="/web/", Tags=TAGS)["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{account}:instance-profile/web/Server"
    assert re.fullmatch(r"AIPA[A-Z2-7]{17}", made["InstanceProfileId"])
    assert made["Roles"] == []
    with refused("EntityAlreadyExists", "Instance Profile SERVER already exists."):
        admin.iam("CreateInstanceProfile", InstanceProfileName="SERVER")
    admin.iam("AddRoleToInstanceProfile", **owner, RoleName="Reader")
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
        admin.iam("AddRoleToInstanceProfile", **owner, RoleName="Reader")
    shown = admin.iam("GetInstanceProfile", **owner)["InstanceProfile"]
    assert (names(shown["Roles"], "RoleName"), shown["Tags"]) == (["Reader"], TAGS)
    assert shown["Roles"][0]["AssumeRolePolicyDocument"] == json.loads(EC2)
    listed = admin.iam("ListInstanceProfiles", PathPrefix="/web/")["InstanceProfiles"]
    assert names(listed, "InstanceProfileName") == ["Server"]
    of_role = admin.iam("ListInstanceProfilesForRole", RoleName="Reader")["InstanceProfiles"]
    assert names(of_role, "InstanceProfileId") == [made["InstanceProfileId"]]
    for action, whom in (("DeleteRole", {"RoleName": "Reader"}), ("DeleteInstanceProfile", owner)):
        with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
            admin.iam(action, **whom)
    admin.iam("TagInstanceProfile", **owner, Tags=[{"Key": "a", "Value": "b"}])
    admin.iam("UntagInstanceProfile", **owner, TagKeys=["team"])
    assert admin.iam("ListInstanceProfileTags", **owner)["Tags"] == [{"Key": "a", "Value": "b"}]
    admin.iam("RemoveRoleFromInstanceProfile", **owner, RoleName="Reader")
    with refused("NoSuchEntity"):
        admin.iam("RemoveRoleFromInstanceProfile", **owner, RoleName="Reader")
    admin.iam("DeleteInstanceProfile", **owner)
    with refused("NoSuchEntity", "Instance Profile Server cannot be found."):
        admin.iam("GetInstanceProfile", **owner)


def test_the_tags_of_a_policy(admin, account, refused):
    arn = f"arn:aws:iam::{account}:policy/Company1-Logs-Policy"
    admin.iam("TagPolicy", PolicyArn=arn, Tags=[{"Key": "team", "Value": "it"}, {"Key": "a", "Value": ""}])
    admin.iam("UntagPolicy", PolicyArn=arn, TagKeys=["TEAM"])
    assert admin.iam("ListPolicyTags", PolicyArn=arn)["Tags"] == [{"Key": "a", "Value": ""}]
    with refused("NoSuchEntity"):
        admin.iam("TagPolicy", PolicyArn=f"{arn}-none", Tags=TAGS)


def test_the_life_of_a_service_linked_role(admin, account, refused):
    name = "AWSServiceRoleForSupport"
    arn = f"arn:aws:iam::{account}:role/aws-service-role/support.amazonaws.com/{name}"
    assert admin.iam("GetRole", RoleName=name)["Role"]["Arn"] == arn
    protected = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    with refused("UnmodifiableEntity", protected):
        admin.iam("DeleteRole", RoleName=name)
    with refused("UnmodifiableEntity", protected):
        admin.iam("AttachRolePolicy", RoleName=name, PolicyArn=S3_READ_ONLY)
    with refused("InvalidInput"):
        admin.iam("CreateServiceLinkedRole", AWSServiceName="support.amazonaws.com")
    suffixed = {"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "lab"}
    made = admin.iam("CreateServiceLinkedRole", **suffixed, Description="for the lab")["Role"]
    assert (made["RoleName"], made["Path"]) == (
        "AWSServiceRoleForAutoScaling_lab",
        "/aws-service-role/autoscaling.amazonaws.com/",
    )
    task = admin.iam("DeleteServiceLinkedRole", RoleName=made["RoleName"])["DeletionTaskId"]
    assert admin.iam("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity", f"The role with name {made['RoleName']} cannot be found."):
        admin.iam("GetRole", RoleName=made["RoleName"])


def test_who_is_made_again_is_not_who_was_trusted(admin, account, refused):
    """A trust policy holds the unique ID: the new user of the same name is somebody else (Principal, User Guide)."""
    amin = f"arn:aws:iam::{account}:user/amin"
    unique_id = admin.iam("GetUser", UserName="amin")["User"]["UserId"]
    admin.iam("CreateRole", RoleName="ForAmin", AssumeRolePolicyDocument=trust(AWS=amin))
    admin.iam("UpdateUser", UserName="amin", NewUserName="amina")  # is still the same user
    renamed = trust(AWS=f"{amin}a")
    assert admin.iam("GetRole", RoleName="ForAmin")["Role"]["AssumeRolePolicyDocument"] == json.loads(renamed)
    admin.iam("DeleteUser", UserName="amina")
    gone = json.loads(trust(AWS=unique_id))
    assert admin.iam("GetRole", RoleName="ForAmin")["Role"]["AssumeRolePolicyDocument"] == gone
    admin.iam("CreateUser", UserName="amina")
    assert admin.iam("GetRole", RoleName="ForAmin")["Role"]["AssumeRolePolicyDocument"] == gone
