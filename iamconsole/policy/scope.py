"""Whom and what a policy type reaches: the exceptions to the rule that every policy counts."""

from __future__ import annotations

from .model import AttachedPolicy, BlockPublicAccess
from .public_access import is_public
from .statements import Asked, Row

# STS API Reference, GetCallerIdentity: "No permissions are required … If an administrator attaches a policy to your
# identity that explicitly denies access to the sts:GetCallerIdentity action, you can still perform this operation."
# IAM User Guide, "Controlling access for GetSessionToken": "You cannot use policies to control authentication
# operations." (id_credentials_temp_control-access_getsessiontoken.html)
_FREE = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

# S3 API Reference, PutBucketPolicy: "the root principal in a bucket owner's AWS account can perform the
# GetBucketPolicy, PutBucketPolicy, and DeleteBucketPolicy API actions, even if their bucket policy explicitly denies
# the root principal's access."
_ROOT_KEEPS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})

# Organizations User Guide, "Resource control policies", "List of AWS services that support RCPs": "RCPs apply to
# actions for the following AWS services" (orgs_manage_policies_rcps.html).
_RCP_SERVICES = frozenset({
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory", "cloudfront",
    "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline", "cognito-identity",
    "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql",
    "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-scan",
    "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications", "opensearch",
    "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups", "rolesanywhere", "s3",
    "secretsmanager", "servicediscovery", "signin", "sqs", "sts", "support", "swf", "textract",
    "timestream-influxdb", "transcribe", "transfer", "translate", "wafv2", "workspaces", "xray",
})  # fmt: skip


def is_free(asked: Asked) -> bool:
    """Whether the action needs no permission; an anonymous caller cannot take it at all."""
    return asked.action in _FREE and asked.request.principal.kind != "anonymous"


def same_account(asked: Asked) -> bool:
    """Whether the resource belongs to the caller's account."""
    return asked.request.resource_account in ("", asked.request.principal.account)


def scps_apply(asked: Asked) -> bool:
    """SCPs "affect only IAM users and roles that are managed by accounts that are part of the organization" and their
    root users, and not service-linked roles (Organizations User Guide, orgs_manage_policies_scps.html).

    The user of an identity provider is neither until a role is assumed.
    """
    principal = asked.request.principal
    return bool(principal.account) and not principal.of_provider and not _is_service_linked(principal.role_arn)


def rcps_apply(asked: Asked) -> bool:
    """RCPs reach some services only, "do not impact the kms:RetireGrant permission", nor calls of service-linked roles,
    nor "AWS services' ability to assume a service-linked role" (orgs_manage_policies_rcps.html).
    """
    service, _, name = asked.action.partition(":")
    if service not in _RCP_SERVICES or (service, name) == ("kms", "retiregrant"):
        return False
    request = asked.request
    return not (_is_service_linked(request.principal.role_arn) or _is_service_linked(request.resource))


def _is_service_linked(role_arn: str) -> bool:
    return ":role/aws-service-role/" in role_arn


def applies(row: Row, asked: Asked) -> bool:
    """Whether a statement's policy type reaches this request."""
    if row.stage == "scp":
        return scps_apply(asked)
    if row.stage == "rcp":
        return rcps_apply(asked)
    exempt = asked.request.principal.kind == "root" and asked.action in _ROOT_KEEPS and same_account(asked)
    return not (exempt and row.stage == "resource")


def is_shut_out(asked: Asked, resource: AttachedPolicy, settings: BlockPublicAccess) -> bool:
    """Whether S3's RestrictPublicBuckets refuses the caller.

    A bucket with a public policy is then open only to "AWS service principals and authorized users within the bucket
    owner's account"; access of other accounts is blocked "including non-public delegation to specific accounts", and
    "any denial resulting from the RestrictPublicBuckets setting is explicit" (S3 User Guide,
    access-control-block-public-access.html and troubleshoot-403-errors.html).
    """
    principal = asked.request.principal
    if not settings.restrict_public_buckets or not asked.action.startswith("s3:") or principal.kind == "service":
        return False
    stranger = not principal.account or not same_account(asked)
    return stranger and is_public(resource.policy)
