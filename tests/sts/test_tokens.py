"""GetSessionToken and GetFederationToken: for how long, with which rights, and what the credentials are not for."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AccessDenied, AuthenticationError, AwsError, ValidationError
from iamconsole.gateway import callers
from iamconsole.iam import mfa
from iamconsole.iam.models import MfaDevice, User
from iamconsole.sts.guesses import TRIES, TRIES_WINDOW
from iamconsole.sts.models import TemporaryCredential
from tests.factories import allow, client_for, deny, policy
from tests.sts.sessions import at, bound, client_with, make_role, role_arn, trust, user_id

pytestmark = pytest.mark.django_db
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def token(client, **params):
    return client_with(client.call("sts:GetSessionToken", **params)["Credentials"])


def federated(client, **params):
    return client_with(client.call("sts:GetFederationToken", **({"name": "Bob"} | params))["Credentials"])


def seconds(client, name: str, /, **params) -> int:
    now = wall_clock().replace(microsecond=0)
    client.context = client.context.__class__(face="api", **at(now))
    made = client.call(name, **params)
    return int((made["Credentials"]["Expiration"] - now).total_seconds())


@pytest.fixture
def phone(root, sandbox):
    """admin's MFA device: its serial number, and its code a number of steps from now."""
    made = root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")["VirtualMFADevice"]
    MfaDevice.objects.update(user=User.objects.get(account=sandbox, name="admin"), enabled=sandbox.created)
    seed = made["Base32StringSeed"].decode()

    def claim(ahead: int = 0) -> dict[str, str]:
        code = mfa.code_at(seed, mfa.step_at(wall_clock()) + ahead)
        return {"serial_number": made["SerialNumber"], "token_code": code}

    return claim


# -- durations --------------------------------------------------------------------------------------

BOTH = [("sts:GetSessionToken", {}), ("sts:GetFederationToken", {"name": "Bob"})]


@pytest.mark.parametrize(("name", "params"), BOTH)
def test_a_user_s_token_lasts_half_a_day_or_up_to_a_day_and_a_half(admin, name, params):
    assert seconds(admin, name, **params) == 43200
    assert seconds(admin, name, **params, duration_seconds=900) == 900
    assert seconds(admin, name, **params, duration_seconds=129600) == 129600
    for wrong, bound_ in ((899, "greater than or equal to 900"), (129601, "less than or equal to 129600")):
        with pytest.raises(ValidationError, match=bound_):
            admin.call(name, **params, duration_seconds=wrong)


@pytest.mark.parametrize(("name", "params"), BOTH)
def test_a_token_of_the_root_user_lasts_an_hour_at_most(root, name, params):
    """ "If the specified duration is longer than one hour, the session … defaults to one hour." """
    assert seconds(root, name, **params) == 3600
    assert seconds(root, name, **params, duration_seconds=129600) == 3600
    assert seconds(root, name, **params, duration_seconds=900) == 900


# -- session tokens ---------------------------------------------------------------------------------


def test_a_session_token_has_its_user_s_rights_and_tags(root, sandbox):
    root.call("iam:TagUser", user_name="admin", tags=[{"Key": "team", "Value": "hr"}])
    client = token(client_for(sandbox, "admin"))
    client.call("s3:ListBuckets")
    client.flush()
    event = Event.objects.latest("id")
    assert (event.principal_type, event.user_name) == ("IAMUser", "admin")
    assert event.access_key_id == client.caller.access_key_id
    assert event.context["aws:PrincipalTag/team"] == "hr"
    assert event.context["aws:MultiFactorAuthPresent"] == "false"
    assert "aws:MultiFactorAuthAge" not in event.context
    assert "issuer" not in event.session


def test_a_token_of_the_root_user_is_the_root_user_s(root, sandbox):
    client = token(root)
    assert client.call("sts:GetCallerIdentity")["Arn"] == f"arn:aws:iam::{sandbox.account_id}:root"
    assert client.caller.is_root


def test_asking_for_a_session_token_needs_no_permission_and_cannot_be_denied(root, sandbox):
    root.call("iam:PutUserPolicy", user_name="Sarah", policy_name="no", policy_document=policy(deny("*")))
    token(client_for(sandbox, "Sarah"))


def test_credentials_of_a_deleted_user_die_at_once(root, sandbox):
    root.call("iam:CreateUser", user_name="john")
    john = client_for(sandbox, "john")
    keys = [token(john).caller.access_key_id]
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=policy(allow("*")))
    keys.append(federated(client_for(sandbox, "john")).caller.access_key_id)
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="p")
    root.call("iam:DeleteUser", user_name="john")
    assert [callers.credential(key) for key in keys] == [None, None]


def test_iam_is_for_session_tokens_with_mfa_only(admin, phone):
    plain = token(admin)
    with pytest.raises(AuthenticationError) as error:
        plain.call("iam:ListUsers")
    assert (error.value.code, error.value.status) == ("InvalidClientTokenId", 403)
    assert str(error.value) == "The security token included in the request is invalid."
    with pytest.raises(AuthenticationError):
        plain.call("iam:CreateUser", user_name="new")
    assert [type(answer) for answer in plain.call_many([("iam:ListUsers", {}), ("s3:ListBuckets", {})])] == [
        AuthenticationError,
        dict,
    ]
    with pytest.raises(AuthenticationError):
        plain.call_as_one([("iam:CreateUser", {"user_name": "new"})])
    assert not User.objects.filter(name="new").exists()

    proven = token(admin, **phone())
    proven.call("iam:ListUsers")
    proven.flush()
    context = Event.objects.latest("id").context
    assert context["aws:MultiFactorAuthPresent"] == "true"
    assert int(context["aws:MultiFactorAuthAge"]) < 60


def test_of_sts_a_session_token_may_call_two_operations(admin, sandbox, phone):
    role = make_role(sandbox, "Open", [trust(user_id(sandbox, "admin"))])
    proven = token(admin, **phone())
    proven.call("sts:GetCallerIdentity")
    proven.call("sts:AssumeRole", role_arn=role_arn(role), role_session_name="s1")
    for name, params in REFUSED:
        with pytest.raises(AccessDenied) as error:
            proven.call(f"sts:{name}", **params)
        assert str(error.value) == f"Cannot call {name} with session credentials"
        assert Event.objects.latest("id").error_code == "AccessDenied"


REFUSED = [
    ("GetSessionToken", {}),
    ("GetFederationToken", {"name": "Bob"}),
]
NOT_FOR_TOKENS = [
    *REFUSED,
    ("DecodeAuthorizationMessage", {"encoded_message": "x"}),
    ("GetAccessKeyInfo", {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}),
]


def test_a_role_session_and_a_sign_in_get_no_tokens_of_their_own(admin, sandbox, as_user):
    role = make_role(sandbox, "Open", [trust(user_id(sandbox, "admin"))], allow("*"))
    made = admin.call("sts:AssumeRole", role_arn=role_arn(role), role_session_name="s1")
    signed_in = {"AccessKeyId": as_user("admin").session["access_key_id"]}
    for credentials in (made["Credentials"], signed_in):
        client = client_with(credentials)
        for name, params in REFUSED:
            with pytest.raises(AccessDenied, match=f"Cannot call {name} with session credentials"):
                client.call(f"sts:{name}", **params)
        client.call("iam:ListUsers")
        with pytest.raises(AwsError, match="does not exist"):
            client.call("sts:GetAccessKeyInfo", access_key_id="AKIAIOSFODNN7EXAMPLE")


# -- MFA --------------------------------------------------------------------------------------------


def mfa_refused(client, name, **params) -> str:
    with pytest.raises(AccessDenied) as error:
        client.call(name, **params)
    return str(error.value)


def test_a_wrong_code_an_unknown_device_and_half_a_claim_are_refused(admin, phone, sandbox):
    right = phone()
    wrong = right | {"token_code": "000000" if right["token_code"] != "000000" else "111111"}
    text = "MultiFactorAuthentication failed"
    name = "sts:GetSessionToken"
    assert mfa_refused(admin, name, **wrong) == f"{text} with invalid MFA one time pass code. "
    ghost = right | {"serial_number": f"arn:aws:iam::{sandbox.account_id}:mfa/ghost"}
    unable = (
        f"{text}, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with "
        "this user."
    )
    assert mfa_refused(admin, name, **ghost) == unable
    assert mfa_refused(client_for(sandbox, "Sarah"), name, **right) == unable
    half = f"{text}, must provide both MFA serial number and one time pass code."
    assert mfa_refused(admin, name, serial_number=right["serial_number"]) == half
    assert mfa_refused(admin, name, token_code=right["token_code"]) == half
    assert not TemporaryCredential.objects.filter(kind="session").exists()


def test_codes_cannot_be_guessed_at_will(admin, phone, sandbox):
    right = phone()
    wrong = right | {"token_code": "000000" if right["token_code"] != "000000" else "111111"}
    for _ in range(TRIES):
        assert "invalid MFA one time pass code" in mfa_refused(admin, "sts:GetSessionToken", **wrong)
    for _ in range(2):
        assert "too many wrong codes" in mfa_refused(admin, "sts:GetSessionToken", **right)
    # Temporary credentials do not begin anew.
    assert "too many wrong codes" in mfa_refused(
        token(admin),
        "sts:AssumeRole",
        role_arn=f"arn:aws:iam::{sandbox.account_id}:role/x",
        role_session_name="s1",
        **right,
    )
    later = client_for(sandbox, "admin", **at(wall_clock() + TRIES_WINDOW + dt.timedelta(seconds=1)))
    assert "invalid MFA one time pass code" in mfa_refused(later, "sts:GetSessionToken", **wrong)


def test_a_code_works_once(admin, phone):
    claim = phone()
    token(admin, **claim)
    assert "invalid MFA one time pass code" in mfa_refused(admin, "sts:GetSessionToken", **claim)


def test_a_trust_policy_may_ask_for_mfa_and_the_session_does_not_have_it(admin, phone, sandbox):
    me = user_id(sandbox, "admin")
    role = make_role(sandbox, "Sensitive", [trust(me, Bool={"aws:MultiFactorAuthPresent": "true"})], allow("s3:*"))
    named = {"role_arn": role_arn(role), "role_session_name": "s1"}
    assert "no role trust policy" in mfa_refused(admin, "sts:AssumeRole", **named)
    session = client_with(admin.call("sts:AssumeRole", **named, **phone())["Credentials"])
    event = Event.objects.latest("id")
    assert event.context["aws:MultiFactorAuthPresent"] == "true"
    assert event.context["aws:MultiFactorAuthAge"] == "0"
    assert "tokenCode" not in event.request
    session.call("s3:ListBuckets")
    session.flush()
    assert Event.objects.latest("id").context["aws:MultiFactorAuthPresent"] == "false"
    # What a session token already proved is not asked for again.
    proven = token(admin, **phone(1))
    proven.call("sts:AssumeRole", **named)


# -- federated users --------------------------------------------------------------------------------


@pytest.fixture
def reader(root, sandbox):
    """A user who may read S3, and ask for tokens."""
    root.call(
        "iam:CreateUser", user_name="reader", tags=[{"Key": "Team", "Value": "hr"}, {"Key": "level", "Value": "1"}]
    )
    root.call("iam:AttachUserPolicy", user_name="reader", policy_arn=S3_READ)
    may = policy(allow(["sts:GetFederationToken", "sts:TagSession", "sts:GetAccessKeyInfo", "iam:ListUsers"]))
    root.call("iam:PutUserPolicy", user_name="reader", policy_name="may", policy_document=may)
    return client_for(sandbox, "reader")


def test_a_federated_user_is_named_after_the_account_and_has_what_both_allow(reader, sandbox):
    made = reader.call(
        "sts:GetFederationToken", name="Bob", policy=policy(allow(["s3:ListAllMyBuckets", "s3:PutObject"]))
    )
    arn = f"arn:aws:sts::{sandbox.account_id}:federated-user/Bob"
    assert made["FederatedUser"] == {"FederatedUserId": f"{sandbox.account_id}:Bob", "Arn": arn}
    assert made["PackedPolicySize"] > 0
    bob = client_with(made["Credentials"])
    assert bob.call("sts:GetCallerIdentity") == {
        "UserId": f"{sandbox.account_id}:Bob",
        "Account": sandbox.account_id,
        "Arn": arn,
    }
    bob.call("s3:ListBuckets")
    for name, kind in (("s3:GetObject", "session"), ("s3:PutObject", "identity-based")):
        with pytest.raises(AccessDenied, match=f"no {kind} policy allows the {name} action"):
            bob.call(name, bucket="company1-hr", key="Test.txt")


def test_without_session_policies_only_a_resource_s_own_policy_gives_anything(root, reader, sandbox):
    bob = federated(reader)
    with pytest.raises(AccessDenied, match="because no session policy allows the s3:GetObject action"):
        bob.call("s3:GetObject", bucket="company1-hr", key="Test.txt")
    arn = f"arn:aws:sts::{sandbox.account_id}:federated-user/Bob"
    grant = allow("s3:GetObject", "arn:aws:s3:::company1-hr/*") | {"Principal": {"AWS": arn}}
    root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=policy(grant))
    bob.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"].close()


def test_the_user_who_asked_is_named_in_a_bucket_policy_for_its_federated_users_too(root, reader, sandbox):
    """Kept by the user's unique ID, and limited by the session policies; without any there is nothing to limit."""
    arn = f"arn:aws:iam::{sandbox.account_id}:user/reader"
    grant = allow("s3:PutObject", "arn:aws:s3:::company1-hr/*") | {"Principal": {"AWS": arn}}
    root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=policy(grant))
    bob = federated(reader, policy=policy(allow("s3:PutObject")))
    bob.call("s3:PutObject", bucket="company1-hr", key="x", body=io.BytesIO(b"x"))
    for session in ({"policy": policy(allow("s3:GetObject"))}, {}):
        other = federated(reader, **session)
        with pytest.raises(AccessDenied, match="no session policy"):
            other.call("s3:PutObject", bucket="company1-hr", key="x", body=io.BytesIO(b"x"))


def test_the_user_s_boundary_limits_its_federated_users(reader, sandbox):
    bob = federated(reader, policy=policy(allow("s3:*")))
    bob.call("s3:ListBuckets")
    user = User.objects.get(account=sandbox, name="reader")
    bound(user, None, "arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    again = client_with({"AccessKeyId": bob.caller.access_key_id})
    with pytest.raises(AccessDenied, match="no permissions boundary allows"):
        again.call("s3:ListBuckets")


def test_a_federated_user_s_tags_are_the_user_s_and_the_session_s(reader):
    bob = federated(reader, policy=policy(allow("s3:*")), tags=[{"Key": "team", "Value": "it"}])
    bob.call("s3:ListBuckets")
    bob.flush()
    event = Event.objects.latest("id")
    assert {key: value for key, value in event.context.items() if "PrincipalTag" in key} == {
        "aws:PrincipalTag/team": "it",
        "aws:PrincipalTag/level": "1",
    }
    assert (event.principal_type, event.user_name) == ("FederatedUser", "Bob")
    assert event.context["aws:userid"] == event.principal_id == f"{bob.caller.account_id}:Bob"
    assert event.context["aws:PrincipalType"] == "FederatedUser"
    assert event.session["issuer"]["arn"].endswith(":user/reader")
    assert event.issuer_id is None


def test_tags_need_the_permission_to_tag(root, reader, sandbox):
    may = policy(allow("sts:GetFederationToken"))
    root.call("iam:PutUserPolicy", user_name="reader", policy_name="may", policy_document=may)
    with pytest.raises(AccessDenied) as error:
        federated(client_for(sandbox, "reader"), tags=[{"Key": "team", "Value": "it"}])
    arn = f"arn:aws:sts::{sandbox.account_id}:federated-user/Bob"
    assert f"is not authorized to perform: sts:TagSession on resource: {arn}" in str(error.value)


def test_a_federated_user_may_call_neither_iam_nor_sts(reader):
    bob = federated(reader, policy=policy(allow("*")))
    with pytest.raises(AuthenticationError, match="The security token included in the request is invalid"):
        bob.call("iam:ListUsers")
    for name, params in [*NOT_FOR_TOKENS, ("AssumeRole", {"role_arn": "r" * 20, "role_session_name": "s1"})]:
        with pytest.raises(AccessDenied, match=f"Cannot call {name} with session credentials"):
            bob.call(f"sts:{name}", **params)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("B", "greater than or equal to 2"),
        ("B" * 33, "less than or equal to 32"),
        ("Bob:1", r"regular expression pattern"),
    ],
)
def test_the_name_of_a_federated_user_has_two_to_thirty_two_characters(reader, name, message):
    with pytest.raises(ValidationError, match=message):
        federated(reader, name=name)


def test_a_session_policy_of_more_than_2048_characters_is_refused(reader):
    long = policy(allow("s3:ListBucket", ["arn:aws:s3:::" + "b" * 60] * 40))
    with pytest.raises(
        ValidationError, match=r"at 'policy' failed to satisfy constraint: .*less than or equal to 2048"
    ):
        federated(reader, policy=long)


def test_the_explanation_of_a_federated_user_s_refusal_can_be_made_again(root, reader):
    bob = federated(reader, policy=policy(allow("s3:PutObject")))
    with pytest.raises(AccessDenied) as error:
        bob.call("s3:GetObject", bucket="company1-hr", key="Test.txt")
    bob.flush()
    shown = root.call("iam:GetRequestAuthorizationDetails", event_id=error.value.event_id)
    assert (shown["DecidedBy"], shown["OutcomeNow"], shown["Lost"]) == ("session", "implicit_deny", [])


def test_the_explanation_of_a_root_federated_user_s_allowance_shows_the_access_of_the_root_user(root):
    bob = federated(root, policy=policy(allow("s3:ListAllMyBuckets")))
    bob.call("s3:ListBuckets")
    bob.flush()
    event = Event.objects.latest("id")
    shown = root.call("iam:GetRequestAuthorizationDetails", event_id=str(event.event_id))
    assert (shown["Outcome"], shown["OutcomeNow"], shown["Lost"]) == ("allowed", "allowed", [])
    assert {one["PolicyName"] for one in shown["Statements"]} == {"Access of the root user", "Session policy"}
