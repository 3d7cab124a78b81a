"""The account's password policy, where it acts and when.

Source: limits.md §5; IAM User Guide, "Set an account password policy for IAM users".
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.core.ids import Ids
from iamconsole.gateway import callers, door
from iamconsole.gateway.client import AwsClient
from iamconsole.iam import passwords, queries
from iamconsole.iam.models import LoginProfile, User
from iamconsole.policy import AttachedPolicy, PolicySet, Request, decide, parse
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db

DEFAULTS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
    "ExpirePasswords": False,
}
REUSED = "Policy constraint violation with password reuse prevention during password change."


def refusal(client, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    return error.value.code, error.value.message


def the_policy(client):
    return client.call("iam:GetAccountPasswordPolicy")["PasswordPolicy"]


def test_an_account_has_no_custom_policy_until_one_is_set_and_after_it_is_deleted(admin, sandbox):
    missing = ("NoSuchEntity", f"The Password Policy with domain name {sandbox.account_id} cannot be found.")
    assert refusal(admin, "iam:GetAccountPasswordPolicy") == missing
    assert refusal(admin, "iam:DeleteAccountPasswordPolicy") == missing
    admin.call("iam:UpdateAccountPasswordPolicy")
    assert the_policy(admin) == DEFAULTS
    admin.call("iam:DeleteAccountPasswordPolicy")
    assert refusal(admin, "iam:GetAccountPasswordPolicy") == missing


def test_an_update_is_never_partial(admin):
    admin.call(
        "iam:UpdateAccountPasswordPolicy",
        minimum_password_length=14,
        require_symbols=True,
        max_password_age=90,
        password_reuse_prevention=24,
        hard_expiry=True,
    )
    assert the_policy(admin) == DEFAULTS | {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 24,
        "HardExpiry": True,
    }
    admin.call("iam:UpdateAccountPasswordPolicy", require_numbers=True)
    assert the_policy(admin) == DEFAULTS | {"RequireNumbers": True}


@pytest.mark.parametrize(
    ("member", "value", "bound"),
    [
        ("minimum_password_length", 5, "greater than or equal to 6"),
        ("minimum_password_length", 129, "less than or equal to 128"),
        ("max_password_age", 0, "greater than or equal to 1"),
        ("max_password_age", 1096, "less than or equal to 1095"),
        ("password_reuse_prevention", 0, "greater than or equal to 1"),
        ("password_reuse_prevention", 25, "less than or equal to 24"),
    ],
)
def test_numbers_out_of_range_are_refused(admin, member, value, bound):
    code, message = refusal(admin, "iam:UpdateAccountPasswordPolicy", **{member: value})
    assert code == "ValidationError"
    assert bound in message


# Password, and what the API says of it; the default policy first.
DEFAULT_POLICY = [
    ("Sh0rt!!", "Password should have a minimum length of 8"),
    ("onlyletters", "Password should meet 2 more of the following requirements: Password should have at least one "
     "uppercase letter, Password should have at least one number, Password should have at least one symbol"),
    ("letters1", "Password should meet 1 more of the following requirements: Password should have at least one "
     "uppercase letter, Password should have at least one symbol"),
    ("HR@company1.com", "Password does not conform to the account password policy."),
]  # fmt: skip


@pytest.mark.parametrize(("password", "message"), DEFAULT_POLICY)
def test_the_default_policy_says_what_is_missing(admin, password, message):
    assert refusal(admin, "iam:CreateLoginProfile", user_name="amin", password=password) == (
        "PasswordPolicyViolation",
        message,
    )


CUSTOM_POLICY = [
    ({"minimum_password_length": 12}, "Elevenchars", "Password should have a minimum length of 12"),
    ({"require_uppercase_characters": True}, "lower1!", "Password should have at least one uppercase letter"),
    ({"require_lowercase_characters": True}, "UPPER1!", "Password should have at least one lowercase letter"),
    ({"require_numbers": True}, "Letters!", "Password should have at least one number"),
    ({"require_symbols": True}, "Letters1", "Password should have at least one symbol"),
    # A symbol that is not among those that count.
    ({"require_symbols": True}, "Letters1.,;", "Password should have at least one symbol"),
    (
        {"require_symbols": True, "require_numbers": True},
        "Letters",
        "Password should have at least one number, Password should have at least one symbol",
    ),
]


@pytest.mark.parametrize(("asked", "password", "message"), CUSTOM_POLICY)
def test_a_custom_policy_says_what_is_missing(admin, asked, password, message):
    admin.call("iam:UpdateAccountPasswordPolicy", **asked)
    violation = ("PasswordPolicyViolation", message)
    assert refusal(admin, "iam:CreateLoginProfile", user_name="amin", password=password) == violation
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Fine-Passw0rd")
    assert refusal(admin, "iam:UpdateLoginProfile", user_name="amin", password=password) == violation


def test_a_custom_policy_that_asks_for_little_takes_what_the_default_one_would_not(admin):
    admin.call("iam:UpdateAccountPasswordPolicy")
    admin.call("iam:CreateLoginProfile", user_name="amin", password="simple")


def test_rules_of_form_act_at_the_next_change_only(admin, sandbox):
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=20)
    assert sign_in(sandbox, "amin")["PasswordResetRequired"] is False
    code, message = refusal(
        client_with_password_rights(admin, sandbox),
        "iam:ChangePassword",
        old_password="Passw0rd!",
        new_password="Passw0rd!!",
    )
    assert (code, message) == ("PasswordPolicyViolation", "Password should have a minimum length of 20")


def client_with_password_rights(admin, sandbox):
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    return client_for(sandbox, "amin")


def test_a_password_may_be_left_out_by_nobody_here(admin):
    code, message = refusal(admin, "iam:CreateLoginProfile", user_name="amin")
    assert (code, "Member must not be null" in message) == ("ValidationError", True)


# -- reuse ------------------------------------------------------------------------------------------


def test_the_present_and_the_remembered_passwords_cannot_be_used_again(admin, sandbox):
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd-0")
    amin = client_with_password_rights(admin, sandbox)
    for number in range(3):
        change = {"old_password": f"Passw0rd-{number}", "new_password": f"Passw0rd-{number + 1}"}
        amin.call("iam:ChangePassword", **change)
    # Set afterwards: what was used before counts.
    admin.call("iam:UpdateAccountPasswordPolicy", password_reuse_prevention=3)
    for number in (1, 2, 3):
        change = {"old_password": "Passw0rd-3", "new_password": f"Passw0rd-{number}"}
        assert refusal(amin, "iam:ChangePassword", **change) == ("PasswordPolicyViolation", REUSED)
    admin_again = {"user_name": "amin", "password": "Passw0rd-2"}
    assert refusal(admin, "iam:UpdateLoginProfile", **admin_again) == ("PasswordPolicyViolation", REUSED)
    amin.call("iam:ChangePassword", old_password="Passw0rd-3", new_password="Passw0rd-0")


def test_no_more_than_24_former_passwords_are_kept_and_only_as_hashes(admin, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd-00")
    for number in range(1, 27):
        admin.call("iam:UpdateLoginProfile", user_name="amin", password=f"Passw0rd-{number:02}")
    former = LoginProfile.objects.get(user__name="amin").former
    assert len(former) == passwords.REMEMBERED == 24
    assert not any("Passw0rd" in one for one in former)


def test_a_password_that_was_changed_between_the_check_and_the_lock_is_not_overwritten(admin, monkeypatch):
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    checked = passwords.refuse_former

    def meanwhile(*arguments):
        checked(*arguments)
        LoginProfile.objects.filter(user__name="amin").update(password="another")

    monkeypatch.setattr(passwords, "refuse_former", meanwhile)
    code, _ = refusal(admin, "iam:UpdateLoginProfile", user_name="amin", password="Passw0rd!!")
    assert code == "EntityTemporarilyUnmodifiable"
    assert LoginProfile.objects.get(user__name="amin").password == "another"


@pytest.mark.parametrize("action", ["iam:CreateLoginProfile", "iam:UpdateLoginProfile"])
def test_who_is_made_between_the_check_and_the_lock_is_not_found(admin, sandbox, monkeypatch, action):
    """The password was held against nobody's rules then, and must not be anybody's."""
    lock = door.lock_account

    def meanwhile(account_key):
        made = User.objects.create(account=sandbox, name="ghost", unique_id="AIDA" + "G" * 17, created=sandbox.created)
        if action == "iam:UpdateLoginProfile":
            LoginProfile.objects.create(user=made, password="kept", created=made.created, changed=made.created)
        return lock(account_key)

    monkeypatch.setattr(door, "lock_account", meanwhile)
    code, _ = refusal(admin, action, user_name="ghost", password="Passw0rd!")
    assert code == "NoSuchEntity"
    assert not LoginProfile.objects.exclude(password="kept").filter(user__name="ghost").exists()


# -- expiration -------------------------------------------------------------------------------------


def sign_in(account, name, password="Passw0rd!"):
    door = AwsClient(callers.stranger_at(account), client_for(account, face="signin").context)
    return door.call("signin:ConsoleLogin", user_name=name, password=password)


def set_password(admin, days_ago, name="amin"):
    admin.call("iam:CreateLoginProfile", user_name=name, password="Passw0rd!")
    profile = LoginProfile.objects.filter(user__name=name)
    profile.update(changed=profile.get().changed - dt.timedelta(days=days_ago))


def test_an_expiration_acts_at_once_and_asks_for_a_new_password_at_the_next_sign_in(admin, sandbox):
    set_password(admin, days_ago=91)
    assert sign_in(sandbox, "amin")["PasswordResetRequired"] is False
    admin.call("iam:UpdateAccountPasswordPolicy", max_password_age=92)
    assert sign_in(sandbox, "amin")["PasswordResetRequired"] is False
    admin.call("iam:UpdateAccountPasswordPolicy", max_password_age=91)
    assert sign_in(sandbox, "amin")["PasswordResetRequired"] is True


def test_an_expired_password_is_changed_on_the_way_in(admin, sandbox):
    set_password(admin, days_ago=30)
    admin.call(
        "iam:UpdateAccountPasswordPolicy",
        max_password_age=30,
        allow_users_to_change_password=True,
        minimum_password_length=10,
    )
    browser = Client()
    answer = browser.post("/signin/iam", {"account": sandbox.account_id, "user_name": "amin", "password": "Passw0rd!"})
    assert answer.url == "/signin/change-password"
    assert browser.get("/console/home").url == "/signin/change-password"
    changed = {"old_password": "Passw0rd!", "new_password": "NewPassw0rd", "retyped": "NewPassw0rd"}
    assert browser.post("/signin/change-password", changed).status_code == 302
    assert browser.get("/console/home").status_code == 200


def test_where_an_expiration_requires_an_administrator_nobody_gets_in_until_the_reset(admin, sandbox):
    set_password(admin, days_ago=40)
    admin.call("iam:UpdateAccountPasswordPolicy", max_password_age=30, hard_expiry=True)
    credentials = {"account": sandbox.account_id, "user_name": "amin", "password": "Passw0rd!"}
    page = Client().post("/signin/iam", credentials).content.decode()
    assert "requires administrator reset" in page
    assert (
        "requires administrator reset"
        not in Client().post("/signin/iam", credentials | {"password": "x"}).content.decode()
    )
    event = Event.objects.filter(name="ConsoleLogin", error_code="PasswordExpired").get()
    assert (event.user_name, event.response) == ("amin", {"ConsoleLogin": "Failure"})
    assert User.objects.get(name="amin").password_last_used is None

    admin.call("iam:UpdateLoginProfile", user_name="amin", password="An0ther-one", password_reset_required=False)
    assert sign_in(sandbox, "amin", "An0ther-one")["PasswordResetRequired"] is False


def test_who_has_an_access_key_may_change_even_a_hard_expired_password(admin, sandbox):
    """ "IAM users with iam:ChangePassword permission and active access keys can reset their own expired console
    password using the CLI or API" (API Reference, UpdateAccountPasswordPolicy)."""
    set_password(admin, days_ago=40)
    admin.call(
        "iam:UpdateAccountPasswordPolicy", max_password_age=30, hard_expiry=True, allow_users_to_change_password=True
    )
    change = {"old_password": "Passw0rd!", "new_password": "NewPassw0rd"}
    client_for(sandbox, "amin").call("iam:ChangePassword", **change)
    assert sign_in(sandbox, "amin", "NewPassw0rd")["PasswordResetRequired"] is False


def test_a_failed_expired_sign_in_is_no_wrong_guess(admin, sandbox):
    """The throttle counts wrong passwords; an expired one was right."""
    set_password(admin, days_ago=40)
    admin.call("iam:UpdateAccountPasswordPolicy", max_password_age=30, hard_expiry=True)
    for _ in range(2):
        with pytest.raises(AwsError):
            sign_in(sandbox, "amin")
    assert not Event.objects.filter(name="ConsoleLogin", error_code="Failure").exists()


# -- what the account allows to all its users -------------------------------------------------------


def test_users_may_change_their_own_password_and_see_the_policy_once_the_account_says_so(admin, sandbox):
    admin.call("iam:CreateUser", user_name="ann", path="/hr/")
    for name in ("amin", "ann"):
        admin.call("iam:CreateLoginProfile", user_name=name, password="Passw0rd!")
        with pytest.raises(AccessDenied):
            client_for(sandbox, name).call("iam:GetAccountPasswordPolicy")
    admin.call("iam:UpdateAccountPasswordPolicy", allow_users_to_change_password=True)
    for name in ("amin", "ann"):
        user = client_for(sandbox, name)
        assert the_policy(user)["AllowUsersToChangePassword"] is True
        user.call("iam:ChangePassword", old_password="Passw0rd!", new_password="NewPassw0rd")
        with pytest.raises(AccessDenied):
            user.call("iam:ListUsers")
    admin.call("iam:UpdateAccountPasswordPolicy")
    with pytest.raises(AccessDenied):
        client_for(sandbox, "amin").call("iam:GetAccountPasswordPolicy")


def test_what_the_account_allows_an_explicit_deny_still_takes_away(admin, sandbox):
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    admin.call("iam:UpdateAccountPasswordPolicy", allow_users_to_change_password=True)
    admin.call(
        "iam:PutUserPolicy",
        user_name="amin",
        policy_name="no",
        policy_document=policy(allow("*"), deny("iam:ChangePassword")),
    )
    with pytest.raises(AccessDenied, match="explicit deny"):
        client_for(sandbox, "amin").call("iam:ChangePassword", old_password="Passw0rd!", new_password="NewPassw0rd")


def test_a_permissions_boundary_does_not_limit_what_the_account_allows(admin, sandbox):
    """As AWS documents nowhere; see docs/design.md. Everything else stays within the boundary."""
    admin.call("iam:UpdateAccountPasswordPolicy", allow_users_to_change_password=True)
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="all", policy_document=policy(allow("*")))
    user = User.objects.get(name="amin")
    boundary = AttachedPolicy(parse(policy(allow("s3:GetObject")), "boundary"), "narrow", "boundary")
    policies = PolicySet(identity=queries.policies_of(User, user.pk, 0, sandbox.account_id).identity, boundary=boundary)
    principal = callers.principal_of(sandbox, user)

    def may(action, resource):
        return decide(Request(principal, action, resource, context=principal.context()), policies).allowed

    own, other = (f"arn:aws:iam::{sandbox.account_id}:user/{name}" for name in ("amin", "Sarah"))
    assert may("iam:ChangePassword", own)
    assert may("iam:GetAccountPasswordPolicy", "*")
    assert not may("iam:ChangePassword", other)
    assert not may("iam:ListUsers", "*")


def test_who_has_a_narrow_boundary_changes_its_password_and_the_ladder_says_why(admin, sandbox):
    """The course's Sara-intern: with the setting off the boundary stops her at her first sign-in."""
    narrow = admin.call("iam:CreatePolicy", policy_name="narrow", policy_document=policy(allow("s3:GetObject")))
    boundary = {"user_name": "amin", "permissions_boundary": narrow["Policy"]["Arn"]}
    admin.call("iam:PutUserPermissionsBoundary", **boundary)
    amin = client_with_password_rights(admin, sandbox)
    admin.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!")
    change = {"old_password": "Passw0rd!", "new_password": "NewPassw0rd"}
    code, message = refusal(amin, "iam:ChangePassword", **change)
    assert (code, message.endswith("because no permissions boundary allows the iam:ChangePassword action")) == (
        "AccessDenied",
        True,
    )
    admin.call("iam:UpdateAccountPasswordPolicy", allow_users_to_change_password=True)
    client_for(sandbox, "amin").call("iam:ChangePassword", **change)
    event = Event.objects.filter(user_name="amin", name="ChangePassword").latest("id")
    details = admin.call("iam:GetRequestAuthorizationDetails", event_id=str(event.event_id))
    stages = {stage["name"]: stage["verdict"] for stage in details["Stages"]}
    assert (details["OutcomeNow"], stages["identity"], stages["boundary"]) == ("allowed", "allows", "not_applicable")


def test_the_explanation_names_the_account_password_policy(admin, sandbox):
    admin.call("iam:UpdateAccountPasswordPolicy", allow_users_to_change_password=True)
    amin = client_for(sandbox, "amin")
    amin.call("iam:GetAccountPasswordPolicy")
    amin.flush()
    event = Event.objects.filter(user_name="amin", name="GetAccountPasswordPolicy").latest("id")
    admin.call("iam:DeleteAccountPasswordPolicy")  # explained all the same when the setting is gone
    details = admin.call("iam:GetRequestAuthorizationDetails", event_id=str(event.event_id))
    assert (details["Outcome"], details["DecidedBy"], details["Lost"]) == ("allowed", "identity", [])
    matching = [one for one in details["Statements"] if one["Matched"]]
    assert [(one["Source"], one["PolicyName"]) for one in matching] == [
        ("account", passwords.ALLOW_USERS_TO_CHANGE_NAME)
    ]


# -- pages ------------------------------------------------------------------------------------------


def test_the_rules_beside_a_password_are_those_of_the_account(admin, as_user):
    admin.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=30, require_symbols=True)
    browser = as_user("admin")
    page = browser.get("/iam/users/details/amin/enable-console").content.decode()
    assert "Must be at least 30 characters long" in page
    assert "Must include at least one symbol" in page
    assert "three of the following" not in page
    typed = {"custom_password": "short"}
    url = "/iam/users/password-rules?MinimumPasswordLength=30&RequireSymbols=True"
    assert url.replace("&", "&amp;") in page
    rules = browser.post(url, typed).content.decode()
    assert rules.count('data-met="no"') == 2


def test_a_generated_password_keeps_the_rules_of_the_account(admin, as_user):
    admin.call(
        "iam:UpdateAccountPasswordPolicy",
        minimum_password_length=40,
        require_symbols=True,
        require_numbers=True,
        require_uppercase_characters=True,
        require_lowercase_characters=True,
    )
    answer = as_user("admin").post("/iam/users/details/amin/enable-console", {"password_kind": "auto"})
    assert answer.status_code == 302
    assert LoginProfile.objects.filter(user__name="amin").exists()
    assert len(Ids().password(128)) == 128


def test_a_rule_list_that_is_made_up_shows_the_default_rules(as_user):
    browser = as_user("admin")
    for query in (
        "MinimumPasswordLength=x",
        "MinimumPasswordLength=9999",
        "RequireSymbols=1",
        "MinimumPasswordLength=²",
    ):
        page = browser.post(f"/iam/users/password-rules?{query}", {"custom_password": "a"}).content.decode()
        assert "Must be at least 8 characters long" in page
