"""D16 and D17 of the course by boto3: whom a bucket policy can name, and what it adds to the user's own policies."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db
SALES = "company1-sales"
WHOLE, OBJECTS = f"arn:aws:s3:::{SALES}", f"arn:aws:s3:::{SALES}/*"


@pytest.fixture
def admin(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return {name: boto(name, known["access_key_id"], known["secret_access_key"]) for name in ("iam", "s3")}


@pytest.fixture
def john(admin):
    """A developer: `Developers_Policy` lets him get the objects of company1-sales."""
    iam = admin["iam"]
    iam.create_user(UserName="john")
    iam.create_group(GroupName="Developers")
    document = policy(allow("s3:GetObject", OBJECTS), allow("ec2:*"))
    iam.put_group_policy(GroupName="Developers", PolicyName="Developers_Policy", PolicyDocument=document)
    iam.add_user_to_group(GroupName="Developers", UserName="john")
    key = iam.create_access_key(UserName="john")["AccessKey"]
    return boto("s3", key["AccessKeyId"], key["SecretAccessKey"])


def granting(principal, action, resource):
    return policy({"Sid": "Course", "Principal": {"AWS": principal}, **allow(action, resource)})


def error_of(call, **params):
    with pytest.raises(ClientError) as error:
        call(Bucket=SALES, **params)
    return error.value.response["Error"]


def refusal(call, **params):
    error = error_of(call, **params)
    assert error["Code"] == "AccessDenied"
    return error["Message"].partition(" because ")[2] or error["Message"].rpartition(" with ")[2]


NOT_HIS = "no identity-based policy allows the s3:{} action"


def test_d16_a_group_is_nobody_that_a_bucket_policy_can_name(admin, sandbox, john):
    for principal in (
        f"arn:aws:iam::{sandbox.account_id}:group/accounting",
        "123456789",
        "arn:aws:iam::123456789:root",
    ):
        error = error_of(admin["s3"].put_bucket_policy, Policy=granting(principal, "s3:ListBucket", WHOLE))
        assert (error["Code"], error["Message"]) == ("MalformedPolicy", "Invalid principal in policy")
    assert error_of(admin["s3"].get_bucket_policy)["Code"] == "NoSuchBucketPolicy"
    his = f"arn:aws:iam::{sandbox.account_id}:user/john"
    admin["s3"].put_bucket_policy(Bucket=SALES, Policy=granting(his, "s3:ListBucket", WHOLE))
    kept = json.loads(admin["s3"].get_bucket_policy(Bucket=SALES)["Policy"])
    assert kept["Statement"][0]["Principal"] == {"AWS": his}
    # Deleted, he is nobody: what stays is his unique ID, which no new john has.
    unique_id = admin["iam"].get_user(UserName="john")["User"]["UserId"]
    admin["iam"].remove_user_from_group(GroupName="Developers", UserName="john")
    for key in admin["iam"].list_access_keys(UserName="john")["AccessKeyMetadata"]:
        admin["iam"].delete_access_key(UserName="john", AccessKeyId=key["AccessKeyId"])
    admin["iam"].delete_user(UserName="john")
    kept = json.loads(admin["s3"].get_bucket_policy(Bucket=SALES)["Policy"])
    assert kept["Statement"][0]["Principal"] == {"AWS": unique_id}


def test_d17_the_bucket_policy_and_johns_own_are_one_union(admin, sandbox, john):
    his = f"arn:aws:iam::{sandbox.account_id}:user/john"
    put = admin["s3"].put_bucket_policy
    assert error_of(put, Policy=granting(his, "s3:GetObject", WHOLE))["Message"] == (
        "Action does not apply to any resource(s) in statement"
    )
    missing = f"arn:aws:iam::{sandbox.account_id}:user/nobody"
    assert error_of(put, Policy=granting(missing, "s3:*", WHOLE))["Message"] == "Invalid principal in policy"
    put(Bucket=SALES, Policy=granting(his, "s3:*", WHOLE))

    assert [one["Key"] for one in john.list_objects_v2(Bucket=SALES)["Contents"]] == ["report.csv"]
    john.get_object(Bucket=SALES, Key="report.csv")["Body"].read()
    assert refusal(john.put_object, Key="new", Body=b"x") == NOT_HIS.format("PutObject")
    assert refusal(john.delete_object, Key="report.csv") == NOT_HIS.format("DeleteObject")
    with pytest.raises(ClientError, match="s3:ListAllMyBuckets"):
        john.list_buckets()
    own = john.get_bucket_policy(Bucket=SALES)["Policy"]
    john.delete_bucket_policy(Bucket=SALES)
    put(Bucket=SALES, Policy=own)
    assert error_of(john.delete_bucket)["Code"] == "BucketNotEmpty"

    john.put_bucket_policy(Bucket=SALES, Policy=granting(his, "s3:*", [WHOLE, OBJECTS]))
    john.put_object(Bucket=SALES, Key="new", Body=b"x")
    admin["iam"].remove_user_from_group(GroupName="Developers", UserName="john")
    john.get_object(Bucket=SALES, Key="report.csv")["Body"].read()
    denied = policy(
        {"Principal": {"AWS": his}, **allow("s3:*", [WHOLE, OBJECTS])},
        {"Principal": {"AWS": his}, **deny("s3:DeleteObject", OBJECTS)},
    )
    john.put_bucket_policy(Bucket=SALES, Policy=denied)
    assert refusal(john.delete_object, Key="new") == "an explicit deny in a resource-based policy"
    many = john.delete_objects(Bucket=SALES, Delete={"Objects": [{"Key": "new"}]})
    assert [one["Code"] for one in many["Errors"]] == ["AccessDenied"]
