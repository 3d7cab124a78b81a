"""Why a request was decided as it was."""

from __future__ import annotations

import uuid

from iamconsole.analysis import explaining
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import NoSuchEntity
from iamconsole.core.operation import Call, Response, operation


def _event(call: Call, event_id: str) -> Event:
    missing = NoSuchEntity(f"The authorization with id {event_id} cannot be found.")
    try:
        found = Event.objects.filter(account=call.caller.account_key, event_id=uuid.UUID(event_id))
    except ValueError:
        raise missing from None
    event = found.select_related("basis").first()
    if event is None:
        raise missing
    return event


@operation("iam:GetRequestAuthorizationDetails", public=False, read_only=True)
def get_request_authorization_details(call: Call, *, event_id: str) -> Response:
    """Why a request of anybody in the account was allowed or refused.

    AWS's Access Troubleshooter is in preview and has no published model, hence not on the wire.
    """
    return explaining.details_of(_event(call, event_id))


@operation("iamconsole:ExplainOwnDecision", public=False, authorized=False, recorded=False, read_only=True)
def explain_own_decision(call: Call, *, event_id: str) -> Response:
    """The same for the caller's own requests, which here needs no permission: a refusal is there to learn from.

    Not an operation of AWS's, so it leaves no event. Somebody else's request is as if it were not there.
    """
    event = _event(call, event_id)
    principal = call.caller.principal
    if (event.principal_id, event.principal_arn) != (principal.unique_id, principal.arn):
        raise NoSuchEntity(f"The authorization with id {event_id} cannot be found.")
    return explaining.details_of(event)
