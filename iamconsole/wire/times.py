"""The three ways in which AWS writes a time, read and written. Every datetime is aware and UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from iamconsole.wire.problems import MalformedInput


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; results hold aware datetimes")
    return moment.astimezone(UTC)


def iso8601(moment: datetime) -> str:
    """`2026-11-24T01:02:03Z`, as the query protocol's answers have it."""
    return _utc(moment).isoformat(timespec="seconds")[:19] + "Z"


def iso8601_millis(moment: datetime) -> str:
    """`2026-11-24T01:02:03.000Z`, as S3's XML has it."""
    return _utc(moment).isoformat(timespec="milliseconds")[:23] + "Z"


def http_date(moment: datetime) -> str:
    """`Tue, 24 Nov 2026 01:02:03 GMT`, as headers have it."""
    return format_datetime(_utc(moment), usegmt=True)


def from_http_date(text: str) -> datetime | None:
    """The time that an HTTP date names; None when it is not one."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def read(text: str) -> datetime:
    """A time in any of AWS's input forms (ISO 8601, HTTP date, seconds since 1970); raises MalformedInput."""
    text = text.strip()
    try:
        if text.replace(".", "", 1).lstrip("-").isdecimal() and len(text) < 20 and len(text) != 8:
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        found = from_http_date(text) if len(text) < 64 else None
    if found is None:
        raise MalformedInput("Timestamp format not supported; use ISO 8601.")
    return found
