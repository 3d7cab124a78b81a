"""What S3 counts as a public bucket policy, and what RestrictPublicBuckets does about it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import pytest

from iamconsole.policy import BlockPublicAccess, PolicySet, Principal, Request, decide, explain, is_public, parse
from tests.policy.cast import ACCOUNT, ALICE, CALLERS, OTHER, attach

BUCKET = "arn:aws:s3:::b"
EVERYONE = {"AWS": "*"}


def policy(**statement):
    whole = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"} | statement
    return parse({"Version": "2012-10-17", "Statement": [whole]}, "resource")


#    Condition                                                            public
CONDITIONS = [
    ({},                                                                  True),
    ({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}},                 False),  # a fixed value
    ({"StringLike": {"aws:SourceVpc": "vpc-*"}},                          True),  # the page's example
    ({"StringLike": {"aws:SourceVpc": "vpc-1"}},                          False),
    ({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},          False),
    ({"StringEquals": {"aws:SourceVpce": []}},                            True),
    ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}},                     False),
    ({"StringEquals": {"AWS:principalorgid": "o-1"}},                     False),  # key names ignore case
    ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},             True),  # holds where the key is absent
    ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},                  True),
    ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r-1/"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r-1/"}}, False),
    ({"StringEquals": {"aws:username": "alice"}},                         True),  # not in the page's list
    ({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}},  True),  # a policy variable
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:topic"}},     False),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}},                 True),
    ({"StringLike": {"aws:userid": "AROAEXAMPLE:*"}},                     False),  # "outside the pattern AROLEID:*"
    ({"StringLike": {"aws:userid": "*:session"}},                         True),
    ({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}, False),
    ({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/*"}}, True),
    ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},                   False),
    ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}},    True),  # "very broad IP ranges"
    ({"IpAddress": {"aws:SourceIp": "8.0.0.0/8"}},                        False),
    ({"IpAddress": {"aws:SourceIp": "8.0.0.0/7"}},                        True),
    ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}},                    False),
    ({"IpAddress": {"aws:SourceIp": "2001::/16"}},                        True),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},                True),
    ({"IpAddress": {"aws:SourceIp": "nowhere"}},                          True),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "public"), CONDITIONS)
def test_a_policy_is_public_unless_fixed_values_limit_it(condition, public):
    assert is_public(policy(Condition=condition)) is public


#    Principal                                                   public
PRINCIPALS = [
    ("*",                                                        True),
    (EVERYONE,                                                   True),
    ({"AWS": ["*", ALICE]},                                      True),
    ({"AWS": ALICE},                                             False),
    ({"AWS": OTHER},                                             False),
    ({"Service": "cloudtrail.amazonaws.com"},                    False),
    ({"Federated": "graph.facebook.com"},                        True),  # the page's first example
    ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("principal", "public"), PRINCIPALS)
def test_a_policy_for_named_principals_is_not_public(principal, public):
    assert is_public(policy(Principal=principal)) is public


def test_denying_everyone_is_not_public_and_allowing_everyone_else_is():
    assert not is_public(policy(Effect="Deny"))
    excepted = {"Effect": "Allow", "NotPrincipal": {"AWS": ALICE}, "Action": "s3:*", "Resource": f"{BUCKET}/*"}
    assert is_public(parse({"Version": "2012-10-17", "Statement": [excepted]}, "resource"))


def test_what_cannot_be_read_counts_as_public():
    assert is_public(parse("{", "resource"))


RESTRICTED = BlockPublicAccess(restrict_public_buckets=True)
READ_ALL = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
READ_OTHER = READ_ALL | {"Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/olga"}}
OLGA = Principal.user(f"arn:aws:iam::{OTHER}:user/olga")
OWN_YES = attach([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "identity", "direct")


def outcome(caller, statements, settings, identity=(), action="s3:GetObject"):
    bucket = attach(statements, "resource", "resource")
    applying = PolicySet(identity=identity, resource=bucket, block_public_access=settings)
    asked = Request(caller, action, f"{BUCKET}/k", ACCOUNT)
    assert explain(asked, applying).decision == decide(asked, applying)
    return decide(asked, applying).outcome


def test_a_restricted_public_bucket_is_closed_to_strangers():
    assert outcome(CALLERS["anonymous"], [READ_ALL], BlockPublicAccess()) == "allowed"
    assert outcome(CALLERS["anonymous"], [READ_ALL], RESTRICTED) == "explicit_deny"
    # The settings about ACLs and about saving a policy do not reach what is saved already.
    others = BlockPublicAccess(block_public_acls=True, ignore_public_acls=True, block_public_policy=True)
    assert outcome(CALLERS["anonymous"], [READ_ALL], others) == "allowed"


def test_a_restricted_public_bucket_is_closed_to_other_accounts_also_where_they_are_named():
    assert outcome(OLGA, [READ_OTHER], RESTRICTED, (OWN_YES,)) == "allowed"  # not public
    assert outcome(OLGA, [READ_ALL, READ_OTHER], RESTRICTED, (OWN_YES,)) == "explicit_deny"
    assert outcome(OLGA, [READ_ALL, READ_OTHER], BlockPublicAccess(), (OWN_YES,)) == "allowed"


def test_a_restricted_public_bucket_stays_open_to_its_account_and_to_services():
    assert outcome(CALLERS["alice"], [READ_ALL], RESTRICTED) == "allowed"
    assert outcome(CALLERS["logs-service"], [READ_ALL], RESTRICTED) == "allowed"


def test_denies_of_a_restricted_policy_still_deny():
    deny = READ_ALL | {"Effect": "Deny"}
    assert outcome(CALLERS["anonymous"], [READ_ALL, deny], RESTRICTED) == "explicit_deny"


def test_block_public_access_is_about_s3_alone():
    topic = [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}]
    assert outcome(CALLERS["anonymous"], topic, RESTRICTED, action="sns:Publish") == "allowed"
