"""What must hold for every policy and request that Hypothesis can think of."""

from __future__ import annotations

import json
import os
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iamconsole.policy import AttachedPolicy, BlockPublicAccess, PolicySet, Request, check, decide, explain, parse
from tests.policy.cast import ACCOUNT, ALICE, CALLERS, OTHER, TABLES, attach, policies, request
from tests.policy.model import plain_decision

# Few examples at a desk, many in continuous integration.
EXAMPLES = {"few": 30, "many": 500}[os.environ.get("HYPOTHESIS_PROFILE", "few")]
examples = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ACTIONS = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteBucketPolicy",
    "sqs:SendMessage",
    "iam:GetUser",
    "kms:Decrypt",
    "kms:RetireGrant",
]
ASSUMING = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession",
            "sts:SetSourceIdentity"]  # fmt: skip
RESOURCES = ["arn:aws:s3:::b/k", "arn:aws:s3:::b/alice", "arn:aws:s3:::b", "arn:aws:sqs:us-east-1:1:b:c", "*"]
PATTERNS = ["*", "arn:aws:s3:::b*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::?", "arn:aws:sqs:*:1:b:?",
            "arn:aws:s3:::b/${app:name, 'k'}", "arn:aws:s3:::b/${*}", "arn:aws:sqs:us-*-1:1:*", "arn:aws:s*",
            "arn:aws:sqs:us?east-1:?:b*", "arn:aws:s3:::b/${aws:tagkeys}", "arn:aws:s3:::b/${aws:username",
            "arn:aws:sqs:us-east-1:${app:number}:b:c"]  # fmt: skip
PRINCIPALS = ["*", {"AWS": "*"}, {"AWS": ALICE}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
              {"AWS": [OTHER, CALLERS["session"].arn]}, {"AWS": CALLERS["role"].arn},
              {"AWS": CALLERS["alice"].unique_id},
              {"AWS": [ALICE, ACCOUNT]}, {"AWS": [CALLERS["session"].arn, CALLERS["role"].arn, ACCOUNT]},
              {"AWS": CALLERS["federated"].arn}, {"Service": ["ec2.amazonaws.com", "s3.amazonaws.com"]},
              {"Federated": CALLERS["saml"].arn}, {"Federated": "accounts.google.com", "AWS": ALICE}]  # fmt: skip

TEXTS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
         "StringNotLike"]  # fmt: skip
ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
#    operators, a key, and values of the policy
FAMILIES = [
    (TEXTS, "app:name", ["alice", "AL*", "al*", "?", "", "${aws:username}", "${x:y, 'k'}", "${?}", "${x"]),
    (TEXTS, "aws:TagKeys", ["a", "b*", "${app:name}", "*"]),
    ([f"Numeric{each}" for each in ORDERS], "app:number", ["1", 2, "2.5", "-1", "x"]),
    ([f"Date{each}" for each in ORDERS], "app:date",
     ["2020", "2020-02-01T00:00:00Z", "2020-02-01T01:00:00+01:00", "1580515200", "x"]),
    (["Bool"], "app:flag", ["true", False, "${app:flag}", "x"]),
    (["BinaryEquals"], "app:bytes", ["QUJD", "REVG", "?"]),
    (["IpAddress", "NotIpAddress"], "app:address", ["203.0.113.0/24", "2001:DB8::/32", "203.0.113.9", "x"]),
    (["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], "app:arn",
     [ALICE, "arn:aws:iam::*:user/*", "arn:aws:iam::*:*", "arn:*:user/${app:name}"]),
]  # fmt: skip
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": st.sampled_from(["alice", "k", "*"]),
        "APP:Name": st.sampled_from(["alice", "Alice", "?", "", "k", "al*"]),
        "aws:TagKeys": st.sampled_from([["a"], ["b", "ab"], [], ["a", "alice"], [""]]),
        "app:number": st.sampled_from(["1", "2", "2.50", "x"]),
        "app:date": st.sampled_from(["2020-02-01T00:00:00Z", "2020-01-31T23:59:59Z", "x"]),
        "app:flag": st.sampled_from(["true", "false", "x"]),
        "app:bytes": st.sampled_from(["QUJD", "?"]),
        "app:address": st.sampled_from(["203.0.113.9", "203.0.114.1", "2001:db8::1", "x"]),
        "app:arn": st.sampled_from([ALICE, CALLERS["role"].arn, "x"]),
    },
)


def some(values, most=2):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique_by=str)


def condition_lines():
    def line(family):
        operators, key, values = family
        return st.tuples(
            st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"]),
            st.sampled_from(operators),
            st.sampled_from(["", "", "IfExists"]),
            some(values),
        ).map(lambda drawn: ("".join(drawn[:3]), {key.swapcase() if drawn[2] else key: drawn[3]}))

    null = st.tuples(
        st.sampled_from(["Null", "Null", "ForAllValues:Null", "ForAnyValue:Null"]),
        st.sampled_from([{"app:name": "true"}, {"aws:TagKeys": "false"}]),
    )
    unheard = st.just(("Unheard", {"of:it": "x"}))
    return st.one_of(*[line(family) for family in FAMILIES], null, unheard)


CONDITIONS = st.lists(condition_lines(), max_size=2).map(dict)


def either(name, values):
    return st.sampled_from([name, name, f"Not{name}"]).flatmap(lambda chosen: values.map(lambda drawn: {chosen: drawn}))


def statements(kind):
    trust = kind == "trust"
    parts = [
        st.sampled_from(["Allow", "Allow", "Deny"]).map(lambda effect: {"Effect": effect}),
        some(ASSUMING).map(lambda actions: {"Action": actions})
        if trust
        else either("Action", some(["*", "s3:*", "s3:Get*", "SQS:sendmessage", "s3:*Object", "sts:*"])),
        st.just({}) if trust else either("Resource", some(PATTERNS)),
        CONDITIONS.map(lambda block: {"Condition": block} if block else {}),
    ]
    if trust:
        parts.append(st.sampled_from(PRINCIPALS).map(lambda who: {"Principal": who}))
    elif kind in ("resource", "endpoint", "rcp"):
        parts.append(either("Principal", st.sampled_from(PRINCIPALS)))
    return st.tuples(*parts).map(lambda drawn: {key: value for part in drawn for key, value in part.items()})


def documents(kind):
    versions = st.sampled_from([{"Version": "2012-10-17"}] * 4 + [{"Version": "2008-10-17"}, {}])
    return st.tuples(versions, st.lists(statements(kind), min_size=1, max_size=3)).map(
        lambda drawn: AttachedPolicy(parse(drawn[0] | {"Statement": drawn[1]}, kind), kind, "direct")
    )


def one_or_none(kind):
    return st.none() | documents(kind)


def several(kind, most=2):
    return st.lists(documents(kind), max_size=most).map(tuple)


SETS = st.builds(
    PolicySet,
    identity=several("identity", 3),
    resource=one_or_none("resource"),
    boundary=one_or_none("boundary"),
    sessions=several("session", 2),
    scps=st.lists(several("scp"), max_size=2).map(tuple),
    rcps=st.lists(several("rcp"), max_size=1).map(tuple),
    endpoints=several("endpoint", 1),
    block_public_access=st.builds(BlockPublicAccess, restrict_public_buckets=st.booleans()),
)
# The users of identity providers only ever assume roles.
SIGNED_IN = [caller for caller in CALLERS.values() if not caller.of_provider]
REQUESTS = st.builds(
    Request,
    st.sampled_from(SIGNED_IN),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from([ACCOUNT, OTHER, ""]),
    CONTEXT,
)
TRUSTED = st.builds(
    PolicySet,
    identity=several("identity"),
    resource=documents("trust"),
    boundary=one_or_none("boundary"),
    sessions=several("session", 1),
    rcps=st.lists(several("rcp"), max_size=1).map(tuple),
)
ASSUMED = st.builds(
    Request,
    st.sampled_from(list(CALLERS.values())),
    st.sampled_from(ASSUMING),
    st.sampled_from([f"arn:aws:iam::{ACCOUNT}:role/target", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/Y"]),
    st.sampled_from([ACCOUNT, OTHER, ""]),
    CONTEXT,
)
ASKED = st.tuples(REQUESTS, SETS) | st.tuples(ASSUMED, TRUSTED)


def changed(applying: PolicySet, **parts) -> PolicySet:
    names = [field.name for field in fields(PolicySet) if field.init]
    return PolicySet(**({name: getattr(applying, name) for name in names} | parts))


def layers(applying: PolicySet) -> list[AttachedPolicy]:
    singles = [each for each in (applying.resource, applying.boundary) if each is not None]
    levels = [*applying.scps, *applying.rcps, applying.identity, applying.sessions, applying.endpoints]
    return [*singles, *(each for level in levels for each in level)]


def rebuilt(applying: PolicySet, remake) -> PolicySet:
    """The set with every policy made anew; `remake` answers None for one that goes."""

    def all_of(level):
        return tuple(made for made in map(remake, level) if made is not None)

    return changed(
        applying,
        identity=all_of(applying.identity),
        resource=None if applying.resource is None else remake(applying.resource),
        boundary=None if applying.boundary is None else remake(applying.boundary),
        sessions=all_of(applying.sessions),
        scps=tuple(map(all_of, applying.scps)),
        rcps=tuple(map(all_of, applying.rcps)),
        endpoints=all_of(applying.endpoints),
    )


# ---------------------------------------------------------------------------------- the rule, written twice


@pytest.mark.parametrize("topic", TABLES)
def test_a_plain_second_evaluator_gives_every_case_the_documented_answer(topic):
    for case in TABLES[topic]:
        expected = case["expect"]
        assert plain_decision(request(case), policies(case)) == (expected["outcome"], expected["decided_by"]), case[
            "name"
        ]


@examples
@given(ASKED)
def test_a_plain_second_evaluator_agrees(asked):
    decision = decide(*asked)
    assert (decision.outcome, decision.decided_by) == plain_decision(*asked)


@examples
@given(ASKED)
def test_explain_agrees_with_decide(asked):
    assert explain(*asked).decision == decide(*asked)


@examples
@given(ASKED)
def test_the_ladder_shows_the_stage_at_which_the_decision_fell(asked):
    explanation = explain(*asked)
    decision, verdicts = explanation.decision, {stage.name: stage.verdict for stage in explanation.stages}
    if decision.decided_by in verdicts:
        assert (verdicts[decision.decided_by] == "allows") is decision.allowed


# ---------------------------------------------------------------------------------- denies and limits


def everything_denied(kind):
    with_principal = {"Principal": "*"} if kind in ("resource", "trust", "rcp", "endpoint") else {}
    action = "sts:*" if kind == "trust" else "*"
    where = {} if kind == "trust" else {"Resource": "*"}
    return AttachedPolicy(
        parse({"Statement": {"Effect": "Deny", "Action": action} | where | with_principal}, kind), "no", ""
    )


@examples
@given(ASKED)
def test_a_deny_added_to_the_callers_policies_never_allows_more(asked):
    asking, applying = asked
    assert not decide(asking, changed(applying, identity=(*applying.identity, everything_denied("identity")))).allowed


@examples
@given(ASKED, st.data())
def test_a_deny_added_to_any_policy_never_allows_more(asked, data):
    asking, applying = asked
    assume(layers(applying))
    chosen = data.draw(st.sampled_from(layers(applying)))
    more = json.loads(chosen.policy.text)
    more["Statement"].append(data.draw(statements(chosen.policy.kind)) | {"Effect": "Deny"})

    def remake(each):
        return each if each is not chosen else AttachedPolicy(parse(more, each.policy.kind), each.name, each.source)

    if not decide(asking, applying).allowed:
        assert not decide(asking, rebuilt(applying, remake)).allowed


@examples
@given(ASKED, documents("identity"))
def test_only_an_explicit_deny_can_take_away_in_a_further_identity_policy(asked, more):
    asking, applying = asked
    if decide(asking, applying).allowed:
        after = decide(asking, changed(applying, identity=(*applying.identity, more)))
        assert after.outcome in ("allowed", "explicit_deny")


@examples
@given(ASKED)
def test_boundaries_session_policies_scps_rcps_and_endpoints_never_grant(asked):
    asking, applying = asked
    # A federated user without a session policy has nothing, so one is left to it.
    keep = applying.sessions if asking.principal.kind == "federated" else ()
    if decide(asking, applying).allowed:
        for part, empty in {"boundary": None, "sessions": keep, "scps": (), "rcps": (), "endpoints": ()}.items():
            assert decide(asking, changed(applying, **{part: empty})).allowed, part


@examples
@given(REQUESTS, st.sampled_from(["boundary", "sessions", "scps", "rcps", "endpoints"]), st.data())
def test_a_limit_alone_grants_nothing(asking, part, data):
    assume(asking.principal.kind != "root")
    kind = {"sessions": "session", "scps": "scp", "rcps": "rcp", "endpoints": "endpoint"}.get(part, part)
    drawn = data.draw(documents(kind))
    whole = {"boundary": drawn, "sessions": (drawn,), "scps": ((drawn,),), "rcps": ((drawn,),), "endpoints": (drawn,)}
    assert not decide(asking, PolicySet(**{part: whole[part]})).allowed


# ---------------------------------------------------------------------------------- what does not matter


@examples
@given(ASKED, st.randoms(use_true_random=False))
def test_the_order_of_policies_and_statements_is_irrelevant(asked, random):
    asking, applying = asked

    def shuffled(each):
        document = json.loads(each.policy.text)
        random.shuffle(document["Statement"])
        return AttachedPolicy(parse(document, each.policy.kind), each.name, each.source)

    def mixed(level):
        level = list(level)
        random.shuffle(level)
        return tuple(level)

    made = rebuilt(applying, shuffled)
    made = changed(
        made,
        identity=mixed(made.identity),
        sessions=mixed(made.sessions),
        scps=tuple(map(mixed, made.scps)),
        rcps=tuple(map(mixed, made.rcps)),
    )
    before, after = decide(asking, applying), decide(asking, made)
    assert (after.outcome, after.decided_by, after.reason) == (before.outcome, before.decided_by, before.reason)


@examples
@given(ASKED)
def test_the_case_of_key_names_is_irrelevant(asked):
    asking, applying = asked
    context = {key.upper(): value for key, value in asking.context.items()}
    loud = Request(asking.principal, asking.action, asking.resource, asking.resource_account, context)

    def shouted(each):
        document = json.loads(each.policy.text)
        for statement in document["Statement"]:
            for keys in statement.get("Condition", {}).values():
                for key in list(keys):
                    keys[key.upper()] = keys.pop(key)
        return AttachedPolicy(parse(document, each.policy.kind), each.name, each.source)

    before, after = decide(asking, applying), decide(loud, rebuilt(applying, shouted))
    assert (after.outcome, after.decided_by) == (before.outcome, before.decided_by)


@examples
@given(ASKED)
def test_the_case_of_actions_is_irrelevant(asked):
    asking, applying = asked
    shouted = Request(asking.principal, asking.action.upper(), asking.resource, asking.resource_account, asking.context)
    before, after = decide(asking, applying), decide(shouted, applying)
    assert (after.outcome, after.decided_by) == (before.outcome, before.decided_by)


@examples
@given(ASKED)
def test_a_key_that_no_policy_names_is_irrelevant(asked):
    asking, applying = asked
    more = {**asking.context, "app:unheard": ["a", "*"]}
    knowing = Request(asking.principal, asking.action, asking.resource, asking.resource_account, more)
    assert decide(knowing, applying) == decide(asking, applying)


# ---------------------------------------------------------------------------------- what decides


@examples
@given(ASKED)
def test_without_its_deciding_statements_the_decision_or_its_ground_changes(asked):
    asking, applying = asked
    before = decide(asking, applying)
    assume(before.statements)
    gone = {(ref.sha256, ref.policy_name, ref.index) for ref in before.statements}

    def without(each):
        document = json.loads(each.policy.text)
        kept = [
            statement
            for index, statement in enumerate(document["Statement"])
            if (each.policy.sha256, each.name, index) not in gone
        ]
        if not kept:
            return None
        document["Statement"] = kept
        return AttachedPolicy(parse(document, each.policy.kind), each.name, each.source)

    after = decide(asking, rebuilt(applying, without))
    assert (after.outcome, after.decided_by, after.statements) != (before.outcome, before.decided_by, before.statements)


@examples
@given(ASKED)
def test_the_deciding_statements_are_of_the_effect_that_decided(asked):
    asking, applying = asked
    # S3 Block Public Access denies explicitly without a statement.
    decision = decide(asking, changed(applying, block_public_access=BlockPublicAccess()))
    wanted = {"allowed": "Allow", "explicit_deny": "Deny"}.get(decision.outcome)
    if not decision.undecided:
        assert {ref.effect for ref in decision.statements} <= {wanted}
    if decision.outcome == "explicit_deny":
        assert decision.statements


# ---------------------------------------------------------------------------------- values are never patterns

WILD = st.text(st.sampled_from("*?$.{}[]()\\+^|a:/é’"), min_size=1, max_size=12)


@examples
@given(WILD, WILD)
def test_the_value_of_a_variable_is_never_a_wildcard(value, name):
    assume(value != name)
    policy = attach(
        [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}], "identity", "direct"
    )

    def may(folder):
        asking = Request(CALLERS["alice"], "s3:GetObject", f"arn:aws:s3:::b/{folder}/k", "", {"aws:username": value})
        return decide(asking, PolicySet((policy,))).allowed

    assert may(value)
    assert not may(name) or name.startswith(f"{value}/")


@examples
@given(WILD, WILD)
def test_the_value_of_a_condition_variable_is_never_a_wildcard(value, owner):
    condition = {"StringLike": {"app:owner": "${aws:username}"}}
    policy = attach([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}], "identity", "direct")
    asking = Request(CALLERS["alice"], "s3:GetObject", "*", "", {"aws:username": value, "app:owner": owner})
    assert decide(asking, PolicySet((policy,))).allowed is (value == owner)


# ---------------------------------------------------------------------------------- hostile input

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["*", "Allow", "s3:*", ALICE]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource",
             "Principal", "NotPrincipal", "Condition", "AWS", "StringEquals", "aws:x", "x"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip
KINDS = ["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint"]


def place_of(policy, finding):
    return 1 <= finding.line <= policy.text.count("\n") + 1 and finding.column >= 1


def placed(policy, name="garbage"):
    """The policy where policies of its kind stand, beside an administrator's own."""
    attached = AttachedPolicy(policy, name, "inline")
    everything = attach([{"Effect": "Allow", "Action": "*", "Resource": "*"}], "identity", "direct")
    return PolicySet(
        identity=(everything, attached) if policy.kind == "identity" else (everything,),
        resource=attached if policy.kind in ("resource", "trust") else None,
        boundary=attached if policy.kind == "boundary" else None,
        sessions=(attached,) if policy.kind == "session" else (),
        scps=((attached,),) if policy.kind == "scp" else (),
        rcps=((attached,),) if policy.kind == "rcp" else (),
        endpoints=(attached,) if policy.kind == "endpoint" else (),
    )


@examples
@given(st.text() | JSON.map(lambda value: json.dumps(value, indent=1)), st.sampled_from(KINDS))
def test_garbage_never_raises_and_grants_nothing(text, kind):
    policy = parse(text, kind)
    assert all(place_of(policy, problem) for problem in policy.problems)
    assert all(place_of(policy, finding) for finding in check(policy))
    asking = Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k")
    applying = placed(policy)
    assert explain(asking, applying).decision == decide(asking, applying)
    if policy.problems:
        alone = changed(applying, identity=applying.identity[1:])
        assert not decide(asking, alone).allowed


HOSTILE = {
    "a pattern of stars and question marks": {"Effect": "Deny", "Action": "*",
                                              "Resource": "arn:aws:s3:::" + "*?" * 60_000},
    "an action of stars": {"Effect": "Deny", "Action": "s3:" + "*" * 200_000 + "x", "Resource": "*"},
    "a condition of stars": {"Effect": "Deny", "Action": "*", "Resource": "*",
                             "Condition": {"StringLike": {"app:name": "*a" * 30_000 + "b"}}},
    "a megabyte in a resource": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::" + "é" * 1_000_000},
    "a megabyte in a condition": {"Effect": "Deny", "Action": "*", "Resource": "*",
                                  "Condition": {"StringEquals": {"app:name": "x" * 1_000_000}}},
    "a hundred thousand actions": {"Effect": "Deny", "Action": [f"s3:X{n}*" for n in range(100_000)], "Resource": "*"},
    "fifty thousand resources": {"Effect": "Deny", "Action": "*",
                                 "Resource": [f"arn:aws:s3:::{n}/*" for n in range(50_000)]},
    "fifty thousand values": {"Effect": "Deny", "Action": "*", "Resource": "*",
                              "Condition": {"StringLike": {"app:name": [f"{n}*" for n in range(50_000)]}}},
    "variables in variables": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::" + "${a" * 100_000},
    "many variables": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::" + "${app:name}" * 50_000},
    "a number of a million digits": {"Effect": "Deny", "Action": "*", "Resource": "*",
                                     "Condition": {"NumericEquals": {"app:number": "9" * 1_000_000}}},
    "odd characters": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::\u0000\ud800\u202e\ufeff\U0001f600*",
                       "Condition": {"StringLike": {"app:na\u0130me\u0000": "\u212a*"}}},
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_policy_is_answered(what):
    asking = Request(
        CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::" + "a" * 2000, "", {"app:name": "a" * 2000, "app:number": "9"}
    )
    applying = placed(parse({"Version": "2012-10-17", "Statement": HOSTILE[what]}, "identity"))
    assert explain(asking, applying).decision == decide(asking, applying)


@pytest.mark.parametrize("depth", [50, 5_000, 200_000])
def test_a_deeply_nested_text_is_refused_and_denies(depth):
    for text in ("[" * depth, '{"Statement":' * depth, '{"Statement":' + "[" * depth + "]" * depth + "}"):
        policy = parse(text, "identity")
        assert policy.problems
        assert not decide(Request(CALLERS["alice"], "s3:GetObject"), placed(policy)).allowed


@pytest.mark.parametrize(
    "hostile",
    ["\u0000", "\ud800", "*?" * 100_000, "${" * 100_000, "é" * 1_000_000, "\u202e\ufeff", "a:" * 100_000, "İ", "ß"],
    ids=ascii,
)
def test_a_hostile_request_is_answered(hostile):
    hostile = hostile[:1_000_000]
    applying = PolicySet(
        (attach([{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/${app:name}/*?*?*x",
                  "Condition": {"StringLike": {"app:name": ["*a*b*c", "${app:other}"]}}}], "identity", "direct"),)
    )  # fmt: skip
    for asking in (
        Request(CALLERS["alice"], f"s3:{hostile}", "*"),
        Request(CALLERS["alice"], hostile, "*"),
        Request(CALLERS["alice"], "s3:GetObject", hostile),
        Request(CALLERS["alice"], "s3:GetObject", f"arn:aws:s3:::b/{hostile}", hostile),
        Request(CALLERS["alice"], "s3:GetObject", "*", "", {"app:name": hostile, hostile: hostile}),
    ):
        assert not decide(asking, applying).allowed
        assert explain(asking, applying).decision == decide(asking, applying)
