# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import pytest

from iamconsole.policy import PolicySet, Request, explain
from tests.policy.cast import ACCOUNT, ALICE, CALLERS, OTHER, attach

BUCKET = "arn:aws:s3:::company1-hr"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET + "/*"}


def told(statement, *, action="s3:GetObject", resource=BUCKET + "/x", caller="alice", kind="identity", **context):
    """The only report of a policy with one statement."""
    attached = attach([statement] if isinstance(statement, dict) else statement, kind, "direct")
    applying = PolicySet(resource=attached) if kind == "resource" else PolicySet(identity=(attached,))
    (report,) = explain(Request(CALLERS[caller], action, resource, context=context), applying).statements
    return report


def test_a_statement_tells_which_element_matched_and_which_did_not():
    report = told(ALLOW | {"Resource": BUCKET + "-bucket"}, resource=BUCKET)
    assert report.text == f"action matches; resource does not: `{BUCKET}` vs `{BUCKET}-bucket`"
    assert [(element.element, element.matched) for element in report.elements] == [
        ("action", True),
        ("resource", False),
    ]
    assert report.matched is False


#    statement                                     context                    text
TEXTS = [
    (ALLOW,                                        {},                        "action matches; resource matches"),
    (ALLOW | {"Action": ["a:A", "b:B", "c:C", "d:D"]}, {},
     "action does not: `s3:GetObject` vs `a:A`, `b:B`, `c:C` and 1 more; resource matches"),
    ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, {},
     "action does not: `s3:GetObject` vs anything but `s3:*`; resource matches"),
    ({"Effect": "Allow", "Action": "*", "NotResource": BUCKET + "/*"}, {},
     f"action matches; resource does not: `{BUCKET}/x` vs anything but `{BUCKET}/*`"),
    (ALLOW | {"Resource": BUCKET + "/${aws:username}"}, {},
     f"action matches; resource does not: `{BUCKET}/x` vs `{BUCKET}/${{aws:username}}` "
     f"(a variable in `{BUCKET}/${{aws:username}}` is malformed or has no value in this request)"),
    (ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, {"aws:SecureTransport": "true"},
     "action matches; resource matches; condition matches"),
    (ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, {"aws:SecureTransport": "false"},
     "action matches; resource matches; condition does not: `Bool` wants `true` and `aws:SecureTransport` is `false`"),
    (ALLOW | {"Condition": {"StringEquals": {"aws:a": []}}}, {},
     "action matches; resource matches; condition does not: `StringEquals` wants nothing and `aws:a` is not in the request"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "context", "text"), TEXTS)
def test_a_statement_explains_itself_in_plain_words(statement, context, text):
    assert told(statement, **context).text == text


#    statement                                     near miss
NEAR = [
    ({"Resource": BUCKET},                         f"`{BUCKET}` does not cover what is inside it; that would be `{BUCKET}/*`"),
    ({"Resource": BUCKET.upper() + "/X"},          None),
    ({"Resource": "arn:aws:s3:::Company1-HR/x"},   f"`arn:aws:s3:::Company1-HR/x` differs from `{BUCKET}/x` in upper and lower case only"),
    ({"Resource": "arn:aws:s3:::company1-rh/x"},   f"`arn:aws:s3:::company1-rh/x` looks much like `{BUCKET}/x`"),
    ({"Resource": "arn:aws:s3:::" + "y" * 400},    None),
    ({"Resource": "arn:aws:s3:::payroll/y"},       None),
    ({"Action": "s3:GetObjct"},                    "the policy says `s3:GetObjct`, the request is `s3:GetObject`"),
    ({"Action": "s3:PutObjectLegalHold"},          None),
    ({"Condition": {"Null": {"aws:x": "false"}}},  "everything matches but a condition: `Null` wants `false` and `aws:x` is not in the request"),
    ({"Action": "s3:P", "Resource": "arn:aws:s3:::z"}, None),
    ({},                                           None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "hint"), NEAR)
def test_a_near_miss_is_pointed_out(change, hint):
    hints = told(ALLOW | change).near_misses
    if change.get("Resource", "").isupper() or "COMPANY" in str(change):
        assert len(hints) == 1  # the case differs, which is a near miss of its own
    else:
        assert hints == ((hint,) if hint else ())


def test_a_pattern_for_objects_is_near_to_the_bucket():
    hints = told(ALLOW, resource=BUCKET).near_misses
    assert hints == (f"`{BUCKET}/*` covers what is inside `{BUCKET}`, but not `{BUCKET}` itself",)


def test_a_missing_context_key_is_listed_once():
    statement = ALLOW | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "Null": {"aws:x": "true"}}}
    assert told(statement).missing_keys == ("aws:MultiFactorAuthPresent", "aws:x")
    attached = attach([statement, statement], "identity", "direct")
    explanation = explain(Request(CALLERS["alice"], "s3:GetObject", BUCKET + "/x"), PolicySet((attached,)))
    assert explanation.missing_keys == ("aws:MultiFactorAuthPresent", "aws:x")
    assert len(explanation.near_misses) == 1


#    principal                                     caller       text of the principal element
PRINCIPALS = [
    ({"Principal": {"AWS": ALICE}},                "alice",     f"`{ALICE}` vs `{ALICE}`"),
    ({"Principal": {"AWS": ACCOUNT}},              "alice",     f"`{ALICE}` vs `{ACCOUNT}` (names the account, whose own policies then decide)"),
    ({"Principal": {"AWS": OTHER}},                "anonymous", f"`an anonymous caller` vs `{OTHER}`"),
    ({"Principal": {"AWS": CALLERS["role"].arn}},  "session",   f"`{CALLERS['session'].arn}` vs `{CALLERS['role'].arn}` (names the role behind the session)"),
    ({"NotPrincipal": {"AWS": ALICE}},             "alice",     f"`{ALICE}` vs anyone but `{ALICE}`"),
    ({"Principal": {"AWS": "bob"}},                "alice",     "it could not be read"),
]  # fmt: skip


@pytest.mark.parametrize(("element", "caller", "why"), PRINCIPALS)
def test_the_principal_is_explained(element, caller, why):
    report = told(ALLOW | element, caller=caller, kind="resource")
    assert [each.why for each in report.elements if each.element == "principal"] == [why]


def test_what_could_not_be_read_is_said():
    broken = {"Effect": "Deny", "Action": 1, "Resource": 2, "Condition": 3}
    report = told(broken)
    assert [element.why for element in report.elements] == ["it could not be read"] * 3
    assert report.matched is None
    assert report.text.endswith("so what it may deny is denied.")
    report = told(ALLOW | {"Condition": {"Unheard": {"of:it": "x"}}})
    assert report.elements[-1].why == "`Unheard` is not an operator"
    report = told(ALLOW | {"Sid": "not alphanumeric"})
    assert report.matched is True
    assert "malformed document" in report.text


def ladder(applying, caller="alice", owner=ACCOUNT):
    asked = Request(CALLERS[caller], "s3:GetObject", BUCKET + "/x", owner)
    return {stage.name: stage.verdict for stage in explain(asked, applying).stages}


def test_the_ladder_has_the_order_of_aws():
    allow, anyone = attach([ALLOW], "identity", "direct"), attach([ALLOW | {"Principal": "*"}], "resource", "bucket")
    full = attach([{"Effect": "Allow", "Action": "*", "Resource": "*"}], "scp", "root")
    narrow = attach([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}], "scp", "root")
    rcp = attach([ALLOW | {"Principal": "*", "Effect": "Deny", "Action": "sqs:*"}], "rcp", "root")
    applying = PolicySet(identity=(allow,), resource=anyone, boundary=allow, scps=((full,), (narrow,)), rcps=((rcp,),))
    assert list(ladder(applying).items()) == [
        ("explicit_deny", "no_match"),
        ("rcp", "allows"),
        ("scp", "no_match"),
        ("resource", "allows"),
        ("identity", "allows"),
        ("boundary", "allows"),
        ("session", "not_applicable"),
        ("endpoint", "not_applicable"),
    ]


def test_the_ladder_shows_where_a_deny_stands():
    deny = attach([ALLOW | {"Effect": "Deny"}], "boundary", "boundary")
    steps = ladder(PolicySet(boundary=deny))
    assert (steps["explicit_deny"], steps["boundary"], steps["identity"]) == (
        "explicit_deny",
        "explicit_deny",
        "no_match",
    )


def test_the_ladder_knows_callers_without_identity_policies():
    assert ladder(PolicySet(), "anonymous")["identity"] == "not_applicable"
    assert ladder(PolicySet(), "root")["identity"] == "allows"
    assert ladder(PolicySet(), "root", OTHER)["identity"] == "allows"
    trust = attach([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}], "trust", "role")
    assert ladder(PolicySet(resource=trust))["trust"] == "no_match"
