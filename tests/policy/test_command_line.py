"""`python -m iamconsole.policy`: decisions and findings for anybody's CI, without Django."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from iamconsole.policy.__main__ import main

ACCOUNT = "111122223333"
IAM, STS = f"arn:aws:iam::{ACCOUNT}", f"arn:aws:sts::{ACCOUNT}"
ALICE = f"{IAM}:user/alice"
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
GET = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "resourceAccount": ACCOUNT, "context": {}}


def case(principal=ALICE, request=None, **policies):
    return {"request": GET | {"principal": principal} | (request or {}), **policies}


def granting(principal, action="s3:GetObject", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"} | more
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def answers(tmp_path, capsys):
    def ask(*cases, options=()):
        path = tmp_path / "cases.jsonl"
        lines = (each if isinstance(each, str) else json.dumps(each) + "\n" for each in cases)
        path.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
        status = main(["decide", str(path), *options])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return ask


def test_an_answer_is_the_outcome_who_decided_and_the_statements(answers):
    status, (allowed, denied, nothing) = answers(
        case(identityPolicies=[{"name": "Reader", "policy": READ}]),
        case(identityPolicies=[READ], permissionBoundary=DENY),
        case(identityPolicies=None, resourcePolicy=None, scps=None),
    )
    assert status == 0
    assert allowed == {
        "outcome": "ALLOWED",
        "decided_by": "identity",
        "statements": [{"policy": "Reader", "index": 0, "sid": "Read", "effect": "Allow"}],
    }
    assert denied == {
        "outcome": "EXPLICIT_DENY",
        "decided_by": "boundary",
        "statements": [{"policy": "permissionBoundary", "index": 0, "sid": "", "effect": "Deny"}],
    }
    assert nothing == {"outcome": "IMPLICIT_DENY", "decided_by": "identity", "statements": []}


#    principal                           granted to                                       outcome
PRINCIPALS = [
    ("*anonymous*",                      "*",                                             "ALLOWED"),
    ("*anonymous*",                      {"AWS": ACCOUNT},                                "IMPLICIT_DENY"),
    (ACCOUNT,                            None,                                            "ALLOWED"),
    (f"{IAM}:root",                      None,                                            "ALLOWED"),
    (f"{IAM}:role/app/worker",           {"AWS": f"{IAM}:role/app/worker"},               "ALLOWED"),
    (f"{STS}:assumed-role/worker/job",   {"AWS": f"{IAM}:role/worker"},                   "ALLOWED"),
    (f"{STS}:federated-user/frida",      {"AWS": f"{STS}:federated-user/frida"},          "ALLOWED"),
    ("cloudtrail.amazonaws.com",         {"Service": "cloudtrail.amazonaws.com"},         "ALLOWED"),
    ("cognito-identity.amazonaws.com",   {"Federated": "cognito-identity.amazonaws.com"}, "ALLOWED"),
    (f"{IAM}:saml-provider/corp",        {"Federated": f"{IAM}:saml-provider/corp"},      "ALLOWED"),
]  # fmt: skip


@pytest.mark.parametrize(("principal", "granted", "outcome"), PRINCIPALS)
def test_every_kind_of_principal_can_be_asked_about(answers, principal, granted, outcome):
    _, (answer,) = answers(case(principal, resourcePolicy=granting(granted) if granted else None))
    assert answer["outcome"] == outcome


def test_a_role_with_a_path_is_named_beside_its_session(answers):
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job"
    policy = granting({"AWS": f"arn:aws:iam::{ACCOUNT}:role/app/worker"})
    role = {"principalRoleArn": f"arn:aws:iam::{ACCOUNT}:role/app/worker"}
    _, (without, with_role) = answers(case(session, resourcePolicy=policy), case(session, role, resourcePolicy=policy))
    assert (without["outcome"], with_role["outcome"]) == ("IMPLICIT_DENY", "ALLOWED")


#    resource                                       owner that is told   outcome
OWNERS = [
    ("arn:aws:sqs:eu-west-1:444455556666:q",          None,                "IMPLICIT_DENY"),
    (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q",            None,                "ALLOWED"),
    ("arn:aws:s3:::b/k",                              None,                "ALLOWED"),
    ("arn:aws:s3:::b/k",                              "444455556666",      "IMPLICIT_DENY"),
    ("arn:aws:iam::aws:policy/ReadOnlyAccess",        None,                "ALLOWED"),
    ("*",                                             None,                "ALLOWED"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "owner", "outcome"), OWNERS)
def test_the_owner_is_the_one_told_or_the_one_in_the_arn_or_the_callers_account(answers, resource, owner, outcome):
    # IAM API Reference, SimulatePrincipalPolicy, ResourceOwner: the owner of a resource "that does not identify its
    # owner in the resource ARN"; without it, "the account of the identity provided in CallerArn".
    request = {"action": "sqs:SendMessage", "resource": resource, "resourceAccount": owner}
    anything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    _, (answer,) = answers(case(request=request, identityPolicies=[anything]))
    assert answer["outcome"] == outcome


def test_a_unique_id_is_taken_from_the_context(answers):
    request = {"context": {"AWS:UserId": "AIDAALICE0000000000AA"}}
    _, (answer,) = answers(case(request=request, resourcePolicy=granting({"AWS": "AIDAALICE0000000000AA"})))
    assert answer["decided_by"] == "resource"


def test_the_policy_of_a_role_that_is_assumed_is_its_trust_policy(answers):
    role = f"arn:aws:iam::{ACCOUNT}:role/ops"
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}
    ]}  # fmt: skip
    request = {"action": "sts:AssumeRole", "resource": role}
    _, (trusted, other) = answers(
        case(request=request, resourcePolicy=trust), case(f"{ALICE}2", request, resourcePolicy=trust)
    )
    assert (trusted["outcome"], trusted["decided_by"]) == ("ALLOWED", "trust")
    assert (other["outcome"], other["decided_by"]) == ("IMPLICIT_DENY", "trust")


def test_context_values_may_be_lists_numbers_and_booleans(answers):
    condition = {
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "60"},
        "Bool": {"aws:SecureTransport": "true"},
        "Null": {"aws:username": "true"},
    }
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    context = {"aws:TagKeys": ["a"], "aws:MultiFactorAuthAge": 59.5, "aws:SecureTransport": True, "aws:username": None}
    _, (answer,) = answers(case(request={"context": context}, identityPolicies=[{"Statement": [statement]}]))
    assert answer["outcome"] == "ALLOWED"


def test_every_other_kind_of_policy_takes_part(answers):
    only = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    own = {"identityPolicies": [READ]}
    nobody = granting("*", "sqs:*")
    _, found = answers(
        case(**own, scps=[[READ], [only]]),
        case(**own, rcps=[[granting("*") | {"Statement": [granting("*")["Statement"][0] | {"Effect": "Deny"}]}]]),
        case(**own, sessionPolicy=only),
        case(**own, sessionPolicy=[only, READ]),
        case(**own, endpointPolicies=[nobody]),
        case("*anonymous*", resourcePolicy=granting("*"), settings={"s3": {"blockPublicAccess": True}}),
        case("*anonymous*", resourcePolicy=granting("*"), settings={"s3": {"blockPublicAccess": {
            "BlockPublicPolicy": True, "restrictPublicBuckets": False}}}),
        case("*anonymous*", resourcePolicy=granting("*"), settings={"s3": {}}),
    )  # fmt: skip
    assert [(each["outcome"], each["decided_by"]) for each in found] == [
        ("IMPLICIT_DENY", "scp"),
        ("EXPLICIT_DENY", "rcp"),
        ("IMPLICIT_DENY", "session"),
        ("ALLOWED", "identity"),
        ("IMPLICIT_DENY", "endpoint"),
        ("EXPLICIT_DENY", "resource"),
        ("ALLOWED", "resource"),
        ("ALLOWED", "resource"),
    ]


def test_with_explain_the_ladder_and_every_statement_come_along(answers):
    near = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}]}
    _, (answer,) = answers(case(identityPolicies=[near]), options=["--explain"])
    assert answer["reason"] == "because no identity-based policy allows the s3:GetObject action"
    assert [rung["stage"] for rung in answer["ladder"]] == [
        "explicit_deny", "rcp", "scp", "resource", "identity", "boundary", "session", "endpoint",
    ]  # fmt: skip
    assert answer["looked_at"][0]["elements"][1]["matched"] is False
    assert answer["near_misses"] == [
        "`arn:aws:s3:::b` does not cover what is inside it; that would be `arn:aws:s3:::b/*`"
    ]


#    line, and how its error begins
BAD_LINES = [
    ("{", "not JSON: Expecting property name"),
    ("[" * 100_000, "not JSON: nested too deeply"),
    ('{"request": {"context": {"aws:x": ' + "9" * 5000 + "}}}", "not JSON: Exceeds the limit"),
    ('{"request": {"context": {"aws:x": NaN}}}', "not JSON: NaN is no JSON"),
    ('{"scps": [[]], "scps": []}', "not JSON: a key stands twice"),
    ('{"identityPolicies": [{"Statement": {"Effect": "Deny", "Effect": "Allow"}}]}', "not JSON: a key stands twice"),
    ('"\udcff"', "not JSON: 'utf-8' codec can't decode byte 0xff"),
    ("[]", "a case is a JSON object"),
    ("{}", "`request` must be an object"),
    (case(request={"acton": "x"}), "`acton` is not a member of a request"),
    (case(request={"action": 7}), "`action` must be a string"),
    (case(request={"context": []} | {"context": ["x"]}), "`context` must be an object"),
    (case(request={"context": {"aws:x": {}}}), "the value of context key `aws:x` must be"),
    (case(request={"context": {"aws:username": "a", "AWS:UserName": "b"}}), "a key stands twice in `context`"),
    (case("\ud800"), "`\ud800` is no principal"),
    (case("alice"), "`alice` is no principal"),
    (case("arn:aws:iam::111122223333:group/g"), "`arn:aws:iam::111122223333:group/g` is no"),
    (case("arn:aws:sts::111122223333:assumed-role/worker"), "`arn:aws:sts::111122223333:assumed-role/w"),
    (case(f"{STS}:assumed-role/r/s", {"principalRoleArn": f"{IAM}:role/x"}), f"`{IAM}:role/x` is not the role of"),
    (case(f"{STS}:assumed-role/r/s", {"principalRoleArn": "r"}), "`r` is not the role of"),
    (case(scp=[[READ]]), "`scp` is not a member of a case"),
    (case(identityPolicies=READ), "`identityPolicies` must be a list"),
    (case(scps=[READ]), "`scps[0]` must be a list"),
    (case(identityPolicies=[7]), "`identityPolicies[0]` must be a policy"),
    (case(identityPolicies=[{"name": 7, "policy": READ}]), "`name` must be a string"),
    (case(settings={"s4": {}}), "`settings` must be"),
    (case(settings={"s3": {"x": 1}}), "`settings` must be"),
    (case(settings={"s3": {"blockPublicAccess": "yes"}}), "`blockPublicAccess` must be"),
    (case(settings={"s3": {"blockPublicAccess": {"all": True}}}), "the flags of `blockPublicAccess` are"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "error"), BAD_LINES)
def test_a_bad_line_answers_in_its_place_and_the_others_are_answered(answers, line, error):
    bad = line + "\n" if isinstance(line, str) else line
    status, (first, second, third) = answers(case(identityPolicies=[READ]), "\n", bad, case())
    assert status == 1
    assert second["error"].startswith(error)
    assert second["line"] == 3
    assert (first["outcome"], third["outcome"]) == ("ALLOWED", "IMPLICIT_DENY")


def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(answers):
    line = json.dumps(case(identityPolicies=[READ]))
    status, found = answers(f"\ufeff{line}\r\n", f"{line}\r\n")
    assert (status, [each["outcome"] for each in found]) == (0, ["ALLOWED", "ALLOWED"])


def test_what_a_terminal_cannot_show_is_shown_as_its_number(tmp_path, capsys):
    path = tmp_path / "policy.json"
    path.write_text('{"Version": "2012-10-17", "Statement": {"Effect": "\\ud800", "Action": "*", "Resource": "*"}}')
    assert main(["check", str(path)]) == 1
    assert "\\ud800" in capsys.readouterr().out


def test_a_program_can_catch_the_answers(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(case(identityPolicies=[READ])))
    with redirect_stdout(io.StringIO()) as caught:
        assert main(["decide", str(path)]) == 0
    assert json.loads(caught.getvalue())["outcome"] == "ALLOWED"


def test_what_a_suite_keeps_beside_its_cases_is_its_own(answers):
    status, (answer,) = answers(case(identityPolicies=[READ]) | {"name": "reader", "expect": {}, "source": "https://…"})
    assert (status, answer["outcome"]) == (0, "ALLOWED")


def test_a_malformed_policy_fails_closed(answers):
    status, (answer,) = answers(case(identityPolicies=["{", READ]), options=["--explain"])
    assert (status, answer["outcome"]) == (0, "EXPLICIT_DENY")
    assert "malformed" in answer["undecided"][0]


def test_a_file_that_is_not_there_is_one_line_and_status_two(capsys):
    assert main(["decide", "/nowhere/cases.jsonl"]) == 2
    assert "No such file" in capsys.readouterr().err


# ---------------------------------------------------------------- check


def test_check_names_findings_with_their_places(tmp_path, capsys):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ec2:StopInstance", "Resource": "*"}
    ]}, indent=4))  # fmt: skip
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{path}:6:23: ERROR: Invalid action: The action ec2:StopInstance does not exist. "
        "Did you mean ec2:StopInstances? [Statement[0].Action]\n"
    )
    assert main(["check", str(path), "--fail-on", "never", "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["name"], finding["line"], finding["path"]) == ("Invalid action", 6, "Statement[0].Action")


def test_check_reads_the_standard_input_and_fails_from_the_level_asked_for(monkeypatch, capsys):
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    ]})  # fmt: skip
    for level, status in (("error", 0), ("security", 1), ("suggestion", 1)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(["check", "-", "--fail-on", level]) == status
    assert "Pass role with star in resource" in capsys.readouterr().out


@pytest.mark.parametrize(("kind", "name"), [
    ("resource", "Missing principal"), ("trust", "Missing principal"), ("rcp", "Missing principal"),
    ("endpoint", "Missing principal"),
])  # fmt: skip
def test_check_knows_the_kinds_of_policy(tmp_path, capsys, kind, name):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(READ))
    assert main(["check", str(path), "--kind", kind]) == 1
    assert f"ERROR: {name}:" in capsys.readouterr().out


# ---------------------------------------------------------------- bench


def test_bench_writes_each_outcome_beside_the_workload(tmp_path, capsys):
    path = tmp_path / "W1.json"
    path.write_text(json.dumps({
        "name": "W1", "principal": ALICE, "account": ACCOUNT,
        "permissionBoundary": DENY | {"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
        ]},
        "identityPolicies": [{"name": "p0", "policy": READ}],
        "requests": [{"action": f"s3:{name}", "resource": "arn:aws:s3:::b/k", "context": {}}
                     for name in ("GetObject", "PutObject", "DeleteObject")],
    }))  # fmt: skip
    assert main(["bench", str(path)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert {"engine", "version", "workload", "n", "seconds", "best_per_s"} <= line.keys()
    assert (line["workload"], line["n"], len(line["seconds"])) == ("W1", 3, 3)
    assert (tmp_path / "W1.ours.txt").read_text().split() == ["A", "E", "I"]


def test_bench_shows_how_the_cost_grows(monkeypatch, capsys):
    monkeypatch.setattr("iamconsole.policy.__main__.GROWTH", (1, 5))
    assert main(["bench", "--growth"]) == 0
    assert [json.loads(line)["statements"] for line in capsys.readouterr().out.splitlines()] == [1, 5]
    assert main(["bench"]) == 2


def test_the_command_needs_no_django(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(case(identityPolicies=[READ])) + "\n")
    script = (
        "import sys, runpy; sys.modules['django'] = None; "
        f"sys.argv = ['policy', 'decide', {str(path)!r}]; runpy.run_module('iamconsole.policy', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "ALLOWED"), done.stderr
