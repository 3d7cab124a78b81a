"""Instance profiles through the door (limits.md §1, §2, §8), and the permission to pass a role."""

from __future__ import annotations

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam import quotas
from iamconsole.iam.models import InstanceProfile
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


@pytest.fixture
def profile(admin):
    admin.call("iam:CreateRole", role_name="Reader", assume_role_policy_document=TRUST)
    made = admin.call("iam:CreateInstanceProfile", instance_profile_name="Server", path="/lab/")["InstanceProfile"]
    return made


def put_in(client, role="Reader"):
    client.call("iam:AddRoleToInstanceProfile", instance_profile_name="Server", role_name=role)


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert (error.value.code, error.value.message) == (code, message)


def test_an_instance_profile_shows_its_role(admin, sandbox, profile):
    assert profile["Arn"] == f"arn:aws:iam::{sandbox.account_id}:instance-profile/lab/Server"
    assert profile["InstanceProfileId"].startswith("AIPA")
    assert profile["Roles"] == []
    put_in(admin)
    shown = admin.call("iam:GetInstanceProfile", instance_profile_name="SERVER")["InstanceProfile"]
    (role,) = shown["Roles"]
    assert (role["RoleName"], role["AssumeRolePolicyDocument"]) == ("Reader", TRUST)
    assert admin.call("iam:ListInstanceProfiles", path_prefix="/lab/")["InstanceProfiles"] == [shown]
    assert admin.call("iam:ListInstanceProfilesForRole", role_name="Reader")["InstanceProfiles"] == [shown]
    assert admin.call("iam:ListInstanceProfiles", path_prefix="/other/")["InstanceProfiles"] == []


def test_instance_profiles_come_in_pages(admin):
    for number in range(3):
        admin.call("iam:CreateInstanceProfile", instance_profile_name=f"P{number}")
    first = admin.call("iam:ListInstanceProfiles", max_items=2)
    assert (len(first["InstanceProfiles"]), first["IsTruncated"]) == (2, True)
    rest = admin.call("iam:ListInstanceProfiles", marker=first["Marker"])
    assert [one["InstanceProfileName"] for one in rest["InstanceProfiles"]] == ["P2"]


def test_names_collide_without_regard_to_case(admin, profile):
    message = "Instance Profile server already exists."
    refused(admin, "EntityAlreadyExists", message, "iam:CreateInstanceProfile", instance_profile_name="server")


def test_a_profile_that_is_not_there(admin):
    message = "Instance Profile ghost cannot be found."
    refused(admin, "NoSuchEntity", message, "iam:GetInstanceProfile", instance_profile_name="ghost")


def test_a_profile_has_one_role_at_most(admin, profile):
    put_in(admin)
    message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    params = {"instance_profile_name": "Server", "role_name": "Reader"}
    refused(admin, "LimitExceeded", message, "iam:AddRoleToInstanceProfile", **params)
    admin.call("iam:RemoveRoleFromInstanceProfile", **params)
    put_in(admin)


def test_there_are_a_thousand_profiles_in_an_account_at_most(admin, profile, monkeypatch):
    monkeypatch.setattr(quotas, "INSTANCE_PROFILES", 1)
    message = "Cannot exceed quota for InstanceProfilesPerAccount: 1"
    refused(admin, "LimitExceeded", message, "iam:CreateInstanceProfile", instance_profile_name="Another")


def test_neither_profile_nor_role_is_deleted_while_they_are_together(admin, profile):
    put_in(admin)
    message = "Cannot delete entity, must remove roles from instance profile first."
    refused(admin, "DeleteConflict", message, "iam:DeleteInstanceProfile", instance_profile_name="Server")
    refused(admin, "DeleteConflict", message, "iam:DeleteRole", role_name="Reader")
    admin.call("iam:RemoveRoleFromInstanceProfile", instance_profile_name="Server", role_name="Reader")
    admin.call("iam:DeleteRole", role_name="Reader")
    admin.call("iam:DeleteInstanceProfile", instance_profile_name="Server")
    assert not InstanceProfile.objects.exists()


def test_a_role_that_is_not_in_the_profile_is_not_taken_out(admin, profile):
    with pytest.raises(AwsError) as error:
        admin.call("iam:RemoveRoleFromInstanceProfile", instance_profile_name="Server", role_name="Reader")
    assert error.value.code == "NoSuchEntity"


def test_a_service_linked_role_goes_into_no_profile(admin, profile):
    with pytest.raises(AwsError) as error:
        put_in(admin, "AWSServiceRoleForSupport")
    assert error.value.code == "UnmodifiableEntity"


PASS = "iam:PassRole"
CONDITIONS = [
    ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, True),
    ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, False),
    ({"ArnEquals": {"iam:AssociatedResourceArn": "arn:aws:ec2:*:{account}:instance/*"}}, True),
    ({"ArnEquals": {"iam:AssociatedResourceArn": "arn:aws:ec2:us-east-1:{account}:instance/i-1"}}, False),
    ({"StringEquals": {"aws:ResourceTag/team": "hr"}}, True),
    ({"StringEquals": {"iam:ResourceTag/team": "it"}}, False),
]


@pytest.mark.parametrize(("condition", "allowed"), CONDITIONS)
def test_who_may_pass_a_role_to_ec2(admin, root, sandbox, profile, condition, allowed):
    """IAM User Guide, "Grant a user permissions to pass a role to an AWS service"."""
    admin.call("iam:TagRole", role_name="Reader", tags=[{"Key": "team", "Value": "hr"}])
    role = f"arn:aws:iam::{sandbox.account_id}:role/Reader"
    for operator in condition.values():
        for key, value in operator.items():
            operator[key] = value.replace("{account}", sandbox.account_id)
    document = policy(allow("iam:AddRoleToInstanceProfile"), allow(PASS, role) | {"Condition": condition})
    root.call("iam:CreateUser", user_name="operator")
    root.call("iam:PutUserPolicy", user_name="operator", policy_name="pass", policy_document=document)
    operator = client_for(sandbox, "operator")
    if allowed:
        put_in(operator)
        return
    with pytest.raises(AccessDenied) as error:
        put_in(operator)
    text = f"user/operator is not authorized to perform: {PASS} on resource: {role} because no identity-based"
    assert text in error.value.message
    assert Event.objects.latest("id").action == PASS
    assert InstanceProfile.objects.get().role is None


def test_adding_a_role_without_passing_it_is_refused(root, sandbox, profile):
    root.call("iam:CreateUser", user_name="operator")
    document = policy(allow("iam:AddRoleToInstanceProfile"))
    root.call("iam:PutUserPolicy", user_name="operator", policy_name="add", policy_document=document)
    with pytest.raises(AccessDenied) as error:
        put_in(client_for(sandbox, "operator"))
    assert error.value.action == PASS
