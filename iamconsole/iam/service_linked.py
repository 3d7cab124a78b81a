"""The service-linked roles there are, as the services define them: those that a course meets.

Sources: each service's user guide, "Using service-linked roles for …": name, trusted service and managed policy; names
and services also stand in AWS's own managed policies (`role/aws-service-role/<service>/<name>`), which a test compares.
The descriptions are those that the roles carry in an account; where none is known here, a role has none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from iamconsole.iam.models import SERVICE_LINKED_PATH

PATH = SERVICE_LINKED_PATH


@dataclass(frozen=True, slots=True)
class ServiceLinkedRole:
    """`suffixed`: an account may have several, told apart by a custom suffix. `kept`: nobody can delete it, and why."""

    name: str
    policy: str
    description: str = ""
    suffixed: bool = False
    kept: str = ""

    @property
    def policy_arn(self) -> str:
        return f"arn:aws:iam::aws:policy{PATH}{self.policy}"

    def named(self, suffix: str | None) -> str:
        # API Reference, CreateServiceLinkedRole: the suffix "is combined with the service-provided prefix to form the
        # complete role name"; Auto Scaling's guide shows `AWSServiceRoleForAutoScaling_suffix`.
        return self.name if suffix is None else f"{self.name}_{suffix}"


_OF_SUPPORT = ServiceLinkedRole(
    "AWSServiceRoleForSupport",
    "AWSSupportServiceRolePolicy",
    "Enables resource access for AWS to provide billing, administrative and support services",
    # Every account has it. What AWS Support answers to a deletion is documented nowhere; as long as its service is
    # there, a service refuses (API Reference, DeleteServiceLinkedRole).
    kept="AWS Support uses this role in every account.",
)
_OF_TRUSTED_ADVISOR = ServiceLinkedRole(
    "AWSServiceRoleForTrustedAdvisor",
    "AWSTrustedAdvisorServiceRolePolicy",
    "Access for the AWS Trusted Advisor Service to help reduce cost, increase performance, and improve security "
    "of your AWS environment.",
    # Support User Guide, "Using service-linked roles for Trusted Advisor": it can be deleted once Trusted Advisor is
    # disabled, which cannot be done here.
    kept="AWS Trusted Advisor is enabled in this account.",
)
_OF_AUTO_SCALING = ServiceLinkedRole(
    "AWSServiceRoleForAutoScaling",
    "AutoScalingServiceRolePolicy",
    "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
    suffixed=True,  # Amazon EC2 Auto Scaling User Guide, "Service-linked roles for Amazon EC2 Auto Scaling"
)

_Role = ServiceLinkedRole
ROLES = {
    "support.amazonaws.com": _OF_SUPPORT,
    "trustedadvisor.amazonaws.com": _OF_TRUSTED_ADVISOR,
    "autoscaling.amazonaws.com": _OF_AUTO_SCALING,
    "access-analyzer.amazonaws.com": _Role("AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    "backup.amazonaws.com": _Role("AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    "batch.amazonaws.com": _Role("AWSServiceRoleForBatch", "BatchServiceRolePolicy"),
    "cloudtrail.amazonaws.com": _Role("AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy"),
    "compute-optimizer.amazonaws.com": _Role("AWSServiceRoleForComputeOptimizer", "ComputeOptimizerServiceRolePolicy"),
    "config-conforms.amazonaws.com": _Role("AWSServiceRoleForConfigConforms", "ConfigConformsServiceRolePolicy"),
    "config.amazonaws.com": _Role("AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy"),
    "dynamodb.application-autoscaling.amazonaws.com": _Role(
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy"
    ),
    "ecs.amazonaws.com": _Role(
        "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", "Role to enable Amazon ECS to manage your cluster."
    ),
    "ecs.application-autoscaling.amazonaws.com": _Role(
        "AWSServiceRoleForApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy"
    ),
    "eks.amazonaws.com": _Role("AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy"),
    "elasticache.amazonaws.com": _Role("AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticbeanstalk.amazonaws.com": _Role(
        "AWSServiceRoleForElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"
    ),
    "elasticfilesystem.amazonaws.com": _Role(
        "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"
    ),
    "elasticloadbalancing.amazonaws.com": _Role(
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        "Allows ELB to call AWS services on your behalf.",
    ),
    "fms.amazonaws.com": _Role("AWSServiceRoleForFMS", "FMSServiceRolePolicy"),
    "guardduty.amazonaws.com": _Role("AWSServiceRoleForAmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    "inspector2.amazonaws.com": _Role("AWSServiceRoleForAmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    "lex.amazonaws.com": _Role("AWSServiceRoleForLexBots", "LexBotPolicy"),
    "macie.amazonaws.com": _Role("AWSServiceRoleForAmazonMacie", "AmazonMacieServiceRolePolicy"),
    "opensearchservice.amazonaws.com": _Role(
        "AWSServiceRoleForAmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"
    ),
    "ops.apigateway.amazonaws.com": _Role("AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy"),
    "organizations.amazonaws.com": _Role(
        "AWSServiceRoleForOrganizations",
        "AWSOrganizationsServiceTrustPolicy",
        "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations.",
    ),
    "rds.amazonaws.com": _Role(
        "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy", "Allows Amazon RDS to manage AWS resources on your behalf"
    ),
    "redshift.amazonaws.com": _Role("AWSServiceRoleForRedshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    "replication.dynamodb.amazonaws.com": _Role(
        "AWSServiceRoleForDynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"
    ),
    "resource-explorer-2.amazonaws.com": _Role(
        "AWSServiceRoleForResourceExplorer", "AWSResourceExplorerServiceRolePolicy"
    ),
    "securityhub.amazonaws.com": _Role("AWSServiceRoleForSecurityHub", "AWSSecurityHubServiceRolePolicy"),
    "servicequotas.amazonaws.com": _Role("AWSServiceRoleForServiceQuotas", "ServiceQuotasServiceRolePolicy"),
    "spot.amazonaws.com": _Role("AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy"),
    "spotfleet.amazonaws.com": _Role("AWSServiceRoleForEC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy"),
    "ssm.amazonaws.com": _Role("AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy"),
    "sso.amazonaws.com": _Role("AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy"),
    "transitgateway.amazonaws.com": _Role(
        "AWSServiceRoleForVPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"
    ),
}


def path_of(service_name: str) -> str:
    return f"{PATH}{service_name}/"


def of_role(path: str) -> ServiceLinkedRole | None:
    """What the service of a role with this path says of its role."""
    return ROLES.get(path.removeprefix(PATH).removesuffix("/"))


def trust_policy(service_name: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service_name}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
