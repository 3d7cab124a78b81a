"""Policies generated from what a user or role did."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing

import pytest
from django.utils import timezone

from iamconsole.analysis.models import PolicyGeneration
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context
from iamconsole.core.errors import AccessDenied, AwsError, ValidationError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def john(root, sandbox):
    """A user who may a few things and has tried more."""
    root.call("iam:CreateUser", user_name="john")
    document = policy(allow(["iam:ListUsers", "iam:GetUser", "s3:*", "iam:PassRole"]))
    root.call("iam:PutUserPolicy", user_name="john", policy_name="some", policy_document=document)
    his = client_for(sandbox, "john")
    his.call("iam:ListUsers")
    his.call("iam:GetUser", user_name="john")
    his.call("s3:ListBuckets")
    with closing(his.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"]):
        pass
    with pytest.raises(AccessDenied):
        his.call("iam:ListRoles")
    his.flush()  # reads are written together, at the end of a request
    return f"arn:aws:iam::{sandbox.account_id}:user/john"


def start(client, arn: str, **more) -> str:
    job: str = client.call(
        "access-analyzer:StartPolicyGeneration", policy_generation_details={"principalArn": arn}, **more
    )["jobId"]
    return job


def trail(sandbox, since: dt.datetime, **more) -> dict:
    return {
        "trails": [
            {"cloudTrailArn": f"arn:aws:cloudtrail:us-east-1:{sandbox.account_id}:trail/all", "allRegions": True}
        ],
        "accessRole": f"arn:aws:iam::{sandbox.account_id}:role/service-role/Reader",
        "startTime": since,
        **more,
    }


def generated(client, job: str, **more) -> list[dict]:
    answer = client.call("access-analyzer:GetGeneratedPolicy", job_id=job, **more)
    assert answer["jobDetails"]["status"] in ("SUCCEEDED", "CANCELED")
    policies = answer["generatedPolicyResult"]["generatedPolicies"]
    return [statement for one in policies for statement in json.loads(one["policy"])["Statement"]]


def test_the_policy_has_what_was_done_and_not_what_was_refused_or_is_a_data_event(admin, john):
    assert generated(admin, start(admin, john)) == [
        {
            "Sid": "SupportedServiceSid0",
            "Effect": "Allow",
            "Action": ["iam:GetUser", "iam:ListUsers", "s3:ListAllMyBuckets"],
            "Resource": "*",
        }
    ]


def test_with_placeholders_actions_name_the_resources_that_they_can_be_limited_to(admin, john):
    found = generated(admin, start(admin, john), include_resource_placeholders=True)
    assert found == [
        {
            "Sid": "SupportedServiceSid0",
            "Effect": "Allow",
            "Action": ["iam:ListUsers", "s3:ListAllMyBuckets"],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["iam:GetUser"],
            "Resource": "arn:aws:iam::${Account}:user/${UserNameWithPath}",
        },
    ]


def test_the_generated_policy_allows_what_was_done(admin, john):
    job = start(admin, john)
    text = admin.call("access-analyzer:GetGeneratedPolicy", job_id=job)["generatedPolicyResult"]["generatedPolicies"]
    asked = ["iam:ListUsers", "iam:GetUser", "s3:ListAllMyBuckets", "iam:ListRoles"]
    answer = admin.call("iam:SimulateCustomPolicy", policy_input_list=[text[0]["policy"]], action_names=asked)
    assert [one["EvalDecision"] for one in answer["EvaluationResults"]] == ["allowed"] * 3 + ["implicitDeny"]


def test_the_sessions_of_a_role_count_for_the_role(admin, root, sandbox):
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{sandbox.account_id}:root"}}
    document = policy(trust | {"Action": "sts:AssumeRole"})
    arn = admin.call("iam:CreateRole", role_name="Reader", assume_role_policy_document=document)["Role"]["Arn"]
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    made = admin.call("sts:AssumeRole", role_arn=arn, role_session_name="one")
    assert made["Credentials"]
    session = AwsClient(callers.credential(made["Credentials"]["AccessKeyId"]).caller, Context(face="api"))
    session.call("iam:ListGroups")
    session.flush()
    assert generated(admin, start(admin, arn))[0]["Action"] == ["iam:ListGroups"]


def test_only_the_time_asked_for_counts(admin, john, sandbox):
    Event.objects.filter(principal_arn=john, name="ListUsers").update(time=timezone.now() - dt.timedelta(days=10))
    since = timezone.now() - dt.timedelta(days=7)
    job = start(admin, john, cloud_trail_details=trail(sandbox, since))
    assert "iam:ListUsers" not in generated(admin, job)[0]["Action"]
    answer = admin.call("access-analyzer:GetGeneratedPolicy", job_id=job)["generatedPolicyResult"]
    assert answer["properties"]["cloudTrailProperties"]["startTime"] == since
    assert answer["properties"]["principalArn"] == john


def test_nothing_done_is_no_policy(admin, sandbox):
    job = start(admin, f"arn:aws:iam::{sandbox.account_id}:user/Sarah")
    assert generated(admin, job) == []


@pytest.mark.parametrize(
    ("days", "until", "problem"),
    [(91, 0, "must not be longer than 90 days"), (1, 2, "start time must be before the end time")],
)
def test_a_time_that_cannot_be_is_refused(admin, john, sandbox, days, until, problem):
    now = timezone.now()
    details = trail(sandbox, now - dt.timedelta(days=days), endTime=now - dt.timedelta(days=until))
    with pytest.raises(ValidationError, match=problem):
        start(admin, john, cloud_trail_details=details)


@pytest.mark.parametrize("arn", ["arn:aws:iam::{own}:user/Ghost", "arn:aws:iam::{own}:role/Ghost", "{other}"])
def test_a_principal_that_is_not_the_accounts_is_refused(admin, sandbox, other_sandbox, arn):
    known = {"own": sandbox.account_id, "other": f"arn:aws:iam::{other_sandbox.account_id}:user/Sarah"}
    with pytest.raises(ValidationError, match="cannot be found"):
        start(admin, arn.format(**known))


def test_the_same_token_is_the_same_generation(admin, john):
    assert start(admin, john, client_token="a") == start(admin, john, client_token="a")
    assert start(admin, john, client_token="b") != start(admin, john, client_token="a")


def test_generations_are_listed_newest_first_in_pages_and_of_one_principal(admin, john, sandbox):
    jobs = [start(admin, john) for _ in range(3)]
    other = start(admin, f"arn:aws:iam::{sandbox.account_id}:user/Sarah")
    first = admin.call("access-analyzer:ListPolicyGenerations", max_results=3)
    assert [one["jobId"] for one in first["policyGenerations"]] == [other, jobs[2], jobs[1]]
    rest = admin.call("access-analyzer:ListPolicyGenerations", max_results=3, next_token=first["nextToken"])
    assert [one["jobId"] for one in rest["policyGenerations"]] == [jobs[0]]
    assert "nextToken" not in rest
    his = admin.call("access-analyzer:ListPolicyGenerations", principal_arn=john)["policyGenerations"]
    assert [one["jobId"] for one in his] == jobs[::-1]


def test_a_cancelled_generation_gives_no_policy(admin, john):
    job = start(admin, john)
    admin.call("access-analyzer:CancelPolicyGeneration", job_id=job)
    assert generated(admin, job) == []
    assert admin.call("access-analyzer:ListPolicyGenerations")["policyGenerations"][0]["status"] == "CANCELED"


@pytest.mark.parametrize("job", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_generation_is_refused(admin, job):
    for action in ("GetGeneratedPolicy", "CancelPolicyGeneration"):
        with pytest.raises(ValidationError, match="cannot be found"):
            admin.call(f"access-analyzer:{action}", job_id=job)


def test_another_sandbox_finds_no_generation_of_ours(admin, john, stranger):
    job = start(admin, john)
    with pytest.raises(ValidationError, match="cannot be found"):
        stranger.call("access-analyzer:GetGeneratedPolicy", job_id=job)
    assert stranger.call("access-analyzer:ListPolicyGenerations")["policyGenerations"] == []


def test_a_day_has_fifty_and_a_week_later_they_are_gone(admin, john, sandbox):
    for _ in range(50):
        start(admin, john)
    with pytest.raises(AwsError, match="PolicyGenerationsPerDay") as refused:
        start(admin, john)
    assert (refused.value.code, refused.value.status) == ("ServiceQuotaExceededException", 402)
    PolicyGeneration.objects.update(started=timezone.now() - dt.timedelta(days=8))
    start(admin, john)
    assert PolicyGeneration.objects.count() == 1


def test_who_may_not_generate_is_refused(dev, john):
    with pytest.raises(AccessDenied, match="access-analyzer:StartPolicyGeneration"):
        start(dev, john)
