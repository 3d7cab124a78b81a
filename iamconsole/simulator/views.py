"""The policy simulator: what a user's policies say about actions that nobody carries out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from iamconsole.editor import offers
from iamconsole.simulator.forms import SimulationForm
from iamconsole.ui.pages import ConsoleRequest, Panel, Response, panel, render_page
from iamconsole.ui.table import Column, Empty, Table


@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: ConsoleRequest) -> HttpResponse:
    """Choose a user, then actions; a run changes nothing, so its address may be shared (`?users=john`)."""
    name = request.GET.get("users", "")
    service = request.GET.get("service", "")
    context: dict[str, Any] = {"name": name, "service": service, "services": offers.services_by_name()}
    if not name:
        return render_page(request, "simulator/simulator.html", context | {"table": _users(request)})
    given = request.POST if request.method == "POST" else request.GET
    ran = bool(service) and ("run" in given or "actions" in given)
    context["user"] = user = panel(request, "iam:GetUser", user_name=name)
    if user.result and not ran:  # a run's answer replaces the right side alone
        context["policies"] = _policies(request, name)
    form = SimulationForm(given if ran else None, service=service)
    if user.result and form.is_valid():
        context |= _run(request, form, user.result["User"]["Arn"])
    context["form"] = form
    return render_page(request, "simulator/simulator.html", context, status=422 if ran and form.errors else 200)


def _users(request: ConsoleRequest) -> Table:
    here = reverse("simulator:simulator")
    table = Table(
        "users",
        "Users",
        (
            Column(
                "UserName",
                "User name",
                sortable=True,
                link=lambda row: f"{here}?{urlencode({'users': row['UserName']})}",
            ),
        ),
        placeholder="Filter",
        empty=Empty("No users", "This account has no IAM users."),
    )
    listed = panel(request, "iam:ListUsers", listing=table.listing(request))
    if listed.result is None:
        return table.fail(listed.error)  # type: ignore[arg-type]  # a panel holds a result or an error
    return table.fill(listed.result["Users"], listed.result["Total"])


# -- the user's policies ----------------------------------------------------------------------------


def _policies(request: ConsoleRequest, name: str) -> dict[str, Any]:
    """Every policy of the user with where it comes from, and the refusals met on the way."""
    attached, inline, groups = _many(
        request,
        [
            ("iam:ListAttachedUserPolicies", {"user_name": name}),
            ("iam:ListUserPolicies", {"user_name": name}),
            ("iam:ListGroupsForUser", {"user_name": name}),
        ],
    )
    rows = [(policy, "") for policy in _names(attached) + _names(inline)]
    errors = [one.error for one in (attached, inline, groups) if one.error]
    names = [group["GroupName"] for group in groups.result["Groups"]] if groups.result else []
    by_group = _many(
        request,
        [
            (action, {"group_name": group})
            for action in ("iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies")
            for group in names
        ],
    )
    for group, answer in zip(names * 2, by_group, strict=True):
        rows += [(policy, group) for policy in _names(answer)]
        errors += [answer.error] if answer.error else []
    return {"rows": rows, "error": errors[0] if errors else None}


def _many(request: ConsoleRequest, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Panel]:
    return [Panel.of(answer) for answer in request.aws.call_many(calls)]


def _names(answer: Panel) -> list[str]:
    result: Response = answer.result or {}
    return [one["PolicyName"] for one in result.get("AttachedPolicies", ())] + list(result.get("PolicyNames", ()))


# -- a run ------------------------------------------------------------------------------------------


def _run(request: ConsoleRequest, form: SimulationForm, user_arn: str) -> dict[str, Any]:
    """The results, or what stood in the way."""
    more: dict[str, Any] = {}
    if form.bucket:
        found = panel(request, "s3:GetBucketPolicy", bucket=form.bucket)
        if found.result:
            more["resource_policy"] = found.result["Policy"]
        elif found.error and found.error.code != "NoSuchBucketPolicy":
            return {"refused": found.error}
    results: list[Response] = []
    for call in form.calls():
        answer = panel(request, "iam:SimulatePrincipalPolicy", policy_source_arn=user_arn, **call, **more)
        if answer.result is None:
            return {"refused": answer.error}
        results += answer.result["EvaluationResults"]
    rows = [_row(one) for one in results]
    allowed = sum(row["allowed"] for row in rows)
    return {
        "rows": rows,
        "counts": {"selected": len(rows), "allowed": allowed, "denied": len(rows) - allowed},
        "without_policy": bool(form.bucket) and not more,
    }


def _row(result: Response) -> dict[str, Any]:
    """An action on the one resource that was asked about."""
    matched = result["MatchedStatements"]
    asked = result.get("ResourceSpecificResults") or [result]
    service, _, action = result["EvalActionName"].partition(":")
    return {
        "service": service,
        "action": action,
        "resource": asked[0]["EvalResourceName"],
        "allowed": result["EvalDecision"] == "allowed",
        "matched": [_statement(one) for one in matched],
        "text": f"{len(matched)} matching statements." if matched else _WITHOUT_STATEMENT[result["EvalDecision"]],
        "undecided": result["Undecided"],
    }


# The statements of a permissions boundary are not told.
_WITHOUT_STATEMENT = {
    "allowed": "Allowed.",
    "implicitDeny": "Implicitly denied (no matching statements).",
    "explicitDeny": "Denied by the permissions boundary.",
}


def _statement(one: Response) -> dict[str, Any]:
    """A deciding statement: its policy's text, and the lines to mark in it."""
    return {
        "name": one["PolicyName"],
        "via": one["Via"],
        "sid": one["Sid"],
        "kind": one["SourcePolicyType"],
        "document": one["Document"],
        "lines": one["Lines"],
    }
