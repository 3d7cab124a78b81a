"""The Console Home, widget by widget, and the Account page."""

from __future__ import annotations

import html
import re

import pytest
from botocore.exceptions import ClientError

from iamconsole.cloudtrail.models import Event
from iamconsole.console.home import ALL, DEFAULT
from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

CALLS = [
    "ec2:DescribeRegions",
    "ce:GetCostAndUsage",
    "ce:GetCostForecast",
    "servicecatalog:ListApplications",
    "health:DescribeEventAggregates",
]
OF_ACCOUNT = ["account:GetAccountInformation", "account:GetPrimaryEmail", "iam:ListAccountAliases"]


def body(response) -> str:
    return html.unescape(response.content.decode())


def shown(browser) -> list[str]:
    return [one["widget"].key for one in browser.get("/console/home").context["placed"]]


def refused(page: str) -> set[str]:
    return set(re.findall(r"no identity-based policy allows the (\S+) action", page))


def test_the_default_layout_has_awss_widgets(as_user):
    page = body(as_user("admin").get("/console/home"))
    assert "<h1>Console Home <" in page
    for title in ("Recently visited", "Applications", "Welcome to AWS", "AWS Health", "Cost and usage"):
        assert title in page
    assert "$0.00" in page
    assert "Data unavailable" in page
    assert "Access denied" not in page
    for label in ("Reset to default layout", "+ Add widgets"):
        assert label in page


def test_each_call_is_decided_and_recorded(as_user):
    browser = as_user("admin")
    Event.objects.all().delete()
    browser.get("/console/home?region=eu-west-1")
    events = list(Event.objects.order_by("id"))
    assert [f"{event.service}:{event.name}" for event in events] == CALLS
    assert {event.outcome for event in events} == {"allowed"}
    assert [event.region for event in events] == ["eu-west-1", "us-east-1", "us-east-1", "eu-west-1", "us-east-1"]
    assert [event.error_code for event in events] == ["", "", "DataUnavailableException", "", ""]


def test_who_may_nothing_sees_every_widget_refused_by_itself(as_user):
    assert refused(body(as_user("amin").get("/console/home"))) == set(CALLS)


@pytest.mark.parametrize("action", CALLS)
def test_each_widget_is_refused_alone(as_user, root, action):
    others = [other for other in CALLS if other != action]
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=policy(allow(others)))
    assert refused(body(as_user("amin").get("/console/home"))) == {action}


def test_a_widget_that_is_not_shown_asks_for_nothing(as_user):
    browser = as_user("amin")
    browser.post("/console/home/layout", {"widget": "cost", "act": "remove"})
    assert refused(body(browser.get("/console/home"))) == {one for one in CALLS if not one.startswith("ce:")}


def test_recently_visited_are_the_callers_own(as_user):
    browser = as_user("admin")
    assert "No recently visited services" in body(browser.get("/console/home"))
    browser.get("/s3/buckets")
    page = body(browser.get("/console/home"))
    assert "No recently visited services" not in page
    assert "No recently visited services" in body(as_user().get("/console/home"))


# -- the layout ----------------------------------------------------------------------------------------


def test_widgets_are_added_moved_removed_and_reset(as_user):
    browser = as_user("admin")
    assert shown(browser) == list(DEFAULT)

    browser.post("/console/home/layout", {"widget": "cost", "act": "up"})
    assert shown(browser) == ["recent", "applications", "welcome", "cost", "health"]
    browser.post("/console/home/layout", {"widget": "recent", "act": "down"})
    assert shown(browser)[:2] == ["applications", "recent"]
    browser.post("/console/home/layout", {"widget": "welcome", "act": "remove"})
    assert shown(browser) == ["applications", "recent", "cost", "health"]

    dialog = body(browser.get("/console/home/widgets"))
    assert all(widget.title in dialog for widget in ALL)
    browser.post("/console/home/widgets", {"widget": ["lab", "recent", "cost"]})
    assert shown(browser) == ["recent", "cost", "lab"]

    answer = browser.post("/console/home/reset", follow=True)
    assert "The default layout was restored." in body(answer)
    assert shown(browser) == list(DEFAULT)


def test_everybody_has_a_layout_of_their_own(as_user):
    admin, other = as_user("admin"), as_user("Sarah")
    admin.post("/console/home/layout", {"widget": "cost", "act": "remove"})
    other.cookies["preferences"] = admin.cookies["preferences"].value
    assert shown(other) == list(DEFAULT)
    other.post("/console/home/layout", {"widget": "health", "act": "remove"})
    admin.cookies["preferences"] = other.cookies["preferences"].value
    assert "cost" not in shown(admin)
    assert "health" in shown(admin)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"widget": "nothing", "act": "up"},
        {"widget": "recent", "act": "up"},
        {"widget": "cost", "act": "down"},
        {"widget": "cost", "act": "explode"},
    ],
)
def test_a_move_that_leads_nowhere_changes_nothing(as_user, data):
    browser = as_user("admin")
    assert browser.post("/console/home/layout", data)["Location"] == "/console/home"
    assert shown(browser) == list(DEFAULT)


def test_an_empty_home_says_how_to_fill_it(as_user):
    browser = as_user("admin")
    browser.post("/console/home/widgets", {})
    assert "No widgets" in body(browser.get("/console/home"))


# -- the Account page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["", "admin"])
def test_the_account_page_shows_the_account(as_user, sandbox, root, who):
    root.call("iam:CreateAccountAlias", account_alias="company1")
    page = body(as_user(who).get("/account"))
    for text in (sandbox.account_id, sandbox.name, sandbox.root_email, "company1", "Close account"):
        assert text in page
    assert re.search(r'<button[^>]*aria-disabled="true"[^>]*>\s*(<span>)?Close account', page)


def test_who_may_not_see_the_account_sees_its_number_alone(as_user, sandbox):
    page = body(as_user("amin").get("/account"))
    assert refused(page) == set(OF_ACCOUNT)
    assert f"arn:aws:account::{sandbox.account_id}:account" in page
    main = page.split('id="main"')[1]
    assert sandbox.root_email not in main
    assert sandbox.account_id in main


@pytest.mark.parametrize("action", OF_ACCOUNT)
def test_each_fact_of_the_account_is_refused_alone(as_user, root, action):
    others = [other for other in OF_ACCOUNT if other != action]
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=policy(allow(others)))
    assert refused(body(as_user("amin").get("/account"))) == {action}


def test_the_address_of_aws_leads_to_the_account_page(as_user):
    assert as_user("admin").get("/billing/home")["Location"] == "/account"


def test_the_services_that_are_only_named_are_not_offered_on_the_wire(sandbox):
    admin = lifecycle.describe(sandbox)["admin"]
    ec2 = boto("ec2", admin["access_key_id"], admin["secret_access_key"])
    with pytest.raises(ClientError):
        ec2.describe_regions()
