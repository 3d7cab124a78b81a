from __future__ import annotations

import pytest

from iamconsole.accounts.models import PolicyText
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, NoSuchEntity
from tests.factories import allow, client_for, deny, policy

HR = "arn:aws:s3:::company1-hr"
OBJECT = f"{HR}/Test.txt"


def text_of(response):
    return response.content.decode()


def refused(client, action, **params):
    """The event ID of a refusal."""
    with pytest.raises(AccessDenied) as refusal:
        client.call(action, **params)
    client.flush()
    return refusal.value.event_id


def page_of(browser, event_id):
    return browser.get(f"/iam/authorization-details/{event_id}")


@pytest.fixture
def john(sandbox, root):
    """Makes the user with an inline policy of the given statements."""
    root.call("iam:CreateUser", user_name="john")

    def with_policy(*statements):
        root.call("iam:PutUserPolicy", user_name="john", policy_name="HRPolicy", policy_document=policy(*statements))
        return client_for(sandbox, "john")

    return with_policy


def test_a_refused_page_leads_to_its_explanation(as_user, john):
    john(allow("s3:GetBucketLocation"))
    browser = as_user("john")
    denied = text_of(browser.get("/s3/buckets"))
    address = denied.partition('href="/iam/authorization-details/')[2].partition('"')[0]
    text = text_of(page_of(browser, address))
    assert "Denied – implicit deny" in text
    assert "no identity-based policy allows the s3:ListAllMyBuckets action" in text
    assert "Identity-based policies" in text


def test_an_explicit_deny_shows_its_statement(as_user, john):
    event_id = refused(
        john(allow("s3:*"), deny("s3:GetObject", OBJECT)), "s3:GetObject", bucket="company1-hr", key="Test.txt"
    )
    page = page_of(as_user("john"), event_id)
    assert "Denied – explicit deny" in text_of(page)
    first = page.context["relevant"][0]
    assert (first["name"], first["effect"], first["word"]) == ("HRPolicy", "Deny", "Matches")
    assert "data-marked" in text_of(page)


def test_a_near_miss_is_pointed_out(as_user, john):
    event_id = refused(john(allow("s3:GetObject", HR)), "s3:GetObject", bucket="company1-hr", key="Test.txt")
    page = page_of(as_user("john"), event_id)
    assert page.context["relevant"][0]["near"]
    assert f"{HR}/*" in text_of(page)


def test_a_statement_about_the_action_says_what_does_not_match(as_user, john):
    elsewhere = f"{HR}-bucket/*"
    event_id = refused(john(allow("s3:*", elsewhere)), "s3:GetObject", bucket="company1-hr", key="Test.txt")
    page = page_of(as_user("john"), event_id)
    assert page.context["relevant"][0]["word"] == "Does not match"
    assert f"action matches; resource does not: <code>{OBJECT}</code> vs <code>{elsewhere}</code>" in text_of(page)


def test_the_explanation_outlives_the_policy_and_the_user(as_user, john, root):
    event_id = refused(john(deny("s3:*")), "s3:ListBuckets")
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="HRPolicy")
    root.call("iam:DeleteUser", user_name="john")
    page = page_of(as_user("admin"), event_id)
    assert "Denied – explicit deny" in text_of(page)
    assert page.context["relevant"][0]["name"] == "HRPolicy"


def test_a_bucket_policy_is_part_of_the_explanation(as_user, john, admin):
    document = policy(deny("s3:GetObject", OBJECT) | {"Principal": "*"})
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=document)
    event_id = refused(john(allow("s3:*")), "s3:GetObject", bucket="company1-hr", key="Test.txt")
    page = page_of(as_user("john"), event_id)
    assert page.context["relevant"][0]["name"] == "company1-hr"
    assert ("Resource-based policy", "error", "Explicit deny", "a statement denies the request") in page.context[
        "stages"
    ]


def test_an_allowed_request_is_explained_too(as_user, admin):
    admin.call("s3:CreateBucket", bucket="brand-new")
    event = Event.objects.get(name="CreateBucket", principal_arn__endswith="admin")
    assert "Allowed" in text_of(page_of(as_user("admin"), event.event_id))


def test_somebody_else_needs_the_permission(as_user, john, root, sandbox):
    event_id = refused(john(allow("s3:GetObject")), "s3:ListBuckets")
    root.call("iam:CreateUser", user_name="amy")
    browser = as_user("amy")
    text = text_of(page_of(browser, event_id))
    assert "iam:GetRequestAuthorizationDetails" in text
    assert "HRPolicy" not in text
    own = Event.objects.get(name="GetRequestAuthorizationDetails")
    assert "Denied – implicit deny" in text_of(page_of(browser, own.event_id))
    allowed = policy(allow("iam:GetRequestAuthorizationDetails"))
    root.call("iam:PutUserPolicy", user_name="amy", policy_name="p", policy_document=allowed)
    assert "HRPolicy" in text_of(page_of(browser, event_id))


def test_a_user_made_again_under_the_same_name_is_somebody_else(john, root, sandbox):
    event_id = refused(john(allow("s3:GetObject")), "s3:ListBuckets")
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="HRPolicy")
    root.call("iam:DeleteUser", user_name="john")
    root.call("iam:CreateUser", user_name="john")
    with pytest.raises(NoSuchEntity):
        client_for(sandbox, "john").call("iamconsole:ExplainOwnDecision", event_id=event_id)


@pytest.mark.parametrize("event_id", ["nope", "00000000-0000-4000-8000-000000000000", "<script>alert(1)<script>"])
def test_an_unknown_request_is_not_found(as_user, event_id):
    answer = page_of(as_user("admin"), event_id)
    assert answer.status_code == 404
    assert "<script>alert" not in text_of(answer)


def test_another_sandbox_cannot_see_it(as_user, john, other_sandbox):
    event_id = refused(john(allow("s3:GetObject")), "s3:ListBuckets")
    assert page_of(as_user("admin", other_sandbox), event_id).status_code == 404


def test_a_sign_in_has_no_policy_decision(as_user):
    browser = as_user("admin")
    event = Event.objects.get(name="ConsoleLogin")
    answer = page_of(browser, event.event_id)
    assert answer.status_code == 404
    assert "No policy decision is kept for this event." in text_of(answer)


def test_the_simulator_opens_with_the_same_question(as_user, john, root):
    event_id = refused(john(allow("s3:GetObject", HR)), "s3:GetObject", bucket="company1-hr", key="Test.txt")
    browser = as_user("admin")
    answer = browser.get(page_of(browser, event_id).context["simulator"])
    assert [row["allowed"] for row in answer.context["rows"]] == [False]


def test_a_policy_that_is_not_kept_is_said(as_user, john, sandbox):
    event_id = refused(john(deny("s3:*")), "s3:ListBuckets")
    basis = Event.objects.get(event_id=event_id).basis
    basis.attachments = [one | {"sha256": "0" * 64} for one in basis.attachments]
    basis.save()
    text = text_of(page_of(as_user("john"), event_id))
    assert "The text that was evaluated is no longer kept for HRPolicy" in text
    assert "Decided by an earlier version" in text


def test_a_decision_by_a_policy_of_aws_is_explained_with_the_text_of_then(as_user, root, sandbox):
    """A later package may have another text under the same ARN; what was decided with is kept by content."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    event_id = refused(client_for(sandbox, "john"), "s3:PutObject", bucket="company1-hr", key="x")
    then = policy(deny("s3:PutObject"))
    event = Event.objects.get(event_id=event_id)
    assert PolicyText.objects.filter(pk=event.basis.attachments[0]["sha256"]).exists()

    event.basis.attachments = [one | {"sha256": PolicyText.keep(then)} for one in event.basis.attachments]
    event.basis.save()
    page = page_of(as_user("john"), event_id)
    assert page.context["relevant"][0]["effect"] == "Deny"
    assert "no longer kept" not in text_of(page)
