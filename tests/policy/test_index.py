"""Statements are found by action and resource: the right ones, and without growing for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.policy import PolicySet, Request, decide, explain
from iamconsole.policy.evaluate import indexes_of
from iamconsole.policy.index import KEPT_ACTIONS, KEPT_ROWS
from iamconsole.policy.statements import Asked, action_matches, resource_matches
from tests.policy.cast import CALLERS, attach

PATTERNS = st.sampled_from(
    [
        "*",
        "a",
        "ab",
        "ab*",
        "a*",
        "a?",
        "*b",
        "a*b",
        "${aws:username}",
        "a${aws:username}*",
        "${aws:absent}",
        "${bad",
        "",
    ]
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.sampled_from(["s3:Get*", "*", "s3:Put"])},
    optional={"Resource": st.lists(PATTERNS, min_size=1, max_size=4)},
) | st.fixed_dictionaries(
    {"Effect": st.just("Deny"), "NotAction": st.just("s3:Get*"), "NotResource": st.lists(PATTERNS, min_size=1)}
)


@given(st.lists(STATEMENTS, min_size=1, max_size=6), st.sampled_from(["a", "ab", "abc", "b", "k", "ak", "akk", ""]))
def test_every_statement_that_may_match_is_found_and_no_other(statements, resource):
    applying = PolicySet((attach(statements, "identity", "direct"),))
    asked = Asked(Request(CALLERS["alice"], "s3:GetObject", resource, context={"aws:username": "k"}), bounded=False)
    (index,) = indexes_of(applying)
    candidates = index.candidates(asked.action)
    found = {row.number for row in candidates.with_resource(asked)}
    others = {row.number for row in candidates.others}
    for row in index.rows:
        named = action_matches(row.compiled, asked.action) is not False
        if row.number in others:
            assert named
        else:
            assert (row.number in found) is (named and resource_matches(row.compiled, asked) is True)


UNREADABLE = [
    {"Action": ["s3:*", 5]},
    {"Action": 5},
    {"Action": None},
    {"Action": {"s3": "*"}},
    {"Action": "s3:*", "NotAction": "iam:*"},
    {"NotAction": [None]},
    {},
]


@pytest.mark.parametrize("action", UNREADABLE, ids=str)
@pytest.mark.parametrize("kind", ["identity", "boundary", "session", "resource", "scp", "rcp", "endpoint"])
def test_a_deny_whose_action_cannot_be_read_is_found_for_every_action(kind, action):
    """It may have been meant for this one. Another policy allows everything."""
    statement = {"Effect": "Deny", "Resource": "*", **action}
    if kind in ("resource", "rcp", "endpoint"):
        statement["Principal"] = "*"
    odd = attach([statement], kind, "direct")
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    identity = attach([every], "identity", "direct")
    placed = {
        "identity": {"identity": (identity, odd)},
        "boundary": {"boundary": odd},
        "session": {"sessions": (odd,)},
        "resource": {"resource": odd},
        "scp": {"scps": ((odd,),)},
        "rcp": {"rcps": ((odd,),)},
        "endpoint": {"endpoints": (odd,)},
    }[kind]
    request = Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k")
    applying = PolicySet(**{"identity": (identity,), **placed})
    decision = decide(request, applying)
    assert decision.outcome == "explicit_deny"
    assert decision == explain(request, applying).decision


def test_many_actions_and_services_do_not_grow_the_memory_of_a_policy_set():
    statements = [{"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::b{n}"} for n in range(300)]
    applying = PolicySet((attach(statements, "identity", "direct"),))
    for number in range(1200):
        assert not decide(Request(CALLERS["alice"], f"svc{number}:Do"), applying).allowed
        assert decide(Request(CALLERS["alice"], f"s3:Get{number}", "arn:aws:s3:::b7"), applying).allowed
    (index,) = indexes_of(applying)
    assert index.kept_actions <= KEPT_ACTIONS
    assert index.kept_rows <= KEPT_ROWS


def test_one_policy_of_many_buckets_does_not_grow_for_ever():
    bucket_policy = [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]
    for number in range(100):
        attached = attach({"policy": bucket_policy, "name": f"bucket-{number}"}, "resource", "resource")
        decision = decide(Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k"), PolicySet(resource=attached))
        assert decision.statements[0].policy_name == f"bucket-{number}"
    assert len(attached.policy.kept["indexes"]) <= 16


def test_what_was_compiled_of_the_caller_serves_every_resource():
    own = PolicySet((attach([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "identity", "direct"),))
    bucket = attach([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}], "resource", "resource")
    with_bucket = own.for_resource(bucket)
    assert indexes_of(with_bucket)[0] is indexes_of(own)[0]
    question = Request(CALLERS["alice"], "s3:GetObject", "arn:aws:s3:::b/k")
    assert decide(question, with_bucket).outcome == "explicit_deny"
    assert decide(question, own).allowed
    assert decide(question, with_bucket.for_resource(None)).allowed
