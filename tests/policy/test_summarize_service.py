"""The levels under the policy summary: a service's actions, an action's resources.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-service-summary.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-action-summary.html
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import pytest

from iamconsole.iam import aws_managed
from iamconsole.policy import parse, summarize, summarize_service
from iamconsole.policy.reference import actions
from iamconsole.policy.summarize import MANY_KEYS, NEEDS_WILDCARD, NEITHER, NO_RESOURCE

B = "arn:aws:s3:::developer_bucket"
READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [B, f"{B}/*"]}
ACL = {"StringEquals": {"s3:x-amz-acl": ["public-read"]}}
TLS = {"Bool": {"aws:SecureTransport": "true"}}
# The guide's own example, SummaryAllElements.
GUIDE = [
    {"Effect": "Allow", "Action": ["billing:GetBillingData", "ec2:Describe*", "ec2:TypoInstances"], "Resource": ["*"], "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::customer", f"{B}/*"]},
    {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:PutObject", "s3:GetObject", "s3:DeletObject"], "Resource": [f"{B}/*", "arn:aws:autoscling:us-east-2:123456789012:autoscalgrp"], "Condition": {**ACL, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
]  # fmt: skip


def of(service, *statements, effect="Allow"):
    return summarize_service(
        parse({"Version": "2012-10-17", "Statement": list(statements)}, "identity"), effect, service
    )


def granted(found):
    return {row.name: row for row in found.actions if row.grants}


def test_the_guide_s_example_reads_as_the_guide_shows_it():
    found = of("s3", *GUIDE)
    assert list(granted(found)) == ["PutObject"]
    put = found.action("putobject")
    assert (put.level, put.resource, put.condition) == (
        "Write",
        "BucketName | string like | developer_bucket, ObjectPath | string like | All",
        "Multiple",
    )
    assert [(row.region, row.account) for row in found.resources_of(put)] == [("All Regions", "All accounts")]
    assert (
        found.resources_of(put)[0].condition
        == "s3:x-amz-acl | StringEquals | public-read; aws:SourceIp | IpAddress | 203.0.113.0/24"
    )
    assert found.action("ListAllMyBuckets").warning == NEITHER
    assert found.action("GetObject").warning == "s3:x-amz-acl is not a supported condition key for this action."
    assert found.unrecognized_actions == ("DeletObject",)
    assert found.unrecognized_resources == ("arn:aws:autoscling:us-east-2:123456789012:autoscalgrp",)
    assert found.service_name == "Amazon S3"
    assert len(found.actions) == len(actions("s3"))
    assert found.action("NoSuchAction") is None


def test_what_is_denied_stands_apart():
    found = of("s3", *GUIDE, effect="Deny")
    denied = granted(found)
    assert denied["DeleteBucket"].resource == "BucketName | string like | customer"
    assert denied["PutObject"].condition == "None"
    assert [row.resource for row in found.resources_of(denied["DeleteObject"])] == [
        "BucketName | string like | developer_bucket, ObjectPath | string like | All"
    ]
    assert of("ec2", *GUIDE, effect="Deny") is None
    assert of("ec2", *GUIDE).unrecognized_actions == ("TypoInstances",)


#    statement                                                             action                  resource                       region          account         condition
PLACES = [
    ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-2:123456789012:q"},  "SendMessage",   "QueueName | string like | q", "us-east-2",   "123456789012", "None"),
    ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:q"},                     "SendMessage",   "QueueName | string like | q", "All Regions", "All accounts", "None"),
    ({"Action": "sqs:*", "Resource": "*"},                                               "SendMessage",   "All resources",               "All Regions", "All accounts", "None"),
    ({"Action": "*", "Resource": "*", "Condition": TLS},                                 "SendMessage",   "All resources",               "All Regions", "All accounts", "aws:SecureTransport | Bool | true"),
    ({"NotAction": "iam:*", "Resource": "*"},                                            "SendMessage",   "All resources",               "All Regions", "All accounts", "None"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "action", "resource", "region", "account", "condition"), PLACES)
def test_a_resource_tells_where_it_is_and_whose(statement, action, resource, region, account, condition):
    found = of("sqs", {"Effect": "Allow", **statement})
    (row,) = found.resources_of(found.action(action))
    assert (row.resource, row.region, row.account, row.condition) == (resource, region, account, condition)


def test_statements_about_one_action_are_told_one_by_one_and_each_once():
    twice = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{B}/*"}
    found = of("s3", READ, twice, {**twice, "Condition": TLS}, {**twice, "Resource": "*"})
    row = found.action("GetObject")
    assert [(one.resource, one.condition) for one in found.resources_of(row)] == [
        ("BucketName | string like | developer_bucket, ObjectPath | string like | All", "None"),
        (
            "BucketName | string like | developer_bucket, ObjectPath | string like | All",
            "aws:SecureTransport | Bool | true",
        ),
        ("All resources", "None"),
    ]
    assert (row.resource, row.condition) == ("All resources", "Multiple")


def test_an_action_has_only_the_resources_that_apply_to_it():
    found = of("s3", READ)
    listing = found.resources_of(found.action("ListBucket"))
    assert [row.resource for row in listing] == ["BucketName | string like | developer_bucket"]
    assert (
        found.action("GetObject").resource
        == "BucketName | string like | developer_bucket, ObjectPath | string like | All"
    )


#    statement                                                                                  action                warning
IN_VAIN = [
    ({"Action": "s3:ListAllMyBuckets", "Resource": f"{B}/*"},                                   "ListAllMyBuckets",   NEEDS_WILDCARD),
    ({"Action": "s3:GetObject", "Resource": B},                                                 "GetObject",          NO_RESOURCE),
    ({"Action": "s3:GetObject", "Resource": B, "Condition": ACL},                               "GetObject",          NEITHER),
    ({"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"s3:x-amz-acl": "private", "s3:prefix": "x"}}}, "GetObject", MANY_KEYS),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "action", "warning"), IN_VAIN)
def test_what_is_named_in_vain_says_why(statement, action, warning):
    row = of("s3", {"Effect": "Allow", **statement}).action(action)
    assert (row.grants, row.resource, row.warning) == ((), "", warning)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": B},
        {"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Allow", "Action": [f"ec2:*a{n}" for n in range(1600)], "Resource": "*"},
    ],
)
def test_there_is_none_where_the_summary_has_none(statement):
    assert of("s3", statement) is None


@pytest.mark.parametrize("name", list(aws_managed.by_arn())[5::60])
def test_it_agrees_with_the_summary_of_aws_s_own_policies(name):
    policy = parse(aws_managed.by_arn()[name].text, "identity")
    summary = summarize(policy)
    for effect, rows in (("Allow", summary.allow), ("Deny", summary.deny)):
        for row in rows[:25]:
            found = summarize_service(policy, effect, row.service)
            assert [(one.name, one.level) for one in found.actions if one.grants] == list(row.actions)
            assert [(one.name, one.level, one.warning) for one in found.actions if one.warning] == list(row.withheld)
            written = {arn for one in found.actions for arn, _ in one.grants}
            assert (row.resource == "All resources") == ("*" in written)
            assert (row.resource == "Multiple") == (len(written) > 1 and "*" not in written)
