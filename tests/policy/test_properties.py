"""What must hold for every policy and request that Hypothesis can think of."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole.policy import AttachedPolicy, PolicySet, Request, check, decide, explain, parse
from tests.policy.cast import ACCOUNT, ALICE, CALLERS, OTHER
from tests.policy.model import plain_outcome

ACTIONS = ["s3:GetObject", "s3:PutObject", "iam:GetUser"]
RESOURCES = ["arn:aws:s3:::b/k", "arn:aws:s3:::b", ALICE, "*"]
PATTERNS = ["*", "arn:aws:s3:::b*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::?", "arn:aws:iam::*:user/${x:y}"]
PRINCIPALS = ["*", {"AWS": ALICE}, {"AWS": ACCOUNT}, {"AWS": [OTHER, CALLERS["session"].arn]},
              {"AWS": CALLERS["role"].arn}, {"Service": "ec2.amazonaws.com"}]  # fmt: skip
CONDITIONS = [{}, {"Bool": {"aws:SecureTransport": "true"}}, {"StringNotEquals": {"aws:username": ["alice", "k"]}},
              {"Null": {"aws:username": "true"}}, {"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}},
              {"StringEquals": {"aws:TagKeys": "a"}}, {"Unheard": {"of:it": "x"}}]  # fmt: skip


def some(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=str)


def statements(*, principal: bool):
    action = st.sampled_from(["Action", "NotAction"]).flatmap(
        lambda name: some(["*", "s3:*", "s3:Get*", "IAM:getuser"]).map(lambda values: {name: values})
    )
    resource = st.sampled_from(["Resource", "NotResource"]).flatmap(
        lambda name: some(PATTERNS).map(lambda values: {name: values})
    )
    names = st.sampled_from(["Principal", "Principal", "NotPrincipal"] if principal else [])
    who = names.flatmap(lambda name: st.sampled_from(PRINCIPALS).map(lambda value: {name: value}))
    return st.builds(
        lambda effect, action, resource, condition, who: {"Effect": effect} | action | resource | condition | who,
        st.sampled_from(["Allow", "Allow", "Deny"]),
        action,
        resource,
        st.sampled_from(CONDITIONS).map(lambda block: {"Condition": block}),
        who if principal else st.just({}),
    )


def documents(kind):
    listed = st.lists(statements(principal=kind in ("resource", "endpoint", "rcp")), min_size=1, max_size=3)
    return listed.map(
        lambda written: AttachedPolicy(parse({"Version": "2012-10-17", "Statement": written}, kind), kind, "direct")
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
    sessions=several("session", 1),
    scps=st.lists(several("scp"), max_size=2).map(tuple),
    rcps=st.lists(several("rcp"), max_size=1).map(tuple),
    endpoints=several("endpoint", 1),
)
REQUESTS = st.builds(
    Request,
    st.sampled_from(list(CALLERS.values())),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from([ACCOUNT, OTHER, ""]),
    st.fixed_dictionaries(
        {},
        optional={
            "aws:username": st.sampled_from(["alice", "k", "*"]),
            "aws:securetransport": st.sampled_from(["true", "false"]),
            "aws:TagKeys": st.sampled_from([["a"], ["b", "ab"], []]),
        },
    ),
)
DENY_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(REQUESTS, SETS)
def test_explain_agrees_with_decide(request, policies):
    assert explain(request, policies).decision == decide(request, policies)


@quick
@given(REQUESTS, SETS)
def test_a_plain_second_evaluator_agrees(request, policies):
    assert decide(request, policies).outcome == plain_outcome(request, policies)


def changed(policies: PolicySet, **parts) -> PolicySet:
    names = ("identity", "resource", "boundary", "sessions", "scps", "rcps", "endpoints")
    return PolicySet(**({name: getattr(policies, name) for name in names} | parts))


@quick
@given(REQUESTS, SETS)
def test_a_deny_added_never_allows_more(request, policies):
    deny = AttachedPolicy(parse(DENY_ALL, "identity"), "deny", "inline")
    assert not decide(request, changed(policies, identity=(*policies.identity, deny))).allowed


@quick
@given(REQUESTS, SETS, documents("identity"))
def test_only_an_explicit_deny_can_take_away_in_a_further_identity_policy(request, policies, more):
    after = decide(request, changed(policies, identity=(*policies.identity, more)))
    if decide(request, policies).allowed:
        assert after.outcome in ("allowed", "explicit_deny")


@quick
@given(REQUESTS, SETS)
def test_limits_never_grant(request, policies):
    bare = changed(policies, scps=(), rcps=(), endpoints=())
    if decide(request, policies).allowed:
        assert decide(request, bare).allowed
    # NotPrincipal looks at whether there is a boundary, so only its presence may take away.
    if decide(request, changed(policies, boundary=policies.boundary)).allowed:
        assert decide(request, changed(policies, boundary=None)).allowed


@quick
@given(REQUESTS, SETS, st.randoms(use_true_random=False))
def test_the_order_of_policies_and_statements_is_irrelevant(request, policies, random):
    def shuffled(attached):
        document = json.loads(attached.policy.text)
        random.shuffle(document["Statement"])
        return AttachedPolicy(parse(document, attached.policy.kind), attached.name, attached.source)

    identity = [shuffled(each) for each in policies.identity]
    random.shuffle(identity)
    after = decide(request, changed(policies, identity=tuple(identity)))
    before = decide(request, policies)
    assert (after.outcome, after.decided_by, after.reason) == (before.outcome, before.decided_by, before.reason)


@quick
@given(REQUESTS, SETS)
def test_without_its_deciding_statements_the_decision_or_its_ground_changes(request, policies):
    before = decide(request, policies)
    if not before.statements:
        return
    gone = {(ref.sha256, ref.policy_name) for ref in before.statements}

    def kept(each):
        return None if each is None or (each.policy.sha256, each.name) in gone else each

    def all_kept(level):
        return tuple(each for each in level if kept(each))

    after = decide(
        request,
        PolicySet(
            all_kept(policies.identity),
            kept(policies.resource),
            kept(policies.boundary),
            all_kept(policies.sessions),
            tuple(map(all_kept, policies.scps)),
            tuple(map(all_kept, policies.rcps)),
            all_kept(policies.endpoints),
        ),
    )
    assert (after.outcome, after.decided_by, after.statements) != (before.outcome, before.decided_by, before.statements)


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
KINDS = st.sampled_from(["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint"])


def place_of(policy, finding):
    return 1 <= finding.line <= policy.text.count("\n") + 1 and finding.column >= 1


@quick
@given(st.text() | JSON.map(lambda value: json.dumps(value, indent=1)), KINDS)
def test_garbage_never_raises_and_grants_nothing(text, kind):
    policy = parse(text, kind)
    assert all(place_of(policy, problem) for problem in policy.problems)
    assert all(place_of(policy, finding) for finding in check(policy))
    if policy.problems and kind in ("identity", "session"):
        attached = AttachedPolicy(policy, "garbage", "inline")
        asked = Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k")
        assert not decide(asked, PolicySet(identity=(attached,))).allowed
        assert explain(asked, PolicySet(identity=(attached,))).decision == decide(
            asked, PolicySet(identity=(attached,))
        )
