"""The settings of a bucket that are kept as they were put and given back: nothing here acts on most of them.

Versioning, tags, the policy and Block Public Access, which decide something, have columns of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamconsole import wire
from iamconsole.s3.models import Bucket


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: by which operation it is put, and as which of its members."""

    operation: str
    member: str


SETTINGS = {
    "cors": Setting("PutBucketCors", "CORSConfiguration"),
    "encryption": Setting("PutBucketEncryption", "ServerSideEncryptionConfiguration"),
    "lifecycle": Setting("PutBucketLifecycleConfiguration", "LifecycleConfiguration"),
    "logging": Setting("PutBucketLogging", "BucketLoggingStatus"),
    "notification": Setting("PutBucketNotificationConfiguration", "NotificationConfiguration"),
}
# The only members of them that are no text, number or truth value: the days on which a lifecycle rule acts.
_MOMENTS = frozenset({"Date"})


def put(bucket: Bucket, name: str, value: Mapping[str, Any]) -> None:
    _save(bucket, bucket.settings | {name: _plain(value)})


def remove(bucket: Bucket, name: str) -> None:
    _save(bucket, {key: value for key, value in bucket.settings.items() if key != name})


def _save(bucket: Bucket, settings: dict[str, Any]) -> None:
    bucket.settings = settings
    bucket.save(update_fields=["settings"])


def get(bucket: Bucket, name: str) -> dict[str, Any] | None:
    """A setting as it was put; None where it was not."""
    return _revived(bucket.settings[name]) if name in bucket.settings else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _revived(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: dt.datetime.fromisoformat(one) if name in _MOMENTS else _revived(one) for name, one in value.items()
        }
    return [_revived(one) for one in value] if isinstance(value, list) else value


def problem(value: Any) -> str:
    """What is wrong with the settings that a file tells of a bucket; empty for what could have been put."""
    if not isinstance(value, Mapping) or not set(value) <= set(SETTINGS):
        return "has a setting that is not kept"
    for name, one in value.items():
        setting = SETTINGS[name]
        try:
            revived = _revived(one)
        except (TypeError, ValueError):
            return f"has a moment in its {name} that is none"
        if wire.validate("s3", setting.operation, {"Bucket": "bucket", setting.member: revived}):
            return f"has a {name} that cannot be put"
    return ""
