"""Permissions boundaries of users and roles where they count: at the door (demos D18 and D19)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import AccessDenied
from iamconsole.gateway.standing import standing_of, with_session_tags
from iamconsole.iam.models import ManagedPolicy, User
from iamconsole.policy import Request, decide, matches
from tests.factories import allow, client_for, deny, policy
from tests.sts.sessions import assume, bound, grant, make_role, trust, user_id

pytestmark = pytest.mark.django_db
BUCKETS = ["arn:aws:s3:::company1-logs", "arn:aws:s3:::company1-logs/*"]


def outcome(client, name: str, **params) -> str:
    """`allowed`, or how the refusal ends."""
    try:
        client.call(name, **params)
    except AccessDenied as refusal:
        return str(refusal)[str(refusal).rindex(" because " if " because " in str(refusal) else " with ") + 1 :]
    return "allowed"


def because(kind: str, action: str) -> str:
    return f"because no {kind} policy allows the {action} action".replace("boundary policy", "boundary")


@pytest.fixture
def intern(root, sandbox):
    """A user with everything of S3; `intern(statements)` sets its boundary."""
    root.call("iam:CreateUser", user_name="intern")
    root.call("iam:AttachUserPolicy", user_name="intern", policy_arn="arn:aws:iam::aws:policy/AmazonS3FullAccess")

    def limited(*statements):
        name = f"Boundary{ManagedPolicy.objects.count()}"
        made = root.call("iam:CreatePolicy", policy_name=name, policy_document=policy(*statements))
        root.call("iam:PutUserPermissionsBoundary", user_name="intern", permissions_boundary=made["Policy"]["Arn"])
        return client_for(sandbox, "intern")

    return limited


def test_d18_a_boundary_caps_what_policies_grant(intern):
    client = intern(allow("s3:ListBucket", "arn:aws:s3:::company1-logs"))
    assert outcome(client, "s3:ListObjectsV2", bucket="company1-logs") == "allowed"
    assert outcome(client, "s3:ListBuckets") == because("permissions boundary", "s3:ListAllMyBuckets")
    assert outcome(client, "s3:ListObjectsV2", bucket="company1-hr") == because("permissions boundary", "s3:ListBucket")


def test_d18_a_boundary_alone_allows_nothing(root, intern, sandbox):
    intern(allow("s3:*"))
    root.call("iam:DetachUserPolicy", user_name="intern", policy_arn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    client = client_for(sandbox, "intern")
    assert outcome(client, "s3:ListBuckets") == because("identity-based", "s3:ListAllMyBuckets")


def test_d19_a_boundary_is_set_taken_away_and_set_again_also_for_who_is_signed_in(root, intern, as_user, sandbox):
    intern(allow("s3:ListAllMyBuckets"))
    browser = as_user("intern")
    page = browser.get("/s3/buckets")
    assert b"company1-logs" in page.content
    assert b"Insufficient permissions" in browser.get("/s3/buckets/company1-logs").content
    root.call("iam:DeleteUserPermissionsBoundary", user_name="intern")
    assert b"Insufficient permissions" not in browser.get("/s3/buckets/company1-logs").content
    intern(allow("s3:ListAllMyBuckets"))
    assert b"Insufficient permissions" in browser.get("/s3/buckets/company1-logs").content


def test_d19_a_boundary_without_change_password_stops_the_first_sign_in(root, intern, sandbox):
    root.call("iam:CreateLoginProfile", user_name="intern", password="An0ther-Passw0rd")
    root.call("iam:AttachUserPolicy", user_name="intern", policy_arn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    asked = {"old_password": "An0ther-Passw0rd", "new_password": "The-next-0ne"}
    assert outcome(intern(allow("s3:*")), "iam:ChangePassword", **asked) == because(
        "permissions boundary", "iam:ChangePassword"
    )
    assert outcome(intern(allow("iam:ChangePassword")), "iam:ChangePassword", **asked) == "allowed"


def test_d19_a_bucket_policy_for_the_user_is_not_limited_by_the_boundary_s_silence(root, intern, sandbox):
    client = intern(allow("ec2:*"))
    params = {"bucket": "company1-hr", "key": "Test.txt"}
    assert outcome(client, "s3:GetObject", **params) == because("permissions boundary", "s3:GetObject")
    arn = f"arn:aws:iam::{sandbox.account_id}:user/intern"
    mine = allow("s3:GetObject", "arn:aws:s3:::company1-hr/*") | {"Principal": {"AWS": arn}}
    root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=policy(mine))
    client.call("s3:GetObject", **params)["Body"].close()
    client = intern(allow("ec2:*"), deny("s3:GetObject"))
    name = User.objects.get(account=sandbox, name="intern").boundary.arn(sandbox.account_id)
    assert outcome(client, "s3:GetObject", **params) == f"with an explicit deny in a permissions boundary: {name}"


def test_a_boundary_of_aws_s_own_counts_too(root, intern, sandbox):
    intern(allow("s3:*"))
    read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    root.call("iam:PutUserPermissionsBoundary", user_name="intern", permissions_boundary=read_only)
    client = client_for(sandbox, "intern")
    assert outcome(client, "s3:ListBuckets") == "allowed"
    assert outcome(client, "s3:CreateBucket", bucket="interns") == because("permissions boundary", "s3:CreateBucket")


def test_a_new_default_version_of_the_boundary_acts_at_once(root, intern, sandbox):
    client = intern(allow("ec2:*"))
    assert outcome(client, "s3:ListBuckets") == because("permissions boundary", "s3:ListAllMyBuckets")
    arn = User.objects.get(account=sandbox, name="intern").boundary.arn(sandbox.account_id)
    root.call("iam:CreatePolicyVersion", policy_arn=arn, policy_document=policy(allow("s3:*")), set_as_default=True)
    assert outcome(client_for(sandbox, "intern"), "s3:ListBuckets") == "allowed"


def test_a_role_s_boundary_limits_its_sessions_at_once(admin, sandbox):
    role = make_role(sandbox, "R", [trust(user_id(sandbox, "admin"))], allow("*"))
    session = assume(admin, role)
    assert outcome(session, "s3:ListBuckets") == "allowed"
    bound(role, None, "arn:aws:iam::aws:policy/AmazonEC2FullAccess")
    again = assume(client_for(sandbox, "admin"), role)
    assert outcome(again, "s3:ListBuckets") == because("permissions boundary", "s3:ListAllMyBuckets")


# -- what the door gathers, against the same set put together by hand ------------------------------------------------

STATEMENTS = [
    allow("s3:*"),
    allow("s3:Get*", BUCKETS),
    allow("s3:ListAllMyBuckets"),
    allow("iam:List*"),
    deny("s3:PutObject"),
    deny("*", BUCKETS),
]
QUESTIONS = [
    ("s3:GetObject", "arn:aws:s3:::company1-logs/x"),
    ("s3:PutObject", "arn:aws:s3:::other/x"),
    ("s3:ListAllMyBuckets", "*"),
    ("iam:ListUsers", "*"),
    ("ec2:StopInstances", "*"),
]
some = st.lists(st.sampled_from(STATEMENTS), max_size=3, unique_by=json.dumps)


def allows(statements: list[dict], action: str, resource: str) -> bool:
    hits = [
        one["Effect"]
        for one in statements
        if any(matches(pattern.lower(), action.lower()) for pattern in _list(one["Action"]))
        and any(matches(pattern, resource) for pattern in _list(one["Resource"]))
    ]
    return "Deny" not in hits and "Allow" in hits


def _list(value):
    return value if isinstance(value, list) else [value]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identity=some, limit=some.filter(bool) | st.none(), session=some.filter(bool) | st.none())
def test_a_session_may_what_the_role_its_boundary_and_its_session_policy_allow_together(
    admin, sandbox, identity, limit, session
):
    role = sandbox.role_set.filter(name="R").first() or make_role(sandbox, "R", [trust(user_id(sandbox, "admin"))])
    grant(role, *identity)
    if limit:
        number = ManagedPolicy.objects.count()
        about = {"name": f"L{number}", "unique_id": f"ANPA{number:017}"}
        row = ManagedPolicy.objects.create(account=sandbox, created=sandbox.created, updated=sandbox.created, **about)
        row.versions.create(number=1, text_id=PolicyText.keep(policy(*limit)), created=sandbox.created)
        bound(role, row)
    else:
        bound(role, None)
    passed = {"policy": policy(*session)} if session else {}
    caller = assume(client_for(sandbox, "admin"), role, **passed).caller
    policies = standing_of(caller, caller.revision).policies
    layers = [identity, *([limit] if limit else []), *([session] if session else [])]
    for action, resource in QUESTIONS:
        expected = all(allows(layer, action, resource) for layer in layers)
        assert decide(Request(caller.principal, action, resource), policies).allowed is expected


@given(st.dictionaries(st.sampled_from(["Team", "team", "TEAM", "a"]), st.text(max_size=2), max_size=2))
def test_the_tags_of_a_session_come_first_whatever_their_case(session_tags):
    merged = with_session_tags({"Team": "hr", "b": "1"}, session_tags)
    assert {key: merged[key] for key in session_tags} == session_tags
    assert len({key.lower() for key in merged}) == len(merged) or len({key.lower() for key in session_tags}) < len(
        session_tags
    )
    assert merged["b"] == "1"
