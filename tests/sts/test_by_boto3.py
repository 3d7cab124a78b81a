"""D20, D22 and D23 by boto3, and what AWS's clients are told of temporary credentials that are no good."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.sandboxes import lifecycle
from iamconsole.sts.models import TemporaryCredential
from tests.boto import boto
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db
HR = "arn:aws:s3:::company1-hr"


class Person:
    """Someone with credentials, and a boto3 client for each service."""

    def __init__(self, credentials: dict[str, str]) -> None:
        self.credentials = credentials

    def __getattr__(self, service: str) -> Any:
        known = self.credentials
        return boto(service, known["AccessKeyId"], known["SecretAccessKey"], token=known.get("SessionToken"))

    def assume(self, role_arn: str, **params: Any) -> Person:
        named = {"RoleSessionName": "JohnUploadSession"} | params
        return Person(self.sts.assume_role(RoleArn=role_arn, **named)["Credentials"])


@pytest.fixture
def admin(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return Person({"AccessKeyId": known["access_key_id"], "SecretAccessKey": known["secret_access_key"]})


@pytest.fixture
def john(admin):
    """john reads company1-hr, and no more."""
    admin.iam.create_user(UserName="john")
    reading = policy(allow("s3:ListBucket", HR), allow("s3:GetObject", f"{HR}/*"))
    admin.iam.put_user_policy(UserName="john", PolicyName="Company1-HR-ReadOnly", PolicyDocument=reading)
    return Person(admin.iam.create_access_key(UserName="john")["AccessKey"])


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def trusting(*arns: str) -> str:
    return policy({"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"})


@pytest.fixture
def upload_role(admin, john, sandbox):
    arn = f"arn:aws:iam::{sandbox.account_id}:user/john"
    made = admin.iam.create_role(RoleName="JohnUploadRole", AssumeRolePolicyDocument=trusting(arn))["Role"]
    grants = policy(allow("s3:ListBucket", HR), allow(["s3:GetObject", "s3:PutObject"], f"{HR}/*"))
    admin.iam.put_role_policy(RoleName="JohnUploadRole", PolicyName="Upload", PolicyDocument=grants)
    return made


def test_d23_john_uploads_with_a_role_s_credentials_and_is_himself_again_without_them(
    admin, john, upload_role, sandbox
):
    new = {"Bucket": "company1-hr", "Key": "new-file.txt"}
    code, message = refusal(john.s3.put_object, **new, Body=b"hi\n")
    assert (code, "no identity-based policy allows the s3:PutObject action" in message) == ("AccessDenied", True)

    answer = john.sts.assume_role(RoleArn=upload_role["Arn"], RoleSessionName="JohnUploadSession")
    arn = f"arn:aws:sts::{sandbox.account_id}:assumed-role/JohnUploadRole/JohnUploadSession"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{upload_role['RoleId']}:JohnUploadSession"
    left = answer["Credentials"]["Expiration"] - wall_clock()
    assert dt.timedelta(minutes=59) < left <= dt.timedelta(hours=1)

    session = Person(answer["Credentials"])
    assert session.sts.get_caller_identity()["Arn"] == arn
    session.s3.put_object(**new, Body=b"hi\n")
    names = [one["Key"] for one in session.s3.list_objects_v2(Bucket="company1-hr")["Contents"]]
    assert names == ["Test.txt", "new-file.txt"]
    # A role's rights replace the user's.
    assert refusal(session.s3.delete_object, **new)[0] == "AccessDenied"
    assert refusal(session.s3.list_objects_v2, Bucket="company1-sales")[0] == "AccessDenied"
    assert refusal(session.ec2.describe_regions)[0] in ("UnauthorizedOperation", "InvalidAction")

    assert john.sts.get_caller_identity()["Arn"].endswith(":user/john")
    assert refusal(john.s3.put_object, **new, Body=b"hi\n")[0] == "AccessDenied"
    event = Event.objects.get(name="AssumeRole")
    assert {"roleArn": upload_role["Arn"], "roleSessionName": "JohnUploadSession"}.items() <= event.request.items()


def test_d23_credentials_expire(john, upload_role):
    session = john.assume(upload_role["Arn"])
    TemporaryCredential.objects.update(expires=wall_clock() - dt.timedelta(seconds=1))
    expired = "The security token included in the request is expired"
    assert refusal(session.sts.get_caller_identity) == ("ExpiredToken", expired)
    assert refusal(session.iam.list_users) == ("ExpiredToken", expired)
    assert refusal(session.s3.list_buckets) == ("ExpiredToken", "The provided token has expired.")


def test_d23_the_sessions_of_a_role_are_revoked_and_a_later_one_works(admin, john, upload_role):
    session = john.assume(upload_role["Arn"])
    # The moment of the revocation, in the second after the session's.
    issued = TemporaryCredential.objects.get(role__isnull=False).issued
    moment = (issued + dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    revoke = deny("*") | {"Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}}}
    admin.iam.put_role_policy(
        RoleName="JohnUploadRole", PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(revoke)
    )
    code, message = refusal(session.s3.list_objects_v2, Bucket="company1-hr")
    assert (code, message.endswith("with an explicit deny in an identity-based policy")) == ("AccessDenied", True)
    later = john.assume(upload_role["Arn"])
    TemporaryCredential.objects.filter(access_key_id=later.credentials["AccessKeyId"]).update(
        issued=issued + dt.timedelta(seconds=2)
    )
    later.s3.list_objects_v2(Bucket="company1-hr")


def test_d23_a_deleted_role_s_credentials_are_unknown(admin, john, upload_role):
    session = john.assume(upload_role["Arn"])
    admin.iam.delete_role_policy(RoleName="JohnUploadRole", PolicyName="Upload")
    admin.iam.delete_role(RoleName="JohnUploadRole")
    assert refusal(session.sts.get_caller_identity)[0] == "InvalidClientTokenId"
    assert refusal(session.s3.list_buckets)[0] == "InvalidAccessKeyId"


def test_d23_the_trust_of_the_account_needs_a_policy_of_john_s(admin, john, upload_role, sandbox):
    root = f"arn:aws:iam::{sandbox.account_id}:root"
    admin.iam.update_assume_role_policy(RoleName="JohnUploadRole", PolicyDocument=trusting(root))
    asked = {"RoleArn": upload_role["Arn"], "RoleSessionName": "s1"}
    assert refusal(john.sts.assume_role, **asked) == (
        "AccessDenied",
        f"User: arn:aws:iam::{sandbox.account_id}:user/john is not authorized to perform: sts:AssumeRole on resource: "
        f"{upload_role['Arn']} because no identity-based policy allows the sts:AssumeRole action",
    )
    may = policy(allow("sts:AssumeRole", upload_role["Arn"]))
    admin.iam.put_user_policy(UserName="john", PolicyName="may", PolicyDocument=may)
    john.assume(upload_role["Arn"])
    admin_arn = f"arn:aws:iam::{sandbox.account_id}:user/admin"
    admin.iam.update_assume_role_policy(RoleName="JohnUploadRole", PolicyDocument=trusting(admin_arn))
    message = refusal(john.sts.assume_role, **asked)[1]
    assert message.endswith("because no role trust policy allows the sts:AssumeRole action")


def test_d22_session_policies_by_the_api(admin, john, upload_role):
    only_put = policy(allow("s3:PutObject", f"{HR}/*"))
    narrowed = john.assume(upload_role["Arn"], Policy=only_put)
    narrowed.s3.put_object(Bucket="company1-hr", Key="test.txt", Body=b"x")
    message = refusal(narrowed.s3.get_object, Bucket="company1-hr", Key="Test.txt")[1]
    assert message.endswith("because no session policy allows the s3:GetObject action")
    managed = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    narrowed = john.assume(upload_role["Arn"], PolicyArns=managed)
    narrowed.s3.get_object(Bucket="company1-hr", Key="Test.txt")
    assert refusal(narrowed.s3.put_object, Bucket="company1-hr", Key="test.txt", Body=b"x")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"DurationSeconds": 43200},
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        (
            {"RoleSessionName": "Session1:2"},
            "ValidationError",
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        ({"Policy": "{"}, "MalformedPolicyDocument", "This policy contains invalid Json"),
        ({"SerialNumber": "GAHT12345678", "TokenCode": "12345a"}, "ValidationError", None),
    ],
)
def test_d22_what_is_wrong_is_said_in_aws_s_words(john, upload_role, params, code, message):
    asked = {"RoleArn": upload_role["Arn"], "RoleSessionName": "s1"} | params
    found = refusal(john.sts.assume_role, **asked)
    assert found[0] == code
    assert message is None or found[1] == message


def test_a_session_token_works_with_its_own_key_only(john, upload_role):
    one, other = john.assume(upload_role["Arn"]), john.assume(upload_role["Arn"])
    mixed = Person(one.credentials | {"SessionToken": other.credentials["SessionToken"]})
    assert refusal(mixed.sts.get_caller_identity)[0] == "InvalidClientTokenId"
    without = Person({key: one.credentials[key] for key in ("AccessKeyId", "SecretAccessKey")})
    assert refusal(without.sts.get_caller_identity)[0] == "InvalidClientTokenId"


def test_tokens_by_the_api(admin, sandbox):
    plain = Person(admin.sts.get_session_token()["Credentials"])
    assert plain.sts.get_caller_identity()["Arn"].endswith(":user/admin")
    invalid = ("InvalidClientTokenId", "The security token included in the request is invalid.")
    assert refusal(plain.iam.list_users) == invalid
    plain.s3.list_buckets()
    assert refusal(plain.sts.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )
    made = admin.sts.get_federation_token(Name="Bob", Policy=policy(allow("s3:ListAllMyBuckets")))
    assert made["FederatedUser"]["Arn"] == f"arn:aws:sts::{sandbox.account_id}:federated-user/Bob"
    bob = Person(made["Credentials"])
    bob.s3.list_buckets()
    assert refusal(bob.iam.list_users) == invalid
    own = admin.credentials["AccessKeyId"]
    assert admin.sts.get_access_key_info(AccessKeyId=own)["Account"] == sandbox.account_id


def test_a_longer_token_is_made_where_it_is_asked_for(admin):
    made = admin.sts.get_session_token(MinimumSessionTokenSize=1000)
    assert len(made["Credentials"]["SessionToken"]) == made["SessionTokenSize"] == 1000
    assert made["SessionTokenUtilization"] == 24


def test_a_message_is_decoded_by_the_api(admin, sandbox):
    assert refusal(admin.sts.decode_authorization_message, EncodedMessage="nonsense")[0] == (
        "InvalidAuthorizationMessageException"
    )


def test_d20_a_role_that_trusts_a_service_is_no_user_s(admin, sandbox):
    trusts_ec2 = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    made = admin.iam.create_role(RoleName="S3AccessRole", AssumeRolePolicyDocument=trusts_ec2)["Role"]
    message = refusal(admin.sts.assume_role, RoleArn=made["Arn"], RoleSessionName="s1")[1]
    assert message.endswith("because no role trust policy allows the sts:AssumeRole action")


def test_a_role_knows_when_its_sessions_last_called(admin, john, upload_role):
    assert admin.iam.get_role(RoleName="JohnUploadRole")["Role"]["RoleLastUsed"] == {}
    session = john.assume(upload_role["Arn"])
    assert admin.iam.get_role(RoleName="JohnUploadRole")["Role"]["RoleLastUsed"] == {}
    session.s3.list_objects_v2(Bucket="company1-hr")
    used = admin.iam.get_role(RoleName="JohnUploadRole")["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1"
    assert json.dumps(used["LastUsedDate"], default=str)
