"""`Create group` while a user is created or gets permissions: a dialog that leads back."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DIALOG = {"HX-Request": "true", "HX-Target": "modal-root"}


def body(response) -> str:
    return html.unescape(response.content.decode())


def wizard_of(page) -> str:
    found = re.findall(r'name="wizard" value="([^"]+)"', page.content.decode())
    assert found
    return found[-1]


def at_permissions(browser) -> str:
    """The address of the create-user wizard's second step."""
    key = wizard_of(browser.get("/iam/users/create"))
    url = f"/iam/users/create?step=permissions&wizard={key}"
    browser.post(f"/iam/users/create?step=details&wizard={key}", {"wizard": key, "user_name": "sara"})
    return url


def key_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["wizard"][0]


def ask(browser, url: str, headers=None, **ticked):
    return browser.post(url, {"wizard": key_of(url), "_go": "?create-group", **ticked}, headers=headers)


def make(browser, asked, headers=None, **fields):
    """Fill the dialog in, and press its button."""
    place = asked["Location"]
    key = wizard_of(browser.get(place, headers=headers))
    return browser.post(place, {"wizard": key, **fields}, headers=headers)


def ticks(page) -> list[str]:
    found = re.findall(r'<input type="checkbox" name="groups" value="([^"]+)"[^>]*checked', page.content.decode())
    return sorted(found)


def test_the_new_group_is_ticked_beside_those_ticked_before(as_user, admin):
    admin.call("iam:CreateGroup", group_name="HR")
    browser = as_user("admin")
    url = at_permissions(browser)
    made = make(browser, ask(browser, url, groups=["HR"]), group_name="Interns", policies=[S3_READ])
    page = browser.get(made["Location"], follow=True)
    assert ticks(page) == ["HR", "Interns"]
    assert "Interns user group created." in body(page)

    browser.post(url, {"wizard": key_of(url), "groups": ["HR", "Interns"]})
    browser.post(f"/iam/users/create?step=review&wizard={key_of(url)}", {"wizard": key_of(url)})
    groups = admin.call("iam:ListGroupsForUser", user_name="sara")["Groups"]
    assert [one["GroupName"] for one in groups] == ["HR", "Interns"]
    attached = admin.call("iam:ListAttachedGroupPolicies", group_name="Interns")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [S3_READ]


def test_with_a_script_the_dialog_opens_over_the_page_and_leads_the_window_back(as_user):
    browser = as_user("admin")
    url = at_permissions(browser)
    asked = ask(browser, url, headers=DIALOG)
    assert asked.status_code == 302  # followed by htmx, which finds a dialog there
    shown = browser.get(asked["Location"], headers=DIALOG)
    assert "<dialog" in body(shown)
    assert shown["HX-Replace-Url"] == "false"
    made = make(browser, asked, headers=DIALOG, group_name="Interns")
    assert ticks(browser.get(made["HX-Redirect"], follow=True)) == ["Interns"]


def test_what_the_dialog_is_refused_is_told_in_it(as_user, root):
    root.call("iam:CreateGroup", group_name="HR")
    browser = as_user("admin")
    asked = ask(browser, at_permissions(browser))
    answer = make(browser, asked, group_name="hr")
    assert answer.status_code == 422
    assert "Group with name hr already exists." in body(answer)


def test_a_policy_that_is_refused_leaves_the_group_and_is_named(as_user, root):
    root.call("iam:CreateUser", user_name="maker")
    document = policy(allow(["iam:Create*", "iam:Get*", "iam:List*"]))
    root.call("iam:PutUserPolicy", user_name="maker", policy_name="make", policy_document=document)
    browser = as_user("maker")
    made = make(browser, ask(browser, at_permissions(browser)), group_name="Interns", policies=[S3_READ])
    page = browser.get(made["Location"], follow=True)
    assert "Interns user group was created, but not all policies were attached." in body(page)
    assert ticks(page) == ["Interns"]


@pytest.mark.parametrize("page", ["add-permissions", "add-groups"])
def test_the_other_pages_with_groups_have_it_too(as_user, page):
    browser = as_user("admin")
    url = f"/iam/users/details/Sarah/{page}"
    key = wizard_of(browser.get(url))
    made = make(browser, ask(browser, f"{url}?wizard={key}"), group_name="Interns")
    assert ticks(browser.get(made["Location"], follow=True)) == ["Interns"]


@pytest.mark.parametrize("back", ["", "https://example.com/x", "//example.com", "javascript:alert(1)"])
def test_it_leads_back_nowhere_else(as_user, back):
    answer = as_user("admin").get("/iam/groups/create-here", {"back": back})
    assert answer.status_code == 302
    assert answer["Location"] == "/iam/groups/create"
