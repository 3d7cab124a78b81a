"""What the editor says of a text while it is typed; its pages show the same when they are loaded."""

from __future__ import annotations

from typing import get_args

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from iamconsole.editor.forms import plain
from iamconsole.editor.report import Report
from iamconsole.editor.sizes import LIMITS, LONGEST
from iamconsole.policy import Kind
from iamconsole.ui.pages import ConsoleRequest, render_page

KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind) if kind in LIMITS}


@require_POST
def findings(request: ConsoleRequest) -> HttpResponse:
    limit = request.POST.get("limit", "")
    report = Report.asked(
        request.aws,
        plain(request.POST.get("document", ""))[:LONGEST],
        KINDS.get(request.POST.get("kind", ""), "identity"),
        int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 7 else 0,
    )
    return render_page(request, "editor/json.html#findings", {"report": report})
