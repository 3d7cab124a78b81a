"""`manage.py sandbox`, and that two sandboxes are two worlds."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AwsError
from iamconsole.iam.models import AccessKey, User
from iamconsole.s3.models import Bucket, StoredObject
from tests.boto import boto
from tests.factories import client_for

pytestmark = pytest.mark.django_db


def sandbox(*arguments):
    out = StringIO()
    call_command("sandbox", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_create_prints_one_line_with_everything_a_script_needs():
    [made] = sandbox("create", "--account-id", "012345678901")
    assert made["account_id"] == "012345678901"
    assert made["endpoint"].startswith("http")
    assert set(made["root"]) == {"email", "password"}
    assert set(made["admin"]) == {"user_name", "password", "access_key_id", "secret_access_key"}
    sts = boto("sts", made["admin"]["access_key_id"], made["admin"]["secret_access_key"])
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::012345678901:user/admin"


def test_the_course_fixture_is_the_courses():
    [made] = sandbox("create")
    account = Account.objects.get(account_id=made["account_id"])
    assert (account.name, account.root_email) == ("HR", "HR@company1.com")
    assert sorted(User.objects.filter(account=account).values_list("name", flat=True)) == ["Sarah", "admin", "amin"]
    assert sorted(Bucket.objects.filter(account=account).values_list("name", "region")) == [
        ("company1-hr", "us-west-2"),
        ("company1-logs", "us-west-2"),
        ("company1-sales", "us-west-2"),
    ]
    assert StoredObject.objects.get(bucket__account=account, key="Test.txt").size == 7
    assert not Event.objects.filter(account=account).exists()


def test_empty_has_an_administrator_and_bare_only_a_root_key():
    [empty] = sandbox("create", "--fixture", "empty")
    assert User.objects.get(account__account_id=empty["account_id"]).name == "admin"
    [bare] = sandbox("create", "--fixture", "bare")
    assert bare["admin"] is None
    assert not User.objects.filter(account__account_id=bare["account_id"]).exists()
    root = boto("iam", bare["root"]["access_key_id"], bare["root"]["secret_access_key"])
    root.create_user(UserName="first")
    assert root.get_user()["User"]["Arn"] == f"arn:aws:iam::{bare['account_id']}:root"


@pytest.mark.parametrize("account_id", ["12345678901", "1234567890123", "abcdefghijkl", "٠١٢٣٤٥٦٧٨٩٠١"])
def test_a_malformed_account_id_is_an_error(account_id):
    with pytest.raises(CommandError, match="12 digits"):
        sandbox("create", "--account-id", account_id)
    assert not Sandbox.objects.exists()


def test_a_taken_account_id_is_an_error():
    sandbox("create", "--account-id", "111122223333")
    with pytest.raises(CommandError, match="The account ID 111122223333 is taken"):
        sandbox("create", "--account-id", "111122223333")
    assert Sandbox.objects.count() == 1


def test_reset_brings_the_start_state_back_with_the_same_credentials(django_capture_on_commit_callbacks):
    [made] = sandbox("create")
    iam = boto("iam", made["admin"]["access_key_id"], made["admin"]["secret_access_key"])
    s3 = boto("s3", made["admin"]["access_key_id"], made["admin"]["secret_access_key"])
    iam.create_user(UserName="john")
    iam.create_group(GroupName="HR")
    iam.delete_user(UserName="amin")
    s3.delete_object(Bucket="company1-hr", Key="Test.txt")
    s3.delete_bucket(Bucket="company1-hr")
    iam.delete_access_key(UserName="admin", AccessKeyId=made["admin"]["access_key_id"])

    with django_capture_on_commit_callbacks(execute=True):
        [again] = sandbox("reset", made["account_id"])

    assert again == made
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    assert names == ["admin", "amin", "Sarah"]
    assert iam.list_groups()["Groups"] == []
    assert s3.get_object(Bucket="company1-hr", Key="Test.txt")["Body"].read() == b"Hello!\n"


def test_reset_and_delete_touch_no_other_sandbox(django_capture_on_commit_callbacks):
    [one], [two] = sandbox("create"), sandbox("create")
    with django_capture_on_commit_callbacks(execute=True):
        sandbox("reset", one["account_id"])
        call_command("sandbox", "delete", one["account_id"], stdout=StringIO())
    assert [row["account_id"] for row in sandbox("list", "--json")] == [two["account_id"]]
    assert AccessKey.objects.count() == 1
    s3 = boto("s3", two["admin"]["access_key_id"], two["admin"]["secret_access_key"])
    assert s3.get_object(Bucket="company1-hr", Key="Test.txt")["Body"].read() == b"Hello!\n"


def test_a_sandbox_that_is_not_there_is_an_error():
    for act in ("reset", "delete"):
        with pytest.raises(CommandError, match="There is no account 999999999999"):
            sandbox(act, "999999999999")


def test_nothing_of_another_sandbox_can_be_named(admin, stranger, sandbox, other_sandbox):
    admin.call("iam:CreateUser", user_name="only-here")
    key = admin.call("iam:CreateAccessKey", user_name="only-here")["AccessKey"]["AccessKeyId"]
    admin.call("s3:CreateBucket", bucket="only-here")
    theirs = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    for action, params in (
        ("iam:GetUser", {"user_name": "only-here"}),
        ("iam:GetAccessKeyLastUsed", {"access_key_id": key}),
        ("iam:UpdateAccessKey", {"user_name": "amin", "access_key_id": key, "status": "Inactive"}),
        ("iam:GetPolicy", {"policy_arn": theirs}),
        ("iam:DeletePolicy", {"policy_arn": theirs}),
        ("s3:HeadBucket", {"bucket": "only-here"}),
        ("s3:DeleteBucket", {"bucket": "only-here"}),
        ("s3:GetObject", {"bucket": "only-here", "key": "x"}),
    ):
        with pytest.raises(AwsError) as error:
            stranger.call(action, **params)
        assert error.value.status == 404, action
    assert client_for(sandbox, "only-here")
