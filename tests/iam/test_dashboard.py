"""The IAM dashboard: each tile with its own calls, the account's alias."""

from __future__ import annotations

import html

import pytest
from django.utils import timezone

from iamconsole.cloudtrail.models import Event
from iamconsole.iam import mfa
from iamconsole.sandboxes import lifecycle
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db


def body(response) -> str:
    return html.unescape(response.content.decode())


def titles(answer) -> dict[str, str]:
    return {row.title: row.status for row in answer.context["rows"]}


def codes(seed):
    step = mfa.step_at(timezone.now())
    return {
        "authentication_code1": mfa.code_at(seed, step - 1),
        "authentication_code2": mfa.code_at(seed, step),
    }


def with_mfa(client, user_name=""):
    """Assign a device to a user, or to the root user."""
    made = client.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name=f"phone-of-{user_name or 'root'}")
    device = made["VirtualMFADevice"]
    who = {"user_name": user_name} if user_name else {}
    action = "iam:EnableMFADevice" if user_name else "iam:EnableRootMFADevice"
    seed = device["Base32StringSeed"].decode()
    client.call(action, serial_number=device["SerialNumber"], **who, **codes(seed))


def test_it_counts_what_the_account_has(as_user, sandbox, root):
    root.call("iam:CreateGroup", group_name="HR")
    answer = as_user("admin").get("/iam/home")

    counts = {label: number for label, number, _ in answer.context["resources"]}
    assert list(counts) == ["User groups", "Users", "Roles", "Policies", "Identity providers"]
    summary = root.call("iam:GetAccountSummary")["SummaryMap"]
    assert list(counts.values()) == [1, 3, summary["Roles"], 3, 0]
    assert f"http://testserver/console?account={sandbox.account_id}" in body(answer)


def test_a_new_account_has_two_roles_and_nothing_else(as_user):
    """D2 of the course, on the account that D1 opens."""
    account = lifecycle.create("bare")
    root = client_for(account)
    for key in root.call("iam:ListAccessKeys")["AccessKeyMetadata"]:
        root.call("iam:DeleteAccessKey", access_key_id=key["AccessKeyId"])
    answer = as_user("", account).get("/iam/home")
    assert [number for _, number, _ in answer.context["resources"]] == [0, 0, 2, 0, 0]
    assert titles(answer) == {"Add MFA for root user": "warning", "Root user has no active access keys": "success"}


def test_it_makes_the_calls_of_awss_page_in_their_order(as_user):
    browser = as_user("amin")
    Event.objects.all().delete()
    browser.get("/iam/home")
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert names == ["GetAccountSummary", "ListAccountAliases", "ListMFADevices", "ListAccessKeys"]


def test_a_refresh_gets_only_the_numbers_and_asks_only_for_them(as_user):
    browser = as_user("admin")
    Event.objects.all().delete()
    part = browser.get("/iam/home", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="resources").content.decode()

    assert "IAM resources" in part
    assert "<html" not in part
    assert [event.name for event in Event.objects.all()] == ["GetAccountSummary"]


#    allowed                   numbers  root rows  alias  own MFA  own keys
TILES = [
    ("iam:GetAccountSummary",  True,    True,      False, False,   False),
    ("iam:ListAccountAliases", False,   False,     True,  False,   False),
    ("iam:ListMFADevices",     False,   False,     False, True,    False),
    ("iam:ListAccessKeys",     False,   False,     False, False,   True),
]  # fmt: skip


@pytest.mark.parametrize(("action", "numbers", "root_rows", "alias", "own_mfa", "own_keys"), TILES)
def test_each_tile_is_refused_alone(as_user, admin, action, numbers, root_rows, alias, own_mfa, own_keys):
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=policy(allow(action)))

    answer = as_user("amin").get("/iam/home")

    assert (answer.context["resources"][0][1] is not None) is numbers
    assert ("Root user has no active access keys" in titles(answer)) is root_rows
    assert bool(answer.context["aliases"]) is alias
    assert ("Add MFA for yourself" in titles(answer)) is own_mfa
    assert any(title.startswith("Your user, amin, does not have") for title in titles(answer)) is own_keys
    assert body(answer).count("Access denied to") + body(answer).count("Access denied<") >= 3
    assert f"no identity-based policy allows the {action} action" not in body(answer)


def test_the_root_user_is_told_to_add_mfa_and_praised_for_having_no_access_keys(as_user, root):
    browser = as_user()
    answer = browser.get("/iam/home")
    assert titles(answer) == {"Add MFA for root user": "warning", "Root user has no active access keys": "success"}
    assert 'href="/iam/security_credentials/mfa"' in body(answer)
    assert answer.context["open_rows"] == 1

    root.call("iam:CreateAccessKey")
    with_mfa(root)
    answer = browser.get("/iam/home")
    assert titles(answer) == {
        "Root user has MFA": "success",
        "Deactivate or delete access keys for root user": "warning",
    }


def test_a_user_is_told_to_add_mfa_until_it_has_some(as_user, admin):
    browser = as_user("admin")
    answer = browser.get("/iam/home")
    assert titles(answer)["Add MFA for yourself"] == "warning"
    assert "Sign in as the root user (or contact your administrator)" in body(answer)
    with_mfa(admin, "admin")
    assert titles(browser.get("/iam/home"))["You have MFA"] == "success"


# -- the alias -----------------------------------------------------------------------------------------


def test_an_alias_is_created_changed_and_deleted_and_makes_the_sign_in_url(as_user, sandbox):
    browser = as_user("admin")
    page = browser.get("/iam/account-alias")
    assert f"Create alias for AWS account {sandbox.account_id}" in body(page)
    assert "Must be not more than 63 characters. Valid characters are a-z, 0-9, and - (hyphen)." in body(page)

    answer = browser.post("/iam/account-alias", {"account_alias": "company1"}, follow=True)
    assert "Alias created for this account." in body(answer)
    assert answer.context["alias"] == "company1"
    assert "http://testserver/company1/console" in body(answer)

    page = browser.get("/iam/account-alias")
    assert f"Edit alias for AWS account {sandbox.account_id}" in body(page)
    assert 'value="company1"' in body(page)
    answer = browser.post("/iam/account-alias", {"account_alias": "company-1", "present": "1"}, follow=True)
    assert "Alias updated for this account." in body(answer)

    assert f"Delete alias for AWS account {sandbox.account_id}?" in body(browser.get("/iam/account-alias/delete"))
    answer = browser.post("/iam/account-alias/delete", {"account_alias": "company-1"}, follow=True)
    assert "Alias deleted for this account." in body(answer)
    assert f"http://testserver/console?account={sandbox.account_id}" in body(answer)


def test_a_bad_alias_is_refused_at_its_field_and_the_preview_follows_what_is_typed(as_user):
    browser = as_user("admin")
    answer = browser.post("/iam/account-alias", {"account_alias": "Company1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["account_alias"]
    assert "/company1/console" in body(browser.get("/iam/account-alias/preview?account_alias=company1"))
    assert "/console" not in body(browser.get("/iam/account-alias/preview?account_alias=a--b"))


def test_who_may_not_name_the_account_is_told_so(as_user, admin):
    document = policy(allow("iam:*"), deny("iam:CreateAccountAlias"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    answer = as_user("amin").post("/iam/account-alias", {"account_alias": "company1"})
    assert answer.status_code == 422
    assert "not authorized to perform: iam:CreateAccountAlias" in body(answer)
    assert "Explain this denial" in body(answer)


def test_the_alias_is_in_every_sign_in_link_that_the_console_gives(as_user, root):
    root.call("iam:CreateAccountAlias", account_alias="company1")
    browser = as_user("admin")
    for page in ("/iam/users/details/Sarah?section=security_credentials", "/iam/security_credentials"):
        assert "http://testserver/company1/console" in body(browser.get(page))
