"""Every condition operator, from "IAM JSON policy elements: Condition operators" and the set-operator page.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import pytest

from iamconsole.policy import Condition
from iamconsole.policy.conditions import OPERATORS, CompiledCondition

KEY = "aws:Key"
ARN = "arn:aws:sns:us-east-1:111122223333:topic"

#    operator                        request              policy                 holds
TABLE = [
    ("StringEquals",                 ["Alice"],           ["Alice"],             True),
    ("StringEquals",                 ["Alice"],           ["alice"],             False),
    ("StringEquals",                 ["Alice"],           ["bob", "Alice"],      True),
    ("StringEquals",                 ["Alice"],           ["A*"],                False),
    ("StringEquals",                 ["A*"],              ["A*"],                True),
    ("StringEquals",                 [],                  ["alice"],             False),
    ("StringEquals",                 ["alice"],           [],                    False),
    ("StringEquals",                 [""],                [""],                  True),
    ("StringNotEquals",              ["Alice"],           ["alice"],             True),
    ("StringNotEquals",              ["alice"],           ["alice", "bob"],      False),  # none of them may match
    ("StringNotEquals",              [],                  ["alice"],             True),  # an absent key satisfies
    ("StringNotEqualsIfExists",      [],                  ["alice"],             True),
    ("StringEqualsIgnoreCase",       ["Alice"],           ["aLICE"],             True),
    ("StringNotEqualsIgnoreCase",    ["Alice"],           ["aLICE"],             False),
    ("StringLike",                   ["alice"],           ["al*"],               True),
    ("StringLike",                   ["alice"],           ["al?ce"],             True),
    ("StringLike",                   ["alice"],           ["al?"],               False),
    ("StringLike",                   ["Alice"],           ["al*"],               False),
    ("StringLike",                   [""],                ["*"],                 True),
    ("StringLike",                   [],                  ["*"],                 False),
    ("StringNotLike",                ["alice"],           ["al*"],               False),
    ("StringNotLike",                ["bob"],             ["al*", "c*"],         True),
    ("StringLikeIfExists",           [],                  ["al*"],               True),
    ("StringLikeIfExists",           ["bob"],             ["al*"],               False),
    ("ArnEquals",                    [ARN],               [ARN],                 True),
    ("ArnEquals",                    [ARN],               ["arn:aws:sns:*:*:*"], True),  # like ArnLike
    ("ArnLike",                      [ARN],               ["arn:aws:sns:*:*"],   False),  # six parts, each on its own
    ("ArnLike",                      [ARN],               ["arn:aws:sns:us-*"],  False),
    ("ArnLike",                      [ARN],               ["*"],                 False),
    ("ArnLike",                      ["topic"],           ["arn:aws:sns:*:*:*"], False),
    ("ArnLike",                      [ARN + ":sub:x"],    [ARN + ":*"],          True),
    ("ArnNotEquals",                 [ARN],               [ARN],                 False),
    ("ArnNotLike",                   [ARN],               ["arn:aws:sqs:*:*:*"], True),
    ("ArnNotLike",                   [],                  ["arn:aws:sqs:*:*:*"], True),
    ("NumericEquals",                ["10"],              ["10.0"],              True),
    ("NumericNotEquals",             ["10"],              ["10"],                False),
    ("NumericLessThan",              ["9.5"],             ["10"],                True),
    ("NumericLessThan",              ["10"],              ["10"],                False),
    ("NumericLessThanEquals",        ["10"],              ["10"],                True),
    ("NumericGreaterThan",           ["-1"],              ["-2"],                True),
    ("NumericGreaterThanEquals",     ["1e2"],             ["100"],               True),
    ("NumericLessThan",              ["9"],               ["5", "10"],           True),
    ("NumericEquals",                ["ten"],             ["10"],                None),
    ("NumericEquals",                ["10"],              ["ten"],               None),
    ("NumericEquals",                ["10"],              ["ten", "10"],         True),
    ("NumericNotEquals",             ["10"],              ["ten"],               None),
    ("NumericEquals",                [],                  ["10"],                False),
    ("DateEquals",                   ["2026-01-01"],      ["2026-01-01T00:00:00Z"], True),
    ("DateEquals",                   ["2026-01-01T01:00:00+01:00"], ["2026-01-01T00:00:00Z"], True),
    ("DateEquals",                   ["2025-12-31T23:00:00-0100"], ["2026-01-01T00:00Z"], True),
    ("DateEquals",                   ["1767225600"],      ["2026-01-01T00:00:00Z"], True),  # epoch time
    ("DateEquals",                   ["2026"],            ["2026-01"],           True),
    ("DateNotEquals",                ["2026-01-01"],      ["2026-01-02"],        True),
    ("DateLessThan",                 ["2026-01-01T00:00:00.25Z"], ["2026-01-01T00:00:00.5Z"], True),
    ("DateLessThanEquals",           ["2026-01-02"],      ["2026-01-01"],        False),
    ("DateGreaterThan",              ["2026-01-02"],      ["2026-01-01"],        True),
    ("DateGreaterThanEquals",        ["2026-01-01"],      ["2026-01-01"],        True),
    ("DateGreaterThan",              ["2026-13-01"],      ["2026-01-01"],        None),
    ("DateGreaterThan",              ["2026-01-02"],      ["yesterday"],         None),
    ("Bool",                         ["true"],            ["true"],              True),
    ("Bool",                         ["true"],            ["TRUE"],              True),
    ("Bool",                         ["false"],           ["true"],              False),
    ("Bool",                         [],                  ["false"],             False),
    ("Bool",                         ["true"],            ["yes"],               None),
    ("BoolIfExists",                 [],                  ["false"],             True),
    ("BinaryEquals",                 ["QmluYXJ5"],        ["QmluYXJ5"],          True),
    ("BinaryEquals",                 ["QmluYXJ5"],        ["QmluYXJ6"],          False),
    ("BinaryEquals",                 ["QmluYXJ5"],        ["no base64!"],        None),
    ("IpAddress",                    ["203.0.113.9"],     ["203.0.113.0/24"],    True),
    ("IpAddress",                    ["203.0.114.9"],     ["203.0.113.0/24"],    False),
    ("IpAddress",                    ["203.0.113.9"],     ["203.0.113.9"],       True),  # without prefix /32
    ("IpAddress",                    ["203.0.113.9"],     ["203.0.113.77/24"],   True),  # host bits
    ("IpAddress",                    ["2001:db8::1"],     ["2001:DB8::/32"],     True),
    ("IpAddress",                    ["2001:db8::1"],     ["203.0.113.0/24"],    False),
    ("IpAddress",                    ["203.0.113.9"],     ["203.0.113.0/99"],    None),
    ("IpAddress",                    ["localhost"],       ["203.0.113.0/24"],    None),
    ("IpAddress",                    ["1" * 1000],        ["203.0.113.0/24"],    None),
    ("NotIpAddress",                 ["203.0.113.9"],     ["203.0.113.0/24"],    False),
    ("NotIpAddress",                 ["198.51.100.1"],    ["203.0.113.0/24"],    True),
    ("NotIpAddress",                 [],                  ["203.0.113.0/24"],    True),
    ("Null",                         [],                  ["true"],              True),
    ("Null",                         ["x"],               ["true"],              False),
    ("Null",                         ["x"],               ["false"],             True),
    ("Null",                         [],                  ["false"],             False),
    ("Null",                         [],                  ["perhaps"],           None),
    ("ForAllValues:Null",            ["x"],               ["true"],              True),  # finding "Null with qualifier"
    ("ForAnyValue:Null",             [],                  ["true"],              False),
    ("ForAllValues:StringEquals",    ["a", "b"],          ["a", "b", "c"],       True),
    ("ForAllValues:StringEquals",    ["a", "d"],          ["a", "b", "c"],       False),
    ("ForAllValues:StringEquals",    [],                  ["a"],                 True),  # no key: true
    ("ForAllValues:StringEquals",    [""],                ["a"],                 True),  # a null data set: true
    ("ForAllValues:StringEquals",    ["a"],               [],                    False),
    ("ForAllValues:StringNotEquals", ["a", "b"],          ["c"],                 True),
    ("ForAllValues:StringNotEquals", ["a", "c"],          ["c"],                 False),
    ("ForAllValues:NumericEquals",   ["1", "x"],          ["1"],                 None),
    ("ForAllValues:NumericEquals",   ["x", "2"],          ["1"],                 False),
    ("ForAnyValue:StringEquals",     ["a", "d"],          ["d", "e"],            True),
    ("ForAnyValue:StringEquals",     ["a", "b"],          ["d", "e"],            False),
    ("ForAnyValue:StringEquals",     [],                  ["d"],                 False),  # no key: false
    ("ForAnyValue:StringEqualsIfExists", [],              ["d"],                 True),
    ("ForAnyValue:StringNotEquals",  ["a", "d"],          ["d"],                 True),
    ("ForAnyValue:StringNotEquals",  ["d"],               ["d"],                 False),
    ("ForAnyValue:StringLike",       ["eu-west-1", "x"],  ["eu-*"],              True),
    ("ForAnyValue:NumericEquals",    ["x", "1"],          ["1"],                 True),
    ("ForAnyValue:NumericEquals",    ["x", "2"],          ["1"],                 None),
    ("StringEquals",                 ["a", "b"],          ["a"],                 None),  # wants a set operator
    ("StringSimilar",                ["a"],               ["a"],                 None),
    ("NullIfExists",                 ["a"],               ["true"],              None),
    ("ForSomeValues:StringEquals",   ["a"],               ["a"],                 None),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "actual", "wanted", "expected"), TABLE)
def test_an_operator_holds_as_documented(operator, actual, wanted, expected):
    condition = CompiledCondition(Condition(operator, KEY, tuple(wanted)), variables=True)
    assert condition.holds({KEY.lower(): tuple(actual)} if actual else {}) is expected
    if len(actual) == 1:
        assert condition.holds({KEY.lower(): actual[0]}) is expected


def test_the_table_covers_every_operator():
    assert set(OPERATORS) <= {operator.rpartition(":")[2] for operator, *_ in TABLE}


#    operator        request          policy                         other keys                   holds
VARIABLES = [
    ("StringEquals", "alice",         "${aws:username}",             {"aws:username": "alice"},   True),
    ("StringLike",   "home/alice/x",  "home/${aws:username}/*",      {"aws:username": "alice"},   True),
    ("StringLike",   "home/bob/x",    "home/${aws:username}/*",      {"aws:username": "*"},       False),
    ("StringEquals", "alice",         "${aws:username}",             {},                          False),
    ("StringEquals", "none",          "${aws:username, 'none'}",     {},                          True),
    ("StringNotEquals", "alice",      "${aws:username}",             {},                          None),
    ("StringEquals", "*",             "${*}",                        {},                          True),
    ("StringLike",   "x",             "${*}",                        {},                          False),
    ("StringEquals", "alice",         "${aws:username",              {},                          None),
    ("ArnLike",      ARN,             "arn:aws:sns:*:${aws:Id}:*",   {"aws:id": "111122223333"},  True),
    ("Bool",         "true",          "${aws:Flag}",                 {"aws:flag": "true"},        True),
    ("NumericEquals", "5",            "${aws:Limit}",                {"aws:limit": "5"},          None),  # not here
    ("IpAddress",    "203.0.113.9",   "${aws:Net}",                  {"aws:net": "203.0.113.0/24"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "actual", "wanted", "others", "expected"), VARIABLES)
def test_variables_in_condition_values(operator, actual, wanted, others, expected):
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    condition = CompiledCondition(Condition(operator, KEY, (wanted,)), variables=True)
    assert condition.holds({KEY.lower(): actual} | others) is expected
    if others and expected is not None:
        # Asked again with other values, it does not answer with the former ones.
        assert condition.holds({KEY.lower(): actual} | dict.fromkeys(others, "~")) is not True
    assert condition.holds({KEY.lower(): (actual,)} | {key: (value,) for key, value in others.items()}) is expected


def test_a_comparison_that_would_take_minutes_is_left_undecided():
    pattern = "*" + "?a" * 10_000 + "*"
    condition = CompiledCondition(Condition("StringLike", KEY, (pattern,)), variables=True)
    assert condition.holds({KEY.lower(): "a" * 1_000_000}) is None
    assert condition.holds({KEY.lower(): "b" * 10}) is False


def test_a_huge_number_is_no_number():
    condition = CompiledCondition(Condition("NumericEquals", KEY, ("9" * 1_000_000,)), variables=True)
    assert condition.holds({KEY.lower(): "9"}) is None
