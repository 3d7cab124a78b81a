"""Switching to a role in the console, staying in it, and switching back.

The role is assumed by sts:AssumeRole, which the credentials of the sign-in ask for: "the console always uses your
original credentials to authorize the switch" (IAM User Guide, "Switch from a user to an IAM role (console)"). What
follows are events of the sign-in service in the role's account. AWS documents none of them. `SwitchRole` has the form
of records that people have published; of `ExitRole` and `RenewRole` those show little more than the name and
`responseElements`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings

from iamconsole.core.errors import CallerGone
from iamconsole.core.operation import Call, Response, operation
from iamconsole.sts.models import TemporaryCredential
from iamconsole.sts.sessions import HOUR


def _own_session(call: Call) -> TemporaryCredential:
    """The role session that calls. None of these operations is for anybody else."""
    row = (
        TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id, kind=TemporaryCredential.Kind.ROLE)
        .select_related("role")
        .first()
    )
    if row is None:
        raise CallerGone
    return row


def _note(call: Call, redirect_to: str, **more: Any) -> None:
    """What sets these records apart. The published ones tell the session by its ARN, and not by its key."""
    call.event |= {
        "event_type": "AwsConsoleSignIn",
        "response": {call.operation.short_name: "Success"},
        "additional": {**more, "RedirectTo": f"{settings.IAMCONSOLE_URL}{redirect_to}"},
        "session": None,
        "access_key_id": "",
    }


def _enter(call: Call, switch_from: str, until: dt.datetime, redirect_to: str) -> Response:
    """Make the session one of the console.

    "You are granted the role maximum session duration or the remaining time in your user session, whichever is less"
    (the same page), and an hour at most if the role was assumed by another role's session. Who asked for the role could
    not know how long that is: no policy need let it read the role.
    """
    row = _own_session(call)
    longest = HOUR if row.chained or row.role is None else row.role.max_session_duration
    row.expires = min(row.issued + dt.timedelta(seconds=longest), until)
    row.from_console = True
    row.save(update_fields=["expires", "from_console"])
    _note(call, redirect_to, SwitchFrom=switch_from)
    return {"Expires": row.expires}


@operation("signin:SwitchRole", public=False, authorized=False)
def switch_role(call: Call, *, switch_from: str, until: dt.datetime, redirect_to: str) -> Response:
    """A browser's session as `switch_from`, which ends `until`, goes on as the role that has just been assumed."""
    return _enter(call, switch_from, until, redirect_to)


@operation("signin:RenewRole", public=False, authorized=False)
def renew_role(call: Call, *, switch_from: str, until: dt.datetime, redirect_to: str) -> Response:
    """The same for the credentials that take the place of a role's that are about to expire."""
    return _enter(call, switch_from, until, redirect_to)


@operation("signin:ExitRole", public=False, authorized=False)
def exit_role(call: Call, *, redirect_to: str) -> Response:
    """Leave the role; its credentials are gone at once."""
    _own_session(call).delete()
    _note(call, redirect_to)
    return {}
