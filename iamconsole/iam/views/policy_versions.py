"""The versions of a managed policy: what each says, which is in force, how one differs from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from iamconsole.core.errors import AwsError
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, post_or_get
from iamconsole.iam.views.policy_parts import is_aws_managed, policy_name, policy_url
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Table

SECTION = "versions"  # the tab, in `?section=`
MOST_LINES = 2000
IN_FORCE = "This is the default version"
VERSION_COLUMNS = (
    Column("VersionId", "Version", template="iam/policy_cells.html#version-cell"),
    Column("CreateDate", "Creation time", template="iam/policy_cells.html#time-cell"),
)


def versions_table(request: ConsoleRequest, policy_arn: str) -> Table:
    ours = not is_aws_managed(policy_arn)
    table = Table(
        "versions",
        "Policy versions",
        VERSION_COLUMNS,
        description="A managed policy can have up to 5 versions. The default version is the one that is in force.",
        selection="single" if ours else "none",
        key="VersionId",
        searchable=False,
        expand="iam/policy_cells.html#document",
        actions=_actions(policy_arn) if ours else (),
    )
    table.listing(request)
    found = panel(request, "iam:ListPolicyVersions", policy_arn=policy_arn)
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    table.fill(found.result["Versions"])
    opened = [row["VersionId"] for row in table.rows if row["VersionId"] in table.opened]
    asked = [("iam:GetPolicyVersion", {"policy_arn": policy_arn, "version_id": one}) for one in opened]
    for version_id, answer in zip(opened, request.aws.call_many(asked), strict=True):
        version = Panel.of(answer)
        document = Panel(result=version.result["PolicyVersion"]) if version.result else version
        edit = reverse("iam:policy-edit", args=[policy_arn, version_id]) if ours else ""
        table.details = {**table.details, version_id: {"document": document, "edit": edit}}
    return table


def _actions(policy_arn: str) -> tuple[Action, ...]:
    """The default version is neither deleted nor made the default nor compared with itself."""

    def action(label: str, page: str, **options: Any) -> Action:
        url = reverse(f"iam:policy-version-{page}", args=[policy_arn])
        return Action(label, url, needs="one", bars=lambda row: row["IsDefaultVersion"], barred=IN_FORCE, **options)

    return (
        action("Compare with default", "compare"),
        action("Delete", "delete", modal=True),
        action("Set as default", "default", method="post"),
    )


# -- comparison -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either version or of both, with its number in each; 0 where it is not."""

    text: str
    here: int = 0
    there: int = 0


def compared(one: str, other: str) -> list[Line]:
    """The lines of two texts side by side: what is only in `one` stands before what is in its place in `other`."""
    here, there = (text.replace("\r\n", "\n").split("\n") for text in (one, other))
    lines: list[Line] = []
    # What is frequent in a long text is left to its neighbours: two texts of equal lines would take minutes.
    for change, a, b, c, d in SequenceMatcher(None, here, there).get_opcodes():
        if change == "equal":
            lines += [Line(text, a + n + 1, c + n + 1) for n, text in enumerate(here[a:b])]
        else:
            lines += [Line(text, here=a + n + 1) for n, text in enumerate(here[a:b])]
            lines += [Line(text, there=c + n + 1) for n, text in enumerate(there[c:d])]
    return lines


@require_safe
def policy_version_compare(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    """The chosen version beside the default one, line by line."""
    home = policy_url(policy_arn, section=SECTION)
    version_id = next(iter(chosen(request)), "")
    if not version_id:
        return redirect(home)
    context: dict[str, Any] = {"name": policy_name(policy_arn), "version_id": version_id, "home": home}
    policy = panel(request, "iam:GetPolicy", policy_arn=policy_arn)
    if policy.result is None:
        return render_page(request, "iam/policy_version_compare.html", context | {"errors": [policy.error]})
    default = policy.result["Policy"]["DefaultVersionId"]
    asked = [("iam:GetPolicyVersion", {"policy_arn": policy_arn, "version_id": one}) for one in (version_id, default)]
    answers = [Panel.of(answer) for answer in request.aws.call_many(asked)]
    context |= {"default": default, "errors": [answer.error for answer in answers if answer.error]}
    if not context["errors"]:
        one, other = (answer.result["PolicyVersion"]["Document"] for answer in answers if answer.result)
        policies = [json.loads(text) for text in (one, other)]
        # White space is free: a text may have any number of lines, the policy in it may not.
        indented = max(one.count("\n"), other.count("\n")) > MOST_LINES
        lines = compared(*(json.dumps(each, indent=4) for each in policies) if indented else (one, other))
        context |= {
            "lines": lines,
            "only_here": sum(not line.there for line in lines),
            "only_there": sum(not line.here for line in lines),
            "same_policy": policies[0] == policies[1],
            "indented": indented,
        }
    return render_page(request, "iam/policy_version_compare.html", context)


# -- what changes them ------------------------------------------------------------------------------


@require_POST
def policy_version_default(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    name = policy_name(policy_arn)
    for version_id in chosen(request)[:1]:
        call: Call = ("iam:SetDefaultPolicyVersion", {"policy_arn": policy_arn, "version_id": version_id})
        if error := in_order(request.aws, [call]):
            flash.failure(request, f"The default version of {name} was not changed.", error)
        else:
            flash.success(request, f"Version {version_id} is now the default version of {name}.")
    return redirect(policy_url(policy_arn, section=SECTION))


@post_or_get
def policy_version_delete(request: ConsoleRequest, policy_arn: str) -> HttpResponse:
    home = policy_url(policy_arn, section=SECTION)
    version_id = next(iter(chosen(request)), "")
    if not version_id:
        return redirect(home)
    if request.method == "POST":
        call: Call = ("iam:DeletePolicyVersion", {"policy_arn": policy_arn, "version_id": version_id})
        if error := in_order(request.aws, [call]):
            flash.failure(request, f"Version {version_id} was not deleted.", error)
        else:
            flash.success(request, f"Version {version_id} deleted.")
        return redirect(home)
    context = {"name": policy_name(policy_arn), "version_id": version_id, "home": home}
    return render_page(request, "iam/policy_version_delete.html", context)
