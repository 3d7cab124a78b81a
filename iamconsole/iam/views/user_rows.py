"""What tables and summaries say about users: the calls per row, and times in the console's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from iamconsole.core.errors import NoSuchEntity
from iamconsole.ui.pages import ConsoleRequest, Panel

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def user_url(name: str, page: str = "user-detail", **query: str) -> str:
    return reverse(f"iam:{page}", args=[name]) + (f"?{urlencode(query)}" if query else "")


# -- times in words ---------------------------------------------------------------------------------


def days_ago(when: dt.datetime) -> str:
    """`Today`, `Yesterday`, `12 days ago`"""
    days = (timezone.now().date() - when.date()).days
    return ("Today", "Yesterday")[max(days, 0)] if days < 2 else f"{days} days ago"


def age(when: dt.datetime) -> str:
    """`Now`, `3 hours`, `12 days`"""
    gone = timezone.now() - when
    if gone < HOUR:
        return "Now"
    number, unit = (gone // DAY, "day") if gone >= DAY else (gone // HOUR, "hour")
    return f"{number} {unit}{'s' if number != 1 else ''}"


# -- access keys ------------------------------------------------------------------------------------


def with_last_use(request: ConsoleRequest, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Access keys, each with the panel that says when it was last used."""
    if not keys:
        return []
    asked = [("iam:GetAccessKeyLastUsed", {"access_key_id": key["AccessKeyId"]}) for key in keys]
    answers = request.aws.call_many(asked)
    return [key | {"use": _last_use(Panel.of(answer))} for key, answer in zip(keys, answers, strict=True)]


def _last_use(answer: Panel) -> Panel:
    return Panel(result=answer.result["AccessKeyLastUsed"]) if answer.result else answer


# -- rows -------------------------------------------------------------------------------------------


def optional_profile(answer: Panel) -> Panel:
    """The answer of GetLoginProfile; a user without a password is an empty result and no failure."""
    if isinstance(answer.error, NoSuchEntity) and "Login Profile" in answer.error.message:
        return Panel(result={})
    return Panel(result=answer.result["LoginProfile"]) if answer.result else answer


def mfa_status(devices: Panel) -> Panel:
    """The answer of ListMFADevices in the words of tables: every device here is `Virtual`."""
    if devices.result is None:
        return devices
    return Panel(result={"count": len(devices.result["MFADevices"])})


def user_rows(request: ConsoleRequest, users: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The users with their password, groups, keys and last activity; what was refused stays a refusal."""
    names = [{"user_name": user["UserName"]} for user in users]
    actions = (
        "iam:GetLoginProfile",
        "iam:ListSigningCertificates",
        "iam:ListMFADevices",
        "iam:ListGroupsForUser",
        "iam:ListAccessKeys",
    )
    answers = iter(request.aws.call_many([(action, name) for name in names for action in actions]))
    found = []
    for user in users:
        profile, certificates, devices, groups, keys = (Panel.of(next(answers)) for _ in actions)
        answered = {"profile": optional_profile(profile), "mfa": mfa_status(devices), "groups": groups, "keys": keys}
        found.append(user | answered | {"certificates": certificates})
    every = [key for row in found if row["keys"].result for key in row["keys"].result["AccessKeyMetadata"]]
    used = {key["AccessKeyId"]: key for key in with_last_use(request, every)}
    for row in found:
        if row["keys"].result:
            own = [used[key["AccessKeyId"]] for key in row["keys"].result["AccessKeyMetadata"]]
            row["keys"] = Panel(result={"own": own, "active": [key for key in own if key["Status"] == "Active"]})
        row["activity"] = _activity(row)
    return found


def _activity(row: dict[str, Any]) -> Panel:
    """The newest of console and key use. `Never` is for somebody who could have; without credentials it is `-`."""
    times = [row["PasswordLastUsed"]] if row.get("PasswordLastUsed") else []
    keys: Iterable[dict[str, Any]] = row["keys"].result["own"] if row["keys"].result else ()
    refused = row["keys"].error
    for key in keys:
        refused = refused or key["use"].error
        if key["use"].result and key["use"].result.get("LastUsedDate"):
            times.append(key["use"].result["LastUsedDate"])
    if not times and refused:
        return Panel(error=refused)
    if times:
        last = max(times)
        return Panel(result={"Text": days_ago(last), "Time": last})
    has_credentials = bool(keys) or bool(row["profile"].result) or row["profile"].error
    return Panel(result={"Text": "Never" if has_credentials else "-"})
