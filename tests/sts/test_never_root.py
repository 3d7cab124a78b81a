"""A role session, a federated user and a session token are who they are, and never the root user.

None of the first two has a user's row. Whatever looks for one, and takes its absence for the root user, would hand the
account over: so each operation that may leave the user out is called by each of them here.
"""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from iamconsole.core.caller import Caller
from iamconsole.core.errors import AccessDenied, AwsError, InvalidRequest, ValidationError
from iamconsole.gateway import callers
from iamconsole.gateway.standing import standing_of
from iamconsole.gateway.table import OPERATIONS
from iamconsole.iam.models import AccessKey, LoginProfile, MfaDevice
from iamconsole.policy import Principal
from iamconsole.sandboxes import lifecycle, own
from iamconsole.signin.views import own_sandbox
from iamconsole.sts.models import TemporaryCredential
from tests.factories import allow, client_for, policy
from tests.iam.keys import SIGNING_CERTIFICATE
from tests.sts.sessions import ADMINISTRATOR, assume, client_with, make_role, trust, user_id

pytestmark = pytest.mark.django_db

MUST_NAME = "Must specify userName when calling with non-User credentials"
# Every operation of IAM that may be asked about "oneself", with what else it needs.
ABOUT_ONESELF = {
    name: operation
    for name, operation in OPERATIONS.items()
    if operation.service == "iam"
    and operation.public
    and (parameter := inspect.signature(operation.work).parameters.get("user_name")) is not None
    and parameter.default is None
}
OTHERS = {
    "password": "An0ther-Passw0rd",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "status": "Inactive",
    "serial_number": "arn:aws:iam::111122223333:mfa/phone",
    "certificate_id": "A" * 24,
    "certificate_body": SIGNING_CERTIFICATE,
    "service_specific_credential_id": "ACCA" + "A" * 17,
}


@pytest.fixture
def powerful(admin, sandbox):
    """A session of a role that may do everything."""
    role = make_role(sandbox, "Power", [trust(user_id(sandbox, "admin"))], aws_arn=ADMINISTRATOR)
    return assume(admin, role)


@pytest.fixture
def guest(root):
    """A federated user of the root user, let into everything, as it is in the console."""
    made = root.call("sts:GetFederationToken", name="guest", policy=policy(allow("*")))
    client = client_with(made["Credentials"])
    # The limits of the API do not hold there, so the operations themselves must know who this is.
    client.caller = replace(client.caller, session=replace(client.caller.session, from_console=True))
    return client


def needed(name: str) -> dict[str, str]:
    parameters = inspect.signature(OPERATIONS[name].work).parameters.values()
    required = [
        one.name for one in parameters if one.name in OTHERS or (one.default is one.empty and one.name != "call")
    ]
    return {one: OTHERS[one] for one in required}


@pytest.mark.parametrize("who", ["powerful", "guest"])
@pytest.mark.parametrize("name", sorted(ABOUT_ONESELF))
def test_who_is_no_user_must_name_one(name, who, request, root):
    client = request.getfixturevalue(who)
    root.call("iam:CreateAccessKey")
    before = state()
    with pytest.raises(ValidationError) as error:
        client.call(name, **needed(name))
    assert str(error.value) == MUST_NAME
    assert state() == before


def state() -> list[str]:
    return [
        repr(row) for model in (AccessKey, LoginProfile, MfaDevice) for row in model.objects.order_by("pk").values()
    ]


@pytest.mark.parametrize("who", ["powerful", "guest"])
def test_no_session_changes_a_password_of_its_own(who, request):
    client = request.getfixturevalue(who)
    with pytest.raises(InvalidRequest) as error:
        client.call("iam:ChangePassword", old_password="x", new_password="An0ther-Passw0rd")
    assert error.value.code == "InvalidUserType"


@pytest.mark.parametrize("who", ["powerful", "guest"])
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("signin:PasswordUpdated", {"old_password": "x", "password": "An0ther-Passw0rd"}),
        (
            "iam:EnableRootMFADevice",
            {"serial_number": "phone", "authentication_code1": "000000", "authentication_code2": "000000"},
        ),
        (
            "iam:ResyncRootMFADevice",
            {"serial_number": "phone", "authentication_code1": "000000", "authentication_code2": "000000"},
        ),
    ],
)
def test_what_only_the_root_user_may_is_refused(who, request, name, params):
    with pytest.raises(AwsError) as error:
        request.getfixturevalue(who).call(name, **params)
    assert error.value.code in ("AccessDenied", "InvalidUserType")


def test_a_federated_user_of_the_root_user_is_limited_by_its_session_policies(root):
    made = root.call("sts:GetFederationToken", name="guest", policy=policy(allow("s3:ListAllMyBuckets")))
    guest = client_with(made["Credentials"])
    guest.call("s3:ListBuckets")
    with pytest.raises(AccessDenied, match="no session policy allows the s3:CreateBucket action"):
        guest.call("s3:CreateBucket", bucket="guests-own")
    nothing = client_with(root.call("sts:GetFederationToken", name="nothing")["Credentials"])
    with pytest.raises(AccessDenied, match="no session policy allows"):
        nothing.call("s3:ListBuckets")


def test_the_root_user_s_mfa_is_nobody_else_s(root, powerful, sandbox):
    serial = root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")["VirtualMFADevice"][
        "SerialNumber"
    ]
    MfaDevice.objects.update(enabled=sandbox.created)
    role = make_role(sandbox, "Other", [trust(powerful.caller.principal.role_arn)])
    with pytest.raises(AccessDenied, match="unable to validate MFA code"):
        assume(powerful, role, serial_number=serial, token_code="000000")


def test_a_new_root_password_ends_the_root_user_s_sign_ins_and_no_role_s(root, powerful, as_user, sandbox):
    as_user()
    as_user("admin")
    TemporaryCredential.objects.filter(kind="role").update(from_console=True)
    old = lifecycle.describe(sandbox)["root"]["password"]
    root.call("signin:PasswordUpdated", old_password=old, password="An0ther-Passw0rd")
    left = TemporaryCredential.objects.values_list("kind", "user__name")
    assert sorted(left, key=str) == [("console", "admin"), ("role", None)]


@pytest.mark.parametrize(
    "principal",
    [
        Principal.user("arn:aws:iam::111122223333:user/john"),
        Principal.role_session("arn:aws:sts::111122223333:assumed-role/R/S", "arn:aws:iam::111122223333:role/R"),
        Principal.federated("arn:aws:sts::111122223333:federated-user/Bob"),
        Principal.role("arn:aws:iam::111122223333:role/R"),
    ],
)
def test_a_caller_without_its_row_is_a_fault_and_nobody(principal):
    caller = Caller(principal, "111122223333", "", 1, 1, 1)
    with pytest.raises(LookupError):
        standing_of(caller, 1)


def test_credentials_of_no_known_kind_open_nothing(admin, powerful):
    TemporaryCredential.objects.filter(kind="role").update(kind="mystery", role=None)
    with pytest.raises(LookupError):
        callers.credential(powerful.caller.access_key_id)


def test_a_session_token_is_its_user(root, sandbox):
    token = client_for(sandbox, "admin").call("sts:GetSessionToken")
    client = client_with(token["Credentials"])
    assert client.call("sts:GetCallerIdentity")["Arn"] == f"arn:aws:iam::{sandbox.account_id}:user/admin"
    assert (client.caller.is_root, client.caller.user_name) == (False, "admin")


@pytest.mark.parametrize("who", ["powerful", "guest"])
def test_who_resets_its_sandbox_is_not_signed_in_again_as_the_root_user(who, request, sandbox, rf):
    """The sandbox's page signs the user, or the root user where there is no user's name, in again."""
    asked = rf.post("/sandbox/reset")
    asked.caller = request.getfixturevalue(who).caller
    assert own_sandbox._signed_in_to(asked, own.overview(sandbox.sandbox.slug)) is None
