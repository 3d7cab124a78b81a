"""One permission block as it is being edited in the visual view, and all that its part of the page shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from iamconsole.editor import arns, offers
from iamconsole.editor.blocks import EVERY, Block, covers_all
from iamconsole.editor.dialogs import ArnDialog, ConditionDialog
from iamconsole.policy import Condition, Kind
from iamconsole.policy.conditions import network_of

# Only with MFA: "Bool", since with "BoolIfExists" a request without the key passes too
# (id_credentials_mfa_configure-api-require.html).
MFA = Condition("Bool", "aws:MultiFactorAuthPresent", ("true",))
SOURCE_IP = ("IpAddress", "aws:SourceIp")
MOST_ROWS = 12  # resource types of typed patterns that are asked for one by one
LONGEST_ADDRESSES = 1000  # characters in the field for source IP ranges


@dataclass(frozen=True, slots=True)
class Level:
    """An access level of a service, with the actions that are drawn of it."""

    number: int
    name: str
    total: int
    chosen: int
    open: bool
    rows: tuple[ActionRow, ...]

    @property
    def all_chosen(self) -> bool:
        return self.chosen == self.total


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action: ticked by itself, or because a pattern stands for it too; described when somebody asks."""

    name: str
    ticked: bool
    by: str
    about: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatternRow:
    number: int
    text: str
    stands_for: int
    known: bool


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A resource type that the chosen actions work on, the ARNs that are given for it, and whether one is missing."""

    need: offers.Need
    arns: tuple[tuple[int, str], ...]
    any_arn: str
    any_ticked: bool
    any_label: str
    missing: bool

    @property
    def text(self) -> str:
        return f"Specify {self.need.type} resource ARN for the {_count(self.need.actions)}."


def _count(actions: tuple[str, ...]) -> str:
    more = len(actions) - 1
    return f"{actions[0]} action" if not more else f"{actions[0]} and {more} more action{'s' * (more > 1)}"


@dataclass
class Draft:
    """One block as it is being edited. `known` actions are chosen by name, `patterns` by what was typed.

    `limited` are actions without resources that the text has on specific ARNs: they are left there, without effect as
    they are, because a block of its own would grant what the text does not.
    """

    id: str
    account: str
    kind: Kind
    checked: bool = False
    service: str = ""
    effect: str = "Allow"
    sid: str = ""
    names: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    all_but_actions: bool = False
    specific: bool = True
    resources: list[str] = field(default_factory=list)
    all_but_resources: bool = False
    conditions: list[Condition] = field(default_factory=list)
    limited: frozenset[str] = frozenset()
    addresses: str = ""
    has_addresses: bool = False
    shown: set[str] = field(default_factory=lambda: {"block", "resources"})
    filter: str = ""
    about: str = ""
    adding: bool = False
    typed: str = ""
    typed_problem: str = ""
    arn_dialog: ArnDialog | None = None
    condition_dialog: ConditionDialog | None = None
    query: str = ""
    focus: str = ""

    # -- from a block and to one ---------------------------------------------------------------------------------

    def fill(self, block: Block) -> Draft:
        """Take over a block of a policy's text."""
        self.service, self.effect, self.sid = block.service, block.effect, block.sid
        for action in block.actions:
            name = "" if block.all_but_actions else offers.known(self.service, action)
            (self.names if name else self.patterns).append(name or action)
        self.all_but_actions, self.all_but_resources = block.all_but_actions, block.all_but_resources
        self.specific = not covers_all(block)
        self.resources = list(block.resources) if self.specific else []
        for condition in block.conditions:
            self.take(condition)
        if self.specific:
            self.limited = frozenset(name for name in self.names if offers.has_no_resources(self.service, name))
        if self.conditions or self.has_addresses:
            self.shown.add("conditions")
        return self

    def take(self, condition: Condition) -> None:
        """Add a condition. The one on the source IP has a field of its own, where that can hold its values."""
        in_field = ", ".join(condition.values)
        is_source = (condition.operator, condition.key) == SOURCE_IP and not self.has_addresses
        if is_source and _split(in_field) == condition.values and len(in_field) <= LONGEST_ADDRESSES:
            self.has_addresses, self.addresses = True, in_field
        else:
            self.conditions.append(condition)

    @property
    def block(self) -> Block:
        apart = () if not self.specific or self.all_but_actions else self.without_resources
        conditions = list(self.conditions)
        if self.has_addresses:
            # Without a range the condition holds for nobody: better than none, which would hold for all.
            conditions.append(Condition(*SOURCE_IP, self.networks))
        return Block(
            self.service,
            self.effect,
            (*self.patterns, *(name for name in self.names if name not in apart)),
            self.all_but_actions,
            tuple(dict.fromkeys(self.resources)) if self.specific else ("*",),
            self.all_but_resources and self.specific,
            tuple(conditions),
            self.sid,
            apart,
        )

    @property
    def is_blank(self) -> bool:
        return not (self.service or self.patterns or self.resources or self.conditions or self.has_addresses)

    # -- what is chosen --------------------------------------------------------------------------------------------

    @property
    def prefix(self) -> str:
        return f"block-{self.id}"

    @property
    def title(self) -> str:
        return offers.title_of(self.service) if self.service else "Select a service"

    @property
    def effect_word(self) -> str:
        return "denied" if self.effect == "Deny" else "allowed"

    @property
    def service_groups(self) -> list[tuple[str, list[offers.Service]]]:
        """The services to choose from, as far as they are searched for."""
        common, others = offers.services(self.query)
        return [(title, found) for title, found in (("Common services", common), ("All services", others)) if found]

    @property
    def is_known(self) -> bool:
        return offers.is_known(self.service)

    @property
    def is_every(self) -> bool:
        return self.service == EVERY

    @property
    def open(self) -> bool:
        return "block" in self.shown

    @property
    def everything(self) -> bool:
        return "*" in self.patterns and not self.all_but_actions

    @property
    def all_label(self) -> str:
        return "All actions (*)" if self.is_every else f"All {self.title} actions ({self.service}:*)"

    @cached_property
    def by_pattern(self) -> dict[str, str]:
        return {} if self.all_but_actions else offers.matching(self.service, self.patterns)

    @property
    def chosen(self) -> dict[str, None]:
        return dict.fromkeys((*self.names, *self.by_pattern))

    @property
    def has_actions(self) -> bool:
        return bool(self.names or self.patterns)

    @property
    def summary(self) -> str:
        """`Allow 1 action`"""
        if not self.has_actions:
            return f"{self.effect} no actions"
        number = len(self.chosen) or len(self.patterns)
        if self.all_but_actions:
            return f"{self.effect} all actions except {len(self.patterns)}"
        return (
            f"{self.effect} all actions" if self.everything else f"{self.effect} {number} action{'s' * (number != 1)}"
        )

    @property
    def without_resources(self) -> tuple[str, ...]:
        """The chosen actions that cannot be limited to resources, unless the text has them on some."""
        return tuple(
            name for name in self.names if name not in self.limited and offers.has_no_resources(self.service, name)
        )

    @property
    def levels(self) -> list[Level]:
        chosen, wanted = self.chosen, self.filter.strip().lower()
        found = []
        for number, name in enumerate(offers.LEVELS):
            actions = offers.actions_by_level(self.service).get(name, ())
            drawn = [each for each in actions if wanted in each.lower()] if wanted else actions
            if not drawn:
                continue
            open_ = bool(wanted) or f"level{number}" in self.shown
            rows = tuple(map(self._row, drawn)) if open_ else ()
            found.append(Level(number, name, len(actions), sum(each in chosen for each in actions), open_, rows))
        return found

    def _row(self, name: str) -> ActionRow:
        by = self.by_pattern.get(name, "")
        if name != self.about:
            return ActionRow(name, name in self.names, by, "", ())
        description, types = offers.about(self.service, name)
        return ActionRow(name, name in self.names, by, description, types)

    @property
    def kept(self) -> str:
        """The chosen actions that have no tick box on the page."""
        drawn = {row.name for level in self.levels for row in level.rows if not row.by} if self.open else set()
        return ",".join(name for name in self.names if name not in drawn)

    @property
    def pattern_rows(self) -> list[PatternRow]:
        rows = []
        for number, text in enumerate(self.patterns):
            if text == "*" and not self.all_but_actions and self.open:
                continue  # that is the box `All … actions`
            stands_for = len(offers.matching(self.service, [text])) if self.is_known else 0
            rows.append(PatternRow(number, text, stands_for, self.is_every or not self.is_known or bool(stands_for)))
        return rows

    @property
    def dependencies(self) -> list[tuple[str, str, str]]:
        return offers.dependencies(self.service, self.chosen) if self.effect == "Allow" else []

    # -- resources -------------------------------------------------------------------------------------------------

    @cached_property
    def needs(self) -> list[offers.Need]:
        if not self.is_known or self.all_but_actions:
            return []
        return offers.needs(self.service, self.names, self.by_pattern)

    @property
    def only_all_resources(self) -> bool:
        """Whether no chosen action can be limited to resources."""
        all_named = bool(self.names) and not self.patterns
        return all_named and not self.needs and not self.resources and not self.all_but_actions

    @cached_property
    def _types(self) -> dict[str, frozenset[str]]:
        return {arn: arns.types_of(arn, self.service) for arn in self.resources}

    @cached_property
    def rows(self) -> list[ResourceRow]:
        if self.all_but_resources:
            return []
        given = frozenset().union(*self._types.values())
        rows = []
        for need in self.needs:
            template = arns.templates(self.service)[need.type]
            any_arn = template.any(self.account)
            own = tuple(
                (at, arn)
                for at, arn in enumerate(self.resources)
                if need.type in self._types[arn] and not (arn == any_arn and self._first_of(any_arn) == need.type)
            )
            ticked = any_arn in self.resources and self._first_of(any_arn) == need.type
            missing = need.asked and need.type not in given and not (need.one_of & given)
            label = "Any in this account" if template.has_account else "Any"
            rows.append(ResourceRow(need, own, any_arn, ticked, label, missing))
        return rows

    def _first_of(self, any_arn: str) -> str:
        """Two types can have the same ARN for any; the first that is needed has the box."""
        same = (
            each.type for each in self.needs if arns.templates(self.service)[each.type].any(self.account) == any_arn
        )
        return next(same, "")

    @property
    def main_rows(self) -> list[ResourceRow]:
        """The types that are asked for. Those of many actions at once would bury what is there: they stand apart."""
        asked = [row for row in self.rows if row.need.asked]
        many = len(asked) > MOST_ROWS
        return [row for row in self.rows if row.arns or row.any_ticked or (row.need.named if many else row.need.asked)]

    @property
    def further_rows(self) -> list[ResourceRow]:
        main = {row.need.type for row in self.main_rows}
        return [row for row in self.rows if row.need.type not in main]

    @property
    def other_arns(self) -> list[tuple[int, str]]:
        """ARNs that are of no type which the chosen actions need."""
        shown = {at for row in self.rows for at, _ in row.arns} | {
            at
            for at, arn in enumerate(self.resources)
            if any(row.any_ticked and row.any_arn == arn for row in self.rows)
        }
        return [(at, arn) for at, arn in enumerate(self.resources) if at not in shown]

    @property
    def kept_arns(self) -> list[str]:
        """The ARNs that no `Any` box on the page stands for."""
        if not (self.has_scope and self.specific):
            return self.resources
        rows = self.main_rows + (self.further_rows if "further" in self.shown else [])
        boxes = {row.any_arn for row in rows if row.any_ticked}
        return [arn for arn in self.resources if arn not in boxes]

    @property
    def ineffective(self) -> list[str]:
        """Actions that have no resources and stand on specific ARNs in the text."""
        return [name for name in self.names if name in self.limited] if self.specific else []

    @property
    def has_scope(self) -> bool:
        """Whether the page has the choice between all and specific resources."""
        return self.open and "resources" in self.shown and self.has_actions and not self.only_all_resources

    # -- conditions ------------------------------------------------------------------------------------------------

    @property
    def networks(self) -> tuple[str, ...]:
        return _split(self.addresses)

    @property
    def addresses_problem(self) -> str:
        if not self.has_addresses:
            return ""
        wrong = next((part for part in self.networks if network_of(part) is None), "")
        if wrong:
            return f"{wrong} is no IP address or range in CIDR notation, such as 203.0.113.0/24."
        return "" if self.networks else "Enter an IP address or range in CIDR notation, such as 203.0.113.0/24."

    @property
    def has_mfa(self) -> bool:
        return MFA in self.conditions

    @property
    def condition_rows(self) -> list[tuple[int, Condition, str]]:
        """The conditions that have no box of their own, each with what the form sends for it."""
        return [
            (at, each, json.dumps([each.operator, each.key, list(each.values)]))
            for at, each in enumerate(self.conditions)
            if each != MFA or not self.has_boxes
        ]

    @property
    def has_boxes(self) -> bool:
        return self.open and "conditions" in self.shown and self.has_actions

    @property
    def condition_count(self) -> int:
        return len(self.conditions) + self.has_addresses

    # -- what is missing -------------------------------------------------------------------------------------------

    @property
    def problems(self) -> dict[str, str]:
        """What keeps the block from being finished, by the part of the block."""
        if not self.service and not self.patterns:
            return {"service": "Select a service."}
        found = {}
        if not self.has_actions:
            found["actions"] = "Specify at least one action."
        elif self.specific and (missing := self._missing_resources):
            found["resources"] = missing
        if self.addresses_problem:
            found["addresses"] = self.addresses_problem
        return found

    @property
    def _missing_resources(self) -> str:
        missing = [row for row in self.rows if row.missing and row.need.named]
        if missing:
            return f"Specify the resources of {len(missing)} resource type{'s' * (len(missing) > 1)}."
        if self.resources or self.only_all_resources:
            return ""
        return "Specify at least one resource."

    @property
    def shown_problems(self) -> dict[str, str]:
        return self.problems if self.checked else {}


def _split(addresses: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in re.split(r"[,\s]+", addresses) if part))
