"""Everything this room raises.

    WireError                     has the AWS code, message and HTTP status to answer with
    ├── MalformedSignature        a signature that cannot be read at all
    ├── SignatureProblem          a readable signature that does not hold; see its `kind`
    ├── UnknownService            the request names a service that botocore does not know
    ├── UnknownOperation          the service has no such operation
    └── MalformedInput            the request cannot be turned into parameters

Codes and texts: docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations


class WireError(Exception):
    """A request that is refused before any operation runs.

    `code` and `message` are AWS's; `status` is the HTTP status. All three are
    ready for `serialize_error`.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class MalformedSignature(WireError):
    """The request claims to be signed, but the signature cannot be read."""


class SignatureProblem(WireError):
    """The signature can be read but does not hold. `kind` is one of the constants in `sigv4`."""

    def __init__(self, kind: str, code: str, message: str, status: int = 403) -> None:
        super().__init__(code, message, status)
        self.kind = kind


class UnknownService(WireError):
    """The request is for a service that AWS does not have. `service` is the name it used."""

    def __init__(self, service: str) -> None:
        super().__init__("UnknownService", f"There is no service called {service}.", 404)
        self.service = service


class UnknownOperation(WireError):
    """The service has no such operation; `action` is what the request asked for.

    `service` is botocore's name for the service. The code is the one that the
    service's own front end answers with, so a client understands it.
    """

    def __init__(self, service: str, action: str, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status)
        self.service = service
        self.action = action


class MalformedInput(WireError):
    """The request's parameters or body cannot be read."""

    def __init__(self, message: str, code: str = "MalformedInput", status: int = 400) -> None:
        super().__init__(code, message, status)
