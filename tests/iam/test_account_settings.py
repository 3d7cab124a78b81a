"""Account settings: the password policy's form, its question, and the STS endpoints."""

from __future__ import annotations

import html
import re

import pytest

from iamconsole.cloudtrail.models import Event
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

PAGE = "/iam/account_settings"
EDIT = "/iam/account_settings/edit-password-policy"
CUSTOM = {
    "kind": "custom",
    "minimum_password_length": "14",
    "require_uppercase_characters": "on",
    "require_numbers": "on",
    "expires": "on",
    "max_password_age": "90",
    "hard_expiry": "on",
    "allow_users_to_change_password": "on",
    "reuse": "on",
    "password_reuse_prevention": "5",
}


def body(response) -> str:
    return html.unescape(response.content.decode())


def hidden_inputs(page: str) -> dict[str, str]:
    """What the question posts again: the values of its hidden inputs."""
    form = page.partition('id="confirm-form"')[2].partition("</form>")[0]
    found = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    found.pop("csrfmiddlewaretoken")
    return found


def saved(admin):
    return admin.call("iam:GetAccountPasswordPolicy")["PasswordPolicy"]


def test_the_default_policy_is_listed_until_there_is_a_custom_one(as_user, admin):
    browser = as_user("admin")
    page = body(browser.get(PAGE))
    assert "This AWS account uses the following default password policy:" in page
    assert "Password minimum length: 8 characters" in page
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=12, max_password_age=1, hard_expiry=True)
    page = body(browser.get(PAGE))
    assert "This AWS account uses the following custom password policy:" in page
    for text in (
        "Password minimum length: 12 characters",
        "Password expires in 1 day<",
        "Password expiration requires administrator reset",
    ):
        assert text in page
    assert "Must not be identical" not in page
    assert "prevent reuse" not in page


def test_it_makes_the_calls_of_awss_page(as_user):
    browser = as_user("admin")
    Event.objects.all().delete()
    browser.get(PAGE)
    assert [event.name for event in Event.objects.order_by("id")] == ["GetAccountPasswordPolicy", "GetAccountSummary"]


@pytest.mark.parametrize(
    ("action", "policy_shown", "version_shown"),
    [("iam:GetAccountPasswordPolicy", True, False), ("iam:GetAccountSummary", False, True)],
)
def test_each_block_is_refused_alone(as_user, admin, action, policy_shown, version_shown):
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=policy(allow(action)))
    page = body(as_user("amin").get(PAGE))
    assert ("This AWS account uses the following default password policy:" in page) is policy_shown
    assert ("Valid only in AWS Regions enabled by default" in page) is version_shown
    assert "Access denied" in page
    assert "https://sts.eu-central-1.amazonaws.com" in page


def test_the_token_version_is_the_account_s(as_user, admin):
    admin.call("iam:SetSecurityTokenServicePreferences", global_endpoint_token_version="v2Token")
    assert body(as_user("admin").get(PAGE)).count("Valid in all AWS Regions") == 2


def test_saving_asks_first_and_sets_the_custom_policy_as_a_whole(as_user, admin):
    browser = as_user("admin")
    question = browser.post(EDIT, CUSTOM)
    page = body(question)
    assert question.status_code == 200
    assert "Set custom password policy?" in page
    assert "Set custom<" in page
    assert not Event.objects.filter(name="UpdateAccountPasswordPolicy").exists()
    answer = browser.post(EDIT, hidden_inputs(page), follow=True)
    assert answer.request["PATH_INFO"] == PAGE
    assert "Password requirements for IAM users are updated." in body(answer)
    assert saved(admin) == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": True,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 5,
        "HardExpiry": True,
    }


def test_numbers_of_boxes_that_are_not_ticked_do_not_count(as_user, admin):
    kept = {name: value for name, value in CUSTOM.items() if name not in ("expires", "reuse")}
    as_user("admin").post(EDIT, kept | {"confirmed": "1", "max_password_age": "7000"})
    assert not {"MaxPasswordAge", "PasswordReusePrevention", "HardExpiry"} & saved(admin).keys()


def test_the_form_shows_the_present_policy(as_user, admin):
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=9, max_password_age=30)
    form = as_user("admin").get(EDIT).context["form"]
    assert form["kind"].value() == "custom"
    assert form["minimum_password_length"].value() == 9
    assert (form["expires"].value(), form["max_password_age"].value()) == (True, 30)
    assert form["reuse"].value() is False


def test_back_to_the_default(as_user, admin):
    browser = as_user("admin")
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=9)
    page = body(browser.post(EDIT, {"kind": "default", "minimum_password_length": "junk"}))
    assert "Set default password policy?" in page
    assert "Set default<" in page
    for _ in range(2):  # once there is nothing left to delete, it is as asked for all the same
        answer = browser.post(EDIT, {"kind": "default", "confirmed": "1"}, follow=True)
        assert "Password requirements for IAM users are updated." in body(answer)
    assert "default password policy:" in body(browser.get(PAGE))


#    field                        value   text
OUTSIDE = [
    ("minimum_password_length",   "5",    "Needs to be between 6 and 128."),
    ("minimum_password_length",   "129",  "Needs to be between 6 and 128."),
    ("minimum_password_length",   "",     "Needs to be between 6 and 128."),
    ("minimum_password_length",   "١٢x",  "Needs to be between 6 and 128."),
    ("max_password_age",          "0",    "Needs to be between 1 and 1095 days."),
    ("max_password_age",          "1096", "Needs to be between 1 and 1095 days."),
    ("password_reuse_prevention", "25",   "Needs to be between 1 and 24 passwords."),
    ("password_reuse_prevention", "",     "Needs to be between 1 and 24 passwords."),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "text"), OUTSIDE)
def test_a_number_outside_its_limits_is_told_beside_it(as_user, field, value, text):
    answer = as_user("admin").post(EDIT, CUSTOM | {field: value, "confirmed": "1"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [text]}
    assert not Event.objects.filter(name="UpdateAccountPasswordPolicy").exists()


def test_with_a_script_what_is_wrong_is_shown_in_the_form_and_the_question_over_it(as_user):
    browser = as_user("admin")
    htmx = {"HX-Request": "true", "HX-Target": "modal-root"}
    wrong = browser.post(EDIT, CUSTOM | {"max_password_age": "0"}, headers=htmx)
    assert (wrong.status_code, wrong["HX-Retarget"]) == (422, "#password-policy-form")
    question = browser.post(EDIT, CUSTOM, headers=htmx)
    assert "HX-Retarget" not in question
    assert "<dialog" in body(question)


@pytest.mark.parametrize("sent", [CUSTOM, {"kind": "default"}])
def test_a_refusal_is_told_in_the_question_and_what_was_chosen_stays(as_user, admin, sent):
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=9)
    answer = as_user("amin").post(EDIT, sent | {"confirmed": "1"})
    page = body(answer)
    assert answer.status_code == 422
    assert "The password policy was not changed." in page
    assert "AccountPasswordPolicy" in page
    assert hidden_inputs(page) == sent | {"confirmed": "1"}
    assert saved(admin)["MinimumPasswordLength"] == 9


def test_awss_address_of_the_form_leads_to_it(as_user):
    assert as_user("admin").get("/iam/edit-password-policy").url == EDIT


# -- service control policies ------------------------------------------------------------------------


def test_an_account_of_no_organization_is_told_so(as_user):
    page = body(as_user("amin").get("/iam/organizations/scp"))
    assert "Your account is not part of an organization" in page
    assert 'aria-current="page"' in page
