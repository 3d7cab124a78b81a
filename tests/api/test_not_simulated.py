"""What is not here says so, in the form of its own protocol, so that an SDK shows the sentence."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from django.test import Client

from iamconsole.cloudtrail.models import Event
from iamconsole.sandboxes import lifecycle
from tests.boto import boto

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(sandbox):
    admin = lifecycle.describe(sandbox)["admin"]
    return admin["access_key_id"], admin["secret_access_key"]


#    service       method                    parameters                 operation           code
CALLS = [
    ("iam", "generate_organizations_access_report", {"EntityPath": "o-a/r-ab12/ou-ab12-abcdefgh"}, "InvalidAction"),
    ("sns", "list_topics", {}, "InvalidAction"),
    ("ec2", "describe_instances", {}, "InvalidAction"),
    ("dynamodb", "list_tables", {}, "UnknownOperationException"),
    ("dynamodbstreams", "list_streams", {}, "UnknownOperationException"),
    ("kms", "list_keys", {}, "UnknownOperationException"),
    ("logs", "start_live_tail", {"logGroupIdentifiers": ["arn:aws:logs:us-east-1:1:log-group:a"]}, None),
    ("cloudwatch", "list_dashboards", {}, "UnknownOperationException"),
    ("lambda", "list_functions", {}, "UnknownOperationException"),
    ("eks", "create_cluster", {"name": "c", "roleArn": "r", "resourcesVpcConfig": {}}, "UnknownOperationException"),
    ("s3", "get_bucket_website", {"Bucket": "a-bucket"}, "NotImplemented"),
    ("cloudfront", "list_distributions", {}, "InvalidAction"),
    ("route53", "list_hosted_zones", {}, "InvalidAction"),
    # Only our own pages call it.
    ("ec2", "describe_regions", {}, "InvalidAction"),
]


@pytest.mark.parametrize(("service", "method", "parameters", "code"), CALLS)
def test_an_sdk_shows_a_sentence(key, service, method, parameters, code):
    known = Event.objects.count()
    client = boto(service, *key)
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**parameters)
    error = caught.value.response["Error"]
    operation = client.meta.method_to_api_mapping[method]
    if code is not None:
        assert error["Code"] == code
        assert error["Message"] == f"The operation {operation} of {service} is not simulated here."
    assert "is not simulated here" in error["Message"]
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    assert Event.objects.count() == known


@pytest.mark.parametrize(
    ("service", "method"),
    [("ec2", "describe_instances"), ("dynamodb", "list_tables"), ("lambda", "list_functions"), ("s3", "list_buckets"),
     ("route53", "list_hosted_zones"), ("iam", "list_users")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("access_key_id", "codes"),
    [
        (
            "AKIAIOSFODNN7EXAMPLE",
            ("AuthFailure", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidClientTokenId"),
        ),
        ("", ("SignatureDoesNotMatch", "InvalidSignatureException")),
    ],
)  # fmt: skip
def test_who_it_is_comes_before_what_there_is(key, service, method, access_key_id, codes):
    with pytest.raises(ClientError) as caught:
        getattr(boto(service, access_key_id or key[0], "x" * 40), method)()
    assert caught.value.response["Error"]["Code"] in codes


@pytest.mark.parametrize("service", ["iam", "s3", "dynamodb"])
def test_a_region_that_there_is_not_is_refused(key, service):
    calls = {"iam": "list_users", "s3": "list_buckets", "dynamodb": "list_tables"}
    with pytest.raises(ClientError) as caught:
        getattr(boto(service, *key, region="mars-north-1"), calls[service])()
    error = caught.value.response["Error"]
    assert "region" in error["Message"]
    assert error["Code"] in ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "InvalidSignatureException")


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "af-south-1"])
def test_every_region_of_aws_is_good_for_a_global_service(key, region):
    assert boto("iam", *key, region=region).list_users()["Users"]


UNSIGNED = [
    ({"x-amz-target": "DynamoDB_20120810.ListTables"}, "application/x-amz-json-1.0", "application/x-amz-json"),
    ({"smithy-protocol": "rpc-v2-cbor", "amz-sdk-invocation-id": "1"}, "application/cbor", "application/cbor"),
    ({}, "application/x-www-form-urlencoded", "text/xml"),
]


@pytest.mark.parametrize(("headers", "content_type", "answered"), UNSIGNED)
def test_an_unsigned_call_is_refused_in_its_own_protocol(headers, content_type, answered):
    answer = Client().post("/", b"", content_type=content_type, headers=headers)
    assert answer.status_code in (400, 403)
    assert answer["Content-Type"].startswith(answered)
    assert b"MissingAuthenticationToken" in answer.content


def test_a_service_that_aws_lacks_too_says_so(key):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", "http://testserver/", headers={"X-Amz-Target": "Narnia.Dance"}, data="{}")
    SigV4Auth(Credentials(*key), "narnia", "us-east-1").add_auth(request)
    answer = Client().post(
        "/", "{}", content_type="application/json", headers=dict(request.headers), HTTP_HOST="testserver"
    )
    assert answer.status_code == 400
    assert json.loads(answer.content)["message"] == "The service narnia is not simulated here."
