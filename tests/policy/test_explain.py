# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import pytest

from iamconsole.policy import BlockPublicAccess, PolicySet, Request, decide, explain
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
     f"(a variable in `{BUCKET}/${{aws:username}}` is malformed, stands before the fifth colon or has no value in this request)"),
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
    ({"Resource": "arn:aws-cn:s3:::company1-hr/x"}, f"`arn:aws-cn:s3:::company1-hr/x` differs from `{BUCKET}/x` in its partition only"),
    ({"Resource": BUCKET + "/${aws:username}/*"},  f"`{BUCKET}/${{aws:username}}/*` needs a value for `aws:username`, which this request does not have"),
    ({"Resource": "arn:aws:s3:::other/${aws:username}"}, None),
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


ROLE = CALLERS["role"].arn

#    principal                                     caller       near miss
NEAR_PRINCIPALS = [
    ("AIDAOLDALICE000000000",                      "alice",     "`AIDAOLDALICE000000000` is the unique ID of a user or role, perhaps a deleted one; the caller is `AIDAALICE0000000000AA`"),
    ("AROAOLDSUPPORT0000000",                      "service-linked", "`AROAOLDSUPPORT0000000` is the unique ID of a user or role, perhaps a deleted one; it is not the caller's"),
    (ALICE.replace("alice", "Alice"),              "alice",     f"`{ALICE.replace('alice', 'Alice')}` differs from `{ALICE}` in upper and lower case only"),
    (ALICE.replace(ACCOUNT, OTHER),                "alice",     f"`{ALICE.replace(ACCOUNT, OTHER)}` differs from `{ALICE}` in its account only"),
    (ROLE.replace("/app", ""),                     "session",   f"`{ROLE.replace('/app', '')}` lacks the path of `{ROLE}`"),
    (ROLE.replace("worker", "wroker"),             "session",   f"`{ROLE.replace('worker', 'wroker')}` looks much like `{ROLE}`"),
    (OTHER,                                        "alice",     None),
    (ALICE,                                        "anonymous", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "caller", "hint"), NEAR_PRINCIPALS)
def test_a_principal_that_came_near_is_pointed_out(written, caller, hint):
    report = told(ALLOW | {"Principal": {"AWS": written}}, caller=caller, kind="resource")
    assert report.near_misses == ((hint,) if hint else ())


def test_a_service_is_no_near_miss_of_a_user():
    assert told(ALLOW | {"Principal": {"Service": "ec2.amazonaws.com"}}, kind="resource").near_misses == ()


def test_variables_without_a_value_are_missing_keys():
    statement = ALLOW | {
        "Resource": [BUCKET + "/${aws:PrincipalTag/team}", BUCKET + "/${aws:username, 'nobody'}"],
        "Condition": {"StringEquals": {"aws:x": "${aws:y}"}},
    }
    assert told(statement, **{"aws:x": "1"}).missing_keys == ("aws:y", "aws:principaltag/team")


def test_near_misses_are_looked_for_in_a_bounded_number_of_statements():
    attached = attach([ALLOW | {"Resource": BUCKET} for _ in range(300)], "identity", "direct")
    found = explain(Request(CALLERS["alice"], "s3:GetObject", BUCKET + "/x"), PolicySet((attached,)))
    assert len([report for report in found.statements if report.near_misses]) == 200
    assert len(found.statements) == 300


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


def rungs(applying, caller="alice", owner=ACCOUNT, action="s3:GetObject"):
    return explain(Request(CALLERS[caller], action, BUCKET + "/x", owner), applying).stages


def ladder(applying, caller="alice", owner=ACCOUNT):
    return {stage.name: stage.verdict for stage in rungs(applying, caller, owner)}


def whys(*about):
    return {stage.name: (stage.verdict, stage.why) for stage in rungs(*about)}


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


def test_a_rung_says_why_it_does_not_apply():
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    scp, rcp = attach([deny], "scp", "root"), attach([deny | {"Principal": "*"}], "rcp", "root")
    applying = PolicySet(scps=((scp,),), rcps=((rcp,),))
    told = whys(applying, "service-linked")
    assert told["scp"] == ("not_applicable", "service control policies do not reach this caller")
    assert told["rcp"] == ("not_applicable", "resource control policies do not reach this request")
    assert whys(applying, "alice", ACCOUNT, "ec2:RunInstances")["rcp"][0] == "not_applicable"


def test_a_rung_says_at_which_level_nothing_allows():
    full = attach([{"Effect": "Allow", "Action": "*", "Resource": "*"}], "scp", "root")
    none = attach([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}], "scp", "unit")
    told = whys(PolicySet(scps=((full,), (none,))))
    assert told["scp"] == ("no_match", "no statement allows the request at level 2")


def test_a_grant_to_the_account_leaves_the_decision_to_its_policies():
    bucket = attach([ALLOW | {"Principal": {"AWS": ACCOUNT}}], "resource", "bucket")
    assert whys(PolicySet(resource=bucket))["resource"] == (
        "allows",
        "it names the account, so the caller's own policies decide",
    )


def test_a_grant_to_the_account_is_none_to_the_users_of_its_identity_provider():
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRoleWithSAML"}
    applying = PolicySet(resource=attach([statement], "trust", "role"))
    asked = Request(CALLERS["saml"], "sts:AssumeRoleWithSAML", f"arn:aws:iam::{ACCOUNT}:role/target", ACCOUNT)
    explanation = explain(asked, applying)
    assert (explanation.decision.outcome, explanation.decision.decided_by) == ("implicit_deny", "trust")
    (rung,) = (stage for stage in explanation.stages if stage.name == "trust")
    assert (rung.verdict, len(rung.statements)) == ("no_match", 1)
    assert rung.why == "it names the account, which an identity provider's users do not belong to"


def test_a_shut_public_bucket_is_explained():
    bucket = attach([ALLOW | {"Principal": "*"}], "resource", "bucket")
    applying = PolicySet(resource=bucket, block_public_access=BlockPublicAccess(restrict_public_buckets=True))
    told = whys(applying, "anonymous")
    assert told["explicit_deny"] == told["resource"]
    assert told["resource"][0] == "explicit_deny"
    assert "RestrictPublicBuckets" in told["resource"][1]


def test_what_is_longer_than_any_arn_is_refused_and_compared_with_nothing():
    attached = attach([ALLOW | {"Resource": "*"}], "identity", "direct")
    found = explain(Request(CALLERS["alice"], "s3:GetObject", "x" * 3000), PolicySet((attached,)))
    assert (found.decision.outcome, found.decision.decided_by, found.statements) == ("implicit_deny", "none", ())
    assert found.decision.undecided == ("The resource is longer than 2048 characters, which no ARN is.",)
    assert decide(Request(CALLERS["alice"], "s3:GetObject", "x" * 3000), PolicySet((attached,))) == found.decision


# -- what the account allows to all its users -------------------------------------------------------

CHANGE = {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*"}


def account_wide(statement=CHANGE, **more):
    """A user within a boundary that allows nothing of it, to whom the account itself allows it."""
    return PolicySet(
        identity=(attach([statement], "identity", "account"),), boundary=attach([ALLOW], "boundary", "boundary"), **more
    )


def test_what_the_account_allows_to_all_its_users_is_not_limited_by_a_boundary():
    request = Request(CALLERS["alice"], "iam:ChangePassword", ALICE)
    found = explain(request, account_wide())
    assert found.decision.allowed
    assert found.decision == decide(request, account_wide())
    boundary = next(stage for stage in found.stages if stage.name == "boundary")
    assert (boundary.verdict, boundary.why) == (
        "not_applicable",
        "what the account allows to all its users is not limited here",
    )


def test_the_boundary_still_limits_everything_else_and_denies():
    other = Request(CALLERS["alice"], "iam:ListUsers", "*")
    also_own = PolicySet(
        identity=(attach([CHANGE], "identity", "account"), attach([CHANGE | {"Action": "*"}], "identity", "direct")),
        boundary=attach([ALLOW], "boundary", "boundary"),
    )
    assert decide(other, also_own).decided_by == "boundary"
    denying = PolicySet(
        identity=also_own.identity, boundary=attach([CHANGE | {"Effect": "Deny"}], "boundary", "boundary")
    )
    assert decide(Request(CALLERS["alice"], "iam:ChangePassword", ALICE), denying).outcome == "explicit_deny"
