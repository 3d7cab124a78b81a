"""The credential report: when it is made, and what is in it (IAM User Guide, "Generate credential reports")."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.core.errors import AwsError
from iamconsole.iam.models import AccessKey, LoginProfile, User
from tests.boto import boto
from tests.factories import client_for
from tests.iam.keys import SIGNING_CERTIFICATE, certificate, elliptic_key
from tests.iam.test_rules import assigned_device

pytestmark = pytest.mark.django_db

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def told(client):
    """The report by user."""
    client.call("iam:GenerateCredentialReport")
    text = client.call("iam:GetCredentialReport")["Content"].decode()
    assert text.splitlines()[0] == HEADER
    return {row["user"]: row for row in csv.DictReader(io.StringIO(text))}


def iso(moment):
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def at(sandbox, moment, **more):
    return client_for(sandbox, "admin", clock=lambda: moment, **more)


def test_a_report_is_made_once_in_four_hours_and_is_to_be_had_for_as_long(sandbox, admin):
    with pytest.raises(AwsError) as error:
        admin.call("iam:GetCredentialReport")
    assert (error.value.code, error.value.status) == ("ReportNotPresent", 410)

    noon = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
    assert at(sandbox, noon).call("iam:GenerateCredentialReport") == {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }
    admin.call("iam:CreateUser", user_name="later")
    almost = noon + dt.timedelta(hours=4, seconds=-1)
    assert at(sandbox, almost).call("iam:GenerateCredentialReport") == {"State": "COMPLETE"}
    found = at(sandbox, almost).call("iam:GetCredentialReport")
    assert (found["GeneratedTime"], found["ReportFormat"]) == (noon, "text/csv")
    assert b"later" not in found["Content"]

    after = noon + dt.timedelta(hours=4)
    with pytest.raises(AwsError) as error:
        at(sandbox, after).call("iam:GetCredentialReport")
    assert (error.value.code, error.value.status) == ("ReportExpired", 410)
    assert at(sandbox, after).call("iam:GenerateCredentialReport")["State"] == "STARTED"
    assert b"later" in at(sandbox, after).call("iam:GetCredentialReport")["Content"]


def test_the_root_user_comes_first_and_the_others_in_order_of_name(admin):
    assert list(told(admin)) == ["<root_account>", "admin", "amin", "Sarah"]


def test_a_user_without_credentials_has_none(admin, sandbox):
    row = told(admin)["amin"]
    user = User.objects.get(name="amin")
    assert row["arn"] == f"arn:aws:iam::{sandbox.account_id}:user/amin"
    assert row["user_creation_time"] == iso(user.created)
    rest = [row[column] for column in HEADER.split(",")[3:]]
    no_key, no_certificate = ["false", "N/A", "N/A", "N/A", "N/A"], ["false", "N/A"]
    assert rest == ["false", "N/A", "N/A", "N/A", "false", *no_key, *no_key, *no_certificate, *no_certificate]


def test_passwords_are_told_with_their_next_rotation(admin, as_user):
    admin.call("iam:CreateLoginProfile", user_name="Sarah", password="Passw0rd!")
    admin.call("iam:UpdateAccountPasswordPolicy", max_password_age=90)
    as_user("amin")  # makes a password and signs in with it
    found = told(admin)
    changed = LoginProfile.objects.get(user__name="Sarah").changed
    sarah, amin = found["Sarah"], found["amin"]
    assert (sarah["password_enabled"], sarah["password_last_used"]) == ("true", "no_information")
    assert sarah["password_last_changed"] == iso(changed)
    assert sarah["password_next_rotation"] == iso(changed + dt.timedelta(days=90))
    assert amin["password_last_used"] == iso(User.objects.get(name="amin").password_last_used)


def test_the_root_users_password_is_told_from_the_event_history(admin, sandbox, as_user):
    as_user()
    row = told(admin)["<root_account>"]
    assert row["arn"] == f"arn:aws:iam::{sandbox.account_id}:root"
    assert row["password_enabled"] == "true"
    assert row["password_last_used"] not in ("no_information", "N/A")
    assert row["password_last_changed"] == iso(sandbox.created)
    assert row["password_next_rotation"] == "not_supported"


def test_devices_and_certificates_are_told(admin, root):
    admin.call("iam:CreateUser", user_name="john")
    assigned_device(admin, "john")
    first = admin.call("iam:UploadSigningCertificate", user_name="john", certificate_body=SIGNING_CERTIFICATE)
    second = certificate("second", elliptic_key())
    admin.call("iam:UploadSigningCertificate", user_name="john", certificate_body=second)
    asked = {"user_name": "john", "certificate_id": first["Certificate"]["CertificateId"]}
    admin.call("iam:UpdateSigningCertificate", **asked, status="Inactive")
    found = told(admin)
    john = found["john"]
    assert (john["mfa_active"], found["amin"]["mfa_active"]) == ("true", "false")
    assert (john["cert_1_active"], john["cert_2_active"]) == ("false", "true")
    assert john["cert_1_last_rotated"] == iso(first["Certificate"]["UploadDate"])


def test_keys_are_told_with_their_last_use(admin, sandbox):
    made = [admin.call("iam:CreateAccessKey", user_name="amin")["AccessKey"] for _ in range(2)]
    admin.call("iam:AttachUserPolicy", user_name="amin", policy_arn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    first, second = ((key["AccessKeyId"], key["SecretAccessKey"]) for key in made)
    boto("sts", *first, region="eu-west-1").get_caller_identity()
    boto("s3", *second).list_buckets()
    row = told(admin)["amin"]
    assert row["access_key_1_active"] == "true"
    assert row["access_key_1_last_rotated"] == iso(made[0]["CreateDate"])
    assert (row["access_key_1_last_used_region"], row["access_key_1_last_used_service"]) == ("eu-west-1", "sts")
    assert row["access_key_1_last_used_date"] != "N/A"
    # "The last used service is not Region-specific, such as Amazon S3."
    assert (row["access_key_2_last_used_region"], row["access_key_2_last_used_service"]) == ("N/A", "s3")


def test_a_report_on_many_users_takes_as_many_queries_as_one_on_few(admin, sandbox):
    with CaptureQueriesContext(
        connection,
    ) as few:
        told(admin)
    sandbox.credential_report.delete()
    users = User.objects.bulk_create(
        User(account=sandbox, name=f"u{n}", unique_id=f"AIDA{n:017d}", created=sandbox.created) for n in range(300)
    )
    AccessKey.objects.bulk_create(
        AccessKey(account=sandbox, user=user, access_key_id=f"AKIA{n:016d}", secret=b"", created=sandbox.created)
        for n, user in enumerate(users)
    )
    with CaptureQueriesContext(connection) as many:
        assert len(told(admin)) == 304
    assert len(many) <= len(few)


def test_a_report_is_of_its_own_account(admin, stranger):
    admin.call("iam:CreateUser", user_name="ours-alone")
    told(admin)
    assert "ours-alone" not in told(stranger)


def test_the_summary_counts_what_there_is_and_remembers_the_token_version(admin):
    summary = admin.call("iam:GetAccountSummary")["SummaryMap"]
    assert summary["GlobalEndpointTokenVersion"] == 1
    for asked, version in (("v2Token", 2), ("v1Token", 1)):
        admin.call("iam:SetSecurityTokenServicePreferences", global_endpoint_token_version=asked)
        assert admin.call("iam:GetAccountSummary")["SummaryMap"]["GlobalEndpointTokenVersion"] == version
