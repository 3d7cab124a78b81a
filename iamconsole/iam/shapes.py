"""Rows in the shapes that the IAM API Reference documents."""

from __future__ import annotations

from iamconsole.accounts.models import Account
from iamconsole.core import arn
from iamconsole.core.operation import Response
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import (
    AccessKey,
    Group,
    LoginProfile,
    ManagedPolicy,
    MfaDevice,
    PolicyVersion,
    Role,
    User,
)


def tag_list(tags: dict[str, str]) -> list[Response]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def user(row: User, account_id: str) -> Response:
    shape = {
        "Path": row.path,
        "UserName": row.name,
        "UserId": row.unique_id,
        "Arn": row.arn(account_id),
        "CreateDate": row.created,
    }
    if row.password_last_used:
        shape["PasswordLastUsed"] = row.password_last_used
    return shape


def group(row: Group, account_id: str) -> Response:
    return {
        "Path": row.path,
        "GroupName": row.name,
        "GroupId": row.unique_id,
        "Arn": row.arn(account_id),
        "CreateDate": row.created,
    }


def role(row: Role, account_id: str) -> Response:
    return {
        "Path": row.path,
        "RoleName": row.name,
        "RoleId": row.unique_id,
        "Arn": row.arn(account_id),
        "CreateDate": row.created,
        "AssumeRolePolicyDocument": row.trust.text,
    }


def described_role(row: Role, account_id: str) -> Response:
    """A role as GetRole and ListRoles show it, and as CreateServiceLinkedRole does not."""
    shape = role(row, account_id) | {"MaxSessionDuration": row.max_session_duration}
    return shape | ({"Description": row.description} if row.description else {})


def policy(row: ManagedPolicy | AwsManagedPolicy, account_id: str, attachments: int) -> Response:
    """A policy as ListPolicies shows it; GetPolicy adds Description and Tags."""
    if isinstance(row, AwsManagedPolicy):
        policy_arn, version, updated = row.arn, row.version_id, row.updated
    else:
        policy_arn, version, updated = row.arn(account_id), f"v{row.default_version}", row.updated
    return {
        "PolicyName": row.name,
        "PolicyId": row.unique_id,
        "Arn": policy_arn,
        "Path": row.path,
        "DefaultVersionId": version,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": row.created,
        "UpdateDate": updated,
    }


def policy_version(row: PolicyVersion, default: int) -> Response:
    return {
        "VersionId": row.version_id,
        "IsDefaultVersion": row.number == default,
        "CreateDate": row.created,
    }


def access_key(row: AccessKey, account_name: str) -> Response:
    """Access key metadata; the root user's keys carry the account's name, as on AWS."""
    return {
        "UserName": row.user.name if row.user else account_name,
        "AccessKeyId": row.access_key_id,
        "Status": "Active" if row.active else "Inactive",
        "CreateDate": row.created,
    }


def login_profile(row: LoginProfile) -> Response:
    return {
        "UserName": row.user.name,
        # "The date when the password for the user was created" (API reference, LoginProfile): the present one.
        "CreateDate": row.changed,
        "PasswordResetRequired": row.reset_required,
    }


def virtual_mfa_device(row: MfaDevice, account_id: str) -> Response:
    """A device as ListVirtualMFADevices shows it: without its seed and its tags."""
    shape: Response = {"SerialNumber": row.arn(account_id)}
    if row.enabled is None:
        return shape
    holder = root_user(row.account) if row.user is None else user(row.user, account_id)
    return shape | {"User": holder, "EnableDate": row.enabled}


def root_user(row: Account) -> Response:
    """The root user is no IAM user: AWS answers with the account's ID and root ARN."""
    return {"UserId": row.account_id, "Arn": arn.root(row.account_id), "CreateDate": row.created}
