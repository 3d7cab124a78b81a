"""D3, D4, D8–D10, D22 and D23 by the genuine `aws` command against the running server."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.clients import drivers as clients
from tests.clients.drivers import Done, Keys
from tests.demos import course
from tests.demos.course import refusal, session_refusal

pytestmark = pytest.mark.cli


@dataclass(frozen=True)
class Aws:
    """The `aws` command of this environment, as one person in a folder of their own."""

    driver: clients.Aws
    home: Path
    keys: Keys | None

    def run(self, *arguments: str) -> Done:
        environment = self.driver.environment(self.keys) | {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        return self.driver.run(arguments, environment, folder=self.home)

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.code == 0, done.error
        try:
            return json.loads(done.out)
        except ValueError:
            return done.out

    def refused(self, *arguments: str) -> str:
        """The error that the command prints; it must fail with the genuine command's status."""
        done = self.run(*arguments)
        assert done.code in (1, 255), done
        return done.error.strip()


def error(code: str, operation: str, message: str) -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


@pytest.fixture
def admin(aws_driver, served, tmp_path) -> Aws:
    return Aws(aws_driver, tmp_path, Keys(served["admin"]["access_key_id"], served["admin"]["secret_access_key"]))


def with_key(admin: Aws, name: str) -> Aws:
    key = admin("iam", "create-access-key", "--user-name", name)["AccessKey"]
    return replace(admin, keys=Keys.of(key))


def test_d3_alice_by_the_command_line(admin, served, tmp_path):
    account = served["account_id"]
    alice_arn = f"arn:aws:iam::{account}:user/alice"
    made = admin("iam", "create-user", "--user-name", "alice")["User"]
    assert list(made) == ["Path", "UserName", "UserId", "Arn", "CreateDate"]
    assert (made["Path"], made["UserName"], made["Arn"]) == ("/", "alice", alice_arn)
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", made["UserId"])
    key = admin("iam", "create-access-key", "--user-name", "alice")["AccessKey"]
    assert (key["Status"], len(key["SecretAccessKey"])) == ("Active", 40)
    alice = replace(admin, keys=Keys.of(key))

    commands = (
        ("s3", "ls"),
        ("s3", "ls", "s3://company1-hr"),
        ("iam", "list-users"),
        ("iam", "list-groups"),
        ("iam", "list-roles"),
        ("iam", "list-policies", "--scope", "Local"),
        ("iam", "get-account-summary"),
    )
    for command in commands:  # no permissions by default
        assert "(AccessDenied)" in alice.refused(*command)
        admin(*command)
    assert alice("sts", "get-caller-identity") == {"UserId": made["UserId"], "Account": account, "Arn": alice_arn}

    attached = admin.run("iam", "attach-user-policy", "--user-name", "alice", "--policy-arn", course.S3_READ_ONLY)
    assert attached == Done(0, "", "")
    assert admin.refused("iam", "create-user", "--user-name", "alice") == error(
        "EntityAlreadyExists", "CreateUser", "User with name alice already exists."
    )
    with_key(admin, "alice")
    assert admin.refused("iam", "create-access-key", "--user-name", "alice") == error(
        "LimitExceeded", "CreateAccessKey", "Cannot exceed quota for AccessKeysPerUser: 2"
    )
    assert "company1-hr" in alice("s3", "ls")
    assert alice("s3", "ls", "s3://company1-hr").split()[-2:] == ["7", "Test.txt"]
    (tmp_path / "x").write_text("x")
    assert alice.refused("s3", "cp", "x", "s3://company1-hr/").endswith(
        refusal(account, "alice", "s3:PutObject", "arn:aws:s3:::company1-hr/x")
    )
    assert "(AccessDenied)" in alice.refused("iam", "list-users")
    assert admin.refused("iam", "get-login-profile", "--user-name", "alice") == error(
        "NoSuchEntity", "GetLoginProfile", "Login Profile for User alice cannot be found."
    )


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
    john("s3api", "delete-public-access-block", *policy_arguments)
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


@pytest.fixture
def john(admin) -> Aws:
    """john as D22 and D23 find him: he may list and read company1-hr (W26)."""
    account = admin("sts", "get-caller-identity")["Account"]
    admin("iam", "create-user", "--user-name", "john")
    read_only = f"arn:aws:iam::{account}:policy/Company1-HR-ReadOnly"
    admin("iam", "attach-user-policy", "--user-name", "john", "--policy-arn", read_only)
    return with_key(admin, "john")


def assumed(person: Aws, *arguments: str) -> Aws:
    """The person with the three variables of the session exported."""
    return replace(person, keys=Keys.of(person("sts", "assume-role", *arguments)["Credentials"]))


def test_d22_a_session_policy_by_the_command_line(admin, john, served, tmp_path):
    account = served["account_id"]
    (tmp_path / "trust.json").write_text(course.trust(account, "john"))
    (tmp_path / "read.json").write_text(course.on_hr("s3:GetObject"))
    (tmp_path / "read-and-write.json").write_text(course.on_hr("s3:GetObject", "s3:PutObject"))
    (tmp_path / "session-policy.json").write_text(course.on_hr("s3:PutObject"))
    (tmp_path / "test.txt").write_text("test\n")
    trust = ("--assume-role-policy-document", "file://trust.json")
    role = admin("iam", "create-role", "--role-name", "UploadRole", *trust)["Role"]
    permissions = ("--role-name", "UploadRole", "--policy-name", "hr", "--policy-document")
    admin("iam", "put-role-policy", *permissions, "file://read.json")

    asked = ("--role-arn", role["Arn"], "--role-session-name", "Session1")
    bounded = (*asked, "--policy", "file://session-policy.json")
    session = assumed(john, *bounded)
    put = ("s3", "cp", "test.txt", "s3://company1-hr/")
    get = ("s3", "cp", "s3://company1-hr/Test.txt", "fetched.txt")
    key = "arn:aws:s3:::company1-hr/test.txt"
    said = session_refusal(account, "UploadRole/Session1", "s3:PutObject", key, "identity-based policy")
    assert session.refused(*put).endswith(said)

    admin("iam", "put-role-policy", *permissions, "file://read-and-write.json")
    session = assumed(john, *bounded)
    assert "upload: ./test.txt to s3://company1-hr/test.txt" in session(*put)
    assert "(403)" in session.refused(*get)  # the command asks HeadObject first, whose refusal has no body
    got = session.refused("s3api", "get-object", "--bucket", "company1-hr", "--key", "Test.txt", "fetched.txt")
    key = "arn:aws:s3:::company1-hr/Test.txt"
    said = session_refusal(account, "UploadRole/Session1", "s3:GetObject", key, "session policy")
    assert got == error("AccessDenied", "GetObject", said)
    whole = assumed(john, *asked)
    assert "upload: ./test.txt to s3://company1-hr/test.txt" in whole(*put)
    assert "download: s3://company1-hr/Test.txt to ./fetched.txt" in whole(*get)
    assert (tmp_path / "fetched.txt").read_text() == "Hello!\n"

    short = john.refused("sts", "assume-role", *asked, "--duration-seconds", "600")
    # So says the command itself, without asking; `test_by_boto3.py` asks.
    assert short == (
        "Parameter validation failed:\nInvalid value for parameter DurationSeconds, value: 600, valid min value: 900"
    )
    assert john.refused("sts", "assume-role", *asked, "--duration-seconds", "43200") == error(
        "ValidationError",
        "AssumeRole",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    assert john.refused("sts", "assume-role", "--role-arn", role["Arn"], "--role-session-name", "Session1:2") == error(
        "ValidationError",
        "AssumeRole",
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
    )
    missing = john.refused("sts", "assume-role", *asked, "--policy", "file://x.json")
    assert missing == (
        "Error parsing parameter '--policy': Unable to load paramfile file://x.json: "
        "[Errno 2] No such file or directory: 'x.json'"
    )


def test_d23_john_uploads_by_a_role_on_the_command_line(admin, john, served, tmp_path):
    account = served["account_id"]
    assert john("sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{account}:user/john"
    ls = ("s3", "ls", "s3://company1-hr")
    assert john(*ls).split()[-1] == "Test.txt"
    (tmp_path / "new-file.txt").write_text("hi\n")
    cp = ("s3", "cp", "new-file.txt", "s3://company1-hr")
    key = "arn:aws:s3:::company1-hr/new-file.txt"
    refused_upload = "upload failed: ./new-file.txt to s3://company1-hr/new-file.txt " + error(
        "AccessDenied", "PutObject", refusal(account, "john", "s3:PutObject", key)
    )
    assert john.refused(*cp) == refused_upload

    (tmp_path / "policy.json").write_text(course.session_upload_policy())
    made = admin(
        *("iam", "create-policy", "--policy-name", "SessionPolicy-UploadFile"),
        *("--policy-document", "file://policy.json"),
    )
    named = ("--role-name", "JohnUploadRole")
    (tmp_path / "trust.json").write_text(course.trust(account, "amin"))
    role = admin("iam", "create-role", *named, "--assume-role-policy-document", "file://trust.json")["Role"]
    admin("iam", "attach-role-policy", *named, "--policy-arn", made["Policy"]["Arn"])
    asked = ("--role-arn", role["Arn"], "--role-session-name", "JohnUploadSession")
    denied = (
        f"User: arn:aws:iam::{account}:user/{{}} is not authorized to perform: sts:AssumeRole on resource: "
        f"{role['Arn']} because no role trust policy allows the sts:AssumeRole action"
    )
    assert john.refused("sts", "assume-role", *asked) == error("AccessDenied", "AssumeRole", denied.format("john"))
    (tmp_path / "trust.json").write_text(course.trust(account, "john"))
    admin("iam", "update-assume-role-policy", *named, "--policy-document", "file://trust.json")
    # The one place where an administrator is refused: the trust policy names john only.
    assert admin.refused("sts", "assume-role", *asked) == error("AccessDenied", "AssumeRole", denied.format("admin"))
    nowhere = role["Arn"].replace("JohnUploadRole", "NoSuchRole")
    unknown = john.refused("sts", "assume-role", "--role-arn", nowhere, "--role-session-name", "JohnUploadSession")
    assert unknown.startswith("An error occurred (AccessDenied) when calling the AssumeRole operation: User: ")

    answer = john("sts", "assume-role", *asked)
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", answer["Credentials"]["AccessKeyId"])
    expires = dt.datetime.fromisoformat(answer["Credentials"]["Expiration"])
    assert abs((expires - dt.datetime.now(dt.UTC)).total_seconds() - 3600) < 60
    arn = f"arn:aws:sts::{account}:assumed-role/JohnUploadRole/JohnUploadSession"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:JohnUploadSession", "Arn": arn}

    session = replace(john, keys=Keys.of(answer["Credentials"]))
    assert session("sts", "get-caller-identity") == {
        "UserId": f"{role['RoleId']}:JohnUploadSession",
        "Account": account,
        "Arn": arn,
    }
    assert session(*ls).split()[-1] == "Test.txt"
    assert "upload: ./new-file.txt to s3://company1-hr/new-file.txt" in session(*cp)
    assert [line.split()[-2:] for line in session(*ls).splitlines()] == [["7", "Test.txt"], ["3", "new-file.txt"]]
    delete = ("s3api", "delete-object", "--bucket", "company1-hr", "--key", "new-file.txt")
    who = "JohnUploadRole/JohnUploadSession"
    said = error(
        "AccessDenied", "DeleteObject", session_refusal(account, who, "s3:DeleteObject", key, "identity-based policy")
    )
    assert session.refused(*delete) == said
    assert "(AccessDenied)" in session.refused("s3", "ls", "s3://company1-sales")
    assert john.refused(*cp) == refused_upload  # the three variables are unset

    only_list = assumed(john, *asked, "--policy", course.on_hr("s3:ListBucket"))
    only_list(*ls)
    said = session_refusal(account, who, "s3:PutObject", key, "session policy")
    assert only_list.refused(*cp).endswith(said)
    by_arn = assumed(john, *asked, "--policy-arns", f"arn={course.S3_READ_ONLY}")
    assert by_arn.refused(*cp).endswith(said)
    deleter = assumed(john, *asked, "--policy", course.on_hr("s3:DeleteObject"))
    assert "no identity-based policy allows the s3:DeleteObject action" in deleter.refused(*delete)

    # The console's `Revoke active sessions`: whoever was in before now is out.
    time.sleep(1.1)  # the time that a session began has whole seconds
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    revoked = ("--policy-name", "AWSRevokeOlderSessions", "--policy-document", course.revocation(now))
    admin("iam", "put-role-policy", *named, *revoked)
    assert "with an explicit deny in an identity-based policy" in session.refused(*ls)
    assert assumed(john, *asked)(*ls).split()[-1] == "new-file.txt"


def test_d23_with_a_profile_that_assumes_the_role_by_itself(admin, john, served, tmp_path):
    account = served["account_id"]
    (tmp_path / "trust.json").write_text(course.trust(account, "john"))
    (tmp_path / "policy.json").write_text(course.session_upload_policy())
    named = ("--role-name", "JohnUploadRole")
    role = admin("iam", "create-role", *named, "--assume-role-policy-document", "file://trust.json")["Role"]
    admin("iam", "put-role-policy", *named, "--policy-name", "p", "--policy-document", "file://policy.json")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[john]\naws_access_key_id = {john.keys.access_key_id}\naws_secret_access_key = {john.keys.secret}\n"
    )
    (tmp_path / ".aws" / "config").write_text(
        "[profile john]\nregion = us-west-2\n"
        f"[profile upload]\nrole_arn = {role['Arn']}\nsource_profile = john\nrole_session_name = JohnUploadSession\n"
        f"[profile other]\nrole_arn = {role['Arn']}\nsource_profile = nobody\n"
    )
    profiles = replace(john, keys=None)
    who = profiles("sts", "get-caller-identity", "--profile", "upload")
    assert who["Arn"] == f"arn:aws:sts::{account}:assumed-role/JohnUploadRole/JohnUploadSession"
    (tmp_path / "new-file.txt").write_text("hi\n")
    cp = ("s3", "cp", "new-file.txt", "s3://company1-hr", "--profile")
    assert "upload: ./new-file.txt" in profiles(*cp, "upload")
    assert "(AccessDenied)" in profiles.refused(*cp, "john")
    assert profiles.refused("s3", "ls", "--profile", "jon") == "The config profile (jon) could not be found"
    assert "nobody" in profiles.refused("s3", "ls", "--profile", "other")


def test_what_is_not_there_says_so(admin):
    operation = "EnableOrganizationsRootSessions"
    assert admin.refused("iam", "enable-organizations-root-sessions") == error(
        "InvalidAction", operation, f"The operation {operation} of iam is not simulated here."
    )
    assert "is not simulated here" in admin.refused("dynamodb", "list-tables")
    assert "is not simulated here" in admin.refused("s3api", "get-bucket-website", "--bucket", "company1-hr")


def test_wrong_and_inactive_keys(admin):
    key = admin("iam", "create-access-key", "--user-name", "amin")["AccessKey"]
    amin = replace(admin, keys=Keys.of(key))
    wrong = replace(amin, keys=replace(amin.keys, secret="x" * 40))
    assert "(SignatureDoesNotMatch)" in wrong.refused("sts", "get-caller-identity")
    admin(
        *("iam", "update-access-key", "--user-name", "amin"),
        *("--access-key-id", key["AccessKeyId"], "--status", "Inactive"),
    )
    invalid = "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: "
    message = f"{invalid}The security token included in the request is invalid."
    assert amin.refused("sts", "get-caller-identity") == message
    assert (
        replace(amin, keys=replace(amin.keys, access_key_id="AKIAS7790KQGK63WUK6T5")).refused(
            "sts", "get-caller-identity"
        )
        == message
    )
    assert "(InvalidAccessKeyId)" in amin.refused("s3", "ls")
