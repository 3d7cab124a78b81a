"""Findings: names, texts and places of AWS's policy check reference.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

The cases are data: tests/cases/policy_checks.json. A policy that is no text there is read as `json.dumps(…, indent=1)`
writes it, and its twin is a near one that does not give the finding.
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.iam import aws_managed
from iamconsole.policy import check, parse, reference
from iamconsole.policy.check import CATALOGUE, learn_more
from iamconsole.policy.check.report import EFFORT, Report
from tests.policy.test_parse import TABLE as REFUSED

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "cases" / "policy_checks.json").read_text())
CODES = {entry.name: code for code, entry in CATALOGUE.items()}
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/*"}
BUCKET = ALLOW | {"Principal": {"AWS": "123456789012"}}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
RCP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
BASES = {
    "identity": ALLOW,
    "boundary": ALLOW,
    "session": ALLOW,
    "scp": ALLOW,
    "resource": BUCKET,
    "endpoint": BUCKET,
    "trust": TRUST,
    "rcp": RCP,
}


LEVELS = {"Error": "ERROR", "Security": "SECURITY_WARNING", "Warning": "WARNING", "Suggestion": "SUGGESTION"}
NAMES_OF_KINDS = {"boundary": "identity", "session": "identity", "resource": "bucket", "scp": "SCP", "rcp": "RCP"}
EVERY_KIND = {NAMES_OF_KINDS.get(kind, kind) for kind in BASES}


def documented():
    """The rows of docs/policy-checks.md by the name of the finding."""
    lines = (ROOT / "docs" / "policy-checks.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[1:]}


POLICIES_OF = {name: EVERY_KIND if row[1] == "all" else set(row[1].split(", ")) for name, row in documented().items()}


def findings_of(policy, kind):
    return check(parse(policy if isinstance(policy, str) else json.dumps(policy, indent=1), kind))


def codes(*changes, kind="identity", **more):
    changed = [BASES[kind] | change for change in changes]
    statements = [{key: value for key, value in each.items() if value is not None} for each in changed]
    document = {"Version": "2012-10-17", "Statement": statements} | more
    return [finding.code for finding in findings_of(document, kind)]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_policy_has_the_findings_of_aws_and_its_twin_has_not(case):
    found = findings_of(case["policy"], case["kind"])
    rows = [[each.type, each.name, each.text, each.path, each.line, each.column] for each in found]
    assert rows == case["findings"]
    name = case["name"].partition(":")[0]
    assert name in {each.name for each in found}
    assert name not in {each.name for each in findings_of(case["twin"], case["kind"])}
    assert case["source"] == learn_more(CODES[name])


#    kind        quota   white space counts   code
SIZES = [
    ("identity", 6144,   False, "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
    ("boundary", 6144,   False, "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"),
    ("trust",    2048,   False, "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA"),
    ("resource", 20_480, True,  "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"),
    ("scp",      10_240, True,  "POLICY_SIZE_EXCEEDS_SCP_QUOTA"),
    ("rcp",      5120,   True,  "POLICY_SIZE_EXCEEDS_RCP_QUOTA"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "quota", "spaces", "code"), SIZES)
def test_a_policy_may_fill_its_quota_and_not_exceed_it(kind, quota, spaces, code):
    def text_of(size):
        """A policy of that size, with spaces in it."""
        document = {"Version": "2012-10-17", "Statement": [BASES[kind] | {"Sid": ""}]}
        empty = json.dumps(document)
        length = len(empty) if spaces else len("".join(empty.split()))
        return empty.replace('"Sid": ""', f'"Sid": "{"S" * (size - length)}"')

    assert code not in [each.code for each in findings_of(text_of(quota), kind)]
    (found,) = [each for each in findings_of(text_of(quota + 1), kind) if each.code == code]
    assert (found.path, found.line, found.column) == ("", 1, 1)
    assert found.text == CATALOGUE[code].text.replace("{{policySize}}", str(quota + 1)).replace(
        "{{policySizeQuota}}", str(quota)
    )


def test_every_finding_of_the_table_is_under_test():
    told = {row[1] for case in CASES for row in case["findings"]} | {CATALOGUE[row[3]].name for row in SIZES}
    assert told == set(CODES)


def test_documents_without_a_size_quota_of_aws_may_be_long():
    long = {"Resource": [f"arn:aws:s3:::{at:060}/*" for at in range(400)]}
    assert codes(long, kind="endpoint") == []


# Finer points: what a case and its twin leave open. `codes` gives the findings on a sound statement with these changes.
#    kind        change                                                                                  findings
FINER = [
    ("identity", {"Action": ["*", "*:*"], "Resource": "arn:aws:s3:::demo"},                              ["REDUNDANT_ACTION"]),
    ("identity", {"Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:*:*:instance/*"},          ["ACTION_WITHOUT_RESOURCE_LEVEL_PERMISSIONS"]),
    ("identity", {"Action": "ec2:DescribeInstances", "Resource": ["arn:aws:ec2:*:*:instance/*", "*"]},   ["REDUNDANT_RESOURCE"]),
    ("identity", {"Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::*", "Effect": "Deny"},      []),
    ("identity", {"Action": None, "NotAction": 5, "Resource": "*"},                                      ["DATA_TYPE_MISMATCH"]),
    ("identity", {"Action": "iam:*", "Resource": None, "NotResource": 5},                                ["DATA_TYPE_MISMATCH"]),
    ("scp",      {"Action": "s3:ListAllMyBuckets"},                                                      []),
    ("scp",      {"NotResource": ["arn:aws:s3:::demo/*"], "Resource": "*"},                              ["UNSUPPORTED_ELEMENT_COMBINATION"]),
    ("scp",      {"Action": "ec2:*Instances", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}, []),
    ("resource", {"Action": "s3:GetObjct"},                                                              ["INVALID_ACTION"]),
    ("resource", {"Action": "*"},                                                                        []),
    ("identity", {"Resource": "arn:aws:s3:*"},                                                           []),
    ("identity", {"Resource": "arn:aws:s3:::${aws:username"},                                            ["MISSING_BRACE_IN_VARIABLE"]),
    ("identity", {"Resource": "arn:aws:s3:::" + "d/" * 1024},                                            []),
    ("identity", {"Resource": "arn:aws:s3:::${aws:username}-${aws:x/${aws:y}"},                          ["MISSING_BRACE_IN_VARIABLE"]),
    ("identity", {"Resource": "arn:aws:s3:::${aws:username}/${aws:PrincipalTag/a, 'b'}${$}"},            []),
    ("identity", {"Resource": "arn:aws:s3:::${aws:username, '}"},                                        ["MISSING_QUOTE_IN_VARIABLE"]),
    ("identity", {"Action": "backup:StartRestoreJob", "Resource": "arn:aws:backup:*:*:recovery-point:*"}, []),
    ("identity", {"Action": "grafana:*", "Resource": "arn:aws:grafana:*:*:/workspaces"},   []),
    ("identity", {"Action": "cloudformation:CreateStack", "Resource": "arn:aws:cloudformation:us-east-1:aws:transform/Include"}, []),
    ("identity", {"Action": "elasticloadbalancing:AddTags", "Resource": "arn:aws:EXECUTE-API:*:*:x"},    ["INVALID_ARN_SERVICE_CASE"]),
    ("identity", {"Action": "account:GetAlternateContact", "Resource": "arn:aws:Account::123456789012:account"}, ["INVALID_ARN_SERVICE_CASE"]),
    ("identity", {"Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/ana"},                       []),
    ("identity", {"Action": "iam:GetPolicy", "Resource": "arn:aws:iam:::*"},                             ["MISSING_ARN_ACCOUNT"]),
    ("identity", {"Action": "iam:PassRole", "Resource": "arn:aws:ec2:*:*:instance/*"},                   ["ACTION_WITHOUT_APPLICABLE_RESOURCE"]),
    ("identity", {"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/dev*"},          []),
    ("resource", {"Principal": {"AWS": "123456789012", "Service": "s3.amazonaws.com"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890", "aws:SourceAccount": "123456789012"}}}, []),
    ("resource", {"Effect": "Deny", "Principal": {"Service": "s3.amazonaws.com"}},                       []),
    ("trust",    {"Principal": {"AWS": "123456789012"}, "Action": "sts:TagSession", "Condition": {"StringEquals": {"aws:RequestTag/a": "b"}}}, []),
    ("trust",    {"Principal": {"AWS": "123456789012"}, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}, "Action": ["sts:AssumeRole", "sts:TagSession"]}, []),
    ("trust",    {"Effect": "Deny", "Principal": {"Service": "rolesanywhere.amazonaws.com"}},            []),
    ("trust",    {"Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": 5},                 ["DATA_TYPE_MISMATCH"]),
    ("trust",    {"Action": "*"},                                                                        ["UNSUPPORTED_ACTION_IN_POLICY"]),
    ("trust",    {"Principal": {"AWS": ["bob", 5, "AIDAEXAMPLEEXAMPLE123"]}},                            ["INVALID_PRINCIPAL_FORMAT", "DATA_TYPE_MISMATCH", "INVALID_USER_REFERENCE"]),
    ("trust",    {"Principal": {"Federated": ""}},                                                       ["INVALID_PRINCIPAL_FORMAT"]),
    ("trust",    {"Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AB"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"oidc.eks.us-east-1.amazonaws.com/id/AB:sub": "system:serviceaccount:default:my"}}}, []),
    ("rcp",      {"Principal": {"AWS": ""}},                                                             ["RCP_SYNTAX_ERROR_PRINCIPAL"]),
    ("rcp",      {"Action": "s3:*", "Condition": {"Null": {"aws:PrincipalOrgID": "true"}}},              []),
    ("identity", {"Condition": {"StringEquals": {"aws:username": [{}]}}},                                ["DATA_TYPE_MISMATCH"]),
    ("identity", {"Condition": {"StringEquals": {"aws:username": [{}, "a*"]}}},                          ["WILDCARD_WITHOUT_LIKE_OPERATOR", "DATA_TYPE_MISMATCH"]),
    ("identity", {"Condition": {"StringIs": {"aws:username": []}}},                                      ["INVALID_CONDITION_OPERATOR", "EMPTY_ARRAY_CONDITION"]),
    ("identity", {"Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "a", "saml:sub": "b", "graph.facebook.com:id": "c"}}}, []),
    ("identity", {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a*"}, "StringEquals": {"aws:SourceArn": "arn:aws:s3:::a"}}}, []),
    ("identity", {"Condition": {"DateGreaterThan": {"aws:EpochTime": "1735689600"}}},                    ["INVALID_DATE_VALUE"]),
    ("identity", {"Condition": {"NumericGreaterThan": {"aws:EpochTime": 1735689600}}},                   []),
    ("identity", {"Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": ["1" * 65, "2"]}}},          ["TYPE_MISMATCH_NUMBER"]),
    ("identity", {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": ["x", "y"]}}},             ["TYPE_MISMATCH_NUMBER", "TYPE_MISMATCH_NUMBER"]),
    ("identity", {"Condition": {"IpAddress": {"aws:SourceIp": ["nowhere"]}}},                            ["TYPE_MISMATCH_IP_RANGE"]),
    ("identity", {"Condition": {"BoolIfExists": {"aws:SecureTransport": "${aws:x}"}}},                   ["INVALID_VARIABLE_FOR_OPERATOR"]),
    ("identity", {"Condition": {"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/region}"}}}, []),
    ("identity", {"Condition": {"StringLike": {"aws:ResourceAccount": "*"}}},                            ["WILDCARD_USAGE_TOO_PERMISSIVE"]),
    ("identity", {"Action": ["s3:GetObject", "ec2:StartInstances", "sts:TagSession", "nowhere:Be", "s3:Unheard"], "Resource": "*", "Condition": {"StringEqualsIfExists": {"s3:prefix": "a"}}}, ["INVALID_SERVICE_IN_ACTION", "INVALID_ACTION"]),
    ("identity", {"Action": ["sts:AssumeRole", "sts:TagSession", "nowhere:Be", "s3:Unheard"], "Resource": "*", "Condition": {"StringEquals": {"sts:ExternalId": "a"}}}, ["INVALID_SERVICE_IN_ACTION", "INVALID_ACTION"]),
    ("identity", {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/a": "b"}}}, []),
    ("identity", {"Effect": "Deny", "Action": ["organizations:Leave*", "organizations:LeaveOrganization"], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/a": "b"}}}, ["REDUNDANT_ACTION", "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"]),
    ("identity", {"Effect": "Deny", "Action": "dynamodb:GetItem", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}}, []),
    ("identity", {"Action": ["s3:Get?bject", "s3:GetObject", "s3:Get*"]},                                ["REDUNDANT_ACTION"]),
    ("identity", {"Action": ["s3:Get?bject", "s3:Get*ct"]},                                              ["REDUNDANT_ACTION"]),
    ("identity", {"Resource": ["arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}/a"]},     ["REDUNDANT_RESOURCE"]),
    ("identity", {"Resource": "*", "Condition": {"StringEquals": {"aws:ViaAWSService": "true"}}},        ["TYPE_MISMATCH"]),
    ("identity", {"Resource": "arn:aws:${aws:PrincipalTag/service}:::demo"},                             []),
    ("identity", {"Action": ["s3:${username}", "s3:GetObject"]},                                         ["VARIABLE_UNSUPPORTED_IN_ELEMENT"]),
    ("identity", {"Action": ["s3:${aws:username}", "s3:GetObject"]},                                     ["VARIABLE_UNSUPPORTED_IN_ELEMENT"]),
    ("identity", {"Condition": {"StringLike": {"aws:PrincipalAccount": ["123456789012", "210987654321"]}}}, []),
    ("resource", {"Condition": {"StringEquals": {"events:detail-type": "x"}}, "Action": "s3:*"},         []),
    ("endpoint", {"Principal": "*", "Action": "*", "Resource": "*"},                                     []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "expected"), FINER)
def test_finer_points(kind, change, expected):
    assert codes(change, kind=kind) == expected


def test_the_wrong_element_of_several_statements_is_found():
    assert codes({"Sid": "A"}, {"Sid": "B", "Effect": "Deny", "Action": 5}, {"Action": "s3:PutObject"}) == [
        "DATA_TYPE_MISMATCH"
    ]
    single = {"Version": "2012-10-17", "Statement": ALLOW | {"Action": "s3:Gett"}}
    assert findings_of(single, "identity")[0].path == "Statement.Action"


def test_variables_of_an_unknown_version_are_not_judged():
    assert codes({"Resource": "arn:aws:s3:::${x"}, Version="2000-01-01") == ["INVALID_VERSION"]


def test_iam_roles_anywhere_may_have_its_actions_in_several_statements():
    anywhere = {"Service": "rolesanywhere.amazonaws.com"}
    parts = [{"Principal": anywhere, "Action": each} for each in ("sts:AssumeRole", ["sts:TagSession", "sts:Set*"])]
    assert codes(*parts, kind="trust") == []
    assert codes(parts[0], kind="trust") == ["MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"]


def test_a_finding_tells_where_its_element_ends():
    (finding,) = findings_of(
        '{"Version": "2012-10-17", "Statement": [\n {"Effect": "Allow",\n  "Action": "s3:Gett", "Resource": "*"}]}',
        "identity",
    )
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (3, 13, 3, 21)
    (missing,) = findings_of(
        '{"Version": "2012-10-17", "Statement": [\n {"Effect": "Allow",\n  "Resource": "*"}]}', "identity"
    )
    assert (missing.line, missing.column, missing.end_line, missing.end_column) == (2, 2, 3, 18)
    (broken,) = findings_of('{\n "Version" 1}', "identity")
    assert broken.text == "Fix the JSON syntax error at index 13 line 2 column 12."
    assert (broken.line, broken.column, broken.end_line, broken.end_column) == (2, 12, 2, 12)


def test_findings_stand_in_the_order_of_the_text():
    found = findings_of(
        {"Version": "2012-10-17", "Statement": [ALLOW | {"Action": ["s3:Gett", "s3:Putt"], "Sid": ""}]}, "identity"
    )
    assert [finding.path for finding in found] == [
        "Statement[0].Action[0]",
        "Statement[0].Action[1]",
        "Statement[0].Sid",
    ]


def test_long_values_are_shortened_in_the_texts():
    (finding,) = findings_of(
        {"Version": "2012-10-17", "Statement": [ALLOW | {"Action": "s3:" + "x" * 5000}]}, "identity"
    )
    assert len(finding.text) < 300


@pytest.mark.parametrize(("kind", "document"), [row[:2] for row in REFUSED])
def test_what_the_grammar_refuses_is_a_finding(kind, document):
    assert check(parse(json.dumps(document) if isinstance(document, list) else document, kind))


# ---- Documents that nobody would write -------------------------------------------------------------------------------

words = st.sampled_from(
    ["", "*", "?", "s3:*", "s3:Get?", "iam:PassRole", "arn:aws:s3:::a*", "arn:aws:iam::1:role/*", "arn:", "aws:SourceIp",
     "aws:ResourceTag", "10.0.0.1/8", "${", "${}", "${a b, c}", "true", "2012-10-17", "Allow", "Deny", "x" * 3000, "\u0000", "\ud800", "é",
     "token.actions.githubusercontent.com:sub", "AROA", "ec2.amazonaws.com", "sts:AssumeRole", "1e5", "2025-01-01"]
)  # fmt: skip
texts = words | st.text(max_size=12)
scalars = texts | st.booleans() | st.integers() | st.none()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
lists = texts | st.lists(scalars, max_size=5) | anything
operators = st.sampled_from(
    [
        "StringLike",
        "StringNotEquals",
        "ArnLike",
        "Bool",
        "Null",
        "NullIfExists",
        "IpAddress",
        "NotIpAddress",
        "NumericLessThan",
        "DateGreaterThan",
        "BinaryEquals",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLikeIfExists",
        "Huh",
    ]
)
keys = (
    st.sampled_from(
        [
            "aws:SourceIp",
            "aws:TagKeys",
            "aws:ResourceTag/a",
            "aws:PrincipalArn",
            "s3:prefix",
            "sts:SourceIdentity",
            "a",
            "kms:ViaService",
            "aws:SourceVpc",
            "iam:PassedToService",
            "aws:CurrentTime",
        ]
    )
    | texts
)
conditions = (
    st.dictionaries(operators | texts, st.dictionaries(keys, lists, max_size=3) | anything, max_size=3) | anything
)
principals = (
    texts
    | st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "Other"]), lists, max_size=3)
    | anything
)
statements = st.fixed_dictionaries(
    {},
    optional={
        "Sid": texts | scalars,
        "Effect": st.sampled_from(["Allow", "Deny"]) | scalars,
        "Principal": principals,
        "NotPrincipal": principals,
        "Action": lists,
        "NotAction": lists,
        "Resource": lists,
        "NotResource": lists,
        "Condition": conditions,
        "Huh": anything,
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "Version": st.sampled_from(["2012-10-17", "2008-10-17"]) | scalars,
        "Id": scalars,
        "Statement": st.lists(statements | anything, max_size=4) | statements | anything,
        "Huh": anything,
    },
)


@given(documents | anything, st.sampled_from(sorted(BASES)))
def test_no_document_makes_it_fail_and_every_finding_has_a_place(document, kind):
    text = json.dumps(document)
    lines = text.split("\n")
    policy = parse(text, kind)
    found = check(policy)
    assert found == check(policy)
    for finding in found:
        assert finding.type == CATALOGUE[finding.code].type
        assert NAMES_OF_KINDS.get(kind, kind) in POLICIES_OF[finding.name]
        assert "{{" not in finding.text
        assert 1 <= finding.line <= finding.end_line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1
        assert (finding.line, finding.column) <= (finding.end_line, finding.end_column)


@given(
    st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")), st.sampled_from(sorted(BASES))
)
def test_no_text_makes_it_fail(text, kind):
    for finding in findings_of(text, kind):
        assert finding.line >= 1 <= finding.column


MANY = [f"s3:Get{at:05}*" for at in range(3000)]
#    how it is hostile                       statement
HOSTILE = [
    ("one string of a million characters",   ALLOW | {"Action": "s3:" + "x" * 1_000_000}),
    ("a million stars",                      ALLOW | {"Resource": "arn:aws:s3:::" + "*" * 1_000_000}),
    ("a variable that is opened for ever",   ALLOW | {"Resource": "arn:aws:s3:::" + "${" * 300_000}),
    ("patterns by the thousand",             ALLOW | {"Action": MANY, "Resource": "*"}),
    ("stars in front, by the thousand",      ALLOW | {"Action": [f"ec2:*{at}" for at in range(3000)], "Resource": "*"}),
    ("misspellings by the thousand",         ALLOW | {"Action": [f"ec2:Describe{at}" for at in range(3000)], "Resource": "*"}),
    ("services that nobody has",             ALLOW | {"Action": [f"s{at}:Get" for at in range(3000)], "Resource": "*"}),
    ("ARNs by the thousand",                 ALLOW | {"Resource": [f"arn:aws:ec2:*:*:{at}*" for at in range(3000)]}),
    ("conditions by the thousand",           ALLOW | {"Action": [f"s3:{name}" for name, _ in list(reference.actions("s3").values())], "Resource": "*",
                                                      "Condition": {"StringEquals": {f"s3:ExistingObjectTag/{at}": "a" for at in range(3000)}}}),
    ("tags by the thousand",                 ALLOW | {"Action": ["organizations:*", "ec2:Describe*"], "Resource": "*",
                                                      "Condition": {"StringEquals": {f"aws:ResourceTag/{at}": "a" for at in range(3000)}}}),
    ("addresses by the thousand",            ALLOW | {"Condition": {"IpAddress": {"aws:SourceIp": [f"10.{at // 250}.{at % 250}.1/8" for at in range(3000)]}}}),
    ("principals by the thousand",           BUCKET | {"Principal": {"AWS": [f"arn:aws:iam::{at:012}:root" for at in range(3000)]}}),
]  # fmt: skip


@pytest.mark.parametrize(("how", "statement"), HOSTILE)
def test_hostile_documents_are_checked_within_the_effort_that_one_document_may_cost(how, statement, monkeypatch):
    spent = []
    afford = Report.afford

    def counted(self, comparisons):
        """What is really compared: that which was afforded."""
        may = afford(self, comparisons)
        spent.append(comparisons if may else 0)
        return may

    monkeypatch.setattr(Report, "afford", counted)
    kind = "resource" if "Principal" in statement else "identity"
    assert findings_of({"Version": "2012-10-17", "Statement": [statement]}, kind) or how.startswith("principals")
    assert sum(spent) <= EFFORT


def test_thousands_of_statements_are_checked():
    found = findings_of(
        {
            "Version": "2012-10-17",
            "Statement": [ALLOW | {"Action": f"s3:Get{at}"} for at in range(3000)] + [ALLOW, ALLOW],
        },
        "identity",
    )
    assert Counter(each.code for each in found)["REDUNDANT_STATEMENT"] == 1
    assert Counter(each.code for each in found)["INVALID_ACTION"] == 3000


def test_deep_nesting_is_a_syntax_error():
    (finding,) = findings_of('{"Statement":' + "[" * 100_000, "identity")
    assert finding.code == "JSON_SYNTAX_ERROR"


# ---- AWS's own policies ----------------------------------------------------------------------------------------------


# Services and actions that AWS has retired, or never listed in its reference; the reference of the finding says that
# managed policies have them ("Invalid actions do not affect the permissions granted by the policy").
RETIRED = {
    "builderid",
    "codestar",
    "deepcomposer",
    "deeplens",
    "deepracer",
    "elastic-inference",
    "evidently",
    "iot1click",
    "iotevents",
    "zocalo",
}
UNLISTED_ACTIONS = {
    "budgets",
    "cloud9",
    "cloudhsm",
    "memorydb",
    "organizations",
    "payments",
    "qapps",
    "route53-recovery-control-config",
    "securityagent",
}
# The lists "AWS managed policies with this …" of the reference.
#    code                                       policies that AWS names and that still exist with that text
LISTED = [
    ("CREATE_SLR_WITH_STAR_IN_RESOURCE",            {"PowerUserAccess", "AWSOrganizationsServiceTrustPolicy"}),
    ("CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", {"AdministratorAccess", "IAMFullAccess"}),
    ("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",  {"AdministratorAccess", "IAMFullAccess"}),
    ("PASS_ROLE_WITH_STAR_IN_RESOURCE",             {"AdministratorAccess-Amplify", "AWSElasticBeanstalkService", "AmazonDynamoDBFullAccesswithDataPipeline", "AmazonElasticMapReduceFullAccess"}),
    ("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",   {"ReadOnlyAccess", "AWSSupportServiceRolePolicy"}),
    ("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", {"AmazonSecurityLakeAdministrator", "AWSCodePipeline_FullAccess", "AWSCodePipeline_ReadOnlyAccess", "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"}),
]  # fmt: skip


def test_aws_managed_policies_have_no_errors_but_known_ones_and_the_warnings_that_aws_names():
    """One test for all, because the policies are many."""
    found = {}
    for policy in aws_managed.by_arn().values():
        for finding in findings_of(policy.text, "identity"):
            found.setdefault(finding.code, []).append((policy.name, finding))
    errors = {code for code in found if CATALOGUE[code].type == "ERROR"}
    assert errors <= {
        "INVALID_ACTION",
        "INVALID_ARN_RESOURCE",  # slips in AWS's own texts: `arn:*:kms:*:::*`, `…:statemachine:…` for `stateMachine`
        "INVALID_SERVICE",
        "INVALID_SERVICE_CONDITION_KEY",  # one key of Lake Formation that is on no page
        "INVALID_SERVICE_IN_ACTION",
        "MISSING_ARN_ACCOUNT",  # `arn:aws:kms:*::*`
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",  # ec2:DescribeInstances with ec2:ResourceTag and the like
        "VARIABLE_USAGE_TOO_PERMISSIVE",
    }
    assert {finding.text.split()[2] for _, finding in found["INVALID_SERVICE_IN_ACTION"]} <= RETIRED
    assert {finding.text.split()[2].partition(":")[0] for _, finding in found["INVALID_ACTION"]} <= UNLISTED_ACTIONS
    assert {finding.text.split()[2] for _, finding in found["INVALID_SERVICE"]} <= RETIRED
    assert len(found["INVALID_ARN_RESOURCE"]) <= 40
    assert len(found["UNSUPPORTED_ACTION_FOR_CONDITION_KEY"]) <= 30
    assert [name for name, _ in found["MISSING_ARN_ACCOUNT"]] == ["AWSRefactoringToolkitFullAccess"] * 2
    assert len(found["INVALID_SERVICE_CONDITION_KEY"]) == 1
    assert {name for name, _ in found["VARIABLE_USAGE_TOO_PERMISSIVE"]} == {"AWSSecurityHubV2ServiceRolePolicy"}
    for code, policies in LISTED:
        assert policies <= {name for name, _ in found[code]}
    security = [code for code in found if CATALOGUE[code].type == "SECURITY_WARNING"]
    assert len({name for code in security for name, _ in found[code]}) <= 20


# ---- docs/policy-checks.md -------------------------------------------------------------------------------------------


def test_the_documentation_lists_every_finding_and_why_others_are_not_given():
    rows = documented()
    given = {name: LEVELS[row[0]] for name, row in rows.items() if row[2] == "yes"}
    assert given == {entry.name: entry.type for entry in CATALOGUE.values()}
    assert all(row[3] for row in rows.values() if row[2] == "no")


def test_findings_are_given_for_the_policies_that_the_documentation_says():
    for case in CASES:
        for _, name, *_ in case["findings"]:
            assert NAMES_OF_KINDS.get(case["kind"], case["kind"]) in POLICIES_OF[name]
