"""The account as a whole, its service-linked roles, and what the root user keeps for itself."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam.models import MfaDevice, Role
from iamconsole.sandboxes import lifecycle
from iamconsole.wire.models import operation_model
from tests.boto import boto
from tests.factories import allow, client_for, policy, take_service_roles_away

pytestmark = pytest.mark.django_db

SUPPORT = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"


@pytest.fixture
def plain(sandbox) -> Account:
    """The sandbox's account without its service-linked roles."""
    take_service_roles_away(sandbox)
    return sandbox


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert (error.value.code, error.value.message) == (code, message)


# -- alias -----------------------------------------------------------------------------------------


def test_an_account_has_one_alias_and_a_second_replaces_it(admin):
    assert admin.call("iam:ListAccountAliases")["AccountAliases"] == []
    admin.call("iam:CreateAccountAlias", account_alias="company1")
    admin.call("iam:CreateAccountAlias", account_alias="company-1")
    assert admin.call("iam:ListAccountAliases")["AccountAliases"] == ["company-1"]
    refused(
        admin,
        "NoSuchEntity",
        "The account alias company1 cannot be found.",
        "iam:DeleteAccountAlias",
        account_alias="company1",
    )
    admin.call("iam:DeleteAccountAlias", account_alias="company-1")
    assert admin.call("iam:ListAccountAliases")["AccountAliases"] == []


def test_an_alias_is_unique_in_its_world_and_free_in_another(admin, stranger, sandbox):
    stranger.call("iam:CreateAccountAlias", account_alias="company1")
    Account.objects.create(
        sandbox=sandbox.sandbox,
        account_id="999988887777",
        name="Second",
        root_email="second@example.com",
        alias="taken",
        created=sandbox.created,
    )
    admin.call("iam:CreateAccountAlias", account_alias="company1")
    refused(
        admin,
        "EntityAlreadyExists",
        "The account alias taken already exists.",
        "iam:CreateAccountAlias",
        account_alias="taken",
    )


@pytest.mark.parametrize(
    "alias", ["ab", "a" * 64, "Company1", "-abc", "abc-", "a--b", "a_b", "123456789012", "1234-5678-9012"]
)
def test_an_alias_has_the_form_of_aws(admin, alias):
    with pytest.raises(AwsError) as error:
        admin.call("iam:CreateAccountAlias", account_alias=alias)
    assert error.value.code in ("ValidationError", "InvalidInput")


# -- summary ---------------------------------------------------------------------------------------


def test_the_summary_has_every_key_of_aws_and_counts_what_is_there(root, plain):
    before = root.call("iam:GetAccountSummary")["SummaryMap"]
    assert set(before) == set(operation_model("iam", "GetAccountSummary").output_shape.members["SummaryMap"].key.enum)
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateServiceLinkedRole", aws_service_name="support.amazonaws.com")
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")
    logs = f"arn:aws:iam::{plain.account_id}:policy/Company1-Logs-Policy"
    root.call("iam:CreatePolicyVersion", policy_arn=logs, policy_document=policy(allow("s3:ListAllMyBuckets")))
    root.call("iam:CreateAccessKey")
    after = root.call("iam:GetAccountSummary")["SummaryMap"]
    changed = {name: after[name] - number for name, number in before.items() if after[name] != number}
    assert changed == {
        "Groups": 1,
        "Users": 1,
        "Roles": 1,
        "MFADevices": 1,
        "PolicyVersionsInUse": 1,
        "AccountAccessKeysPresent": 1,
    }
    assert (after["Policies"], after["MFADevicesInUse"], after["AccountMFAEnabled"]) == (3, 0, 0)


def test_the_summary_counts_nothing_of_another_account(admin, stranger, other_sandbox):
    take_service_roles_away(other_sandbox)
    before = admin.call("iam:GetAccountSummary")
    stranger.call("iam:CreateUser", user_name="john")
    stranger.call("iam:CreateServiceLinkedRole", aws_service_name="support.amazonaws.com")
    assert admin.call("iam:GetAccountSummary") == before


# -- service-linked roles --------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", ["course", "empty", "bare"])
def test_every_start_state_has_the_two_roles_of_every_account_and_no_history(fixture):
    account = lifecycle.create(fixture)
    names = [role["RoleName"] for role in client_for(account).call("iam:ListRoles")["Roles"]]
    assert names == ["AWSServiceRoleForSupport", "AWSServiceRoleForTrustedAdvisor"]
    lifecycle.reset(account.account_id)
    assert Event.objects.filter(account=account).exclude(name="ListRoles").count() == 0
    assert Role.objects.filter(account=account).count() == 2


def test_a_service_linked_role_is_as_its_service_defines_it(plain):
    admin = lifecycle.describe(plain)["admin"]
    iam = boto("iam", admin["access_key_id"], admin["secret_access_key"])
    for service in ("support.amazonaws.com", "trustedadvisor.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName=service)
    role = iam.get_role(RoleName="awsserviceroleforsupport")["Role"]
    arn = f"arn:aws:iam::{plain.account_id}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
    assert role["Arn"] == arn
    assert role["RoleId"].startswith("AROA")
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    assert (role["MaxSessionDuration"], role["RoleLastUsed"]) == (3600, {})
    assert "support services" in role["Description"]
    listed = iam.list_roles()["Roles"]
    assert [one["RoleName"] for one in listed] == ["AWSServiceRoleForSupport", "AWSServiceRoleForTrustedAdvisor"]
    assert not {"RoleLastUsed", "Tags"} & set(listed[0])
    assert iam.list_roles(PathPrefix="/aws-service-role/trusted")["Roles"] == listed[1:]


def test_the_policy_of_a_service_linked_role_knows_its_role(root):
    entities = root.call("iam:ListEntitiesForPolicy", policy_arn=SUPPORT)
    assert [role["RoleName"] for role in entities["PolicyRoles"]] == ["AWSServiceRoleForSupport"]
    assert root.call("iam:GetPolicy", policy_arn=SUPPORT)["Policy"]["AttachmentCount"] == 1
    assert root.call("iam:ListEntitiesForPolicy", policy_arn=SUPPORT, entity_filter="User")["PolicyRoles"] == []


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"aws_service_name": "no-such.amazonaws.com"},
            "AccessDenied",
            "Cannot find Service Linked Role template for no-such.amazonaws.com",
        ),
        (
            {"aws_service_name": "support.amazonaws.com"},
            "InvalidInput",
            "Service role name AWSServiceRoleForSupport has been taken in this account, please try a different suffix.",
        ),
        (
            {"aws_service_name": "support.amazonaws.com", "custom_suffix": "two"},
            "InvalidInput",
            "Custom suffix is not allowed for support.amazonaws.com",
        ),
    ],
)
def test_what_no_service_defines_is_refused_in_the_words_of_aws(root, params, code, message):
    """Texts as AWS's own answers quote them in public issue threads; its documentation has none."""
    refused(root, code, message, "iam:CreateServiceLinkedRole", **params)


def test_a_policy_can_say_for_which_service_a_role_is_made(root, plain):
    """IAM User Guide, "Create a service-linked role": iam:AWSServiceName."""
    root.call("iam:CreateUser", user_name="clerk")
    rule = allow("iam:CreateServiceLinkedRole", "arn:aws:iam::*:role/aws-service-role/*")
    rule["Condition"] = {"StringLike": {"iam:AWSServiceName": "support.amazonaws.com"}}
    root.call("iam:PutUserPolicy", user_name="clerk", policy_name="p", policy_document=policy(rule))
    clerk = client_for(plain, "clerk")
    clerk.call("iam:CreateServiceLinkedRole", aws_service_name="support.amazonaws.com")
    with pytest.raises(AccessDenied):
        clerk.call("iam:CreateServiceLinkedRole", aws_service_name="trustedadvisor.amazonaws.com")


# -- the root user's own -----------------------------------------------------------------------------


def test_the_root_user_manages_its_own_access_keys_without_a_name(sandbox):
    root = client_for(sandbox)
    key = root.call("iam:CreateAccessKey")["AccessKey"]
    assert key["UserName"] == sandbox.name
    iam = boto("iam", key["AccessKeyId"], key["SecretAccessKey"])
    assert [one["AccessKeyId"] for one in iam.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["UserName"] == sandbox.name
    iam.update_access_key(AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        iam.list_access_keys()
    root.call("iam:DeleteAccessKey", access_key_id=key["AccessKeyId"])
    assert root.call("iam:ListAccessKeys")["AccessKeyMetadata"] == []


def test_nobody_else_reaches_the_root_users_keys(sandbox, admin):
    key = client_for(sandbox).call("iam:CreateAccessKey")["AccessKey"]["AccessKeyId"]
    assert admin.call("iam:ListAccessKeys")["AccessKeyMetadata"][0]["AccessKeyId"] != key
    for name in ("admin", None):
        with pytest.raises(AwsError) as error:
            admin.call("iam:DeleteAccessKey", access_key_id=key, **({"user_name": name} if name else {}))
        assert error.value.code == "NoSuchEntity"


def test_the_root_user_has_two_access_keys_at_most(root):
    for _ in range(2):
        root.call("iam:CreateAccessKey")
    refused(root, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", "iam:CreateAccessKey")


# -- starting again ----------------------------------------------------------------------------------


def test_a_reset_drops_alias_and_devices_and_makes_the_roles_anew(root, sandbox):
    root.call("iam:CreateAccountAlias", account_alias="company1")
    before = set(Role.objects.values_list("unique_id", flat=True))
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")
    again = lifecycle.reset(sandbox.account_id)
    assert again.alias == ""
    assert not MfaDevice.objects.filter(account=again).exists()
    after = set(Role.objects.filter(account=again).values_list("unique_id", flat=True))
    assert (len(before), len(after), before & after) == (2, 2, set())


@pytest.mark.usefixtures("plain")
def test_an_event_of_a_new_role_holds_the_role(root):
    root.call("iam:CreateServiceLinkedRole", aws_service_name="support.amazonaws.com")
    event = Event.objects.latest("id")
    assert event.request == {"aWSServiceName": "support.amazonaws.com"}
    assert json.dumps(event.response).count("AWSServiceRoleForSupport") == 2
