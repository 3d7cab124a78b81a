"""The truth tables: what AWS's pages say, each case with its page and the sentence that decides it."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request, decide, explain, parse
from tests.policy.cast import ALICE, CALLERS, TABLES, attach, policies, request

CASES = [pytest.param(case, id=f"{topic}: {case['name']}") for topic, cases in TABLES.items() for case in cases]
DOCUMENTED = Path(__file__).parents[2] / "docs" / "policy-engine.md"


@pytest.mark.parametrize("case", CASES)
def test_the_engine_decides_as_aws_documents(case):
    asked, applying, expected = request(case), policies(case), case["expect"]
    decision = decide(asked, applying)
    assert (decision.outcome, decision.decided_by) == (expected["outcome"], expected["decided_by"])
    assert bool(decision.undecided) is expected.get("undecided", False), decision.undecided
    if "reason" in expected:
        assert decision.reason == expected["reason"]
    assert decision.allowed is (expected["outcome"] == "allowed")
    assert bool(decision.reason) is not decision.allowed
    explanation = explain(asked, applying)
    assert explanation.decision == decision
    if decision.decided_by != "none":
        assert (explanation.stages[0].verdict == "explicit_deny") is (decision.outcome == "explicit_deny")


def test_every_case_has_its_own_name_and_cites_aws():
    names = [case["name"] for cases in TABLES.values() for case in cases]
    assert len(names) == len(set(names))
    for case in (case for cases in TABLES.values() for case in cases):
        assert case["source"].startswith("https://docs.aws.amazon.com/"), case["name"]
        assert len(case["because"]) > 20, case["name"]
        assert case["because"].count("“") == case["because"].count("”"), case["name"]


def test_no_case_has_a_member_that_nobody_reads():
    asked = {"caller", "action", "resource", "owner", "context"}
    applying = {"identity", "resourcePolicy", "trustPolicy", "boundary", "sessions", "scps", "rcps", "endpoints"}
    about = {"name", "source", "because", "expect", "blockPublicAccess"}
    for case in (case for cases in TABLES.values() for case in cases):
        assert set(case) <= asked | applying | about, case["name"]
        assert set(case["expect"]) <= {"outcome", "decided_by", "reason", "undecided"}, case["name"]


def test_no_question_is_asked_twice():
    asked = [
        repr({key: value for key, value in case.items() if key not in ("name", "source", "because")})
        for cases in TABLES.values()
        for case in cases
    ]
    assert len(asked) == len(set(asked))


def test_the_documentation_counts_the_cases_of_every_topic():
    rows = [
        line.split("|")[1:3] for line in DOCUMENTED.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    counted = {topic.strip().strip("`"): int(number) for topic, number in rows if number.strip().isdigit()}
    assert counted == {topic: len(cases) for topic, cases in TABLES.items()}


def test_the_deciding_statement_is_named():
    group = attach({"name": "HRPolicy", "source": "group", "via": "HR", "policy": [
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
    ]}, "identity", "group")  # fmt: skip
    (statement,) = decide(Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k"), PolicySet((group,))).statements
    assert (statement.policy_name, statement.source, statement.via) == ("HRPolicy", "group", "HR")
    assert (statement.index, statement.sid, statement.effect) == (1, "Read", "Allow")
    assert statement.sha256 == group.policy.sha256


def test_both_statements_are_named_when_two_accounts_had_to_agree():
    applying = PolicySet(
        identity=(
            attach([{"Sid": "Mine", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "identity", "direct"),
        ),
        resource=attach(
            [{"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "s3:*", "Resource": "*"}],
            "resource",
            "resource",
        ),
    )
    decision = decide(Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k", "999999999999"), applying)
    assert [statement.sid for statement in decision.statements] == ["Mine", "Theirs"]


def test_both_statements_are_named_when_a_role_hands_its_source_identity_on():
    # "permissions for sts:SetSourceIdentity are required in both the permissions policy of the principal … and in the
    # role trust policy" (IAM User Guide, id_credentials_temp_control-access_monitor.html).
    worker = CALLERS["role"].arn
    applying = PolicySet(
        identity=(
            attach([{"Sid": "Mine", "Effect": "Allow", "Action": "sts:*", "Resource": "*"}], "identity", "direct"),
        ),
        resource=attach(
            [{"Sid": "Trust", "Effect": "Allow", "Principal": {"AWS": worker}, "Action": "sts:SetSourceIdentity"}],
            "trust",
            "resource",
        ),
    )
    asked = Request(CALLERS["session"], "sts:SetSourceIdentity", "arn:aws:iam::111122223333:role/target")
    assert [statement.sid for statement in decide(asked, applying).statements] == ["Mine", "Trust"]


def test_a_doubt_names_the_statement_and_the_reason():
    applying = PolicySet((attach([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {
            "Null": {"aws:TagKeys": "false"}, "StringEquals": {"aws:TagKeys": "a"}}}
    ], "identity", "direct"),))  # fmt: skip
    asked = Request(CALLERS["alice"], "s3:GetObject", "*", context={"aws:TagKeys": ["a", "b"]})
    assert decide(asked, applying).undecided == (
        "Statement 1 of `identity policy`: the condition `StringEquals` on `aws:TagKeys` cannot be decided for this "
        "request, so its Allow grants nothing.",
    )


def test_a_malformed_document_is_named_with_its_first_problem():
    applying = PolicySet((attach('{"Statement":', "identity", "direct"),))
    decision = decide(Request(CALLERS["alice"], "s3:GetObject"), applying)
    assert decision.undecided == (
        "Statement 1 of `identity policy` stands in a malformed document "
        "(line 1: This policy contains invalid Json), so what it may deny is denied.",
    )


def test_a_certain_deny_is_named_before_a_doubtful_one():
    applying = PolicySet(
        (
            attach("not json", "identity", "direct"),
            attach([{"Sid": "Sure", "Effect": "Deny", "Action": "*", "Resource": "*"}], "identity", "direct"),
        )
    )
    decision = decide(Request(CALLERS["alice"], "s3:GetObject"), applying)
    assert [statement.sid for statement in decision.statements] == ["Sure"]
    assert decision.undecided == ()


def test_a_policy_without_principal_is_refused_where_only_a_principal_limits_it():
    identity = AttachedPolicy(parse({"Statement": []}, "identity"), "Mine", "direct")
    bucket = AttachedPolicy(parse({"Statement": []}, "resource"), "Bucket", "resource")
    with pytest.raises(ValueError, match="`Mine` was parsed as a policy of kind identity"):
        PolicySet(resource=identity)
    with pytest.raises(ValueError, match="`Bucket` was parsed as a policy of kind resource"):
        PolicySet(identity=(bucket,))


def test_the_context_of_a_principal_is_what_the_user_guide_lists():
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    assert CALLERS["alice"].context()["aws:username"] == "alice"
    assert CALLERS["alice"].context()["aws:userid"] == "AIDAALICE0000000000AA"
    assert "aws:username" not in CALLERS["session"].context()
    assert CALLERS["session"].context()["aws:PrincipalArn"] == CALLERS["session"].role_arn
    assert CALLERS["root"].context()["aws:PrincipalType"] == "Account"
    assert CALLERS["ec2-service"].context()["aws:PrincipalIsAWSService"] == "true"
    assert CALLERS["anonymous"].context()["aws:userid"] == "anonymous"
    assert "aws:userid" not in Principal.user(ALICE).context()
    assert Principal.user("not an arn").account == ""
