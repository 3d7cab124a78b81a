"""The errors AWS answers with, as one tree.

    AwsError
    ├── AccessDenied                 the policy engine said no
    ├── AuthenticationError          who is calling could not be established
    │   └── CallerGone               its sandbox was reset or deleted in mid-request
    ├── InvalidRequest               the shape of the request
    │   ├── ValidationError  InvalidInput  MalformedPolicyDocument  PasswordPolicyViolation
    │   ├── PolicyNotAttachable  UnmodifiableEntity
    │   └── InvalidAction            an operation that is not there
    ├── NoSuchEntity                 (S3: NoSuchBucket, NoSuchKey, …)
    ├── Conflict                     EntityAlreadyExists  DeleteConflict  (S3: BucketNotEmpty, …)
    └── LimitExceeded

Each error carries what every face needs: AWS's `code` and HTTP `status`, AWS's `message`, and, where
one member of the request is at fault, its name as `field` (snake_case), so that a form can show the
message beside the right input. Only the gateway, the API view and `ui` catch them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from iamconsole.policy import Decision


class AwsError(Exception):
    """An answer of AWS that is not a success.

    `extra` holds the further elements that a service adds to its error (S3: BucketName, Key), `headers` those of the
    answer.
    """

    code: str = "InternalFailure"
    status: int = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        field: str | None = None,
        extra: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.field = field
        self.extra = extra or {}
        self.headers = headers or {}
        # Set by the gateway once the refusal is an event; lets a page link to its explanation.
        self.event_id: str | None = None

    def __str__(self) -> str:
        return self.message


class AccessDenied(AwsError):
    """The policy engine refused; `decision` says why."""

    code = "AccessDenied"
    status = 403

    # Amazon S3 prints the resource in double quotes, the other services do not (console.md §1.9).
    _quoting: ClassVar[frozenset[str]] = frozenset({"s3"})

    def __init__(self, message: str, **options: Any) -> None:
        super().__init__(message, **options)
        self.decision: Decision | None = None
        self.action = ""
        self.resource = ""
        self.principal_arn = ""

    @classmethod
    def because(cls, decision: Decision, *, principal_arn: str, action: str, resource: str) -> AccessDenied:
        """AWS's sentence for a refused decision.

        Source: IAM User Guide, "Troubleshoot access denied error messages". Where a service names no
        resource (`resource` is empty) the `on resource` part is left out; IAM says `on resource: *`. Who
        has no credentials learns nothing: S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".
        """
        error = cls(cls._sentence(decision, principal_arn, action, resource))
        error.decision, error.action, error.resource, error.principal_arn = decision, action, resource, principal_arn
        return error

    @classmethod
    def _sentence(cls, decision: Decision, principal_arn: str, action: str, resource: str) -> str:
        if decision.decided_by == "root" and not decision.allowed:
            # Of sts:AssumeRole alone; AWS says no more than this.
            return "Roles may not be assumed by root accounts."
        if not principal_arn:
            return "Access Denied"
        if ":saml-provider/" in principal_arn or ":oidc-provider/" in principal_arn:
            # To the user of an identity provider AWS says no more (IAM User Guide, "Troubleshoot SAML federation").
            return f"Not authorized to perform {action}"
        on = ""
        if resource:
            quoted = action.partition(":")[0] in cls._quoting
            on = f' on resource: "{resource}"' if quoted else f" on resource: {resource}"
        return f"User: {principal_arn} is not authorized to perform: {action}{on} {decision.reason}"


class AuthenticationError(AwsError):
    """Who is calling could not be established; `code` differs by protocol (limits.md §10)."""

    code = "InvalidClientTokenId"
    status = 403


class CallerGone(AuthenticationError):
    """Whose sandbox was reset or deleted after it was authenticated: its credentials are none any more."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class InvalidRequest(AwsError):
    code = "ValidationError"
    status = 400


class ValidationError(InvalidRequest):
    code = "ValidationError"


class InvalidInput(InvalidRequest):
    code = "InvalidInput"


class MalformedPolicyDocument(InvalidRequest):
    code = "MalformedPolicyDocument"


class PasswordPolicyViolation(InvalidRequest):
    code = "PasswordPolicyViolation"


class PolicyNotAttachable(InvalidRequest):
    code = "PolicyNotAttachable"


class UnmodifiableEntity(InvalidRequest):
    """Only AWS itself may change it: a service-linked role."""

    code = "UnmodifiableEntity"


class InvalidAction(InvalidRequest):
    """An operation that AWS may have and this product does not."""

    code = "InvalidAction"


class NoSuchEntity(AwsError):
    code = "NoSuchEntity"
    status = 404


class Conflict(AwsError):
    code = "DeleteConflict"
    status = 409


class EntityAlreadyExists(Conflict):
    code = "EntityAlreadyExists"


class DeleteConflict(Conflict):
    code = "DeleteConflict"

    @classmethod
    def unless_free(cls, *owned: tuple[Callable[[], bool], str]) -> None:
        """Refuse for the first thing that is still there; each comes with what AWS says must be done first."""
        for is_there, remedy in owned:
            if is_there():
                raise cls(f"Cannot delete entity, {remedy}")


class LimitExceeded(AwsError):
    code = "LimitExceeded"
    status = 409

    @classmethod
    def quota(cls, name: str, limit: int) -> LimitExceeded:
        return cls(f"Cannot exceed quota for {name}: {limit}")
