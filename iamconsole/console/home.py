"""The Console Home: widgets, each with its own calls, in an order that everybody chooses for themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iamconsole.console.navigation import SERVICES, link_to
from iamconsole.core.regions import REGIONS
from iamconsole.ui import flash, preferences
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page

LAYOUT = "home"
Calls = Sequence[tuple[str, dict[str, Any]]]
HEALTH = (
    ("issue", "Open issues", "Past 7 days"),
    ("scheduledChange", "Scheduled changes", "Upcoming and past 7 days"),
    ("accountNotification", "Other notifications", "Past 7 days"),
)


def _no_calls(today: dt.date) -> Calls:
    return ()


def _no_facts(answers: Sequence[Panel]) -> Any:
    return None


def _health(answers: Sequence[Panel]) -> list[tuple[str, str, int]]:
    """The answer of DescribeEventAggregates, which leaves out what there is none of."""
    found = answers[0].result["eventAggregates"] if answers[0].result else ()
    counts = {one["aggregateValue"]: one["count"] for one in found}
    return [(title, when, counts.get(category, 0)) for category, title, when in HEALTH]


@dataclass(frozen=True, slots=True)
class Widget:
    """`calls` are what it asks, given the date, and `facts` what its template makes of the answers besides.

    The template is `console/home/<key>.html`.
    """

    key: str
    title: str
    text: str
    calls: Callable[[dt.date], Calls] = _no_calls
    facts: Callable[[Sequence[Panel]], Any] = _no_facts
    wide: bool = False

    @property
    def template(self) -> str:
        return f"console/home/{self.key}.html"


def _period(start: dt.date, end: dt.date) -> dict[str, str]:
    return {"Start": start.isoformat(), "End": end.isoformat()}


def _costs(today: dt.date) -> Calls:
    """This month so far, and what is to come of it (console.md §15)."""
    first = today.replace(day=1)
    next_month = (first + dt.timedelta(days=32)).replace(day=1)
    return (
        (
            "ce:GetCostAndUsage",
            {
                "time_period": _period(first, today + dt.timedelta(days=1)),
                "granularity": "MONTHLY",
                "metrics": ["UnblendedCost"],
            },
        ),
        (
            "ce:GetCostForecast",
            {"time_period": _period(today, next_month), "metric": "UNBLENDED_COST", "granularity": "MONTHLY"},
        ),
    )


ALL = (
    Widget("recent", "Recently visited", "The services that you used last."),
    Widget(
        "applications",
        "Applications",
        "The applications of this account.",
        lambda today: (("ec2:DescribeRegions", {}), ("servicecatalog:ListApplications", {})),
    ),
    Widget("welcome", "Welcome to AWS", "Where to begin."),
    Widget(
        "health",
        "AWS Health",
        "Events that may affect the services of this account.",
        lambda today: (("health:DescribeEventAggregates", {"aggregate_field": "eventTypeCategory"}),),
        _health,
    ),
    Widget("cost", "Cost and usage", "What this account costs.", _costs),
    Widget("favorites", "Favorites", "The services with a star."),
    Widget("lab", "Services in this lab", "What this simulator has, with a word about each.", wide=True),
)
# However the widgets are laid out, AWS's page asks in this order (console.md §15).
ORDER = (
    "ec2:DescribeRegions",
    "ce:GetCostAndUsage",
    "ce:GetCostForecast",
    "servicecatalog:ListApplications",
    "health:DescribeEventAggregates",
)
WIDGETS = {widget.key: widget for widget in ALL}
DEFAULT = ("recent", "applications", "welcome", "health", "cost")


def layout(request: ConsoleRequest) -> list[str]:
    """The keys of the widgets that the caller wants, in order; what is unknown or twice counts for nothing."""
    kept = preferences.read(request).get(LAYOUT)
    if not isinstance(kept, list):
        return list(DEFAULT)
    return [key for key in dict.fromkeys(kept) if key in WIDGETS]


@require_safe
def home(request: ConsoleRequest) -> HttpResponse:
    shown = [WIDGETS[key] for key in layout(request)]
    wanted = [widget.calls(timezone.now().date()) for widget in shown]
    asked = sorted((call for calls in wanted for call in calls), key=lambda call: ORDER.index(call[0]))
    answers = dict(zip((action for action, _ in asked), request.aws.call_many(asked), strict=True))
    placed = []
    for widget, calls in zip(shown, wanted, strict=True):
        own = [Panel.of(answers[action]) for action, _ in calls]
        placed.append({"widget": widget, "answers": own, "facts": widget.facts(own)})
    context = {
        "placed": placed,
        "services": [(one, link_to(one.name, one.path)) for one in SERVICES],
        "region_name": REGIONS[request.region],
        "all_services": reverse("console:services"),
    }
    return render_page(request, "console/home.html", context)


# -- the layout: plain forms, kept per person in this browser -------------------------------------------


@require_POST
def home_layout(request: ConsoleRequest) -> HttpResponse:
    """Move a widget by one place, or take it away."""
    keys, key = layout(request), request.POST.get("widget", "")
    act = request.POST.get("act", "")
    response = redirect("console:home")
    if key not in keys:
        return response
    place = keys.index(key)
    if act == "remove":
        keys.remove(key)
    elif act in ("up", "down"):
        other = place + (1 if act == "down" else -1)
        if 0 <= other < len(keys):
            keys[place], keys[other] = keys[other], keys[place]
    preferences.write(request, response, LAYOUT, keys)
    return response


@require_POST
def home_reset(request: ConsoleRequest) -> HttpResponse:
    response = redirect("console:home")
    preferences.write(request, response, LAYOUT, list(DEFAULT))
    flash.success(request, "The default layout was restored.")
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def home_widgets(request: ConsoleRequest) -> HttpResponse:
    """`+ Add widgets`: every widget with a tick; those that are there keep their order."""
    present = layout(request)
    if request.method == "POST":
        ticked = [key for key in request.POST.getlist("widget") if key in WIDGETS]
        response = redirect("console:home")
        kept = [key for key in present if key in ticked]
        preferences.write(request, response, LAYOUT, [*kept, *(key for key in ticked if key not in kept)])
        return response
    context = {"widgets": [(widget, widget.key in present) for widget in ALL]}
    return render_page(request, "console/home_widgets.html", context)
