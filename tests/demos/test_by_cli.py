"""D3's errors, D4 and D8–D10 by the genuine `aws` command against the running server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.demos import course
from tests.demos.course import refusal

pytestmark = pytest.mark.cli


@dataclass(frozen=True)
class Aws:
    """The `aws` command of this environment, as one person."""

    url: str
    home: Path
    access_key_id: str
    secret: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        command = [sys.executable, "-m", "awscli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=self.home, check=False)

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def refused(self, *arguments: str) -> str:
        """The error that the command prints; it must fail with the genuine command's status."""
        done = self.run(*arguments)
        assert done.returncode in (1, 255), (done.returncode, done.stdout, done.stderr)
        return done.stderr.strip()


def error(code: str, operation: str, message: str) -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


@pytest.fixture
def admin(server, served, tmp_path) -> Aws:
    return Aws(server.url, tmp_path, served["admin"]["access_key_id"], served["admin"]["secret_access_key"])


def with_key(admin: Aws, name: str) -> Aws:
    key = admin("iam", "create-access-key", "--user-name", name)["AccessKey"]
    return replace(admin, access_key_id=key["AccessKeyId"], secret=key["SecretAccessKey"])


def test_d4_john_by_the_command_line(admin, served):
    account = served["account_id"]
    made = admin("iam", "create-user", "--user-name", "john")["User"]
    assert made["Arn"] == f"arn:aws:iam::{account}:user/john"
    assert made["UserId"].startswith("AIDA")
    admin(
        *("iam", "create-login-profile", "--user-name", "john"),
        *("--password", course.FIRST_PASSWORD, "--password-reset-required"),
    )
    admin("iam", "attach-user-policy", "--user-name", "john", "--policy-arn", course.CHANGE_PASSWORD)
    assert admin.refused("iam", "create-user", "--user-name", "John") == error(
        "EntityAlreadyExists", "CreateUser", "User with name John already exists."
    )
    assert admin.refused("iam", "create-user", "--user-name", "john doe") == error(
        "ValidationError",
        "CreateUser",
        "The specified value for userName is invalid. "
        "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    )

    john = with_key(admin, "john")
    with_key(admin, "john")
    assert admin.refused("iam", "create-access-key", "--user-name", "john") == error(
        "LimitExceeded", "CreateAccessKey", "Cannot exceed quota for AccessKeysPerUser: 2"
    )
    assert john("sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{account}:user/john"
    assert john.refused("s3", "ls") == error(
        "AccessDenied", "ListBuckets", refusal(account, "john", "s3:ListAllMyBuckets")
    )
    john("iam", "change-password", "--old-password", course.FIRST_PASSWORD, "--new-password", course.NEW_PASSWORD)
    assert john.refused("iam", "list-users").startswith("An error occurred (AccessDenied) when calling the ListUsers")


def test_d8_and_d9_john_by_the_command_line(admin, served, tmp_path):
    account = served["account_id"]
    admin("iam", "create-user", "--user-name", "john")
    john = with_key(admin, "john")

    admin("iam", "create-group", "--group-name", "MarketingTeam")
    admin("iam", "attach-group-policy", "--group-name", "MarketingTeam", "--policy-arn", course.S3_READ_ONLY)
    admin("iam", "add-user-to-group", "--group-name", "MarketingTeam", "--user-name", "john")
    assert [line.split()[-1] for line in john("s3", "ls").splitlines()] == [
        "company1-hr",
        "company1-logs",
        "company1-sales",
    ]
    assert john("s3", "ls", "s3://company1-hr").split()[-2:] == ["7", "Test.txt"]
    admin("iam", "remove-user-from-group", "--group-name", "MarketingTeam", "--user-name", "john")
    assert "no identity-based policy allows the s3:ListAllMyBuckets action" in john.refused("s3", "ls")

    admin("s3", "mb", "s3://company1-hr-bucket")
    (tmp_path / "handbook.txt").write_text("Be kind.\n")
    (tmp_path / "hr-policy.json").write_text(course.HR_POLICY)
    admin("s3", "cp", "handbook.txt", "s3://company1-hr-bucket/handbook.txt")
    admin("iam", "create-group", "--group-name", "HR")
    made = admin("iam", "create-policy", "--policy-name", "HRPolicy", "--policy-document", "file://hr-policy.json")
    admin("iam", "attach-group-policy", "--group-name", "HR", "--policy-arn", made["Policy"]["Arn"])
    admin("iam", "add-user-to-group", "--group-name", "HR", "--user-name", "john")

    assert john("s3", "ls", "s3://company1-hr-bucket").split()[-1] == "handbook.txt"
    (tmp_path / "new-file.txt").write_text("hi\n")
    assert "upload: ./new-file.txt to s3://company1-hr-bucket/new-file.txt" in john(
        "s3", "cp", "new-file.txt", "s3://company1-hr-bucket"
    )
    assert john("s3", "cp", "s3://company1-hr-bucket/handbook.txt", "-") == "Be kind.\n"
    policy_arguments = ("--bucket", "company1-hr-bucket")
    john("s3api", "put-bucket-policy", *policy_arguments, "--policy", course.BUCKET_POLICY)
    assert json.loads(john("s3api", "get-bucket-policy", *policy_arguments)["Policy"]) == json.loads(
        course.BUCKET_POLICY
    )
    assert john.refused("s3", "ls") == error(
        "AccessDenied", "ListBuckets", refusal(account, "john", "s3:ListAllMyBuckets")
    )
    assert john.refused("s3", "ls", "s3://company1-hr") == error(
        "AccessDenied", "ListObjectsV2", refusal(account, "john", "s3:ListBucket", "arn:aws:s3:::company1-hr")
    )
    upload = john.refused("s3", "cp", "new-file.txt", "s3://company1-hr/")
    assert upload == (
        "upload failed: ./new-file.txt to s3://company1-hr/new-file.txt "
        + error(
            "AccessDenied",
            "PutObject",
            refusal(account, "john", "s3:PutObject", "arn:aws:s3:::company1-hr/new-file.txt"),
        )
    )
    john("s3", "rm", "s3://company1-hr-bucket", "--recursive")
    john("s3", "rb", "s3://company1-hr-bucket")
    assert admin.refused("s3", "rb", "s3://company1-hr").startswith("remove_bucket failed: s3://company1-hr An error")


def test_d10_sarah_by_the_command_line(admin):
    sarah = with_key(admin, "Sarah")
    assert "AccessDenied" in sarah.refused("iam", "list-users")
    admin("iam", "create-group", "--group-name", "IT")
    admin("iam", "attach-group-policy", "--group-name", "IT", "--policy-arn", course.ADMINISTRATOR)
    admin("iam", "add-user-to-group", "--group-name", "IT", "--user-name", "Sarah")
    assert len(sarah("iam", "list-users")["Users"]) == 3
    sarah("s3", "mb", "s3://sarahs-own")


def test_what_is_not_there_says_so(admin):
    assert admin.refused(
        "iam", "create-saml-provider", "--name", "idp-idp", "--saml-metadata-document", "x" * 1000
    ) == error("InvalidAction", "CreateSAMLProvider", "The operation CreateSAMLProvider of iam is not simulated here.")
    assert "is not simulated here" in admin.refused("dynamodb", "list-tables")
    assert "is not simulated here" in admin.refused("s3api", "get-bucket-cors", "--bucket", "company1-hr")


def test_wrong_and_inactive_keys(admin):
    key = admin("iam", "create-access-key", "--user-name", "amin")["AccessKey"]
    amin = replace(admin, access_key_id=key["AccessKeyId"], secret=key["SecretAccessKey"])
    wrong = replace(amin, secret="x" * 40)
    assert "(SignatureDoesNotMatch)" in wrong.refused("sts", "get-caller-identity")
    admin(
        *("iam", "update-access-key", "--user-name", "amin"),
        *("--access-key-id", key["AccessKeyId"], "--status", "Inactive"),
    )
    invalid = "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: "
    message = f"{invalid}The security token included in the request is invalid."
    assert amin.refused("sts", "get-caller-identity") == message
    assert replace(amin, access_key_id="AKIAS7790KQGK63WUK6T5").refused("sts", "get-caller-identity") == message
    assert "(InvalidAccessKeyId)" in amin.refused("s3", "ls")
