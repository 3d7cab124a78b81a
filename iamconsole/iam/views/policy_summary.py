"""The summary of a policy's document, with its levels: services, the actions of one, the resources of an action.

IAM User Guide, "Policy summary (list of services)" and the two pages after it. Which level is shown stands in the
address: `?effect=allow&service=s3&action=GetObject`. In a wizard's form there are no addresses to go to; there a
service opens in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.http import urlencode

from iamconsole.policy import (
    ActionRow,
    Policy,
    ServiceSummary,
    Summary,
    SummaryRow,
    parse,
    reference,
    summarize,
    summarize_service,
)
from iamconsole.policy.summarize import LEVELS, SOME_NOTHING
from iamconsole.ui.likes import Likes
from iamconsole.ui.pages import ConsoleRequest
from iamconsole.ui.table import LONGEST_SEARCH, Column, Table

CELLS = "iam/policy_cells.html"
SERVICES = (
    Column("service_name", "Service", sortable=True, template=f"{CELLS}#summary-service-cell"),
    Column("access_level", "Access level"),
    Column("resource", "Resource", template=f"{CELLS}#summary-resource-cell"),
    Column("condition", "Request condition", template=f"{CELLS}#summary-condition-cell"),
)
ACTIONS = (
    Column("name", "Action", sortable=True, template=f"{CELLS}#summary-action-cell"),
    Column("resource", "Resource", template=f"{CELLS}#action-resource-cell"),
    Column("condition", "Request condition", value=lambda row: row.condition or "-"),
)
Effect = Literal["Allow", "Deny"]
EFFECTS: dict[str, tuple[Effect, str]] = {"deny": ("Deny", "Explicit deny"), "allow": ("Allow", "Allow")}


class LevelTable(Table):
    """A table whose rows lead a level down: `deeper` is the address that a row completes."""

    deeper: str = ""


def summary_context(request: ConsoleRequest, document: str, form: str = "") -> dict[str, Any]:
    """What iam/policy_summary.html shows of a document."""
    policy = parse(document, "identity")
    if not form and (deeper := _below(request, policy)):
        return deeper
    summary = summarize(policy)
    search = "" if form else _search(request)
    tables = _service_tables(request, summary, form, search)
    return {
        "summary": summary,
        "summary_tables": tables,
        "remaining": [name for name in _remaining_services(summary) if search.casefold() in name.casefold()],
        "level": None if form else Level(_kept(request), search, tables),
    }


def _search(request: ConsoleRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


@dataclass(frozen=True, slots=True)
class Level:
    """Where in the summary one is: its heading, the way up, and the one search for all its tables.

    `kept` is what else stands in the address, `left` how many actions are known beside those that the policy names.
    """

    kept: Mapping[str, str]
    search: str
    shown: Sequence[Table]
    title: str = ""
    up: str = ""
    up_label: str = ""
    left: int = 0

    @property
    def matches(self) -> int:
        return sum(table.total or 0 for table in self.shown)

    @property
    def shows_all(self) -> bool:
        return "all" in self.kept

    @property
    def turned(self) -> str:
        """The address with the remaining actions, or without them."""
        kept = {name: value for name, value in self.kept.items() if name != "all"}
        return "?" + urlencode(kept if self.shows_all else kept | {"all": "1"})


def _kept(request: ConsoleRequest) -> dict[str, str]:
    names = ("section", "effect", "service", "action", "all")
    return {name: str(request.GET[name]) for name in names if request.GET.get(name)}


def _address(request: ConsoleRequest, **more: str) -> str:
    section = {"section": str(request.GET["section"])} if "section" in request.GET else {}
    return "?" + urlencode(section | more)


# -- services ---------------------------------------------------------------------------------------


def _service_tables(request: ConsoleRequest, summary: Summary, form: str, search: str) -> list[Table]:
    """One table for what the policy denies and one for what it allows."""
    tables: list[Table] = []
    for name, rows in (("deny", summary.deny), ("allow", summary.allow)):
        if not rows:
            continue
        table = _level_table(name, EFFECTS[name][1], SERVICES, f"{len(rows)} of {summary.services} services", form)
        table.key, table.row_label, table.deeper = "service", "service_name", _address(request, effect=name)
        if form:
            table.expand = f"{CELLS}#service-actions"
        table.listing(request, name)
        table.details = {row.service: ServiceActions(row) for row in rows if row.service in table.opened}
        tables.append(table.show([row for row in rows if search.casefold() in row.service_name.casefold()]))
    return tables


def _level_table(name: str, title: str, columns: Sequence[Column], counted: str = "", form: str = "") -> LevelTable:
    """A table of a summary: what it is searched by stands above all of them, and there is nothing to refresh."""
    table = LevelTable(name, title, columns, counted=counted, refresh=False, searchable=False, form=form, level=3)
    table.liked = Likes(wrap=True)  # a warning in a cell is to be read
    return table


@dataclass(frozen=True)
class ServiceActions:
    """The actions of one service: those that are allowed or denied by access level, and those named in vain."""

    row: SummaryRow

    @property
    def levels(self) -> list[tuple[str, list[str]]]:
        row = self.row
        levels = _levels(level for _, level in row.actions)
        return [(level, [name for name, own in row.actions if own == level]) for level in levels]

    @property
    def without_access(self) -> list[tuple[str, list[str]]]:
        """The warnings of the service summary, each with its actions."""
        found: dict[str, list[str]] = {}
        for name, _, warning in self.row.withheld:
            found.setdefault(warning, []).append(name)
        return list(found.items())


def _levels(there: Iterable[str]) -> list[str]:
    """The access levels that are there, in the console's order."""
    found = set(there)
    return [level for level in (*LEVELS, *sorted(found - set(LEVELS))) if level in found]


def _remaining_services(summary: Summary) -> list[str]:
    """The names of the services that a policy says nothing about: implicitly denied within it."""
    named = {row.service for row in (*summary.allow, *summary.deny)} | {key for key, *_ in summary.without_permissions}
    return [name for key, name in sorted(reference.services().items(), key=_by_name) if key not in named]


def _by_name(item: tuple[str, str]) -> str:
    return item[1].lower()


# -- actions of a service, resources of an action ---------------------------------------------------


def _below(request: ConsoleRequest, policy: Policy) -> dict[str, Any] | None:
    """A level under the services, when the address names one that the policy has."""
    effect, service = request.GET.get("effect", ""), request.GET.get("service", "")
    found = summarize_service(policy, EFFECTS[effect][0], service) if effect in EFFECTS else None
    if found is None:
        return None
    action = found.action(request.GET.get("action", ""))
    if action and action.grants:
        return _resources(request, effect, found, action)
    return _actions(request, effect, found)


def _actions(request: ConsoleRequest, effect: str, found: ServiceSummary) -> dict[str, Any]:
    """The actions by access level: those that the policy gives and those that it names in vain, or every one."""
    search = _search(request)
    named = [row for row in found.actions if row.grants or row.warning]
    shown = found.actions if request.GET.get("all") else named
    tables: list[Table] = []
    for number, name in enumerate(_levels(row.level for row in found.actions)):
        of_level = [row for row in found.actions if row.level == name]
        given = sum(bool(row.grants) for row in of_level)
        table = _level_table(f"level-{number}", name, ACTIONS, f"{given} of {len(of_level)} actions")
        table.key, table.deeper = "name", _address(request, effect=effect, service=found.service)
        table.listing(request, f"level-{number}")
        if rows := [row for row in shown if row.level == name and search.casefold() in row.name.casefold()]:
            tables.append(table.show(rows))
    level = Level(
        _kept(request),
        search,
        tables,
        found.service_name + _denied(effect),
        _address(request),
        "Back to services",
        len(found.actions) - len(named),
    )
    in_vain = any(row.warning for row in named) or found.unrecognized_actions or found.unrecognized_resources
    warnings = [SOME_NOTHING] if in_vain else []
    return {"level": level, "service_summary": found, "summary_tables": tables, "summary": {"warnings": warnings}}


def _denied(effect: str) -> str:
    return " (Explicitly denied)" if effect == "deny" else ""


def _resources(request: ConsoleRequest, effect: str, found: ServiceSummary, action: ActionRow) -> dict[str, Any]:
    search, own = _search(request), request.caller.account_id
    columns = (
        Column("resource", "Resource", sortable=True),
        Column("region", "Region"),
        Column("account", "Account", value=lambda row: "This account" if row.account == own else row.account),
        Column("condition", "Request condition"),
    )
    table = _level_table("resources", "Resources", columns)
    table.listing(request, "resources")
    table.show([row for row in found.resources_of(action) if search.casefold() in row.resource.casefold()])
    up = _address(request, effect=effect, service=found.service)
    title = f"{found.service_name}: {action.name} ({action.level}){_denied(effect)}"
    level = Level(_kept(request), search, [table], title, up, "Back to actions")
    return {"level": level, "summary_tables": [table] if table.total else []}
