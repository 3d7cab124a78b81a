"""A page's request and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from iamconsole.core.caller import Caller

Response = dict[str, Any]


class Aws(Protocol):
    """The one door, bound to the request's caller: `request.aws.call("iam:GetUser", user_name="john")`."""

    @property
    def public_name(self) -> str: ...

    def call(
        self, action: str, *, listing: Listing | None = None, body: BinaryIO | None = None, **params: Any
    ) -> Response: ...

    def call_many(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Response | AwsError]: ...

    def call_as_one(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> AwsError | None: ...


class ConsoleRequest(HttpRequest):
    """A request as our middleware leaves it."""

    caller: Caller
    # Who signed in; the same, unless the browser has switched to a role.
    original: Caller
    aws: Aws
    htmx: HtmxDetails
    region: str


View = TypeVar("View", bound=Callable[..., HttpResponse])


def public(view: View) -> View:
    """Mark a page that needs no sign-in."""
    view.public = True  # type: ignore[attr-defined]  # a mark on the function, read by the sign-in middleware
    return view


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only its `partial` when htmx asked for a swap.

    A boosted link or a history restore wants the whole page, so only a plain
    htmx request gets the part. `Vary` keeps caches from mixing the two up.
    """
    htmx = getattr(request, "htmx", None)
    swap = partial and htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, f"{template}#{partial}" if swap else template, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    # A page of the console shows secrets and permissions: Back after sign-out must ask again.
    response.setdefault("Cache-Control", "no-store")
    return response


def back_to(request: HttpRequest, url: str) -> HttpResponseRedirect:
    """Back to the page that a setting was made on; only ever to a page of this site."""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(url if safe else "/")


@dataclass(frozen=True, slots=True)
class Panel:
    """The answer to a panel's call: a result or the error that the panel shows in its place."""

    result: Response | None = None
    error: AwsError | None = None

    def __bool__(self) -> bool:
        return self.error is None

    @classmethod
    def of(cls, answer: Response | AwsError) -> Panel:
        """From one answer of `call_many`."""
        return cls(error=answer) if isinstance(answer, AwsError) else cls(result=answer)


def panel(request: ConsoleRequest, action: str, **params: Any) -> Panel:
    """Make a panel's call: a refusal degrades this panel and the rest of the page renders."""
    try:
        return Panel(result=request.aws.call(action, **params))
    except AwsError as error:
        return Panel(error=error)
