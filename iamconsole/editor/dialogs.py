"""The two dialogs of a permission block: `Add ARNs`, and a condition. Each is part of the block's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from iamconsole.editor import arns, offers
from iamconsole.policy import Condition, Kind
from iamconsole.policy.conditions import spelling_of

Get = Callable[[str], str]
Every = Callable[[str], list[str]]

QUALIFIERS = (
    ("", "Default"),
    ("ForAllValues", "For all values in request"),
    ("ForAnyValue", "For any value in request"),
)
MOST_VALUES = 100
MOST_ARNS = 200
_ACCOUNT = re.compile(r"[0-9]{12}")
_OPEN = re.compile(r"\$\{[^}]*\}|<[^>]*>")


@dataclass
class ArnField:
    """A part of the ARN: what was typed, or any."""

    label: str
    value: str = ""
    any: bool = False
    problem: str = ""


@dataclass
class ArnDialog:
    """`Add ARNs`: by its parts, or as text."""

    type: str
    service: str
    own_account: str
    tab: str = "visual"
    place: str = "this"
    other_account: str = ""
    account_problem: str = ""
    fields: list[ArnField] = field(default_factory=list)
    text: str = ""
    problem: str = ""

    @classmethod
    def open(cls, type_: str, service: str, account: str) -> ArnDialog:
        template = arns.templates(service).get(type_)
        if template is None:
            return cls("", service, account, tab="text")
        return cls(type_, service, account, fields=[ArnField(part.label) for part in template.parts])

    @classmethod
    def read(cls, type_: str, service: str, account: str, get: Get, every: Every) -> ArnDialog:
        dialog = cls.open(type_, service, account)
        if dialog.type and get("tab") != "text":
            ticked = set(every("part-any"))
            for at, part in enumerate(dialog.fields):
                part.value = get(f"part{at}")[: arns.LONGEST]
                part.any = str(at) in ticked
            dialog.place = get("place") if get("place") in ("this", "other", "any") else "this"
            dialog.other_account = get("account")[:40]
        else:
            dialog.tab, dialog.text = "text", get("text")[: arns.LONGEST * 10]
        return dialog

    @property
    def template(self) -> arns.Template | None:
        return arns.templates(self.service).get(self.type)

    @property
    def account(self) -> str:
        return {"this": self.own_account, "any": "*"}.get(self.place, self.other_account.strip())

    @property
    def arn(self) -> str:
        """The ARN so far; what is open stands in braces."""
        if self.template is None:
            return ""
        names = [piece for piece in self.template.pieces[1::2] if piece != "Account"]
        values = [_value(part) or f"{{{name}}}" for part, name in zip(self.fields, names, strict=True)]
        return self.template.arn(self.account or "{Account}", values)

    @property
    def pattern(self) -> str:
        """The ARN for the page's script: `{0:BucketName}` for a part, `{account}`."""
        if self.template is None:
            return ""
        names = [piece for piece in self.template.pieces[1::2] if piece != "Account"]
        return self.template.arn("{account}", [f"{{{at}:{name}}}" for at, name in enumerate(names)])

    def turn_to(self, tab: str) -> None:
        """The other tab, with what was filled in on this one."""
        if tab == "text" and self.tab != "text" and any(_value(part) for part in self.fields):
            self.text = self.arn
        if self.template is not None:
            self.tab = tab

    def finish(self, kind: Kind) -> list[str]:
        """The ARNs, or nothing and what is wrong."""
        if self.tab == "text":
            return self._finish_text(kind)
        for part in self.fields:
            if not _value(part):
                part.problem = f"Enter the {part.label}, or choose any."
        has_account = self.template is not None and self.template.has_account
        if has_account and self.account != "*" and not _ACCOUNT.fullmatch(self.account):
            self.account_problem = "Enter an account ID of 12 digits."
        if self.account_problem or any(part.problem for part in self.fields):
            return []
        self.problem = arns.problem_of(self.arn, self.service, self.type, kind)
        return [] if self.problem else [self.arn]

    def _finish_text(self, kind: Kind) -> list[str]:
        found = list(dict.fromkeys(line.strip().rstrip(",") for line in self.text.splitlines() if line.strip()))
        if not found:
            self.problem = "Enter an ARN."
        elif len(found) > MOST_ARNS:
            self.problem = f"Add up to {MOST_ARNS} ARNs at a time."
        for arn in found if not self.problem else ():
            if problem := arns.problem_of(arn, self.service, self.type, kind):
                self.problem = f"{arn[:200]}: {problem}"
                break
        return [] if self.problem else found


def _value(part: ArnField) -> str:
    """Typing `*` is choosing any."""
    return "*" if part.any else part.value.strip()


@dataclass
class ConditionDialog:
    """A condition: key, qualifier, operator and values, of which one must fit."""

    service: str
    at: str = ""
    key: str = ""
    tag: str = ""
    qualifier: str = ""
    operator: str = "StringEquals"
    if_exists: bool = False
    values: list[str] = field(default_factory=lambda: [""])
    problems: dict[str, str] = field(default_factory=dict)
    focus: str = "key"

    @classmethod
    def open(cls, service: str, at: str, old: Condition | None) -> ConditionDialog:
        spelling = spelling_of(old.operator) if old else None
        if old is None or spelling is None:
            return cls(service)
        dialog = cls(service, at, old.key, "", spelling.quantifier, spelling.base, spelling.if_exists)
        dialog.values = list(old.values) or [""]
        for name in dialog._names():
            begin, *rest = _OPEN.split(name)
            if rest and old.key.lower().startswith(begin.lower()) and len(old.key) > len(begin):
                dialog.key, dialog.tag = name, old.key[len(begin) :]
        return dialog

    @classmethod
    def read(cls, at: str, service: str, get: Get, every: Every) -> ConditionDialog:
        return cls(
            service,
            at if at.isascii() and at.isdecimal() and len(at) < 6 else "",
            get("key")[:256],
            get("tag")[:128],
            get("qualifier") if get("qualifier") in dict(QUALIFIERS) else "",
            get("operator") if get("operator") in offers.operators() else "StringEquals",
            bool(get("ifexists")),
            [value[:2000] for value in every("value")][:MOST_VALUES] or [""],
        )

    @property
    def qualifiers(self) -> Sequence[tuple[str, str]]:
        return QUALIFIERS

    @property
    def operators(self) -> tuple[str, ...]:
        return offers.operators()

    @property
    def key_groups(self) -> list[tuple[str, Sequence[str]]]:
        """The keys to choose from: those of all services, and the service's own."""
        own = offers.service_keys(self.service)
        groups: list[tuple[str, Sequence[str]]] = [("Global condition keys", offers.global_keys())]
        if own:
            groups.append((f"{offers.title_of(self.service)} condition keys", own))
        if self.key and self.key not in self._names():
            groups.append(("Other", [self.key]))
        return groups

    def _names(self) -> list[str]:
        return [*offers.global_keys(), *offers.service_keys(self.service)]

    def add_value(self) -> None:
        if len(self.values) < MOST_VALUES:
            self.values.append("")
        self.focus = "value"

    def finish(self, others: Iterable[Condition], kind: Kind) -> Condition | None:
        """The condition, or nothing and what is wrong."""
        key = _OPEN.sub(lambda _: self.tag.strip(), self.key)
        values = tuple(dict.fromkeys(value for value in self.values if value))
        operator = f"{self.qualifier}:{self.operator}" if self.qualifier else self.operator
        if self.if_exists and self.operator != "Null":
            operator += "IfExists"
        if not self.key:
            self.problems["key"] = "Select a condition key."
        elif _OPEN.search(self.key) and not self.tag.strip():
            self.problems["tag"] = "Enter the tag key."
        elif any((each.operator, each.key.lower()) == (operator, key.lower()) for each in others):
            self.problems["key"] = "There is already a condition with this key and operator. Add the value to it."
        if not values:
            self.problems["value"] = "Enter a value."
        if not self.problems:
            condition = {operator: {key: list(values)}}
            statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
            if problem := arns.condition_problem(statement, kind):
                self.problems["value"] = problem
        return None if self.problems else Condition(operator, key, values)
