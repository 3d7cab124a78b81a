"""The console's policy summary.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary.html
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import pytest

from iamconsole.policy import parse, summarize
from iamconsole.policy.reference import services

ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
B = "arn:aws:s3:::company1-sales"


def rows(*statements, kind="identity"):
    return summarize(parse({"Version": "2012-10-17", "Statement": list(statements)}, kind)).allow


def test_administrator_access_is_full_access_to_every_service():
    summary = summarize(parse({"Version": "2012-10-17", "Statement": [ADMIN]}, "identity"))
    assert {row.service for row in summary.allow} == set(services())
    assert {(row.access_level, row.resource, row.condition) for row in summary.allow} == {
        ("Full access", "All resources", "None")
    }
    assert (summary.deny, summary.services, summary.warnings) == ((), len(services()), ())


#    statement                                            access level             resource                                        condition
TABLE = [
    ({"Action": "s3:*", "Resource": "*"},                 "Full access",           "All resources",                                "None"),
    ({"Action": "S3:*", "Resource": B},                   "Full access",           "BucketName | string like | company1-sales",    "None"),
    ({"Action": "s3:GetObject", "Resource": B + "/*"},    "Limited: Read",         "BucketName | string like | company1-sales, ObjectPath | string like | All", "None"),
    ({"Action": "s3:GetObject", "Resource": B + "/a/b*"}, "Limited: Read",         "BucketName | string like | company1-sales, ObjectPath | string like | a/b*", "None"),
    ({"Action": "s3:GetObject", "Resource": [B, B + "/*"]}, "Limited: Read",       "Multiple",                                     "None"),
    ({"Action": ["s3:List*", "s3:GetObject", "s3:PutObject"], "Resource": "*"}, "Full: List Limited: Read, Write", "All resources", "None"),
    ({"Action": "s3:PutObjectTagging", "Resource": "*"},  "Limited: Tagging",      "All resources",                                "None"),
    ({"Action": "s3:PutBucketPolicy", "Resource": "*"},   "Limited: Permissions management", "All resources",                      "None"),
    ({"Action": "s3:GetObject", "NotResource": B},        "Limited: Read",         f"NOT {B}",                                     "None"),
    ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:*"}, "Limited: Read",      "arn:aws:s3:*",                                 "None"),
    ({"Action": ["s3:*", "s3:GetObject"], "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
                                                          "Full access",           "All resources",                                "aws:SecureTransport | Bool | true"),
    ({"Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:x": "true"}}},
                                                          "Full access",           "All resources",                                "Multiple"),
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
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": B, "Condition": {"Null": {"aws:x": "true"}}},
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
        ],
    }
    summary = summarize(parse(document, "identity"))
    (row,) = summary.allow
    assert (row.access_level, row.resource, row.condition) == ("Limited: Read, Write", "All resources", "Multiple")
    assert [row.service for row in summary.deny] == ["iam"]


def test_not_action_covers_all_other_services_and_actions():
    found = {row.service: row for row in rows({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"})}
    assert "iam" not in found
    assert found["ec2"].access_level == "Full access"
    assert found["s3"].access_level.startswith("Full: ")
    assert not any(name.startswith("Get") for name, _ in found["s3"].actions)


def test_a_wildcard_in_the_service_covers_each_of_them():
    assert {"s3", "s3express", "s3tables"} <= {row.service for row in rows(ADMIN | {"Action": "s3*:*"})}


def test_a_policy_that_grants_nothing_says_so():
    for statement in (
        {"Effect": "Allow", "Action": "s3:Unheard", "Resource": "*"},
        {"Effect": "Allow", "Action": "unheard:Of", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:iam::123456789012:user/ana"},
    ):
        summary = summarize(parse({"Version": "2012-10-17", "Statement": [statement]}, "identity"))
        assert summary.allow == ()
        assert summary.warnings[0].startswith("This policy does not grant any permissions.")
    assert summarize(parse("not json", "identity")).warnings


def test_a_trust_policy_has_a_summary():
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    (row,) = rows(statement, kind="trust")
    assert (row.service, row.resource) == ("sts", "All resources")
