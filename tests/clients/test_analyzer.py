"""IAM Access Analyzer's policy validation by the genuine clients.

The SDK for JavaScript has a package for each service, and this one's is not among those that the tests install.
"""

from __future__ import annotations

import json

import pytest

from iamconsole.policy.check import learn_more
from tests.clients.conftest import CLIENTS
from tests.clients.drivers import Boto3, Keys, Person, names
from tests.factories import allow, policy


@pytest.fixture(params=CLIENTS[:2])
def admin(request, keys) -> Person:
    return Person(request.getfixturevalue(request.param), keys)


def test_a_misspelt_action_is_found_where_it_stands(admin):
    document = json.dumps(json.loads(policy(allow(["s3:ListBucket", "s3:GetObjct"]))), indent=4)
    found = admin.analyzer("ValidatePolicy", policyDocument=document, policyType="IDENTITY_POLICY")["findings"]

    assert names(found, "findingType") == ["ERROR"]
    assert found[0]["findingDetails"] == "The action s3:GetObjct does not exist. Did you mean s3:GetObject?"
    assert found[0]["issueCode"] == "INVALID_ACTION"
    assert found[0]["learnMoreLink"] == learn_more("INVALID_ACTION")
    place = found[0]["locations"][0]
    assert place["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 1}]
    start, end = (place["span"][one]["offset"] for one in ("start", "end"))
    assert document[start:end] == '"s3:GetObjct"'


def test_a_bucket_takes_other_policies_than_a_role(admin):
    nobody = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    asked = {"policyDocument": nobody, "policyType": "RESOURCE_POLICY"}
    of_a_role = admin.analyzer(
        "ValidatePolicy", **asked, validatePolicyResourceType="AWS::IAM::AssumeRolePolicyDocument"
    )
    of_a_bucket = admin.analyzer("ValidatePolicy", **asked, validatePolicyResourceType="AWS::S3::Bucket")

    assert "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL" in names(of_a_role["findings"], "issueCode")
    assert "MISSING_RESOURCE" in names(of_a_bucket["findings"], "issueCode")


def test_refusals_are_those_of_a_service_that_speaks_json(admin, refused, keys):
    admin.iam("CreateUser", UserName="nobody")
    nobody = admin.with_keys(admin.iam("CreateAccessKey", UserName="nobody")["AccessKey"])
    asked = {"policyDocument": "{}", "policyType": "IDENTITY_POLICY"}
    with refused("AccessDeniedException"):
        nobody.analyzer("ValidatePolicy", **asked)
    with refused("ValidationException"):
        admin.analyzer("ValidatePolicy", **asked, validatePolicyResourceType="AWS::S3::Bucket")


def test_pages_give_every_finding_once(boto3_driver: Boto3, keys: Keys):
    document = policy(allow([f"s3:Nothing{number}" for number in range(7)]))
    pages = boto3_driver.client(keys, "accessanalyzer").get_paginator("validate_policy")
    asked = {"policyDocument": document, "policyType": "IDENTITY_POLICY"}
    found = [page["findings"] for page in pages.paginate(**asked, PaginationConfig={"PageSize": 3})]

    assert [len(page) for page in found] == [3, 3, 1]
    assert len({one["findingDetails"] for page in found for one in page}) == 7


def test_a_policy_is_generated_from_what_somebody_did(admin):
    made = admin.iam("CreateUser", UserName="worker")["User"]
    admin.iam("AttachUserPolicy", UserName="worker", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    admin.with_keys(admin.iam("CreateAccessKey", UserName="worker")["AccessKey"]).iam("ListGroups")

    job = admin.analyzer("StartPolicyGeneration", policyGenerationDetails={"principalArn": made["Arn"]})["jobId"]
    answer = admin.analyzer("GetGeneratedPolicy", jobId=job)
    assert answer["jobDetails"]["status"] == "SUCCEEDED"
    policies = answer["generatedPolicyResult"]["generatedPolicies"]
    assert json.loads(policies[0]["policy"])["Statement"][0]["Action"] == ["iam:ListGroups"]
    listed = admin.analyzer("ListPolicyGenerations", principalArn=made["Arn"])["policyGenerations"]
    assert names(listed, "jobId") == [job]
    admin.analyzer("CancelPolicyGeneration", jobId=job)
    assert admin.analyzer("GetGeneratedPolicy", jobId=job)["generatedPolicyResult"]["generatedPolicies"] == []
