"""`Generate policy based on CloudTrail events`, of a user and of a role."""

from __future__ import annotations

import html
import json
import re

import pytest

from iamconsole.core.caller import Context
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def body(response) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture(params=["user", "role"])
def worker(request, admin, sandbox):
    """The kind, and the address of the page, of somebody who has listed groups and looked at Sarah."""
    kind = request.param
    if kind == "user":
        admin.call("iam:CreateUser", user_name="worker")
        admin.call("iam:AttachUserPolicy", user_name="worker", policy_arn=READ_ONLY)
        client = client_for(sandbox, "worker")
    else:
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{sandbox.account_id}:root"}}
        document = policy(trust | {"Action": "sts:AssumeRole"})
        made = admin.call("iam:CreateRole", role_name="worker", assume_role_policy_document=document)["Role"]
        admin.call("iam:AttachRolePolicy", role_name="worker", policy_arn=READ_ONLY)
        key = admin.call("sts:AssumeRole", role_arn=made["Arn"], role_session_name="one")["Credentials"]
        client = AwsClient(callers.credential(key["AccessKeyId"]).caller, Context(face="api"))
    client.call("iam:ListGroups")
    client.call("iam:GetUser", user_name="Sarah")
    client.flush()
    return kind, f"/iam/{kind}s/details/worker"


def wizard_of(page) -> str:
    found = re.search(r'name="wizard" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def generate(browser, details: str, days: str = "7") -> str:
    url = f"{details}/generate-policy"
    answer = browser.post(url, {"wizard": wizard_of(browser.get(url)), "days": days})
    assert answer.status_code == 302, body(answer)
    location: str = answer["Location"]
    return location


def test_a_policy_of_what_was_used_is_looked_at_created_and_attached(as_user, admin, worker, sandbox):
    kind, details = worker
    browser = as_user("admin")
    assert "Generate policy based on CloudTrail events" in body(browser.get(details))
    assert "No policies generated" in body(browser.get(f"{details}/generate-policy"))

    place = generate(browser, details)
    page = browser.get(place)
    shown = body(page)
    assert "iam:ListGroups" in shown
    assert "arn:aws:iam::${Account}:user/${UserNameWithPath}" in shown
    wizard = wizard_of(page)
    text = policy(allow("iam:ListGroups"))
    posted = {"wizard": wizard, "document": text, "view": "json"}
    assert browser.post(f"{place}?step=addPermissions&wizard={wizard}", posted).status_code == 302
    review = body(browser.get(f"{place}?step=review&wizard={wizard}"))
    assert f"Attach this policy to the {kind} worker" in review
    done = browser.post(
        f"{place}?step=review&wizard={wizard}", {"wizard": wizard, "policy_name": "Worked", "attach": "on"}, follow=True
    )
    assert "Policy Worked created." in body(done)
    assert "1 policy added." in body(done)

    held = admin.call(f"iam:ListAttached{kind.title()}Policies", **{f"{kind}_name": "worker"})["AttachedPolicies"]
    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Worked"
    assert arn in [one["PolicyArn"] for one in held]
    found = admin.call("iam:GetPolicyVersion", policy_arn=arn, version_id="v1")["PolicyVersion"]["Document"]
    assert json.loads(found) == json.loads(text)
    assert "View generated policy" in body(browser.get(f"{details}/generate-policy"))


def test_a_second_press_is_the_same_generation(as_user, admin, worker):
    _, details = worker
    browser = as_user("admin")
    url = f"{details}/generate-policy"
    wizard = wizard_of(browser.get(url))
    first, second = (browser.post(url, {"wizard": wizard, "days": "1"}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(admin.call("access-analyzer:ListPolicyGenerations")["policyGenerations"]) == 1


def test_who_did_nothing_gets_a_word_and_no_editor(as_user):
    browser = as_user("admin")
    page = body(browser.get(generate(browser, "/iam/users/details/Sarah")))
    assert "No actions were used" in page
    assert "Create policy" not in page


@pytest.mark.parametrize("days", ["", "91", "x"])
def test_another_time_than_those_offered_is_refused(as_user, worker, days):
    _, details = worker
    browser = as_user("admin")
    url = f"{details}/generate-policy"
    answer = browser.post(url, {"wizard": wizard_of(browser.get(url)), "days": days})
    assert answer.status_code == 422


def test_a_refusal_is_told_where_it_belongs(as_user, root, worker):
    _, details = worker
    root.call("iam:CreateUser", user_name="reader")
    root.call("iam:AttachUserPolicy", user_name="reader", policy_arn=READ_ONLY)
    browser = as_user("reader")
    url = f"{details}/generate-policy"
    page = browser.get(url)
    assert "no identity-based policy allows the access-analyzer:ListPolicyGenerations action" in body(page)
    answer = browser.post(url, {"wizard": wizard_of(page), "days": "7"})
    assert answer.status_code == 422
    assert "is not authorized to perform: access-analyzer:StartPolicyGeneration" in body(answer)


def test_an_unknown_generation_says_so(as_user):
    page = body(as_user("admin").get("/iam/users/details/Sarah/generated-policy/nonsense"))
    assert "The policy generation nonsense cannot be found." in page
