"""The two cookies of the sign-in pages: the browser's sandbox, and the account it remembers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

SANDBOX = "sandbox"
REMEMBER = "signin"
YEAR = 365 * 24 * 60 * 60


def sandbox(request: HttpRequest) -> str:
    """The slug of the browser's sandbox. Whoever holds it may read the sandbox's mails: it is in no page's address
    but the sandbox's own link."""
    given = request.COOKIES.get(SANDBOX, "")
    return given if is_slug(given) else ""


def is_slug(text: str) -> bool:
    """Whether it could be one at all: a cookie may hold anything, a null character too."""
    return 1 <= len(text) <= 32 and text.isascii() and text.isalnum()


def remembered(request: HttpRequest) -> tuple[str, str]:
    """Account and user name of `Remember this account`."""
    account, _, user_name = request.COOKIES.get(REMEMBER, "")[:200].partition("/")
    return account, user_name


def set_cookie(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())


def delete_cookie(response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, samesite="Lax")
