"""The create-user wizard, from the first step to the password that is shown once."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.iam import passwords
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db

CONSOLE = {
    "user_name": "john",
    "console_access": "on",
    "person": "iam",
    "password_kind": "custom",
    "custom_password": "First-Passw0rd",
    "reset_required": "on",
}


def text_of(response):
    return response.content.decode()


class Wizard:
    """A browser in the middle of the wizard."""

    def __init__(self, browser):
        self.browser = browser
        self.key = re.search(r'name="wizard" value="([^"]+)"', text_of(browser.get("/iam/users/create")))[1]

    def url(self, step):
        return f"/iam/users/create?step={step}&wizard={self.key}"

    def post(self, step, headers=None, **values):
        return self.browser.post(self.url(step), {"wizard": self.key, **values}, headers=headers)

    def page(self, step):
        return text_of(self.browser.get(self.url(step)))

    def finish(self, details=None, permissions=None, **review):
        assert self.post("details", **(details or CONSOLE)).status_code == 302
        assert self.post("permissions", **(permissions or {})).status_code == 302
        return self.post("review", **review)


@pytest.fixture
def wizard(as_user):
    return Wizard(as_user("admin"))


def events(account, *left_out):
    names = Event.objects.filter(account=account, read_only=False, face="console").order_by("pk")
    return [name for name in names.values_list("name", flat=True) if name not in left_out]


# -- step 1 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "User name is required."),
        (
            "john doe",
            "The specified value for userName is invalid. It must contain only alphanumeric characters and/or",
        ),
        ("x" * 65, "Member must have length less than or equal to 64"),
        ("ADMIN", "User with name ADMIN already exists."),
        ("<script>alert(1)</script>", "The specified value for userName is invalid."),
    ],
)
def test_a_bad_name_stays_on_the_first_step(wizard, name, problem):
    answer = wizard.post("details", user_name=name)
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert "<script>alert" not in text_of(answer)


def test_a_taken_name_is_found_at_the_end_by_who_may_not_look(as_user, root):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:GetUser"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    answer = Wizard(as_user("viewer")).finish({"user_name": "amin"})
    assert answer.status_code == 422
    assert "User with name amin already exists." in text_of(answer)


def test_identity_center_is_explained_and_leads_back(wizard):
    answer = wizard.post("details", **CONSOLE | {"person": "identity-center"})
    explained = wizard.browser.get(answer["Location"], follow=True)
    assert "IAM Identity Center is not part of this lab" in text_of(explained)
    assert 'value="john"' in wizard.page("details")


def test_a_weak_password_turns_its_rules_red(wizard):
    answer = wizard.post("details", **CONSOLE | {"custom_password": "weak"})
    assert answer.status_code == 422
    assert "Password does not conform to the account password policy." in text_of(answer)
    assert text_of(answer).count('data-met="no"') == 2


def test_the_rules_follow_what_is_typed(as_user):
    browser = as_user("admin")
    rules = text_of(browser.post("/iam/users/password-rules", {"custom_password": "Good-Passw0rd"}))
    assert rules.count('data-met="yes"') == 3
    assert 'data-met="no"' in text_of(browser.post("/iam/users/password-rules", {"custom_password": "HR"}))
    assert "Good-Passw0rd" not in rules


def test_the_password_waits_on_the_server(wizard):
    wizard.post("details", **CONSOLE)
    assert "First-Passw0rd" not in wizard.page("details") + wizard.page("permissions") + wizard.page("review")


# -- step 2 -----------------------------------------------------------------------------------------


def test_each_way_shows_its_own_table(wizard, root):
    root.call("iam:CreateGroup", group_name="HR")
    wizard.post("details", user_name="john")
    assert 'aria-label="Select HR"' in wizard.page("permissions")
    wizard.post("permissions", way="copy", _go="?")
    assert 'aria-label="Select amin"' in wizard.page("permissions")
    wizard.post("permissions", way="direct", _go="?")
    assert "AccessAnalyzerServiceRolePolicy" in wizard.page("permissions")


def test_without_groups_the_step_says_how_to_begin(wizard):
    wizard.post("details", user_name="john")
    assert "Get started with groups" in wizard.page("permissions")


def test_more_groups_than_a_user_may_have_are_refused_before_anything_is_made(wizard):
    wizard.post("details", user_name="john")
    answer = wizard.post("permissions", way="group", groups=[f"g{n}" for n in range(11)])
    assert answer.status_code == 422
    assert "Cannot exceed quota for GroupsPerUser: 10" in text_of(answer)


def test_a_refused_list_is_a_box_in_its_place(as_user, root):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:ListGroups"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    wizard = Wizard(as_user("viewer"))
    wizard.post("details", user_name="john")
    page = wizard.page("permissions")
    assert "explicitly denies the action" in page
    assert "Next</button>" in page


@pytest.mark.parametrize("way", ["group", "copy", "direct"])
def test_the_step_stays_within_its_queries(wizard, root, way):
    for n in range(20):
        root.call("iam:CreateGroup", group_name=f"group-{n}")
        root.call("iam:CreateUser", user_name=f"user-{n}")
    wizard.post("details", user_name="john")
    wizard.post("permissions", way=way, _go="?")
    with CaptureQueriesContext(connection) as queries:
        wizard.page("permissions")
    assert len(queries) <= 15, "\n".join(query["sql"][:120] for query in queries)


# -- review and create ------------------------------------------------------------------------------


def test_the_review_lists_what_will_be_made(wizard, root):
    root.call("iam:CreateGroup", group_name="HR")
    wizard.post("details", **CONSOLE)
    wizard.post("permissions", way="group", groups=["HR"])
    page = wizard.page("review")
    for text in ("Custom password", "IAMUserChangePassword", "AWS managed", "Permissions policy", "Permissions group"):
        assert text in page


def test_nothing_is_made_before_the_last_button(wizard, admin):
    wizard.post("details", **CONSOLE)
    wizard.post("permissions")
    wizard.page("review")
    assert len(admin.call("iam:ListUsers")["Users"]) == 3


def test_the_calls_come_in_the_order_of_the_console(wizard, root, admin, sandbox):
    root.call("iam:CreateGroup", group_name="HR")
    wizard.finish(None, {"way": "group", "groups": ["HR"]}, tag_key=["team", ""], tag_value=["people", ""])
    assert events(sandbox) == [
        "CreateUser",
        "CreateLoginProfile",
        "AttachUserPolicy",
        "AddUserToGroup",
        "TagUser",
    ]
    assert admin.call("iam:ListUserTags", user_name="john")["Tags"] == [{"Key": "team", "Value": "people"}]
    assert admin.call("iam:GetLoginProfile", user_name="john")["LoginProfile"]["PasswordResetRequired"] is True


def test_the_password_is_shown_once(wizard):
    answer = wizard.finish()
    page = text_of(wizard.browser.get(answer["Location"]))
    assert "User created successfully" in page
    assert "First-Passw0rd" in page
    assert 'download="john_credentials.csv"' in page
    csv = unquote(re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', page)[1])
    assert csv.startswith("User name,Password,Console sign-in URL\r\njohn,First-Passw0rd,http")
    mail = unquote(re.search(r'href="mailto:([^"]+)"', page)[1])
    assert "First-Passw0rd" not in mail
    assert "User created successfully" in text_of(wizard.browser.get("/iam/users"))
    again = text_of(wizard.browser.get(answer["Location"]))
    assert "First-Passw0rd" not in again
    assert "The password was shown once" in again


def test_an_autogenerated_password_meets_the_rules(wizard):
    answer = wizard.finish(CONSOLE | {"password_kind": "auto", "custom_password": ""})
    page = text_of(wizard.browser.get(answer["Location"]))
    password = re.search(r'class="secret-value">([^<]+)<', page)[1]
    assert len(password) == 20
    assert all(rule.met for rule in passwords.rules(password))


def test_a_user_without_console_access_leads_to_the_list(wizard, admin):
    answer = wizard.finish({"user_name": "robot", "custom_password": "First-Passw0rd", "reset_required": "on"})
    assert answer["Location"] == "/iam/users"
    assert not admin.call("iam:ListAttachedUserPolicies", user_name="robot")["AttachedPolicies"]


def test_copying_takes_groups_policies_and_inline_policies(wizard, root, admin):
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:AddUserToGroup", group_name="HR", user_name="Sarah")
    root.call("iam:AttachUserPolicy", user_name="Sarah", policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    root.call("iam:PutUserPolicy", user_name="Sarah", policy_name="own", policy_document=policy(allow("s3:*")))
    wizard.finish({"user_name": "john"}, {"way": "copy", "copy_from": "Sarah"})
    assert [one["GroupName"] for one in admin.call("iam:ListGroupsForUser", user_name="john")["Groups"]] == ["HR"]
    attached = admin.call("iam:ListAttachedUserPolicies", user_name="john")["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["ReadOnlyAccess"]
    assert admin.call("iam:ListUserPolicies", user_name="john")["PolicyNames"] == ["own"]


def test_only_the_chosen_way_counts(wizard, root, admin):
    root.call("iam:CreateGroup", group_name="HR")
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    wizard.finish({"user_name": "john"}, {"way": "direct", "groups": ["HR"], "policies": [arn]})
    assert not admin.call("iam:ListGroupsForUser", user_name="john")["Groups"]
    assert len(admin.call("iam:ListAttachedUserPolicies", user_name="john")["AttachedPolicies"]) == 1


def test_a_refused_create_keeps_the_draft(as_user, dev):
    answer = Wizard(as_user("dev")).finish()
    page = text_of(answer)
    assert answer.status_code == 422
    assert "User was not created." in page
    assert "is not authorized to perform: iam:CreateUser" in page
    assert "john" in page


def test_a_later_refusal_leaves_the_user_and_names_the_step(as_user, root, admin):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:AttachUserPolicy"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    wizard = Wizard(as_user("viewer"))
    page = text_of(wizard.browser.get(wizard.finish()["Location"]))
    assert "User john was created, but AttachUserPolicy failed." in page
    assert "with an explicit deny in an identity-based policy" in page
    assert admin.call("iam:GetLoginProfile", user_name="john")
    assert "First-Passw0rd" in page  # the password was set, and this is the only time to see it


def test_a_second_press_makes_no_second_user(wizard, sandbox):
    first = wizard.finish()
    assert wizard.post("review")["Location"] == first["Location"]
    assert events(sandbox).count("CreateUser") == 1


def test_the_tag_editor_gives_one_more_row_and_keeps_the_rest(wizard):
    wizard.post("details", user_name="john")
    wizard.post("permissions")
    answer = wizard.post("review", tag_key=["team"], tag_value=["hr"], _go="?tags=more")
    page = text_of(wizard.browser.get(answer["Location"]))
    assert page.count('name="tag_key"') == 2
    assert 'value="team"' in page


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (["team", "Team"], "Duplicate tag keys found."),
        (["<script>"], "failed to satisfy constraint"),
        ([f"k{n}" for n in range(51)], "The number of tags has reached the maximum limit."),
    ],
)
def test_tags_are_refused_before_anything_is_made(wizard, admin, keys, problem):
    answer = wizard.finish({"user_name": "john"}, None, tag_key=keys, tag_value=["x"] * len(keys))
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert "<script>'" not in text_of(answer)
    assert len(admin.call("iam:ListUsers")["Users"]) == 3
