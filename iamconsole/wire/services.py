"""Which service a request is for, and which protocol it speaks: told before any model is loaded.

Until a caller is known, a request costs no more than its own bytes: a model takes up to half a second
and 20 MB to load, and there are hundreds.
"""

from __future__ import annotations

from iamconsole.wire import models
from iamconsole.wire.problems import WireError
from iamconsole.wire.request import HttpRequest, text_pairs
from iamconsole.wire.signing_names import SIGNING_NAMES
from iamconsole.wire.sigv4 import Signature

# Unsigned requests say which service they mean by the API version (AssumeRoleWithWebIdentity needs no signature).
VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2016-11-15": "ec2"}
TARGETS = (("DynamoDB_", "dynamodb"), ("AmazonSSM", "ssm"), ("TrentService", "kms"))
XML_SERVICES = frozenset({"s3", "s3control", "cloudfront", "route53"})
CBOR = "smithy-rpc-v2-cbor"


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
        name = SIGNING_NAMES.get(name, name).partition(" ")[0]
        return name if name in models.names() else None
    target = request.headers.get("x-amz-target", "").rpartition(".")[0]
    if target:
        for prefix, service in TARGETS:
            if target.startswith(prefix):
                return service
        name = target.rpartition(".")[2].partition("_")[0].lower()
        return name if name in models.names() else None
    try:
        for name, value in text_pairs(request.query) + models.form_pairs(request):
            if name == "Version" and value in VERSIONS:
                return VERSIONS[value]
    except WireError:
        return None
    return None


def service_by_prefix(prefix: str) -> str:
    """botocore's name of the service by the prefix of its actions, by which its requests are signed too."""
    return SIGNING_NAMES.get(prefix, prefix).partition(" ")[0]


def signed_alike(service: str) -> tuple[str, ...]:
    """`service` and those that sign by the same name: the operation says which of them is meant."""
    for shared in SIGNING_NAMES.values():
        found = shared.split()
        if found[0] == service:
            return tuple(found)
    return (service,)


def protocol_by_looks(service: str | None, request: HttpRequest) -> str:
    """The protocol in which the sender of `request` expects an answer, as far as the request itself shows it."""
    if request.headers.get("smithy-protocol", "").lower() == "rpc-v2-cbor":
        return CBOR
    if service in XML_SERVICES:
        return "rest-xml"
    if request.headers.get("x-amz-target"):
        return "json"
    if service == "ec2":
        return "ec2"
    content_type = request.headers.get("content-type", "").lower()
    if request.path not in ("", "/") or content_type.startswith("application/json"):
        return "rest-json"
    return "query"
