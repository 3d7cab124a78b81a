"""Tags of buckets and objects: what S3 takes, and how they travel.

Source: Amazon S3 User Guide, "Categorizing your objects using tags" (object-tagging.html) and "Using cost allocation
S3 bucket tags"; S3 API Reference, PutBucketTagging and PutObjectTagging, their errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from iamconsole.s3 import errors

OF_OBJECT, OF_BUCKET = 10, 50
MAX_KEY, MAX_VALUE = 128, 256


def _invalid(message: str) -> errors.S3Error:
    return errors.S3Error(message, code="InvalidTag")


def from_set(tags: Iterable[Mapping[str, str]], most: int) -> dict[str, str]:
    """A TagSet as a mapping; raises InvalidTag, or BadRequest for too many."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        if key in found:
            raise _invalid("Cannot provide multiple Tags with the same key")
        if not 1 <= len(key) <= MAX_KEY:
            raise _invalid("The TagKey you have provided is invalid")
        if len(value) > MAX_VALUE:
            raise _invalid("The TagValue you have provided is invalid")
        if key.lower().startswith("aws:"):
            raise _invalid("System tags cannot be added/updated by requester")
        found[key] = value
    if len(found) > most:
        what = "Object" if most == OF_OBJECT else "Bucket"
        raise errors.S3Error(f"{what} tags cannot be greater than {most}", code="BadRequest")
    return found


def from_header(text: str | None) -> dict[str, str]:
    """The x-amz-tagging header, which is written like a query."""
    if not text:
        return {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        message = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates."
        )
        raise errors.invalid_argument(message, "x-amz-tagging", text) from None
    return from_set([{"Key": key, "Value": value} for key, value in pairs], OF_OBJECT)


def as_set(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
