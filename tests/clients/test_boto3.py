"""What only boto3 has: waiters, resources, exceptions by name."""

from __future__ import annotations

import json
import threading

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError

from iamconsole.gateway.table import OPERATIONS
from tests.clients.drivers import REGION
from tests.factories import allow, policy

DOCUMENT = policy(allow("s3:GetObject"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
AT_ONCE = {"Delay": 1, "MaxAttempts": 5}
ONE_LOOK = {"Delay": 1, "MaxAttempts": 1}


@pytest.fixture
def iam(boto3_driver, keys):
    return boto3_driver.client(keys, "iam")


@pytest.fixture
def resource(server, keys):
    session = boto3.Session(keys.access_key_id, keys.secret, region_name=REGION)
    return session.resource("iam", endpoint_url=server.url)


def make(iam, account, kind) -> dict[str, str]:
    """Make one of the things that a waiter waits for, and tell how it is asked for."""
    if kind == "user_exists":
        iam.create_user(UserName="awaited")
        return {"UserName": "awaited"}
    if kind == "role_exists":
        iam.create_role(RoleName="awaited", AssumeRolePolicyDocument=TRUST)
        return {"RoleName": "awaited"}
    if kind == "instance_profile_exists":
        iam.create_instance_profile(InstanceProfileName="awaited")
        return {"InstanceProfileName": "awaited"}
    return {"PolicyArn": iam.create_policy(PolicyName="awaited", PolicyDocument=DOCUMENT)["Policy"]["Arn"]}


def asked_for(account, kind) -> dict[str, str]:
    return {
        "user_exists": {"UserName": "awaited"},
        "policy_exists": {"PolicyArn": f"arn:aws:iam::{account}:policy/awaited"},
        "role_exists": {"RoleName": "awaited"},
        "instance_profile_exists": {"InstanceProfileName": "awaited"},
    }[kind]


WAITERS = ["instance_profile_exists", "policy_exists", "role_exists", "user_exists"]


def test_no_waiter_of_what_is_here_is_forgotten():
    model = botocore.session.get_session().get_waiter_model("iam")
    here = {name for name in model.waiter_names if f"iam:{model.get_waiter(name).operation}" in OPERATIONS}
    assert {xform_name(name) for name in here} == set(WAITERS)


@pytest.mark.parametrize("waiter", WAITERS)
def test_a_waiter_waits_for_what_comes_and_gives_up_on_what_does_not(iam, account, waiter):
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        iam.get_waiter(waiter).wait(**asked_for(account, waiter), WaiterConfig=ONE_LOOK)
    later = threading.Timer(0.3, make, (iam, account, waiter))
    later.start()
    iam.get_waiter(waiter).wait(**asked_for(account, waiter), WaiterConfig=AT_ONCE)
    later.join()
    iam.get_waiter(waiter).wait(**asked_for(account, waiter), WaiterConfig=ONE_LOOK)


def test_a_waiter_stops_at_once_when_it_may_not_look(iam, boto3_driver, keys, account):
    made = iam.create_access_key(UserName="amin")["AccessKey"]
    amin = boto3_driver.client(type(keys).of(made), "iam")
    with pytest.raises(WaiterError, match=r"An error occurred \(AccessDenied\): User: .*amin is not authorized"):
        amin.get_waiter("user_exists").wait(UserName="admin", WaiterConfig={"Delay": 60, "MaxAttempts": 2})


def test_exceptions_have_the_names_of_the_model(iam):
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="nobody")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="Amin")
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName="admin")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_policy(PolicyName="p", PolicyDocument="{}")
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.tag_user(UserName="amin", Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])
    with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
        iam.create_login_profile(UserName="amin", Password="short")
    for _ in range(2):
        iam.create_access_key(UserName="amin")
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.create_access_key(UserName="amin")


def test_errors_say_who_is_at_fault_and_their_status(iam):
    for call, status in (
        (lambda: iam.get_user(UserName="nobody"), 404),
        (lambda: iam.create_user(UserName="admin"), 409),
        (lambda: iam.create_user(UserName="a b"), 400),
    ):
        with pytest.raises(ClientError) as error:
            call()
        answer = error.value.response
        assert (answer["Error"]["Type"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("Sender", status)


def test_users_groups_and_policies_as_resources(resource, account):
    user = resource.create_user(UserName="ann", Path="/hr/", Tags=[{"Key": "team", "Value": "hr"}])
    assert (user.arn, user.path) == (f"arn:aws:iam::{account}:user/hr/ann", "/hr/")
    assert user.tags == [{"Key": "team", "Value": "hr"}]
    assert resource.User("ann").user_id == user.user_id
    group = resource.create_group(GroupName="HR")
    group.add_user(UserName="ann")
    assert [one.name for one in group.users.all()] == ["ann"]
    assert [one.name for one in user.groups.all()] == ["HR"]

    managed = resource.create_policy(PolicyName="Mine", PolicyDocument=DOCUMENT)
    user.attach_policy(PolicyArn=managed.arn)
    group.attach_policy(PolicyArn=S3_READ_ONLY)
    managed.reload()
    assert (managed.attachment_count, managed.default_version.document) == (1, json.loads(DOCUMENT))
    assert [one.arn for one in user.attached_policies.all()] == [managed.arn]
    assert [one.arn for one in group.attached_policies.all()] == [S3_READ_ONLY]
    assert [one.name for one in managed.attached_users.all()] == ["ann"]
    version = managed.create_version(PolicyDocument=policy(allow("s3:*")))
    version.set_as_default()
    managed.reload()
    assert managed.default_version_id == "v2"
    assert [one.version_id for one in managed.versions.all()] == ["v2", "v1"]

    inline = user.create_policy(PolicyName="own", PolicyDocument=DOCUMENT)
    assert (inline.policy_document, [one.name for one in user.policies.all()]) == (json.loads(DOCUMENT), ["own"])
    key = user.create_access_key_pair()
    assert (key.status, len(key.secret)) == ("Active", 40)
    key.deactivate()
    assert [one.status for one in user.access_keys.all()] == ["Inactive"]
    user.create_login_profile(Password="Passw0rd!", PasswordResetRequired=True)
    assert resource.LoginProfile("ann").password_reset_required is True

    user.update(NewUserName="anna")
    user = resource.User("anna")
    user.load()
    user.LoginProfile().delete()
    for one in user.access_keys.all():
        one.delete()
    for one in user.policies.all():
        one.delete()
    user.detach_policy(PolicyArn=managed.arn)
    user.remove_group(GroupName="HR")
    user.delete()
    group.detach_policy(PolicyArn=S3_READ_ONLY)
    group.delete()
    resource.PolicyVersion(managed.arn, "v1").delete()
    managed.delete()
    assert {one.name for one in resource.users.all()} == {"admin", "amin", "Sarah"}
    assert list(resource.groups.all()) == []


def test_roles_as_resources(resource, account):
    role = resource.create_role(RoleName="Reader", AssumeRolePolicyDocument=TRUST, Path="/app/")
    assert (role.arn, role.assume_role_policy_document) == (
        f"arn:aws:iam::{account}:role/app/Reader",
        json.loads(TRUST),
    )
    role.attach_policy(PolicyArn=S3_READ_ONLY)
    assert [one.arn for one in role.attached_policies.all()] == [S3_READ_ONLY]
    assert [one.name for one in resource.Policy(S3_READ_ONLY).attached_roles.all()] == ["Reader"]
    inline = role.Policy("own")
    inline.put(PolicyDocument=DOCUMENT)
    assert (inline.policy_document, [one.name for one in role.policies.all()]) == (json.loads(DOCUMENT), ["own"])
    other = policy({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    role.AssumeRolePolicy().update(PolicyDocument=other)
    role.reload()
    assert role.assume_role_policy_document == json.loads(other)
    assert "Reader" in [one.name for one in resource.roles.filter(PathPrefix="/app/")]
    inline.delete()
    role.detach_policy(PolicyArn=S3_READ_ONLY)
    role.delete()
    assert list(resource.roles.filter(PathPrefix="/app/")) == []


def test_the_current_user_and_the_account_as_resources(resource, account):
    assert resource.CurrentUser().arn == f"arn:aws:iam::{account}:user/admin"
    assert resource.AccountSummary().summary_map["Users"] == 3
    device = resource.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    assert device.serial_number == f"arn:aws:iam::{account}:mfa/phone"
    assert len(device.base32_string_seed) >= 32
    assert device.qr_code_png.startswith(b"\x89PNG")
    device.delete()
    assert list(resource.virtual_mfa_devices.all()) == []
