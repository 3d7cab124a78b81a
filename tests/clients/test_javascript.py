"""What only the AWS SDK for JavaScript has: a command for each operation, paginators, waiters, errors by name."""

from __future__ import annotations

import pytest

from iamconsole.gateway.table import OPERATIONS
from tests.clients.drivers import JavaScript, Keys, Refused
from tests.factories import allow, policy

pytestmark = pytest.mark.node


@pytest.fixture
def sdk(javascript_driver) -> JavaScript:
    return javascript_driver


def test_there_is_a_command_for_every_operation_that_is_here(sdk, keys):
    for name, operation in OPERATIONS.items():
        if operation.public and operation.service in ("iam", "sts"):
            command = f"{name.partition(':')[2]}Command"
            assert sdk.ask(keys, "has", operation.service, name=command), command


def test_paginators_give_everything_once(sdk, keys):
    for number in range(4):
        sdk.call(keys, "iam", "CreateUser", {"UserName": f"user-{number}"})
    pages = sdk.ask(keys, "paginate", "iam", operation="ListUsers", params={}, pageSize=2)
    found = [user["UserName"] for page in pages for user in page["Users"]]
    assert found == ["admin", "amin", "Sarah", "user-0", "user-1", "user-2", "user-3"]
    assert [len(page["Users"]) for page in pages] == [2, 2, 2, 1]
    assert [page["IsTruncated"] for page in pages] == [True, True, True, False]
    group = {"GroupName": "HR"}
    sdk.call(keys, "iam", "CreateGroup", group)
    for name in found[:3]:
        sdk.call(keys, "iam", "AddUserToGroup", group | {"UserName": name})
    pages = sdk.ask(keys, "paginate", "iam", operation="GetGroup", params=group, pageSize=1)
    assert [user["UserName"] for page in pages for user in page["Users"]] == found[:3]
    assert {page["Group"]["GroupName"] for page in pages} == {"HR"}


def test_waiters_see_what_is_there_and_give_up_on_what_is_not(sdk, keys, account):
    document = policy(allow("s3:GetObject"))
    trust = policy({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    arn = sdk.call(keys, "iam", "CreatePolicy", {"PolicyName": "p", "PolicyDocument": document})["Policy"]["Arn"]
    sdk.call(keys, "iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": trust})
    sdk.call(keys, "iam", "CreateInstanceProfile", {"InstanceProfileName": "i"})
    for waiter, params in (
        ("UserExists", {"UserName": "amin"}),
        ("PolicyExists", {"PolicyArn": arn}),
        ("RoleExists", {"RoleName": "r"}),
        ("InstanceProfileExists", {"InstanceProfileName": "i"}),
    ):
        assert sdk.ask(keys, "wait", "iam", waiter=waiter, params=params)["state"] == "SUCCESS"
    with pytest.raises(AssertionError, match=r"TimeoutError|TIMEOUT"):
        sdk.ask(keys, "wait", "iam", waiter="UserExists", params={"UserName": "nobody"})


@pytest.mark.parametrize(
    ("operation", "params", "name", "status"),
    [
        ("GetUser", {"UserName": "nobody"}, "NoSuchEntityException", 404),
        ("CreateUser", {"UserName": "ADMIN"}, "EntityAlreadyExistsException", 409),
        ("DeleteUser", {"UserName": "admin"}, "DeleteConflictException", 409),
        ("CreatePolicy", {"PolicyName": "p", "PolicyDocument": "{"}, "MalformedPolicyDocumentException", 400),
        ("CreateLoginProfile", {"UserName": "amin", "Password": "short"}, "PasswordPolicyViolationException", 400),
    ],
)
def test_errors_are_of_the_classes_of_the_sdk(sdk, keys, operation, params, name, status):
    credentials = {"accessKeyId": keys.access_key_id, "secretAccessKey": keys.secret}
    options = {"endpoint": sdk.url, "region": "us-east-1", "credentials": credentials}
    asked = {"act": "call", "service": "iam", "operation": operation, "params": params, "options": options}
    refused = sdk.process.ask(asked)["refused"]
    assert (refused["name"], refused["status"]) == (name, status)


def test_wrong_keys_are_refused_in_words_that_the_sdk_reads(sdk, keys):
    for wrong, code in (
        (Keys("AKIAS7790KQGK63WUK6T5", keys.secret), "InvalidClientTokenId"),
        (Keys(keys.access_key_id, "x" * 40), "SignatureDoesNotMatch"),
        (Keys(keys.access_key_id, keys.secret, "not-a-token"), "InvalidClientTokenId"),
    ):
        with pytest.raises(Refused) as error:
            sdk.call(wrong, "sts", "GetCallerIdentity", {})
        assert error.value.code == code
