"""D3, D4, D8–D10, D22 and D23 by boto3 against the running server."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.demos import course
from tests.demos.course import refusal, session_refusal


class Person:
    """Someone with an access key, and a boto3 client for each service."""

    def __init__(self, server: Any, access_key_id: str, secret: str, token: str | None = None) -> None:
        self.session = boto3.Session(access_key_id, secret, token, region_name="us-east-1")
        self.server, self.url = server, server.url

    def __getattr__(self, service: str) -> Any:
        # One attempt: a refusal is the answer here, never something to try again.
        # The server refuses what is wrong, not the client beforehand.
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        return self.session.client(service, endpoint_url=self.url, config=config)

    def assume(self, role: str, session: str, **more: Any) -> Person:
        """The person in a role, with the three variables of its session."""
        made = self.sts.assume_role(RoleArn=role, RoleSessionName=session, **more)["Credentials"]
        return Person(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


@pytest.fixture
def admin(server, served):
    return Person(server, served["admin"]["access_key_id"], served["admin"]["secret_access_key"])


def with_key(server, admin, name) -> Person:
    key = admin.iam.create_access_key(UserName=name)["AccessKey"]
    return Person(server, key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def john(server, admin):
    """D4: john, who must change his password and may do nothing else yet."""
    admin.iam.create_user(UserName="john")
    admin.iam.create_login_profile(UserName="john", Password=course.FIRST_PASSWORD, PasswordResetRequired=True)
    admin.iam.attach_user_policy(UserName="john", PolicyArn=course.CHANGE_PASSWORD)
    return with_key(server, admin, "john")


def refused(call, message: str, code: str = "AccessDenied") -> None:
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["Error"]["Message"] == message


def test_d3_alice_may_nothing_until_a_policy_is_attached(server, admin, served):
    account = served["account_id"]
    made = admin.iam.create_user(UserName="alice")["User"]
    assert set(made) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    key = admin.iam.create_access_key(UserName="alice")["AccessKey"]
    assert key["Status"] == "Active"
    alice = Person(server, key["AccessKeyId"], key["SecretAccessKey"])
    for call in (
        alice.s3.list_buckets,
        alice.iam.list_users,
        alice.iam.list_groups,
        alice.iam.list_roles,
        alice.iam.list_policies,
        alice.iam.get_account_summary,
    ):
        with pytest.raises(ClientError, match=r"\(AccessDenied\).* because no identity-based policy allows"):
            call()
    admin.iam.attach_user_policy(UserName="alice", PolicyArn=course.S3_READ_ONLY)
    refused(
        lambda: admin.iam.create_user(UserName="alice"), "User with name alice already exists.", "EntityAlreadyExists"
    )
    admin.iam.create_access_key(UserName="alice")
    refused(
        lambda: admin.iam.create_access_key(UserName="alice"),
        "Cannot exceed quota for AccessKeysPerUser: 2",
        "LimitExceeded",
    )
    assert len(alice.s3.list_buckets()["Buckets"]) == 3
    assert alice.s3.list_objects_v2(Bucket="company1-hr")["KeyCount"] == 1
    refused(
        lambda: alice.s3.put_object(Bucket="company1-hr", Key="x", Body=b"x"),
        refusal(account, "alice", "s3:PutObject", "arn:aws:s3:::company1-hr/x"),
    )
    with pytest.raises(alice.iam.exceptions.ClientError, match="iam:ListUsers"):
        alice.iam.list_users()


def test_d4_john_exists_and_may_only_change_his_password(admin, john, served):
    account = served["account_id"]
    attached = admin.iam.list_attached_user_policies(UserName="john")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["IAMUserChangePassword"]
    assert admin.iam.list_groups_for_user(UserName="john")["Groups"] == []
    assert admin.iam.get_login_profile(UserName="john")["LoginProfile"]["PasswordResetRequired"] is True
    refused(
        lambda: admin.iam.create_user(UserName="John"), "User with name John already exists.", "EntityAlreadyExists"
    )

    assert john.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/john"
    refused(john.s3.list_buckets, refusal(account, "john", "s3:ListAllMyBuckets"))
    with pytest.raises(ClientError) as error:
        john.iam.list_users()
    assert error.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{account}:user/john is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{account}:user/ because no identity-based policy allows the iam:ListUsers action"
    )
    john.iam.change_password(OldPassword=course.FIRST_PASSWORD, NewPassword=course.NEW_PASSWORD)
    assert admin.iam.get_login_profile(UserName="john")["LoginProfile"]["PasswordResetRequired"] is False


def test_d8_a_member_reads_all_buckets_and_nobody_else_does(admin, john, served):
    account = served["account_id"]
    admin.iam.create_group(GroupName="MarketingTeam")
    admin.iam.attach_group_policy(GroupName="MarketingTeam", PolicyArn=course.S3_READ_ONLY)
    admin.iam.add_user_to_group(GroupName="MarketingTeam", UserName="john")

    names = [bucket["Name"] for bucket in john.s3.list_buckets()["Buckets"]]
    assert names == ["company1-hr", "company1-logs", "company1-sales"]
    assert john.s3.get_object(Bucket="company1-hr", Key="Test.txt")["Body"].read() == b"Hello!\n"
    refused(
        lambda: john.s3.put_object(Bucket="company1-hr", Key="x", Body=b"x"),
        refusal(account, "john", "s3:PutObject", "arn:aws:s3:::company1-hr/x"),
    )

    admin.iam.remove_user_from_group(GroupName="MarketingTeam", UserName="john")
    refused(john.s3.list_buckets, refusal(account, "john", "s3:ListAllMyBuckets"))

    with pytest.raises(ClientError, match="must detach all policies first"):
        admin.iam.delete_group(GroupName="MarketingTeam")
    admin.iam.detach_group_policy(GroupName="MarketingTeam", PolicyArn=course.S3_READ_ONLY)
    admin.iam.delete_group(GroupName="MarketingTeam")
    assert admin.iam.get_policy(PolicyArn=course.S3_READ_ONLY)["Policy"]["PolicyName"] == "AmazonS3ReadOnlyAccess"
    assert admin.iam.get_user(UserName="john")["User"]["UserName"] == "john"


def test_d9_john_owns_one_bucket_and_no_other(admin, john, served):
    account = served["account_id"]
    admin.s3.create_bucket(Bucket="company1-hr-bucket")
    admin.s3.put_object(Bucket="company1-hr-bucket", Key="handbook.txt", Body=b"Be kind.\n")
    admin.iam.create_group(GroupName="HR")
    refused(lambda: admin.iam.create_group(GroupName="hr"), "Group with name hr already exists.", "EntityAlreadyExists")
    policy = admin.iam.create_policy(PolicyName="HRPolicy", PolicyDocument=course.HR_POLICY)["Policy"]
    admin.iam.attach_group_policy(GroupName="HR", PolicyArn=policy["Arn"])
    admin.iam.add_user_to_group(GroupName="HR", UserName="john")

    s3 = john.s3
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="company1-hr-bucket")["Contents"]]
    assert keys == ["handbook.txt"]
    assert s3.get_object(Bucket="company1-hr-bucket", Key="handbook.txt")["Body"].read() == b"Be kind.\n"
    s3.put_object(Bucket="company1-hr-bucket", Key="a/b c.txt", Body=b"new")
    s3.delete_public_access_block(Bucket="company1-hr-bucket")
    s3.put_bucket_policy(Bucket="company1-hr-bucket", Policy=course.BUCKET_POLICY)
    assert s3.get_bucket_policy(Bucket="company1-hr-bucket")["Policy"] == course.BUCKET_POLICY

    refused(s3.list_buckets, refusal(account, "john", "s3:ListAllMyBuckets"))
    refused(
        lambda: s3.list_objects_v2(Bucket="company1-hr"),
        refusal(account, "john", "s3:ListBucket", "arn:aws:s3:::company1-hr"),
    )
    refused(
        lambda: s3.get_object(Bucket="company1-hr", Key="Test.txt"),
        refusal(account, "john", "s3:GetObject", "arn:aws:s3:::company1-hr/Test.txt"),
    )

    for key in ("handbook.txt", "a/b c.txt"):
        s3.delete_object(Bucket="company1-hr-bucket", Key=key)
    s3.delete_bucket(Bucket="company1-hr-bucket")
    assert "company1-hr-bucket" not in [bucket["Name"] for bucket in admin.s3.list_buckets()["Buckets"]]


def test_d10_sarah_may_do_everything(server, admin, served):
    admin.iam.create_group(GroupName="IT")
    admin.iam.attach_group_policy(GroupName="IT", PolicyArn=course.ADMINISTRATOR)
    sarah = with_key(server, admin, "Sarah")
    with pytest.raises(ClientError, match="AccessDenied"):
        sarah.iam.list_users()
    admin.iam.add_user_to_group(GroupName="IT", UserName="Sarah")

    assert {user["UserName"] for user in sarah.iam.list_users()["Users"]} == {"admin", "amin", "Sarah"}
    sarah.s3.create_bucket(Bucket="sarahs-own")
    sarah.iam.create_user(UserName="hired-by-sarah")
    members = admin.iam.get_group(GroupName="IT")["Users"]
    assert [member["UserName"] for member in members] == ["Sarah"]


def test_an_empty_object_is_uploaded_at_once(admin):
    """The client asks `Expect: 100-continue` for a body of no bytes; the server must not wait for them."""
    admin.s3.put_object(Bucket="company1-hr", Key="empty", Body=b"")
    assert admin.s3.head_object(Bucket="company1-hr", Key="empty")["ContentLength"] == 0
    admin.s3.put_object(Bucket="company1-hr", Key="megabyte", Body=b"x" * 1_000_000)
    assert admin.s3.get_object(Bucket="company1-hr", Key="megabyte")["Body"].read() == b"x" * 1_000_000


@pytest.fixture
def hr_reader(server, admin, served):
    """john as D22 and D23 find him: he may list and read company1-hr (W26)."""
    admin.iam.create_user(UserName="john")
    read_only = f"arn:aws:iam::{served['account_id']}:policy/Company1-HR-ReadOnly"
    admin.iam.attach_user_policy(UserName="john", PolicyArn=read_only)
    return with_key(server, admin, "john")


def put(person: Person, key: str) -> None:
    person.s3.put_object(Bucket="company1-hr", Key=key, Body=b"hi\n")


def get(person: Person, key: str) -> bytes:
    content: bytes = person.s3.get_object(Bucket="company1-hr", Key=key)["Body"].read()
    return content


def test_d22_a_session_policy_only_takes_away(admin, hr_reader, served):
    account, john = served["account_id"], hr_reader
    trust = course.trust(account, "john")
    role = admin.iam.create_role(RoleName="UploadRole", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    admin.iam.put_role_policy(RoleName="UploadRole", PolicyName="hr", PolicyDocument=course.on_hr("s3:GetObject"))
    session_policy = course.on_hr("s3:PutObject")
    who = "UploadRole/Session1"
    to_put, to_get = "arn:aws:s3:::company1-hr/test.txt", "arn:aws:s3:::company1-hr/Test.txt"

    session = john.assume(role, "Session1", Policy=session_policy)
    refused(
        lambda: put(session, "test.txt"),
        session_refusal(account, who, "s3:PutObject", to_put, "identity-based policy"),
    )
    both = course.on_hr("s3:GetObject", "s3:PutObject")
    admin.iam.put_role_policy(RoleName="UploadRole", PolicyName="hr", PolicyDocument=both)
    put(session, "test.txt")  # what the role may counts at once, in sessions that are there already
    refused(lambda: get(session, "Test.txt"), session_refusal(account, who, "s3:GetObject", to_get, "session policy"))
    whole = john.assume(role, "Session1")
    put(whole, "test.txt")
    assert get(whole, "Test.txt") == b"Hello!\n"

    def assume(**more: Any) -> Any:
        return lambda: john.sts.assume_role(RoleArn=role, **{"RoleSessionName": "Session1"} | more)

    detected = "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must {}"
    for call, message in (
        (
            assume(DurationSeconds=600),
            detected.format("600", "durationSeconds", "have value greater than or equal to 900"),
        ),
        (
            assume(DurationSeconds=43200),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ),
        (
            assume(RoleSessionName="Session1:2"),
            detected.format("Session1:2", "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]*"),
        ),
        (
            lambda: john.sts.assume_role(RoleArn="not-an-arn-at-all-of-role", RoleSessionName="Session1"),
            "not-an-arn-at-all-of-role is invalid",
        ),
        (
            lambda: whole.assume(role, "Chained", DurationSeconds=3601),
            None,
        ),
    ):
        with pytest.raises(ClientError) as error:
            call()
        said = error.value.response["Error"]
        assert said["Code"] in ("ValidationError", "AccessDenied")
        if message:
            assert (said["Code"], said["Message"]) == ("ValidationError", message)


def test_d23_john_uploads_by_a_role(server, admin, hr_reader, served):
    account, john = served["account_id"], hr_reader
    assert [item["Key"] for item in john.s3.list_objects_v2(Bucket="company1-hr")["Contents"]] == ["Test.txt"]
    key = "arn:aws:s3:::company1-hr/new-file.txt"
    refused(lambda: put(john, "new-file.txt"), refusal(account, "john", "s3:PutObject", key))
    made = admin.iam.create_policy(
        PolicyName="SessionPolicy-UploadFile", PolicyDocument=course.session_upload_policy()
    )["Policy"]
    somebody_else = course.trust(account, "amin")
    role = admin.iam.create_role(RoleName="JohnUploadRole", AssumeRolePolicyDocument=somebody_else)["Role"]
    admin.iam.attach_role_policy(RoleName="JohnUploadRole", PolicyArn=made["Arn"])
    denied = (
        f"User: arn:aws:iam::{account}:user/{{}} is not authorized to perform: sts:AssumeRole on resource: "
        f"{role['Arn']} because no role trust policy allows the sts:AssumeRole action"
    )
    refused(lambda: john.assume(role["Arn"], "JohnUploadSession"), denied.format("john"))
    admin.iam.update_assume_role_policy(RoleName="JohnUploadRole", PolicyDocument=course.trust(account, "john"))
    refused(lambda: admin.assume(role["Arn"], "JohnUploadSession"), denied.format("admin"))

    session = john.assume(role["Arn"], "JohnUploadSession")
    who = session.sts.get_caller_identity()
    assert (who["UserId"], who["Arn"]) == (
        f"{role['RoleId']}:JohnUploadSession",
        f"arn:aws:sts::{account}:assumed-role/JohnUploadRole/JohnUploadSession",
    )
    put(session, "new-file.txt")
    listed = session.s3.list_objects_v2(Bucket="company1-hr")["Contents"]
    assert [(item["Key"], item["Size"]) for item in listed] == [("Test.txt", 7), ("new-file.txt", 3)]
    refused(
        lambda: session.s3.delete_object(Bucket="company1-hr", Key="new-file.txt"),
        session_refusal(account, "JohnUploadRole/JohnUploadSession", "s3:DeleteObject", key, "identity-based policy"),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        session.s3.list_objects_v2(Bucket="company1-sales")
    refused(lambda: put(john, "new-file.txt"), refusal(account, "john", "s3:PutObject", key))

    # With john made anew under his name the trust policy names nobody any more: it keeps the unique ID.
    for one in admin.iam.list_access_keys(UserName="john")["AccessKeyMetadata"]:
        admin.iam.delete_access_key(UserName="john", AccessKeyId=one["AccessKeyId"])
    admin.iam.detach_user_policy(UserName="john", PolicyArn=f"arn:aws:iam::{account}:policy/Company1-HR-ReadOnly")
    admin.iam.delete_user(UserName="john")
    put(session, "still-here.txt")  # a session lives on without the user who began it
    admin.iam.create_user(UserName="john")
    again = with_key(server, admin, "john")
    refused(lambda: again.assume(role["Arn"], "JohnUploadSession"), denied.format("john"))
    admin.iam.update_assume_role_policy(RoleName="JohnUploadRole", PolicyDocument=course.trust(account, "john"))
    put(again.assume(role["Arn"], "JohnUploadSession"), "again.txt")
