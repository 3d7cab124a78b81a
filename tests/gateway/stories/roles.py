"""Roles, instance profiles, permissions boundaries and the tags of what has a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.factories import allow, policy

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
TAGS = [{"Key": "team", "Value": "hr"}]


def trust(principal: Any) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


EC2 = trust({"Service": "ec2.amazonaws.com"})


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    role, user = {"role_name": "S3AccessRole"}, {"user_name": "Sarah"}
    profile = {"instance_profile_name": "Server"}
    tagged = {"policy_arn": f"arn:aws:iam::{account_id}:policy/Tagged"}
    boundary = {"permissions_boundary": S3_READ}
    made = {"assume_role_policy_document": EC2, "path": "/lab/", "description": "for the lab", "tags": TAGS}
    return [
        ("iam:CreateRole", role | made | boundary | {"max_session_duration": 7200}),
        ("iam:UpdateAssumeRolePolicy", role | {"policy_document": trust({"AWS": account_id})}),
        ("iam:UpdateRole", role | {"description": "for all", "max_session_duration": 3600}),
        ("iam:UpdateRoleDescription", role | {"description": "for the lab"}),
        ("iam:TagRole", role | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListRoleTags", role),
        ("iam:UntagRole", role | {"tag_keys": ["level"]}),
        ("iam:AttachRolePolicy", role | {"policy_arn": S3_READ}),
        ("iam:ListAttachedRolePolicies", role),
        ("iam:PutRolePolicy", role | {"policy_name": "inline", "policy_document": DOCUMENT}),
        ("iam:GetRolePolicy", role | {"policy_name": "inline"}),
        ("iam:ListRolePolicies", role),
        ("iam:DeleteRolePermissionsBoundary", role),
        ("iam:PutRolePermissionsBoundary", role | boundary),
        ("iam:PutUserPermissionsBoundary", user | boundary),
        ("iam:DeleteUserPermissionsBoundary", user),
        ("iam:CreateInstanceProfile", profile | {"tags": TAGS}),
        ("iam:GetInstanceProfile", profile),
        ("iam:TagInstanceProfile", profile | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListInstanceProfileTags", profile),
        ("iam:UntagInstanceProfile", profile | {"tag_keys": ["level"]}),
        ("iam:AddRoleToInstanceProfile", profile | role),
        ("iam:ListInstanceProfiles", {}),
        ("iam:ListInstanceProfilesForRole", role),
        ("iam:RemoveRoleFromInstanceProfile", profile | role),
        ("iam:DeleteInstanceProfile", profile),
        ("iam:CreatePolicy", {"policy_name": "Tagged", "policy_document": DOCUMENT}),
        ("iam:TagPolicy", tagged | {"tags": TAGS}),
        ("iam:ListPolicyTags", tagged),
        ("iam:UntagPolicy", tagged | {"tag_keys": ["team"]}),
        ("iam:DeletePolicy", tagged),
        ("iam:DetachRolePolicy", role | {"policy_arn": S3_READ}),
        ("iam:DeleteRolePolicy", role | {"policy_name": "inline"}),
        ("iam:DeleteRole", role),
        ("iam:CreateServiceLinkedRole", {"aws_service_name": "rds.amazonaws.com"}),
        ("iam:DeleteServiceLinkedRole", {"role_name": "AWSServiceRoleForRDS"}),
        ("iam:GetServiceLinkedRoleDeletionStatus", {"deletion_task_id": "{task}"}),
    ]


LEARNT = {"iam:DeleteServiceLinkedRole": lambda answer: {"task": answer["DeletionTaskId"]}}
UNLEARNT = {"task": f"task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/{UUID(int=0)}"}


SUPPORT = {"role_name": "AWSServiceRoleForSupport"}
GHOST = {"instance_profile_name": "ghost"}
FAILING: dict[str, dict[str, Any]] = {
    "iam:CreateRole": {"role_name": "ReadOnly", "assume_role_policy_document": "{"},
    "iam:UpdateAssumeRolePolicy": SUPPORT | {"policy_document": EC2},
    "iam:UpdateRole": SUPPORT | {"max_session_duration": 7200},
    "iam:UpdateRoleDescription": {"role_name": "ghost", "description": "d"},
    "iam:DeleteRole": SUPPORT,
    "iam:DeleteServiceLinkedRole": {"role_name": "ghost"},
    "iam:TagRole": SUPPORT | {"tags": TAGS},
    "iam:UntagRole": SUPPORT | {"tag_keys": ["team"]},
    "iam:AttachRolePolicy": SUPPORT | {"policy_arn": S3_READ},
    "iam:DetachRolePolicy": SUPPORT | {"policy_arn": S3_READ},
    "iam:PutRolePolicy": SUPPORT | {"policy_name": "p", "policy_document": DOCUMENT},
    "iam:DeleteRolePolicy": SUPPORT | {"policy_name": "p"},
    "iam:PutRolePermissionsBoundary": SUPPORT | {"permissions_boundary": S3_READ},
    "iam:DeleteRolePermissionsBoundary": SUPPORT,
    "iam:CreateInstanceProfile": {"instance_profile_name": "Bad", "tags": [{"Key": "aws:a", "Value": "b"}]},
    "iam:AddRoleToInstanceProfile": GHOST | SUPPORT,
    "iam:RemoveRoleFromInstanceProfile": GHOST | SUPPORT,
    "iam:DeleteInstanceProfile": GHOST,
    "iam:TagInstanceProfile": GHOST | {"tags": TAGS},
    "iam:UntagInstanceProfile": GHOST | {"tag_keys": ["team"]},
    "iam:TagPolicy": {"policy_arn": S3_READ, "tags": TAGS},
    "iam:UntagPolicy": {"policy_arn": S3_READ, "tag_keys": ["team"]},
    "iam:PutUserPermissionsBoundary": {"user_name": "Sarah", "permissions_boundary": f"{S3_READ}Never"},
    "iam:DeleteUserPermissionsBoundary": {"user_name": "Sarah"},
}
