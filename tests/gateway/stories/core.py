"""Users, groups, policies, credentials, MFA devices, the account, and S3."""

from __future__ import annotations

from typing import Any

from iamconsole.core.caller import wall_clock
from iamconsole.iam import mfa
from tests.factories import allow, policy

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
BUCKET_POLICY = policy(
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::new-bucket/*"}
)


def mfa_codes(seed: str) -> dict[str, str]:
    """The codes of a device from now on: `code0` is the present one."""
    now = mfa.step_at(wall_clock())
    return {f"code{ahead}": mfa.code_at(seed, now + ahead) for ahead in range(4)}


def codes(step: int) -> dict[str, Any]:
    """Two codes in a row of the device that the story makes, from `step` on."""
    return {"authentication_code1": f"{{code{step}}}", "authentication_code2": f"{{code{step + 1}}}"}


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    """One life in which every operation that the wire offers is called at least once, in an order that works."""
    own = f"arn:aws:iam::{account_id}:policy/Own"
    phone = f"arn:aws:iam::{account_id}:mfa/phone"
    user, group = {"user_name": "john"}, {"group_name": "HR"}
    return [
        ("sts:GetCallerIdentity", {}),
        ("iam:CreateUser", user | {"tags": [{"Key": "team", "Value": "hr"}]}),
        ("iam:GetUser", user),
        ("iam:ListUsers", {}),
        ("iam:TagUser", user | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListUserTags", user),
        ("iam:UntagUser", user | {"tag_keys": ["level"]}),
        ("iam:CreateLoginProfile", user | {"password": "Passw0rd!", "password_reset_required": True}),
        ("iam:GetLoginProfile", user),
        ("iam:UpdateLoginProfile", user | {"password": "Passw0rd!!"}),
        ("iam:CreateAccessKey", user),
        ("iam:ListAccessKeys", user),
        ("iam:GetAccessKeyLastUsed", {"access_key_id": "{key}"}),
        ("iam:UpdateAccessKey", user | {"access_key_id": "{key}", "status": "Inactive"}),
        ("iam:CreateVirtualMFADevice", {"virtual_mfa_device_name": "phone", "tags": [{"Key": "a", "Value": "b"}]}),
        ("iam:ListVirtualMFADevices", {}),
        ("iam:EnableMFADevice", user | {"serial_number": phone} | codes(0)),
        ("iam:ListMFADevices", user),
        ("iam:GetMFADevice", user | {"serial_number": phone}),
        ("iam:TagMFADevice", {"serial_number": phone, "tags": [{"Key": "color", "Value": "red"}]}),
        ("iam:ListMFADeviceTags", {"serial_number": phone}),
        ("iam:UntagMFADevice", {"serial_number": phone, "tag_keys": ["color"]}),
        ("iam:ResyncMFADevice", user | {"serial_number": phone} | codes(2)),
        ("iam:CreateGroup", group),
        ("iam:AddUserToGroup", user | group),
        ("iam:GetGroup", group),
        ("iam:ListGroups", {}),
        ("iam:ListGroupsForUser", user),
        ("iam:CreatePolicy", {"policy_name": "Own", "policy_document": DOCUMENT, "description": "mine"}),
        ("iam:GetPolicy", {"policy_arn": own}),
        ("iam:ListPolicies", {"scope": "Local"}),
        ("iam:CreatePolicyVersion", {"policy_arn": own, "policy_document": DOCUMENT}),
        ("iam:ListPolicyVersions", {"policy_arn": own}),
        ("iam:GetPolicyVersion", {"policy_arn": own, "version_id": "v2"}),
        ("iam:SetDefaultPolicyVersion", {"policy_arn": own, "version_id": "v2"}),
        ("iam:DeletePolicyVersion", {"policy_arn": own, "version_id": "v1"}),
        ("iam:AttachUserPolicy", user | {"policy_arn": own}),
        ("iam:AttachGroupPolicy", group | {"policy_arn": S3_READ}),
        ("iam:ListAttachedUserPolicies", user),
        ("iam:ListAttachedGroupPolicies", group),
        ("iam:ListEntitiesForPolicy", {"policy_arn": own}),
        ("iam:PutUserPolicy", user | {"policy_name": "inline", "policy_document": DOCUMENT}),
        ("iam:GetUserPolicy", user | {"policy_name": "inline"}),
        ("iam:ListUserPolicies", user),
        ("iam:PutGroupPolicy", group | {"policy_name": "inline", "policy_document": DOCUMENT}),
        ("iam:GetGroupPolicy", group | {"policy_name": "inline"}),
        ("iam:ListGroupPolicies", group),
        ("s3:CreateBucket", {"bucket": "new-bucket"}),
        ("s3:ListBuckets", {}),
        ("s3:HeadBucket", {"bucket": "new-bucket"}),
        ("s3:GetBucketLocation", {"bucket": "new-bucket"}),
        ("s3:DeletePublicAccessBlock", {"bucket": "new-bucket"}),
        ("s3:PutBucketPolicy", {"bucket": "new-bucket", "policy": BUCKET_POLICY}),
        ("s3:GetBucketPolicy", {"bucket": "new-bucket"}),
        ("s3:DeleteBucketPolicy", {"bucket": "new-bucket"}),
        ("s3:PutObject", {"bucket": "new-bucket", "key": "a/b c.txt", "body": b"hello"}),
        ("s3:GetObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        ("s3:HeadObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        # boto3 asks for URL encoding by itself.
        ("s3:ListObjectsV2", {"bucket": "new-bucket", "prefix": "a/", "encoding_type": "url"}),
        ("s3:ListObjects", {"bucket": "new-bucket", "encoding_type": "url"}),
        ("s3:DeleteObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        ("s3:DeleteBucket", {"bucket": "new-bucket"}),
        ("iam:DeleteUserPolicy", user | {"policy_name": "inline"}),
        ("iam:DeleteGroupPolicy", group | {"policy_name": "inline"}),
        ("iam:DetachUserPolicy", user | {"policy_arn": own}),
        ("iam:DetachGroupPolicy", group | {"policy_arn": S3_READ}),
        ("iam:DeletePolicy", {"policy_arn": own}),
        ("iam:RemoveUserFromGroup", user | group),
        ("iam:UpdateGroup", group | {"new_group_name": "People"}),
        ("iam:DeleteGroup", {"group_name": "People"}),
        ("iam:DeleteAccessKey", user | {"access_key_id": "{key}"}),
        ("iam:DeleteLoginProfile", user),
        ("iam:UpdateUser", user | {"new_user_name": "johnny"}),
        ("iam:DeactivateMFADevice", {"user_name": "johnny", "serial_number": phone}),
        ("iam:DeleteVirtualMFADevice", {"serial_number": phone}),
        ("iam:DeleteUser", {"user_name": "johnny"}),
        ("iam:CreateServiceLinkedRole", {"aws_service_name": "support.amazonaws.com"}),
        ("iam:GetRole", {"role_name": "AWSServiceRoleForSupport"}),
        ("iam:ListRoles", {}),
        ("iam:GetAccountSummary", {}),
        ("iam:CreateAccountAlias", {"account_alias": "company1"}),
        ("iam:ListAccountAliases", {}),
        ("iam:DeleteAccountAlias", {"account_alias": "company1"}),
        ("iam:ChangePassword", {"old_password": "{password}", "new_password": "An0ther-Passw0rd"}),
    ]


# A virtual MFA device is no FIDO key: AWS answers NoSuchEntity.
FAILS = {"iam:GetMFADevice": "NoSuchEntity"}


CODES = {"authentication_code1": "000000", "authentication_code2": "000000"}

# For each write: parameters with which the work itself fails, although it is allowed.
FAILING: dict[str, dict[str, Any]] = {
    "iam:CreateUser": {"user_name": "sarah"},
    "iam:UpdateUser": {"user_name": "Sarah", "new_user_name": "AMIN"},
    "iam:DeleteUser": {"user_name": "admin"},
    "iam:TagUser": {"user_name": "Sarah", "tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
    "iam:UntagUser": {"user_name": "ghost", "tag_keys": ["a"]},
    "iam:CreateGroup": {"group_name": "taken"},
    "iam:UpdateGroup": {"group_name": "Taken", "new_group_name": "Full"},
    "iam:DeleteGroup": {"group_name": "Full"},
    "iam:AddUserToGroup": {"user_name": "ghost", "group_name": "Taken"},
    "iam:RemoveUserFromGroup": {"user_name": "Sarah", "group_name": "Taken"},
    "iam:CreateLoginProfile": {"user_name": "Sarah", "password": "weak"},
    "iam:UpdateLoginProfile": {"user_name": "Sarah", "password": "Passw0rd!"},
    "iam:DeleteLoginProfile": {"user_name": "Sarah"},
    "iam:ChangePassword": {"old_password": "wrong", "new_password": "Passw0rd!"},
    "iam:CreateVirtualMFADevice": {"virtual_mfa_device_name": "Taken"},
    "iam:EnableMFADevice": {"user_name": "Sarah", "serial_number": "{device}"} | CODES,
    "iam:ResyncMFADevice": {"user_name": "Sarah", "serial_number": "{device}"} | CODES,
    "iam:DeactivateMFADevice": {"user_name": "Sarah", "serial_number": "{device}"},
    "iam:DeleteVirtualMFADevice": {"serial_number": "arn:aws:iam::111122223333:mfa/ghost"},
    "iam:TagMFADevice": {"serial_number": "{device}", "tags": [{"Key": "aws:a", "Value": "1"}]},
    "iam:UntagMFADevice": {"serial_number": "arn:aws:iam::111122223333:mfa/ghost", "tag_keys": ["a"]},
    "iam:CreateServiceLinkedRole": {"aws_service_name": "no-such.amazonaws.com"},
    "iam:CreateAccountAlias": {"account_alias": "123456789012"},
    "iam:DeleteAccountAlias": {"account_alias": "not-ours"},
    "iam:CreateAccessKey": {"user_name": "ghost"},
    "iam:UpdateAccessKey": {"user_name": "Sarah", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "status": "Inactive"},
    "iam:DeleteAccessKey": {"user_name": "Sarah", "access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "iam:CreatePolicy": {"policy_name": "Bad", "policy_document": '{"Version": "2012-10-17"}'},
    "iam:CreatePolicyVersion": {"policy_arn": "{logs}", "policy_document": "not json"},
    "iam:SetDefaultPolicyVersion": {"policy_arn": "{logs}", "version_id": "v9"},
    "iam:DeletePolicyVersion": {"policy_arn": "{logs}", "version_id": "v1"},
    "iam:DeletePolicy": {"policy_arn": S3_READ},
    "iam:AttachUserPolicy": {"user_name": "Sarah", "policy_arn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
    "iam:AttachGroupPolicy": {"group_name": "Taken", "policy_arn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
    "iam:DetachUserPolicy": {"user_name": "Sarah", "policy_arn": S3_READ},
    "iam:DetachGroupPolicy": {"group_name": "Taken", "policy_arn": S3_READ},
    "iam:PutUserPolicy": {"user_name": "Sarah", "policy_name": "p", "policy_document": "{"},
    "iam:PutGroupPolicy": {"group_name": "Taken", "policy_name": "p", "policy_document": "{"},
    "iam:DeleteUserPolicy": {"user_name": "Sarah", "policy_name": "p"},
    "iam:DeleteGroupPolicy": {"group_name": "Taken", "policy_name": "p"},
    "s3:CreateBucket": {"bucket": "company1-hr"},
    "s3:DeleteBucket": {"bucket": "company1-hr"},
    "s3:PutBucketPolicy": {"bucket": "company1-hr", "policy": "{"},
    "s3:DeleteBucketPolicy": {"bucket": "no-such-bucket"},
    "s3:PutObject": {"bucket": "company1-hr", "key": "k" * 1024 + "é"},
    "s3:DeleteObject": {"bucket": "no-such-bucket", "key": "k"},
}


# What later steps need of the answers.
LEARNT = {
    "iam:CreateAccessKey": lambda answer: {"key": answer["AccessKey"]["AccessKeyId"]},
    "iam:CreateVirtualMFADevice": lambda answer: mfa_codes(answer["VirtualMFADevice"]["Base32StringSeed"].decode()),
}

# What stands for a placeholder that nothing was learnt for, in a call that is refused anyway.
UNLEARNT = {"password": "wrong", "key": "AKIAIOSFODNN7EXAMPLE"} | {f"code{step}": "000000" for step in range(4)}
