"""Security credentials of a user: console access and access keys."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db

BASE = "/iam/users/details/amin"
CREDENTIALS = f"{BASE}?section=security_credentials"


def text_of(response):
    return response.content.decode()


@pytest.fixture
def browser(as_user):
    return as_user("admin")


@pytest.fixture
def limited(as_user, root):
    """A browser of an administrator of IAM who may not do one thing."""

    def denied(action):
        root.call("iam:CreateUser", user_name="viewer")
        document = policy(allow("iam:*"), deny(action))
        root.call("iam:PutUserPolicy", user_name="viewer", policy_name="p", policy_document=document)
        return as_user("viewer")

    return denied


# -- console access ---------------------------------------------------------------------------------


def test_console_access_is_enabled_with_a_password_shown_once(browser, admin):
    assert "Enable console access" in text_of(browser.get(CREDENTIALS))
    posted = {"password_kind": "custom", "custom_password": "Good-Passw0rd", "reset_required": "on"}
    answer = browser.post(f"{BASE}/enable-console", posted)
    page = text_of(browser.get(answer["Location"]))
    assert "Console access enabled." in page
    assert "Good-Passw0rd" in page
    assert 'download="amin_credentials.csv"' in page
    assert browser.get(answer["Location"]).status_code == 302
    assert admin.call("iam:GetLoginProfile", user_name="amin")["LoginProfile"]["PasswordResetRequired"] is True


def test_a_weak_password_is_not_set(browser):
    answer = browser.post(f"{BASE}/enable-console", {"password_kind": "custom", "custom_password": "weak"})
    assert answer.status_code == 422
    assert "Password does not conform to the account password policy." in text_of(answer)


def test_the_password_is_reset_and_access_disabled(browser, root, admin):
    root.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    answer = browser.post(f"{BASE}/manage-console", {"password_kind": "auto"})
    assert "secret-value" in text_of(browser.get(answer["Location"]))
    page = text_of(browser.post(f"{BASE}/disable-console", follow=True))
    assert "Console access disabled." in page
    assert "Not enabled" in page


def test_a_refused_password_stays_in_the_dialog(limited):
    answer = limited("iam:CreateLoginProfile").post(f"{BASE}/enable-console", {"password_kind": "auto"})
    assert answer.status_code == 422
    assert "is not authorized to perform: iam:CreateLoginProfile" in text_of(answer)


@pytest.mark.parametrize(
    ("page", "posted"),
    [("manage-console", {"password_kind": "auto"}), ("disable-console", {})],
)
def test_sessions_that_the_old_password_began_are_revoked_and_later_ones_are_not(
    browser, as_user, admin, sandbox, page, posted
):
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    his = as_user("amin")
    assert "Select amin" in text_of(his.get("/iam/users"))
    answer = text_of(browser.post(f"{BASE}/{page}", posted | {"revoke_sessions": "on"}, follow=True))
    assert "Active console sessions of user amin revoked." in answer
    assert "an identity-based policy explicitly denies the action" in text_of(his.get("/iam/users"))
    found = admin.call("iam:GetUserPolicy", user_name="amin", policy_name="AWSRevokeOlderSessions")
    assert "aws:TokenIssueTime" in found["PolicyDocument"]
    assert client_for(sandbox, "amin").call("iam:ListUsers")  # an access key has no time of issue


def test_without_the_box_no_session_is_revoked(browser, as_user, admin):
    as_user("amin")
    browser.post(f"{BASE}/disable-console")
    assert admin.call("iam:ListUserPolicies", user_name="amin")["PolicyNames"] == []


def test_a_refused_revocation_leaves_the_rest_done_and_is_named(limited, root):
    his = limited("iam:PutUserPolicy")
    root.call("iam:CreateLoginProfile", user_name="amin", password="Good-Passw0rd")
    page = text_of(his.post(f"{BASE}/disable-console", {"revoke_sessions": "on"}, follow=True))
    assert "Console access disabled." in page
    assert "The active console sessions of user amin were not revoked." in page


# -- access keys ------------------------------------------------------------------------------------


def create_key(browser, description="", use_case="other"):
    url = f"{BASE}/create-access-key"
    key = re.search(r'name="wizard" value="([^"]+)"', text_of(browser.get(url)))[1]
    at = f"{url}?step={{}}&wizard={key}"
    first = browser.post(at.format("use-case"), {"wizard": key, "use_case": use_case})
    if first.status_code != 302:
        return first
    return browser.post(at.format("description"), {"wizard": key, "description": description})


@pytest.mark.parametrize("use_case", ["cli", "local", "compute", "third-party", "outside"])
def test_every_use_case_but_other_asks_to_acknowledge(browser, use_case):
    answer = create_key(browser, use_case=use_case)
    assert answer.status_code == 422
    assert "Confirm that you understand the recommendation." in text_of(answer)


def test_the_secret_is_shown_once(browser, admin):
    answer = create_key(browser, "laptop of amin")
    page = text_of(browser.get(answer["Location"]))
    secret = re.search(r'class="secret-value">([^<]+)<', page)[1]
    key = admin.call("iam:ListAccessKeys", user_name="amin")["AccessKeyMetadata"][0]["AccessKeyId"]
    assert "Access key created" in page
    csv = unquote(re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', page)[1])
    assert csv == f"Access key ID,Secret access key\r\n{key},{secret}\r\n"
    assert secret not in text_of(browser.get(answer["Location"]))
    assert admin.call("iam:ListUserTags", user_name="amin")["Tags"] == [{"Key": key, "Value": "laptop of amin"}]
    assert "laptop of amin" in text_of(browser.get(CREDENTIALS))


def test_a_refused_description_leaves_the_key(limited, admin):
    browser = limited("iam:TagUser")
    page = text_of(browser.get(create_key(browser, "laptop")["Location"]))
    assert "The access key was created, but its description tag was not set." in page
    assert "secret-value" in page


def test_a_third_key_is_refused(browser, root):
    root.call("iam:CreateAccessKey", user_name="amin")
    root.call("iam:CreateAccessKey", user_name="amin")
    assert "Cannot exceed quota for AccessKeysPerUser: 2" in text_of(create_key(browser))
    assert 'aria-disabled="true" title="A user can have a maximum of two access keys' in text_of(
        browser.get(CREDENTIALS)
    )


@pytest.fixture
def key(root):
    return root.call("iam:CreateAccessKey", user_name="amin")["AccessKey"]["AccessKeyId"]


def test_a_key_is_deactivated_and_activated(browser, key, admin):
    assert f"Deactivate {key}?" in text_of(browser.get(f"{BASE}/access-keys/{key}/deactivate"))
    page = text_of(browser.post(f"{BASE}/access-keys/{key}/deactivate", follow=True))
    assert f"Access key {key} deactivated." in page
    assert "Inactive" in page
    assert f"Access key {key} activated." in text_of(browser.post(f"{BASE}/access-keys/{key}/activate", follow=True))
    assert admin.call("iam:ListAccessKeys", user_name="amin")["AccessKeyMetadata"][0]["Status"] == "Active"


def test_a_key_is_deleted_in_two_steps(browser, key, admin):
    url = f"{BASE}/access-keys/{key}/delete"
    assert 'name="confirm"' not in text_of(browser.get(url))
    second = browser.post(url, {"deactivate": "1"}, follow=True)
    assert 'name="confirm"' in text_of(second)
    assert browser.post(url, {"confirm": key.lower()}).status_code == 422
    assert f"Access key {key} deleted." in text_of(browser.post(url, {"confirm": key}, follow=True))
    assert not admin.call("iam:ListAccessKeys", user_name="amin")["AccessKeyMetadata"]


def test_a_key_gone_in_another_tab_is_said_so(browser):
    page = text_of(browser.get(f"{BASE}/access-keys/AKIAAAAAAAAAAAAAAAAA/delete", follow=True))
    assert "The Access Key with id AKIAAAAAAAAAAAAAAAAA cannot be found." in page


def test_the_description_is_edited_and_escaped(browser, key, root):
    url = f"{BASE}/access-keys/{key}/description"
    assert "Description updated." in text_of(browser.post(url, {"description": "build server"}, follow=True))
    assert 'value="build server"' in text_of(browser.get(url))
    answer = browser.post(url, {"description": "<script>alert(1)</script>"})
    assert answer.status_code == 422
    assert "<script>alert" not in text_of(answer)
    assert "Description updated." in text_of(browser.post(url, {"description": ""}, follow=True))
