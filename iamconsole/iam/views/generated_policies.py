"""`Generate policy based on CloudTrail events`: pick a time, look at what was used, make a managed policy of it.

Source: IAM User Guide, "IAM Access Analyzer policy generation". AWS's console asks for a trail and a service role as
well; here the account's event history is read, and the request names both as AWS's would.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponse
from django.utils import timezone

from iamconsole.core.errors import AwsError
from iamconsole.editor.step import EDITOR, document_of, editor_step
from iamconsole.iam.forms.generated_policies import GeneratedPolicyForm, PeriodForm
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.policy_editor import REVIEW, written_context
from iamconsole.iam.views.policy_parts import policy_url
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel
from iamconsole.ui.table import Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard


@post_or_get
def generate_policy(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    """The time, and the policies generated before."""
    holder = Holder(kind, name)
    steps = (Step("period", f"Generate policy for {name}", PeriodForm),)
    wizard = Wizard(request, f"{kind}-generate-policy", steps, finish="Generate policy", cancel=holder.url)
    if answer := wizard.walk():
        return answer
    found = panel(request, holder.operation("Get", ""), **holder.which)
    arn = found.result[kind.title()]["Arn"] if found.result else ""
    if wizard.finished:
        if found.error:
            wizard.form.refuse(found.error)
        elif made := submit(wizard.form, request.aws, "access-analyzer:StartPolicyGeneration", **_start(wizard, arn)):
            return wizard.done(holder.page("generated-policy", made["jobId"]))
    context = {"holder": holder, "found": found, "table": _generations(request, holder, arn)}
    return wizard.page("iam/policy_generate.html", context)


def _start(wizard: Wizard, arn: str) -> dict[str, Any]:
    """The request as AWS's console makes it. The wizard's id makes a second press the same request."""
    account = arn.split(":")[4]
    trail = f"arn:aws:cloudtrail:us-east-1:{account}:trail/event-history"
    return {
        "policy_generation_details": {"principalArn": arn},
        "cloud_trail_details": {
            "trails": [{"cloudTrailArn": trail, "allRegions": True}],
            "accessRole": f"arn:aws:iam::{account}:role/service-role/AccessAnalyzerMonitorServiceRole",
            "startTime": timezone.now() - cast(PeriodForm, wizard.form).period,
        },
        "client_token": wizard.id,
    }


def _generations(request: ConsoleRequest, holder: Holder, arn: str) -> Table:
    table = Table(
        "generations",
        "Generated policies",
        (
            Column(
                "startedOn",
                "Generated",
                template="iam/policy_cells.html#time-cell",
            ),
            Column("status", "Status", value=lambda row: row["status"].capitalize()),
            Column(
                "jobId",
                "Policy",
                value=lambda row: "View generated policy" if row["status"] == "SUCCEEDED" else "",
                link=lambda row: holder.page("generated-policy", row["jobId"]),
            ),
        ),
        description="You can review a generated policy for up to 7 days after it is generated.",
        searchable=False,
        refresh=False,
        size=100,
        empty=Empty("No policies generated"),
    )
    if not arn:
        return table.fill([])
    found = panel(request, "access-analyzer:ListPolicyGenerations", principal_arn=arn, max_results=100)
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    return table.fill(found.result["policyGenerations"])


@post_or_get
def generated_policy(request: ConsoleRequest, kind: str, name: str, job_id: str) -> HttpResponse:
    """The policy in the editor, then its name; it becomes a managed policy, and the user or role gets it."""
    holder = Holder(kind, name)
    text = _text(request, job_id)
    label = {"label": f"Attach this policy to the {kind} {name}"}
    steps = (
        editor_step("Customize permissions", document=text.result["policy"] if text.result else ""),
        Step(REVIEW, "Review and create as a managed policy", GeneratedPolicyForm, options=lambda wizard: label),
    )
    wizard = Wizard(request, f"{kind}-generated-policy", steps, finish="Create policy", cancel=holder.url)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        made = submit(wizard.form, request.aws, "iam:CreatePolicy", policy_document=document_of(wizard))
        if made:
            _created(request, holder, made["Policy"], attach=wizard.form.cleaned_data["attach"])
            return wizard.done(holder.url)
    none = wizard.step.name == EDITOR and not document_of(wizard) and text.result == {"policy": ""}
    context = written_context(wizard) | {"holder": holder, "text": text, "none": none}
    return wizard.page("iam/policy_generated.html", context)


def _text(request: ConsoleRequest, job_id: str) -> Panel:
    """The text to begin with; only the first look at the editor needs it."""
    if request.method == "POST" or request.GET.get("step") == REVIEW:
        return Panel(result={"policy": ""})
    asked = {"job_id": job_id, "include_resource_placeholders": True}
    found = panel(request, "access-analyzer:GetGeneratedPolicy", **asked)
    if found.result is None:
        return found
    policies = found.result["generatedPolicyResult"]["generatedPolicies"]
    return Panel(result=policies[0] if policies else {"policy": ""})


def _created(request: ConsoleRequest, holder: Holder, policy: dict[str, Any], *, attach: bool) -> None:
    name, arn = policy["PolicyName"], policy["Arn"]
    flash.success(request, f"Policy {name} created.", link=("View policy", policy_url(arn)))
    if not attach:
        return
    if error := in_order(request.aws, [(holder.operation("Attach"), {**holder.which, "policy_arn": arn})]):
        flash.failure(request, f"Policy {name} was created, but not attached to {holder.noun} {holder.name}.", error)
    else:
        flash.success(request, "1 policy added.")
