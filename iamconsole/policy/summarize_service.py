"""The two levels under a policy's summary: the actions of a service, and the resources of an action.

IAM User Guide, "Service summary (list of actions)" (access_policies_understand-service-summary.html) and "Action
summary (list of resources)" (access_policies_understand-action-summary.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import reference
from .model import Policy
from .summarize import EFFORT, Section, condition_text, is_beyond_summaries, resource_text, withheld_by

Effect = Literal["Allow", "Deny"]
ALL_REGIONS, ALL_ACCOUNTS = "All Regions", "All accounts"


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One resource of an action: where it is, whose it is, and the conditions on it.

    `account` is an account's ID, or `All accounts`; whether it is the reader's own only the reader knows.
    """

    resource: str
    region: str
    account: str
    conditions: tuple[str, ...]

    @property
    def condition(self) -> str:
        return "; ".join(self.conditions) or "None"


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action of a service. Without `grants` the policy does not allow or deny it, and `warning` may say why.

    `grants` are the ARNs as they are written, each with the conditions of its statement.
    """

    name: str
    level: str
    resource: str
    condition: str
    grants: tuple[tuple[str, tuple[str, ...]], ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """Every action of a service: what a policy allows, or denies, of each."""

    service: str
    service_name: str
    actions: tuple[ActionRow, ...]
    unrecognized_actions: tuple[str, ...] = ()
    unrecognized_resources: tuple[str, ...] = ()

    def action(self, name: str) -> ActionRow | None:
        return next((row for row in self.actions if row.name.lower() == name.lower()), None)

    def resources_of(self, action: ActionRow) -> list[ResourceRow]:
        """The action summary: told for one action at a time, since a policy may name hundreds of ARNs."""
        return [_resource_row(self.service, arn, conditions) for arn, conditions in action.grants]


def summarize_service(policy: Policy, effect: Effect, service: str) -> ServiceSummary | None:
    """The actions of a service that the statements of an effect name; None when they name nothing of it."""
    section = Section(in_detail=service)
    effort = EFFORT
    for statement in policy.statements:
        if is_beyond_summaries(statement):
            return None
        if statement.effect == effect:
            effort -= section.add(statement, effort)
        if effort < 0:
            return None
    found = section.services.get(service)
    if found is None:
        return None
    withheld = withheld_by(found)
    rows = []
    for key, (name, level) in sorted(reference.actions(service).items()):
        grants = tuple(found.grants.get(key, ()))
        lines = list(dict.fromkeys(line for _, conditions in grants for line in conditions))
        free = any(not conditions for _, conditions in grants)
        rows.append(
            ActionRow(
                name,
                level,
                resource_text(service, tuple(dict.fromkeys(text for text, _ in grants))) if grants else "",
                condition_text(lines, free) if grants else "",
                grants,
                withheld.get(key, ""),
            )
        )
    return ServiceSummary(
        service,
        reference.services()[service],
        tuple(rows),
        tuple(found.unknown_actions),
        tuple(found.unknown_resources),
    )


def _resource_row(service: str, arn: str, conditions: tuple[str, ...]) -> ResourceRow:
    _, _, _, region, account, *_ = [*arn.split(":", 5), *("",) * 5]
    return ResourceRow(
        resource_text(service, (arn,)),
        region if region not in ("", "*") else ALL_REGIONS,
        account if account not in ("", "*") else ALL_ACCOUNTS,
        conditions,
    )
