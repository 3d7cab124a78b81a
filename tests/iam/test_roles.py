"""Roles and permissions boundaries through the door (limits.md §1–§3, §8)."""

from __future__ import annotations

import json
import re

import pytest

from iamconsole.core.errors import AwsError
from iamconsole.iam import aws_managed, quotas, service_linked
from iamconsole.iam.models import Role, User
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
SUPPORT = "AWSServiceRoleForSupport"


def make_role(client, name="Reader", **params):
    return client.call("iam:CreateRole", role_name=name, **{"assume_role_policy_document": TRUST} | params)["Role"]


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert (error.value.code, error.value.message) == (code, message)


def test_a_role_is_shown_with_all_that_it_was_made_with(admin, sandbox):
    tags = [{"Key": "team", "Value": "hr"}]
    made = make_role(
        admin,
        path="/lab/",
        description="For the lab",
        max_session_duration=43200,
        permissions_boundary=S3_READ,
        tags=tags,
    )
    assert made["Arn"] == f"arn:aws:iam::{sandbox.account_id}:role/lab/Reader"
    assert made["RoleId"].startswith("AROA")
    bounded = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": S3_READ}
    shown = admin.call("iam:GetRole", role_name="reader")["Role"]
    assert shown == made | {"MaxSessionDuration": 43200, "RoleLastUsed": {}}
    assert (shown["PermissionsBoundary"], shown["Tags"]) == (bounded, tags)
    assert shown["Description"] == "For the lab"
    listed = admin.call("iam:ListRoles", path_prefix="/lab/")["Roles"]
    unlisted = ("PermissionsBoundary", "Tags", "RoleLastUsed")
    assert listed == [{key: value for key, value in shown.items() if key not in unlisted}]


def test_the_answers_of_creating_and_describing_a_role_have_no_session_length(admin):
    assert "MaxSessionDuration" not in make_role(admin, max_session_duration=7200)
    described = admin.call("iam:UpdateRoleDescription", role_name="Reader", description="For the lab")["Role"]
    assert described["Description"] == "For the lab"
    assert "MaxSessionDuration" not in described
    assert admin.call("iam:GetRole", role_name="Reader")["Role"]["MaxSessionDuration"] == 7200


def test_a_role_has_an_hour_and_no_description_where_nothing_is_said(admin):
    make_role(admin)
    shown = admin.call("iam:GetRole", role_name="Reader")["Role"]
    assert shown["MaxSessionDuration"] == 3600
    assert {"Description", "Tags", "PermissionsBoundary"}.isdisjoint(shown)


def test_role_names_collide_without_regard_to_case(admin):
    make_role(admin)
    taken = {"role_name": "READER", "assume_role_policy_document": TRUST}
    refused(admin, "EntityAlreadyExists", "Role with name READER already exists.", "iam:CreateRole", **taken)


CHARACTERS = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."


def too_long(value, member, most):
    return (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


# limits.md §1, E1, E2 and E5: operation, what is wrong, and AWS's words for it
NAMES = [
    ("CreateRole", {"role_name": "r" * 65}, too_long("r" * 65, "roleName", 64)),
    ("CreateRole", {"role_name": "a role"}, f"The specified value for roleName is invalid. {CHARACTERS}"),
    ("CreateRole", {"path": "lab"}, f"The specified value for path is invalid. {PATH}"),
    ("CreateRole", {"description": "d" * 1001}, too_long("d" * 1001, "description", 1000)),
    ("CreateRole", {"tags": [{"Key": "k" * 129, "Value": ""}]}, too_long("k" * 129, "tags.1.member.key", 128)),
    ("CreateRole", {"tags": [{"Key": "k", "Value": "v" * 257}]}, too_long("v" * 257, "tags.1.member.value", 256)),
    ("CreateInstanceProfile", {"instance_profile_name": "p" * 129}, too_long("p" * 129, "instanceProfileName", 128)),
    (
        "CreateInstanceProfile",
        {"instance_profile_name": "p/p"},
        f"The specified value for instanceProfileName is invalid. {CHARACTERS}",
    ),
    ("PutRolePolicy", {"policy_name": "p" * 129}, too_long("p" * 129, "policyName", 128)),
]
SOUND = {
    "CreateRole": {"role_name": "Reader", "assume_role_policy_document": TRUST},
    "CreateInstanceProfile": {"instance_profile_name": "Server"},
    "PutRolePolicy": {"role_name": "Reader", "policy_name": "p", "policy_document": DOCUMENT},
}


@pytest.mark.parametrize(("operation", "wrong", "message"), NAMES)
def test_what_a_name_may_be(admin, operation, wrong, message):
    with pytest.raises(AwsError) as error:
        admin.call(f"iam:{operation}", **SOUND[operation] | wrong)
    assert (error.value.code, error.value.message.removesuffix(".")) == ("ValidationError", message.removesuffix("."))


def test_a_role_has_fifty_tags_at_most(admin):
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    make_role(admin, tags=tags)
    params = {"role_name": "Reader", "tags": [{"Key": "one more", "Value": ""}]}
    message = "The number of tags has reached the maximum limit."
    refused(admin, "LimitExceeded", message, "iam:TagRole", **params)
    twice = [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]
    message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    refused(admin, "InvalidInput", message, "iam:TagRole", role_name="Reader", tags=twice)


def test_roles_come_in_pages(admin):
    for number in range(3):
        make_role(admin, f"R{number}", path="/lab/")
    first = admin.call("iam:ListRoles", path_prefix="/lab/", max_items=2)
    rest = admin.call("iam:ListRoles", path_prefix="/lab/", marker=first["Marker"])
    shown = [role["RoleName"] for answer in (first, rest) for role in answer["Roles"]]
    assert (shown, first["IsTruncated"], rest["IsTruncated"]) == (["R0", "R1", "R2"], True, False)


@pytest.mark.parametrize("action", ["iam:GetRole", "iam:DeleteRole", "iam:ListRolePolicies", "iam:ListRoleTags"])
def test_a_role_that_is_not_there(admin, action):
    refused(admin, "NoSuchEntity", "The role with name ghost cannot be found.", action, role_name="ghost")


@pytest.mark.parametrize("duration", [3599, 43201])
def test_the_longest_session_is_between_one_and_twelve_hours(admin, duration):
    with pytest.raises(AwsError) as error:
        make_role(admin, max_session_duration=duration)
    assert error.value.code == "ValidationError"
    assert "'maxSessionDuration' failed to satisfy constraint" in error.value.message


def test_the_path_of_the_roles_of_services_is_theirs(admin):
    with pytest.raises(AwsError) as error:
        make_role(admin, path="/aws-service-role/ec2.amazonaws.com/")
    assert error.value.code == "InvalidInput"


def test_there_are_a_thousand_roles_in_an_account_at_most(admin, monkeypatch):
    monkeypatch.setattr(quotas, "ROLES", Role.objects.filter(account=admin.caller.account_key).count() + 1)
    make_role(admin)
    params = {"role_name": "Another", "assume_role_policy_document": TRUST}
    message = f"Cannot exceed quota for RolesPerAccount: {quotas.ROLES}"
    refused(admin, "LimitExceeded", message, "iam:CreateRole", **params)


def test_a_trust_policy_has_2048_characters_without_white_space(admin):
    def document(size):
        statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        empty = quotas.size_of(json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Sid": ""}]}))
        return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Sid": "a" * (size - empty)}]}, indent=9)

    make_role(admin, assume_role_policy_document=document(2048))
    params = {"role_name": "Reader", "policy_document": document(2049)}
    message = "Cannot exceed quota for ACLSizePerRole: 2048"
    refused(admin, "LimitExceeded", message, "iam:UpdateAssumeRolePolicy", **params)


def test_the_inline_policies_of_a_role_have_10240_characters_together(admin):
    make_role(admin)
    role = {"role_name": "Reader"}
    long = policy(allow("s3:GetObject", "arn:aws:s3:::" + "b" * 5000))
    admin.call("iam:PutRolePolicy", **role, policy_name="one", policy_document=long)
    admin.call("iam:PutRolePolicy", **role, policy_name="two", policy_document=long)
    admin.call("iam:PutRolePolicy", **role, policy_name="two", policy_document=long)
    message = "Maximum policy size of 10240 bytes exceeded for role Reader"
    refused(admin, "LimitExceeded", message, "iam:PutRolePolicy", **role, policy_name="three", policy_document=long)
    assert admin.call("iam:ListRolePolicies", **role)["PolicyNames"] == ["one", "two"]


def test_a_role_has_ten_managed_policies_at_most(admin, sandbox):
    make_role(admin)
    for number in range(11):
        admin.call("iam:CreatePolicy", policy_name=f"P{number}", policy_document=DOCUMENT)
    arns = [f"arn:aws:iam::{sandbox.account_id}:policy/P{number}" for number in range(11)]
    for arn in arns[:10]:
        admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=arn)
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=arns[0])  # again is no error
    message = "Cannot exceed quota for PoliciesPerRole: 10"
    refused(admin, "LimitExceeded", message, "iam:AttachRolePolicy", role_name="Reader", policy_arn=arns[10])


def test_a_role_is_deleted_only_when_nothing_hangs_on_it(admin):
    make_role(admin)
    role = {"role_name": "Reader"}
    admin.call("iam:AttachRolePolicy", **role, policy_arn=S3_READ)
    admin.call("iam:PutRolePolicy", **role, policy_name="inline", policy_document=DOCUMENT)
    conflict = "Cannot delete entity, must detach all policies first."
    refused(admin, "DeleteConflict", conflict, "iam:DeleteRole", **role)
    admin.call("iam:DetachRolePolicy", **role, policy_arn=S3_READ)
    refused(admin, "DeleteConflict", "Cannot delete entity, must delete policies first.", "iam:DeleteRole", **role)
    admin.call("iam:DeleteRolePolicy", **role, policy_name="inline")
    admin.call("iam:DeleteRole", **role)
    assert not Role.objects.filter(name="Reader").exists()


PROTECTED = [
    ("iam:UpdateAssumeRolePolicy", {"policy_document": TRUST}),
    ("iam:UpdateRole", {"max_session_duration": 7200}),
    ("iam:DeleteRole", {}),
    ("iam:TagRole", {"tags": [{"Key": "a", "Value": "b"}]}),
    ("iam:UntagRole", {"tag_keys": ["a"]}),
    ("iam:AttachRolePolicy", {"policy_arn": S3_READ}),
    ("iam:DetachRolePolicy", {"policy_arn": S3_READ}),
    ("iam:PutRolePolicy", {"policy_name": "p", "policy_document": DOCUMENT}),
    ("iam:DeleteRolePolicy", {"policy_name": "p"}),
    ("iam:PutRolePermissionsBoundary", {"permissions_boundary": S3_READ}),
    ("iam:DeleteRolePermissionsBoundary", {}),
]


@pytest.mark.parametrize(("action", "params"), PROTECTED)
def test_only_aws_changes_a_service_linked_role(admin, action, params):
    message = f"Cannot perform the operation on the protected role '{SUPPORT}' - this role is only modifiable by AWS"
    refused(admin, "UnmodifiableEntity", message, action, role_name=SUPPORT, **params)


def test_the_service_linked_roles_are_those_that_awss_own_policies_name():
    """`role/aws-service-role/<service>/<name>` stands in many AWS managed policies."""
    texts = [managed.text for managed in aws_managed.by_arn().values()]
    named = {found for text in texts for found in re.findall(r"role/aws-service-role/([a-z0-9.-]+)/(\w+)\b", text)}
    known = {service: role.name for service, role in service_linked.ROLES.items()}
    agreed = {service for service, name in named if known.get(service) == name}
    assert {service for service, _ in named if service in known} == agreed
    assert len(agreed) >= 20
    assert {role.policy_arn for role in service_linked.ROLES.values()} <= set(aws_managed.by_arn())


def test_each_service_linked_role_has_its_services_policy_and_trust(admin):
    present = {role["RoleName"] for role in admin.call("iam:ListRoles")["Roles"]}
    for service, known in service_linked.ROLES.items():
        if known.name not in present:
            admin.call("iam:CreateServiceLinkedRole", aws_service_name=service)
        shown = admin.call("iam:GetRole", role_name=known.name)["Role"]
        assert shown["Path"] == f"/aws-service-role/{service}/"
        assert json.loads(shown["AssumeRolePolicyDocument"])["Statement"][0]["Principal"] == {"Service": service}
        attached = admin.call("iam:ListAttachedRolePolicies", role_name=known.name)["AttachedPolicies"]
        assert [one["PolicyArn"] for one in attached] == [known.policy_arn]


def test_auto_scaling_has_as_many_roles_as_there_are_suffixes(admin):
    service = {"aws_service_name": "autoscaling.amazonaws.com"}
    for suffix in (None, "debug", "test"):
        made = admin.call("iam:CreateServiceLinkedRole", **service, **({"custom_suffix": suffix} if suffix else {}))
        assert made["Role"]["RoleName"] == "AWSServiceRoleForAutoScaling" + (f"_{suffix}" if suffix else "")
    message = "Service role name AWSServiceRoleForAutoScaling_test has been taken in this account, please try a "
    taken = service | {"custom_suffix": "test"}
    refused(admin, "InvalidInput", f"{message}different suffix.", "iam:CreateServiceLinkedRole", **taken)
    other = {"aws_service_name": "rds.amazonaws.com", "custom_suffix": "a"}
    message = "Custom suffix is not allowed for rds.amazonaws.com"
    refused(admin, "InvalidInput", message, "iam:CreateServiceLinkedRole", **other)


def test_a_service_deletes_its_role_and_the_task_tells(admin):
    service = {"aws_service_name": "rds.amazonaws.com"}
    admin.call("iam:CreateServiceLinkedRole", **service)
    task = admin.call("iam:DeleteServiceLinkedRole", role_name="AWSServiceRoleForRDS")["DeletionTaskId"]
    assert task.startswith("task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/")
    assert not Role.objects.filter(name="AWSServiceRoleForRDS").exists()
    done = {"Status": "SUCCEEDED"}
    assert admin.call("iam:GetServiceLinkedRoleDeletionStatus", deletion_task_id=task) == done
    admin.call("iam:CreateServiceLinkedRole", **service)
    assert admin.call("iam:GetServiceLinkedRoleDeletionStatus", deletion_task_id=task) == done


def test_a_role_that_its_service_needs_stays_and_the_task_says_why(admin):
    task = admin.call("iam:DeleteServiceLinkedRole", role_name=SUPPORT)["DeletionTaskId"]
    told = admin.call("iam:GetServiceLinkedRoleDeletionStatus", deletion_task_id=task)
    assert (told["Status"], bool(told["Reason"]["Reason"])) == ("FAILED", True)
    assert Role.objects.filter(name=SUPPORT).exists()


@pytest.mark.parametrize("task", ["task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/1", "nonsense"])
def test_a_task_that_was_never_asked_for(admin, task):
    with pytest.raises(AwsError) as error:
        admin.call("iam:GetServiceLinkedRoleDeletionStatus", deletion_task_id=task)
    assert error.value.code == "NoSuchEntity"


def test_a_role_of_the_accounts_own_is_not_deleted_as_a_service_linked_one(admin):
    make_role(admin)
    with pytest.raises(AwsError) as error:
        admin.call("iam:DeleteServiceLinkedRole", role_name="Reader")
    assert error.value.code == "NoSuchEntity"
    assert Role.objects.filter(name="Reader").exists()


def test_the_description_of_a_service_linked_role_can_be_changed(admin):
    admin.call("iam:UpdateRole", role_name=SUPPORT, description="By AWS")
    shown = admin.call("iam:UpdateRoleDescription", role_name=SUPPORT, description="For AWS")["Role"]
    assert shown["Description"] == "For AWS"
    assert admin.call("iam:GetRole", role_name=SUPPORT)["Role"]["Description"] == "For AWS"


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_is_set_replaced_and_taken_away(admin, sandbox, kind):
    make_role(admin)
    admin.call("iam:CreatePolicy", policy_name="Cap", policy_document=DOCUMENT)
    ours = f"arn:aws:iam::{sandbox.account_id}:policy/Cap"
    name = {"user": {"user_name": "Sarah"}, "role": {"role_name": "Reader"}}[kind]
    title = kind.title()
    for arn in (S3_READ, ours, S3_READ):
        admin.call(f"iam:Put{title}PermissionsBoundary", **name, permissions_boundary=arn)
        shown = admin.call(f"iam:Get{title}", **name)[title]["PermissionsBoundary"]
        assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    admin.call(f"iam:Delete{title}PermissionsBoundary", **name)
    assert "PermissionsBoundary" not in admin.call(f"iam:Get{title}", **name)[title]
    with pytest.raises(AwsError) as error:
        admin.call(f"iam:Delete{title}PermissionsBoundary", **name)
    assert error.value.code == "NoSuchEntity"


def test_a_boundary_must_be_a_policy_that_is_there(admin, sandbox):
    nothing = f"arn:aws:iam::{sandbox.account_id}:policy/Nothing"
    message = f"Scope ARN: {nothing} does not exist or is not attachable."
    refused(admin, "NoSuchEntity", message, "iam:CreateUser", user_name="john", permissions_boundary=nothing)
    assert not User.objects.filter(name="john").exists()
    params = {"user_name": "Sarah", "permissions_boundary": nothing}
    refused(admin, "NoSuchEntity", message, "iam:PutUserPermissionsBoundary", **params)


def test_the_policy_of_a_service_linked_role_is_no_boundary(admin):
    arn = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"
    with pytest.raises(AwsError) as error:
        admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=arn)
    assert error.value.code == "PolicyNotAttachable"


def test_a_delegated_administrator_makes_only_users_and_roles_with_the_boundary(admin, root, sandbox):
    """IAM User Guide, "Delegating responsibility to others using permissions boundaries"."""
    with_cap = {"StringEquals": {"iam:PermissionsBoundary": S3_READ}}
    actions = ["iam:CreateUser", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy"]
    document = policy(allow(actions) | {"Condition": with_cap})
    root.call("iam:CreateUser", user_name="zhang")
    root.call("iam:PutUserPolicy", user_name="zhang", policy_name="delegated", policy_document=document)
    zhang = client_for(sandbox, "zhang")

    zhang.call("iam:CreateUser", user_name="nikhil", permissions_boundary=S3_READ)
    made = {"role_name": "App", "assume_role_policy_document": TRUST}
    zhang.call("iam:CreateRole", **made, permissions_boundary=S3_READ)
    zhang.call("iam:AttachRolePolicy", role_name="App", policy_arn=S3_READ)
    admin.call("iam:DeleteRolePermissionsBoundary", role_name="App")
    for action, params in (
        ("iam:CreateUser", {"user_name": "unbounded"}),
        ("iam:CreateRole", made | {"role_name": "Unbounded"}),
        ("iam:AttachRolePolicy", {"role_name": "App", "policy_arn": S3_READ}),
        ("iam:PutRolePermissionsBoundary", {"role_name": "App", "permissions_boundary": f"{S3_READ}Other"}),
    ):
        with pytest.raises(AwsError) as error:
            zhang.call(action, **params)
        assert error.value.code == "AccessDenied", action
    zhang.call("iam:PutRolePermissionsBoundary", role_name="App", permissions_boundary=S3_READ)
