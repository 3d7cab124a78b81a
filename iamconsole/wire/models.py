"""botocore's service models, loaded when first needed; those used last are kept.

Only the model files are used: no session, client, endpoint or credential
code of botocore runs in this room.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

from iamconsole.wire.problems import UnknownOperation, UnknownService, WireError
from iamconsole.wire.request import HttpRequest, text_pairs

# The services that are simulated stay loaded; whoever names all the others one by one fills no memory.
KEPT = 24


@cache
def names() -> frozenset[str]:
    """Every service that botocore knows."""
    return frozenset(Loader().list_available_services("service-2"))


@cache
def regions() -> frozenset[str]:
    """Every Region of AWS (its commercial partition), opt-in ones and the name of the global endpoints included."""
    partitions = Loader().load_data("partitions")["partitions"]
    return frozenset(region for each in partitions if each["id"] == "aws" for region in each["regions"])


@lru_cache(maxsize=KEPT)
def service_model(service: str) -> Any:
    """botocore's ServiceModel for `service` ("iam"); raises UnknownService."""
    if service not in names():
        raise UnknownService(service)
    # A loader of its own: a loader keeps everything that it has ever read.
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def operation_model(service: str, operation: str) -> Any:
    """botocore's OperationModel; raises UnknownService or UnknownOperation."""
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError:
        raise no_such_operation(service, operation) from None


def readable_operation(service: str, operation: str) -> Any:
    """The same, for a request that is to be read: raises WireError (NotImplemented) for one made of event streams."""
    model = operation_model(service, operation)
    if model.has_event_stream_input or model.has_event_stream_output:
        message = f"The operation {operation} of {service} is not simulated here: it speaks in an event stream."
        raise WireError("NotImplemented", message, 501)
    return model


@cache
def protocol_of(service: str) -> str:
    """The protocol that SDKs speak to `service`: query, ec2, json, rest-json, rest-xml or smithy-rpc-v2-cbor."""
    return str(service_model(service).resolved_protocol)


@cache
def protocols_of(service: str) -> tuple[str, ...]:
    """Every protocol that `service` understands; SDKs of different age speak different ones."""
    metadata = service_model(service).metadata
    return tuple(metadata.get("protocols") or [metadata["protocol"]])


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


def form_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """The pairs of an application/x-www-form-urlencoded body; nothing for any other body."""
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return []
    # latin-1 keeps each byte; the percent decoding then turns the bytes into UTF-8 text.
    return text_pairs(request.body.decode("latin-1"))
