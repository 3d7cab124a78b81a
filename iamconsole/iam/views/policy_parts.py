"""What many pages show of policies: their type, the table to pick from, the summary of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from iamconsole.core.arn import Arn
from iamconsole.core.errors import AwsError
from iamconsole.policy import Summary, SummaryRow, parse, reference, summarize
from iamconsole.policy.summarize import LEVELS
from iamconsole.ui.pages import ConsoleRequest, panel
from iamconsole.ui.table import Action, Column, Table

CUSTOMER, AWS, JOB_FUNCTION = "Customer managed", "AWS managed", "AWS managed - job function"
INLINE = "Customer inline"
TYPE_FILTER = "iam/policy_type_filter.html"
TYPES = {"customer": CUSTOMER, "aws": AWS, "job-function": JOB_FUNCTION}  # the values of ListPolicies' type filter


def is_aws_managed(policy_arn: str) -> bool:
    return policy_arn.startswith("arn:aws:iam::aws:")


def policy_type(policy_arn: str) -> str:
    """The console's word for a policy's kind."""
    if not is_aws_managed(policy_arn):
        return CUSTOMER
    job_function = ":policy/job-function/" in policy_arn or policy_arn.endswith(":policy/AdministratorAccess")
    return JOB_FUNCTION if job_function else AWS


def policy_name(policy_arn: str) -> str:
    parsed = Arn.parse(policy_arn)
    return parsed.resource.rpartition("/")[2] if parsed else policy_arn


def policy_url(policy_arn: str) -> str:
    return reverse("iam:policy-detail", args=[policy_arn])


NAME = Column("name", "Policy name", value="PolicyName", sortable=True, template="iam/policy_cells.html#name-cell")
TYPE = Column("type", "Type", value=lambda row: policy_type(row["Arn"]))
ATTACHED = Column("attached", "Attached entities", value="AttachmentCount", kind="number")


class TypedTable(Table):
    """A table with a filter, mostly `Filter by Type`; `types` are the filter's values and what they are called."""

    types: Mapping[str, str] = {}
    by, by_label, all_label = "type", "Filter by Type", "All types"

    @property
    def type_choices(self) -> list[tuple[str, str, bool, str]]:
        """Value, label, whether it is the current one, and the link to it."""
        current = self.asked.filters.get(self.by, "")
        choices = {"": self.all_label, **self.types}
        return [
            (value, label, value == current, self.link(**{self.by: value}, page="")) for value, label in choices.items()
        ]

    @property
    def type_label(self) -> str:
        return next((label for _, label, current, _ in self.type_choices if current), self.all_label)


def policies_table(
    request: ConsoleRequest, columns: Sequence[Column] = (NAME, TYPE, ATTACHED), **options: Any
) -> Table:
    """A table of managed policies with search and type filter, filled by ListPolicies or refused.

    Give it `form` and `selected` where policies are picked inside a form; `prefix` keeps its search
    apart from that of the page's other tables.
    """
    prefix = options.pop("prefix", "")
    table = TypedTable(
        **{
            "name": "policies",
            "title": "Policies",
            "columns": columns,
            "key": "Arn",
            "row_label": "PolicyName",
            "selection": "multi",
            "placeholder": "Search",
            "controls": TYPE_FILTER,
            **options,
        }
    )
    table.types = TYPES
    found = panel(request, "iam:ListPolicies", listing=table.listing(request, prefix, filters=("type",)))
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    return table.fill(found.result["Policies"], found.result.get("Total"))


def create_policy_action() -> Action:
    """`Create policy` beside a table to pick from: in a new tab, and Refresh brings what it made."""
    return Action("Create policy", reverse("iam:policy-create"), new_tab=True)


CELLS = "iam/policy_cells.html"
SUMMARY_COLUMNS = (
    Column("service_name", "Service", sortable=True, template=f"{CELLS}#summary-service-cell"),
    Column("access_level", "Access level"),
    Column("resource", "Resource", template=f"{CELLS}#summary-resource-cell"),
    Column("condition", "Request condition", template=f"{CELLS}#summary-condition-cell"),
)


def summary_context(request: ConsoleRequest, document: str, form: str = "") -> dict[str, Any]:
    """What iam/policy_summary.html shows of a document."""
    summary = summarize(parse(document, "identity"))
    return {
        "summary": summary,
        "summary_tables": summary_tables(request, summary, form),
        "remaining": _remaining_services(summary),
    }


def summary_tables(request: ConsoleRequest, summary: Summary, form: str = "") -> list[Table]:
    """One table for what the policy denies and one for what it allows, each row opening on its actions."""
    tables = []
    for name, title, rows in (("deny", "Explicit deny", summary.deny), ("allow", "Allow", summary.allow)):
        if not rows:
            continue
        table = Table(
            name,
            title,
            SUMMARY_COLUMNS,
            counted=f"{len(rows)} of {summary.services} services",
            key="service",
            row_label="service_name",
            expand="iam/policy_cells.html#service-actions",
            refresh=False,
            searchable=not form,
            form=form,
            level=3,
        )
        table.listing(request, name)
        table.details = {row.service: ServiceActions(row) for row in rows if row.service in table.opened}
        tables.append(table.show(rows))
    return tables


@dataclass(frozen=True)
class ServiceActions:
    """The actions of one service: those that are allowed or denied by access level, and those named in vain."""

    row: SummaryRow

    @property
    def levels(self) -> list[tuple[str, list[str]]]:
        row = self.row
        levels = (*LEVELS, *sorted({level for _, level in row.actions} - set(LEVELS)))
        grouped = [(level, [name for name, own in row.actions if own == level]) for level in levels]
        return [(level, names) for level, names in grouped if names]

    @property
    def without_access(self) -> list[tuple[str, list[str]]]:
        """The warnings of the service summary, each with its actions."""
        found: dict[str, list[str]] = {}
        for name, _, warning in self.row.withheld:
            found.setdefault(warning, []).append(name)
        return list(found.items())


def _remaining_services(summary: Summary) -> list[str]:
    """The names of the services that a policy says nothing about: implicitly denied within it."""
    named = {row.service for row in (*summary.allow, *summary.deny)} | {key for key, *_ in summary.without_permissions}
    return [name for key, name in sorted(reference.services().items(), key=_by_name) if key not in named]


def _by_name(item: tuple[str, str]) -> str:
    return item[1].lower()
