"""D4 and D8–D10 by boto3 against the running server."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.demos import course
from tests.demos.course import refusal


class Person:
    """Someone with an access key, and a boto3 client for each service."""

    def __init__(self, server: Any, access_key_id: str, secret: str) -> None:
        self.session = boto3.Session(access_key_id, secret, region_name="us-east-1")
        self.url = server.url

    def __getattr__(self, service: str) -> Any:
        # One attempt: a refusal is the answer here, never something to try again.
        config = Config(retries={"total_max_attempts": 1})
        return self.session.client(service, endpoint_url=self.url, config=config)


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
