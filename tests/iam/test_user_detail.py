"""The page about one user: summary, tabs, permissions, groups, tags."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db

CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SECTIONS = ("permissions", "groups", "tags", "security_credentials")


def text_of(response):
    return response.content.decode()


def cells(page):
    """The rows of the page's table as lists of texts."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page.partition("<tbody>")[2], re.S)
    plain = [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows
    ]
    return [[text for text in row if text] for row in plain]


def within_budget(queries):
    asked = [one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 15, "\n".join(one[:120] for one in asked)


def wizard_of(browser, url):
    return re.search(r'name="wizard" value="([^"]+)"', text_of(browser.get(url)))[1]


@pytest.fixture
def john(root, sandbox):
    """john as D9 leaves him: HRPolicy through the group HR, and IAMUserChangePassword directly."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password="Passw0rd!")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=CHANGE_PASSWORD)
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:AddUserToGroup", group_name="HR", user_name="john")
    document = policy(allow("s3:*", ["arn:aws:s3:::company1-hr-bucket", "arn:aws:s3:::company1-hr-bucket/*"]))
    arn = root.call("iam:CreatePolicy", policy_name="HRPolicy", policy_document=document)["Policy"]["Arn"]
    root.call("iam:AttachGroupPolicy", group_name="HR", policy_arn=arn)
    return arn


@pytest.fixture
def browser(as_user, john):
    return as_user("admin")


def detail(section="permissions", name="john", **query):
    more = "".join(f"&{key}={value}" for key, value in query.items())
    return f"/iam/users/details/{name}?section={section}{more}"


def test_the_summary_says_who_it_is(browser, sandbox):
    page = text_of(browser.get("/iam/users/details/john"))
    assert f"arn:aws:iam::{sandbox.account_id}:user/john" in page
    assert "Enabled without MFA" in page
    assert page.count("Create access key") == 2


@pytest.mark.parametrize("section", SECTIONS)
def test_each_tab_stays_within_its_queries(browser, root, section):
    for n in range(9):
        root.call("iam:CreateGroup", group_name=f"group-{n}")
        root.call("iam:AddUserToGroup", group_name=f"group-{n}", user_name="john")
        root.call("iam:PutGroupPolicy", group_name=f"group-{n}", policy_name="p", policy_document=policy(allow("s3:*")))
    root.call("iam:CreateAccessKey", user_name="john")
    root.call("iam:CreateAccessKey", user_name="john")
    browser.get(detail(section))
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(detail(section)).status_code == 200
    within_budget(queries)


def test_a_user_who_is_not_there_is_said_so(browser):
    page = text_of(browser.get("/iam/users/details/bob"))
    assert "The user with name bob cannot be found." in page


def test_a_name_in_the_address_is_text(browser):
    page = text_of(browser.get("/iam/users/details/%3Cscript%3Ealert(1)"))
    assert "<script>alert" not in page


@pytest.mark.parametrize("section", SECTIONS)
def test_whoever_may_nothing_still_gets_the_page(as_user, john, dev, section):
    answer = as_user("dev").get(detail(section))
    assert answer.status_code == 200
    assert "Access denied" in text_of(answer)
    assert "<script>" not in text_of(answer)


def test_a_refusal_degrades_only_its_panel(as_user, root, john):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:ListAccessKeys"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    page = text_of(as_user("viewer").get(detail("security_credentials")))
    assert "Action: ListAccessKeys" in page
    assert "Manage console access" in page


# -- permissions ------------------------------------------------------------------------------------


def test_policies_say_how_they_came(browser):
    assert cells(text_of(browser.get(detail()))) == [
        ["HRPolicy", "Customer managed", "Group HR"],
        ["IAMUserChangePassword", "AWS managed", "Directly"],
    ]


def test_a_policy_that_came_twice_is_one_row(browser, root, john):
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=john)
    page = text_of(browser.get(detail(q="HR")))
    assert "2 attachments" in page
    assert "Directly, Group HR" in page


def test_the_row_opens_on_the_document(browser, john):
    page = text_of(browser.get(detail(open=john)))
    assert "arn:aws:s3:::company1-hr-bucket/*" in page
    assert f"/iam/policies/details/{john}/edit/v1" in page


def test_inline_policies_open_and_are_edited_where_they_are(browser, root):
    document = policy(allow("s3:ListBucket"))
    root.call("iam:PutUserPolicy", user_name="john", policy_name="own", policy_document=document)
    root.call("iam:PutGroupPolicy", group_name="HR", policy_name="shared", policy_document=document)
    page = text_of(browser.get(detail(open="inline/own") + "&open=group/HR/shared"))
    assert "/iam/users/details/john/edit-policy/own" in page
    assert "/iam/groups/details/HR/edit-policy/shared" in page
    assert page.count("s3:ListBucket") >= 2


def test_the_type_filter_shows_one_type(browser):
    assert cells(text_of(browser.get(detail(type="aws")))) == [["IAMUserChangePassword", "AWS managed", "Directly"]]
    assert "No matches" in text_of(browser.get(detail(type="inline")))


def remove(browser, *keys):
    assert browser.get("/iam/users/details/john/remove-policies", {"selected": keys}).status_code == 200
    return text_of(browser.post("/iam/users/details/john/remove-policies", {"selected": keys}, follow=True))


def test_a_policy_is_removed(browser, admin):
    assert "1 policy removed" in remove(browser, CHANGE_PASSWORD)
    assert not admin.call("iam:ListAttachedUserPolicies", user_name="john")["AttachedPolicies"]


def test_an_inline_policy_is_removed(browser, root):
    root.call("iam:PutUserPolicy", user_name="john", policy_name="own", policy_document=policy(allow("s3:*")))
    assert "1 inline policy removed" in remove(browser, "inline/own")


def test_a_policy_of_a_group_is_removed_by_leaving_the_group_and_says_so(browser, admin, root, john):
    root.call("iam:AttachGroupPolicy", group_name="HR", policy_arn=READ_ONLY)
    page = text_of(browser.get("/iam/users/details/john/remove-policies", {"selected": john}))
    assert "The user will be removed from user groups" in page
    assert "ReadOnlyAccess" in page
    assert "1 policy removed" in remove(browser, john)
    assert not admin.call("iam:ListGroupsForUser", user_name="john")["Groups"]
    assert admin.call("iam:ListAttachedGroupPolicies", group_name="HR")["AttachedPolicies"]


def test_a_refused_removal_is_a_red_flash(as_user, root, john):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:DetachUserPolicy"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    page = remove(as_user("viewer"), CHANGE_PASSWORD)
    assert "1 policy could not be removed." in page
    assert "is not authorized to perform: iam:DetachUserPolicy" in page


def test_permissions_are_added_after_a_review(browser, admin):
    url = "/iam/users/details/john/add-permissions"
    key = wizard_of(browser, url)
    at = f"{url}?step={{}}&wizard={key}"
    browser.post(at.format("permissions"), {"wizard": key, "way": "direct", "policies": [READ_ONLY]})
    assert "ReadOnlyAccess" in text_of(browser.get(at.format("review")))
    page = text_of(browser.post(at.format("review"), {"wizard": key}, follow=True))
    assert "1 policy added." in page
    assert len(admin.call("iam:ListAttachedUserPolicies", user_name="john")["AttachedPolicies"]) == 2


# -- groups -----------------------------------------------------------------------------------------


def test_the_groups_tab_shows_memberships_and_policies(browser):
    assert cells(text_of(browser.get(detail("groups")))) == [["HR", "HRPolicy"]]


def test_a_user_joins_and_leaves_groups(browser, root):
    root.call("iam:CreateGroup", group_name="IT")
    url = "/iam/users/details/john/add-groups"
    key = wizard_of(browser, url)
    posted = {"wizard": key, "groups": ["IT"]}
    assert "User added to group IT" in text_of(browser.post(f"{url}?wizard={key}", posted, follow=True))
    away = "/iam/users/details/john/remove-groups"
    assert "Remove user from group?" in text_of(browser.get(away, {"selected": "IT"}))
    assert "User removed from group IT" in text_of(browser.post(away, {"selected": "IT"}, follow=True))


def test_an_eleventh_group_is_refused_in_the_words_of_aws(browser, root):
    for n in range(10):
        root.call("iam:CreateGroup", group_name=f"group-{n}")
    url = "/iam/users/details/john/add-groups"
    key = wizard_of(browser, url)
    posted = {"wizard": key, "groups": [f"group-{n}" for n in range(10)]}
    assert "Cannot exceed quota for GroupsPerUser: 10" in text_of(
        browser.post(f"{url}?wizard={key}", posted, follow=True)
    )


# -- tags -------------------------------------------------------------------------------------------


def save_tags(browser, **tags):
    url = "/iam/users/details/john/tags"
    key = wizard_of(browser, url)
    posted = {"wizard": key, "tag_key": list(tags), "tag_value": list(tags.values())}
    return text_of(browser.post(f"{url}?wizard={key}", posted, follow=True))


def test_tags_are_set_changed_and_taken_away(browser, admin):
    assert "Tags updated." in save_tags(browser, team="hr", site="Pune")
    save_tags(browser, team="people")
    assert admin.call("iam:ListUserTags", user_name="john")["Tags"] == [{"Key": "team", "Value": "people"}]
    assert cells(text_of(browser.get(detail("tags")))) == [["team", "people"]]


def test_a_refused_tag_keeps_what_was_typed(as_user, root, john):
    root.call("iam:CreateUser", user_name="viewer")
    document = policy(allow("iam:*"), deny("iam:TagUser"))
    root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
    page = save_tags(as_user("viewer"), team="hr")
    assert "is not authorized to perform: iam:TagUser" in page
    assert 'value="team"' in page
