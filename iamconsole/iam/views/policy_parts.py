"""What many pages show of policies: their type, and the table to pick from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from iamconsole.core.arn import Arn
from iamconsole.core.errors import AwsError
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


def policy_url(policy_arn: str, **query: str) -> str:
    return reverse("iam:policy-detail", args=[policy_arn]) + (f"?{urlencode(query)}" if query else "")


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
