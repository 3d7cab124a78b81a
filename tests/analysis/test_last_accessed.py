"""Service last accessed reports: who tried what and when, and which policies give access."""

from __future__ import annotations

import datetime as dt

import pytest

from iamconsole.analysis.models import LastAccessedJob
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.policy import granted_actions, granted_services, parse
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def refused(client, code, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert error.value.code == code


@pytest.fixture
def john(root, sandbox):
    root.call("iam:CreateUser", user_name="john")
    document = policy(allow(["iam:List*", "iam:CreateUser", "s3:*", "sqs:SendMessage"]))
    root.call("iam:PutUserPolicy", user_name="john", policy_name="Some", policy_document=document)
    return client_for(sandbox, "john")


def arn(sandbox, kind, name):
    return f"arn:aws:iam::{sandbox.account_id}:{kind}/{name}"


def report(client, of, granularity="SERVICE_LEVEL"):
    job = client.call("iam:GenerateServiceLastAccessedDetails", arn=of, granularity=granularity)["JobId"]
    return job, client.call("iam:GetServiceLastAccessedDetails", job_id=job)


def by_service(answer):
    return {one["ServiceNamespace"]: one for one in answer["ServicesLastAccessed"]}


def test_a_report_lists_the_services_that_the_policies_allow(admin, john, sandbox):
    _, answer = report(admin, arn(sandbox, "user", "john"))
    assert (answer["JobStatus"], answer["JobType"], answer["IsTruncated"]) == ("COMPLETED", "SERVICE_LEVEL", False)
    found = by_service(answer)
    assert list(found) == ["iam", "s3", "sqs"]
    assert found["sqs"] == {
        "ServiceName": "Amazon SQS",
        "ServiceNamespace": "sqs",
        "TotalAuthenticatedEntities": 0,
    }


def test_an_attempt_counts_whether_it_was_allowed_or_not(admin, john, sandbox):
    with pytest.raises(AccessDenied):
        john.call("iam:CreateGroup", group_name="x")
    john.flush()
    found = by_service(report(admin, arn(sandbox, "user", "john"))[1])["iam"]
    assert found["LastAuthenticatedEntity"] == arn(sandbox, "user", "john")
    assert found["LastAuthenticatedRegion"] == "us-east-1"
    assert found["LastAuthenticated"] == Event.objects.get(name="CreateGroup").time
    assert found["TotalAuthenticatedEntities"] == 1
    assert "TrackedActionsLastAccessed" not in found


def test_the_root_user_s_attempts_are_nobody_s(admin, root, john, sandbox):
    root.call("iam:ListUsers")
    root.flush()
    assert by_service(report(admin, arn(sandbox, "user", "john"))[1])["iam"]["TotalAuthenticatedEntities"] == 0


def test_actions_are_told_where_they_were_asked_for(admin, john, sandbox):
    john.call("iam:ListUsers")
    john.call("s3:ListBuckets")
    john.flush()
    found = by_service(report(admin, arn(sandbox, "user", "john"), "ACTION_LEVEL")[1])
    actions = {one["ActionName"]: one for one in found["iam"]["TrackedActionsLastAccessed"]}
    assert actions["ListUsers"]["LastAccessedEntity"] == arn(sandbox, "user", "john")
    assert actions["ListUsers"]["LastAccessedRegion"] == "us-east-1"
    assert actions["CreateUser"] == {"ActionName": "CreateUser"}
    assert "DeleteUser" not in actions  # the policies do not give it
    buckets = {one["ActionName"]: one for one in found["s3"]["TrackedActionsLastAccessed"]}
    assert "LastAccessedTime" in buckets["ListAllMyBuckets"]
    assert "GetObject" not in buckets  # a data event
    assert "TrackedActionsLastAccessed" not in found["sqs"]


def test_what_is_older_than_four_hundred_days_is_forgotten(admin, john, sandbox):
    john.call("iam:ListUsers")
    john.flush()
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=401)
    Event.objects.filter(name="ListUsers").update(time=long_ago)
    assert "LastAuthenticated" not in by_service(report(admin, arn(sandbox, "user", "john"))[1])["iam"]
    Event.objects.filter(name="ListUsers").update(time=long_ago + dt.timedelta(days=2))
    assert "LastAuthenticated" in by_service(report(admin, arn(sandbox, "user", "john"))[1])["iam"]


def test_a_group_s_report_is_about_its_members(admin, root, john, sandbox):
    root.call("iam:CreateGroup", group_name="Ops")
    of = arn(sandbox, "group", "Ops")
    root.call("iam:PutGroupPolicy", group_name="Ops", policy_name="p", policy_document=policy(allow("iam:*")))
    assert report(admin, of)[1]["ServicesLastAccessed"] == []  # nobody is in it
    for name in ("john", "Sarah"):
        root.call("iam:AddUserToGroup", group_name="Ops", user_name=name)
    john.call("iam:ListUsers")
    john.flush()
    job, answer = report(admin, of)
    assert list(by_service(answer)) == ["iam"]
    assert by_service(answer)["iam"]["LastAuthenticatedEntity"] == arn(sandbox, "user", "john")
    who = admin.call("iam:GetServiceLastAccessedDetailsWithEntities", job_id=job, service_namespace="iam")
    assert [one["EntityInfo"]["Name"] for one in who["EntityDetailsList"]] == ["john", "Sarah"]
    first, second = who["EntityDetailsList"]
    assert first["EntityInfo"]["Type"] == "USER"
    assert "LastAuthenticated" in first
    assert "LastAuthenticated" not in second
    none = admin.call("iam:GetServiceLastAccessedDetailsWithEntities", job_id=job, service_namespace="s3")
    assert none["EntityDetailsList"] == []
    page = admin.call("iam:GetServiceLastAccessedDetailsWithEntities", job_id=job, service_namespace="iam", max_items=1)
    assert (len(page["EntityDetailsList"]), page["IsTruncated"]) == (1, True)
    refused(
        admin,
        "InvalidInput",
        "iam:GetServiceLastAccessedDetailsWithEntities",
        job_id=job,
        service_namespace="no-such-service",
    )


def test_a_policy_s_report_is_about_everybody_whom_it_is_attached_to(admin, root, john, sandbox):
    document = policy(allow("iam:*"))
    root.call("iam:CreatePolicy", policy_name="Mine", policy_document=document)
    of = arn(sandbox, "policy", "Mine")
    assert report(admin, of)[1]["ServicesLastAccessed"] == []  # attached to nobody
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root.call("iam:CreateRole", role_name="App", assume_role_policy_document=trust)
    root.call("iam:CreateGroup", group_name="Ops")
    root.call("iam:AddUserToGroup", group_name="Ops", user_name="Sarah")
    root.call("iam:AttachRolePolicy", role_name="App", policy_arn=of)
    root.call("iam:AttachGroupPolicy", group_name="Ops", policy_arn=of)
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=of)
    job, _ = report(admin, of)
    who = admin.call("iam:GetServiceLastAccessedDetailsWithEntities", job_id=job, service_namespace="iam")
    assert {(one["EntityInfo"]["Type"], one["EntityInfo"]["Name"]) for one in who["EntityDetailsList"]} == {
        ("USER", "john"),
        ("USER", "Sarah"),
        ("ROLE", "App"),
    }


def test_an_administrator_may_access_every_service_and_the_list_has_pages(admin, sandbox):
    job, answer = report(admin, arn(sandbox, "user", "admin"))
    assert (len(answer["ServicesLastAccessed"]), answer["IsTruncated"]) == (100, True)
    seen = [one["ServiceNamespace"] for one in answer["ServicesLastAccessed"]]
    while answer["IsTruncated"]:
        answer = admin.call("iam:GetServiceLastAccessedDetails", job_id=job, marker=answer["Marker"], max_items=200)
        seen += [one["ServiceNamespace"] for one in answer["ServicesLastAccessed"]]
    assert seen == sorted(set(seen))
    assert len(seen) > 400


def test_a_report_stays_as_it_was_made(admin, root, john, sandbox):
    job, before = report(admin, arn(sandbox, "user", "john"))
    john.call("iam:ListUsers")
    john.flush()
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="Some")
    assert admin.call("iam:GetServiceLastAccessedDetails", job_id=job) == before


def test_a_job_is_for_who_asked_for_it(admin, root, stranger, john, sandbox):
    job, _ = report(admin, arn(sandbox, "user", "john"))
    for other in (root, stranger):
        refused(other, "NoSuchEntity", "iam:GetServiceLastAccessedDetails", job_id=job)
    refused(admin, "NoSuchEntity", "iam:GetServiceLastAccessedDetails", job_id="x" * 36)
    refused(
        admin, "NoSuchEntity", "iam:GetServiceLastAccessedDetails", job_id=job[:-1] + ("0" if job[-1] != "0" else "1")
    )


def test_an_account_keeps_its_newest_hundred_reports(admin, sandbox):
    made = dt.datetime.now(dt.UTC)
    LastAccessedJob.objects.bulk_create(
        LastAccessedJob(account=sandbox, job_id=f"{n:032x}", caller="x", by_action=False, created=made, report={})
        for n in range(120)
    )
    job, _ = report(admin, arn(sandbox, "user", "Sarah"))
    assert LastAccessedJob.objects.count() == 100
    assert str(LastAccessedJob.objects.latest("pk").job_id) == job


@pytest.mark.parametrize(
    ("of", "code"),
    [
        ("arn:aws:iam::{account}:user/ghost", "NoSuchEntity"),
        ("arn:aws:iam::{account}:policy/ghost", "NoSuchEntity"),
        ("arn:aws:iam::aws:policy/NoSuchPolicy", "NoSuchEntity"),
        ("arn:aws:iam::999988887777:user/john", "InvalidInput"),
        ("arn:aws:s3:::company1-hr-bucket", "InvalidInput"),
    ],
)
def test_a_report_on_what_is_not_there_is_refused(admin, sandbox, of, code):
    refused(admin, code, "iam:GenerateServiceLastAccessedDetails", arn=of.format(account=sandbox.account_id))


# -- which policies grant ---------------------------------------------------------------------------------


def granting(client, of, *services):
    answer = client.call("iam:ListPoliciesGrantingServiceAccess", arn=of, service_namespaces=list(services))
    return {one["ServiceNamespace"]: one["Policies"] for one in answer["PoliciesGrantingServiceAccess"]}


def test_policies_that_grant_access_are_told_with_where_they_hang(admin, root, john, sandbox):
    root.call("iam:CreateGroup", group_name="Ops")
    root.call("iam:AddUserToGroup", group_name="Ops", user_name="john")
    root.call("iam:PutGroupPolicy", group_name="Ops", policy_name="G", policy_document=policy(allow("sqs:*")))
    root.call("iam:AttachGroupPolicy", group_name="Ops", policy_arn=ADMINISTRATOR)
    found = granting(admin, arn(sandbox, "user", "john"), "sqs", "ec2")
    managed = {"PolicyName": "AdministratorAccess", "PolicyType": "MANAGED", "PolicyArn": ADMINISTRATOR}
    assert found["ec2"] == [managed]
    assert sorted(found["sqs"], key=lambda one: one["PolicyName"]) == [
        managed,
        {"PolicyName": "G", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "Ops"},
        {"PolicyName": "Some", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "john"},
    ]
    root.call("iam:PutUserPolicy", user_name="john", policy_name="No", policy_document=policy(deny("ec2:*")))
    assert granting(admin, arn(sandbox, "user", "john"), "ec2") == {"ec2": []}
    assert granting(admin, arn(sandbox, "group", "Ops"), "ec2") == {"ec2": [managed]}
    given = {"arn": arn(sandbox, "user", "john"), "service_namespaces": ["no-such-service"]}
    refused(admin, "InvalidInput", "iam:ListPoliciesGrantingServiceAccess", **given)


#    statements                                                                             services of these three
GRANTS = [
    ([allow("s3:GetObject")], ["s3"]),
    ([allow("S3:getobject")], ["s3"]),
    ([allow("s3:NoSuchAction")], []),
    ([allow("*")], ["ec2", "iam", "s3"]),
    ([allow("*:*")], ["ec2", "iam", "s3"]),
    ([allow("*"), deny("s3:*")], ["ec2", "iam"]),
    ([allow("*"), deny("s3:*", "arn:aws:s3:::b")], ["ec2", "iam", "s3"]),
    ([allow("*"), deny("s3:*") | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}], ["ec2", "iam", "s3"]),
    ([allow("s3:GetObject"), deny("s3:Get*")], []),
    ([allow(["s3:GetObject", "s3:PutObject"]), deny("s3:Get*")], ["s3"]),
    ([{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}], ["ec2"]),
    ([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], ["ec2", "iam", "s3"]),
    ([allow("*"), {"Effect": "Deny", "NotAction": "ec2:*", "Resource": "*"}], ["ec2"]),
    ([allow("i*:List*")], ["iam"]),
    ([deny("*")], []),
]


@pytest.mark.parametrize(("statements", "services"), GRANTS)
def test_which_services_policies_give_access_to(statements, services):
    given = [parse(policy(*statements), "identity")]
    assert [one for one in granted_services(given) if one in ("ec2", "iam", "s3")] == services


def test_a_policy_that_cannot_be_read_gives_nothing():
    broken = [parse("{", "identity"), parse(policy(allow("*")), "identity")]
    assert granted_services(broken) == []
    assert granted_actions(broken, "s3") == frozenset()
