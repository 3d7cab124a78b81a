"""Ending sessions that have begun: whoever got credentials before this moment is denied everything.

Source: IAM User Guide, "Revoke IAM role temporary security credentials". For console sessions of users the guide says
only that they can be revoked; their credentials are temporary ones too, so that the same policy ends them, and access
keys, whose requests have no aws:TokenIssueTime, keep working.
"""

from __future__ import annotations

import datetime as dt
import json

from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.holder import Holder

REVOCATION = "AWSRevokeOlderSessions"


def revoking(holder: Holder, now: dt.datetime) -> Call:
    """The call that puts the policy on a user or role."""
    moment = now.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": ["*"],
                "Resource": ["*"],
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
            }
        ],
    }
    text = {"policy_name": REVOCATION, "policy_document": json.dumps(document, indent=4)}
    return holder.operation("Put"), {**holder.which, **text}
