"""The MFA step of a sign-in, on its page and in the event history."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.iam import mfa
from iamconsole.iam.models import MfaDevice
from iamconsole.sandboxes.lifecycle import Credentials
from iamconsole.sts.guesses import TRIES
from iamconsole.sts.models import TemporaryCredential
from tests.factories import client_for

pytestmark = pytest.mark.django_db

WRONG = "Your authentication information is incorrect. Please try again."


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def known(sandbox) -> Credentials:
    return Credentials.unseal(sandbox.sandbox.start)


def assign(account, name, user_name=""):
    """Give a user, or the root user, a device, with codes of five minutes ago."""
    then = wall_clock() - dt.timedelta(minutes=5)
    door = client_for(account, user_name, clock=lambda: then)
    made = door.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name=name)["VirtualMFADevice"]
    seed, step = made["Base32StringSeed"].decode(), mfa.step_at(then)
    codes = {f"authentication_code{n}": mfa.code_at(seed, step - 2 + n) for n in (1, 2)}
    enable, who = ("iam:EnableMFADevice", {"user_name": user_name}) if user_name else ("iam:EnableRootMFADevice", {})
    door.call(enable, **who, serial_number=made["SerialNumber"], **codes)
    return made["SerialNumber"], seed


def code_now(seed, off=0):
    return mfa.code_at(seed, mfa.step_at(wall_clock()) + off)


def wrong_code(seed):
    near = {code_now(seed, off) for off in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


@pytest.fixture
def device(sandbox):
    return assign(sandbox, "phone", "admin")


def password_step(visitor, sandbox, known, **more):
    answer = visitor.post(
        "/signin/iam",
        {"account": sandbox.account_id, "user_name": "admin", "password": known.admin_password, **more},
    )
    assert answer.url == "/signin/mfa"


def test_the_right_password_leads_to_the_code_and_not_into_the_console(visitor, sandbox, known, device):
    password_step(visitor, sandbox, known)
    assert not TemporaryCredential.objects.exists()
    assert visitor.get("/console/home").url.startswith("/signin")
    page = visitor.get("/signin/mfa").content.decode()
    for text in ("Multi-factor authentication", "MFA code", "Submit", "Cancel"):
        assert text in page
    assert "Choose an MFA device" not in page


def test_the_code_signs_in_and_policies_know_of_it(visitor, sandbox, known, device):
    serial, seed = device
    password_step(visitor, sandbox, known, redirect_uri="/s3/buckets")
    assert visitor.post("/signin/mfa", {"code": code_now(seed)}).url == "/s3/buckets"
    caller = visitor.get("/console/home").wsgi_request.caller
    assert caller.session.mfa
    visitor.get("/iam/users")
    context = Event.objects.filter(name="ListUsers").latest("id").context
    assert context["aws:MultiFactorAuthPresent"] == "true"
    assert 0 <= int(context["aws:MultiFactorAuthAge"]) < 60
    login = Event.objects.get(name="ConsoleLogin")
    assert login.response == {"ConsoleLogin": "Success"}
    assert login.additional == {
        "LoginTo": login.additional["LoginTo"],
        "MobileVersion": "No",
        "MFAUsed": "Yes",
        "MFAIdentifier": serial,
    }
    assert login.additional["LoginTo"].endswith("/s3/buckets")
    assert login.principal_arn == f"arn:aws:iam::{sandbox.account_id}:user/admin"


def test_the_check_for_a_device_is_an_event_of_its_own(visitor, sandbox, known, device):
    password_step(visitor, sandbox, known)
    event = Event.objects.filter(service="signin").get()
    assert (event.name, event.event_type, event.response) == ("CheckMfa", "AwsConsoleSignIn", {"CheckMfa": "Success"})
    assert event.additional == {"MfaType": "Virtual MFA"}
    assert (event.user_name, event.principal_arn, event.error_code, event.error_message) == ("admin", "", "", "")


def test_a_wrong_code_is_refused_in_the_same_vague_words(visitor, sandbox, known, device):
    _, seed = device
    password_step(visitor, sandbox, known)
    for code in (wrong_code(seed), "12345", "abcdef", "٠١٢٣٤٥"):
        answer = visitor.post("/signin/mfa", {"code": code})
        assert answer.status_code == 422
        assert WRONG in answer.content.decode()
    event = Event.objects.filter(name="ConsoleLogin").latest("id")
    assert (event.response, event.error_message) == ({"ConsoleLogin": "Failure"}, "Failed authentication")
    assert event.additional["MFAUsed"] == "Yes"
    assert "MFAIdentifier" not in event.additional
    assert visitor.post("/signin/mfa", {"code": code_now(seed)}).url == "/console/home"


def test_a_code_is_accepted_once(visitor, sandbox, known, device):
    _, seed = device
    code = code_now(seed)
    password_step(visitor, sandbox, known)
    assert visitor.post("/signin/mfa", {"code": code}).status_code == 302
    other = Client()
    password_step(other, sandbox, known)
    assert other.post("/signin/mfa", {"code": code}).status_code == 422


def test_a_clock_may_be_a_little_off(visitor, sandbox, known, device):
    _, seed = device
    password_step(visitor, sandbox, known)
    assert visitor.post("/signin/mfa", {"code": code_now(seed, -4)}).status_code == 422
    assert visitor.post("/signin/mfa", {"code": code_now(seed, 1)}).status_code == 302


def test_who_has_several_devices_chooses(visitor, sandbox, known, device):
    tablet, seed = assign(sandbox, "tablet", "admin")
    password_step(visitor, sandbox, known)
    page = visitor.get("/signin/mfa").content.decode()
    assert "Choose an MFA device" in page
    assert "phone" in page
    assert "tablet" in page
    phone, _ = device
    assert visitor.post("/signin/mfa", {"serial_number": phone, "code": code_now(seed)}).status_code == 422
    assert visitor.post("/signin/mfa", {"serial_number": "arn:x", "code": code_now(seed)}).status_code == 422
    assert visitor.post("/signin/mfa", {"serial_number": tablet, "code": code_now(seed)}).status_code == 302


def test_the_device_of_somebody_else_is_none(visitor, sandbox, known, device):
    _, theirs = assign(sandbox, "roots")
    password_step(visitor, sandbox, known)
    assert visitor.post("/signin/mfa", {"code": code_now(theirs)}).status_code == 422


def test_the_root_user_has_devices_too(visitor, sandbox, known):
    serial, seed = assign(sandbox, "roots")
    answer = visitor.post("/signin/root", {"email": known.root_email, "password": known.root_password})
    assert answer.url == "/signin/mfa"
    event = Event.objects.get(name="CheckMfa")
    assert (event.principal_type, event.principal_arn) == ("Root", f"arn:aws:iam::{sandbox.account_id}:root")
    assert visitor.post("/signin/mfa", {"code": code_now(seed)}).url == "/console/home"
    login = Event.objects.get(name="ConsoleLogin")
    assert (login.principal_type, login.additional["MFAIdentifier"]) == ("Root", serial)


def test_no_code_helps_without_the_password_step(visitor, sandbox, device):
    assert visitor.get("/signin/mfa").url == "/signin"
    assert visitor.post("/signin/mfa", {"code": code_now(device[1])}).url == "/signin"


def test_cancel_goes_back_to_the_start(visitor, sandbox, known, device):
    password_step(visitor, sandbox, known)
    assert visitor.post("/signin/mfa", {"cancel": "1"}).url == "/signin"
    assert visitor.get("/signin/mfa").url == "/signin"


def test_a_password_changed_meanwhile_ends_the_wait(visitor, sandbox, known, device, root):
    password_step(visitor, sandbox, known)
    root.call("iam:UpdateLoginProfile", user_name="admin", password="An0ther-one")
    assert visitor.post("/signin/mfa", {"code": code_now(device[1])}).status_code == 422


def test_a_device_removed_meanwhile_ends_the_wait(visitor, sandbox, known, device, root):
    password_step(visitor, sandbox, known)
    root.call("iam:DeactivateMFADevice", user_name="admin", serial_number=device[0])
    assert visitor.post("/signin/mfa", {"code": code_now(device[1])}).status_code == 422


def test_guessing_codes_closes_the_door_for_a_while(visitor, sandbox, known, device):
    _, seed = device
    password_step(visitor, sandbox, known)
    for _ in range(TRIES):
        visitor.post("/signin/mfa", {"code": wrong_code(seed)})
    answer = visitor.post("/signin/mfa", {"code": code_now(seed)})
    assert answer.status_code == 422
    assert WRONG in answer.content.decode()
    assert MfaDevice.objects.get().last_step < mfa.step_at(wall_clock()) - 1


def test_a_forced_change_comes_after_the_code(visitor, sandbox, known, device, root):
    root.call("iam:UpdateLoginProfile", user_name="admin", password_reset_required=True)
    password_step(visitor, sandbox, known)
    assert visitor.post("/signin/mfa", {"code": code_now(device[1])}).url == "/signin/change-password"


def test_the_account_is_remembered_across_the_code(visitor, sandbox, known, device):
    password_step(visitor, sandbox, known, remember="on")
    assert visitor.cookies["signin"].value == f"{sandbox.account_id}/admin"
