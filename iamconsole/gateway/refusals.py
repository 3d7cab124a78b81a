"""From a decision against a call to the error that AWS answers with."""

from __future__ import annotations

from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, Resource
from iamconsole.gateway.standing import Standing
from iamconsole.policy import Decision, Request
from iamconsole.sts import messages

# "Only certain AWS operations return an encoded authorization message": of the services here, those of Amazon EC2.
_ENCODED = frozenset({"ec2"})


def refusal(made: Call, standing: Standing, resource: Resource, request: Request, decision: Decision) -> AccessDenied:
    """AWS's refusal of one permission of a call."""
    shown = resource.arn if resource.shown is None else resource.shown
    if request.action.partition(":")[0] in _ENCODED and shown == "*":
        shown = ""  # Amazon EC2 names a resource or none
    error = AccessDenied.because(decision, principal_arn=made.caller.arn, action=request.action, resource=shown)
    if request.action.partition(":")[0] in _ENCODED:
        policies = standing.policies.for_resource(resource.policy) if resource.policy else standing.policies
        encoded = messages.encode(made.caller.account_id, request, decision, policies, made.now)
        error.code = "UnauthorizedOperation"
        error.message = (
            f"You are not authorized to perform this operation. {error.message}. "
            f"Encoded authorization failure message: {encoded}"
        )
    return error
