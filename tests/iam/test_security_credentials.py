"""My security credentials, and the MFA pages of a user: every block by itself, for the root user and for users."""

from __future__ import annotations

import html
import re

import pytest
from django.utils import timezone

from iamconsole.cloudtrail.models import Event
from iamconsole.iam import mfa
from iamconsole.iam.models import AccessKey, MfaDevice
from iamconsole.sandboxes import lifecycle
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

HOME = "/iam/security_credentials"
CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"


def body(response) -> str:
    return html.unescape(response.content.decode())


def codes(seed: str) -> dict[str, str]:
    step = mfa.step_at(timezone.now())
    return {"authentication_code1": mfa.code_at(seed, step - 1), "authentication_code2": mfa.code_at(seed, step)}


@pytest.fixture
def john(root, as_user):
    """A browser in which john is signed in, who may change his password and nothing else."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=CHANGE_PASSWORD)
    return as_user("john")


# -- the page --------------------------------------------------------------------------------------


def test_a_user_sees_every_block(as_user, sandbox):
    page = body(as_user("admin").get(HOME))
    for text in (
        "My security credentials",
        f"arn:aws:iam::{sandbox.account_id}:user/admin",
        "AWS CodeCommit credentials",
        "Update password",
        "No MFA devices. Assign an MFA device to improve the security of your AWS environment",
        AccessKey.objects.get(user__name="admin").access_key_id,
    ):
        assert text in page
    assert "Access denied" not in page


def test_the_root_user_sees_its_account(as_user, sandbox):
    page = body(as_user().get(HOME))
    assert "My security credentials (root user)" in page
    assert "Account details" in page
    assert sandbox.account_id in page
    assert "No access keys." in page
    assert "CodeCommit" not in page


def test_john_sees_a_box_for_every_block(john):
    page = body(john.get(HOME))
    for action in ("iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"):
        assert f"no identity-based policy allows the {action} action" in page


@pytest.mark.parametrize("action", ["iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"])
def test_each_block_is_refused_alone(john, root, action):
    others = {"iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"} - {action}
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=policy(allow(sorted(others))))
    refused = re.findall(r"no identity-based policy allows the (\S+) action", body(john.get(HOME)))
    assert set(refused) - {"iam:ListAccountAliases"} == {action}


def test_credentials_without_pages_say_which_command_makes_them(as_user):
    page = body(as_user("admin").get(f"{HOME}?tab=codecommit"))
    for text in ("SSH public keys for AWS CodeCommit", "HTTPS Git credentials for AWS CodeCommit"):
        assert text in page
    assert "aws iam list-ssh-public-keys --user-name admin" in page
    assert "X.509" not in page
    assert "X.509 Signing certificates" in body(as_user("admin").get(HOME))
    assert "X.509" not in body(as_user().get(HOME))


# -- the password ------------------------------------------------------------------------------------


def change(browser, old, new, again=None):
    data = {"old_password": old, "new_password": new, "confirm_password": again or new}
    return browser.post(f"{HOME}/update-password", data)


def test_john_changes_his_password(john, sandbox):
    page = body(john.get(f"{HOME}/update-password"))
    assert "Must be at least 8 characters long" in page

    answer = change(john, "Passw0rd!", "N3w-Passw0rd")
    assert answer["Location"] == HOME
    assert "Your password has been updated." in body(john.get(HOME))
    event = Event.objects.filter(name="ChangePassword").latest("id")
    assert event.request == {
        "oldPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "newPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert change(john, "Passw0rd!", "An0ther-One").status_code == 422


PROBLEMS = [
    ("wrong", "N3w-Passw0rd", None, "old_password", "The old password was incorrect."),
    ("Passw0rd!", "weak", None, "new_password", "Password should have a minimum length of 8"),
    ("Passw0rd!", "N3w-Passw0rd", "N3w-Password", "confirm_password", "Passwords do not match"),
    ("Passw0rd!", "", None, "new_password", "New password is required."),
]


@pytest.mark.parametrize(("old", "new", "again", "field", "text"), PROBLEMS)
def test_a_password_that_cannot_be_is_refused_at_its_field(john, old, new, again, field, text):
    answer = change(john, old, new, again)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [text]
    page = body(answer)
    assert not any(f'value="{typed}"' in page for typed in (old, new) if typed)


def test_who_may_not_change_the_password_is_told_so(as_user):
    amin = as_user("amin")
    answer = change(amin, "Passw0rd!", "N3w-Passw0rd")
    assert answer.status_code == 422
    assert "not authorized to perform: iam:ChangePassword" in body(answer)
    hidden = body(amin.get(f"{HOME}/update-password"))
    assert "no identity-based policy allows the iam:GetAccountPasswordPolicy action" in hidden
    assert "Must be at least 8 characters long" not in hidden


def test_the_root_user_changes_its_own_password(as_user, sandbox):
    browser, old = as_user(), lifecycle.describe(sandbox)["root"]["password"]
    wrong = change(browser, "wrong", "N3w-Passw0rd")
    assert wrong.context["form"].errors["old_password"] == ["The old password was incorrect."]
    weak = change(browser, old, "weak")
    assert weak.context["form"].errors["new_password"]
    assert change(browser, old, "N3w-Passw0rd")["Location"] == HOME
    assert "Your password has been updated." in body(browser.get(HOME))
    assert [event.error_code == "" for event in Event.objects.filter(name="PasswordUpdated").order_by("id")] == [
        False,
        False,
        True,
    ]


# -- access keys of one's own --------------------------------------------------------------------------


def test_a_root_access_key_stands_behind_a_warning_and_a_tick(as_user):
    browser = as_user()
    start = browser.get(f"{HOME}/create-access-key")
    assert "Root user access keys are not recommended" in body(start)
    wizard = {"wizard": start.context["wizard"].id}

    refused = browser.post(f"{HOME}/create-access-key", wizard)
    assert refused.status_code == 422
    assert not AccessKey.objects.filter(user=None).exists()

    made = browser.post(f"{HOME}/create-access-key", wizard | {"understood": "on"}, follow=True)
    key = AccessKey.objects.get(user=None)
    assert key.access_key_id in body(made)
    assert 'download="rootkey.csv"' in body(made)
    assert "The secret access key was shown once" in body(browser.get(made.request["PATH_INFO"], {"made": "x"}))


def test_the_root_users_key_is_deactivated_and_deleted(as_user, root):
    key = root.call("iam:CreateAccessKey")["AccessKey"]["AccessKeyId"]
    browser = as_user()
    page = body(browser.get(HOME))
    assert f"{HOME}/access-keys/{key}/delete" in page
    assert "Edit description" not in page
    browser.post(f"{HOME}/access-keys/{key}/deactivate")
    assert not AccessKey.objects.get(access_key_id=key).active
    browser.post(f"{HOME}/access-keys/{key}/activate")
    assert AccessKey.objects.get(access_key_id=key).active
    browser.post(f"{HOME}/access-keys/{key}/deactivate")
    answer = browser.post(f"{HOME}/access-keys/{key}/delete", {"confirm": key}, follow=True)
    assert f"Access key {key} deleted." in body(answer)
    assert not AccessKey.objects.filter(access_key_id=key).exists()
    assert Event.objects.filter(name="DeleteAccessKey").latest("id").request == {"accessKeyId": key}


def test_a_user_describes_its_own_key(as_user):
    browser = as_user("admin")
    key = AccessKey.objects.get(user__name="admin").access_key_id
    browser.post(f"{HOME}/access-keys/{key}/description", {"description": "laptop"})
    assert "laptop" in body(browser.get(HOME))


# -- MFA ------------------------------------------------------------------------------------------------


def begun(browser, where: str, name: str = "phone"):
    """Step 2 of the wizard, after a name was given; the seed is what the page shows."""
    start = browser.get(f"{where}/mfa")
    wizard = start.context["wizard"].id
    data = {"wizard": wizard, "device_name": name, "kind": "authenticator"}
    return browser.post(f"{where}/mfa?step=device&wizard={wizard}", data, follow=True)


def seed_of(page) -> str:
    return page.context["made"]["seed"]


def finish(browser, where: str, page, typed):
    wizard = page.context["wizard"].id
    return browser.post(f"{where}/mfa?step=setup&wizard={wizard}", {"wizard": wizard, **typed})


@pytest.mark.parametrize(
    ("who", "where", "holder"),
    [
        ("admin", HOME, "admin"),
        ("admin", "/iam/users/details/Sarah", "Sarah"),
        ("", HOME, None),
        ("", "/iam/users/details/Sarah", "Sarah"),
    ],
)
def test_a_device_is_assigned_in_two_steps(as_user, sandbox, who, where, holder):
    browser = as_user(who)
    page = begun(browser, where)
    device = MfaDevice.objects.get()
    assert device.enabled is None
    assert "<svg" in body(page)
    assert seed_of(page) == mfa.seed_of(device)
    assert seed_of(page) in body(page)

    wrong = finish(browser, where, page, {"authentication_code1": "000000", "authentication_code2": "000001"})
    assert wrong.status_code == 422
    assert wrong.context["wizard"].form.errors["authentication_code1"] == [
        "Authentication code for device is not valid"
    ]

    answer = finish(browser, where, page, codes(seed_of(page)))
    assert answer.status_code == 302
    home = body(browser.get(answer["Location"]))
    assert "MFA device assigned." in home
    assert f"arn:aws:iam::{sandbox.account_id}:mfa/phone" in home
    device.refresh_from_db()
    assert device.enabled
    assert (device.user.name if device.user else None) == holder
    event = Event.objects.filter(name="EnableMFADevice").latest("id")
    assert seed_of(page) not in str([event.request, event.response, event.context])


def test_the_lab_authenticator_keeps_the_device_and_shows_its_codes(as_user, client, sandbox):
    browser = as_user("admin")
    page = begun(browser, HOME)
    panel = body(browser.get(page.request["PATH_INFO"], {"step": "setup", "wizard": page.context["wizard"].id}))
    step = mfa.step_at(timezone.now())
    assert mfa.code_at(seed_of(page), step) in panel
    answer = finish(browser, HOME, page, codes(seed_of(page)))
    cookie = answer.cookies["authenticator"]
    assert cookie["httponly"]
    assert seed_of(page) not in cookie.value

    # Nobody is signed in here: the app is the browser's.
    client.cookies["authenticator"] = cookie.value
    shown = body(client.get("/lab/authenticator"))
    assert f"admin @ {sandbox.account_id}" in shown
    assert mfa.code_at(seed_of(page), mfa.step_at(timezone.now())) in shown
    gone = client.post("/lab/authenticator/forget", {"account": sandbox.account_id, "name": "phone"}, follow=True)
    assert "No MFA devices" in body(gone)


@pytest.mark.parametrize("cookie", ["", "junk", "gAAAAAB-not-ours", "é"])
def test_an_authenticator_that_we_did_not_write_is_empty(client, cookie):
    client.cookies["authenticator"] = cookie
    assert "No MFA devices" in body(client.get("/lab/authenticator"))


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("", "authenticator", "device_name"),
        ("a b", "authenticator", "device_name"),
        ("d" * 65, "authenticator", "device_name"),
        ("phone", "passkey", "kind"),
        ("phone", "hardware", "kind"),
    ],
)
def test_a_device_that_cannot_be_is_refused_before_anything_is_made(as_user, name, kind, field):
    browser = as_user("admin")
    wizard = browser.get(f"{HOME}/mfa").context["wizard"].id
    data = {"wizard": wizard, "device_name": name, "kind": kind}
    answer = browser.post(f"{HOME}/mfa?step=device&wizard={wizard}", data)
    assert answer.status_code == 422
    assert answer.context["wizard"].form.errors[field]
    assert not MfaDevice.objects.exists()


def test_the_second_step_needs_the_first(as_user):
    browser = as_user("admin")
    answer = browser.get(f"{HOME}/mfa?step=setup&wizard=abcdefgh1234")
    assert "step=device" in answer["Location"]


def test_a_name_that_a_device_in_use_has_is_refused(as_user, admin):
    browser = as_user("admin")
    page = begun(browser, "/iam/users/details/Sarah")
    finish(browser, "/iam/users/details/Sarah", page, codes(seed_of(page)))
    again = begun(browser, HOME)
    assert again.status_code == 422
    assert "MFADevice entity at the same path and name already exists." in body(again)


def test_a_device_that_was_left_half_assigned_makes_room_for_the_next(as_user):
    browser = as_user("admin")
    first = seed_of(begun(browser, HOME))
    assert seed_of(begun(browser, HOME)) != first
    assert MfaDevice.objects.count() == 1


def test_who_may_not_delete_what_was_left_is_told_so(as_user, root):
    """IAM User Guide, "I am not authorized to perform: iam:DeleteVirtualMFADevice"."""
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")
    document = policy(allow("iam:CreateVirtualMFADevice"))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    page = begun(as_user("amin"), HOME)
    assert page.status_code == 422
    assert "not authorized to perform: iam:DeleteVirtualMFADevice" in body(page)


def test_a_device_is_removed_and_gone(as_user, sandbox):
    browser = as_user("admin")
    page = begun(browser, HOME)
    finish(browser, HOME, page, codes(seed_of(page)))
    serial = f"arn:aws:iam::{sandbox.account_id}:mfa/phone"
    assert serial in body(browser.get(f"{HOME}/mfa/remove", {"selected": serial}))
    answer = browser.post(f"{HOME}/mfa/remove", {"selected": serial}, follow=True)
    assert "MFA device removed." in body(answer)
    assert not MfaDevice.objects.exists()


def test_a_device_is_resynchronised(as_user, sandbox):
    browser = as_user("admin")
    page = begun(browser, HOME)
    finish(browser, HOME, page, codes(seed_of(page)))
    serial = f"arn:aws:iam::{sandbox.account_id}:mfa/phone"
    used = browser.post(f"{HOME}/mfa/resync", {"selected": serial, **codes(seed_of(page))})
    assert used.status_code == 422
    step = mfa.step_at(timezone.now())
    ahead = {
        "authentication_code1": mfa.code_at(seed_of(page), step + 1),
        "authentication_code2": mfa.code_at(seed_of(page), step + 2),
    }
    answer = browser.post(f"{HOME}/mfa/resync", {"selected": serial, **ahead}, follow=True)
    assert "MFA device resynchronized." in body(answer)


@pytest.mark.parametrize("page", ["mfa/remove", "mfa/resync"])
def test_without_a_chosen_device_there_is_nothing_to_do(as_user, page):
    assert as_user("admin").get(f"{HOME}/{page}")["Location"] == HOME


# -- what users' pages say ---------------------------------------------------------------------------------


def test_lists_and_details_say_who_has_mfa(as_user, admin):
    admin.call("iam:CreateLoginProfile", user_name="Sarah", password="Passw0rd!")
    browser = as_user("admin")
    where = "/iam/users/details/Sarah"
    assert "Enabled without MFA" in body(browser.get(where))
    page = begun(browser, where)
    finish(browser, where, page, codes(seed_of(page)))
    assert "Enabled with MFA" in body(browser.get(where))
    rows = {row["UserName"]: row["mfa"].result for row in browser.get("/iam/users").context["table"].rows}
    assert rows == {"Sarah": {"count": 1}, "admin": {"count": 0}, "amin": {"count": 0}}


def test_who_may_not_list_devices_sees_that_in_the_cell(as_user, admin):
    document = policy(allow(["iam:ListUsers", "iam:GetUser", "iam:GetLoginProfile"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    browser = as_user("amin")
    rows = browser.get("/iam/users").context["table"].rows
    assert all(row["mfa"].error for row in rows)
    detail = body(browser.get("/iam/users/details/admin"))
    assert "Enabled without MFA" not in detail
    assert "Enabled with MFA" not in detail


def test_deleting_a_user_takes_its_devices_along(as_user, sandbox):
    browser = as_user("admin")
    where = "/iam/users/details/Sarah"
    page = begun(browser, where)
    finish(browser, where, page, codes(seed_of(page)))
    answer = browser.post("/iam/users/delete", {"selected": "Sarah", "confirm": "Sarah"}, follow=True)
    assert "User Sarah deleted." in body(answer)
    assert not MfaDevice.objects.exists()
    assert client_for(sandbox, "admin").call("iam:ListVirtualMFADevices")["VirtualMFADevices"] == []
