"""`Edit statement`, the panel beside the JSON: what it shows of a statement, and what its buttons change in the text.

Everything is in the form that is sent, so that it works without a script as well: which statement, which service, what
is ticked, and what a dialog asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from iamconsole.editor import arns, offers
from iamconsole.editor.dialogs import QUALIFIERS
from iamconsole.editor.statements import Statements
from iamconsole.policy import Kind, reference

# The only service that a policy of this kind can speak of.
ONLY: Mapping[str, str] = {"trust": "sts", "resource": "s3"}
# How each type of principal is written: its key in the policy, and what is to be filled in.
PRINCIPALS = {
    "account": ("AWS accounts", "AWS", "arn:aws:iam::{Account}:root"),
    "user": ("IAM users", "AWS", "arn:aws:iam::{Account}:user/{UserNameWithPath}"),
    "role": ("IAM roles", "AWS", "arn:aws:iam::{Account}:role/{RoleNameWithPath}"),
    "session": ("Assumed-role sessions", "AWS", "arn:aws:sts::{Account}:assumed-role/{RoleName}/{SessionName}"),
    "service": ("AWS services", "Service", "{ServiceName}.amazonaws.com"),
    "federated": ("Identity providers", "Federated", "arn:aws:iam::{Account}:saml-provider/{ProviderName}"),
    "everyone": ("All principals", "AWS", "*"),
}
_PART = re.compile(r"\{[^{}]*\}")


@dataclass
class Panel:
    """The panel, and the text as it is after what was asked for."""

    statements: Statements
    kind: Kind
    posted: QueryDict = field(default_factory=QueryDict)
    current: int | None = None
    dialog: str = ""  # resource, principal, condition
    error: str = ""  # what is wrong with the dialog's fields
    caret: str = ""
    another: bool = False  # another statement than the form was about: what was chosen for that one does not count

    @classmethod
    def look(cls, text: str, kind: Kind, posted: QueryDict | None = None) -> Panel:
        panel = cls(Statements(text), kind, posted if posted is not None else QueryDict())
        chosen = panel.posted.get("statement", "")
        if chosen.isascii() and chosen.isdecimal() and len(chosen) < 7 and int(chosen) < len(panel.statements.items):
            panel.current = int(chosen)
        return panel

    @property
    def text(self) -> str:
        return self.statements.text

    def follow(self, row: int, column: int) -> None:
        """Show the statement in which the caret stands."""
        was, self.current = self.current, self.statements.at(row, column)
        self.another = was != self.current

    def press(self, button: str) -> None:
        """Do what one of the panel's buttons says; a name that none of them has does nothing."""
        if self.statements.problem:
            return
        act = button.removeprefix("statement-")
        if act == "add":
            self.statements = self.statements.added(self.kind)
            self._go(len(self.statements.items) - 1)
        elif self.current is None:
            return
        elif act == "choose":
            self._go(self.current)
        elif act == "remove":
            self.statements = self.statements.without(self.current)
            self.current = None
        elif act == "actions":
            self._tick()
        elif act in ("resource", "principal", "condition"):
            self.dialog = act
        elif act in ("resource-add", "principal-add", "condition-add"):
            self.dialog = act.removesuffix("-add")
            self.error = getattr(self, f"_add_{self.dialog}")()
            if not self.error:
                self.dialog = ""

    # -- what it shows --------------------------------------------------------------------------------

    @property
    def choices(self) -> list[tuple[int, str]]:
        return [(index, self.statements.label(index)) for index in range(len(self.statements.items))]

    @property
    def label(self) -> str:
        return "" if self.current is None else self.statements.label(self.current)

    @property
    def has_resource(self) -> bool:
        return self.kind != "trust"

    @property
    def has_principal(self) -> bool:
        return self.kind in ("trust", "resource", "rcp")

    @property
    def service(self) -> str:
        """Whose actions are listed: what was chosen, or else the only one there can be."""
        chosen = "" if self.another else self.posted.get("statement-service", "")
        return chosen if chosen in reference.services() else ONLY.get(self.kind, "")

    @property
    def services(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Those of the statement, the common ones and the others, each with its name."""
        known = reference.services()
        if self.kind in ONLY:
            return [("Available", [(ONLY[self.kind], known[ONLY[self.kind]])])]
        included = {action.partition(":")[0].lower() for action in self._actions}
        rest = sorted(known, key=lambda key: known[key].lower())
        groups = (
            ("Included", [key for key in rest if key in included]),
            ("Common", [key for key in offers.COMMON if key not in included]),
            ("Available", [key for key in rest if key not in included and key not in offers.COMMON]),
        )
        return [(title, [(key, known[key]) for key in keys]) for title, keys in groups if keys]

    @property
    def filter(self) -> str:
        return "" if self.another else self.posted.get("statement-filter", "").strip()[:100]

    @property
    def every(self) -> str:
        return f"{self.service}:*"

    @property
    def patterns(self) -> list[str]:
        """What the statement has of the service that is none of its actions: patterns, and misspelt names."""
        known = {f"{self.service}:{name}" for name in reference.actions(self.service)}
        own = [one for one in self._actions if one.lower().startswith(f"{self.service}:")]
        return [one for one in own if one.lower() not in known and one.lower() != self.every]

    @property
    def has_every(self) -> bool:
        return self.every in {one.lower() for one in self._actions}

    @property
    def groups(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """The actions of the service by access level, each with whether the statement names it."""
        ticked = {one.lower() for one in self._actions}
        found = {
            level: [
                (name, f"{self.service}:{name.lower()}" in ticked)
                for name in names
                if self.filter.lower() in name.lower() and self._can_hold(name.lower())
            ]
            for level, names in offers.actions_by_level(self.service).items()
        }
        return [(level, names) for level, names in found.items() if names]

    @property
    def resource_service(self) -> str:
        chosen = self.posted.get("resource-service", "") or self.service or self._first_service
        return chosen if chosen in reference.services() else ""

    @property
    def resource_types(self) -> list[tuple[str, str]]:
        """The types of the service's resources with the pattern of their ARNs, and all of them together."""
        if not self.resource_service:
            return []
        found = [(name, one.shown) for name, one in sorted(arns.templates(self.resource_service).items())]
        if self.kind == "resource":
            found = [one for one in found if one[0] in ("bucket", "object")]
        return [*found, ("All Resources", "*")] if self.kind != "resource" else found

    @property
    def resource_type(self) -> str:
        asked = self.posted.get("resource-type", "")
        names = [name for name, _ in self.resource_types]
        return asked if asked in names else names[0] if names else ""

    @property
    def resource_arn(self) -> str:
        """What was typed, unless the type has been changed since."""
        template = dict(self.resource_types).get(self.resource_type, "")
        return self._typed("resource-arn", "resource-shown", template)

    @property
    def principal_types(self) -> list[tuple[str, str]]:
        return [(key, title) for key, (title, _, _) in PRINCIPALS.items()]

    @property
    def principal_type(self) -> str:
        asked = self.posted.get("principal-type", "")
        return asked if asked in PRINCIPALS else "account"

    @property
    def principal_template(self) -> str:
        return PRINCIPALS[self.principal_type][2]

    @property
    def principal(self) -> str:
        return self._typed("principal", "principal-shown", self.principal_template)

    @property
    def resource_template(self) -> str:
        return dict(self.resource_types).get(self.resource_type, "")

    @property
    def keys(self) -> list[str]:
        """The condition keys of the services that the statement names, and those of all services."""
        services = dict.fromkeys(action.partition(":")[0].lower() for action in self._actions)
        return [*(key for service in services for key in offers.service_keys(service)), *offers.global_keys()]

    @property
    def qualifiers(self) -> Sequence[tuple[str, str]]:
        return QUALIFIERS

    @property
    def operators(self) -> Sequence[str]:
        return offers.operators()

    @property
    def asked(self) -> dict[str, str]:
        """What was filled into the dialog for a condition."""
        return {
            name: self.posted.get(f"condition-{name}", "")
            for name in ("key", "qualifier", "operator", "exists", "value")
        }

    def _can_hold(self, name: str) -> bool:
        """A bucket's policy is about what is done on buckets and objects."""
        on = reference.action(self.service, name).resource_types if self.kind == "resource" else ()
        return self.kind != "resource" or not {"bucket", "object"}.isdisjoint(on)

    # -- what it does ---------------------------------------------------------------------------------

    @property
    def _actions(self) -> list[str]:
        return [] if self.current is None else self.statements.names(self.current, "Action", "NotAction")[1]

    @property
    def _first_service(self) -> str:
        return next((action.partition(":")[0].lower() for action in self._actions if ":" in action), "")

    def _go(self, index: int) -> None:
        self.current, self.caret, self.another = index, self.statements.caret(index), True

    def _typed(self, name: str, shown: str, template: str) -> str:
        typed = self.posted.get(name, "").strip()[:2048]
        return typed if typed and self.posted.get(shown, "") == template else template

    def _put(self, element: str, value: Any) -> None:
        assert self.current is not None
        self.statements = self.statements.put(self.current, element, value)

    def _tick(self) -> None:
        """Take over what is ticked of the listed actions; what was not listed stays."""
        assert self.current is not None
        element, now = self.statements.names(self.current, "Action", "NotAction")
        service, shown = self.posted.get("statement-listed", ""), self.posted.get("statement-shown", "").strip().lower()
        if service != self.service or not service:
            return
        known = {f"{service}:{lower}": name for lower, (name, _) in reference.actions(service).items()}
        listed = {one for one in known if shown in one.partition(":")[2]} | {f"{service}:*"}
        listed |= {one.lower() for one in self.patterns}
        ticked = {one.lower(): one for one in self.posted.getlist("statement-action")}
        kept = [one for one in now if one.lower() not in listed or one.lower() in ticked]
        there = {one.lower() for one in kept}
        new = [one for lower, one in ticked.items() if lower in listed and lower not in there]
        if [*kept, *new] != now:
            self._put(element, [*kept, *new])

    def _add_resource(self) -> str:
        arn = self.resource_arn
        if problem := _unfilled(arn):
            return problem
        assert self.current is not None
        element, now = self.statements.names(self.current, "Resource", "NotResource")
        if arn not in now:
            self._put(element, [*now, arn] if now else arn)
        return ""

    def _add_principal(self) -> str:
        value = self.principal
        if problem := _unfilled(value):
            return problem
        assert self.current is not None
        statement = self.statements.items[self.current]
        element = "NotPrincipal" if "NotPrincipal" in statement else "Principal"
        now, kind = statement.get(element, {}), PRINCIPALS[self.principal_type][1]
        known = dict(now) if isinstance(now, dict) else {"AWS": now}
        values = known.get(kind, [])
        values = values if isinstance(values, list) else [values]
        if value not in values:
            known[kind] = [*values, value] if values else value
        self._put(element, known)
        return ""

    def _add_condition(self) -> str:
        asked = {name: value.strip()[:2048] for name, value in self.asked.items()}
        if not asked["key"] or ":" not in asked["key"]:
            return "Choose a condition key."
        if asked["operator"] not in self.operators or asked["qualifier"] not in dict(QUALIFIERS):
            return "Choose an operator."
        if not asked["value"]:
            return "Enter a value."
        exists = "IfExists" if asked["exists"] and asked["operator"] != "Null" else ""
        qualifier = f"{asked['qualifier']}:" if asked["qualifier"] else ""
        operator = f"{qualifier}{asked['operator']}{exists}"
        assert self.current is not None
        now = self.statements.items[self.current].get("Condition", {})
        conditions = {key: dict(one) for key, one in now.items()} if _is_condition(now) else None
        if conditions is None:
            return "The statement's Condition is no object. Fix it first."
        keys = conditions.setdefault(operator, {})
        values = keys.get(asked["key"], [])
        values = values if isinstance(values, list) else [values]
        if asked["value"] not in values:
            keys[asked["key"]] = [*values, asked["value"]] if values else asked["value"]
        self._put("Condition", conditions)
        return ""


def _is_condition(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())


def _unfilled(text: str) -> str:
    """Parts of a pattern that still stand for something; `${…}` is a policy variable."""
    found = _PART.search(re.sub(r"\$\{[^{}]*\}", "", text))
    if not text:
        return "Enter a value."
    return f"Replace {found[0]} by a name, or by * for any." if found else ""
