"""IAM's own rules through the door: names, quotas, conflicts, versions, paging (limits.md §1–§3, §8)."""

from __future__ import annotations

import json

import pytest

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.core.listing import Listing
from iamconsole.iam import aws_managed
from iamconsole.iam.models import Attachment, Group, ManagedPolicy, User
from tests.boto import boto
from tests.factories import allow, client_for, policy
from tests.gateway.stories.core import mfa_codes
from tests.iam.keys import SIGNING_CERTIFICATE, SSH_PUBLIC_KEY

pytestmark = pytest.mark.django_db

DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert (error.value.code, error.value.message) == (code, message)


def test_names_that_differ_in_case_only_collide(admin):
    admin.call("iam:CreateGroup", group_name="HR")
    refused(admin, "EntityAlreadyExists", "Group with name hr already exists.", "iam:CreateGroup", group_name="hr")
    refused(admin, "EntityAlreadyExists", "User with name SARAH already exists.", "iam:CreateUser", user_name="SARAH")
    refused(
        admin,
        "EntityAlreadyExists",
        "A policy called COMPANY1-LOGS-POLICY already exists. Duplicate names are not allowed.",
        "iam:CreatePolicy",
        policy_name="COMPANY1-LOGS-POLICY",
        policy_document=DOCUMENT,
    )


def test_a_name_is_found_in_any_case_and_shown_as_it_was_typed(admin):
    assert admin.call("iam:GetUser", user_name="sArAh")["User"]["UserName"] == "Sarah"


def test_a_user_made_again_gets_a_new_unique_id(admin):
    first = admin.call("iam:CreateUser", user_name="john")["User"]["UserId"]
    admin.call("iam:DeleteUser", user_name="john")
    assert admin.call("iam:CreateUser", user_name="john")["User"]["UserId"] != first


def test_a_path_is_part_of_the_arn_and_of_the_decision(root, sandbox):
    made = root.call("iam:CreateUser", user_name="ann", path="/hr/")
    assert made["User"]["Arn"] == f"arn:aws:iam::{sandbox.account_id}:user/hr/ann"
    root.call("iam:CreateUser", user_name="clerk")
    only_hr = policy(allow("iam:GetUser", f"arn:aws:iam::{sandbox.account_id}:user/hr/*"))
    root.call("iam:PutUserPolicy", user_name="clerk", policy_name="hr", policy_document=only_hr)
    clerk = client_for(sandbox, "clerk")
    assert clerk.call("iam:GetUser", user_name="ann")
    with pytest.raises(AccessDenied):
        clerk.call("iam:GetUser", user_name="Sarah")


def test_a_third_access_key_is_refused_even_when_one_is_inactive(admin):
    first = admin.call("iam:CreateAccessKey", user_name="amin")["AccessKey"]["AccessKeyId"]
    admin.call("iam:UpdateAccessKey", user_name="amin", access_key_id=first, status="Inactive")
    admin.call("iam:CreateAccessKey", user_name="amin")
    refused(
        admin,
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
        "iam:CreateAccessKey",
        user_name="amin",
    )


def test_the_eleventh_group_and_the_eleventh_policy_are_refused(admin):
    for number in range(11):
        admin.call("iam:CreateGroup", group_name=f"g{number}")
    for number in range(10):
        admin.call("iam:AddUserToGroup", user_name="amin", group_name=f"g{number}")
    admin.call("iam:AddUserToGroup", user_name="amin", group_name="g1")  # again: no error, no second place
    message = "Cannot exceed quota for GroupsPerUser: 10"
    refused(admin, "LimitExceeded", message, "iam:AddUserToGroup", user_name="amin", group_name="g10")

    arns = [arn for arn, managed in aws_managed.by_arn().items() if managed.path == "/"][:11]
    for arn in arns[:10]:
        admin.call("iam:AttachGroupPolicy", group_name="g0", policy_arn=arn)
    admin.call("iam:AttachGroupPolicy", group_name="g0", policy_arn=arns[0])
    message = "Cannot exceed quota for PoliciesPerGroup: 10"
    refused(admin, "LimitExceeded", message, "iam:AttachGroupPolicy", group_name="g0", policy_arn=arns[10])


def test_the_user_quota_is_exact(admin, sandbox):
    have = User.objects.filter(account=sandbox).count()
    User.objects.bulk_create(
        User(account=sandbox, name=f"u{n}", unique_id=f"AIDA{n:017d}", created=sandbox.created)
        for n in range(5000 - have)
    )
    message = "Cannot exceed quota for UsersPerAccount: 5000"
    refused(admin, "LimitExceeded", message, "iam:CreateUser", user_name="one-too-many")
    admin.call("iam:DeleteUser", user_name="u1")
    admin.call("iam:CreateUser", user_name="one-more")


def test_policy_sizes_do_not_count_white_space(admin):
    def document(size):
        empty = policy(allow("s3:GetObject", ""))
        length = size - len("".join(empty.split()))
        return json.dumps(json.loads(policy(allow("s3:GetObject", "arn:aws:s3:::" + "x" * (length - 13)))), indent=8)

    admin.call("iam:CreatePolicy", policy_name="Full", policy_document=document(6144))
    message = "Cannot exceed quota for PolicySize: 6144"
    refused(admin, "LimitExceeded", message, "iam:CreatePolicy", policy_name="Over", policy_document=document(6145))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="a", policy_document=document(1024))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="b", policy_document=document(1024))
    refused(
        admin,
        "LimitExceeded",
        "Maximum policy size of 2048 bytes exceeded for user amin",
        "iam:PutUserPolicy",
        user_name="amin",
        policy_name="c",
        policy_document=DOCUMENT,
    )


def test_deleting_a_user_asks_for_each_thing_in_turn(admin):
    """AWS refuses rather than cascades."""
    admin.call("iam:CreateUser", user_name="john")
    admin.call("iam:CreateGroup", group_name="HR")
    admin.call("iam:AddUserToGroup", user_name="john", group_name="HR")
    admin.call("iam:AttachUserPolicy", user_name="john", policy_arn=S3_READ)
    admin.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=DOCUMENT)
    key = admin.call("iam:CreateAccessKey", user_name="john")["AccessKey"]["AccessKeyId"]
    admin.call("iam:CreateLoginProfile", user_name="john", password="Passw0rd!")
    serial = assigned_device(admin, "john")
    ssh_key, service, certificate = other_credentials(admin, "john")
    referenced = "must remove referenced objects first."

    for remedy, action, params in (
        ("must remove users from group first.", "iam:RemoveUserFromGroup", {"group_name": "HR"}),
        ("must detach all policies first.", "iam:DetachUserPolicy", {"policy_arn": S3_READ}),
        ("must delete policies first.", "iam:DeleteUserPolicy", {"policy_name": "p"}),
        ("must delete login profile first.", "iam:DeleteLoginProfile", {}),
        ("must delete access keys first.", "iam:DeleteAccessKey", {"access_key_id": key}),
        ("must delete MFA device first.", "iam:DeactivateMFADevice", {"serial_number": serial}),
        (referenced, "iam:DeleteSSHPublicKey", {"ssh_public_key_id": ssh_key}),
        (referenced, "iam:DeleteServiceSpecificCredential", {"service_specific_credential_id": service}),
        (referenced, "iam:DeleteSigningCertificate", {"certificate_id": certificate}),
    ):
        refused(admin, "DeleteConflict", f"Cannot delete entity, {remedy}", "iam:DeleteUser", user_name="john")
        admin.call(action, user_name="john", **params)
    admin.call("iam:DeleteUser", user_name="john")
    refused(admin, "NoSuchEntity", "The user with name john cannot be found.", "iam:GetUser", user_name="john")


def assigned_device(client, name):
    """A virtual MFA device of the user; its serial number."""
    made = client.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name=name)["VirtualMFADevice"]
    codes = mfa_codes(made["Base32StringSeed"].decode())
    client.call(
        "iam:EnableMFADevice",
        user_name=name,
        serial_number=made["SerialNumber"],
        authentication_code1=codes["code0"],
        authentication_code2=codes["code1"],
    )
    return made["SerialNumber"]


def other_credentials(client, name):
    """An SSH public key, a credential for CodeCommit and a signing certificate of the user; their IDs."""
    ssh_key = client.call("iam:UploadSSHPublicKey", user_name=name, ssh_public_key_body=SSH_PUBLIC_KEY)
    service = client.call(
        "iam:CreateServiceSpecificCredential", user_name=name, service_name="codecommit.amazonaws.com"
    )
    signing = client.call("iam:UploadSigningCertificate", user_name=name, certificate_body=SIGNING_CERTIFICATE)
    return (
        ssh_key["SSHPublicKey"]["SSHPublicKeyId"],
        service["ServiceSpecificCredential"]["ServiceSpecificCredentialId"],
        signing["Certificate"]["CertificateId"],
    )


def test_the_console_deletes_a_user_with_everything_that_it_owns(admin, as_user):
    admin.call("iam:CreateUser", user_name="john")
    admin.call("iam:CreateLoginProfile", user_name="john", password="Passw0rd!")
    admin.call("iam:CreateAccessKey", user_name="john")
    assigned_device(admin, "john")
    other_credentials(admin, "john")
    answer = as_user("admin").post("/iam/users/delete", {"selected": "john", "confirm": "john"})
    assert answer.status_code == 302
    refused(admin, "NoSuchEntity", "The user with name john cannot be found.", "iam:GetUser", user_name="john")


def test_deleting_a_group_keeps_its_policy_and_its_users(admin):
    admin.call("iam:CreateGroup", group_name="HR")
    admin.call("iam:AddUserToGroup", user_name="amin", group_name="HR")
    refused(
        admin,
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
        "iam:DeleteGroup",
        group_name="HR",
    )
    admin.call("iam:RemoveUserFromGroup", user_name="amin", group_name="HR")
    admin.call("iam:DeleteGroup", group_name="HR")
    assert not Group.objects.filter(name="HR").exists()
    assert admin.call("iam:GetUser", user_name="amin")


def test_versions_are_numbered_for_ever_and_at_most_five(admin, sandbox):
    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    for number in range(2, 6):
        made = admin.call("iam:CreatePolicyVersion", policy_arn=arn, policy_document=DOCUMENT)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", False)
    refused(
        admin,
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
        "existing version.",
        "iam:CreatePolicyVersion",
        policy_arn=arn,
        policy_document=DOCUMENT,
    )
    admin.call("iam:DeletePolicyVersion", policy_arn=arn, version_id="v3")
    made = admin.call("iam:CreatePolicyVersion", policy_arn=arn, policy_document=DOCUMENT, set_as_default=True)
    assert made["PolicyVersion"]["VersionId"] == "v6"
    assert [v["VersionId"] for v in admin.call("iam:ListPolicyVersions", policy_arn=arn)["Versions"]] == [
        "v6",
        "v5",
        "v4",
        "v2",
        "v1",
    ]
    refused(
        admin,
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
        "iam:DeletePolicyVersion",
        policy_arn=arn,
        version_id="v6",
    )
    refused(
        admin,
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's "
        "versions. The default version is deleted with the policy.",
        "iam:DeletePolicy",
        policy_arn=arn,
    )


def test_only_the_default_version_decides(root, sandbox):
    arn = root.call("iam:CreatePolicy", policy_name="P", policy_document=policy(allow("iam:ListUsers")))["Policy"][
        "Arn"
    ]
    root.call("iam:AttachUserPolicy", user_name="amin", policy_arn=arn)
    root.call("iam:CreatePolicyVersion", policy_arn=arn, policy_document=policy(allow("iam:ListGroups")))

    def may(action):
        try:
            client_for(sandbox, "amin").call(action)
        except AccessDenied:
            return False
        return True

    assert (may("iam:ListUsers"), may("iam:ListGroups")) == (True, False)
    root.call("iam:SetDefaultPolicyVersion", policy_arn=arn, version_id="v2")
    assert (may("iam:ListUsers"), may("iam:ListGroups")) == (False, True)


def test_an_attached_policy_cannot_be_deleted(admin, sandbox):
    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn=arn)
    message = "Cannot delete a policy attached to entities."
    refused(admin, "DeleteConflict", message, "iam:DeletePolicy", policy_arn=arn)
    assert admin.call("iam:GetPolicy", policy_arn=arn)["Policy"]["AttachmentCount"] == 1


def test_nobody_changes_a_policy_of_aws(root):
    for action, params in (
        ("iam:DeletePolicy", {}),
        ("iam:CreatePolicyVersion", {"policy_document": DOCUMENT}),
        ("iam:SetDefaultPolicyVersion", {"version_id": "v1"}),
    ):
        with pytest.raises(AwsError) as error:
            root.call(action, policy_arn=S3_READ, **params)
        assert error.value.status in (403, 404)


def test_policy_arns_that_are_wrong_say_so(admin):
    malformed = "Invalid ARN:  Could not be parsed!"
    refused(admin, "ValidationError", malformed, "iam:GetPolicy", policy_arn="this-is-not-an-arn-at-all")
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    refused(admin, "NoSuchEntity", f"Policy {missing} was not found.", "iam:GetPolicy", policy_arn=missing)
    refused(
        admin,
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
        "iam:AttachUserPolicy",
        user_name="amin",
        policy_arn=missing,
    )


def test_the_policies_of_another_account_do_not_exist_here(admin, other_sandbox):
    foreign = f"arn:aws:iam::{other_sandbox.account_id}:policy/Company1-Logs-Policy"
    with pytest.raises(AwsError) as error:
        admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn=foreign)
    assert error.value.code == "NoSuchEntity"
    assert not Attachment.objects.filter(user__name="amin").exists()


def test_marker_and_max_items_walk_through_everything_once(sandbox):
    from iamconsole.sandboxes import lifecycle

    known = lifecycle.describe(sandbox)["admin"]
    iam = boto("iam", known["access_key_id"], known["secret_access_key"])
    names = [f"User-{number:03}" for number in range(25)]
    for name in reversed(names):
        iam.create_user(UserName=name)
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 7}))
    found = [user["UserName"] for page in pages for user in page["Users"]]
    assert found == sorted([*names, "admin", "amin", "Sarah"], key=str.lower)
    assert [len(page["Users"]) for page in pages] == [7, 7, 7, 7]
    policies = list(iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 500}))
    assert sum(len(page["Policies"]) for page in policies) == len(aws_managed.by_arn()) + 3


@pytest.mark.parametrize("marker", ["!!!", "AAAA", "_w=="], ids=["no-base64", "a-null-character", "no-utf-8"])
def test_a_marker_that_is_not_ours_is_refused(admin, marker):
    for operation in ("iam:ListUsers", "iam:ListPolicies", "iam:GetAccountAuthorizationDetails"):
        with pytest.raises(AwsError, match=r"Invalid Marker\."):
            admin.call(operation, marker=marker)


def test_a_list_of_policies_has_no_descriptions_and_the_consoles_has(admin):
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
    told = {"policy_name": "Told", "policy_document": document, "description": "Reads"}
    arn = admin.call("iam:CreatePolicy", **told)["Policy"]["Arn"]
    assert admin.call("iam:GetPolicy", policy_arn=arn)["Policy"]["Description"] == "Reads"
    assert not any("Description" in row for row in admin.call("iam:ListPolicies", scope="Local")["Policies"])
    (shown,) = admin.call("iam:ListPolicies", listing=Listing(search="Told", size=10))["Policies"]
    assert shown["Description"] == "Reads"


@pytest.mark.parametrize("name", ["aws:policy/AdministratorAccess", "{account}:policy/Company1-Logs-Policy"])
def test_a_policy_without_tags_says_so(admin, sandbox, name):
    arn = f"arn:aws:iam::{name.format(account=sandbox.account_id)}"
    assert admin.call("iam:GetPolicy", policy_arn=arn)["Policy"]["Tags"] == []


def test_a_screenful_of_policies_mixes_own_and_aws_ones(admin):
    found = admin.call("iam:ListPolicies", listing=Listing(search="company1", size=10))
    assert [p["PolicyName"] for p in found["Policies"]] == [
        "Company1-HR-ReadOnly",
        "Company1-Logs-Policy",
        "Company1_List_S3_Buckets",
    ]
    assert found["Total"] == 3
    customer = admin.call("iam:ListPolicies", listing=Listing(filters={"type": "customer"}))
    assert customer["Total"] == 3
    jobs = admin.call(
        "iam:ListPolicies", listing=Listing(filters={"type": "job-function"}, search="AdministratorAccess")
    )
    assert "AdministratorAccess" in [p["PolicyName"] for p in jobs["Policies"]]


def test_tag_keys_are_told_apart_without_regard_to_case(admin):
    admin.call("iam:TagUser", user_name="amin", tags=[{"Key": "Team", "Value": "a"}])
    admin.call("iam:TagUser", user_name="amin", tags=[{"Key": "team", "Value": "b"}])
    assert admin.call("iam:ListUserTags", user_name="amin")["Tags"] == [{"Key": "team", "Value": "b"}]
    admin.call("iam:UntagUser", user_name="amin", tag_keys=["TEAM"])
    assert admin.call("iam:ListUserTags", user_name="amin")["Tags"] == []
    with pytest.raises(AwsError, match="reserved"):
        admin.call("iam:TagUser", user_name="amin", tags=[{"Key": "aws:x", "Value": "b"}])


def test_tags_of_the_caller_and_of_the_resource_decide(root, sandbox):
    mine = policy(
        {
            "Effect": "Allow",
            "Action": "iam:GetUser",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        }
    )
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="mine", policy_document=mine)
    root.call("iam:TagUser", user_name="amin", tags=[{"Key": "team", "Value": "hr"}])
    root.call("iam:TagUser", user_name="Sarah", tags=[{"Key": "team", "Value": "hr"}])
    amin = client_for(sandbox, "amin")
    assert amin.call("iam:GetUser", user_name="Sarah")
    with pytest.raises(AccessDenied):
        amin.call("iam:GetUser", user_name="admin")


def test_passwords_keep_the_default_policy(admin):
    for password in ("short1!", "alllowercase", "onlyletters", "HR", "HR@company1.com"):
        with pytest.raises(AwsError) as error:
            admin.call("iam:CreateLoginProfile", user_name="amin", password=password)
        assert error.value.code == "PasswordPolicyViolation"
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Three0fThem")


def test_every_aws_managed_policy_can_be_attached_and_decided(admin):
    """AWS's own documents name actions that the reference lacks: they are stored and parsed all the same."""
    from iamconsole.policy import parse

    assert len(aws_managed.by_arn()) > 1500
    assert all(not parse(managed.text, "identity").problems for managed in aws_managed.by_arn().values())


def test_policy_texts_are_kept_once_by_content(admin):
    before = PolicyText.objects.count()
    for name in ("A", "B", "C"):
        admin.call("iam:CreatePolicy", policy_name=name, policy_document=DOCUMENT)
    assert PolicyText.objects.count() == before + 1
    assert ManagedPolicy.objects.filter(name__in="ABC").count() == 3


def test_the_document_is_given_back_as_it_was_saved(admin, sandbox):
    odd = '{\n\t"Version":   "2012-10-17",\r\n "Statement": [{"Effect":"Allow","Action":"s3:*","Resource":"*"}]\n}'
    arn = admin.call("iam:CreatePolicy", policy_name="Odd", policy_document=odd)["Policy"]["Arn"]
    assert admin.call("iam:GetPolicyVersion", policy_arn=arn, version_id="v1")["PolicyVersion"]["Document"] == odd


def test_a_rename_needs_permission_on_both_ends(root, sandbox):
    root.call("iam:CreateUser", user_name="intern-a")
    root.call("iam:CreateGroup", group_name="intern-g")
    interns = [f"arn:aws:iam::{sandbox.account_id}:{kind}/intern-*" for kind in ("user", "group")]
    document = policy(allow(["iam:UpdateUser", "iam:UpdateGroup"], interns))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="interns", policy_document=document)
    amin = client_for(sandbox, "amin")
    amin.call("iam:UpdateUser", user_name="intern-a", new_user_name="intern-b")
    for action, params in (
        ("iam:UpdateUser", {"user_name": "intern-b", "new_user_name": "boss"}),
        ("iam:UpdateUser", {"user_name": "intern-b", "new_path": "/admins/"}),
        ("iam:UpdateGroup", {"group_name": "intern-g", "new_group_name": "bosses"}),
    ):
        with pytest.raises(AccessDenied):
            amin.call(action, **params)


def test_a_path_prefix_keeps_its_case(admin):
    for name, path in (("upper", "/HR/"), ("lower", "/hr/")):
        admin.call("iam:CreateUser", user_name=name, path=path)
    assert [u["UserName"] for u in admin.call("iam:ListUsers", path_prefix="/HR/")["Users"]] == ["upper"]
    admin.call("iam:AttachUserPolicy", user_name="upper", policy_arn=S3_READ)
    admin.call("iam:AttachUserPolicy", user_name="lower", policy_arn=S3_READ)
    found = admin.call("iam:ListEntitiesForPolicy", policy_arn=S3_READ, path_prefix="/hr/")["PolicyUsers"]
    assert [u["UserName"] for u in found] == ["lower"]


def test_a_managed_policy_that_a_newer_package_lacks_denies_and_can_be_detached(root, sandbox):
    gone = "arn:aws:iam::aws:policy/GoneFromThePackage"
    user = User.objects.get(account=sandbox, name="amin")
    user.attachments.create(aws_arn=gone)
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="all", policy_document=policy(allow("*")))
    with pytest.raises(AccessDenied):
        client_for(sandbox, "amin").call("iam:ListUsers")
    attached = root.call("iam:ListAttachedUserPolicies", user_name="amin")["AttachedPolicies"]
    assert attached == [{"PolicyName": "GoneFromThePackage", "PolicyArn": gone}]
    root.call("iam:DetachUserPolicy", user_name="amin", policy_arn=gone)
    assert client_for(sandbox, "amin").call("iam:ListUsers")


def test_null_characters_are_refused_everywhere(admin):
    for action, params in (
        ("iam:TagUser", {"user_name": "amin", "tags": [{"Key": "a", "Value": "x\0"}]}),
        ("iam:CreatePolicy", {"policy_name": "p", "policy_document": "\0"}),
        ("s3:PutObject", {"bucket": "company1-hr", "key": "a\0b"}),
    ):
        with pytest.raises(AwsError, match="null character"):
            admin.call(action, **params)
