"""The console's policy summary.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-service-summary.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html#troubleshoot_policies-polsum
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.iam import aws_managed
from iamconsole.policy import parse, summarize
from iamconsole.policy.reference import services
from iamconsole.policy.summarize import (
    ACTIONS_WITHOUT_CONDITION,
    ACTIONS_WITHOUT_RESOURCE,
    CANNOT,
    CONDITIONS_WITHOUT_ACTION,
    MANY_KEYS,
    NEEDS_WILDCARD,
    NEITHER,
    NO_ACTIONS,
    NO_RESOURCE,
    NO_RESOURCES,
    NOTHING,
    RESOURCES_WITHOUT_ACTION,
    SOME_NOTHING,
)

ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
B = "arn:aws:s3:::company1-sales"
TLS = {"Bool": {"aws:SecureTransport": "true"}}


def summary(*statements, kind="identity"):
    return summarize(parse({"Version": "2012-10-17", "Statement": list(statements)}, kind))


def rows(*statements):
    return summary(*statements).allow


def test_administrator_access_is_full_access_to_every_service():
    found = summary(ADMIN)
    assert {row.service for row in found.allow} == set(services())
    assert {(row.access_level, row.resource, row.condition) for row in found.allow} == {
        ("Full access", "All resources", "None")
    }
    assert (found.deny, found.services, found.warnings) == ((), len(services()), ())
    assert (found.uncategorized, found.without_permissions) == ((), ())


#    statement                                            access level             resource                                        condition
TABLE = [
    ({"Action": "s3:*", "Resource": "*"},                 "Full access",           "All resources",                                "None"),
    ({"Action": "S3:*", "Resource": B},                   "Full access",           "BucketName | string like | company1-sales",    "None"),
    ({"Action": "s3:GetObject", "Resource": B + "/*"},    "Limited: Read",         "BucketName | string like | company1-sales, ObjectPath | string like | All", "None"),
    ({"Action": "s3:GetObject", "Resource": B + "/a/b*"}, "Limited: Read",         "BucketName | string like | company1-sales, ObjectPath | string like | a/b*", "None"),
    ({"Action": "s3:GetObject", "Resource": [B, B + "/*"]}, "Limited: Read",       "BucketName | string like | company1-sales, ObjectPath | string like | All", "None"),
    ({"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [B, B + "/*"]}, "Limited: List, Read", "Multiple",                 "None"),
    ({"Action": ["s3:List*", "s3:GetObject", "s3:PutObject"], "Resource": "*"}, "Full: List Limited: Read, Write", "All resources", "None"),
    ({"Action": "s3:PutObjectTagging", "Resource": "*"},  "Limited: Tagging",      "All resources",                                "None"),
    ({"Action": "s3:PutBucketPolicy", "Resource": "*"},   "Limited: Permissions management", "All resources",                      "None"),
    ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:*"}, "Limited: Read",      "arn:aws:s3:*",                                 "None"),
    ({"Action": "s3:GetObject", "Resource": "arn:aws:*"}, "Limited: Read",         "All resources",                                "None"),
    ({"Action": ["s3:*", "s3:GetObject"], "Resource": "*", "Condition": TLS}, "Full access", "All resources",                      "aws:SecureTransport | Bool | true"),
    ({"Action": "s3:*", "Resource": "*", "Condition": TLS | {"Null": {"aws:x": "true"}}}, "Full access", "All resources",         "Multiple"),
    ({"Action": "s3:ListBucket", "Resource": B, "Condition": {"StringEquals": {"s3:prefix": ["a", "b"]}}}, "Limited: List",
                                                          "BucketName | string like | company1-sales", "s3:prefix | StringEquals | a, b"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "level", "resource", "condition"), TABLE)
def test_a_service_is_summed_up_in_one_row(statement, level, resource, condition):
    (row,) = rows({"Effect": "Allow"} | statement)
    assert (row.service, row.service_name) == ("s3", "Amazon S3")
    assert (row.access_level, row.resource, row.condition) == (level, resource, condition)


def test_iam_arns_are_named_by_their_parts():
    (row,) = rows({"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/ana"})
    assert row.resource == "UserName | string like | ana"
    assert row.actions == (("GetUser", "Read"),)


def test_statements_are_joined_and_denies_stand_apart():
    found = summary(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": B + "/*", "Condition": {"Null": {"aws:x": "true"}}},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
    )
    (row,) = found.allow
    assert (row.access_level, row.resource, row.condition) == ("Limited: Read, Write", "All resources", "Multiple")
    assert [row.service for row in found.deny] == ["iam"]
    assert found.warnings == ()


def test_not_action_covers_all_other_services_and_actions():
    found = {row.service: row for row in rows({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"})}
    assert "iam" not in found
    assert found["ec2"].access_level == "Full access"
    assert found["s3"].access_level.startswith("Full: ")
    assert not any(name.startswith("Get") for name, _ in found["s3"].actions)


def test_a_wildcard_in_the_service_covers_each_of_them():
    found = rows(ADMIN | {"Action": ["s3*:*", "s3*:GetObject", "s3*:Qqqq", "ec2*:Qqqq", "s3express:CreateBucket"]})
    assert {"s3", "s3express", "s3tables"} <= {row.service for row in found}


def test_a_wildcard_for_all_services_covers_those_whose_resources_are_named():
    found = {row.service for row in rows(ADMIN | {"Action": "*", "Resource": B})}
    assert "s3" in found
    assert "ec2" not in found
    assert summary(ADMIN | {"Action": "*", "Resource": B}).without_permissions == ()


# ---- What grants nothing ---------------------------------------------------------------------------------------------

GRANT_NOTHING = [
    {"Action": "s3:Unheard", "Resource": "*"},
    {"Action": "unheard:Of", "Resource": "*"},
    {"Action": "s3:*", "Resource": "arn:aws:iam::123456789012:user/ana"},
    {"Action": "s3:ListAllMyBuckets", "Resource": B},
    {"Action": "s3:ListBucket", "Resource": B + "/*"},
    # The two examples of troubleshoot_policies.html.
    {"Action": "ec2:DescribeInst*nces", "Resource": "arn:aws:ec2:us-east-2:123456789012:instance/*"},
    {
        "Action": ["s3:ListBucketVersions", "s3:ListBucket"],
        "Resource": "*",
        "Condition": {"StringEquals": {"s3:prefix": ["custom"], "s3:VersionId": ["1234"]}},
    },
]


@pytest.mark.parametrize("statement", GRANT_NOTHING)
def test_a_policy_that_grants_nothing_says_so(statement):
    found = summary({"Effect": "Allow"} | statement)
    assert found.allow == ()
    assert found.warnings == (NOTHING,)


def test_a_resource_without_an_action_is_told():
    """The example of "A resource is defined without an applicable action"."""
    found = summary(
        {
            "Effect": "Allow",
            "Action": "cloudfront:*",
            "Resource": ["arn:aws:cloudfront:*", "arn:aws:s3:::examplebucket"],
        }
    )
    (row,) = found.allow
    assert (row.service, row.access_level) == ("cloudfront", "Full access")
    assert found.without_permissions == (("s3", "Amazon S3", NO_ACTIONS),)
    assert found.warnings == (SOME_NOTHING,)


# The policy "SummaryAllElements" of access_policies_understand-policy-summary.html, but for its retired billing actions.
ALL_ELEMENTS = [
    {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::customer", "arn:aws:s3:::customer/*"]},
    {"Effect": "Allow", "Action": ["ec2:GetConsoleScreenshots"], "Resource": ["*"]},
    {
        "Effect": "Allow",
        "Action": ["codedploy:*", "codecommit:*"],
        "Resource": [
            "arn:aws:codedeploy:us-west-2:123456789012:deploymentgroup:*",
            "arn:aws:codebuild:us-east-1:123456789012:project/my-demo-project",
        ],
    },
    {
        "Effect": "Allow",
        "Action": ["s3:ListAllMyBuckets", "s3:GetObject", "s3:DeletObject", "s3:PutObject", "s3:PutObjectAcl"],
        "Resource": [
            "arn:aws:s3:::developer_bucket",
            "arn:aws:s3:::developer_bucket/*",
            "arn:aws:autoscling:us-east-2:123456789012:autoscalgrp",
        ],
        "Condition": {"StringEquals": {"s3:x-amz-acl": ["public-read"], "s3:prefix": ["custom", "other"]}},
    },
]


def test_the_example_of_all_elements_has_the_warnings_of_aws():
    found = summary(*ALL_ELEMENTS)
    (denied,) = found.deny
    assert (denied.service, denied.access_level, denied.resource) == ("s3", "Full access", "Multiple")
    assert (denied.resource_warning, denied.condition_warning) == (ACTIONS_WITHOUT_RESOURCE, "")
    assert ("ListAllMyBuckets", "List", NEEDS_WILDCARD) in denied.withheld
    assert found.uncategorized == ("codedploy",)
    assert found.warnings == (SOME_NOTHING,)
    without = {key: warning for key, _, warning in found.without_permissions}
    assert without["ec2"] == "Unrecognized actions: GetConsoleScreenshots"
    assert without["codebuild"] == without["codedeploy"] == NO_ACTIONS
    assert without["codecommit"] == NO_RESOURCES
    # As AWS says, no action has both condition keys, so the last statement allows nothing; S3 is among the denied.
    assert found.allow == ()
    assert "s3" not in without


def test_actions_that_are_named_in_vain_say_why():
    resources = [B, B + "/*", "arn:aws:autoscling:us-east-2:123456789012:x"]
    block = {"StringEquals": {"s3:x-amz-acl": "public-read"}}
    (row,) = rows(
        {
            "Effect": "Allow",
            "Action": ["s3:ListAllMyBuckets", "s3:GetObject", "s3:DeletObject", "s3:PutObject", "s3:PutBucketPolicy"],
            "Resource": resources,
            "Condition": block,
        }
    )
    assert row.actions == (("PutObject", "Write"),)
    assert row.withheld == (
        ("GetObject", "Read", "s3:x-amz-acl is not a supported condition key for this action."),
        ("ListAllMyBuckets", "List", NEITHER),
        ("PutBucketPolicy", "Permissions management", "s3:x-amz-acl is not a supported condition key for this action."),
    )
    assert row.resource == "BucketName | string like | company1-sales, ObjectPath | string like | All"
    assert (row.resource_warning, row.condition_warning) == (ACTIONS_WITHOUT_RESOURCE, ACTIONS_WITHOUT_CONDITION)
    assert row.unrecognized_actions == ("DeletObject",)
    assert row.unrecognized_resources == ("arn:aws:autoscling:us-east-2:123456789012:x",)


def test_several_keys_and_resources_in_vain():
    block = {"StringEquals": {"s3:x-amz-acl": "a", "s3:prefix": "b", "s3:VersionId": "c"}}
    found = summary(
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutBucketPolicy"], "Resource": "*", "Condition": block}
    )
    assert found.allow == ()
    assert found.without_permissions == (("s3", "Amazon S3", ACTIONS_WITHOUT_CONDITION),)
    (row,) = rows(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [B, B + "/*"]},
        {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "*", "Condition": block},
        {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": B},
    )
    assert row.resource_warning == RESOURCES_WITHOUT_ACTION
    assert row.condition_warning == CONDITIONS_WITHOUT_ACTION
    assert row.withheld == (
        ("DeleteObject", "Write", NO_RESOURCE),
        ("PutBucketPolicy", "Permissions management", MANY_KEYS),
    )


def test_what_another_statement_grants_is_not_in_vain():
    first = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": B + "/*"}
    second = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": B}
    for statements in ((first, second), (second, first)):
        (row,) = rows(*statements)
        assert (row.actions, row.withheld) == ((("ListBucket", "List"),), ())


# Conditions that hold when the key is absent, and keys that any request may have, take nothing away.
HARMLESS = [
    {"StringEqualsIfExists": {"s3:prefix": "a"}},
    {"Null": {"s3:prefix": "true"}},
    {"StringNotEquals": {"s3:prefix": "a"}},
    {"ForAllValues:StringEquals": {"s3:prefix": "a"}},
    {"StringEquals": {"aws:username": "ana"}},
    {"StringEquals": {"s3:unheard": "a"}},
    {"StringEquals": {"www.example.com:sub": "a"}},
]


@pytest.mark.parametrize("block", HARMLESS)
def test_conditions_that_withhold_nothing(block):
    (row,) = rows({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": block})
    assert (row.actions, row.withheld, row.condition_warning) == ((("GetObject", "Read"),), (), "")


# ---- What has no summary ---------------------------------------------------------------------------------------------


def test_some_policies_have_no_summary():
    """troubleshoot_policies.html, "Missing policy summary"."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for found in (
        summarize(parse("not json", "identity")),
        summary({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": B}),
        summary(trust, kind="trust"),
        summary(ADMIN | {"Principal": "*"}, kind="resource"),
        summary(ADMIN | {"NotAction": "*", "Action": None} | {}, kind="identity"),
        summary({"Effect": "Allow", "NotAction": "*", "Resource": "*"}),
    ):
        assert (found.allow, found.deny, found.warnings) == ((), (), (CANNOT,))


def test_a_monstrous_policy_has_no_summary(monkeypatch):
    many = [f"ec2:*{at}" for at in range(3000)]
    for change in ({"Action": many}, {"NotAction": many}):
        statement = {"Effect": "Allow", "Resource": "*"} | change
        assert summary(statement).warnings == (CANNOT,)
        assert summary(ADMIN, statement).warnings == (CANNOT,)


names = st.sampled_from(
    [
        "*",
        "s3:*",
        "s3:Get*",
        "s3:ListBucket",
        "s*:*",
        "iam:PassRole",
        "nowhere:Be",
        "s3:Unheard",
        "",
        "s3",
        "ec2:RunInstances",
    ]
) | st.text(max_size=8)
arns = st.sampled_from(
    [
        "*",
        B,
        B + "/*",
        "arn:aws:*",
        "arn:aws:s3:*",
        "arn:aws:iam::*:role/*",
        "arn:aws:nowhere:::x",
        "arn:",
        "arn:aws:ec2:*:*:*",
        "arn:aws:${aws:username}:::x",
    ]
) | st.text(max_size=8)
blocks = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotLike", "Null", "Huh"]),
    st.dictionaries(
        st.sampled_from(["s3:prefix", "aws:username", "s3:VersionId"]),
        st.lists(st.text(max_size=3), max_size=2),
        max_size=2,
    ),
    max_size=2,
)
made = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Resource": st.lists(arns, max_size=3) | arns},
    optional={"Action": st.lists(names, max_size=3), "NotAction": st.lists(names, max_size=3), "Condition": blocks},
)


@given(st.lists(made, max_size=3))
def test_no_policy_makes_it_fail_and_every_row_grants_something(statements):
    found = summarize(parse(json.dumps({"Version": "2012-10-17", "Statement": statements}), "identity"))
    for row in (*found.allow, *found.deny):
        assert row.actions
        assert row.access_level
        assert row.resource
        assert {name for name, _ in row.actions}.isdisjoint(name for name, _, _ in row.withheld)
    assert found.allow or found.deny or found.warnings


def test_every_aws_managed_policy_is_summed_up():
    without = [
        policy.name
        for policy in list(aws_managed.by_arn().values())[::20]
        if not (found := summarize(parse(policy.text, "identity"))).allow
        and not found.deny
        and found.warnings != (CANNOT,)
    ]
    assert len(without) <= 3
