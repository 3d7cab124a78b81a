"""The service-linked roles there are, as the services define them.

Sources: AWS Support User Guide, "Using service-linked roles for AWS Support" and "… for Trusted
Advisor": name, trusted service and managed policy. The descriptions are those that the roles carry in
an account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from iamconsole.iam.models import SERVICE_LINKED_PATH as PATH


@dataclass(frozen=True, slots=True)
class ServiceLinkedRole:
    name: str
    policy: str
    description: str

    @property
    def policy_arn(self) -> str:
        return f"arn:aws:iam::aws:policy{PATH}{self.policy}"


ROLES = {
    "support.amazonaws.com": ServiceLinkedRole(
        "AWSServiceRoleForSupport",
        "AWSSupportServiceRolePolicy",
        "Enables resource access for AWS to provide billing, administrative and support services",
    ),
    "trustedadvisor.amazonaws.com": ServiceLinkedRole(
        "AWSServiceRoleForTrustedAdvisor",
        "AWSTrustedAdvisorServiceRolePolicy",
        "Access for the AWS Trusted Advisor Service to help reduce cost, increase performance, and improve security "
        "of your AWS environment.",
    ),
}


def path_of(service_name: str) -> str:
    return f"{PATH}{service_name}/"


def trust_policy(service_name: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service_name}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
