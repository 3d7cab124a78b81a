"""The page about one managed policy, tab by tab."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.editor.report import Report
from iamconsole.iam.views import last_accessed, policy_entities, policy_versions
from iamconsole.iam.views.policy_parts import is_aws_managed, policy_name, policy_type
from iamconsole.iam.views.policy_summary import summary_context
from iamconsole.iam.views.tags import tags_table, tags_url
from iamconsole.ui.pages import ConsoleRequest, panel, render_page

SECTIONS = {
    "permissions": "Permissions",
    policy_entities.SECTION: "Entities attached",
    "tags": "Tags",
    policy_versions.SECTION: "Policy versions",
    last_accessed.SECTION: last_accessed.LABEL,
}


@require_safe
def policy_detail(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    tabs = {name: label for name, label in SECTIONS.items() if name != "tags" or not is_aws_managed(policy_arn)}
    section = request.GET.get("section", "")
    section = section if section in tabs else "permissions"
    found = panel(request, "iam:GetPolicy", policy_arn=policy_arn)
    policy: dict[str, Any] = found.result["Policy"] if found.result else {}
    context: dict[str, Any] = {
        "policy_arn": policy_arn,
        "name": policy.get("PolicyName", policy_name(policy_arn)),
        "type": policy_type(policy_arn),
        "found": found,
        "policy": policy,
        "ours": not is_aws_managed(policy_arn),
        "section": section,
        "tabs": list(tabs.items()),
    }
    if section == "permissions":
        context |= _permissions(request, policy_arn, policy) if policy else {}
    elif section == policy_entities.SECTION:
        context["table"] = policy_entities.entities_table(request, policy_arn)
        context["boundaries"] = policy_entities.boundary_table(request, policy_arn)
    elif section == "tags":
        context["table"] = tags_table(request, found.error or policy["Tags"], tags_url("policy", policy_arn))
    elif section == policy_versions.SECTION:
        context["table"] = policy_versions.versions_table(request, policy_arn)
    elif section == last_accessed.SECTION:
        context |= last_accessed.last_accessed_context(request, policy_arn)
    return render_page(request, "iam/policy_detail.html", context, partial="section")


def _permissions(request: ConsoleRequest, policy_arn: str, policy: dict[str, Any]) -> dict[str, Any]:
    view = "json" if request.GET.get("view") == "json" else "summary"
    version_id = policy["DefaultVersionId"]
    version = panel(request, "iam:GetPolicyVersion", policy_arn=policy_arn, version_id=version_id)
    context: dict[str, Any] = {"view": view, "version": version}
    if not is_aws_managed(policy_arn):
        context["edit"] = reverse("iam:policy-edit", args=[policy_arn, version_id])
    if version.result:
        context["document"] = version.result["PolicyVersion"]["Document"]
        if view == "summary":
            context |= summary_context(request, context["document"])
        else:
            context["report"] = Report(context["document"])
    return context
