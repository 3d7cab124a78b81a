"""The ladder alone is the explanation's."""

from __future__ import annotations

import pytest

from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request, explain, ladder, parse
from tests.factories import allow, deny, policy

WHO = Principal.user("arn:aws:iam::111122223333:user/ana")
TEXTS = [policy(allow("s3:*")), policy(allow("*"), deny("s3:Get*")), policy(allow("ec2:*")), "{"]
GRANT = policy({"Effect": "Allow", "Principal": {"AWS": WHO.arn}, "Action": "s3:*", "Resource": "*"})


def one(text, kind):
    return AttachedPolicy(parse(text, kind), kind, kind)


@pytest.mark.parametrize("identity", TEXTS)
@pytest.mark.parametrize("boundary", [None, *TEXTS])
@pytest.mark.parametrize("resource", [None, GRANT])
@pytest.mark.parametrize("scp", [None, *TEXTS[:2]])
@pytest.mark.parametrize("owner", ["111122223333", "999988887777"])
def test_the_ladder_alone_is_that_of_the_explanation(identity, boundary, resource, scp, owner):
    policies = PolicySet(
        identity=(one(identity, "identity"),),
        boundary=one(boundary, "boundary") if boundary else None,
        resource=one(resource, "resource") if resource else None,
        scps=((one(scp, "scp"),),) if scp else (),
    )
    for action in ("s3:GetObject", "s3:PutObject", "iam:ListUsers"):
        request = Request(WHO, action, "arn:aws:s3:::b/k", owner)
        found, explained = ladder(request, policies), explain(request, policies).stages
        assert [(stage.name, stage.verdict) for stage in found] == [(stage.name, stage.verdict) for stage in explained]
