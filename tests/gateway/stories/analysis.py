"""The policy simulator, policy validation and generation, last accessed reports, the authorization details."""

from __future__ import annotations

from typing import Any

from tests.factories import allow, policy

DOCUMENT = policy(allow("s3:GetObject") | {"Condition": {"StringEquals": {"aws:username": "Sarah"}}})


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    sarah = f"arn:aws:iam::{account_id}:user/Sarah"
    return [
        ("iam:SimulateCustomPolicy", {"policy_input_list": [DOCUMENT], "action_names": ["s3:GetObject"]}),
        ("iam:SimulatePrincipalPolicy", {"policy_source_arn": sarah, "action_names": ["s3:GetObject"]}),
        ("iam:GetContextKeysForCustomPolicy", {"policy_input_list": [DOCUMENT]}),
        ("iam:GetContextKeysForPrincipalPolicy", {"policy_source_arn": sarah}),
        ("access-analyzer:ValidatePolicy", {"policy_document": DOCUMENT, "policy_type": "IDENTITY_POLICY"}),
        ("iam:GetAccountAuthorizationDetails", {"filter": ["User", "LocalManagedPolicy"]}),
        ("iam:GenerateServiceLastAccessedDetails", {"arn": sarah, "granularity": "ACTION_LEVEL"}),
        ("iam:GetServiceLastAccessedDetails", {"job_id": "{job}"}),
        ("iam:GetServiceLastAccessedDetailsWithEntities", {"job_id": "{job}", "service_namespace": "s3"}),
        ("iam:ListPoliciesGrantingServiceAccess", {"arn": sarah, "service_namespaces": ["s3"]}),
        (
            "access-analyzer:StartPolicyGeneration",
            {
                "policy_generation_details": {"principalArn": f"arn:aws:iam::{account_id}:user/admin"},
                "client_token": "once",
            },
        ),
        ("access-analyzer:GetGeneratedPolicy", {"job_id": "{generation}", "include_resource_placeholders": True}),
        ("access-analyzer:ListPolicyGenerations", {"max_results": 5}),
        ("access-analyzer:CancelPolicyGeneration", {"job_id": "{generation}"}),
    ]


FAILING: dict[str, dict[str, Any]] = {
    "iam:GenerateServiceLastAccessedDetails": {"arn": "arn:aws:iam::111122223333:user/Ghost"},
    "access-analyzer:StartPolicyGeneration": {
        "policy_generation_details": {"principalArn": "arn:aws:iam::111122223333:user/Ghost"}
    },
    "access-analyzer:CancelPolicyGeneration": {"job_id": "00000000-0000-4000-8000-000000000001"},
}

LEARNT = {
    "iam:GenerateServiceLastAccessedDetails": lambda answer: {"job": answer["JobId"]},
    "access-analyzer:StartPolicyGeneration": lambda answer: {"generation": answer["jobId"]},
}
UNLEARNT = {
    "job": "00000000-0000-4000-8000-000000000000",
    "generation": "00000000-0000-4000-8000-000000000000",
}
