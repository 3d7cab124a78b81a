"""Why a request was allowed or refused: the page behind `Explain this denial`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from iamconsole.ui.pages import ConsoleRequest, Response, panel, render_page

BANNERS = {
    "allowed": ("success", "Allowed"),
    "explicit_deny": ("error", "Denied – explicit deny"),
    "implicit_deny": ("error", "Denied – implicit deny"),
}
STAGES = {
    "explicit_deny": "Explicit deny scan",
    "rcp": "Resource control policies (RCPs)",
    "scp": "Service control policies (SCPs)",
    "resource": "Resource-based policy",
    "trust": "Role trust policy",
    "identity": "Identity-based policies",
    "boundary": "Permissions boundary",
    "session": "Session policy",
    "endpoint": "VPC endpoint policy",
}
VERDICTS = {
    "not_applicable": ("stopped", "Not applicable"),
    "allows": ("success", "Allows"),
    "no_match": ("warning", "No match"),
    "explicit_deny": ("error", "Explicit deny"),
}
# Stages that this simulator's requests seldom meet are shown when they say something.
ONLY_IF_APPLICABLE = frozenset({"rcp", "endpoint", "trust"})
# Statements shown in full; an AWS managed policy may have hundreds that have nothing to do with the request.
SHOWN = 20


@require_safe
def authorization_details(request: ConsoleRequest, event_id: str) -> HttpResponse:
    """The own requests are explained to anybody, those of others to who may ask for them."""
    answer = panel(request, "iamconsole:ExplainOwnDecision", event_id=event_id)
    if not answer:
        answer = panel(request, "iam:GetRequestAuthorizationDetails", event_id=event_id)
    if answer.result is None:
        missing = answer.error is not None and answer.error.status == 404
        context: dict[str, Any] = {"error": answer.error}
        return render_page(request, "simulator/authorization_details.html", context, status=404 if missing else 200)
    details = answer.result
    kind, banner = BANNERS[details["Outcome"]]
    statements = [_statement(one) for one in details["Statements"]]
    context = {
        "details": details,
        "kind": kind,
        "banner": banner,
        "stages": [
            (STAGES[one["name"]], *_verdict(one), one["why"])
            for one in details["Stages"]
            if one["verdict"] != "not_applicable" or one["name"] not in ONLY_IF_APPLICABLE
        ],
        "relevant": [one for one in statements if one["relevant"]][:SHOWN],
        "others": [one for one in statements if not one["relevant"]][:SHOWN],
        "total": len(statements),
        "simulator": _simulator(details),
        "differs": details["OutcomeNow"] != details["Outcome"],
    }
    return render_page(request, "simulator/authorization_details.html", context)


def _verdict(stage: Response) -> tuple[str, str]:
    kind, word = VERDICTS[stage["verdict"]]
    # Nothing found by the scan is no obstacle; nothing found by a stage that must allow is one.
    return ("stopped" if stage["name"] == "explicit_deny" and kind == "warning" else kind), word


def _statement(one: Response) -> dict[str, Any]:
    matched = one["Matched"]
    words = {True: ("success", "Matches"), None: ("warning", "Cannot be decided"), False: ("stopped", "Does not match")}
    kind, word = words[matched]
    if matched and one["Effect"] == "Deny":
        kind = "error"
    return {
        "name": one["PolicyName"],
        "via": one["Via"],
        "kind": kind,
        "word": word,
        "effect": one["Effect"],
        "label": one["Sid"] or f"Statement {one['Number']}",
        "text": _parts(one["Text"]),
        "near": [_parts(hint) for hint in one["NearMisses"]],
        "missing": one["MissingKeys"] if not matched else [],
        "document": one["Document"],
        "lines": (one["StartPosition"]["Line"], one["EndPosition"]["Line"]),
        "relevant": matched is not False or bool(one["NearMisses"]) or one["ActionMatched"],
    }


def _parts(text: str) -> list[str]:
    """Words and, in turn, the values that stand between backticks in the engine's sentences."""
    return text.split("`")


def _simulator(details: Response) -> str:
    """The simulator with the same question, for an IAM user."""
    if not details["UserName"]:
        return ""
    service, _, action = details["Action"].partition(":")
    query = {"users": details["UserName"], "service": service, "actions": action, "resource": details["Resource"]}
    return f"{reverse('simulator:simulator')}?{urlencode(query)}"
