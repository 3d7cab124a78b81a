"""The credential report: made at most every four hours, and to be had for as long."""

from __future__ import annotations

import datetime as dt

from iamconsole.core.errors import AwsError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import credential_report
from iamconsole.iam.models import CredentialReport

# "IAM first checks whether a report for the AWS account has been generated within the past four hours. If so, the
# most recent report is downloaded" (IAM User Guide, "Generate credential reports for your AWS account").
LIFETIME = dt.timedelta(hours=4)
FORMAT = "text/csv"


def _newest(call: Call) -> CredentialReport | None:
    return CredentialReport.objects.filter(account=call.caller.account_key).first()


def _is_fresh(report: CredentialReport, call: Call) -> bool:
    return report.generated > call.now - LIFETIME


def _written(call: Call) -> str | None:
    """The report's text, made before the lock is held; None where the one that is there will do."""
    present = _newest(call)
    return None if present and _is_fresh(present, call) else credential_report.report(call.caller.account_key)


@operation("iam:GenerateCredentialReport", prepare=_written)
def generate_credential_report(call: Call) -> Response:
    """Make a new report, unless the newest is less than four hours old.

    AWS makes it in the background and answers INPROGRESS meanwhile. Here it is ready with the answer to the call that
    started it, so nobody ever meets INPROGRESS, nor the error ReportInProgress.
    """
    present = _newest(call)
    if present and _is_fresh(present, call):
        return {"State": "COMPLETE"}
    # Written by `_written`, unless the report that it found has turned four hours old since.
    content = call.prepared or credential_report.report(call.caller.account_key)
    CredentialReport.objects.update_or_create(
        account_id=call.caller.account_key, defaults={"content": content, "generated": call.now}
    )
    # Both sentences of the first are those of the example in the CLI reference; those for an old report are ours.
    why = "No report exists." if present is None else "The report has expired."
    return {"State": "STARTED", "Description": f"{why} Starting a new report generation task"}


@operation("iam:GetCredentialReport", read_only=True)
def get_credential_report(call: Call) -> Response:
    """The newest report. AWS documents the codes of its errors and not their words."""
    report = _newest(call)
    if report is None:
        raise AwsError(
            "The credential report does not exist. To generate one, use GenerateCredentialReport.",
            code="ReportNotPresent",
            status=410,
        )
    if not _is_fresh(report, call):
        raise AwsError(
            "The most recent credential report has expired. To generate a new one, use GenerateCredentialReport.",
            code="ReportExpired",
            status=410,
        )
    return {"Content": report.content.encode(), "ReportFormat": FORMAT, "GeneratedTime": report.generated}
