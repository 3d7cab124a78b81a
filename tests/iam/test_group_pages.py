"""The user groups pages, as a browser gets them."""

from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.iam.models import Group, Membership
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
HTMX = {"HTTP_HX_REQUEST": "true"}
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture
def hr(admin):
    """A group with a user, a managed policy and an inline one."""
    admin.call("iam:CreateGroup", group_name="HR")
    admin.call("iam:AddUserToGroup", group_name="HR", user_name="Sarah")
    admin.call("iam:AttachGroupPolicy", group_name="HR", policy_arn=S3_READ)
    admin.call("iam:PutGroupPolicy", group_name="HR", policy_name="inl", policy_document=policy(allow("s3:*")))
    return "HR"


def body(response) -> str:
    return html.unescape(response.content.decode())


def calls_since(start: int) -> list[str]:
    return list(Event.objects.filter(pk__gt=start, read_only=False).order_by("pk").values_list("name", flat=True))


def newest_event() -> int:
    return Event.objects.latest("pk").pk


def test_the_list_says_how_many_users_and_whether_there_are_policies(console, admin, hr):
    admin.call("iam:CreateGroup", group_name="Empty")

    page = body(console.get("/iam/groups"))

    assert "User groups" in page
    assert "Defined" in page
    assert "Not defined" in page
    assert "(2)" in page


def test_a_swap_gets_only_the_table(console, hr):
    full, part = console.get("/iam/groups?q=h"), console.get("/iam/groups?q=h", **HTMX)

    assert "<html" in full.content.decode()
    assert "<html" not in part.content.decode()
    assert "1 match" in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_a_user_without_rights_gets_the_box_and_the_frame(as_user, hr):
    page = body(as_user("amin").get("/iam/groups"))

    assert "Access denied" in page
    assert "Context: no identity-based policy allows the iam:ListGroups action" in page
    assert "Create group" in page


def test_a_refused_count_shows_in_its_cell_only(as_user, sandbox, admin, hr):
    document = policy(allow(["iam:ListGroups", "iam:ListAttachedGroupPolicies"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="lists", policy_document=document)

    page = body(as_user("amin").get("/iam/groups"))

    assert page.count("Access denied") == 1
    assert "Defined" in page


def test_one_page_makes_the_group_with_its_users_and_policies(console, admin):
    start = newest_event()
    form = {"group_name": "HR", "users": ["Sarah", "amin"], "policies": [S3_READ]}
    page = body(console.post("/iam/groups/create", form, follow=True))

    assert "HR user group created." in page
    assert calls_since(start) == ["CreateGroup", "AddUserToGroup", "AddUserToGroup", "AttachGroupPolicy"]
    found = admin.call("iam:GetGroup", group_name="HR")
    assert {user["UserName"] for user in found["Users"]} == {"Sarah", "amin"}


def test_name_and_ticks_survive_a_search(console):
    draft = {"group_name": "HR", "users": ["Sarah"], "_go": "?step=create", "policies-q": "S3ReadOnly"}
    page = console.post("/iam/groups/create", draft, follow=True).content.decode()

    assert 'value="HR"' in page
    assert 'aria-label="Select Sarah" data-pick checked' in page
    assert "AmazonS3ReadOnlyAccess" in page
    assert not Group.objects.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "User group name is required."),
        ("hr", "Group with name hr already exists."),
        ("john doe", "The specified value for groupName is invalid."),
        (NASTY, "The specified value for groupName is invalid."),
        ("x" * 129, "Member must have length less than or equal to 128"),
    ],
)
def test_a_bad_name_is_refused_beside_the_field(console, hr, name, message):
    answer = console.post("/iam/groups/create", {"group_name": name})

    assert answer.status_code == 422
    assert message in body(answer)
    assert "<script>alert" not in answer.content.decode()
    assert Group.objects.count() == 1


def test_an_eleventh_policy_is_an_error_of_the_form(console):
    arns = [f"arn:aws:iam::aws:policy/P{number}" for number in range(11)]
    answer = console.post("/iam/groups/create", {"group_name": "HR", "policies": arns})

    assert answer.status_code == 422
    assert "You can choose up to 10." in body(answer)


def test_a_later_refusal_leaves_the_group_and_says_so(as_user, admin):
    document = policy(allow(["iam:CreateGroup", "iam:List*", "iam:Get*"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="creates", policy_document=document)

    page = body(as_user("amin").post("/iam/groups/create", {"group_name": "HR", "users": ["Sarah"]}, follow=True))

    assert "HR user group was created, but not all users and policies were added." in page
    assert "is not authorized to perform: iam:AddUserToGroup" in page
    assert Group.objects.filter(name="HR").exists()


def test_a_refused_creation_keeps_the_form(as_user):
    answer = as_user("amin").post("/iam/groups/create", {"group_name": "HR"})

    assert answer.status_code == 422
    assert "is not authorized to perform: iam:CreateGroup" in body(answer)
    assert 'value="HR"' in answer.content.decode()


def test_the_details_have_a_tab_for_users_and_one_for_permissions(console, hr):
    users = body(console.get("/iam/groups/details/HR"))
    permissions = body(console.get("/iam/groups/details/HR?section=permissions&open=inline/inl"))

    assert "Users in this group" in users
    assert "Sarah" in users
    assert "AmazonS3ReadOnlyAccess" in permissions
    assert "Customer inline" in permissions
    assert '"s3:*"' in permissions
    assert "/iam/groups/details/HR/edit-policy/inl" in permissions


def test_an_unknown_group_is_said_to_be_unknown(console):
    assert "The group with name nope cannot be found." in body(console.get("/iam/groups/details/nope"))


def test_users_are_added_and_removed(console, hr):
    added = console.post("/iam/groups/details/HR/add-users", {"users": ["amin"]}, follow=True)
    asked = console.get("/iam/groups/details/HR/remove-users?selected=amin&selected=Sarah")
    removed = console.post("/iam/groups/details/HR/remove-users", {"selected": ["amin", "Sarah"]}, follow=True)

    assert "1 user added to this group." in body(added)
    assert "Remove 2 users from HR?" in body(asked)
    assert "2 users removed from this group." in body(removed)
    assert not Membership.objects.exists()


def test_policies_are_attached_and_removed(console, hr):
    attached = console.post("/iam/groups/details/HR/add-permissions", {"policies": [ADMINISTRATOR]}, follow=True)
    removed = console.post(
        "/iam/groups/details/HR/remove-policies", {"selected": [ADMINISTRATOR, S3_READ]}, follow=True
    )

    assert "Policies attached to this user group." in body(attached)
    assert "2 policies removed" in body(removed)


def test_an_inline_policy_is_deleted_by_typing_its_name(console, hr):
    url = "/iam/groups/details/HR/remove-policies"
    wrong = console.post(url, {"selected": ["inline/inl"], "confirm": "INL"})
    right = console.post(url, {"selected": ["inline/inl"], "confirm": "inl"}, follow=True)

    assert wrong.status_code == 422
    assert "Delete inline policy?" in body(wrong)
    assert "1 inline policy removed" in body(right)


def test_a_group_is_renamed(console, admin, hr):
    asked = body(console.get("/iam/groups/details/HR/edit"))
    admin.call("iam:CreateGroup", group_name="Tech")
    taken = console.post("/iam/groups/details/HR/edit", {"new_group_name": "tech"})
    done = console.post("/iam/groups/details/HR/edit", {"new_group_name": "People"}, follow=True)

    assert "Policies that name the old ARN do not follow" in asked
    assert taken.status_code == 422
    assert "Group with name tech already exists." in body(taken)
    assert "group/People" in body(done)


def test_a_group_is_deleted_by_typing_its_name_and_emptied_in_order(console, admin, hr):
    wrong = console.post("/iam/groups/delete", {"selected": ["HR"], "confirm": "hr"})
    start = newest_event()
    done = console.post("/iam/groups/delete", {"selected": ["HR"], "confirm": "HR"}, follow=True)

    assert wrong.status_code == 422
    assert "HR user group deleted." in body(done)
    assert calls_since(start) == ["RemoveUserFromGroup", "DeleteGroupPolicy", "DetachGroupPolicy", "DeleteGroup"]
    assert admin.call("iam:GetUser", user_name="Sarah")


def test_several_groups_are_deleted_by_typing_their_number(console, admin, hr):
    admin.call("iam:CreateGroup", group_name="IT")
    asked = body(console.get("/iam/groups/delete?selected=HR&selected=IT"))
    done = console.post("/iam/groups/delete", {"selected": ["HR", "IT"], "confirm": "2 user groups"}, follow=True)

    assert "Delete 2 user groups?" in asked
    assert "2 user groups deleted." in body(done)
    assert not Group.objects.exists()


def test_a_user_who_may_only_delete_fails_at_the_first_helper_call(as_user, admin, hr):
    document = policy(allow("iam:DeleteGroup"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="deletes", policy_document=document)

    page = body(as_user("amin").post("/iam/groups/delete", {"selected": ["HR"], "confirm": "HR"}, follow=True))

    assert "HR user group was not deleted." in page
    assert "is not authorized to perform: iam:GetGroup" in page
    assert Group.objects.filter(name="HR").exists()


def test_a_group_gone_in_another_tab_is_a_red_flash(console):
    page = body(console.post("/iam/groups/delete", {"selected": ["HR"], "confirm": "HR"}, follow=True))

    assert "The group with name HR cannot be found." in page


@pytest.mark.parametrize(
    "url",
    [
        f"/iam/groups?q={NASTY}",
        f"/iam/groups/details/{NASTY.replace('/', '')}",
        f"/iam/groups/delete?selected={NASTY}",
        f"/iam/groups/details/HR/remove-users?selected={NASTY}",
        f"/iam/groups/details/HR/remove-policies?selected=inline/{NASTY}",
    ],
)
def test_markup_is_shown_as_text(console, hr, url):
    assert "<script>alert" not in console.get(url).content.decode()


def test_strangers_are_asked_to_sign_in(client, sandbox):
    assert client.get("/iam/groups")["Location"].startswith("/signin")


@pytest.mark.parametrize(
    "url",
    [
        "/iam/groups",
        "/iam/groups/create",
        "/iam/groups/details/G00",
        "/iam/groups/details/G00?section=permissions",
        "/iam/groups/details/G00/add-users",
        "/iam/groups/details/G00/add-permissions",
    ],
)
def test_pages_of_twenty_rows_stay_within_the_budget(as_user, sandbox, url):
    aws = client_for(sandbox)
    aws.call("iam:CreateUser", user_name="member")
    for number in range(20):
        aws.call("iam:CreateGroup", group_name=f"G{number:02}")
        aws.call("iam:CreateUser", user_name=f"user-{number:02}")
        aws.call("iam:AddUserToGroup", group_name="G00", user_name=f"user-{number:02}")
        aws.call("iam:CreateAccessKey", user_name=f"user-{number:02}")
    console = as_user("admin")
    console.get("/iam/groups")
    with CaptureQueriesContext(connection) as queries:
        assert console.get(url).status_code == 200
    # What begins or ends a transaction reads and writes no row.
    spent = [one["sql"] for one in queries.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(spent) <= 15, "\n".join(sql[:200] for sql in spent)
