"""Flash messages: what happened, under the top bar of the next page (console.md §1.7).

A message is plain values and the page escapes them; nothing here is markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from iamconsole.core.errors import AccessDenied, AwsError

Link = tuple[str, str]  # label, URL


@dataclass(frozen=True, slots=True)
class Flash:
    kind: str
    title: str
    text: str = ""
    link: Link | None = None
    event_id: str = ""


def explained_by(error: AwsError) -> str:
    """The event that explains a refusal, or nothing: a 403 that no policy decided has nothing to explain."""
    return (error.event_id or "") if isinstance(error, AccessDenied) and error.decision else ""


def _add(request: HttpRequest, level: int, title: str, **more: Any) -> None:
    messages.add_message(request, level, title, extra_tags=json.dumps(more), fail_silently=True)


def success(request: HttpRequest, title: str, text: str = "", link: Link | None = None) -> None:
    """`success(request, "User john created.", link=("View user", url))`"""
    _add(request, messages.SUCCESS, title, text=text, link=link)


def info(request: HttpRequest, title: str, text: str = "", link: Link | None = None) -> None:
    _add(request, messages.INFO, title, text=text, link=link)


def error(request: HttpRequest, title: str, text: str = "", link: Link | None = None) -> None:
    _add(request, messages.ERROR, title, text=text, link=link)


def failure(request: HttpRequest, title: str, error: AwsError) -> None:
    """A failed act: `User john was not deleted.`, AWS's message in full; a refusal links to its explanation."""
    _add(request, messages.ERROR, title, text=error.message, event_id=explained_by(error))


KINDS = {messages.SUCCESS: "success", messages.ERROR: "error", messages.WARNING: "warning"}


def read(stored: Iterable[Message]) -> list[Flash]:
    """The messages as the flashbar shows them, newest first."""
    found = []
    for message in stored:
        tags = message.extra_tags or ""
        more = json.loads(tags) if tags.startswith("{") else {}
        link = more.get("link")
        found.append(
            Flash(
                kind=KINDS.get(message.level, "info"),
                title=str(message.message),
                text=more.get("text", ""),
                link=(link[0], link[1]) if link else None,
                event_id=more.get("event_id", ""),
            )
        )
    return found[::-1]
