"""Flash messages: what happened, under the top bar of the next page (console.md §1.7).

A message is plain values and the page escapes them; nothing here is markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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
    job: str = ""

    @property
    def kind_in_words(self) -> str:
        return self.kind.replace("-", " ").capitalize()


def explained_by(error: AwsError) -> str:
    """The event that explains a refusal, or nothing: a 403 that no policy decided has nothing to explain."""
    return (error.event_id or "") if isinstance(error, AccessDenied) and error.decision else ""


def _add(request: HttpRequest, level: int, title: str, **more: Any) -> None:
    messages.add_message(request, level, title, extra_tags=json.dumps(more), fail_silently=True)


def success(request: HttpRequest, title: str, text: str = "", link: Link | None = None, job: str = "") -> None:
    """`success(request, "User john created.", link=("View user", url))`; with `job` it replaces its `progress`."""
    _add(request, messages.SUCCESS, title, text=text, link=link, job=job)


def progress(request: HttpRequest, title: str, text: str = "", *, job: str) -> None:
    """Work that goes on: stays until a message of the same `job` says how it ended."""
    _add(request, messages.INFO, title, text=text, job=job, kind="in-progress")


def info(request: HttpRequest, title: str, text: str = "", link: Link | None = None) -> None:
    _add(request, messages.INFO, title, text=text, link=link)


def warning(request: HttpRequest, title: str, text: str = "", link: Link | None = None) -> None:
    _add(request, messages.WARNING, title, text=text, link=link)


def error(request: HttpRequest, title: str, text: str = "", link: Link | None = None, job: str = "") -> None:
    _add(request, messages.ERROR, title, text=text, link=link, job=job)


def failure(request: HttpRequest, title: str, error: AwsError, job: str = "") -> None:
    """A failed act: `User john was not deleted.`, AWS's message in full; a refusal links to its explanation."""
    _add(request, messages.ERROR, title, text=error.message, event_id=explained_by(error), job=job)


KINDS = {messages.SUCCESS: "success", messages.ERROR: "error", messages.WARNING: "warning"}


def read(stored: Iterable[Message]) -> list[Flash]:
    """The messages as the flashbar shows them, newest first; of a job only the newest."""
    found = []
    for message in stored:
        tags = message.extra_tags or ""
        more = json.loads(tags) if tags.startswith("{") else {}
        link = more.get("link")
        found.append(
            Flash(
                kind=more.get("kind") or KINDS.get(message.level, "info"),
                title=str(message.message),
                text=more.get("text", ""),
                link=(link[0], link[1]) if link else None,
                event_id=more.get("event_id", ""),
                job=more.get("job", ""),
            )
        )
    newest = {flash.job: flash for flash in found if flash.job}
    return [flash for flash in found[::-1] if not flash.job or newest[flash.job] is flash]


ORDER = ("error", "warning", "success", "info", "in-progress")
STACKED = 3  # more than these collapse into the `Notifications` bar


def counts(flashes: Sequence[Flash]) -> list[tuple[str, int]]:
    """How many there are of each kind, for the `Notifications` bar."""
    kinds = [flash.kind for flash in flashes]
    return [(kind, kinds.count(kind)) for kind in ORDER]
