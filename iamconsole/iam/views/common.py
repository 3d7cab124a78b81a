"""What the pages of every kind of object need."""

from __future__ import annotations

from django.views.decorators.http import require_http_methods

from iamconsole.ui.pages import ConsoleRequest

post_or_get = require_http_methods(["GET", "HEAD", "POST"])


def chosen(request: ConsoleRequest) -> list[str]:
    """What was ticked in the table that led to a dialog; the dialog posts it again."""
    return list(dict.fromkeys((request.POST or request.GET).getlist("selected")))


def counted(number: int, noun: str) -> str:
    """`1 user`, `2 users`, `3 policies`"""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else many}"
