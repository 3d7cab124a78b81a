"""The condition keys that IAM's requests carry, as the operations declare them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management (IAM)"; IAM User Guide, "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from iamconsole.core.operation import Call, Keys


def _tag_values(call: Call) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in call.params.get("tags") or ()}


def _tag_keys(call: Call) -> list[str] | None:
    """The keys as they are written. An empty list and no list are the same to every operator."""
    return [tag["Key"] for tag in call.params.get("tags") or ()] or None


def _present_boundary(call: Call) -> str | None:
    """The boundary of the user or role that the call is about."""
    row = call.resource.row
    return row.boundary_arn(call.caller.account_id) or None if row else None


REQUEST_TAGS: Keys = {"aws:RequestTag/${TagKey}": _tag_values, "aws:TagKeys": _tag_keys}
TAG_KEYS: Keys = {"aws:TagKeys": "tag_keys"}
# Lets a policy say which policies may be attached.
POLICY_ARN: Keys = {"iam:PolicyARN": "policy_arn"}
# "Checks that the specified policy is attached as permissions boundary on the IAM principal resource" (User Guide): of
# what is there already, its own; of what is made or bounded by the request, the one that the request names.
PRESENT_BOUNDARY: Keys = {"iam:PermissionsBoundary": _present_boundary}
REQUEST_BOUNDARY: Keys = {"iam:PermissionsBoundary": "permissions_boundary"}
