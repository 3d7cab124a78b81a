"""Condition keys by the genuine path: what a request carries, and that policies with those keys decide by it."""

from __future__ import annotations

import datetime as dt
import io
from contextlib import closing
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import botocore.auth
import botocore.crt.auth
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context, Session, Signing
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import source_address
from iamconsole.gateway.table import OPERATIONS
from iamconsole.iam.models import User
from tests.boto import boto
from tests.factories import client_for, policy

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
DOCUMENT = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
TAGS = [{"Key": "Team", "Value": "hr"}, {"Key": "costCenter", "Value": "1"}]
UNTIL = dt.datetime(2030, 1, 31, tzinfo=dt.UTC)
NOON = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)


def when(action: str | list[str], condition: dict[str, Any], resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


@pytest.fixture
def clerk(root, sandbox):
    """A user with just these statements: `clerk(when(…), …)`; the context is the request's."""

    def hired(*statements: dict[str, Any], **context: Any) -> AwsClient:
        if not User.objects.filter(account=sandbox, name="clerk").exists():
            root.call("iam:CreateUser", user_name="clerk")
        root.call("iam:PutUserPolicy", user_name="clerk", policy_name="its", policy_document=policy(*statements))
        return client_for(sandbox, "clerk", **context)

    return hired


def may(client: AwsClient, operation: str, **params: Any) -> bool:
    """Whether the call is authorized; it may fail for another reason."""
    body = io.BytesIO(b"x") if operation == "s3:PutObject" else None
    try:
        client.call(operation, body=body, **params)
    except AccessDenied:
        return False
    except AwsError:
        return True
    return True


# -- what a request carries -------------------------------------------------------------------------

USER = {"user_name": "Sarah"}
BUCKET = {"bucket": "company1-hr"}
NEW = {"bucket": "company1-new"}
OBJECT = {"bucket": "company1-hr", "key": "a.txt"}
ALWAYS: dict[str, dict[str, Any]] = {
    "ec2:DescribeRegions": {},
    "iam:AttachUserPolicy": USER,
    "iam:CreateServiceLinkedRole": {},
    "iam:CreateServiceSpecificCredential": USER | {"service_name": "bedrock.amazonaws.com"},
    "iam:CreateUser": {"user_name": "new"},
    "iam:TagUser": USER,
    "iam:UntagUser": USER,
    "sts:AssumeRole": {"role_arn": "arn:aws:iam::111122223333:role/ghost", "role_session_name": "s1"},
    "s3:CopyObject": OBJECT | {"copy_source": "/company1-hr/Test.txt?versionId=null"},
    "s3:CreateBucket": NEW,
    "s3:CreateMultipartUpload": OBJECT,
    "s3:GetObject": OBJECT,
    "s3:DeleteObject": OBJECT,
    "s3:GetBucketLocation": BUCKET,
    "s3:ListObjects": BUCKET,
    "s3:ListObjectsV2": BUCKET,
    "s3:PutObject": OBJECT,
}
SUPPORT = "support.amazonaws.com"
SSE = "s3:x-amz-server-side-encryption"
LOCKED = {"object_lock_retain_until_date": UNTIL}
EU_WEST = {"create_bucket_configuration": {"LocationConstraint": "eu-west-1"}}
WITH_TAGS = {"create_bucket_configuration": {"Tags": TAGS}}

#    operation, its parameters, the key and its value
CARRIED: list[tuple[str, dict[str, Any], str, Any]] = [
    ("ec2:DescribeRegions", {}, "ec2:Region", "us-east-1"),
    ("iam:AttachUserPolicy", {"policy_arn": S3_READ}, "iam:PolicyARN", S3_READ),
    ("iam:CreateServiceLinkedRole", {"aws_service_name": SUPPORT}, "iam:AWSServiceName", SUPPORT),
    ("iam:CreateServiceSpecificCredential", {}, "iam:ServiceSpecificCredentialServiceName", "bedrock.amazonaws.com"),
    ("iam:CreateServiceSpecificCredential", {"credential_age_days": 9}, "iam:ServiceSpecificCredentialAgeDays", "9"),
    ("iam:CreateUser", {"permissions_boundary": S3_READ}, "iam:PermissionsBoundary", S3_READ),
    ("iam:CreateUser", {"tags": TAGS}, "aws:RequestTag/Team", "hr"),
    ("iam:TagUser", {"tags": TAGS}, "aws:TagKeys", ["Team", "costCenter"]),
    ("iam:UntagUser", {"tag_keys": ["Team"]}, "aws:TagKeys", ["Team"]),
    ("sts:AssumeRole", {}, "sts:RoleSessionName", "s1"),
    ("sts:AssumeRole", {"external_id": "Example987"}, "sts:ExternalId", "Example987"),
    ("sts:AssumeRole", {"source_identity": "ana"}, "sts:SourceIdentity", "ana"),
    ("sts:AssumeRole", {"tags": TAGS, "transitive_tag_keys": ["Team"]}, "sts:TransitiveTagKeys", ["Team"]),
    ("s3:GetBucketLocation", {}, "s3:ResourceAccount", "{account}"),
    ("s3:GetBucketLocation", {}, "s3:TlsVersion", "1.3"),
    ("s3:ListObjectsV2", {"prefix": ""}, "s3:prefix", ""),
    ("s3:ListObjects", {"prefix": "home/"}, "s3:prefix", "home/"),
    ("s3:ListObjectsV2", {"delimiter": "/"}, "s3:delimiter", "/"),
    ("s3:ListObjectsV2", {"max_keys": 10}, "s3:max-keys", "10"),
    ("s3:GetObject", {"version_id": "null"}, "s3:versionid", "null"),
    ("s3:CopyObject", {}, "s3:x-amz-copy-source", "company1-hr/Test.txt"),
    ("s3:CopyObject", {"metadata_directive": "REPLACE"}, "s3:x-amz-metadata-directive", "REPLACE"),
    ("s3:CopyObject", {"annotation_directive": "COPY"}, "s3:x-amz-object-annotation-directive", "COPY"),
    ("s3:CreateMultipartUpload", {}, "s3:ObjectCreationOperation", "false"),
    ("s3:CreateBucket", EU_WEST, "s3:locationconstraint", "eu-west-1"),
    ("s3:CreateBucket", WITH_TAGS, "aws:RequestTag/Team", "hr"),
    ("s3:CreateBucket", WITH_TAGS, "aws:TagKeys", ["Team", "costCenter"]),
    ("s3:CreateBucket", {"object_ownership": "ObjectWriter"}, "s3:x-amz-object-ownership", "ObjectWriter"),
    ("s3:CreateBucket", {"bucket_namespace": "global"}, "s3:x-amz-bucket-namespace", "global"),
    ("s3:CreateBucket", {"acl": "private"}, "s3:x-amz-acl", "private"),
    ("s3:CreateBucket", {"grant_write": "id=1"}, "s3:x-amz-grant-write", "id=1"),
    ("s3:PutObject", {"acl": "public-read"}, "s3:x-amz-acl", "public-read"),
    ("s3:PutObject", {"grant_full_control": "id=1"}, "s3:x-amz-grant-full-control", "id=1"),
    ("s3:PutObject", {"grant_read": "id=1"}, "s3:x-amz-grant-read", "id=1"),
    ("s3:PutObject", {"grant_read_acp": "id=1"}, "s3:x-amz-grant-read-acp", "id=1"),
    ("s3:PutObject", {"grant_write_acp": "id=1"}, "s3:x-amz-grant-write-acp", "id=1"),
    ("s3:PutObject", {}, "s3:ObjectCreationOperation", "true"),
    ("s3:PutObject", {"if_match": '"e"'}, "s3:if-match", '"e"'),
    ("s3:DeleteObject", {"if_match": '"e"'}, "s3:if-match", '"e"'),
    ("s3:PutObject", {"if_none_match": "*"}, "s3:if-none-match", "*"),
    ("s3:PutObject", {"server_side_encryption": "aws:kms"}, SSE, "aws:kms"),
    ("s3:PutObject", {"ssekms_key_id": "arn:k"}, f"{SSE}-aws-kms-key-id", "arn:k"),
    ("s3:PutObject", {"sse_customer_algorithm": "AES256"}, f"{SSE}-customer-algorithm", "AES256"),
    ("s3:PutObject", {"storage_class": "GLACIER"}, "s3:x-amz-storage-class", "GLACIER"),
    ("s3:PutObject", {"website_redirect_location": "/b"}, "s3:x-amz-website-redirect-location", "/b"),
    ("s3:PutObject", {"tagging": "Team=h+r&x="}, "s3:RequestObjectTag/Team", "h r"),
    ("s3:PutObject", {"tagging": "Team=h+r&x="}, "s3:RequestObjectTagKeys", ["Team", "x"]),
    ("s3:PutObject", {"object_lock_mode": "GOVERNANCE"}, "s3:object-lock-mode", "GOVERNANCE"),
    ("s3:PutObject", LOCKED, "s3:object-lock-retain-until-date", "2030-01-31T00:00:00Z"),
    ("s3:PutObject", LOCKED, "s3:object-lock-remaining-retention-days", "29"),
    ("s3:PutObject", {"object_lock_legal_hold_status": "ON"}, "s3:object-lock-legal-hold", "ON"),
    ("s3:PutObject", {"object_lock_event_hold": "ON"}, "s3:object-lock-event-hold", "ON"),
    ("s3:PutObject", {"object_lock_event_hold_duration_days": 3}, "s3:object-lock-event-hold-duration-days", "3"),
]

# How a request was signed, and what it then carries.
SIGNED: list[tuple[Signing, dict[str, str]]] = [
    (Signing(), {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}),
    (
        Signing("REST-QUERY-STRING", "AWS", 0, "UNSIGNED-PAYLOAD"),
        {
            "s3:authType": "REST-QUERY-STRING",
            "s3:signatureversion": "AWS",
            "s3:signatureAge": "0",
            "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        },
    ),
]


def asked(client: AwsClient, operation: str, **params: Any) -> dict[str, Any]:
    """The condition keys of one request, as its event keeps them."""
    may(client, operation, **params)
    client.flush()
    context: dict[str, Any] = Event.objects.latest("id").context
    return context


def test_a_request_carries_the_keys_that_its_parameters_speak_of(sandbox):
    client = client_for(sandbox, "admin", clock=lambda: NOON)
    for operation, params, key, value in CARRIED:
        expected = value.format(account=sandbox.account_id) if isinstance(value, str) else value
        context = asked(client, operation, **ALWAYS[operation], **params)
        assert (operation, key, context.get(key)) == (operation, key, expected)


@pytest.mark.parametrize(("signing", "keys"), SIGNED)
def test_a_request_of_s3_says_how_it_was_signed(signing, keys, sandbox):
    context = asked(client_for(sandbox, "admin", signing=signing), "s3:GetBucketLocation", **BUCKET)
    of_signing = {"s3:authType", "s3:signatureversion", "s3:signatureAge", "s3:x-amz-content-sha256"}
    assert {key: context[key] for key in of_signing & set(context)} == keys


# What only the question about a further permission carries; AWS's words are cited beside the operation.
PASSING = {
    "iam:PassedToService": "ec2.amazonaws.com",
    "iam:AssociatedResourceArn": "arn:aws:ec2:*:{account}:instance/*",
}


def test_a_role_that_is_passed_says_to_whom(clerk, sandbox):
    client = clerk({"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"})
    context = asked(client, "iam:AddRoleToInstanceProfile", instance_profile_name="p", role_name="r")
    expected = {key: value.format(account=sandbox.account_id) for key, value in PASSING.items()}
    assert {key: context.get(key) for key in PASSING} == expected


def is_of_an_assertion(key: str) -> bool:
    """What only a signed assertion brings: tests/sts/test_federation.py has one that brings everything."""
    return key.startswith("saml:")


def test_every_declared_key_has_a_request_that_carries_it():
    shown = {key for _, _, key, _ in CARRIED}.union(PASSING, *(keys for _, keys in SIGNED))
    for operation in OPERATIONS.values():
        for check in operation.checks:
            exact = {key for key in check.keys if not key.endswith(("}", ">"))}
            assert {key for key in exact if not is_of_an_assertion(key)} <= shown, operation.name
            for prefix in {key[: key.rindex("/") + 1] for key in set(check.keys) - exact}:
                assert any(key.startswith(prefix) for key in shown), (operation.name, prefix)


@pytest.mark.parametrize("operation", ["iam:CreateUser", "s3:ListObjectsV2", "s3:PutObject", "s3:CreateBucket"])
def test_what_the_request_does_not_say_is_absent(operation, admin):
    always = {"s3:ResourceAccount", "s3:TlsVersion", "s3:authType", "s3:signatureversion", "s3:ObjectCreationOperation"}
    context = asked(admin, operation, **ALWAYS[operation])
    assert {key for key in context if not key.startswith("aws:")} <= always
    assert not {key for key in context if key.startswith(("aws:TagKeys", "aws:RequestTag"))}


# -- global keys ------------------------------------------------------------------------------------


def in_session(sandbox, *, mfa: bool, minutes: int = 5) -> AwsClient:
    user = User.objects.get(account=sandbox, name="admin")
    session = Session(issued_at=NOON - dt.timedelta(minutes=minutes), mfa=mfa)
    caller = callers.caller_for(sandbox, user, "ASIAEXAMPLE", session)
    return AwsClient(caller, Context(face="api", clock=lambda: NOON))


def test_a_long_term_key_has_no_mfa_key_at_all(admin):
    """Not `false`: "The key is not present in … requests that are made using long-term credentials"."""
    context = asked(admin, "iam:ListUsers")
    assert not {"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"} & set(context)


def test_a_session_without_mfa_says_false_and_has_no_age(sandbox):
    context = asked(in_session(sandbox, mfa=False), "iam:ListUsers")
    assert context["aws:MultiFactorAuthPresent"] == "false"
    assert context["aws:TokenIssueTime"] == "2030-01-01T11:55:00Z"
    assert "aws:MultiFactorAuthAge" not in context


def test_a_session_with_mfa_says_since_when_in_seconds(sandbox):
    context = asked(in_session(sandbox, mfa=True), "iam:ListUsers")
    assert context["aws:MultiFactorAuthPresent"] == "true"
    assert context["aws:MultiFactorAuthAge"] == "300"


def test_who_asks_and_from_where(root, sandbox):
    root.call("iam:TagUser", user_name="admin", tags=TAGS)
    client = client_for(
        sandbox, "admin", region="eu-west-1", source_ip="203.0.113.7", user_agent="aws-cli/1", clock=lambda: NOON
    )
    me = User.objects.get(account=sandbox, name="admin")
    assert asked(client, "s3:ListBuckets") == {
        "aws:CurrentTime": "2030-01-01T12:00:00Z",
        "aws:EpochTime": "1893499200",
        "aws:PrincipalAccount": sandbox.account_id,
        "aws:PrincipalArn": me.arn(sandbox.account_id),
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalTag/Team": "hr",
        "aws:PrincipalTag/costCenter": "1",
        "aws:PrincipalType": "User",
        "aws:RequestedRegion": "eu-west-1",
        "aws:ResourceAccount": sandbox.account_id,
        "aws:SecureTransport": "true",
        "aws:SourceIp": "203.0.113.7",
        "aws:UserAgent": "aws-cli/1",
        "aws:ViaAWSService": "false",
        "aws:userid": me.unique_id,
        "aws:username": "admin",
        "s3:ResourceAccount": sandbox.account_id,
        "s3:TlsVersion": "1.3",
        "s3:authType": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }


def test_the_root_user_has_no_user_name(root, sandbox):
    context = asked(root, "iam:ListUsers")
    assert "aws:username" not in context
    assert (context["aws:PrincipalType"], context["aws:userid"]) == ("Account", sandbox.account_id)


def test_iam_is_always_asked_in_us_east_1(sandbox):
    client = client_for(sandbox, "admin", region="eu-west-1")
    client.call_many([("iam:GetUser", USER), ("s3:GetBucketLocation", BUCKET)])
    client.flush()
    iam, s3 = Event.objects.order_by("-id")[1], Event.objects.latest("id")
    assert (iam.context["aws:RequestedRegion"], s3.context["aws:RequestedRegion"]) == ("us-east-1", "eu-west-1")


# -- policies decide by them ------------------------------------------------------------------------


def test_only_one_policy_may_be_attached(clerk):
    client = clerk(when("iam:AttachUserPolicy", {"ArnEquals": {"iam:PolicyARN": S3_READ}}))
    assert may(client, "iam:AttachUserPolicy", user_name="Sarah", policy_arn=S3_READ)
    assert not may(client, "iam:AttachUserPolicy", user_name="Sarah", policy_arn=ADMIN)
    assert not may(client, "iam:DetachUserPolicy", user_name="Sarah", policy_arn=S3_READ)


@pytest.mark.parametrize(
    ("create", "params", "tag"),
    [
        ("iam:CreateUser", {"user_name": "new"}, "iam:TagUser"),
        ("iam:CreatePolicy", {"policy_name": "New", "policy_document": DOCUMENT}, "iam:TagPolicy"),
    ],
)
def test_tags_at_creation_need_the_permission_to_tag_as_well(create, params, tag, clerk):
    client = clerk(when(create, {}))
    with pytest.raises(AccessDenied, match=f"is not authorized to perform: {tag} on resource: .*[nN]ew because"):
        client.call(create, tags=TAGS, **params)
    assert not User.objects.filter(name="new").exists()
    assert may(client, create, **params)

    other = params | ({"user_name": "other"} if "user_name" in params else {"policy_name": "Other"})
    assert may(clerk(when([create, tag], {})), create, tags=TAGS, **other)


def test_a_user_may_be_created_with_certain_tags_only(clerk):
    condition = {
        "StringEquals": {"aws:RequestTag/Team": ["hr", "sales"]},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "costCenter"]},
    }
    client = clerk(when(["iam:CreateUser", "iam:TagUser"], condition))

    def created(name: str, *tags: tuple[str, str]) -> bool:
        return may(client, "iam:CreateUser", user_name=name, tags=[{"Key": k, "Value": v} for k, v in tags])

    assert created("one", ("Team", "hr"))
    assert created("two", ("Team", "sales"), ("costCenter", "7"))
    assert not created("three", ("Team", "it"))
    assert not created("four", ("Team", "hr"), ("Owner", "me"))
    assert not created("five", ("Team", "hr"), ("costcenter", "7"))  # the case of tag keys counts as a value
    assert not created("six")


def test_only_temporary_tags_may_be_taken_away(root, clerk):
    """IAM User Guide, "Controlling access to and for IAM users and roles using tags"."""
    root.call("iam:TagUser", user_name="Sarah", tags=[*TAGS, {"Key": "temporary", "Value": "1"}])
    client = clerk(when("iam:UntagUser", {"ForAllValues:StringEquals": {"aws:TagKeys": ["temporary"]}}))
    assert may(client, "iam:UntagUser", user_name="Sarah", tag_keys=["temporary"])
    assert not may(client, "iam:UntagUser", user_name="Sarah", tag_keys=["temporary", "Team"])


@pytest.mark.parametrize("key", ["iam:ResourceTag/status", "aws:ResourceTag/status"])
def test_users_with_a_tag_may_be_deleted(key, root, clerk):
    """IAM User Guide, "IAM and AWS STS condition context keys", the example of iam:ResourceTag."""
    root.call("iam:TagUser", user_name="Sarah", tags=[{"Key": "status", "Value": "terminated"}])
    client = clerk(when("iam:DeleteUser", {"StringEquals": {key: "terminated"}}))
    assert may(client, "iam:DeleteUser", user_name="Sarah")
    assert not may(client, "iam:DeleteUser", user_name="amin")


def test_the_tags_of_a_policy_are_asked_for_by_the_global_key_only(root, clerk, sandbox):
    """The reference lists iam:ResourceTag for users and roles alone."""
    root.call("iam:CreatePolicy", policy_name="Own", policy_document=DOCUMENT, tags=TAGS)
    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Own"
    by_global = clerk(when("iam:GetPolicy", {"StringEquals": {"aws:ResourceTag/Team": "hr"}}))
    assert may(by_global, "iam:GetPolicy", policy_arn=arn)
    assert not may(by_global, "iam:GetPolicy", policy_arn=S3_READ)
    by_own = clerk(when("iam:GetPolicy", {"StringEquals": {"iam:ResourceTag/Team": "hr"}}))
    assert not may(by_own, "iam:GetPolicy", policy_arn=arn)


def test_a_folder_may_be_listed_a_few_keys_at_a_time(clerk):
    """S3 User Guide, "Bucket policy examples using condition keys": prefix, delimiter, max-keys."""
    condition = {
        "StringEquals": {"s3:prefix": ["", "home/"], "s3:delimiter": "/"},
        "NumericLessThanEquals": {"s3:max-keys": "10"},
    }
    client = clerk(when("s3:ListBucket", condition))

    def listed(**params: Any) -> bool:
        return may(client, "s3:ListObjectsV2", bucket="company1-hr", **params)

    assert listed(prefix="", delimiter="/", max_keys=10)
    assert listed(prefix="home/", delimiter="/", max_keys=9)
    assert not listed(prefix="home/", delimiter="/", max_keys=11)
    assert not listed(prefix="home/", delimiter="/")
    assert not listed(prefix="home/", max_keys=10)
    assert not listed(prefix="other/", delimiter="/", max_keys=10)
    assert not listed(delimiter="/", max_keys=10)
    assert not may(client, "s3:HeadBucket", bucket="company1-hr")


def test_only_encrypted_uploads_are_allowed(clerk):
    client = clerk(when("s3:PutObject", {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}))
    assert may(client, "s3:PutObject", **OBJECT, server_side_encryption="AES256")
    assert not may(client, "s3:PutObject", **OBJECT, server_side_encryption="aws:kms")
    assert not may(client, "s3:PutObject", **OBJECT)


def test_an_upload_must_leave_full_control_to_the_bucket_owner(clerk):
    condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    client = clerk(when(["s3:PutObject", "s3:PutObjectAcl"], condition))
    assert may(client, "s3:PutObject", **OBJECT, acl="bucket-owner-full-control")
    assert not may(client, "s3:PutObject", **OBJECT, acl="private")
    assert not may(client, "s3:PutObject", **OBJECT)


@pytest.mark.parametrize(
    ("params", "action"),
    [
        ({"acl": "private"}, "s3:PutObjectAcl"),
        ({"grant_read": "id=1"}, "s3:PutObjectAcl"),
        ({"tagging": "a=b"}, "s3:PutObjectTagging"),
        ({"object_lock_mode": "GOVERNANCE"}, "s3:PutObjectRetention"),
        ({"object_lock_legal_hold_status": "ON"}, "s3:PutObjectLegalHold"),
    ],
)
def test_an_upload_that_sets_more_needs_more(params, action, clerk):
    assert may(clerk(when("s3:PutObject", {})), "s3:PutObject", **OBJECT)
    assert not may(clerk(when("s3:PutObject", {})), "s3:PutObject", **OBJECT, **params)
    assert may(clerk(when(["s3:PutObject", action], {})), "s3:PutObject", **OBJECT, **params)


@pytest.mark.parametrize(
    ("params", "actions"),
    [
        ({"acl": "public-read"}, ["s3:PutBucketAcl"]),
        ({"object_ownership": "BucketOwnerEnforced"}, ["s3:PutBucketOwnershipControls"]),
        (
            {"object_lock_enabled_for_bucket": True},
            ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"],
        ),
        ({"create_bucket_configuration": {"Tags": TAGS}}, ["s3:TagResource"]),
    ],
)
def test_a_bucket_that_sets_more_needs_more(params, actions, clerk):
    """S3 API Reference, CreateBucket, "Permissions"."""
    for missing in actions:
        rest = [action for action in actions if action != missing]
        assert not may(clerk(when(["s3:CreateBucket", *rest], {})), "s3:CreateBucket", **NEW, **params)
    assert may(clerk(when(["s3:CreateBucket", *actions], {})), "s3:CreateBucket", **NEW, **params)


def test_a_private_bucket_needs_no_more(clerk):
    assert may(clerk(when("s3:CreateBucket", {})), "s3:CreateBucket", **NEW, acl="private")


def test_buckets_in_one_region_only(clerk):
    """S3 User Guide: "Allow a user to create a bucket in only the … Region"; key names ignore case."""
    client = clerk(when("s3:CreateBucket", {"StringLike": {"s3:LocationConstraint": "eu-west-1"}}))
    there = {"create_bucket_configuration": {"LocationConstraint": "eu-west-1"}}
    elsewhere = {"create_bucket_configuration": {"LocationConstraint": "eu-west-2"}}
    assert not may(client, "s3:CreateBucket", **NEW)
    assert not may(client, "s3:CreateBucket", **NEW, **elsewhere)
    assert may(client, "s3:CreateBucket", **NEW, **there)


def test_mfa_is_demanded_of_sessions_and_keys_alike(sandbox, root):
    """The recommended form: BoolIfExists also denies long-term keys, which lack the key; Bool does not."""

    def denied(operator: str) -> list[bool]:
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        statement |= {"Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}}
        root.call("iam:PutUserPolicy", user_name="admin", policy_name="mfa", policy_document=policy(statement))
        sandbox.refresh_from_db()
        clients = client_for(sandbox, "admin"), in_session(sandbox, mfa=False), in_session(sandbox, mfa=True)
        return [not may(client, "iam:ListUsers") for client in clients]

    assert denied("Bool") == [False, True, False]
    assert denied("BoolIfExists") == [True, True, False]


def test_mfa_must_be_fresh(sandbox, root, clerk):
    statement = when("iam:ListUsers", {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})
    clerk(statement)
    sandbox.refresh_from_db()
    user = User.objects.get(account=sandbox, name="clerk")

    def listed(minutes: int, mfa: bool = True) -> bool:
        session = Session(issued_at=NOON - dt.timedelta(minutes=minutes), mfa=mfa)
        caller = callers.caller_for(sandbox, user, "ASIAEXAMPLE", session)
        return may(AwsClient(caller, Context(face="api", clock=lambda: NOON)), "iam:ListUsers")

    assert [listed(59), listed(60), listed(5, mfa=False)] == [True, False, False]


@pytest.mark.parametrize(
    ("operation", "params", "named"),
    [
        ("iam:CreateUser", {"user_name": "eve"}, " on resource: arn:aws:iam::{account}:user/eve"),
        ("iam:GetUser", {"user_name": "Sarah"}, " on resource: user Sarah"),
        ("iam:GetUser", {"user_name": "ghost"}, " on resource: user ghost"),
        ("iam:GetUser", {}, " on resource: arn:aws:iam::{account}:user/clerk"),
        ("iam:GetGroup", {"group_name": "HR"}, " on resource: group HR"),
        ("iam:GetRole", {"role_name": "R"}, " on resource: role R"),
        ("iam:ListUsers", {}, " on resource: arn:aws:iam::{account}:user/"),
        ("iam:CreatePolicy", {"policy_name": "New", "policy_document": DOCUMENT}, " on resource: policy New"),
        ("iam:GetPolicy", {"policy_arn": S3_READ}, f" on resource: policy {S3_READ}"),
        ("iam:ListPolicies", {"scope": "All"}, " on resource: policy path /"),
        ("iam:ListPolicies", {"path_prefix": "/team/"}, " on resource: policy path /team/"),
        ("iam:GetAccountPasswordPolicy", {}, " on resource: *"),
        ("s3:ListBuckets", {}, ""),
        ("s3:GetBucketLocation", BUCKET, ' on resource: "arn:aws:s3:::company1-hr"'),
    ],
)
def test_a_refusal_names_the_resource_as_the_service_does(operation, params, named, clerk, sandbox):
    action = OPERATIONS[operation].checks[0].action
    with pytest.raises(AccessDenied) as refusal:
        clerk(when("sts:GetCallerIdentity", {})).call(operation, **params)
    named = named.format(account=sandbox.account_id)
    assert f"is not authorized to perform: {action}{named} because" in str(refusal.value)


def test_the_explanation_of_a_refusal_shows_the_keys_that_it_was_decided_on(clerk):
    client = clerk(when("iam:AttachUserPolicy", {"ArnEquals": {"iam:PolicyARN": S3_READ}}))
    with pytest.raises(AccessDenied) as refusal:
        client.call("iam:AttachUserPolicy", user_name="Sarah", policy_arn=ADMIN)
    details = client.call("iamconsole:ExplainOwnDecision", event_id=refusal.value.event_id)
    assert {"Key": "iam:PolicyARN", "Value": ADMIN} in details["Context"]
    (statement,) = details["Statements"]
    assert "iam:PolicyARN" in statement["Text"]


# -- over the wire ----------------------------------------------------------------------------------


@pytest.fixture
def key(root, clerk):
    """The clerk's access key, after its policy: `key(when(…))`."""

    def made(*statements: dict[str, Any]) -> tuple[str, str]:
        clerk(*statements)
        key = root.call("iam:CreateAccessKey", user_name="clerk")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    return made


def refused(call: Any, **params: Any) -> bool:
    try:
        call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return True
    return False


def link(client: Any) -> str:
    there = {"Bucket": "company1-hr", "Key": "Test.txt"}
    url: str = client.generate_presigned_url("get_object", Params=there)
    return url.removeprefix("http://testserver")


def opened(url: str, **headers: str) -> int:
    """The status with which a browser opens a link."""
    with closing(Client().get(url, headers={"host": "testserver", **headers})) as response:
        return response.status_code


def test_a_link_may_be_opened_and_a_signed_call_not_or_the_other_way_round(key):
    by_link = boto("s3", *key(when("s3:GetObject", {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}})))
    assert refused(by_link.get_object, Bucket="company1-hr", Key="Test.txt")
    assert opened(link(by_link)) == 200

    by_header = boto("s3", *key(when("s3:GetObject", {"StringEquals": {"s3:authType": "REST-HEADER"}})))
    assert not refused(by_header.head_object, Bucket="company1-hr", Key="Test.txt")
    assert opened(link(by_header)) == 403


@pytest.mark.parametrize(("limit", "status"), [("600000", 200), ("1999", 403)])
def test_a_link_may_be_used_for_so_many_milliseconds(limit, status, key, monkeypatch):
    """AWS Prescriptive Guidance, "Additional guardrails": the key can only shorten what a link says."""
    two_seconds_ago = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    # With `awscrt` installed, botocore signs with it, by a clock that it looks up elsewhere.
    for module in (botocore.auth, botocore.crt.auth):
        monkeypatch.setattr(module, "get_current_datetime", lambda remove_tzinfo=True: two_seconds_ago)
    condition = {"NumericLessThanEquals": {"s3:signatureAge": limit}}
    client = boto("s3", *key(when("s3:GetObject", condition)), signature_version="s3v4")
    assert opened(link(client)) == status
    assert refused(client.get_object, Bucket="company1-hr", Key="Test.txt")  # no link, so no age


def test_links_of_signature_version_2_are_told_apart(key):
    statement = when("s3:GetObject", {"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}})
    access_key = key(statement)
    old, new = (boto("s3", *access_key, signature_version=version) for version in ("s3", "s3v4"))
    assert "AWSAccessKeyId=" in link(old)
    assert opened(link(old)) == 403
    assert Event.objects.latest("id").context["s3:signatureAge"] == "0"
    assert opened(link(new)) == 200


def test_a_link_works_from_one_site_only(key):
    """S3 User Guide, "Restricting access to a specific HTTP referer"."""
    client = boto("s3", *key(when("s3:GetObject", {"StringLike": {"aws:Referer": "https://example.com/*"}})))

    assert opened(link(client), referer="https://example.com/page") == 200
    assert opened(link(client), referer="https://example.org/page") == 403
    assert opened(link(client)) == 403


def test_one_client_program_only(key):
    access_key = key(when("iam:ListUsers", {"StringLike": {"aws:UserAgent": "lab-client/*"}}))
    assert not refused(boto("iam", *access_key, user_agent="lab-client/1.0").list_users)
    assert refused(boto("iam", *access_key).list_users)


def test_boto3_may_upload_encrypted_objects_only(key):
    client = boto("s3", *key(when("s3:PutObject", {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}})))
    there = {"Bucket": "company1-hr", "Key": "new.txt", "Body": b"x"}
    assert refused(client.put_object, **there)
    assert refused(client.put_object, **there, ServerSideEncryption="aws:kms")
    assert not refused(client.put_object, **there, ServerSideEncryption="AES256")


def test_boto3_may_upload_signed_bodies_only(key):
    """S3 API Reference, "Bucket policy examples using Signature Version 4 related condition keys"."""
    statement = when("s3:PutObject", {"StringNotEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}})
    client = boto("s3", *key(statement), signature_version="s3v4")
    there = {"Bucket": "company1-hr", "Key": "new.txt"}
    url = client.generate_presigned_url("put_object", Params=there).removeprefix("http://testserver")
    assert Client().put(url, b"x", headers={"host": "testserver"}).status_code == 403
    assert not refused(client.put_object, **there, Body=b"x")


def test_boto3_tags_new_users_with_permission_only(key):
    client = boto("iam", *key(when(["iam:CreateUser", "iam:TagUser"], {"StringEquals": {"aws:RequestTag/Team": "hr"}})))
    assert refused(client.create_user, UserName="one", Tags=[{"Key": "Team", "Value": "it"}])
    assert not refused(client.create_user, UserName="two", Tags=[{"Key": "Team", "Value": "hr"}])


def test_a_console_session_shows_no_mfa_and_no_referer(as_user, sandbox):
    as_user("admin").get("/iam/users", headers={"host": "testserver", "referer": "http://testserver/iam/home"})
    context = Event.objects.filter(account=sandbox, name="ListUsers").latest("id").context
    assert context["aws:MultiFactorAuthPresent"] == "false"
    assert "aws:Referer" not in context


def test_keys_cost_no_query(admin):
    """A batch gathers what its calls have in common once, and nothing from the database."""
    asked = [("iam:GetUser", USER), ("s3:GetBucketLocation", BUCKET)]
    admin.call("iam:ListUsers")
    with CaptureQueriesContext(connection) as few:
        admin.call_many(asked)
    with CaptureQueriesContext(connection) as many:
        admin.call_many(asked * 20)
    assert len(few) == len(many) == 2  # the users, the buckets


def test_a_running_server_decides_by_the_same_keys(served):
    def client(service: str, key: dict[str, str], **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=served["endpoint"],
            region_name="us-east-1",
            aws_access_key_id=key["access_key_id"],
            aws_secret_access_key=key["secret_access_key"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
        )

    admin = client("iam", served["admin"])
    admin.create_user(UserName="clerk")
    made = admin.create_access_key(UserName="clerk")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    statements = [
        when("iam:ListUsers", {"StringLike": {"aws:UserAgent": "lab-client/*"}}),
        when("iam:AttachUserPolicy", {"ArnEquals": {"iam:PolicyARN": S3_READ}}),
        when("s3:ListBucket", {"StringEquals": {"s3:prefix": "home/"}}),
        when(
            "s3:GetObject",
            {
                "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
                "NumericLessThan": {"s3:signatureAge": "600000"},
                "StringLike": {"aws:Referer": "https://example.com/*"},
            },
        ),
        when(["iam:CreateUser", "iam:TagUser"], {"StringEquals": {"aws:RequestTag/Team": "hr"}}),
    ]
    admin.put_user_policy(UserName="clerk", PolicyName="its", PolicyDocument=policy(*statements))

    iam, s3 = client("iam", key), client("s3", key, signature_version="s3v4")
    assert refused(iam.list_users)
    assert not refused(client("iam", key, user_agent="lab-client/2").list_users)
    assert refused(iam.attach_user_policy, UserName="Sarah", PolicyArn=ADMIN)
    assert not refused(iam.attach_user_policy, UserName="Sarah", PolicyArn=S3_READ)
    assert refused(iam.create_user, UserName="one", Tags=[{"Key": "Team", "Value": "it"}])
    assert not refused(iam.create_user, UserName="two", Tags=[{"Key": "Team", "Value": "hr"}])
    assert refused(s3.list_objects_v2, Bucket="company1-hr")
    assert not refused(s3.list_objects_v2, Bucket="company1-hr", Prefix="home/")
    there = {"Bucket": "company1-hr", "Key": "Test.txt"}
    assert refused(s3.get_object, **there)
    url = s3.generate_presigned_url("get_object", Params=there)
    with urlopen(Request(url, headers={"Referer": "https://example.com/page"})) as answer:
        assert answer.read() == b"Hello!\n"
    with pytest.raises(HTTPError, match="403") as failure:
        urlopen(url)
    failure.value.close()


@pytest.mark.parametrize(
    ("direct", "forwarded", "proxies", "seen"),
    [
        ("203.0.113.9", "", 0, "203.0.113.9"),
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9"),
        ("2001:db8::1", "", 0, "2001:db8::1"),
        ("", "", 0, "127.0.0.1"),
        ("203.0.113.9", "198.51.100.1", 0, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, ::ffff:203.0.113.9", 1, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, nonsense", 1, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", 2, "127.0.0.1"),
    ],
)
def test_the_source_address_is_the_clients_as_policies_write_it(rf, settings, direct, forwarded, proxies, seen):
    settings.IAMCONSOLE_TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR=direct, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert source_address(request) == seen
