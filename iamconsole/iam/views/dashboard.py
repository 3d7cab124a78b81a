"""The IAM dashboard. Every tile makes its own calls, and a refusal leaves the others standing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from iamconsole.core.listing import Listing
from iamconsole.iam.views.user_rows import sign_in_url, with_last_use
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page

COUNTED: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("User groups", "iam:ListGroups", {}, "/iam/groups"),
    ("Users", "iam:ListUsers", {}, "/iam/users"),
    ("Policies", "iam:ListPolicies", {"scope": "Local"}, "/iam/policies?type=customer"),
)
UNUSED = dt.timedelta(days=365)


@require_safe
def dashboard(request: ConsoleRequest) -> HttpResponse:
    asked = [(action, {**params, "listing": Listing(size=0)}) for _, action, params, _ in COUNTED]
    answers = [Panel.of(answer) for answer in request.aws.call_many(asked)]
    recommendations = _recommendations(request)
    recommendations["count"] = None if recommendations.get("error") else len(recommendations["rows"])
    context: dict[str, Any] = {
        "resources": [(label, found, href) for (label, _, _, href), found in zip(COUNTED, answers, strict=True)],
        "recommendations": recommendations,
        "sign_in_url": sign_in_url(request),
    }
    return render_page(request, "iam/dashboard.html", context, partial="resources")


def _recommendations(request: ConsoleRequest) -> dict[str, Any]:
    """What the caller's own access keys say; the root user is better off without any."""
    keys = panel(request, "iam:ListAccessKeys")
    if keys.result is None:
        return {"error": keys.error, "rows": []}
    active = [key for key in keys.result["AccessKeyMetadata"] if key["Status"] == "Active"]
    if request.caller.is_root:
        return {"rows": [_root_row(bool(active))]}
    keys_and_uses = with_last_use(request, active)
    stale = [key for key in keys_and_uses if key["use"].result and _is_stale(key)]
    return {
        "error": next((key["use"].error for key in keys_and_uses if key["use"].error), None),
        "rows": [_own_row(request.caller.user_name, bool(stale))],
    }


def _is_stale(key: dict[str, Any]) -> bool:
    last: dt.datetime = key["use"].result.get("LastUsedDate") or key["CreateDate"]
    return timezone.now() - last > UNUSED


def _root_row(active: bool) -> dict[str, str]:
    if active:
        return {
            "status": "warning",
            "title": "Deactivate or delete access keys for root user",
            "text": "Attach access keys to an IAM user instead of the root user to improve security.",
        }
    return {
        "status": "success",
        "title": "Root user has no active access keys",
        "text": "Using access keys attached to an IAM user instead of the root user improves security.",
    }


def _own_row(name: str, stale: bool) -> dict[str, str]:
    if stale:
        return {
            "status": "warning",
            "title": f"Deactivate or delete unused access keys of {name}",
            "text": "An active access key that has been unused for more than a year is a risk without a use.",
        }
    return {
        "status": "success",
        "title": f"{name} does not have any active access keys that have been unused for more than a year.",
        "text": "Deactivating or deleting unused access keys improves security.",
    }
