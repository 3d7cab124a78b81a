"""botocore's service models, loaded when first needed and kept.

Only the model files are used: no session, client, endpoint or credential
code of botocore runs in this room.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

from iamconsole.wire.problems import UnknownOperation, UnknownService, WireError
from iamconsole.wire.request import HttpRequest, text_pairs
from iamconsole.wire.sigv4 import Signature

# Where the name in the credential scope is not botocore's name for the service.
SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "aws-marketplace": "meteringmarketplace",
    "awsssoportal": "sso",
    "sso": "sso-admin",
    "awsssooidc": "sso-oidc",
    "lex": "lex-models",
    "mobiletargeting": "pinpoint",
    "rds-db": "rds",
    "kinesisanalytics": "kinesisanalyticsv2",
    "aoss": "opensearchserverless",
    "execute-api": "apigatewaymanagementapi",
    "iotdata": "iot-data",
}
# Unsigned requests say which service they mean by the API version (AssumeRoleWithWebIdentity needs no signature).
VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2016-11-15": "ec2"}

_loader = Loader()


@cache
def _services() -> frozenset[str]:
    return frozenset(_loader.list_available_services("service-2"))


@cache
def service_model(service: str) -> Any:
    """botocore's ServiceModel for `service` ("iam"); raises UnknownService."""
    if service not in _services():
        raise UnknownService(service)
    return ServiceModel(_loader.load_service_model(service, "service-2"), service)


def operation_model(service: str, operation: str) -> Any:
    """botocore's OperationModel; raises UnknownService or UnknownOperation."""
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError:
        raise no_such_operation(service, operation) from None


@cache
def protocol_of(service: str) -> str:
    """The protocol that SDKs speak to `service`: query, ec2, json, rest-json, rest-xml or smithy-rpc-v2-cbor."""
    return str(service_model(service).resolved_protocol)


def no_such_operation(service: str, action: str, version: str | None = None) -> UnknownOperation:
    """The refusal for an operation that `service` does not have, in the words of its protocol."""
    protocol = protocol_of(service)
    if protocol in ("query", "ec2"):
        version = version or str(service_model(service).metadata["apiVersion"])
        code, status = "InvalidAction", 400
        message = f"Could not find operation {action} for version {version}"
    elif service == "s3":
        code, status = "MethodNotAllowed", 405
        message = "The specified method is not allowed against this resource."
    else:
        code, status = "UnknownOperationException", 404 if protocol.startswith("rest") else 400
        message = f"The operation {action} does not exist."
    return UnknownOperation(service, action, code, message, status)


def service_for(signature: Signature | None, request: HttpRequest) -> str | None:
    """botocore's name of the service that `request` is for, or None when nothing in it says.

    The credential scope decides, since it is what is signed; then the
    X-Amz-Target header, then the Version of an unsigned query. An anonymous S3
    request looks like any other page request: None, and the caller knows its
    hosts and paths.
    """
    if signature is not None:
        name = signature.service
        if name == "s3" and request.path.startswith("/v20180820/") and "x-amz-account-id" in request.headers:
            return "s3control"
        name = SIGNING_NAMES.get(name, name)
        return name if name in _services() else None
    target = request.headers.get("x-amz-target", "").rpartition(".")[0]
    if target:
        for prefix, service in (("DynamoDB_", "dynamodb"), ("AmazonSSM", "ssm"), ("TrentService", "kms")):
            if target.startswith(prefix):
                return service
        name = target.rpartition(".")[2].partition("_")[0].lower()
        return name if name in _services() else None
    try:
        for name, value in text_pairs(request.query) + form_pairs(request):
            if name == "Version" and value in VERSIONS:
                return VERSIONS[value]
    except WireError:
        return None
    return None


def form_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """The pairs of an application/x-www-form-urlencoded body; nothing for any other body."""
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return []
    # latin-1 keeps each byte; the percent decoding then turns the bytes into UTF-8 text.
    return text_pairs(request.body.decode("latin-1"))
