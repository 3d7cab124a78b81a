"""What only the `aws` command has: output forms, `--query`, `file://`, wait, paging of its own, profiles, exit codes.

The lives of all objects by it are in `test_lives_*.py`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.drivers import REGION, Aws, Done, Keys
from tests.factories import allow, policy

pytestmark = pytest.mark.cli

DOCUMENT = policy(allow("s3:GetObject"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


@dataclass(frozen=True)
class Shell:
    """A person's own folder and home, in which they type `aws …`."""

    driver: Aws
    home: Path
    keys: Keys | None

    def __call__(self, *arguments: str, answers: str = "", fresh: bool = False, **more: str) -> Done:
        environment = self.driver.environment(self.keys) | {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        if self.keys is None:
            del environment["AWS_DEFAULT_REGION"]
        return self.driver.run(
            arguments, environment | more, folder=self.home, answers=answers, fresh=fresh, prepared=False
        )

    def out(self, *arguments: str) -> str:
        done = self(*arguments)
        assert (done.code, done.error) == (0, "")
        return done.out


@pytest.fixture
def aws(aws_driver, tmp_path, keys) -> Shell:
    return Shell(aws_driver, tmp_path, keys)


@pytest.fixture
def newcomer(aws_driver, tmp_path) -> Shell:
    """Somebody who has configured nothing yet."""
    return Shell(aws_driver, tmp_path, None)


def error(code: str, operation: str, message: str) -> str:
    return f"\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"


def test_a_warm_process_says_what_a_fresh_one_says(aws):
    commands = [
        ["iam", "list-users", "--output", "table"],
        ["iam", "get-user", "--user-name", "nobody"],
        ["iam", "get-user", "--no-such-option"],
        ["iam", "no-such-operation"],
        ["iam", "create-policy", "--policy-name", "p", "--policy-document", "file://missing.json"],
        ["sts", "get-caller-identity", "--profile", "jon"],
        ["configure", "list"],
    ]
    for command in commands:
        assert aws(*command) == aws(*command, fresh=True)


def test_output_as_text_table_and_by_query(aws, account):
    assert aws.out("iam", "list-users", "--query", "Users[].UserName", "--output", "text") == "admin\tamin\tSarah\n"
    query = "Users[?starts_with(UserName, `a`)].{Name: UserName, Arn: Arn}"
    assert json.loads(aws.out("iam", "list-users", "--query", query)) == [
        {"Name": name, "Arn": f"arn:aws:iam::{account}:user/{name}"} for name in ("admin", "amin")
    ]
    text = aws.out("iam", "get-user", "--user-name", "amin", "--output", "text")
    assert re.fullmatch(
        rf"USER\tarn:aws:iam::{account}:user/amin\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t/\tAIDA\w{{17}}\tamin\n", text
    )
    table = aws.out("iam", "list-users", "--output", "table", "--query", "Users[].[UserName]")
    assert table.splitlines() == [
        "-----------",
        "|ListUsers|",
        "+---------+",
        "|  admin  |",
        "|  amin   |",
        "|  Sarah  |",
        "+---------+",
    ]
    assert aws.out("sts", "get-caller-identity", "--query", "Account", "--output", "text") == f"{account}\n"


def test_dates_have_the_form_that_the_command_shows(aws):
    made = json.loads(aws.out("iam", "create-user", "--user-name", "dated"))["User"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["CreateDate"])
    assert list(made) == ["Path", "UserName", "UserId", "Arn", "CreateDate"]


def test_documents_from_files_and_skeletons(aws, account, tmp_path):
    (tmp_path / "policy.json").write_text(DOCUMENT)
    made = aws.out("iam", "create-policy", "--policy-name", "P", "--policy-document", "file://policy.json")
    arn = json.loads(made)["Policy"]["Arn"]
    shown = json.loads(aws.out("iam", "get-policy-version", "--policy-arn", arn, "--version-id", "v1"))
    assert shown["PolicyVersion"]["Document"] == json.loads(DOCUMENT)
    (tmp_path / "user.json").write_text(
        json.dumps({"UserName": "ann", "Path": "/hr/", "Tags": [{"Key": "a", "Value": "b"}]})
    )
    ann = json.loads(aws.out("iam", "create-user", "--cli-input-json", "file://user.json"))["User"]
    assert (ann["Arn"], ann["Tags"]) == (f"arn:aws:iam::{account}:user/hr/ann", [{"Key": "a", "Value": "b"}])
    aws.out("iam", "tag-user", "--user-name", "ann", "--tags", "Key=team,Value=hr", "Key=empty,Value=")
    tags = aws.out("iam", "list-user-tags", "--user-name", "ann", "--query", "Tags[].[Key,Value]", "--output", "text")
    assert tags == "a\tb\nempty\t\nteam\thr\n"
    missing = aws("iam", "create-policy", "--policy-name", "Q", "--policy-document", "file://x.json")
    assert missing.code == 255
    assert missing.error == (
        "\nError parsing parameter '--policy-document': Unable to load paramfile file://x.json: "
        "[Errno 2] No such file or directory: 'x.json'\n"
    )


def test_errors_have_the_exact_line_and_exit_code(aws):
    for arguments, line in (
        (
            ["iam", "get-user", "--user-name", "bob"],
            error("NoSuchEntity", "GetUser", "The user with name bob cannot be found."),
        ),
        (
            ["iam", "create-user", "--user-name", "AMIN"],
            error("EntityAlreadyExists", "CreateUser", "User with name AMIN already exists."),
        ),
        (
            ["iam", "create-user", "--user-name", "x" * 65],
            error(
                "ValidationError",
                "CreateUser",
                f"1 validation error detected: Value '{'x' * 65}' at 'userName' failed to satisfy constraint: "
                "Member must have length less than or equal to 64",
            ),
        ),
        (
            ["iam", "delete-policy", "--policy-arn", "this-is-not-an-arn-at-all"],
            error("ValidationError", "DeletePolicy", "Invalid ARN:  Could not be parsed!"),
        ),
    ):
        done = aws(*arguments)
        assert (done.code, done.out, done.error) == (255, "", line)
    usage = aws("iam", "crate-user")
    assert (usage.code, usage.out) == (2, "")
    assert "aws: error: argument operation: Invalid choice, valid choices are:" in usage.error
    lacking = aws("iam", "get-group")
    assert (lacking.code, "the following arguments are required: --group-name" in lacking.error) == (2, True)


def test_the_commands_own_paging(aws):
    for number in range(5):
        aws.out("iam", "create-user", "--user-name", f"user-{number}")
    everybody = ["admin", "amin", "Sarah", *(f"user-{number}" for number in range(5))]

    def listed(*more: str) -> dict:
        return json.loads(aws.out("iam", "list-users", *more))

    def shown(page: dict) -> list[str]:
        return [user["UserName"] for user in page["Users"]]

    assert shown(listed()) == everybody
    assert shown(listed("--page-size", "3")) == everybody
    first = listed("--max-items", "4", "--page-size", "3")
    assert (shown(first), "Marker" in first) == (everybody[:4], False)
    second = listed("--max-items", "3", "--page-size", "2", "--starting-token", first["NextToken"])
    assert shown(second) == everybody[4:7]
    last = listed("--starting-token", second["NextToken"])
    assert (shown(last), "NextToken" in last) == (everybody[7:], False)
    one = listed("--no-paginate", "--max-items", "2")
    assert (shown(one), one["IsTruncated"]) == (everybody[:2], True)


def test_wait_commands(aws, account):
    arn = f"arn:aws:iam::{account}:policy/awaited"
    aws.out("iam", "create-user", "--user-name", "awaited")
    aws.out("iam", "create-policy", "--policy-name", "awaited", "--policy-document", DOCUMENT)
    aws.out("iam", "create-role", "--role-name", "awaited", "--assume-role-policy-document", TRUST)
    aws.out("iam", "create-instance-profile", "--instance-profile-name", "awaited")
    for arguments in (
        ["user-exists", "--user-name", "awaited"],
        ["policy-exists", "--policy-arn", arn],
        ["role-exists", "--role-name", "awaited"],
        ["instance-profile-exists", "--instance-profile-name", "awaited"],
    ):
        assert aws.out("iam", "wait", *arguments) == ""
    refused = aws("iam", "wait", "user-exists", "--user-name", "not a name")
    assert refused.code == 255
    assert "Waiter UserExists failed: An error occurred (ValidationError)" in refused.error


def test_configure_asks_four_things_and_writes_two_files(newcomer, keys, account):
    done = newcomer("configure", "--profile", "john", answers=f"{keys.access_key_id}\n{keys.secret}\nus-west-2\n\n")
    assert (done.code, done.error) == (0, "")
    assert done.out == (
        "AWS Access Key ID [None]: AWS Secret Access Key [None]: "
        "Default region name [None]: Default output format [None]: "
    )
    assert (newcomer.home / ".aws" / "credentials").read_text() == (
        f"[john]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret}\n"
    )
    assert (newcomer.home / ".aws" / "config").read_text() == "[profile john]\nregion = us-west-2\n"
    assert newcomer.out("sts", "get-caller-identity", "--profile", "john", "--query", "Arn", "--output", "text") == (
        f"arn:aws:iam::{account}:user/admin\n"
    )
    listed = newcomer.out("configure", "list", "--profile", "john")
    assert keys.secret not in listed
    assert re.search(rf"access_key[ :]+\*+{keys.access_key_id[-4:]}[ :]+shared-credentials-file", listed)
    missing = newcomer("sts", "get-caller-identity", "--profile", "jon")
    assert (missing.code, missing.error) == (255, "\nThe config profile (jon) could not be found\n")


def test_nobody_is_told_how_to_configure(newcomer):
    done = newcomer("sts", "get-caller-identity", AWS_DEFAULT_REGION=REGION)
    assert done.code == 255
    assert done.error == 'Unable to locate credentials. You can configure credentials by running "aws configure".\n'


def test_the_endpoint_from_a_profile(newcomer, keys, account, aws_driver):
    """What docs/clients.md recommends: no variable, a profile that knows where iamconsole is."""
    folder = newcomer.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"[profile lab]\nregion = us-east-1\nservices = iamconsole\n"
        f"[services iamconsole]\niam =\n  endpoint_url = {aws_driver.url}\nsts =\n  endpoint_url = {aws_driver.url}\n"
        f"[profile whole]\nregion = us-east-1\nendpoint_url = {aws_driver.url}\n"
    )
    key = f"aws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret}\n"
    (folder / "credentials").write_text(f"[lab]\n{key}[whole]\n{key}")
    for profile in ("lab", "whole"):
        done = newcomer("sts", "get-caller-identity", "--profile", profile, AWS_ENDPOINT_URL="")
        assert (done.code, json.loads(done.out)["Account"]) == (0, account)


def test_any_region_reaches_iam(aws):
    for region in ("us-east-1", "eu-central-1", "ap-southeast-2"):
        assert aws.out("iam", "list-groups", "--region", region, "--query", "Groups") == "[]\n"
        assert "UserId" in aws.out("sts", "get-caller-identity", "--region", region)
