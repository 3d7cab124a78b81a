"""A call as an `aws` command and as a line of boto3: the genuine programs read back what was written."""

# ruff: noqa: E501 - tables read best with a case a line

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import awscli.clidriver
import pytest
from awscli.paramfile import PARAMFILE_DISABLED
from botocore import xform_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.gateway.table import OPERATIONS
from iamconsole.wire import commands, models

ACCOUNT = "123456789012"
NASTY = [
    "", " ", "-", "-rf", "--user-name", "~", "~root", "=ls", "a=b", "#", "!!", "$HOME", "`id`", "$(id)", "${IFS}", "'", '"', "\\",
    "it's", "a'b'c", '"; rm -rf / #', "a\nb", "a\r\nb", "tab\there", "\x1b[31mred", "\x01\x7f\x85", "x\u202etxt.exe", "\u200b",
    "é ü 漢字 🙂", "file:///etc/passwd", "fileb://x", "http://example.org/", "[1]", "{}", '{"a": 1}', "*", "?", "a,b", "a b", "\\n", "\\x41",
    "\x1b1", "\u00ad12", f"arn:aws:iam::{ACCOUNT}:user/john", ACCOUNT, f"{ACCOUNT}{ACCOUNT}", f"' {ACCOUNT} '",
]  # fmt: skip
OFFERED = sorted(name for name, operation in OPERATIONS.items() if operation.public)


# -- the shell -------------------------------------------------------------------------------------------------------


def words(line: str, shell: str = "bash") -> list[str]:
    """What a shell makes of a line."""
    script = f"ACCOUNT={ACCOUNT}; each() {{ printf '%s\\0' \"$@\"; }}; each {line}"
    ran = subprocess.run([shell, "-c", script], capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True)
    return ran.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", [shell for shell in ("bash", "zsh") if shutil.which(shell)])
@pytest.mark.parametrize("account", ["", ACCOUNT])
def test_a_shell_reads_the_very_text(shell, account):
    line = " ".join(wire.shell_word(text, account) for text in NASTY)
    assert words(line, shell) == NASTY


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(max_examples=20)
@given(st.lists(TEXTS | st.sampled_from(NASTY), min_size=20, max_size=60))
def test_a_shell_reads_any_text(texts):
    assert words(" ".join(wire.shell_word(text) for text in texts)) == texts


def test_what_a_terminal_would_act_on_is_spelled_out():
    for text in NASTY:
        assert not commands._UNSEEN.search(wire.shell_word(text))
    written = wire.written(
        "iam", "TagUser", {"user_name": "john", "tags": [{"Key": "k", "Value": "\x1b]0;\u202e\x9b"}]}
    )
    for line in (written.api, written.cli, written.python):
        assert line.isprintable()


# -- the genuine aws -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def driver():
    """aws-cli, which sends nothing and tells what it would send."""
    driver = awscli.clidriver.create_clidriver()
    driver.sent = []
    driver.session.register("before-parameter-build", lambda params, **_: driver.sent.append(params))
    answer = SimpleNamespace(status_code=200, headers={}, raw=None), {}
    driver.session.register("before-call", lambda **_: answer)
    return driver


@pytest.fixture
def keys(monkeypatch, tmp_path):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)


def sent_by(driver, line: str) -> dict[str, Any]:
    driver.sent.clear()
    program, *arguments = words(line)
    assert program == "aws"
    # Whether the API would take the values is not the question here, and its own program may say that it would not.
    driver.main([*arguments, "--output", "json"])
    found: dict[str, Any] = driver.sent[0]
    return found


class Client:
    """Any client of boto3, of which a line makes one call."""

    def __getattr__(self, name: str) -> Any:
        return lambda **params: (name, params)


def read_as_python(written: wire.Written, line: str) -> tuple[str, dict[str, Any]]:
    found: tuple[str, dict[str, Any]] = eval(line, {written.variable: Client(), "account_id": ACCOUNT})
    return found


CALLS = [
    ("iam", "CreateUser", {"UserName": "john", "Path": "/a/", "Tags": [{"Key": "a,b", "Value": "c=d"}, {"Key": "-", "Value": ""}]}),
    ("iam", "UpdateUser", {"UserName": "john", "NewPath": "/"}),
    ("iam", "CreatePolicyVersion", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p", "PolicyDocument": '{\n\t"a": "it\'s"\n}', "SetAsDefault": False}),
    ("iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 9, "RequireSymbols": True, "HardExpiry": False}),
    ("iam", "UntagUser", {"UserName": "john", "TagKeys": ["a", "b c", "-d"]}),
    ("iam", "UntagUser", {"UserName": "john", "TagKeys": ["a", "b:c/d"]}),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "file:///etc/passwd", "MaxSessionDuration": 3600}),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "--policy"}),
    ("iam", "CreateOpenIDConnectProvider", {"Url": "https://idp.example.org", "ClientIDList": ["a", "b"]}),
    ("iam", "SimulateCustomPolicy", {"PolicyInputList": ['{"a": 1}'], "ActionNames": ["s3:*"], "ContextEntries": [
        {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]}),
    ("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "RoleSessionName": "s3", "DurationSeconds": 900}),
    ("s3", "CreateBucket", {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}),
    ("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": '{"é": "漢"}'}),
    ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "-a"}, {"Key": "it's"}], "Quiet": True}}),
]  # fmt: skip


def written(service: str, operation: str, params: dict[str, Any], **more: Any) -> wire.Written:
    found = wire.written(service, operation, {wire.snake(name): value for name, value in params.items()}, **more)
    assert found is not None
    return found


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("service", "operation", "params"), CALLS)
def test_aws_and_boto3_would_send_the_same(driver, service, operation, params):
    line = written(service, operation, params, account=ACCOUNT)
    for cli in (line.cli, line.portable_cli):
        assert sent_by(driver, cli) == params
    for python in (line.python, line.portable_python):
        assert read_as_python(line, python) == (xform_name(operation), params)
    assert ACCOUNT not in line.portable_cli + line.portable_python


@pytest.mark.usefixtures("keys")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | st.sampled_from(NASTY), TEXTS, st.lists(TEXTS | st.sampled_from(NASTY), max_size=3))
def test_no_value_is_more_than_a_value(driver, description, value, names):
    params = {
        "PolicyName": "p",
        "PolicyDocument": value,
        "Description": description,
        "Tags": [{"Key": name, "Value": value} for name in names],
    }
    line = written("iam", "CreatePolicy", params, account=ACCOUNT)
    assert sent_by(driver, line.cli) == params
    assert sent_by(driver, line.portable_cli) == params
    assert read_as_python(line, line.python) == ("create_policy", params)
    assert read_as_python(line, line.portable_python) == ("create_policy", params)


@pytest.mark.usefixtures("keys")
def test_a_file_is_named_and_not_shown(driver, tmp_path):
    (tmp_path / "handbook.txt").write_bytes(b"Be kind.")
    params = {"Bucket": "b", "Key": "docs/handbook.txt"}
    put = written("s3", "PutObject", params, streamed=True, region="us-west-2")
    assert put.cli == "aws s3api put-object --bucket b --key docs/handbook.txt --body handbook.txt --region us-west-2"
    assert put.python == "s3.put_object(Bucket='b', Key='docs/handbook.txt', Body=open('handbook.txt', 'rb'))"
    with sent_by(driver, put.cli)["Body"] as body:
        assert body.name == "handbook.txt"
    driver.sent.clear()
    got = written("s3", "GetObject", params)
    assert got.cli == "aws s3api get-object --bucket b --key docs/handbook.txt handbook.txt"
    folder = written("s3", "PutObject", {"Bucket": "b", "Key": "docs/"})
    assert folder.cli == "aws s3api put-object --bucket b --key docs/"


@pytest.mark.parametrize("name", OFFERED)
def test_options_are_called_as_aws_calls_them(driver, name):
    service, _, operation = name.partition(":")
    plan = commands._plan(service, operation)
    assert plan is not None
    _, cli_service, cli_operation = plan.command.split()
    table = driver._get_command_table()[cli_service]._get_command_table()[cli_operation].arg_table
    for member in plan.members.values():
        option = member.option[2:]
        assert option in table
        if member.shape.type_name == "boolean":
            assert f"no-{option}" in table
    required = models.operation_model(plan.service, operation).input_shape
    demanded = {f"--{key}" for key, argument in table.items() if argument.required} - {
        plan.members[member].option for member in (required.required_members if required else ())
    }
    given = commands.CLI_DEMANDS.get((plan.service, operation), ())
    assert demanded - {"--outfile"} == {word for word in given if word.startswith("--")} - {"--outfile"}
    assert ("--outfile" in demanded) == ("--outfile" in given or plan.gives_file)


def test_the_values_that_aws_does_not_fetch_are_those_it_says():
    plans = [plan for name in OFFERED if (plan := commands._plan(*name.split(":")))]
    found = {
        (plan.service, plan.operation, member)
        for plan in plans
        for member, of in plan.members.items()
        if f"{plan.service}.{xform_name(plan.operation, '-')}.{of.option[2:]}" in PARAMFILE_DISABLED
    }
    assert {one for one in found if one[0] != "s3"} == commands.NOT_FETCHED


# -- secrets ---------------------------------------------------------------------------------------------------------


def _filled(shape: Any, secret: str, above: tuple[str, ...] = ()) -> Any:
    """A value of the shape with `secret` in every text."""
    if shape.name in above:
        return None
    above = (*above, shape.name)
    if shape.type_name == "structure":
        return {name: _filled(member, secret, above) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [_filled(shape.member, secret, above)]
    if shape.type_name == "map":
        return {"key": _filled(shape.value, secret, above)}
    if shape.type_name == "timestamp":
        return datetime(2026, 1, 1, tzinfo=UTC)
    return {"boolean": True, "integer": 1, "long": 1, "blob": b"blob"}.get(shape.type_name, secret)


SECRET = {
    ("iam", "CreateLoginProfile"): {"Password"},
    ("iam", "ChangePassword"): {"OldPassword", "NewPassword"},
    ("iam", "EnableMFADevice"): {"AuthenticationCode1", "AuthenticationCode2"},
    ("iam", "UploadServerCertificate"): {"PrivateKey"},
    ("sts", "AssumeRole"): {"TokenCode"},
}


@pytest.mark.parametrize(("service", "operation"), SECRET)
def test_a_secret_is_a_word_that_says_what_belongs_there(service, operation):
    shape = models.operation_model(service, operation).input_shape
    for member in SECRET[service, operation]:
        line = written(service, operation, {member: _filled(shape.members[member], "hunter2")})
        word = commands.placeholder(member)
        for text in (line.api, line.cli, line.python):
            assert "hunter2" not in text
            assert word in text


@pytest.mark.parametrize("name", OFFERED)
def test_no_sensitive_member_of_any_operation_is_shown(name):
    service, _, operation = name.partition(":")
    plan = commands._plan(service, operation)
    assert plan is not None
    for member, of in plan.members.items():
        if member == plan.body:
            continue
        hidden = {path for path in wire.sensitive_members(plan.service, operation) if path.partition(".")[0] == member}
        line = written(service, operation, {member: _filled(of.shape, "hunter2")})
        if hidden and all(path == member for path in hidden):
            assert "hunter2" not in line.api + line.cli + line.python


def test_what_the_api_does_not_have_is_not_written():
    assert wire.written("signin", "ConsoleLogin", {"user_name": "john", "password": "hunter2"}) is None
    assert wire.written("iam", "EnableRootMFADevice", {}) is None
    assert wire.written("iam", "CreateUser", {"no_such_parameter": "hunter2"}) is None
