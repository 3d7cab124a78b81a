"""`Show the calls behind this page`: what a page asked of AWS, in order, as others would write it.

The calls are those that the door took note of while the page was made: nothing is asked for once more. A form leads
to another page by a redirect; its calls wait on the server, for this session alone, until that page shows them. What
htmx swaps into a page brings its calls along.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template import loader

from iamconsole import wire
from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call
from iamconsole.core.regions import GLOBAL_SERVICES
from iamconsole.ui import drafts

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

# A page with more calls tells how many there are; what waits for the next page is cut at so many characters too.
MOST = 300
MOST_WAITING = 200_000
WAITS_SECONDS = drafts.LEFT_SECONDS
WORDS = {"allowed": "Allowed", "denied": "Denied", "failed": "Failed"}
KINDS = {"allowed": "success", "denied": "denied", "failed": "warning"}


@dataclass(frozen=True, slots=True)
class Line:
    """One call, in plain values: it may wait in the session store, and holds no secret."""

    action: str
    outcome: str
    problem: str
    event_id: str
    seconds: float
    # Of `wire.Written`; empty for a call that only the console can make.
    api: str = ""
    cli: str = ""
    python: str = ""
    portable_cli: str = ""
    portable_python: str = ""
    variable: str = ""
    service: str = ""
    region: str = ""

    @property
    def as_api(self) -> str:
        return f"{self.action} {self.api}".rstrip()


def line_of(call: Call) -> Line:
    operation, error = call.operation, call.error
    denied = isinstance(error, AccessDenied) and error.decision is not None
    outcome = "denied" if denied else "failed" if error else "allowed"
    problem = f"{error.code}: {error.message}" if error else ""
    decided = call.decision is not None and operation.recorded
    region = "" if operation.service in GLOBAL_SERVICES else call.context.region
    written = _written(call, region)
    return Line(
        action=operation.name,
        outcome=outcome,
        problem=problem,
        event_id=call.event_id if decided and outcome != "failed" else "",
        seconds=call.seconds,
        region=region,
        **(asdict(written) if written else {}),
    )


def _written(call: Call, region: str) -> wire.Written | None:
    """None for a call that is none of AWS's API, whose parameters no model knows: they may be secret."""
    service, name = call.operation.service, call.operation.short_name
    streamed, account = call.body is not None, call.caller.account_id
    return wire.written(service, name, call.params, account=account, region=region, streamed=streamed)


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one operation within a section."""

    action: str
    lines: Sequence[Line]

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Kind and words of each outcome: `Allowed`, or `18 allowed` and `2 denied`."""
        counts = Counter(line.outcome for line in self.lines)
        alone = len(self.lines) == 1
        return [
            (KINDS[one], WORDS[one] if alone else f"{counts[one]} {WORDS[one].lower()}") for one in WORDS if counts[one]
        ]

    @property
    def took(self) -> str:
        return milliseconds(sum(line.seconds for line in self.lines))

    @property
    def ours(self) -> bool:
        return not any(line.cli for line in self.lines)

    @property
    def api(self) -> str:
        return "\n".join(line.as_api for line in self.lines)

    @property
    def cli(self) -> str:
        return "\n".join(line.cli for line in self.lines if line.cli)

    @property
    def python(self) -> str:
        return "\n".join(line.python for line in self.lines if line.python)

    @property
    def problems(self) -> list[Line]:
        return [line for line in self.lines if line.problem]

    @property
    def explained(self) -> str:
        """The event whose decision explains why the one call was allowed."""
        return self.lines[0].event_id if len(self.lines) == 1 and not self.lines[0].problem else ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[Line]
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.lines) + self.more

    @property
    def took(self) -> str:
        return milliseconds(sum(line.seconds for line in self.lines))

    @property
    def groups(self) -> list[Group]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.action, []).append(line)
        return [Group(action, lines) for action, lines in found.items()]

    @property
    def worked(self) -> list[Line]:
        """What a script repeats: a call that was refused or failed changed nothing, and would end a script."""
        return [line for line in self.lines if line.outcome == "allowed" and line.cli]

    @property
    def cli_script(self) -> str:
        lines = self.worked
        head = ["ACCOUNT=$(aws sts get-caller-identity --query Account --output text)"] if _portable(lines) else []
        return "\n".join([*head, *(line.portable_cli for line in lines)])

    @property
    def python_script(self) -> str:
        lines = self.worked
        clients = {
            line.variable: f"boto3.client({line.service!r}{f', region_name={line.region!r}' if line.region else ''})"
            for line in lines
        }
        head = ["import boto3", ""]
        if _portable(lines):
            head.append("account_id = boto3.client('sts').get_caller_identity()['Account']")
        head += [f"{name} = {made}" for name, made in clients.items()]
        return "\n".join([*head, *(line.portable_python for line in lines)])


@dataclass(frozen=True, slots=True)
class Shown:
    sections: Sequence[Section]

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)


def _portable(lines: Iterable[Line]) -> bool:
    """Whether any names the account that it was made in."""
    return any(line.portable_cli != line.cli for line in lines)


def milliseconds(seconds: float) -> str:
    taken = seconds * 1000
    return f"{taken:.1f} ms" if taken < 10 else f"{taken:.0f} ms"


def section(title: str, lines: Sequence[Line]) -> Section:
    return Section(title, lines[:MOST], max(0, len(lines) - MOST))


# -- the drawer of a request -----------------------------------------------------------------------------------------


class Drawer:
    """What the page of one request tells; it is asked last, when everything else is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.drawn = False
        self.taken = ""

    @property
    def swaps(self) -> bool:
        """A part, or a dialog, for a page that is already there and has its drawer."""
        htmx: HtmxDetails | None = getattr(self.request, "htmx", None)
        return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    @property
    def lines(self) -> list[Line]:
        made: Sequence[Call] = self.request.aws.made  # type: ignore[attr-defined]  # there is a drawer, so a client
        return [line_of(call) for call in made]

    @property
    def shown(self) -> Shown:
        return Shown(self._sections())

    def _sections(self) -> list[Section]:
        """Before this page the form that led to it; then the page itself."""
        self.drawn = True
        own = self.lines
        if self.swaps:
            return [section(f"Since then: {_asked(self.request)}", own)] if own else []
        title, before = self.waiting()
        found = [section(f"Before this page: {title}", before)] if before else []
        return [*found, section(f"This page: {_asked(self.request)}", own)]

    # What waits for the next page is a row of its own and not in the session, which the two requests of a double
    # click would each write as they know it.

    def waiting(self) -> tuple[str, list[Line]]:
        """The calls of the form that led here, once."""
        name = _cookie(self.request.get_full_path())
        token = self.request.COOKIES.get(name, "")
        found = drafts.take_left(self.request, token) if token else None
        if found is None:
            return "", []
        self.taken = name
        return str(found["title"]), [Line(**one) for one in found["lines"]]

    def leave_for(self, address: str, response: HttpResponse) -> None:
        """Keep the calls for the page that the redirect leads to, and what waited for this one."""
        title, before = self.waiting()
        lines, kept, size = [*before, *self.lines], [], 0
        for line in lines[:MOST]:
            size += len(line.portable_cli) + len(line.cli) + len(line.api) + len(line.problem)
            if size > MOST_WAITING:
                break
            kept.append(asdict(line))
        if kept and (token := drafts.leave(self.request, {"title": title or _asked(self.request), "lines": kept})):
            secure = self.request.is_secure()
            options: dict[str, Any] = {"max_age": WAITS_SECONDS, "httponly": True, "samesite": "Lax", "secure": secure}
            response.set_cookie(_cookie(address), token, **options)


def _asked(request: HttpRequest) -> str:
    return f"{request.method} {request.path}"


def _cookie(address: str) -> str:
    """One for each page that is led to, so that two tabs do not mix."""
    return f"calls_{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def drawer_of(request: HttpRequest) -> Drawer | None:
    """None for who is not signed in, and on the pages of the sign-in, whose calls are not the reader's."""
    if getattr(request, "aws", None) is None or _of_sign_in(request):
        return None
    drawer: Drawer | None = getattr(request, "calls_drawer", None)
    if drawer is None:
        drawer = request.calls_drawer = Drawer(request)  # type: ignore[attr-defined]  # ours, read above
    return drawer


def _of_sign_in(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.app_name == "signin"


def context(request: HttpRequest) -> dict[str, Any]:
    """The context processor: the footer draws `calls`."""
    return {"calls": drawer_of(request)}


class CallsMiddleware:
    """Brings a page's calls to where they are shown: to the page after a redirect, or along with a swapped part."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        drawer = drawer_of(request)
        if drawer is None:
            return response
        address = response.headers.get("HX-Redirect") or response.headers.get("Location", "")
        if address:
            target = urlsplit(address)
            if target.netloc in ("", request.get_host()) and target.path.startswith("/"):
                drawer.leave_for(target.path + (f"?{target.query}" if target.query else ""), response)
        elif drawer.swaps and not drawer.drawn and _is_html(response) and request.aws.made:  # type: ignore[attr-defined]  # as above
            response.content += loader.render_to_string("console/calls.html", {"calls": drawer}).encode()
        if drawer.taken:
            response.delete_cookie(drawer.taken, samesite="Lax")
        return response


def _is_html(response: HttpResponse) -> bool:
    is_html = response.headers["Content-Type"].startswith("text/html")
    return is_html and not response.streaming and bool(response.content)
