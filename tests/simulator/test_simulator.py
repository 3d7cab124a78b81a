from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.iam.models import User
from tests.factories import allow, client_for, deny, policy, unblock

HERE = "/policysim?users=dev&service=s3"
RESOURCE = "arn:aws:s3:::company1-hr/*"


def text_of(response):
    return response.content.decode()


@pytest.fixture
def console(as_user):
    return as_user("admin")


def run(console, *actions, where=HERE, **more):
    return console.post(where, {"actions": actions, "run": "1", **more})


def test_a_user_is_chosen_from_a_searched_list(console, dev):
    text = text_of(console.get("/policysim?q=de"))
    assert "/policysim?users=dev" in text
    assert "users=Sarah" not in text


def test_a_deep_link_opens_with_the_user_and_its_policies(console, dev, root):
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:AddUserToGroup", group_name="HR", user_name="dev")
    root.call("iam:PutGroupPolicy", group_name="HR", policy_name="HRPolicy", policy_document=policy(allow("s3:*")))
    text = text_of(console.get("/policysim?users=dev"))
    assert "Selected user: <strong>dev</strong>" in text
    assert "AmazonS3ReadOnlyAccess" in text
    assert 'HRPolicy <span class="muted">(Group: HR)</span>' in text


def test_an_allowed_action_shows_the_statement_that_allows_it(console, dev):
    text = text_of(run(console, "GetObject", resource=RESOURCE))
    assert "[1 action selected. 0 actions not simulated. 1 action allowed. 0 actions denied.]" in text
    assert "1 matching statements." in text
    assert "Show statement" in text
    assert "data-marked" in text


def test_an_action_that_nothing_allows_is_implicitly_denied(console, dev):
    text = text_of(run(console, "PutObject", "GetObject", resource=RESOURCE))
    assert "2 actions selected. 0 actions not simulated. 1 action allowed. 1 action denied." in text
    assert "Implicitly denied (no matching statements)." in text


def test_an_explicit_deny_is_a_matching_statement(console, dev, root):
    document = policy(allow("s3:*"), deny("s3:GetObject", RESOURCE))
    root.call("iam:PutUserPolicy", user_name="dev", policy_name="no", policy_document=document)
    row = run(console, "GetObject", resource=RESOURCE).context["rows"][0]
    assert not row["allowed"]
    assert row["text"] == "1 matching statements."
    assert row["matched"][0]["name"] == "no"


def test_an_action_without_resources_is_simulated_on_everything(console, dev):
    rows = run(console, "ListAllMyBuckets", "GetObject", resource=RESOURCE).context["rows"]
    assert {row["action"]: row["resource"] for row in rows} == {"GetObject": RESOURCE, "ListAllMyBuckets": "*"}


def test_a_bucket_policy_counts_when_it_is_included(console, dev, admin):
    document = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": RESOURCE})
    unblock(admin)
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=document)
    assert "1 action denied" in text_of(run(console, "PutObject", resource=RESOURCE))
    answer = run(console, "PutObject", resource=RESOURCE, include_policy="on")
    assert "1 action allowed" in text_of(answer)
    assert answer.context["rows"][0]["matched"][0]["kind"] == "Resource Policy"


def test_a_bucket_without_policy_is_said(console, dev):
    assert "The bucket has no policy" in text_of(run(console, "GetObject", resource=RESOURCE, include_policy="on"))


def test_a_bucket_policy_that_may_not_be_read_stops_the_run(console, as_user, sandbox, root):
    root.call("iam:CreateUser", user_name="amy")
    root.call("iam:AttachUserPolicy", user_name="amy", policy_arn="arn:aws:iam::aws:policy/IAMFullAccess")
    answer = run(
        as_user("amy"), "GetObject", where="/policysim?users=admin&service=s3", resource=RESOURCE, include_policy="on"
    )
    assert "s3:GetBucketPolicy" in text_of(answer)
    assert "Show statement" not in text_of(answer)


def test_the_result_is_that_of_a_real_call(console, dev, sandbox):
    allowed = run(console, "ListBucket", resource="arn:aws:s3:::company1-hr").context["rows"][0]["allowed"]
    assert allowed
    assert client_for(sandbox, "dev").call("s3:ListObjectsV2", bucket="company1-hr")["Contents"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "Select at least one action."),
        ({"actions": "NoSuchAction"}, "Select at least one action."),
        ({"actions": "GetObject", "resource": "company1-hr"}, "Enter an ARN"),
        ({"actions": "GetObject", "resource": "<script>alert(1)</script>"}, "Enter an ARN"),
    ],
)
def test_what_cannot_be_simulated_is_said(console, dev, data, problem):
    answer = console.post(HERE, {"run": "1", **data})
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert "<script>alert" not in text_of(answer)


def test_an_unknown_service_offers_no_actions(console, dev):
    assert "Run Simulation" not in text_of(console.get("/policysim?users=dev&service=<script>"))


def test_an_unknown_user_is_said(console):
    assert "The user with name nobody cannot be found." in text_of(console.get("/policysim?users=nobody"))


def test_a_caller_without_rights_sees_the_box(as_user, dev):
    browser = as_user("dev")
    assert "iam:ListUsers" in text_of(browser.get("/policysim"))
    assert "iam:GetUser" in text_of(browser.get("/policysim?users=dev"))


def test_simulating_needs_its_own_right(as_user, dev, root):
    root.call("iam:PutUserPolicy", user_name="dev", policy_name="p", policy_document=policy(allow("iam:GetUser")))
    browser = as_user("dev")
    text = text_of(run(browser, "GetObject", resource=RESOURCE))
    assert "iam:SimulatePrincipalPolicy" in text
    assert "Access denied" in text
    assert Event.objects.filter(name="SimulatePrincipalPolicy", error_code="AccessDenied").exists()


@pytest.mark.parametrize("users", [20, 500])
def test_the_page_keeps_its_query_budget(console, dev, sandbox, root, users):
    first = User.objects.get(account=sandbox, name="dev")
    User.objects.bulk_create(
        User(account=sandbox, name=f"u{n:04}", unique_id=f"AIDA{n:017}", created=first.created) for n in range(users)
    )
    for name in ("one", "two", "three"):
        root.call("iam:CreateGroup", group_name=name)
        root.call("iam:AddUserToGroup", group_name=name, user_name="dev")
    for ask in (
        lambda: console.get("/policysim"),
        lambda: console.get(HERE),
        lambda: run(console, "GetObject", "ListAllMyBuckets", resource=RESOURCE, include_policy="on"),
    ):
        ask()
        with CaptureQueriesContext(connection) as queries:
            ask()
        asked = [one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= 15, "\n".join(one[:120] for one in asked)
