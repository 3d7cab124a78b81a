"""GetAccountAuthorizationDetails: all of it, filters, pages, and few queries."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.core.errors import AwsError
from tests.boto import boto
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject"))
KINDS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@pytest.fixture
def people(root, sandbox):
    """A user, a group, a role and a policy that have everything there is."""
    own = f"arn:aws:iam::{sandbox.account_id}:policy/Own"
    root.call("iam:CreatePolicy", policy_name="Own", policy_document=DOCUMENT, description="mine")
    root.call("iam:CreatePolicyVersion", policy_arn=own, policy_document=policy(allow("s3:*")))
    root.call("iam:CreateUser", user_name="john", path="/hr/", tags=[{"Key": "a", "Value": "b"}])
    root.call("iam:CreateGroup", group_name="Readers")
    root.call("iam:AddUserToGroup", group_name="Readers", user_name="john")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": sandbox.account_id}, "Action": "sts:AssumeRole"})
    root.call("iam:CreateRole", role_name="App", assume_role_policy_document=trust, description="an app")
    root.call("iam:CreateInstanceProfile", instance_profile_name="Profile")
    root.call("iam:AddRoleToInstanceProfile", instance_profile_name="Profile", role_name="App")
    for kind, name in (("User", "john"), ("Group", "Readers"), ("Role", "App")):
        who = {f"{kind.lower()}_name": name}
        root.call(f"iam:Attach{kind}Policy", policy_arn=own, **who)
        root.call(f"iam:Put{kind}Policy", policy_name="Inline", policy_document=DOCUMENT, **who)
    root.call("iam:PutUserPermissionsBoundary", user_name="john", permissions_boundary=READ_ONLY)
    root.call("iam:PutRolePermissionsBoundary", role_name="App", permissions_boundary=own)
    return own


def one(answer, kind, name, key):
    (found,) = [each for each in answer[kind] if each[name] == key]
    return found


def test_everything_is_told_with_what_belongs_to_it(admin, people, sandbox):
    answer = admin.call("iam:GetAccountAuthorizationDetails")
    attached = [{"PolicyName": "Own", "PolicyArn": people}]
    inline = [{"PolicyName": "Inline", "PolicyDocument": DOCUMENT}]
    john = one(answer, "UserDetailList", "UserName", "john")
    assert john["Arn"] == f"arn:aws:iam::{sandbox.account_id}:user/hr/john"
    assert (john["AttachedManagedPolicies"], john["UserPolicyList"]) == (attached, inline)
    assert (john["GroupList"], john["Tags"]) == (["Readers"], [{"Key": "a", "Value": "b"}])
    assert john["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    readers = one(answer, "GroupDetailList", "GroupName", "Readers")
    assert (readers["AttachedManagedPolicies"], readers["GroupPolicyList"]) == (attached, inline)
    app = one(answer, "RoleDetailList", "RoleName", "App")
    assert (app["AttachedManagedPolicies"], app["RolePolicyList"]) == (attached, inline)
    assert app["PermissionsBoundary"]["PermissionsBoundaryArn"] == people
    assert app["RoleLastUsed"] == {}
    assert json.loads(app["AssumeRolePolicyDocument"])["Statement"][0]["Action"] == "sts:AssumeRole"
    (profile,) = app["InstanceProfileList"]
    assert (profile["InstanceProfileName"], profile["Roles"][0]["RoleName"]) == ("Profile", "App")
    own = one(answer, "Policies", "PolicyName", "Own")
    assert (own["AttachmentCount"], own["PermissionsBoundaryUsageCount"], own["Description"]) == (3, 1, "mine")
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in own["PolicyVersionList"]] == [
        ("v2", False),
        ("v1", True),
    ]
    assert own["PolicyVersionList"][1]["Document"] == DOCUMENT
    boundary = one(answer, "Policies", "Arn", READ_ONLY)
    assert (boundary["AttachmentCount"], boundary["PermissionsBoundaryUsageCount"]) == (0, 1)
    assert "Statement" in json.loads(boundary["PolicyVersionList"][0]["Document"])
    assert answer["IsTruncated"] is False


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (["User"], {"UserDetailList"}),
        (["Group"], {"GroupDetailList"}),
        (["Role"], {"RoleDetailList"}),
        (["LocalManagedPolicy"], {"Policies"}),
        (["AWSManagedPolicy"], {"Policies"}),
        (["Role", "User"], {"RoleDetailList", "UserDetailList"}),
    ],
)
def test_a_filter_leaves_the_others_out(admin, people, wanted, kinds):
    answer = admin.call("iam:GetAccountAuthorizationDetails", filter=wanted)
    assert {kind for kind in KINDS if answer[kind]} == kinds
    of_aws = [each["Arn"].startswith("arn:aws:iam::aws:") for each in answer["Policies"]]
    assert all(of_aws) if wanted == ["AWSManagedPolicy"] else not any(of_aws)


def test_an_unknown_kind_is_refused(admin):
    with pytest.raises(AwsError) as error:
        admin.call("iam:GetAccountAuthorizationDetails", filter=["Robot"])
    assert error.value.code == "ValidationError"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_go_through_all_kinds_and_miss_nothing(admin, people, size):
    whole = admin.call("iam:GetAccountAuthorizationDetails")
    seen = {kind: [] for kind in KINDS}
    marker = {}
    while True:
        answer = admin.call("iam:GetAccountAuthorizationDetails", max_items=size, **marker)
        assert sum(len(answer[kind]) for kind in KINDS) <= size
        for kind in KINDS:
            seen[kind] += answer[kind]
        if not answer["IsTruncated"]:
            break
        marker = {"marker": answer["Marker"]}
    assert seen == {kind: whole[kind] for kind in KINDS}


@pytest.mark.parametrize("marker", ["x", "Um9ib3QgYQ==", "VXNlcg"])
def test_a_marker_of_nobody_s_is_refused(admin, marker):
    with pytest.raises(AwsError) as error:
        admin.call("iam:GetAccountAuthorizationDetails", marker=marker)
    assert error.value.message == "Invalid Marker."


def test_how_many_queries_it_takes_does_not_depend_on_how_much_there_is(admin, root, people):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            admin.call("iam:GetAccountAuthorizationDetails", max_items=1000)
        return len(caught)

    queries()  # what the admin's decisions are made by is written once
    few = queries()
    for number in range(5):
        root.call("iam:CreateUser", user_name=f"u{number}")
        root.call("iam:PutUserPolicy", user_name=f"u{number}", policy_name="p", policy_document=DOCUMENT)
        root.call("iam:AttachUserPolicy", user_name=f"u{number}", policy_arn=people)
        root.call("iam:CreatePolicy", policy_name=f"p{number}", policy_document=DOCUMENT)
    assert queries() == few


def test_boto3_s_paginator_reads_its_documents(sandbox, people):
    from iamconsole.sandboxes import lifecycle

    keys = lifecycle.describe(sandbox)["admin"]
    client = boto("iam", keys["access_key_id"], keys["secret_access_key"])
    pages = client.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2})
    found = pages.build_full_result()
    john = one(found, "UserDetailList", "UserName", "john")
    assert john["UserPolicyList"][0]["PolicyDocument"] == json.loads(DOCUMENT)
