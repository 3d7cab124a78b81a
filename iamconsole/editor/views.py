"""What the editor says of a text while it is typed; its pages show the same when they are loaded."""

from __future__ import annotations

from typing import get_args

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from iamconsole.editor.forms import plain
from iamconsole.editor.panel import Panel
from iamconsole.editor.report import Report
from iamconsole.editor.sizes import LIMITS, LONGEST
from iamconsole.editor.visual import Visual
from iamconsole.policy import Kind
from iamconsole.ui.pages import ConsoleRequest, render_page

KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind) if kind in LIMITS}


def _document(request: ConsoleRequest) -> str:
    return plain(request.POST.get("document", ""))[:LONGEST]


def _kind(request: ConsoleRequest) -> Kind:
    return KINDS.get(request.POST.get("kind", ""), "identity")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


@require_POST
def statement(request: ConsoleRequest) -> HttpResponse:
    """The panel for the statement in which the caret stands."""
    panel = Panel.look(_document(request), _kind(request), request.POST)
    panel.follow(_number(request.POST.get("row", "")), _number(request.POST.get("column", "")))
    return render_page(request, "editor/panel.html", {"panel": panel})


@require_POST
def findings(request: ConsoleRequest) -> HttpResponse:
    report = Report.asked(
        request.aws,
        _document(request),
        _kind(request),
        _number(request.POST.get("limit", "")),
    )
    return render_page(request, "editor/json.html#findings", {"report": report})


@require_POST
def visual(request: ConsoleRequest) -> HttpResponse:
    """What a button or a box of the visual view changes: the block that it stands in, or all of them."""
    page = Visual(_document(request), _kind(request), request.caller.account_id).show_form(request.POST)
    block = page.drawn(str(request.POST.get("editor", "")))
    measured = Report(page.text, _kind(request), _number(request.POST.get("limit", "")))
    context = {"visual": page, "block": block, "report": measured}
    return render_page(request, "editor/visual_part.html", context)
