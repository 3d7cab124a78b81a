"""Block Public Access, of a bucket and of its account: what may be saved, and who still gets in."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from django.test import Client

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied
from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, client_for, policy, unblock

pytestmark = pytest.mark.django_db
HR = "company1-hr"
OBJECTS = f"arn:aws:s3:::{HR}/*"
PUBLIC = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS})
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def blocking(*names):
    return {name: name in names for name in SETTINGS}


@pytest.fixture
def keys(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return known["access_key_id"], known["secret_access_key"]


@pytest.fixture
def s3(keys):
    return boto("s3", *keys)


def error_of(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]


def opened(sandbox):
    answer = Client().get(f"/s/{sandbox.sandbox.public_name}/{HR}/Test.txt")
    answer.close()
    return answer.status_code == 200


def test_a_new_bucket_blocks_all_and_one_without_a_configuration_says_so(s3):
    found = s3.get_public_access_block(Bucket=HR)["PublicAccessBlockConfiguration"]
    assert found == blocking(*SETTINGS)
    s3.delete_public_access_block(Bucket=HR)
    s3.delete_public_access_block(Bucket=HR)
    refused = error_of(s3.get_public_access_block, Bucket=HR)
    assert refused["Code"] == "NoSuchPublicAccessBlockConfiguration"
    assert refused["Message"] == "The public access block configuration was not found"


def test_a_public_policy_is_not_saved_and_the_refusal_says_why(s3, sandbox):
    refused = error_of(s3.put_bucket_policy, Bucket=HR, Policy=PUBLIC)
    assert refused["Code"] == "AccessDenied"
    assert refused["Message"] == (
        f"User: arn:aws:iam::{sandbox.account_id}:user/admin is not authorized to perform: s3:PutBucketPolicy on "
        f'resource: "arn:aws:s3:::{HR}" because public policies are prevented by the BlockPublicPolicy setting in S3 '
        "Block Public Access."
    )
    assert error_of(s3.get_bucket_policy_status, Bucket=HR)["Code"] == "NoSuchBucketPolicy"
    someone = {"AWS": f"arn:aws:iam::{sandbox.account_id}:user/amin"}
    s3.put_bucket_policy(Bucket=HR, Policy=policy(allow("s3:GetObject", OBJECTS) | {"Principal": someone}))
    assert s3.get_bucket_policy_status(Bucket=HR)["PolicyStatus"] == {"IsPublic": False}


def test_a_bucket_that_is_public_already_is_restricted_at_once(s3, sandbox):
    s3.put_public_access_block(Bucket=HR, PublicAccessBlockConfiguration=blocking())
    s3.put_bucket_policy(Bucket=HR, Policy=PUBLIC)
    assert s3.get_bucket_policy_status(Bucket=HR)["PolicyStatus"] == {"IsPublic": True}
    assert opened(sandbox)
    amin = client_for(sandbox, "amin")
    s3.put_public_access_block(Bucket=HR, PublicAccessBlockConfiguration=blocking("RestrictPublicBuckets"))
    assert not opened(sandbox)
    # "authorized users within the bucket owner's account" keep what the policy gives them.
    amin.call("s3:GetObject", bucket=HR, key="Test.txt")["Body"].close()
    event = Event.objects.filter(name="GetObject", outcome="explicit_deny").latest("id")
    assert event.resource_policy["block_public_access"] == "RestrictPublicBuckets"
    s3.put_public_access_block(Bucket=HR, PublicAccessBlockConfiguration=blocking("BlockPublicPolicy"))
    assert opened(sandbox)


def test_the_accounts_settings_count_for_every_bucket(root, sandbox, s3, keys):
    control = boto("s3control", *keys)
    account = {"AccountId": sandbox.account_id}
    unblock(root)
    s3.put_bucket_policy(Bucket=HR, Policy=PUBLIC)
    missing = error_of(control.get_public_access_block, **account)
    assert missing["Code"] == "NoSuchPublicAccessBlockConfiguration"
    control.put_public_access_block(**account, PublicAccessBlockConfiguration=blocking("RestrictPublicBuckets"))
    found = control.get_public_access_block(**account)["PublicAccessBlockConfiguration"]
    assert found == blocking("RestrictPublicBuckets")
    assert not opened(sandbox)
    control.put_public_access_block(**account, PublicAccessBlockConfiguration=blocking("BlockPublicPolicy"))
    assert opened(sandbox)
    assert error_of(s3.put_bucket_policy, Bucket=HR, Policy=PUBLIC)["Code"] == "AccessDenied"
    control.delete_public_access_block(**account)
    s3.put_bucket_policy(Bucket=HR, Policy=PUBLIC)
    assert error_of(control.get_public_access_block, AccountId="999999999999")["Code"] == "AccessDenied"


def test_another_account_is_shut_out_of_a_public_bucket_however_its_policy_names_it(root, sandbox, s3):
    second = Account.objects.create(
        sandbox=sandbox.sandbox,
        account_id="111122223333",
        name="B",
        root_email="b@example.com",
        created=sandbox.created,
    )
    s3.put_public_access_block(Bucket=HR, PublicAccessBlockConfiguration=blocking())
    both = policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS},
        {"Effect": "Allow", "Principal": {"AWS": second.account_id}, "Action": "s3:GetObject", "Resource": OBJECTS},
    )
    s3.put_bucket_policy(Bucket=HR, Policy=both)
    theirs = client_for(second)
    theirs.call("s3:GetObject", bucket=HR, key="Test.txt")["Body"].close()
    s3.put_public_access_block(Bucket=HR, PublicAccessBlockConfiguration=blocking("RestrictPublicBuckets"))
    with pytest.raises(AccessDenied, match="explicit deny in a resource-based policy"):
        theirs.call("s3:GetObject", bucket=HR, key="Test.txt")


def test_each_level_has_its_own_permission(root, sandbox):
    rights = policy(allow(["s3:PutBucketPublicAccessBlock"]))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="own", policy_document=rights)
    amin = client_for(sandbox, "amin")
    amin.call("s3:DeletePublicAccessBlock", bucket=HR)
    for operation, action, params in (
        ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", {"bucket": HR}),
        ("s3control:GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", {"account_id": sandbox.account_id}),
        ("s3control:DeletePublicAccessBlock", "s3:PutAccountPublicAccessBlock", {"account_id": sandbox.account_id}),
    ):
        with pytest.raises(AccessDenied, match=action):
            amin.call(operation, **params)


def test_a_call_of_s3_control_is_none_of_a_bucket(keys, sandbox):
    """botocore puts the account's ID before the host, where a virtual host has its bucket."""
    from django.test import RequestFactory

    from iamconsole.api.middleware import bucket_of

    host = f"{sandbox.account_id}.localhost:8000"
    make = RequestFactory().get
    path = "/v20180820/configuration/publicAccessBlock"
    assert bucket_of(make(path, HTTP_HOST=host, HTTP_X_AMZ_ACCOUNT_ID=sandbox.account_id)) is None
    assert bucket_of(make(path, HTTP_HOST=host)) == sandbox.account_id
