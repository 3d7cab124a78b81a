"""What is kept of a call, and the spellings of its members."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamconsole import wire
from iamconsole.wire import HIDDEN, record_of, sensitive_members
from tests.wire.shapes import MODELS, OPERATIONS, full

NOW = datetime(2026, 11, 24, 13, 2, 3, tzinfo=UTC)


def test_a_password_that_was_passed_in_is_hidden():
    params = {"UserName": "john", "Password": "hunter2", "PasswordResetRequired": True}
    assert record_of("iam", "CreateLoginProfile", params, "in") == {
        "userName": "john",
        "password": HIDDEN,
        "passwordResetRequired": True,
    }


def test_a_secret_that_was_given_out_is_left_out():
    key = {"UserName": "john", "AccessKeyId": "AKIA", "Status": "Active", "SecretAccessKey": "s", "CreateDate": NOW}
    assert record_of("iam", "CreateAccessKey", {"AccessKey": key}, "out") == {
        "accessKey": {
            "userName": "john",
            "accessKeyId": "AKIA",
            "status": "Active",
            "createDate": "Nov 24, 2026 1:02:03 PM",
        }
    }


def test_a_bucket_has_cloudtrails_name_and_a_body_leaves_no_trace():
    params = {"Bucket": "b", "Key": "k", "Body": b"x", "Metadata": {"a": "b"}, "SSEKMSKeyId": "arn:key", "Unknown": 1}
    assert record_of("s3", "PutObject", params, "in") == {
        "bucketName": "b",
        "key": "k",
        "metadata": {"a": "b"},
        "sSEKMSKeyId": "arn:key",
    }


def test_an_assumed_role_is_recorded_as_aws_shows_it():
    params = {"RoleArn": "r", "RoleSessionName": "s", "SerialNumber": "arn:mfa", "TokenCode": "123456"}
    assert record_of("sts", "AssumeRole", params, "in") == {
        "roleArn": "r",
        "roleSessionName": "s",
        "serialNumber": "arn:mfa",
    }
    credentials = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": NOW}
    assert record_of("sts", "AssumeRole", {"Credentials": credentials}, "out") == {
        "credentials": {"accessKeyId": "ASIA", "sessionToken": "t", "expiration": "Nov 24, 2026 1:02:03 PM"}
    }


def test_a_text_beyond_the_size_of_a_field_is_left_out():
    chain = {"CertificateChain": "x" * (100 * 1024 + 1), "Path": "/"}
    assert record_of("iam", "UploadServerCertificate", chain, "in") == {
        "certificateChain": {"omitted": True},
        "path": "/",
    }


def test_lists_stay_lists():
    params = {"UserName": "john", "Tags": [{"Key": "k", "Value": "v"}], "Path": None}
    assert record_of("iam", "CreateUser", params, "in")["tags"] == [{"key": "k", "value": "v"}]


def test_an_operation_without_parameters_or_result_leaves_nothing():
    assert record_of("iam", "GetAccountSummary", {"x": 1}, "in") == {}
    assert record_of("iam", "DeleteUser", {"x": 1}, "out") == {}


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_every_operations_record_is_plain_json_without_secrets(service, operation):
    model = MODELS[service].operation_model(operation)
    for shape, direction in ((model.input_shape, "in"), (model.output_shape, "out")):
        if shape is not None:
            text = json.dumps(record_of(service, operation, full(shape), direction))
            for secret in (
                "accessKeySecretType",
                "passwordType",
                "privateKeyType",
                "servicePassword",
                "clientTokenType",
            ):
                assert f"a {secret} " not in text


def test_the_sensitive_members_of_an_operation_are_known_by_path():
    assert sensitive_members("iam", "ChangePassword") == {"OldPassword", "NewPassword"}
    assert sensitive_members("iam", "CreateAccessKey") == {"AccessKey.SecretAccessKey"}
    assert sensitive_members("iam", "CreateUser") == frozenset()
    assert sensitive_members("s3", "CreateMultipartUpload") >= {"SSECustomerKey"}
    assert "SSEKMSKeyId" not in sensitive_members("s3", "CreateMultipartUpload")
    assert sensitive_members("dynamodb", "PutItem") == frozenset()  # its AttributeValue holds itself


@pytest.mark.parametrize(
    ("member", "keyword"),
    [("UserName", "user_name"), ("SSHPublicKeyId", "ssh_public_key_id"), ("MFADevices", "mfa_devices"), ("ACL", "acl")],
)
def test_a_member_as_a_keyword(member, keyword):
    assert wire.snake(member) == keyword


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_members_and_keywords_are_one_to_one(service, operation):
    shape = MODELS[service].operation_model(operation).input_shape
    params = {} if shape is None else dict.fromkeys(shape.members)
    there = wire.keywords(service, operation, params)
    assert len(there) == len(params)
    assert all(name.isidentifier() for name in there)
    assert wire.members(service, operation, there) == params


def test_a_member_that_is_not_there_has_no_keyword():
    with pytest.raises(KeyError):
        wire.keywords("iam", "CreateUser", {"Colour": "red"})
