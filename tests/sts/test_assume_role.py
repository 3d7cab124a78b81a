"""AssumeRole: who may, for how long, with what, and what the session is then judged by."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json

import pytest
from django.db import IntegrityError, transaction

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AccessDenied, AwsError, ValidationError
from iamconsole.gateway import callers
from iamconsole.iam.models import ManagedPolicy, Role, User
from iamconsole.sts.models import TemporaryCredential
from tests.factories import allow, client_for, deny, policy
from tests.sts.sessions import (
    ADMINISTRATOR,
    assume,
    at,
    beside,
    bound,
    changed,
    client_with,
    grant,
    make_role,
    role_arn,
    trust,
    trusts,
    user_id,
)

pytestmark = pytest.mark.django_db
READ_HR = allow(["s3:ListBucket", "s3:GetObject"], ["arn:aws:s3:::company1-hr", "arn:aws:s3:::company1-hr/*"])
PUT_HR = allow("s3:PutObject", "arn:aws:s3:::company1-hr/*")


@pytest.fixture
def john(root, sandbox):
    """A user without any permission."""
    root.call("iam:CreateUser", user_name="john")
    return client_for(sandbox, "john")


@pytest.fixture
def upload_role(sandbox, john):
    return make_role(sandbox, "JohnUploadRole", [trust(user_id(sandbox, "john"))], READ_HR, PUT_HR)


def last_event(client) -> Event:
    client.flush()
    return Event.objects.latest("id")


def refused(client, action, **params) -> str:
    with pytest.raises(AccessDenied) as refusal:
        client.call(action, **params)
    return str(refusal.value)


# -- the session ------------------------------------------------------------------------------------


def test_a_user_whom_the_trust_policy_names_needs_no_policy_of_its_own(john, upload_role, sandbox):
    made = john.call("sts:AssumeRole", role_arn=role_arn(upload_role), role_session_name="JohnUploadSession")

    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/JohnUploadRole/JohnUploadSession"
    assert made["AssumedRoleUser"] == {"Arn": arn, "AssumedRoleId": f"{upload_role.unique_id}:JohnUploadSession"}
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert "PackedPolicySize" not in made
    assert client_with(made["Credentials"]).call("sts:GetCallerIdentity") == {
        "UserId": f"{upload_role.unique_id}:JohnUploadSession",
        "Account": sandbox.account_id,
        "Arn": arn,
    }


def test_a_session_has_the_role_s_rights_in_place_of_the_user_s(root, sandbox, john, upload_role):
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    session = assume(client_for(sandbox, "john"), upload_role)

    session.call("s3:ListObjectsV2", bucket="company1-hr")
    assert "no identity-based policy allows the iam:ListUsers action" in refused(session, "iam:ListUsers")
    client_for(sandbox, "john").call("iam:ListUsers")
    assert "s3:DeleteObject" in refused(session, "s3:DeleteObject", bucket="company1-hr", key="Test.txt")


def test_a_change_of_the_role_s_policies_acts_at_once(john, upload_role):
    session = assume(john, upload_role)
    session.call("s3:ListObjectsV2", bucket="company1-hr")
    grant(upload_role, PUT_HR)
    again = client_with({"AccessKeyId": session.caller.access_key_id})
    assert "s3:ListBucket" in refused(again, "s3:ListObjectsV2", bucket="company1-hr")


def test_credentials_of_a_deleted_role_die_at_once(john, upload_role):
    session = assume(john, upload_role)
    upload_role.delete()
    assert callers.credential(session.caller.access_key_id) is None


def test_credentials_outlive_the_user_who_asked_for_them(root, john, upload_role):
    session = assume(john, upload_role)
    root.call("iam:DeleteUser", user_name="john")
    assert callers.credential(session.caller.access_key_id) is not None


def test_sessions_are_revoked_by_the_time_of_their_token(john, upload_role, sandbox):
    """AWSRevokeOlderSessions, as the console writes it (IAM User Guide, "Revoke IAM role temporary credentials")."""
    old = assume(john, upload_role)
    moment = (wall_clock() + dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    revoke = deny("*") | {"Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}}}
    grant(upload_role, READ_HR, revoke)

    text = refused(client_with({"AccessKeyId": old.caller.access_key_id}), "s3:ListObjectsV2", bucket="company1-hr")
    assert text.endswith("with an explicit deny in an identity-based policy")
    later = client_for(sandbox, "john", **at(wall_clock() + dt.timedelta(minutes=1)))
    assume(later, upload_role).call("s3:ListObjectsV2", bucket="company1-hr")


# -- who may ----------------------------------------------------------------------------------------


def test_a_role_that_trusts_somebody_else_is_refused_in_aws_s_words(john, upload_role, sandbox):
    trusts(upload_role, trust(user_id(sandbox, "admin")))
    assert refused(john, "sts:AssumeRole", role_arn=role_arn(upload_role), role_session_name="s1") == (
        f"User: arn:aws:iam::{sandbox.account_id}:user/john is not authorized to perform: sts:AssumeRole on resource: "
        f"{role_arn(upload_role)} because no role trust policy allows the sts:AssumeRole action"
    )


def test_a_role_that_is_not_there_is_refused_like_one_that_trusts_nobody(admin, sandbox):
    missing = f"arn:aws:iam::{sandbox.account_id}:role/NoSuchRole"
    assert refused(admin, "sts:AssumeRole", role_arn=missing, role_session_name="s1") == (
        f"User: arn:aws:iam::{sandbox.account_id}:user/admin is not authorized to perform: sts:AssumeRole on resource: "
        f"{missing} because no role trust policy allows the sts:AssumeRole action"
    )


def test_a_role_of_another_sandbox_is_not_there(admin, other_sandbox, sandbox):
    theirs = make_role(other_sandbox, "Open", [trust("*")], allow("*"))
    text = refused(admin, "sts:AssumeRole", role_arn=role_arn(theirs), role_session_name="s1")
    assert text.endswith("because no role trust policy allows the sts:AssumeRole action")
    assert not TemporaryCredential.objects.filter(kind="role").exists()


def test_the_account_s_trust_leaves_it_to_the_account_s_policies(root, john, sandbox):
    role = make_role(sandbox, "Shared", [trust(sandbox.account_id)], READ_HR)
    assert "because no identity-based policy allows the sts:AssumeRole action" in refused(
        john, "sts:AssumeRole", role_arn=role_arn(role), role_session_name="s1"
    )
    root.call(
        "iam:PutUserPolicy",
        user_name="john",
        policy_name="may",
        policy_document=policy(allow("sts:AssumeRole", role_arn(role))),
    )
    assume(client_for(sandbox, "john"), role).call("s3:ListObjectsV2", bucket="company1-hr")


def test_an_explicit_deny_on_either_side_wins(root, john, upload_role, sandbox):
    root.call("iam:PutUserPolicy", user_name="john", policy_name="not", policy_document=policy(deny("sts:AssumeRole")))
    named = {"role_arn": role_arn(upload_role), "role_session_name": "s1"}
    text = refused(client_for(sandbox, "john"), "sts:AssumeRole", **named)
    assert text.endswith("with an explicit deny in an identity-based policy")
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="not")
    me = user_id(sandbox, "john")
    trusts(upload_role, trust(me), trust(me) | {"Effect": "Deny"})
    text = refused(client_for(sandbox, "john"), "sts:AssumeRole", **named)
    assert text.endswith("with an explicit deny in the role trust policy")


def test_a_boundary_of_the_user_must_allow_it_too(john, upload_role, sandbox):
    bound(User.objects.get(account=sandbox, name="john"), None, "arn:aws:iam::aws:policy/AmazonS3FullAccess")
    text = refused(
        client_for(sandbox, "john"), "sts:AssumeRole", role_arn=role_arn(upload_role), role_session_name="s1"
    )
    assert text.endswith("because no permissions boundary allows the sts:AssumeRole action")


def test_the_root_user_may_not(root, sandbox):
    role = make_role(sandbox, "Open", [trust("*")], allow("*"))
    named = {"role_session_name": "s1"}
    assert refused(root, "sts:AssumeRole", role_arn=role_arn(role), **named) == (
        "Roles may not be assumed by root accounts."
    )
    missing = f"arn:aws:iam::{sandbox.account_id}:role/NoSuchRole"
    assert refused(root, "sts:AssumeRole", role_arn=missing, **named) == "Roles may not be assumed by root accounts."


def test_a_user_deleted_and_made_again_is_another(root, john, upload_role, sandbox):
    root.call("iam:DeleteUser", user_name="john")
    root.call("iam:CreateUser", user_name="john")
    text = refused(
        client_for(sandbox, "john"), "sts:AssumeRole", role_arn=role_arn(upload_role), role_session_name="s1"
    )
    assert "no role trust policy" in text


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111122223333:user/john",
        "JohnUploadRoleWithALongName",
        "arn:aws:iam::1111:role/JohnUploadRole",
        "arn:aws:s3:::company1-hr-role/x",
    ],
)
def test_what_is_no_role_s_arn_is_invalid(admin, text):
    with pytest.raises(ValidationError) as error:
        admin.call("sts:AssumeRole", role_arn=text, role_session_name="s1")
    assert str(error.value) == f"{text} is invalid"


def test_a_role_trusts_another_role_or_one_session_of_it(john, upload_role, sandbox):
    target = make_role(sandbox, "Target", [trust(upload_role.unique_id)], READ_HR)
    # Named by its role, the session's own policies and limits still count; named itself, they do not.
    assume(assume(john, upload_role), target).call("s3:ListObjectsV2", bucket="company1-hr")
    one = f"arn:aws:sts::{sandbox.account_id}:assumed-role/{upload_role.name}/trusted"
    trusts(target, trust(one))
    assume(assume(john, upload_role, "trusted"), target)
    text = refused(
        assume(john, upload_role, "other"), "sts:AssumeRole", role_arn=role_arn(target), role_session_name="s1"
    )
    assert "no role trust policy" in text


def test_across_accounts_both_sides_must_say_yes(root, john, upload_role, sandbox):
    there = beside(sandbox)
    role = make_role(there, "Visitor", [trust(user_id(sandbox, "john"))], allow("iam:ListUsers"))
    named = {"role_arn": role_arn(role), "role_session_name": "visit"}
    assert "because no identity-based policy allows" in refused(john, "sts:AssumeRole", **named)
    root.call(
        "iam:PutUserPolicy",
        user_name="john",
        policy_name="may",
        policy_document=policy(allow("sts:AssumeRole", role_arn(role))),
    )
    trusts(role, trust(sandbox.account_id))
    session = assume(client_for(sandbox, "john"), role, "visit")

    assert session.caller.account_id == "210987654321"
    assert session.call("iam:ListUsers") == {"Users": [], "IsTruncated": False}
    trusts(role, trust("210987654321"))
    assert "because no resource-based policy" not in (
        text := refused(client_for(sandbox, "john"), "sts:AssumeRole", **named)
    )
    assert text.endswith("because no role trust policy allows the sts:AssumeRole action")

    own, theirs = Event.objects.filter(name="AssumeRole", error_code="", account__in=(sandbox, there)).order_by("id")
    assert (own.account, theirs.account) == (sandbox, there)
    assert own.shared_event_id == theirs.shared_event_id is not None
    assert (own.principal_type, own.user_name) == ("IAMUser", "john")
    assert (theirs.principal_type, theirs.user_name, theirs.principal_arn) == ("AWSAccount", "", "")
    assert theirs.principal_id == user_id(sandbox, "john")
    assert theirs.session == {"account": sandbox.account_id}
    assert theirs.request == own.request
    assert (theirs.context, theirs.outcome, theirs.basis_id) == (None, "", None)


# -- conditions of the trust policy -----------------------------------------------------------------


def test_an_external_id_is_the_trust_policy_s_to_ask_for(john, sandbox):
    me = user_id(sandbox, "john")
    role = make_role(sandbox, "Vendor", [trust(me, StringEquals={"sts:ExternalId": "Example987"})])
    named = {"role_arn": role_arn(role), "role_session_name": "s1"}
    assert "no role trust policy" in refused(john, "sts:AssumeRole", **named)
    assert "no role trust policy" in refused(john, "sts:AssumeRole", **named, external_id="Other")
    john.call("sts:AssumeRole", **named, external_id="Example987")


def test_a_session_name_can_be_asked_for(john, sandbox):
    me = user_id(sandbox, "john")
    role = make_role(sandbox, "Named", [trust(me, StringEquals={"sts:RoleSessionName": "${aws:username}"})])
    assert "no role trust policy" in refused(john, "sts:AssumeRole", role_arn=role_arn(role), role_session_name="jack")
    john.call("sts:AssumeRole", role_arn=role_arn(role), role_session_name="john")


def test_a_user_s_tag_can_be_asked_for(root, john, sandbox):
    me = user_id(sandbox, "john")
    condition = {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}
    role = make_role(sandbox, "Team", [trust(me, StringEquals=condition)], tags={"team": "hr"})
    named = {"role_arn": role_arn(role), "role_session_name": "s1"}
    assert "no role trust policy" in refused(john, "sts:AssumeRole", **named)
    root.call("iam:TagUser", user_name="john", tags=[{"Key": "team", "Value": "hr"}])
    client_for(sandbox, "john").call("sts:AssumeRole", **named)


# -- durations --------------------------------------------------------------------------------------


def expires_after(client, role, **params) -> int:
    now = wall_clock().replace(microsecond=0)
    client.context = client.context.__class__(face="api", **at(now))
    made = client.call("sts:AssumeRole", role_arn=role_arn(role), role_session_name="s1", **params)
    return int((made["Credentials"]["Expiration"] - now).total_seconds())


def test_a_session_lasts_an_hour_or_as_long_as_is_asked_for_within_the_role_s_maximum(john, upload_role):
    assert expires_after(john, upload_role) == 3600
    assert expires_after(john, upload_role, duration_seconds=900) == 900
    upload_role.max_session_duration = 43200
    upload_role.save()
    assert expires_after(john, upload_role) == 3600
    assert expires_after(john, upload_role, duration_seconds=43200) == 43200


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (899, "Member must have value greater than or equal to 900"),
        (600, "Member must have value greater than or equal to 900"),
        (43201, "Member must have value less than or equal to 43200"),
        (3601, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        (43200, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ],
)
def test_a_duration_outside_is_refused(john, upload_role, seconds, message):
    with pytest.raises(ValidationError) as error:
        john.call("sts:AssumeRole", role_arn=role_arn(upload_role), role_session_name="s1", duration_seconds=seconds)
    assert str(error.value).endswith(message)


def test_a_chain_of_roles_lasts_an_hour_whatever_the_role_allows(john, upload_role, sandbox):
    target = make_role(sandbox, "Target", [trust(upload_role.unique_id)], max_session_duration=43200)
    session = assume(john, upload_role)
    assert expires_after(session, target, duration_seconds=3600) == 3600
    with pytest.raises(ValidationError) as error:
        expires_after(session, target, duration_seconds=3601)
    assert str(error.value) == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )


# -- session policies -------------------------------------------------------------------------------


def test_d22_a_session_policy_narrows_and_never_widens(john, sandbox):
    me = user_id(sandbox, "john")
    role = make_role(sandbox, "UploadRole", [trust(me)], allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
    put = {"action": "s3:PutObject", "bucket": "company1-hr", "key": "test.txt"}
    only_put = policy(PUT_HR)

    narrowed = assume(john, role, policy=only_put)
    assert refused(narrowed, **put).endswith("because no identity-based policy allows the s3:PutObject action")
    grant(role, allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"), PUT_HR)
    narrowed = assume(john, role, policy=only_put)
    narrowed.call("s3:PutObject", bucket="company1-hr", key="test.txt", body=io.BytesIO(b"x"))
    assert refused(narrowed, "s3:GetObject", bucket="company1-hr", key="Test.txt").endswith(
        "because no session policy allows the s3:GetObject action"
    )
    whole = assume(john, role)
    whole.call("s3:PutObject", bucket="company1-hr", key="test.txt", body=io.BytesIO(b"x"))
    whole.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"].close()


def test_d23_a_session_policy_that_allows_more_than_the_role_adds_nothing(john, upload_role):
    listing = assume(john, upload_role, policy=policy(allow("s3:ListBucket")))
    listing.call("s3:ListObjectsV2", bucket="company1-hr")
    assert "no session policy allows the s3:PutObject" in refused(
        listing, "s3:PutObject", bucket="company1-hr", key="new-file.txt"
    )
    wider = assume(john, upload_role, policy=policy(allow("s3:DeleteObject")))
    assert "no identity-based policy allows the s3:DeleteObject" in refused(
        wider, "s3:DeleteObject", bucket="company1-hr", key="Test.txt"
    )


def test_managed_session_policies_count_together_and_as_they_are_now(root, john, upload_role, sandbox):
    made = root.call("iam:CreatePolicy", policy_name="Listing", policy_document=policy(allow("s3:ListBucket")))
    arn = made["Policy"]["Arn"]
    both = [{"arn": arn}, {"arn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"}]
    session = assume(john, upload_role, policy_arns=both)
    session.call("s3:ListObjectsV2", bucket="company1-hr")
    assert "no session policy" in refused(session, "s3:GetObject", bucket="company1-hr", key="Test.txt")

    ManagedPolicy.objects.get(name="Listing").delete()
    changed(sandbox)
    again = client_with({"AccessKeyId": session.caller.access_key_id})
    assert "session policy" in refused(again, "s3:ListObjectsV2", bucket="company1-hr")


def test_session_policies_of_two_sessions_of_a_role_do_not_mix(john, upload_role):
    """Both have the same role, revision and principal name: what is kept of one is not the other's."""
    narrow = assume(john, upload_role, policy=policy(allow("s3:ListBucket")))
    narrow.call("s3:ListObjectsV2", bucket="company1-hr")
    wide = assume(john, upload_role)
    wide.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"].close()
    assert "no session policy" in refused(narrow, "s3:GetObject", bucket="company1-hr", key="Test.txt")


def test_a_session_policy_is_measured_checked_and_packed(john, upload_role):
    named = {"role_arn": role_arn(upload_role), "role_session_name": "s1"}
    example = '{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    assert john.call("sts:AssumeRole", **named, policy=example)["PackedPolicySize"] == 6
    long = policy(allow("s3:ListBucket", ["arn:aws:s3:::" + "b" * 60] * 40))
    with pytest.raises(ValidationError) as error:
        john.call("sts:AssumeRole", **named, policy=long)
    assert str(error.value) == (
        f"1 validation error detected: Value '{long}' at 'policy' failed to satisfy constraint: "
        "Member must have length less than or equal to 2048"
    )
    with pytest.raises(AwsError) as error:
        john.call("sts:AssumeRole", **named, policy="{")
    assert (error.value.code, str(error.value)) == ("MalformedPolicyDocument", "This policy contains invalid Json")
    with pytest.raises(AwsError) as error:
        john.call("sts:AssumeRole", **named, policy=policy(allow("s3:*") | {"Principal": "*"}))
    assert str(error.value) == "Policy document should not specify a principal."


def test_eleven_managed_session_policies_are_too_many(john, upload_role):
    eleven = [{"arn": ADMINISTRATOR}] * 11
    with pytest.raises(ValidationError, match="less than or equal to 10"):
        assume(john, upload_role, policy_arns=eleven)
    with pytest.raises(ValidationError, match="does not exist"):
        assume(john, upload_role, policy_arns=[{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}])
    with pytest.raises(ValidationError, match="Invalid ARN:  Could not be parsed!"):
        assume(john, upload_role, policy_arns=[{"arn": "AdministratorAccess-without-arn"}])
    assume(john, upload_role, policy_arns=[{"arn": ADMINISTRATOR}] * 10)


def test_more_than_fits_is_too_large_and_says_by_how_much(john, upload_role, sandbox):
    trusts(upload_role, trust(user_id(sandbox, "john"), action=["sts:AssumeRole", "sts:TagSession"]))
    tags = [{"Key": f"key{n}", "Value": hashlib.sha512(str(n).encode()).hexdigest() * 2} for n in range(50)]
    with pytest.raises(AwsError) as error:
        assume(john, upload_role, tags=tags)
    assert error.value.code == "PackedPolicyTooLarge"
    assert str(error.value).startswith("Packed policy consumes ")
    assert int(str(error.value).split()[3].rstrip("%")) > 100
    assert str(error.value).endswith("of allotted space, please use smaller policy.")


# -- tags and source identity -----------------------------------------------------------------------

BOTH = ["sts:AssumeRole", "sts:TagSession"]


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_passing_tags_needs_the_permission_to_tag(john, upload_role, sandbox):
    named = {"role_arn": role_arn(upload_role), "role_session_name": "s1"}
    text = refused(john, "sts:AssumeRole", **named, tags=tags(team="hr"))
    assert "is not authorized to perform: sts:TagSession on resource: " in text
    assert text.endswith("because no role trust policy allows the sts:TagSession action")
    trusts(upload_role, trust(user_id(sandbox, "john"), action=BOTH))
    assert john.call("sts:AssumeRole", **named, tags=tags(team="hr"))["PackedPolicySize"] == 1


def test_session_tags_override_the_role_s_whatever_their_case(john, sandbox):
    role = make_role(
        sandbox,
        "Tagged",
        [trust(user_id(sandbox, "john"), action=BOTH)],
        allow("s3:ListBucket") | {"Condition": {"StringEquals": {"aws:PrincipalTag/department": "engineering"}}},
        tags={"Department": "marketing", "level": "1"},
    )
    assert "s3:ListBucket" in refused(assume(john, role), "s3:ListObjectsV2", bucket="company1-hr")
    session = assume(john, role, tags=tags(department="engineering"))
    session.call("s3:ListObjectsV2", bucket="company1-hr")
    context = last_event(session).context
    assert {key: value for key, value in context.items() if "PrincipalTag" in key} == {
        "aws:PrincipalTag/department": "engineering",
        "aws:PrincipalTag/level": "1",
    }


def test_transitive_tags_go_on_along_the_chain(john, sandbox):
    """IAM User Guide, "Pass session tags in AWS STS", "Chaining roles with session tags": Star, Heart and Sun."""
    first = make_role(sandbox, "Role1", [trust(user_id(sandbox, "john"), action=BOTH)], tags={"Heart": "1"})
    second = make_role(sandbox, "Role2", [trust(first.unique_id, action=BOTH)], allow("sts:*"), tags={"Sun": "2"})
    third = make_role(
        sandbox, "Role3", [trust(second.unique_id, action=BOTH)], allow("s3:*"), tags={"Star": "3", "Lightning": "3"}
    )
    one = assume(john, first, tags=tags(Star="1", Heart="1", Moon="1"), transitive_tag_keys=["star", "Heart"])
    two = assume(one, second)
    assert two.caller.session.tags == {"Star": "1", "Heart": "1"}
    with pytest.raises(AwsError) as error:
        assume(two, third, tags=tags(Heart="3"))
    assert (error.value.code, str(error.value)) == (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
        "the calling session.",
    )
    three = assume(two, third, tags=tags(Cloud="3"))
    three.call("s3:ListBuckets")
    context = last_event(three).context
    assert {key.partition("/")[2]: value for key, value in context.items() if "PrincipalTag" in key} == {
        "Star": "1",
        "Heart": "1",
        "Lightning": "3",
        "Cloud": "3",
    }
    trusts(third, trust(second.unique_id))
    assert "sts:TagSession" in refused(two, "sts:AssumeRole", role_arn=role_arn(third), role_session_name="s1")


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"tags": tags(Team="a") + tags(team="b")},
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            {"tags": tags(team="a"), "transitive_tag_keys": ["other"]},
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        ),
        ({"tags": [{"Key": "aws:team", "Value": "a"}]}, "InvalidParameterValue", "reserved for AWS use."),
        ({"tags": [{"Key": "k" * 129, "Value": "a"}]}, "ValidationError", "less than or equal to 128"),
        ({"tags": [{"Key": "k", "Value": "v" * 257}]}, "ValidationError", "less than or equal to 256"),
        ({"tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "ValidationError", "less than or equal to 50"),
    ],
)
def test_tags_that_are_refused(john, upload_role, sandbox, params, code, message):
    trusts(upload_role, trust(user_id(sandbox, "john"), action=BOTH))
    with pytest.raises(AwsError) as error:
        assume(john, upload_role, **params)
    assert error.value.code == code
    assert str(error.value).endswith(message)


def test_a_source_identity_is_set_once_and_stays(john, sandbox):
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    me = user_id(sandbox, "john")
    first = make_role(sandbox, "First", [trust(me)], allow("sts:*"), allow("s3:*"))
    second = make_role(sandbox, "Second", [trust(first.unique_id)], allow("s3:*"))
    asked = {"role_arn": role_arn(first), "role_session_name": "s1", "source_identity": "DevUser"}
    assert "sts:SetSourceIdentity" in refused(john, "sts:AssumeRole", **asked)
    condition = {"sts:SourceIdentity": "DevUser"}
    trusts(first, trust(me, action=actions, StringEquals=condition))
    assert "no role trust policy" in refused(john, "sts:AssumeRole", **asked | {"source_identity": "Other"})
    assert john.call("sts:AssumeRole", **asked)["SourceIdentity"] == "DevUser"
    session = assume(john, first, source_identity="DevUser")
    session.call("s3:ListBuckets")
    event = last_event(session)
    assert event.context["aws:SourceIdentity"] == "DevUser"
    assert event.session["source_identity"] == "DevUser"

    # It goes on to the next role, which must allow that, and cannot be another there.
    named = {"role_arn": role_arn(second), "role_session_name": "s2"}
    assert "sts:SetSourceIdentity" in refused(session, "sts:AssumeRole", **named)
    trusts(second, trust(first.unique_id, action=actions))
    assert session.call("sts:AssumeRole", **named)["SourceIdentity"] == "DevUser"
    with pytest.raises(AwsError, match="cannot be changed"):
        session.call("sts:AssumeRole", **named, source_identity="Other")
    grant(first, allow("s3:*"))
    again = client_with({"AccessKeyId": session.caller.access_key_id})
    assert "no identity-based policy allows the sts:SetSourceIdentity" in refused(again, "sts:AssumeRole", **named)


def test_a_source_identity_of_aws_s_own_is_refused(john, upload_role, sandbox):
    trusts(upload_role, trust(user_id(sandbox, "john"), action="sts:*"))
    with pytest.raises(ValidationError):
        assume(john, upload_role, source_identity="aws:me")


# -- the event --------------------------------------------------------------------------------------


def test_the_event_says_who_asked_for_what_and_hides_the_secret(john, upload_role, sandbox):
    assume(john, upload_role, "JohnUploadSession", policy=policy(READ_HR), duration_seconds=900)
    event = last_event(john)
    assert (event.service, event.name, event.read_only) == ("sts", "AssumeRole", True)
    assert event.request["roleArn"] == role_arn(upload_role)
    assert event.request["roleSessionName"] == "JohnUploadSession"
    assert json.loads(event.request["policy"])["Statement"] == [READ_HR]
    assert event.request["durationSeconds"] == 900
    kept = event.response["credentials"]
    assert set(kept) == {"accessKeyId", "expiration", "sessionToken"}
    assert kept["accessKeyId"].startswith("ASIA")
    assert event.resources == [role_arn(upload_role)]
    assert event.response["assumedRoleUser"]["assumedRoleId"] == f"{upload_role.unique_id}:JohnUploadSession"


def test_calls_of_a_session_are_events_of_an_assumed_role(john, upload_role, sandbox):
    session = assume(john, upload_role, "JohnUploadSession")
    session.call("s3:ListObjectsV2", bucket="company1-hr")
    event = last_event(session)
    assert (event.principal_type, event.user_name) == ("AssumedRole", "JohnUploadSession")
    assert event.principal_id == f"{upload_role.unique_id}:JohnUploadSession"
    assert event.issuer_id == upload_role.unique_id
    assert event.session["issuer"] == {"id": upload_role.unique_id, "arn": role_arn(upload_role)}
    assert event.session["mfa"] is False
    assert event.access_key_id == session.caller.access_key_id


def test_the_explanation_of_a_session_s_refusal_tells_role_boundary_and_session_policy_apart(
    root, john, upload_role, sandbox
):
    made = root.call("iam:CreatePolicy", policy_name="Limit", policy_document=policy(allow("s3:*"), allow("sts:*")))
    bound(upload_role, ManagedPolicy.objects.get(name="Limit", account=sandbox))
    session = assume(john, upload_role, policy=policy(allow("s3:ListBucket")), policy_arns=[{"arn": ADMINISTRATOR}])
    session.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"].close()
    event = last_event(session)
    kinds = [(one["type"], one["name"], one["arn"]) for one in event.basis.attachments]
    assert kinds == [
        ("identity", "inline", ""),
        ("boundary", "Limit", made["Policy"]["Arn"]),
        ("session", "Session policy", ""),
        ("session", "AdministratorAccess", ADMINISTRATOR),
    ]
    with pytest.raises(AccessDenied) as refusal:
        session.call("s3:DeleteObject", bucket="company1-hr", key="Test.txt")
    shown = root.call("iam:GetRequestAuthorizationDetails", event_id=refusal.value.event_id)
    assert (shown["Outcome"], shown["OutcomeNow"], shown["Lost"]) == ("implicit_deny", "implicit_deny", [])
    own = session.call("iamconsole:ExplainOwnDecision", event_id=refusal.value.event_id)
    assert own["Stages"] == shown["Stages"]


@pytest.mark.parametrize("missing", [True, False])
def test_the_explanation_of_a_refused_assumption_needs_no_lost_text(root, john, upload_role, sandbox, missing):
    trusts(upload_role, trust(user_id(sandbox, "admin")))
    named = f"arn:aws:iam::{sandbox.account_id}:role/NoSuchRole" if missing else role_arn(upload_role)
    with pytest.raises(AccessDenied) as refusal:
        john.call("sts:AssumeRole", role_arn=named, role_session_name="s1")
    shown = root.call("iam:GetRequestAuthorizationDetails", event_id=refusal.value.event_id)
    assert (shown["DecidedBy"], shown["Lost"], shown["OutcomeNow"]) == ("trust", [], "implicit_deny")


def test_a_session_costs_no_more_queries_than_a_user(django_assert_num_queries, john, upload_role):
    session = assume(john, upload_role, policy=policy(allow("s3:*")), policy_arns=[{"arn": ADMINISTRATOR}])
    session.call("sts:GetCallerIdentity")
    with django_assert_num_queries(1):
        callers.credential(session.caller.access_key_id)


def test_there_is_no_role_session_without_a_role(john, upload_role, sandbox):
    session = assume(john, upload_role)
    rows = TemporaryCredential.objects.filter(access_key_id=session.caller.access_key_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(role=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(kind="session")
    assert Role.objects.count()
