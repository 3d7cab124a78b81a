"""signin:ConsoleLogin through the door: its event, its throttle, its credentials."""

from __future__ import annotations

import datetime as dt

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.errors import AuthenticationError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.iam.models import User
from iamconsole.sandboxes.lifecycle import Credentials
from iamconsole.sts.guesses import TRIES
from iamconsole.sts.models import TemporaryCredential

pytestmark = pytest.mark.django_db

WRONG = "Your authentication information is incorrect. Please try again."


@pytest.fixture
def passwords(sandbox):
    return Credentials.unseal(sandbox.sandbox.start)


def sign_in(account, user_name, password, **context):
    door = AwsClient(callers.stranger_at(account), Context(face="signin", **context))
    return door.call("signin:ConsoleLogin", user_name=user_name, password=password)


def refused(account, user_name, password, **context):
    with pytest.raises(AuthenticationError) as error:
        sign_in(account, user_name, password, **context)
    assert str(error.value) == WRONG
    return Event.objects.latest("id")


def test_a_sign_in_makes_credentials_of_its_own_and_an_event(sandbox, passwords):
    made = sign_in(sandbox, "admin", passwords.admin_password)
    row = TemporaryCredential.objects.get(access_key_id=made["AccessKeyId"])
    assert (row.user.name, row.from_console, row.restricted) == ("admin", True, False)
    event = Event.objects.latest("id")
    assert (event.service, event.name, event.event_type) == ("signin", "ConsoleLogin", "AwsConsoleSignIn")
    assert event.response == {"ConsoleLogin": "Success"}
    assert (event.principal_type, event.user_name, event.error_message) == ("IAMUser", "admin", "")
    assert event.principal_arn == f"arn:aws:iam::{sandbox.account_id}:user/admin"
    assert event.request is None


def test_the_root_user_signs_in_without_a_name(sandbox, passwords):
    made = sign_in(sandbox, "", passwords.root_password)
    assert callers.credential(made["AccessKeyId"]).caller.is_root
    assert Event.objects.latest("id").principal_type == "Root"


def test_every_failure_reads_the_same(sandbox, passwords):
    assert refused(sandbox, "admin", "wrong").user_name == "admin"
    assert refused(sandbox, "amin", "no login profile").user_name == "amin"
    unknown = refused(sandbox, "my-secret-typed-here", "x")
    assert unknown.user_name == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "my-secret-typed-here" not in str([list(row.values()) for row in Event.objects.values()])
    root = refused(sandbox, "", "wrong")
    assert (root.error_message, root.response) == ("Failed authentication", {"ConsoleLogin": "Failure"})
    assert not TemporaryCredential.objects.exists()


def test_events_of_failures_have_the_form_of_the_cloudtrail_user_guide(sandbox):
    """AWS CloudTrail User Guide, "AWS Management Console sign-in events": "IAM user, unsuccessful sign-in" has no ARN,
    the root user's has; IAM User Guide, "Example sign-in failure event caused by incorrect user name"."""
    root_arn = f"arn:aws:iam::{sandbox.account_id}:root"
    admin = User.objects.get(name="admin")
    for user_name, identity, message in (
        ("admin", ("IAMUser", admin.unique_id, "", "admin"), "Failed authentication"),
        ("nobody", ("IAMUser", "", "", "HIDDEN_DUE_TO_SECURITY_REASONS"), "No username found in supplied account"),
        ("", ("Root", sandbox.account_id, root_arn, ""), "Failed authentication"),
    ):
        event = refused(sandbox, user_name, "wrong")
        assert (event.principal_type, event.principal_id, event.principal_arn, event.user_name) == identity
        assert (event.error_message, event.response, event.request) == (message, {"ConsoleLogin": "Failure"}, None)
        assert (event.region, event.event_type, event.read_only) == ("us-east-1", "AwsConsoleSignIn", False)
        assert event.additional["MFAUsed"] == "No"
        assert event.additional["MobileVersion"] == "No"


def test_an_event_says_where_the_sign_in_led(sandbox, passwords):
    door = AwsClient(callers.stranger_at(sandbox), Context(face="signin"))
    known = {"user_name": "admin", "password": passwords.admin_password}
    door.call("signin:ConsoleLogin", **known, login_to="/s3/buckets")
    assert Event.objects.latest("id").additional["LoginTo"].endswith("/s3/buckets")


def test_many_failures_close_the_door_for_a_while_and_for_that_user_only(sandbox, passwords):
    for _ in range(TRIES):
        refused(sandbox, "admin", "wrong")
    refused(sandbox, "admin", passwords.admin_password)
    assert sign_in(sandbox, "", passwords.root_password)
    later = wall_clock() + dt.timedelta(minutes=11)
    assert sign_in(sandbox, "admin", passwords.admin_password, clock=lambda: later)


def test_a_success_forgets_the_failures_before_it(sandbox, passwords):
    for _ in range(TRIES - 1):
        refused(sandbox, "admin", "wrong")
    assert sign_in(sandbox, "admin", passwords.admin_password)
    refused(sandbox, "admin", "wrong")
    assert sign_in(sandbox, "admin", passwords.admin_password)


def test_a_sign_in_is_not_offered_on_the_wire(sandbox, passwords):
    from botocore.exceptions import ClientError

    from tests.boto import boto

    key = passwords.admin_key
    with pytest.raises(ClientError):
        boto("signin", *key).create_o_auth2_token(tokenInput={"clientId": "x", "grantType": "x"})
    from iamconsole.gateway.table import OPERATIONS

    assert not OPERATIONS["signin:ConsoleLogin"].public


def test_a_forced_change_restricts_the_session_until_it_is_done(root, sandbox):
    root.call("iam:CreateLoginProfile", user_name="amin", password="Passw0rd!", password_reset_required=True)
    made = sign_in(sandbox, "amin", "Passw0rd!")
    assert made["PasswordResetRequired"] is True
    assert callers.credential(made["AccessKeyId"]).restricted
    root.call("iam:AttachUserPolicy", user_name="amin", policy_arn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    session = AwsClient(callers.credential(made["AccessKeyId"]).caller, Context(face="signin"))
    intruder = sign_in(sandbox, "amin", "Passw0rd!")
    session.call("iam:ChangePassword", old_password="Passw0rd!", new_password="An0ther-one")
    session.call("signin:CompletePasswordChange")
    assert not callers.credential(made["AccessKeyId"]).restricted
    # Who signed in with the first password and did not change it stays outside.
    assert callers.credential(intruder["AccessKeyId"]).restricted
    refused(sandbox, "amin", "Passw0rd!")
    assert sign_in(sandbox, "amin", "An0ther-one")["PasswordResetRequired"] is False


def test_signing_out_ends_the_credentials_and_leaves_no_event(sandbox, passwords):
    made = sign_in(sandbox, "admin", passwords.admin_password)
    caller = callers.credential(made["AccessKeyId"]).caller
    before = Event.objects.count()
    AwsClient(caller, Context(face="console")).call("signin:SignOut")
    assert callers.credential(made["AccessKeyId"]) is None
    assert Event.objects.count() == before


def test_an_email_that_fits_two_sandboxes_needs_the_cookie_or_the_account(sandbox, other_sandbox):
    assert callers.stranger("hr@COMPANY1.com") is None
    found = callers.stranger("HR@company1.com", other_sandbox.sandbox.slug)
    assert found.account_id == other_sandbox.account_id
    assert callers.stranger(sandbox.account_id).account_id == sandbox.account_id
    assert callers.stranger("000000000000") is None
