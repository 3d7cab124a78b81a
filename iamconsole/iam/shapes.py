"""Rows in the shapes that the IAM API Reference documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.queries import LastUse
from iamconsole.core import arn
from iamconsole.core.operation import Response
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import (
    AccessKey,
    Group,
    InstanceProfile,
    LoginProfile,
    ManagedPolicy,
    MfaDevice,
    PolicyVersion,
    Role,
    ServerCertificate,
    SigningCertificate,
    SshPublicKey,
    User,
)


class Tagged(Protocol):
    """A row with tags. A field of a model is a descriptor, which mypy takes for a property."""

    @property
    def tags(self) -> dict[str, str]: ...


def tag_list(tags: dict[str, str]) -> list[Response]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(row: Tagged) -> Response:
    """The tags of what is told with them, where it has any."""
    return {"Tags": tag_list(row.tags)} if row.tags else {}


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


def role(row: Role, account_id: str, trust: str) -> Response:
    """A role with its trust policy as it is shown: the row has it as it is kept."""
    return {
        "Path": row.path,
        "RoleName": row.name,
        "RoleId": row.unique_id,
        "Arn": row.arn(account_id),
        "CreateDate": row.created,
        "AssumeRolePolicyDocument": trust,
    }


def _role_and_description(row: Role, account_id: str, trust: str) -> Response:
    return role(row, account_id, trust) | ({"Description": row.description} if row.description else {})


def written_role(row: Role, account_id: str, trust: str) -> Response:
    """A role as CreateRole and UpdateRoleDescription answer: without the session's length, even where it was given.

    Source: AWS CLI Command Reference, the examples of `create-role` (the second asks for two hours) and of
    `update-role-description`.
    """
    return _role_and_description(row, account_id, trust) | _boundary_and_tags(row, account_id)


def listed_role(row: Role, account_id: str, trust: str) -> Response:
    """A role as ListRoles shows it: without its boundary, its last use and its tags."""
    return _role_and_description(row, account_id, trust) | {"MaxSessionDuration": row.max_session_duration}


def described_role(row: Role, account_id: str, trust: str, last_use: LastUse | None = None) -> Response:
    """A role as GetRole shows it."""
    used = {"LastUsedDate": last_use.time, "Region": last_use.region} if last_use else {}
    return listed_role(row, account_id, trust) | _boundary_and_tags(row, account_id) | {"RoleLastUsed": used}


def described_user(row: User, account_id: str) -> Response:
    """A user as GetUser shows it: with its boundary and its tags."""
    return user(row, account_id) | _boundary_and_tags(row, account_id)


def _boundary_and_tags(row: User | Role, account_id: str) -> Response:
    shape: Response = {}
    if boundary := row.boundary_arn(account_id):
        # "This data type can only have a value of Policy" (API Reference, AttachedPermissionsBoundary); the service
        # model's list of values says otherwise, AWS's answers do not.
        shape["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    return shape | tags_of(row)


def instance_profile(row: InstanceProfile, account_id: str, trusts: Mapping[int, str]) -> Response:
    """An instance profile with its role; `trusts` are the roles' trust policies as they are shown, by key."""
    return {
        "Path": row.path,
        "InstanceProfileName": row.name,
        "InstanceProfileId": row.unique_id,
        "Arn": row.arn(account_id),
        "CreateDate": row.created,
        "Roles": [role(row.role, account_id, trusts[row.role.pk])] if row.role else [],
    }


def policy(row: ManagedPolicy | AwsManagedPolicy, account_id: str, uses: tuple[int, int]) -> Response:
    """A policy as ListPolicies shows it; GetPolicy adds Description and Tags.

    `uses`: how many it is attached to, and how many it is the boundary of.
    """
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
        "AttachmentCount": uses[0],
        "PermissionsBoundaryUsageCount": uses[1],
        "IsAttachable": True,
        "CreateDate": row.created,
        "UpdateDate": updated,
    }


def description_of(row: ManagedPolicy | AwsManagedPolicy) -> Response:
    """A policy's description, which the package does not have of AWS's own."""
    return {"Description": row.description} if isinstance(row, ManagedPolicy) and row.description else {}


def aws_version(row: AwsManagedPolicy) -> Response:
    """The one version of an AWS managed policy that the package has."""
    return {"VersionId": row.version_id, "IsDefaultVersion": True, "CreateDate": row.updated}


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
        "Status": status(row.active),
        "CreateDate": row.created,
    }


def ssh_public_key(row: SshPublicKey) -> Response:
    """An SSH public key as ListSSHPublicKeys shows it: without its text."""
    return {
        "UserName": row.user.name,
        "SSHPublicKeyId": row.key_id,
        "Status": status(row.active),
        "UploadDate": row.uploaded,
    }


def signing_certificate(row: SigningCertificate, account_name: str) -> Response:
    """A signing certificate; as with access keys, the root user goes by the account's name."""
    return {
        "UserName": row.user.name if row.user else account_name,
        "CertificateId": row.certificate_id,
        "CertificateBody": row.body,
        "Status": status(row.active),
        "UploadDate": row.uploaded,
    }


def server_certificate(row: ServerCertificate, account_id: str) -> Response:
    """What is told about a server certificate; the certificate itself is GetServerCertificate's."""
    return {
        "Path": row.path,
        "ServerCertificateName": row.name,
        "ServerCertificateId": row.unique_id,
        "Arn": row.arn(account_id),
        "UploadDate": row.created,
        "Expiration": row.expires,
    }


def status(active: bool) -> str:
    return "Active" if active else "Inactive"


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
