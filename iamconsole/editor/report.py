"""What the editor says about a text: findings, each with its place, and how many characters are left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from iamconsole.editor.sizes import LIMITS, size_of
from iamconsole.policy import Finding, Kind, check, parse

# How the console calls the findings of each type, and one of them, and the status icon beside it.
FINDING_TYPES = {
    "SECURITY_WARNING": ("Security", "Security", "warning"),
    "ERROR": ("Errors", "Error", "error"),
    "WARNING": ("Warnings", "Warning", "warning"),
    "SUGGESTION": ("Suggestions", "Suggestion", "info"),
}
MOST_FINDINGS = 100
LONGEST_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding as the editor lists it, with the line of the text that it is about."""

    finding: Finding
    label: str
    status: str
    source: str


@dataclass(frozen=True)
class Report:
    """The findings on a text and its size; without a limit, that of its kind counts."""

    text: str
    kind: Kind = "identity"
    limit: int = 0

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return check(parse(self.text, self.kind))

    @property
    def errors(self) -> int:
        return sum(finding.type == "ERROR" for finding in self.findings)

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Label, status and number for each type of finding."""
        found = [finding.type for finding in self.findings]
        return [
            (label, status, found.count(kind))  # type: ignore[arg-type]  # the keys are the types
            for kind, (label, _, status) in FINDING_TYPES.items()
        ]

    @property
    def rows(self) -> list[FindingRow]:
        lines = self.text.splitlines() or [""]
        found = sorted(self.findings, key=lambda finding: (finding.type != "ERROR", finding.line))
        return [
            FindingRow(
                finding,
                *FINDING_TYPES[finding.type][1:],
                _excerpt(lines[min(finding.line, len(lines)) - 1], finding.column),
            )
            for finding in found[:MOST_FINDINGS]
        ]

    @property
    def more(self) -> int:
        return max(len(self.findings) - MOST_FINDINGS, 0)

    @property
    def most(self) -> int:
        return self.limit or LIMITS[self.kind]

    @property
    def left(self) -> int:
        return self.most - size_of(self.text, self.kind)

    @property
    def size(self) -> str:
        return f"{self.left:,} of {self.most:,} characters remaining"

    @property
    def curly_quotes(self) -> bool:
        """Word processors put them in, JSON does not know them."""
        return bool(self.errors) and any(mark in self.text for mark in "“”„‟‘’")


def _excerpt(line: str, column: int) -> str:
    """The line at fault; of a very long one, what stands at the column."""
    return line.strip() if len(line.strip()) <= LONGEST_EXCERPT else line[column - 1 :][:LONGEST_EXCERPT]
