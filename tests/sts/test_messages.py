"""The encoded message of a refusal, and whose an access key is."""

from __future__ import annotations

import datetime as dt
import json
import secrets

import pytest
from django.conf import settings

from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.policy import Decision, PolicySet, Principal, Request
from iamconsole.sandboxes import lifecycle
from iamconsole.sts import messages
from tests.factories import allow, client_for, deny, policy
from tests.sts.sessions import at, beside, make_role, trust, user_id

pytestmark = pytest.mark.django_db
TEXT = "Encoded authorization failure message: "


@pytest.fixture
def sarah(root, sandbox):
    root.call(
        "iam:PutUserPolicy",
        user_name="Sarah",
        policy_name="p",
        policy_document=policy(deny("ec2:Describe*") | {"Sid": "NoLooking"}),
    )
    return client_for(sandbox, "Sarah")


def refused(client) -> AccessDenied:
    with pytest.raises(AccessDenied) as refusal:
        client.call("ec2:DescribeRegions")
    return refusal.value


def test_a_refusal_of_ec2_carries_a_message_that_says_nothing_to_its_cause(sarah, sandbox):
    error = refused(sarah)
    assert (error.code, error.status) == ("UnauthorizedOperation", 403)
    plain, _, encoded = str(error.message).partition(TEXT)
    assert plain == (
        f"You are not authorized to perform this operation. User: arn:aws:iam::{sandbox.account_id}:user/Sarah is not "
        "authorized to perform: ec2:DescribeRegions with an explicit deny in an identity-based policy. "
    )
    assert "NoLooking" not in encoded
    assert "Sarah" not in encoded


def test_who_may_decode_it_reads_who_asked_for_what_and_why_not(sarah, admin, sandbox):
    encoded = refused(sarah).message.partition(TEXT)[2]
    decoded = json.loads(admin.call("sts:DecodeAuthorizationMessage", encoded_message=encoded)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"], decoded["failures"]) == (False, True, {"items": []})
    me = user_id(sandbox, "Sarah")
    assert decoded["matchedStatements"]["items"] == [
        {
            "statementId": "NoLooking",
            "effect": "DENY",
            "principals": {"items": [{"value": me}]},
            "principalGroups": {"items": []},
            "actions": {"items": [{"value": "ec2:Describe*"}]},
            "resources": {"items": [{"value": "*"}]},
            "conditions": {"items": []},
        }
    ]
    assert decoded["context"]["principal"] == {
        "id": me,
        "name": "Sarah",
        "arn": f"arn:aws:iam::{sandbox.account_id}:user/Sarah",
    }
    assert decoded["context"]["action"] == "ec2:DescribeRegions"
    assert {"key": "ec2:Region", "values": {"items": [{"value": "us-east-1"}]}} in (
        decoded["context"]["conditions"]["items"]
    )


def test_decoding_needs_the_permission(sarah):
    encoded = refused(sarah).message.partition(TEXT)[2]
    with pytest.raises(AccessDenied, match="no identity-based policy allows the sts:DecodeAuthorizationMessage action"):
        sarah.call("sts:DecodeAuthorizationMessage", encoded_message=encoded)


def test_an_implicit_denial_matches_no_statement(root, admin, sandbox):
    encoded = refused(client_for(sandbox, "Sarah")).message.partition(TEXT)[2]
    decoded = json.loads(admin.call("sts:DecodeAuthorizationMessage", encoded_message=encoded)["DecodedMessage"])
    assert (decoded["explicitDeny"], decoded["matchedStatements"]) == (False, {"items": []})


def bad(client, encoded: str) -> str:
    with pytest.raises(AwsError) as error:
        client.call("sts:DecodeAuthorizationMessage", encoded_message=encoded)
    return error.value.code


def test_another_account_s_message_an_old_one_and_what_is_none_are_invalid(sarah, admin, stranger, sandbox):
    encoded = refused(sarah).message.partition(TEXT)[2]
    code = "InvalidAuthorizationMessageException"
    assert bad(stranger, encoded) == code
    assert bad(admin, encoded[:-4] + "AAAA") == code
    assert bad(admin, encoded[:20] + "\n" + encoded[20:]) == code
    assert bad(admin, "nonsense é") == code
    secret = settings.IAMCONSOLE_FERNET.encrypt(b"the secret of an access key").decode()
    assert bad(admin, secret) == code
    later = client_for(sandbox, "admin", **at(wall_clock() + dt.timedelta(days=2)))
    assert bad(later, encoded) == code


def test_a_message_is_never_longer_than_can_be_decoded():
    context = {f"aws:RequestTag/{number}": secrets.token_hex(100) for number in range(20)}
    user = Principal.user("arn:aws:iam::111122223333:user/john")
    request = Request(user, "ec2:RunInstances", "*", "111122223333", context)
    encoded = messages.encode("111122223333", request, Decision("implicit_deny", "identity"), PolicySet(), wall_clock())
    assert len(encoded) <= 10240
    assert messages.decode("111122223333", encoded, wall_clock())


def test_a_key_is_of_an_account_of_this_sandbox_or_unknown(root, admin, sandbox, other_sandbox):
    own = lifecycle.describe(sandbox)["admin"]["access_key_id"]
    assert admin.call("sts:GetAccessKeyInfo", access_key_id=own) == {"Account": sandbox.account_id}
    session = admin.call("sts:GetSessionToken")["Credentials"]["AccessKeyId"]
    assert admin.call("sts:GetAccessKeyInfo", access_key_id=session) == {"Account": sandbox.account_id}
    theirs = lifecycle.describe(other_sandbox)["admin"]["access_key_id"]
    for unknown in (theirs, "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"):
        with pytest.raises(AwsError) as error:
            admin.call("sts:GetAccessKeyInfo", access_key_id=unknown)
        assert str(error.value) == f"The access key ID {unknown} does not exist."


def test_a_key_of_another_account_of_the_sandbox_is_known(admin, sandbox):
    there = beside(sandbox)
    role = make_role(there, "Visitor", [trust(sandbox.account_id)])
    made = admin.call("sts:AssumeRole", role_arn=role.arn("210987654321"), role_session_name="s1")
    key = made["Credentials"]["AccessKeyId"]
    assert admin.call("sts:GetAccessKeyInfo", access_key_id=key) == {"Account": "210987654321"}


def test_asking_for_a_key_s_account_needs_the_permission(root, sandbox):
    root.call("iam:CreateUser", user_name="john")
    john = client_for(sandbox, "john")
    with pytest.raises(AccessDenied, match="no identity-based policy allows the sts:GetAccessKeyInfo action"):
        john.call("sts:GetAccessKeyInfo", access_key_id="AKIAIOSFODNN7EXAMPLE")
    root.call("iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=policy(allow("sts:*")))
    with pytest.raises(AwsError, match="does not exist"):
        client_for(sandbox, "john").call("sts:GetAccessKeyInfo", access_key_id="AKIAIOSFODNN7EXAMPLE")
