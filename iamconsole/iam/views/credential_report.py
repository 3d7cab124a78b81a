"""The credential report: what the newest says of its age, and the file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from iamconsole.core.errors import AwsError
from iamconsole.iam.views.common import post_or_get
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, panel, render_page

# IAM API Reference, GetCredentialReport, "Errors". None of them is a failure of the page.
NONE_YET = frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress"})


@post_or_get
def credential_report(request: ConsoleRequest) -> HttpResponse:
    if request.method == "POST":
        return _download(request)
    found = panel(request, "iam:GetCredentialReport")
    absent = found.error is not None and found.error.code in NONE_YET
    context: dict[str, Any] = {
        "report": found,
        "error": None if absent else found.error,
        "expired": absent and found.error is not None and found.error.code == "ReportExpired",
    }
    return render_page(request, "iam/credential_report.html", context)


def _download(request: ConsoleRequest) -> HttpResponse:
    """A new report where the newest is four hours old, and the file in any case (console.md §4.10)."""
    try:
        request.aws.call("iam:GenerateCredentialReport")
        report = request.aws.call("iam:GetCredentialReport")
    except AwsError as error:
        flash.failure(request, "The credential report was not downloaded.", error)
        return redirect(request.path)
    # The API's lines end in a line feed; a file for a spreadsheet has CRLF and no byte order mark.
    content = report["Content"].decode().replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"
    name = f"status_reports_{report['GeneratedTime']:%Y-%m-%dT%H_%M_%SZ}.csv"
    response = HttpResponse(content.encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
