"""Tags: the same rules and the same three operations for every kind of resource that has them.

Source: IAM User Guide, "Tags for AWS Identity and Access Management resources", rules for tagging.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.core.errors import InvalidInput, LimitExceeded
from iamconsole.core.operation import Call, Response
from iamconsole.iam import paging, quotas, shapes

Tags = Sequence[dict[str, str]]


def merged_tags(present: dict[str, str], tags: Tags) -> dict[str, str]:
    """`present` with `tags` put in; keys are told apart without regard to case, the newest spelling stays."""
    given = [tag["Key"].lower() for tag in tags]
    if len(set(given)) < len(given):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.", field="tags")
    if any(key.startswith("aws:") for key in given):
        raise InvalidInput("Tag keys cannot start with aws:, which is reserved for AWS use.", field="tags")
    merged = {key: value for key, value in present.items() if key.lower() not in given}
    merged |= {tag["Key"]: tag["Value"] for tag in tags}
    if len(merged) > quotas.TAGS:
        raise LimitExceeded("The number of tags has reached the maximum limit.", field="tags")
    return merged


def put_on(call: Call, tags: Tags) -> Response:
    """Tag what the call is about."""
    row = call.resource.require()
    row.tags = merged_tags(row.tags, tags)
    row.save(update_fields=["tags"])
    return {}


def take_from(call: Call, tag_keys: Sequence[str]) -> Response:
    """Take tags away from what the call is about; a key that is not there is no error."""
    row = call.resource.require()
    gone = {key.lower() for key in tag_keys}
    row.tags = {key: value for key, value in row.tags.items() if key.lower() not in gone}
    row.save(update_fields=["tags"])
    return {}


def page_of(call: Call) -> Response:
    """One page of the tags of what the call is about."""
    found, page = paging.page_of_list(shapes.tag_list(call.resource.require().tags), call, key=lambda tag: tag["Key"])
    return {"Tags": found, **page}
