"""The page of an object's tags, the same for every kind."""

from __future__ import annotations

import html
import re

import pytest

from iamconsole.cloudtrail.models import Event
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def a_user(admin) -> tuple[str, dict[str, str]]:
    admin.call("iam:CreateUser", user_name="john")
    return "/iam/users/details/john", {"user_name": "john"}


def a_role(admin) -> tuple[str, dict[str, str]]:
    admin.call("iam:CreateRole", role_name="Reader", assume_role_policy_document=TRUST)
    return "/iam/roles/details/Reader", {"role_name": "Reader"}


def a_policy(admin) -> tuple[str, dict[str, str]]:
    made = admin.call("iam:CreatePolicy", policy_name="HRPolicy", path="/hr/", policy_document=policy(allow("s3:*")))
    arn = made["Policy"]["Arn"]
    return f"/iam/policies/details/{arn}", {"policy_arn": arn}


KINDS = {"User": a_user, "Role": a_role, "Policy": a_policy}


@pytest.fixture(params=KINDS)
def tagged(request, admin) -> tuple[str, str, dict[str, str]]:
    details, name = KINDS[request.param](admin)
    return request.param, details, name


def save(browser, details: str, **tags: str):
    url = f"{details}/tags"
    wizard = re.search(r'name="wizard" value="([^"]+)"', browser.get(url).content.decode())
    assert wizard
    posted = {"wizard": wizard[1], "tag_key": list(tags), "tag_value": list(tags.values())}
    return browser.post(url, posted)


def written() -> list[str]:
    return list(
        Event.objects.filter(name__contains="ag", read_only=False).order_by("pk").values_list("name", flat=True)
    )


def test_tags_are_put_changed_and_taken_away_by_the_operations_of_their_kind(as_user, admin, tagged):
    noun, details, name = tagged
    browser = as_user("admin")

    answer = save(browser, details, team="hr", site="Pune")
    assert (answer.status_code, answer["Location"]) == (302, f"{details}?section=tags")
    save(browser, details, team="people")

    assert admin.call(f"iam:List{noun}Tags", **name)["Tags"] == [{"Key": "team", "Value": "people"}]
    assert written() == [f"Tag{noun}", f"Untag{noun}", f"Tag{noun}"]
    assert "Tags updated." in browser.get("/iam/users").content.decode()


def test_nothing_changed_is_no_call(as_user, admin, tagged):
    noun, details, name = tagged
    admin.call(f"iam:Tag{noun}", **name, tags=[{"Key": "team", "Value": "hr"}])
    before = written()
    save(as_user("admin"), details, team="hr")
    assert written() == before


def test_the_crumbs_lead_back_to_the_object_and_its_list(as_user, tagged):
    _, details, _ = tagged
    page = as_user("admin").get(f"{details}/tags").content.decode()
    assert f'href="{details}?section=tags"' in page
    assert f'href="{details.partition("/details/")[0]}"' in page
    assert "Manage tags" in page


def test_who_may_not_read_the_tags_gets_the_refusal_and_no_form(as_user, root, tagged):
    noun, details, _ = tagged
    root.call("iam:CreateUser", user_name="viewer")
    page = html.unescape(as_user("viewer").get(f"{details}/tags").content.decode())
    assert f"no identity-based policy allows the iam:List{noun}Tags action" in page
    assert "Save changes" not in page


def test_a_right_to_read_that_is_lost_meanwhile_changes_nothing(as_user, root, tagged):
    noun, details, name = tagged
    root.call("iam:CreateUser", user_name="keeper")
    document = policy(allow(f"iam:*{noun}*"))
    root.call("iam:PutUserPolicy", user_name="keeper", policy_name="all", policy_document=document)
    root.call(f"iam:Tag{noun}", **name, tags=[{"Key": "team", "Value": "hr"}])
    browser = as_user("keeper")
    url = f"{details}/tags"
    wizard = re.search(r'name="wizard" value="([^"]+)"', browser.get(url).content.decode())
    assert wizard
    root.call("iam:DeleteUserPolicy", user_name="keeper", policy_name="all")

    page = browser.post(url, {"wizard": wizard[1], "tag_key": ["site"], "tag_value": ["Pune"]})

    assert page.status_code == 422
    assert f"no identity-based policy allows the iam:List{noun}Tags action" in html.unescape(page.content.decode())
    assert root.call(f"iam:List{noun}Tags", **name)["Tags"] == [{"Key": "team", "Value": "hr"}]


def test_keys_that_differ_in_case_alone_are_refused_before_any_call(as_user, tagged):
    _, details, _ = tagged
    before = written()
    page = save(as_user("admin"), details, team="hr", Team="it")
    assert page.status_code == 422
    assert "Duplicate tag keys found. Please note that Tag keys are case insensitive." in page.content.decode()
    assert written() == before
