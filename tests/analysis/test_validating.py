"""The findings of ValidatePolicy: their shape, where they point, and which checks count for which policies."""

from __future__ import annotations

import json

import pytest

from iamconsole.analysis.validating import findings
from iamconsole.core.errors import AccessDenied, ValidationError
from tests.factories import allow, policy

# AWS CLI Command Reference, accessanalyzer validate-policy, the example.
COGNITO = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": {
                "Federated": "cognito-identity.amazonaws.com"
            },
            "Action": [
                "sts:AssumeRole",
                "sts:TagSession"
            ],
            "Condition": {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": "us-west-2_EXAMPLE"
                }
            }
        }
    ]
}
"""
TRUST, BUCKET = "AWS::IAM::AssumeRolePolicyDocument", "AWS::S3::Bucket"


def codes(document: str, policy_type: str = "IDENTITY_POLICY", resource_type: str | None = None) -> set[str]:
    return {found["issueCode"] for found in findings(document, policy_type, resource_type)}


def test_the_example_of_the_command_reference_points_where_it_does_there():
    found = {one["issueCode"]: one for one in findings(COGNITO, "RESOURCE_POLICY", None)}

    assert found["EMPTY_SID_VALUE"] == {
        "findingDetails": "Add a value to the empty string in the Sid element.",
        "findingType": "SUGGESTION",
        "issueCode": "EMPTY_SID_VALUE",
        "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
        "#access-analyzer-reference-policy-checks-suggestion-empty-sid-value",
        "locations": [
            {
                "path": [{"value": "Statement"}, {"index": 0}, {"value": "Sid"}],
                "span": {
                    "start": {"line": 5, "column": 19, "offset": 79},
                    "end": {"line": 5, "column": 21, "offset": 81},
                },
            }
        ],
    }
    assert found["MISMATCHED_ACTION_FOR_PRINCIPAL"]["locations"][0] == {
        "path": [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 0}],
        "span": {
            "start": {"line": 11, "column": 16, "offset": 258},
            "end": {"line": 11, "column": 32, "offset": 274},
        },
    }


def test_a_key_with_dots_is_one_element_of_the_path():
    found = {one["issueCode"]: one for one in findings(COGNITO, "RESOURCE_POLICY", TRUST)}
    place = found["CONFIRM_AUDIENCE_CLAIM_TYPE"]["locations"][0]

    assert [next(iter(one.values())) for one in place["path"]][2:] == [
        "Condition",
        "StringEquals",
        "cognito-identity.amazonaws.com:aud",
    ]


def test_a_statement_without_a_list_around_it_has_no_index():
    document = json.dumps({"Version": "2012-10-17", "Statement": allow("s3:GetObjct")})
    place = findings(document, "IDENTITY_POLICY", None)[0]["locations"][0]

    assert place["path"] == [{"value": "Statement"}, {"value": "Action"}]


@pytest.mark.parametrize("document", ["", "{", '{"Version": "2012-10-17",\n  “Statement”: []}', "[1]", "\0"])
def test_what_is_no_policy_is_a_finding_and_its_span_lies_within_the_text(document):
    for one in findings(document, "IDENTITY_POLICY", None):
        span = one["locations"][0]["span"]
        assert 0 <= span["start"]["offset"] <= span["end"]["offset"] <= len(document)
    assert findings(document, "IDENTITY_POLICY", None)[0]["findingType"] == "ERROR"


def test_what_only_one_type_of_resource_refuses_is_not_said_of_others():
    elsewhere = policy(
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*"}
    )

    assert "UNSUPPORTED_ACTION_IN_POLICY" in codes(elsewhere, "RESOURCE_POLICY", BUCKET)
    assert codes(elsewhere, "RESOURCE_POLICY") == set()
    assert codes(elsewhere, "RESOURCE_POLICY", "AWS::DynamoDB::Table") == set()


def test_each_type_of_policy_has_its_own_checks():
    with_principal = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})

    assert "UNSUPPORTED_PRINCIPAL" in codes(with_principal)
    assert "SCP_SYNTAX_ERROR_PRINCIPAL" in codes(with_principal, "SERVICE_CONTROL_POLICY")
    assert codes(with_principal, "RESOURCE_CONTROL_POLICY") == set()


def test_what_is_not_a_check_of_access_analyzer_is_not_said():
    """The editor's own hints stay in the editor."""
    assert codes(policy(allow("s3:ListAllMyBuckets", "arn:aws:s3:::company1-hr"))) == set()


@pytest.mark.django_db
def test_the_operation_is_decided_paged_and_recorded(admin, dev):
    document = policy(allow([f"s3:Nothing{number}" for number in range(3)]))
    asked = {"policy_document": document, "policy_type": "IDENTITY_POLICY"}
    first = admin.call("access-analyzer:ValidatePolicy", **asked, max_results=2)
    rest = admin.call("access-analyzer:ValidatePolicy", **asked, next_token=first["nextToken"])

    assert (len(first["findings"]), len(rest["findings"]), "nextToken" in rest) == (2, 1, False)
    with pytest.raises(AccessDenied, match="access-analyzer:ValidatePolicy"):
        dev.call("access-analyzer:ValidatePolicy", **asked)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more",
    [
        {"policy_type": "NO_POLICY"},
        {"max_results": 0},
        {"max_results": 100_000},
        {"next_token": "x"},
        {"next_token": "9" * 50},
        {"validate_policy_resource_type": BUCKET},
        {"policy_document": "\0"},
    ],
)
def test_what_makes_no_sense_is_refused(admin, more):
    asked = {"policy_document": "{}", "policy_type": "IDENTITY_POLICY"} | more
    with pytest.raises(ValidationError):
        admin.call("access-analyzer:ValidatePolicy", **asked)
