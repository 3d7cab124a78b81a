"""The users list, and deleting users."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.sandboxes.fixtures import ADMINISTRATOR
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db


def text_of(response):
    return response.content.decode()


def test_the_list_shows_every_user_with_a_count(as_user):
    page = text_of(as_user("admin").get("/iam/users"))
    assert "<title>Users | IAM | Global</title>" in page
    for name in ("admin", "amin", "Sarah"):
        assert f'href="/iam/users/details/{name}"' in page
    assert "(3)" in page


def test_htmx_gets_only_the_table(as_user):
    answer = as_user("admin").get("/iam/users", headers={"HX-Request": "true"})
    assert "<title>" not in text_of(answer)
    assert 'id="users"' in text_of(answer)


def test_the_search_finds_names_and_access_key_ids(as_user, root):
    key = root.call("iam:CreateAccessKey", user_name="Sarah")["AccessKey"]["AccessKeyId"]
    browser = as_user("admin")
    assert "/details/Sarah" not in text_of(browser.get("/iam/users?q=amin"))
    found = text_of(browser.get(f"/iam/users?q={key}"))
    assert "/details/Sarah" in found
    assert "/details/amin" not in found
    assert f"Active - {key}" in found


def test_nobody_without_the_right_sees_the_list_but_the_page(as_user, dev):
    page = text_of(as_user("dev").get("/iam/users"))
    assert "Access denied" in page
    assert "no identity-based policy allows the iam:ListUsers action" in page
    assert "Create user" in page


def test_a_refused_call_per_row_is_a_refused_cell(as_user, root):
    document = policy(allow("iam:*"), deny("iam:ListAccessKeys"))
    root.call("iam:CreateUser", user_name="viewer")
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    page = text_of(as_user("viewer").get("/iam/users"))
    assert "/details/amin" in page
    assert page.count("Access denied") >= 3


@pytest.mark.parametrize("number", [20, 200])
def test_the_list_stays_within_its_queries(as_user, root, number):
    for n in range(number):
        root.call("iam:CreateUser", user_name=f"user-{n:03}")
    root.call("iam:CreateAccessKey", user_name="user-000")
    browser = as_user("admin")
    browser.get("/iam/users")
    with CaptureQueriesContext(connection) as queries:
        assert browser.get("/iam/users").status_code == 200
    assert len(queries) <= 15, "\n".join(query["sql"][:120] for query in queries)


# -- delete -----------------------------------------------------------------------------------------


def delete(browser, *names, confirm):
    return browser.post("/iam/users/delete", {"selected": names, "confirm": confirm}, follow=True)


def test_delete_takes_everything_away_in_the_order_of_the_api(as_user, root, admin):
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:AddUserToGroup", group_name="HR", user_name="amin")
    root.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    root.call("iam:CreateAccessKey", user_name="amin")
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=policy(allow("s3:*")))
    root.call("iam:AttachUserPolicy", user_name="amin", policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    page = text_of(delete(as_user("admin"), "amin", confirm="amin"))
    assert "User amin deleted." in page
    assert [user["UserName"] for user in admin.call("iam:ListUsers")["Users"]] == ["admin", "Sarah"]


def test_delete_waits_for_the_exact_name(as_user, admin):
    browser = as_user("admin")
    assert "To confirm deletion, enter the user name" in text_of(browser.get("/iam/users/delete?selected=amin"))
    assert browser.post("/iam/users/delete", {"selected": "amin", "confirm": "Amin"}).status_code == 422
    assert len(admin.call("iam:ListUsers")["Users"]) == 3


def test_several_users_are_deleted_with_one_word(as_user):
    browser = as_user("admin")
    page = text_of(browser.get("/iam/users/delete?selected=amin&selected=Sarah"))
    assert "Delete 2 users?" in page
    assert "2 users deleted." in text_of(delete(browser, "amin", "Sarah", confirm="delete"))


@pytest.mark.parametrize("by_group", [True, False])
def test_an_administrator_may_delete_itself_with_others_and_is_then_out(as_user, root, by_group):
    """console.md §16; its own policies, which are what it deletes with, go on the way."""
    if by_group:
        root.call("iam:CreateGroup", group_name="Admins")
        root.call("iam:AttachGroupPolicy", group_name="Admins", policy_arn=ADMINISTRATOR)
        root.call("iam:AddUserToGroup", group_name="Admins", user_name="admin")
        root.call("iam:DetachUserPolicy", user_name="admin", policy_arn=ADMINISTRATOR)
    browser = as_user("admin")
    answer = browser.post("/iam/users/delete", {"selected": ["admin", "amin"], "confirm": "delete"})
    assert answer.url == "/iam/users"
    assert [user["UserName"] for user in root.call("iam:ListUsers")["Users"]] == ["Sarah"]
    assert browser.get("/iam/users").url.startswith("/signin?")
    done = Event.objects.filter(user_name="admin", read_only=False, service="iam")
    assert list(done.order_by("id").values_list("name", "error_code"))[-1] == ("DeleteUser", "")
    assert not done.exclude(error_code="").exists()


def test_a_caller_who_may_only_delete_users_learns_the_first_refused_call(as_user, root):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow(["iam:DeleteUser", "iam:ListUsers"]))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    page = text_of(delete(as_user("viewer"), "amin", confirm="amin"))
    assert "User amin was not deleted." in page
    assert "is not authorized to perform: iam:ListGroupsForUser" in page


def test_a_user_gone_in_another_tab_is_said_so(as_user, root):
    root.call("iam:DeleteUser", user_name="amin")
    assert "The user with name amin cannot be found." in text_of(delete(as_user("admin"), "amin", confirm="amin"))
