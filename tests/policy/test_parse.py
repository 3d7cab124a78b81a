"""The policy grammar: what is refused, with which text of the API, and where.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and the messages of IAM and S3.
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.policy import Principal, parse
from iamconsole.policy.parse import JSON, SYNTAX
from iamconsole.policy.reader import DEEPEST, BadJson, read, value_of

OK = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
BUCKET = OK | {"Principal": "*"}
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
NO_ACTIONS, NO_RESOURCES = "Policy statement must contain actions.", "Policy statement must contain resources."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
IAM_PATH = 'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
FIRST_BYTE = "Policies must be valid JSON and the first byte must be '{'"


def but(statement, *gone, **changes):
    return {key: value for key, value in (statement | changes).items() if key not in gone}


def doc(*statements, **more):
    return {"Version": "2012-10-17", "Statement": list(statements)} | more


def resource(text):
    return doc(but(OK, Resource=text))


def condition(block):
    return doc(but(OK, Condition=block))


#    kind        document                                   message                       path
TABLE = [
    ("identity", "",                                        JSON,                         ""),
    ("identity", "{",                                       JSON,                         ""),
    ("identity", '{"Version": tru}',                        JSON,                         "Version"),
    ("identity", '{"Version" "x"}',                         JSON,                         "Version"),
    ("identity", '{"Id": "a" "b"}',                         JSON,                         ""),
    ("identity", '{"Statement": [1 2]}',                    JSON,                         "Statement"),
    ("identity", '{"Id": "x\n"}',                           JSON,                         "Id"),
    ("identity", '{"Id": "x"} {}',                          JSON,                         ""),
    ("identity", '{"Id": "x", "Id": "y"}',                  JSON,                         "Id"),
    ("identity", '{"Id": 01}',                              JSON,                         ""),
    ("identity", "[" * 100_000,                             JSON,                         "[0]" * 41),
    ("identity", {"Statement": object()},                   JSON,                         ""),
    ("identity", [],                                        SYNTAX,                       ""),
    ("identity", "7",                                       SYNTAX,                       ""),
    ("identity", {},                                        SYNTAX,                       ""),
    ("identity", {"Statement": []},                         SYNTAX,                       "Statement"),
    ("identity", {"Statement": "x"},                        SYNTAX,                       "Statement"),
    ("identity", {"Statement": ["x"]},                      SYNTAX,                       "Statement[0]"),
    ("identity", doc(OK, Extra=1),                          SYNTAX,                       "Extra"),
    ("identity", doc(OK, Id=1),                             SYNTAX,                       "Id"),
    ("identity", doc(OK, Version="2012-10-18"),             "Policy document must be version 2012-10-17 or greater.", "Version"),
    ("identity", doc(OK, Version=20121017),                 "Policy document must be version 2012-10-17 or greater.", "Version"),
    ("identity", doc(but(OK, effect="Allow")),              SYNTAX,                       "Statement[0].effect"),
    ("identity", doc(but(OK, Sid="a-b")),                   SID,                          "Statement[0].Sid"),
    ("identity", doc(but(OK, Sid=1)),                       SYNTAX,                       "Statement[0].Sid"),
    ("identity", doc(but(OK, Sid="a"), but(OK, Sid="a")),   "Statement IDs (SID) in a single policy must be unique.", "Statement[1].Sid"),
    ("identity", doc(but(OK, "Effect")),                    SYNTAX,                       "Statement[0]"),
    ("identity", doc(but(OK, Effect="allow")),              SYNTAX,                       "Statement[0].Effect"),
    ("identity", doc(but(OK, Effect=["Allow"])),            SYNTAX,                       "Statement[0].Effect"),
    ("identity", doc(but(OK, "Action")),                    NO_ACTIONS,                   "Statement[0]"),
    ("identity", doc(but(OK, Action=[])),                   NO_ACTIONS,                   "Statement[0].Action"),
    ("identity", doc(but(OK, Action=7)),                    SYNTAX,                       "Statement[0].Action"),
    ("identity", doc(but(OK, Action=["s3:*", None])),       SYNTAX,                       "Statement[0].Action"),
    ("identity", doc(but(OK, NotAction="s3:*")),            SYNTAX,                       "Statement[0].NotAction"),
    ("identity", doc(but(OK, Action="GetObject")),          VENDOR,                       "Statement[0].Action"),
    ("identity", doc(but(OK, Action=["s3:*", ":Get"])),     VENDOR,                       "Statement[0].Action[1]"),
    ("identity", doc(but(OK, Action="s3:Get:Object")),      "Actions/Condition can contain only one colon.", "Statement[0].Action"),
    ("identity", doc(but(OK, Action="s 3:Get")),            "Vendor s 3 is not valid",    "Statement[0].Action"),
    ("identity", doc(but(OK, Action="s3:")),                SYNTAX,                       "Statement[0].Action"),
    ("identity", doc(but(OK, "Resource")),                  NO_RESOURCES,                 "Statement[0]"),
    ("identity", doc(but(OK, Resource=[])),                 NO_RESOURCES,                 "Statement[0].Resource"),
    ("identity", doc(but(OK, Resource=[["*"]])),            SYNTAX,                       "Statement[0].Resource"),
    ("identity", doc(but(OK, NotResource="*")),             SYNTAX,                       "Statement[0].NotResource"),
    ("identity", resource("bucket"),                        'Resource bucket must be in ARN format or "*".', "Statement[0].Resource"),
    ("identity", resource("arn"),                           'Resource arn must be in ARN format or "*".', "Statement[0].Resource"),
    ("identity", resource(["*", "arn:amazon:s3:::b"]),      'Partition "amazon" is not valid for resource "arn:amazon:s3:::b".', "Statement[0].Resource[1]"),
    ("identity", resource("arn:aws:s*:::b"),                "Resource vendor must be fully qualified and cannot contain regexes.", "Statement[0].Resource"),
    ("identity", resource("arn:aws::::b"),                  "Resource vendor must be fully qualified and cannot contain regexes.", "Statement[0].Resource"),
    ("identity", resource("arn:aws:s3::b"),                 "The policy failed legacy parsing", "Statement[0].Resource"),
    ("identity", resource("arn:aws:iam:us-east-1:1:user/x"), "Resource arn:aws:iam:us-east-1:1:user/x can not contain region information.", "Statement[0].Resource"),
    ("identity", resource("arn:aws:iam::1:u*"),             IAM_PATH,                     "Statement[0].Resource"),
    ("identity", resource("arn:aws:iam::1:user"),           IAM_PATH,                     "Statement[0].Resource"),
    ("identity", doc(BUCKET),                               "Policy document should not specify a principal.", "Statement[0].Principal"),
    ("boundary", doc(BUCKET),                               "Policy document should not specify a principal.", "Statement[0].Principal"),
    ("scp",      doc(but(OK, NotPrincipal="*")),            "Policy document should not specify a principal.", "Statement[0].NotPrincipal"),
    ("identity", doc(but(OK, Condition=[])),                SYNTAX,                       "Statement[0].Condition"),
    ("identity", condition({"StringEqual": {"aws:x": "y"}}), SYNTAX,                      "Statement[0].Condition.StringEqual"),
    ("identity", condition({"NullIfExists": {"aws:x": "y"}}), SYNTAX,                     "Statement[0].Condition.NullIfExists"),
    ("identity", condition({"Null": "aws:x"}),              SYNTAX,                       "Statement[0].Condition.Null"),
    ("identity", condition({"Null": {"x": "true"}}),        VENDOR,                       "Statement[0].Condition.Null.x"),
    ("identity", condition({"Null": {"aws:x": None}}),      SYNTAX,                       "Statement[0].Condition.Null.aws:x"),
    ("identity", condition({"Null": {"aws:x": ["true", {}]}}), SYNTAX,                    "Statement[0].Condition.Null.aws:x[1]"),
    ("identity", doc(OK, Id="Ω"),                           SYNTAX,                       "(text)"),
    ("trust",    doc(but(TRUST, Resource="*")),             "Has prohibited field Resource", "Statement[0].Resource"),
    ("trust",    doc(but(TRUST, "Principal", NotPrincipal={"AWS": "1" * 12})), "Has prohibited field NotPrincipal", "Statement[0].NotPrincipal"),
    ("trust",    doc(but(TRUST, "Principal")),              "Missing required field Principal", "Statement[0]"),
    ("trust",    doc(but(TRUST, Action="s3:GetObject")),    "AssumeRole policy may only specify STS AssumeRole actions.", "Statement[0].Action"),
    ("trust",    doc(but(TRUST, Principal={"AWS": "arn:aws:iam::123456789012:group/HR"})), 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/HR"', "Statement[0].Principal.AWS"),
    ("trust",    doc(but(TRUST, Principal={"AWS": ["1" * 12, "arn:aws:iam::123456789012:user/*"]})), 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"', "Statement[0].Principal.AWS[1]"),
    ("trust",    doc(but(TRUST, Principal={"Service": "*"})), 'Invalid principal in policy: "Service":"*"', "Statement[0].Principal.Service"),
    ("trust",    doc(but(TRUST, Principal={"User": "x"})),  'Invalid principal in policy: "User":"x"', "Statement[0].Principal.User"),
    ("trust",    doc(but(TRUST, Principal={})),             "Invalid principal in policy: {}", "Statement[0].Principal"),
    ("resource", "[]",                                      FIRST_BYTE,                   ""),
    ("resource", "x",                                       FIRST_BYTE,                   ""),
    ("resource", {"Version": "2012-10-17"},                 "Missing required field Statement", ""),
    ("resource", {"Statement": []},                         "Missing required field Statement", "Statement"),
    ("resource", doc(OK),                                   "Missing required field Principal", "Statement[0]"),
    ("resource", doc(but(BUCKET, "Effect")),                "Missing required field Effect", "Statement[0]"),
    ("resource", doc(but(BUCKET, "Action")),                "Missing required field Action", "Statement[0]"),
    ("resource", doc(but(BUCKET, "Resource")),              "Missing required field Resource", "Statement[0]"),
    ("resource", doc(but(BUCKET, Principal={"AWS": "bob"})), "Invalid principal in policy", "Statement[0].Principal.AWS"),
    ("resource", doc(but(BUCKET, NotPrincipal="*")),        SYNTAX,                       "Statement[0].NotPrincipal"),
    ("resource", doc(but(BUCKET, Resource="b")),            "Policy has invalid resource", "Statement[0].Resource"),
    ("resource", doc(but(BUCKET, Action="Get")),            "Policy has invalid action",  "Statement[0].Action"),
    ("resource", doc(but(BUCKET, Condition={"X": {"aws:x": "y"}})), "Invalid Condition type : X", "Statement[0].Condition.X"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document", "message", "path"), TABLE)
def test_a_malformed_document_is_refused_in_the_words_of_the_api(kind, document, message, path):
    policy = parse(json.dumps(document) if isinstance(document, list) else document, kind)
    first = policy.problems[0]
    assert first.message.startswith(message)
    assert first.path == path
    assert first.error_code == ("MalformedPolicy" if kind == "resource" else "MalformedPolicyDocument")


#    kind        document
FINE = [
    ("identity", doc(OK)),
    ("identity", {"Statement": OK}),
    ("identity", doc(OK, Version="2008-10-17", Id="anything at all")),
    ("identity", doc(but(OK, Action="*"))),
    ("identity", doc(but(OK, Action="unheard-of:Thing"))),  # stored as AWS stores it; a finding, not a problem
    ("identity", doc(but(OK, "Action", NotAction=["iam:*", "s3*:Get?bject"]))),
    ("identity", doc(but(OK, "Resource", NotResource="arn:aws-cn:s3:::b"))),
    ("identity", resource(["arn:aws:s3:::b", "arn:*:kms:*:${aws:PrincipalAccount}:key/*", "arn:aws:s3:*", "arn:aws:*"])),
    ("identity", resource(["arn:aws:iam::1:*", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::*:root"])),
    ("identity", resource("arn:aws:iam::1:${aws:PrincipalTag/path}")),
    ("identity", condition({})),
    ("identity", condition({"Bool": {"aws:x": True}, "NumericLessThan": {"aws:y": 10}, "ForAnyValue:StringLikeIfExists": {"aws:z": []}})),
    ("identity", doc(but(OK, Sid=""), but(OK, Sid=""))),
    ("identity", doc(OK, Id="ÿ")),
    ("resource", doc(but(BUCKET, Sid="any characters here"))),
    ("resource", doc(but(BUCKET, Principal={"AWS": ["*", "123456789012", "AIDACKCEVSQ6C2EXAMPLE", "arn:aws:iam::123456789012:root",
                     "arn:aws:sts::123456789012:assumed-role/R/S", "arn:aws:sts::123456789012:federated-user/F"],
                     "CanonicalUser": "79a5", "Federated": "accounts.google.com", "Service": ["ec2.amazonaws.com"]}))),
    ("resource", doc(but(BUCKET, "Principal", Effect="Deny", NotPrincipal={"AWS": "arn:aws:iam::123456789012:role/p/R"}))),
    ("trust",    doc(TRUST, but(TRUST, Action=["sts:AssumeRole", "sts:TagSession"]))),
    ("scp",      doc(OK)),
    ("rcp",      doc(BUCKET)),
    ("endpoint", doc(BUCKET)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document"), FINE)
def test_a_well_formed_document_has_no_problems(kind, document):
    assert parse(document, kind).problems == ()


def test_every_aws_managed_policy_is_well_formed():
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    for name, policy in json.loads(aws_managed_policies_data).items():
        assert parse(policy["Document"], "identity").problems == (), name


def test_a_policy_keeps_its_text_and_its_hash():
    text = '\ufeff{"Version": "2012-10-17",\r\n\t"Id": "x", "Statement": []}'
    policy = parse(text, "identity")
    assert policy.text == text
    assert policy.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (policy.version, policy.id) == ("2012-10-17", "x")
    assert parse({"Statement": OK}, "identity").text == json.dumps({"Statement": OK}, separators=(",", ":"))
    assert parse({"Statement": OK}, "identity").version == "2008-10-17"
    assert hash(policy) == hash(parse(text, "identity"))


def test_a_problem_tells_line_and_column():
    text = '{\r\n  "Version": "2012-10-17",\r\n  "Statement": [\r\n    {"Effect": "Allow", "Action": "s3:*", "Resource": "b"}]}'
    (problem,) = parse(text, "identity").problems
    assert (problem.line, problem.column) == (4, 55)
    assert text[problem.offset :].startswith('"b"')
    (problem,) = parse('{\n "Id": oops}', "identity").problems
    assert (problem.line, problem.column, problem.offset) == (2, 8, 9)


def test_every_problem_is_told():
    policy = parse(doc({"Effect": "Yes", "Action": "x", "Resource": "y"}, {}), "identity")
    assert [problem.code for problem in policy.problems] == [
        "effect", "action", "resource-prefix", "missing-effect", "missing-action", "missing-resource"
    ]  # fmt: skip


def test_a_lone_surrogate_and_an_escape_are_read():
    assert parse('{"Id": "\\ud800\\u0041\\n"}', "scp").id == "\ud800A\n"
    assert parse('{"Id": "\ud800"}', "scp").id == "\ud800"


@pytest.mark.parametrize(
    "text",
    [
        '{"Statement":' * 100_000,
        '{"Id": "' + "x" * 1_000_000 + '"}',
        '{"Id": "' + "\\n" * 300_000,
        '{"Id": ' + "9" * 1_000_000 + "}",
        '{"Statement": [' + "{}," * 30_000 + "{}]}",
        json.dumps(doc(but(OK, Action=["a:b"] * 50_000, Resource=["*"] * 50_000))),
        json.dumps(resource("arn:aws:s3:::" + "*?" * 300_000)),
    ],
    ids=["deep", "long string", "open string", "long number", "many statements", "long lists", "stars"],
)
def test_no_document_keeps_the_parser_busy(text):
    start = time.perf_counter()
    assert parse(text, "identity").text == text
    assert time.perf_counter() - start < 20  # quadratic would take many minutes


def test_the_place_of_an_unknown_path_is_that_of_the_element_around_it():
    policy = parse('{"Statement":\n {"Effect": "Allow"}}', "identity")
    assert policy.place("Statement.Action[3]") == (2, 2)
    assert policy.place("Nothing") == (1, 1)


def test_a_principal_takes_its_account_from_its_arn():
    assert Principal.user("arn:aws-cn:iam::123456789012:user/p/ana").account == "123456789012"
    assert Principal.root("123456789012", partition="aws-cn").arn == "arn:aws-cn:iam::123456789012:root"


def test_the_extent_of_a_statement_ends_with_its_brace():
    policy = parse('{"Statement": [\n {"Effect": "Allow",\n  "Action": "*", "Resource": "*"}]}', "identity")
    assert policy.extent("Statement[0]") == ((2, 2), (3, 33))
    alone = parse('{"Statement": {"Effect": "Allow"}}', "identity")
    assert alone.extent("Statement[0]") == ((1, 15), (1, 33))
    assert parse("{", "identity").extent("Statement[0]") == ((1, 1), (1, 1))


JSON_TEXTS = st.recursive(
    st.sampled_from(
        ["1", "-2.50e3", "true", "null", '"a"', '"\\u00e9\\n"', "NaN", "Infinity", "01", "'a'", "", '"\x01"']
    )
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{' , '.join(found)}]")
        | st.lists(st.tuples(st.sampled_from(['"k"', '"l"', '"m"']), inner), max_size=3).map(
            lambda found: "{" + ",".join(f"{key} :{value}" for key, value in found) + "}"
        )
    ),
    max_leaves=8,
)


def answer_of(reader, text):
    try:
        return "value", reader(text)
    except BadJson as problem:
        return "problem", problem


@given(JSON_TEXTS)
def test_the_quick_reader_and_the_careful_one_agree(text):
    assert answer_of(value_of, text) == answer_of(lambda text: read(text).value, text)


@pytest.mark.parametrize(("depth", "answer"), [(DEEPEST + 1, "value"), (DEEPEST + 2, "problem"), (100_000, "problem")])
def test_both_readers_stop_at_the_same_depth(depth, answer):
    text = "[" * depth + "]" * depth
    assert answer_of(value_of, text) == answer_of(lambda text: read(text).value, text)
    assert answer_of(value_of, text)[0] == answer
