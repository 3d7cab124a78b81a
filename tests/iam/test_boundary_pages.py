"""Permissions boundaries: the block of a user's page, the pages that set and remove one, and the wizard's part."""

from __future__ import annotations

import html
import re

import pytest

from iamconsole.cloudtrail.models import Event
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def body(response) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture(params=["user", "role"])
def bound(request, admin):
    """The kind, the address of its page, and what its boundary is."""
    kind = request.param
    if kind == "user":
        admin.call("iam:CreateUser", user_name="sara")
    else:
        admin.call("iam:CreateRole", role_name="sara", assume_role_policy_document=TRUST)

    def boundary() -> str:
        found = admin.call(f"iam:Get{kind.title()}", **{f"{kind}_name": "sara"})[kind.title()]
        arn: str = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        return arn

    return kind, f"/iam/{kind}s/details/sara", boundary


def put(browser, details: str, **fields: str):
    url = f"{details}/set-permissions-boundary"
    wizard = re.search(r'name="wizard" value="([^"]+)"', browser.get(url).content.decode())
    assert wizard
    return browser.post(url, {"wizard": wizard[1], **fields})


def test_a_boundary_is_set_changed_and_removed(as_user, bound):
    kind, details, boundary = bound
    browser = as_user("admin")

    answer = put(browser, details, boundary=S3_READ)
    assert (answer.status_code, answer["Location"]) == (302, f"{details}?section=permissions")
    assert boundary() == S3_READ
    assert f"Permissions boundary set for {kind} sara." in body(browser.get("/iam/users"))

    page = body(browser.get(f"{details}/set-permissions-boundary"))
    assert "Change permissions boundary" in page
    assert f'value="{S3_READ}"' in page  # chosen, although it is not on the first page
    put(browser, details, boundary=POWER)
    assert boundary() == POWER

    dialog = body(browser.get(f"{details}/remove-permissions-boundary"))
    assert "Remove permissions boundary?" in dialog
    assert browser.post(f"{details}/remove-permissions-boundary").status_code == 302
    assert boundary() == ""
    names = Event.objects.filter(name__contains="PermissionsBoundary").order_by("pk").values_list("name", flat=True)
    noun = kind.title()
    assert list(names) == [
        *[f"Put{noun}PermissionsBoundary"] * 2,
        f"Delete{noun}PermissionsBoundary",
    ]


def test_without_a_choice_nothing_is_set(as_user, bound):
    _, details, boundary = bound
    answer = put(as_user("admin"), details)
    assert answer.status_code == 422
    assert "Choose a policy to set as the permissions boundary." in body(answer)
    assert boundary() == ""


def test_a_refusal_names_the_action_and_keeps_the_choice(as_user, root, bound):
    kind, details, boundary = bound
    noun = kind.title()
    root.call("iam:CreateUser", user_name="reader")
    root.call("iam:AttachUserPolicy", user_name="reader", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    answer = put(as_user("reader"), details, boundary=S3_READ)
    assert answer.status_code == 422
    page = body(answer)
    assert f"is not authorized to perform: iam:Put{noun}PermissionsBoundary" in page
    assert "The permissions boundary was not set." in page
    assert f'value="{S3_READ}"' in page
    assert boundary() == ""


def test_removing_what_is_not_there_says_so(as_user, bound):
    kind, details, _ = bound
    browser = as_user("admin")
    browser.post(f"{details}/remove-permissions-boundary")
    assert f"The permissions boundary of {kind} sara was not removed." in body(browser.get("/iam/users"))


def test_the_block_of_a_user_says_what_the_boundary_is(as_user, admin):
    browser = as_user("admin")
    page = body(browser.get("/iam/users/details/Sarah?section=permissions"))
    assert "(not set)" in page
    assert "/iam/users/details/Sarah/set-permissions-boundary" in page
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=S3_READ)
    page = body(browser.get("/iam/users/details/Sarah?section=permissions"))
    assert "(set)" in page
    assert f'href="/iam/policies/details/{S3_READ}"' in page
    assert "Change boundary" in page
    assert "Remove boundary" in page


def test_the_block_is_refused_on_its_own(as_user, root):
    root.call("iam:CreateUser", user_name="half")
    document = policy(allow(["iam:ListAttachedUserPolicies", "iam:ListUserPolicies", "iam:ListGroupsForUser"]))
    root.call("iam:PutUserPolicy", user_name="half", policy_name="half", policy_document=document)
    page = body(as_user("half").get("/iam/users/details/Sarah?section=permissions"))
    assert "(unknown)" in page
    assert "Permissions policies" in page


# -- the create-user wizard -------------------------------------------------------------------------


class Creating:
    """A browser in the create-user wizard, on its second step."""

    def __init__(self, browser, name: str = "sara") -> None:
        self.browser = browser
        page = browser.get("/iam/users/create").content.decode()
        found = re.search(r'name="wizard" value="([^"]+)"', page)
        assert found
        self.key = found[1]
        assert self.post("details", user_name=name).status_code == 302

    def url(self, step: str) -> str:
        return f"/iam/users/create?step={step}&wizard={self.key}"

    def post(self, step: str, **values):
        return self.browser.post(self.url(step), {"wizard": self.key, **values})

    def page(self, step: str) -> str:
        return body(self.browser.get(self.url(step)))


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page.split('id="summary"')[1], re.DOTALL)
    texts = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
             for row in rows]  # fmt: skip
    return [row for row in texts if row]


def test_a_new_user_gets_the_boundary_that_was_chosen(as_user, admin):
    wizard = Creating(as_user("admin"))
    assert "Choose one policy to set as the permissions boundary." not in wizard.page("permissions")
    assert wizard.post("permissions", use_boundary="on", _go="?boundary=open").status_code == 302
    assert "Choose one policy to set as the permissions boundary." in wizard.page("permissions")
    assert wizard.post("permissions", use_boundary="on").status_code == 422
    assert wizard.post("permissions", use_boundary="on", boundary=S3_READ).status_code == 302
    assert cells(wizard.page("review")) == [["AmazonS3ReadOnlyAccess", "AWS managed", "Permissions boundary"]]
    assert wizard.post("review").status_code == 302
    made = admin.call("iam:GetUser", user_name="sara")["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == S3_READ


def test_a_boundary_that_is_unticked_again_counts_for_nothing(as_user, admin):
    wizard = Creating(as_user("admin"))
    wizard.post("permissions", use_boundary="on", boundary=S3_READ)
    wizard.post("permissions", boundary=S3_READ)
    wizard.post("review")
    assert "PermissionsBoundary" not in admin.call("iam:GetUser", user_name="sara")["User"]


def test_copying_copies_the_boundary_too_and_every_call_has_its_place(as_user, admin, sandbox):
    admin.call("iam:CreateGroup", group_name="HR")
    admin.call("iam:AddUserToGroup", group_name="HR", user_name="Sarah")
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=POWER)
    wizard = Creating(as_user("admin"))
    wizard.post("permissions", way="copy", copy_from="Sarah")
    assert ["PowerUserAccess", "AWS managed", "Permissions boundary"] in cells(wizard.page("review"))
    wizard.post("review", tag_key=["team"], tag_value=["hr"])
    made = admin.call("iam:GetUser", user_name="sara")["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == POWER
    written = Event.objects.filter(account=sandbox, read_only=False, face="console").order_by("pk")
    assert list(written.values_list("name", flat=True)) == [
        "CreateUser",
        "AddUserToGroup",
        "PutUserPermissionsBoundary",
        "TagUser",
    ]


def test_a_chosen_boundary_takes_the_place_of_a_copied_one(as_user, admin):
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=POWER)
    wizard = Creating(as_user("admin"))
    wizard.post("permissions", way="copy", copy_from="Sarah", use_boundary="on", boundary=S3_READ)
    assert cells(wizard.page("review")) == [["AmazonS3ReadOnlyAccess", "AWS managed", "Permissions boundary"]]


def test_a_boundary_that_is_refused_leaves_the_user_and_is_named(as_user, root):
    root.call("iam:CreateUser", user_name="maker")
    document = policy(allow(["iam:CreateUser", "iam:Get*", "iam:List*"]))
    root.call("iam:PutUserPolicy", user_name="maker", policy_name="make", policy_document=document)
    wizard = Creating(as_user("maker"))
    wizard.post("permissions", use_boundary="on", boundary=S3_READ)
    wizard.post("review")
    page = body(wizard.browser.get("/iam/users"))
    assert "User sara was created, but PutUserPermissionsBoundary failed." in page
    assert root.call("iam:GetUser", user_name="sara")


def test_adding_permissions_by_copying_sets_the_boundary(as_user, admin):
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=S3_READ)
    browser = as_user("admin")
    url = "/iam/users/details/amin/add-permissions"
    found = re.search(r'name="wizard" value="([^"]+)"', browser.get(url).content.decode())
    assert found
    browser.post(f"{url}?step=permissions&wizard={found[1]}", {"wizard": found[1], "way": "copy", "copy_from": "Sarah"})
    browser.post(f"{url}?step=review&wizard={found[1]}", {"wizard": found[1]})
    made = admin.call("iam:GetUser", user_name="amin")["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == S3_READ
    assert "Permissions boundary set for user amin." in body(browser.get("/iam/users"))


def test_a_boundary_acts_at_once(as_user, root, sandbox):
    root.call("iam:CreateUser", user_name="sara")
    root.call("iam:AttachUserPolicy", user_name="sara", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    hers = client_for(sandbox, "sara")
    assert hers.call("iam:ListUsers")["Users"]
    put(as_user("admin"), "/iam/users/details/sara", boundary=S3_READ)
    page = body(as_user("sara").get("/iam/users"))
    assert "no permissions boundary allows the iam:ListUsers action" in page
