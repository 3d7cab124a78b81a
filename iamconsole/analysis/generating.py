"""A policy that allows what a user or role has done, from the event history.

Source: IAM User Guide, "IAM Access Analyzer policy generation": it "identifies the actions and services that have been
used by an IAM entity"; data events, such as those of S3's objects, and iam:PassRole are not in it. On AWS the events
are read from the log files of a trail; here from the account's event history, which holds the same.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable

from iamconsole.cloudtrail import attempts
from iamconsole.iam.models import Role, User
from iamconsole.policy import reference

PERIOD = dt.timedelta(days=90)  # "Policy generation AWS CloudTrail time range" (IAM Access Analyzer quotas)


def actions_of(entity: User | Role, account_key: int, since: dt.datetime, until: dt.datetime) -> list[str]:
    """The actions, as policies name them, in order; those that no policy can name are left out."""
    done = attempts.done_by(account_key, entity.unique_id, since, until)
    return sorted(f"{service}:{name}" for service, name in done if _can_be_granted(service, name))


def _can_be_granted(service: str, name: str) -> bool:
    known = service in reference.services() and name.lower() in reference.actions(service)
    return known and (service, name) != ("iam", "PassRole")


def policy_of(actions: Iterable[str], placeholders: bool) -> str:
    """The policy's text; with `placeholders` actions that can be limited to resources have their ARNs' patterns."""
    by_resource: dict[tuple[str, ...], list[str]] = {("*",): []}
    for action in actions:
        by_resource.setdefault(_resources(action) if placeholders else ("*",), []).append(action)
    statements = [
        {"Effect": "Allow", "Action": names, "Resource": arns[0] if len(arns) == 1 else list(arns)}
        for arns, names in by_resource.items()
        if names
    ]
    # The first statement's Sid is AWS's (AWS CLI Command Reference, accessanalyzer get-generated-policy, the example).
    statements[0] = {"Sid": "SupportedServiceSid0", **statements[0]}
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=4)


def _resources(action: str) -> tuple[str, ...]:
    """`arn:aws:s3:::${BucketName}` for each type of resource that the action can be limited to."""
    service, _, name = action.partition(":")
    types = reference.resource_types(service)
    arns = [types[one].arn for one in reference.action(service, name).resource_types if one in types]
    return tuple(sorted({re.sub(r"\$\{Partition\}", "aws", arn) for arn in arns})) or ("*",)
