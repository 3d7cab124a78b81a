"""Wildcards and variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamconsole.policy import matches
from iamconsole.policy.match import ArnGlob, ArnPattern, Glob, Variable, fill, pieces_of


def naive(pattern: str, text: str) -> bool:
    """The slowest, plainest reading of `*` and `?`."""
    reached = {0}
    for character in pattern:
        if character == "*":
            reached = set(range(min(reached, default=len(text) + 1), len(text) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(text) and character in ("?", text[at])}
    return len(text) in reached


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_the_matcher_agrees_with_a_naive_one(pattern, text):
    assert matches(pattern, text) is naive(pattern, text)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
@example("a*b*a", "bba")
@example("a*b*a", "aba")
@example("a*a", "a")
@example("ab*b*ba", "aba")
def test_the_cheapest_form_of_a_pattern_agrees_with_the_others(pattern, text):
    filled = fill(pieces_of(pattern, variables=False), lambda name: None)
    assert Glob(filled).matcher()(text) is naive(pattern, text)
    assert ArnPattern(filled).matches(text, lambda name: None) is naive(pattern, text)


def test_a_pattern_is_asked_again_with_other_values():
    pattern = ArnPattern(pieces_of("home/${aws:username}/*", variables=True))
    for name in ("ana", "ben", "ana"):
        assert pattern.matches(f"home/{name}/x", lambda key, name=name: name)
        assert not pattern.matches("home/*/x", lambda key, name=name: name)
    assert pattern.matches("home//x", lambda key: None) is None


def by_segments(pattern: str, text: str) -> bool:
    """Before the fifth colon a wildcard stops at colons, unless it is a star that ends its segment."""
    resource_part, seen, regex = min(5, pattern.count(":")), 0, ""
    for at, character in enumerate(pattern):
        halting = seen < resource_part and pattern[at : at + 2] != "*:"
        if character in "*?":
            regex += ("[^:]" if halting else ".") + ("*" if character == "*" else "")
        else:
            regex += character
            seen += character == ":"
    return re.fullmatch(regex, text) is not None


@given(st.text("a:*?", max_size=14), st.text("a:", max_size=12))
def test_an_arn_pattern_is_read_by_segments(pattern, text):
    compiled = ArnGlob(fill(pieces_of(pattern, variables=False), lambda name: None))
    assert compiled.match(text) is by_segments(pattern, text)


#    pattern                       text                                matches
ARNS = [
    ("*",                          "arn:aws:s3:::b",                   True),
    ("arn:aws:s3:::b*",            "arn:aws:s3:::b:c/d",               True),
    ("arn:aws:s3:::*x",            "arn:aws:s3:::a:x",                 True),  # the resource part is one segment
    ("arn:aws:ec2:*",              "arn:aws:ec2:us-east-1:1:instance/i", True),  # ends a segment: reaches beyond
    ("arn:aws:ec2:*:*:instance/i", "arn:aws:ec2:us-east-1:1:instance/i", True),
    ("arn:aws:ec2:us*1:1:x",       "arn:aws:ec2:us-east-1:1:x",        True),
    ("arn:aws:ec2:us*1:x",         "arn:aws:ec2:us-east-1:1:x",        False),
    ("arn:aws:ec2:u*1:1:a:x",      "arn:aws:ec2:u:1:1:a:x",            False),  # inside a segment: stops at a colon
    ("arn:aws:ec2:u**1:1:x:y",     "arn:aws:ec2:us1:1:x:y",            True),
    ("arn:aws:ec2:u?1:1:x:y",      "arn:aws:ec2:us1:1:x:y",            True),
    ("arn:aws:ec2:u?1:1:x:y",      "arn:aws:ec2:u:1:1:x:y",            False),
    ("arn:aws:ec2:u*1:1:x?y",      "arn:aws:ec2:us1:1:x:y",            True),
    ("arn:aws:ec2:u*1:*:a*y",      "arn:aws:ec2:us1:2:3:a:y",          True),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "expected"), ARNS)
def test_wildcards_in_arns_keep_to_their_segments(pattern, text, expected):
    assert ArnGlob(fill(pieces_of(pattern, variables=False), lambda name: None)).match(text) is expected


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("${aws:UserName}", (Variable("aws:username", None),)),
        ("${aws:username, 'x y'}", (Variable("aws:username", "x y"),)),
        ("${aws:username,'x'}", (Variable("aws:username", "x"),)),
        ("${aws:PrincipalTag/my key}", (Variable("aws:principaltag/my key", None),)),
        ("a${*}b", ("a*b",)),
        ("$", ("$",)),
        ("$x}", ("$x}",)),
        ("", ()),
        ("${", None),
        ("${}", None),
        ("${ aws:username}", None),
        ("${aws:username", None),
        ("${aws:username, x}", None),
        ("${aws:username, 'x}", None),
    ],
)
def test_variables_are_recognised(written, pieces):
    assert pieces_of(written, variables=True) == pieces


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*?" * 200_000, "a" * 1000),
        ("*a" * 3000 + "b", "a" * 200_000),
        ("?" * 400_000, "a" * 399_999),
        ("a" * 1_000_000 + "*", "a" * 1_000_000),
        ("a?b*" * 5000, "aXb" * 60_000),
    ],
)
def test_no_pattern_keeps_the_matcher_busy(pattern, text):
    start = time.perf_counter()
    assert matches(pattern, text) in (True, False)
    assert time.perf_counter() - start < 20  # quadratic would take many minutes


def test_a_million_stars_in_an_arn_are_answered():
    start = time.perf_counter()
    pattern = ArnGlob(fill(pieces_of("arn:aws:s3:a*?" + "*?" * 50_000 + ":b:c:d", variables=True), lambda name: None))
    assert not pattern.match("arn:aws:s3:" + "a" * 2000 + ":b:c:d")
    assert pieces_of("${" * 500_000, variables=True) is None
    assert pieces_of("${a" * 300_000, variables=True) is None
    assert time.perf_counter() - start < 20  # quadratic would take many minutes
