"""Ending sessions that have begun: whoever got credentials before a moment is denied everything.

Source: IAM User Guide, "Revoke IAM role temporary security credentials"; the text stands on the console's own tab, with
"[policy creation time]" in the place of the moment. Of console sessions of users the guide says only that they can be
revoked; their credentials are temporary ones too, so that the same policy ends them. Access keys, whose requests have
no aws:TokenIssueTime, keep working.
"""

from __future__ import annotations

import datetime as dt
import json

from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.holder import Holder

REVOCATION = "AWSRevokeOlderSessions"


def revoking(holder: Holder, now: dt.datetime) -> Call:
    """The call that puts the policy on a user or role."""
    # AWS's page writes the time to the millisecond; of when a token was issued only the second is known.
    moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = {"policy_name": REVOCATION, "policy_document": revocation(moment)}
    return holder.operation("Put"), {**holder.which, **text}


def revocation(before: str) -> str:
    """The policy's text; what is after the moment is not denied."""
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": before}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)
