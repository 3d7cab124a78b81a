"""What the editor says about a text: findings, each with its place, and how many characters are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.editor.explanations import Explanation, explanation_of
from iamconsole.editor.sizes import LIMITS, size_of
from iamconsole.policy import Finding, Kind, check, parse
from iamconsole.policy.check import CATALOGUE, check_grammar, learn_more
from iamconsole.ui.pages import Aws

# How ValidatePolicy is asked about each kind of policy.
_ASKED: dict[Kind, dict[str, Any]] = {
    "identity": {"policy_type": "IDENTITY_POLICY"},
    "trust": {
        "policy_type": "RESOURCE_POLICY",
        "validate_policy_resource_type": "AWS::IAM::AssumeRolePolicyDocument",
    },
    "resource": {"policy_type": "RESOURCE_POLICY", "validate_policy_resource_type": "AWS::S3::Bucket"},
    "scp": {"policy_type": "SERVICE_CONTROL_POLICY"},
    "rcp": {"policy_type": "RESOURCE_CONTROL_POLICY"},
}
# How the console calls the findings of each type, and the status icon beside them.
TYPES = {
    "SECURITY_WARNING": ("Security", "warning"),
    "ERROR": ("Errors", "error"),
    "WARNING": ("Warnings", "warning"),
    "SUGGESTION": ("Suggestions", "info"),
}
FIRST_SHOWN = ("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION")
MOST_FINDINGS = 100  # of each type on a page
MOST_ASKED = 1000
LONGEST_EXCERPT = 60
# Warnings of AWS's policy summary, which ValidatePolicy does not have: console.md §15 has the editor say them.
_HINT = "ACTION_WITHOUT_"
NOT_PERMITTED = (
    "You need permissions. You do not have the permissions required to perform this operation. Ask your administrator "
    "to add permissions."
)


@dataclass(frozen=True, slots=True)
class Note:
    """One finding as the editor lists it: lines and columns from 1, the end behind its last character."""

    type: str
    code: str
    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    source: str = ""

    @property
    def name(self) -> str:
        return CATALOGUE[self.code].name

    @property
    def learn_more(self) -> str:
        return learn_more(self.code)

    @property
    def explanation(self) -> Explanation:
        return explanation_of(self.code)


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one type."""

    type: str
    label: str
    status: str
    count: int
    notes: list[Note]

    @property
    def more(self) -> int:
        return self.count - len(self.notes)


@dataclass(frozen=True)
class Report:
    """The findings on a text and its size; without a limit, that of its kind counts.

    `found` is what ValidatePolicy answered, or its refusal: only what makes the text no policy is then told. Without
    it the checks are made here, for a page that shows a policy and edits none.
    """

    text: str
    kind: Kind = "identity"
    limit: int = 0
    found: Mapping[str, Any] | AwsError | None = None

    @classmethod
    def asked(cls, aws: Aws, text: str, kind: Kind, limit: int = 0) -> Report:
        """Ask for the findings as whoever writes the policy."""
        found: Mapping[str, Any] | AwsError
        if not text.strip():
            return cls(text, kind, limit, {"findings": []})  # nothing is written yet, so nothing is wrong
        try:
            found = aws.call(
                "access-analyzer:ValidatePolicy", policy_document=text, max_results=MOST_ASKED, **_ASKED[kind]
            )
        except AwsError as error:
            found = error
        return cls(text, kind, limit, found)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        if not self.text.strip():
            return ()
        policy = parse(self.text, self.kind)
        if isinstance(self.found, AwsError):
            return tuple(self._here(one) for one in check_grammar(policy))
        findings = check(policy)
        if self.found is None:
            return tuple(self._here(one) for one in findings)
        told = [self._told(one) for one in self.found["findings"]]
        hints = [self._here(one) for one in findings if one.code.startswith(_HINT)]
        return tuple(sorted((*told, *hints), key=lambda note: (note.line, note.column)))

    @property
    def refusal(self) -> str:
        """Why there are no findings but those of the grammar."""
        if isinstance(self.found, AccessDenied):
            return NOT_PERMITTED
        return self.found.message if isinstance(self.found, AwsError) else ""

    @property
    def errors(self) -> int:
        return sum(note.type == "ERROR" for note in self.notes)

    @property
    def problem(self) -> str:
        """What keeps the policy from being saved."""
        return f"Resolve {self.errors} error{'s' if self.errors != 1 else ''}." if self.errors else ""

    @property
    def groups(self) -> list[Group]:
        return [self._group(kind) for kind in TYPES]

    @property
    def first_shown(self) -> str:
        """The type whose findings are shown before another is chosen."""
        there = {note.type for note in self.notes}
        return next((kind for kind in FIRST_SHOWN if kind in there), "SECURITY_WARNING")

    @property
    def left(self) -> int:
        return self.most - size_of(self.text, self.kind)

    @property
    def most(self) -> int:
        return self.limit or LIMITS[self.kind]

    @property
    def size(self) -> str:
        return f"{self.left:,} of {self.most:,} characters remaining"

    @property
    def curly_quotes(self) -> bool:
        """Word processors put them in, JSON does not know them."""
        return bool(self.errors) and any(mark in self.text for mark in "“”„‟‘’")

    @property
    def hard_spaces(self) -> bool:
        """JSON knows the space of the space bar alone; web pages have others."""
        return any(note.code == "JSON_SYNTAX_ERROR" for note in self.notes) and "\u00a0" in self.text

    @property
    def marks(self) -> list[dict[str, Any]]:
        """What the editor shows in its gutter: rows and columns from 0."""
        kinds = {"SECURITY_WARNING": "security", "ERROR": "error", "WARNING": "warning", "SUGGESTION": "info"}
        return [
            {
                "row": note.line - 1,
                "column": note.column - 1,
                "text": f"{note.name}: {note.text}",
                "type": kinds[note.type],
            }
            for note in self.notes[:MOST_ASKED]
        ]

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def _group(self, kind: str) -> Group:
        notes = [note for note in self.notes if note.type == kind]
        return Group(kind, *TYPES[kind], len(notes), notes[:MOST_FINDINGS])

    def _here(self, finding: Finding) -> Note:
        place = (finding.line, finding.column, finding.end_line, finding.end_column + 1)
        return Note(finding.type, finding.code, finding.text, *place, self._excerpt(finding.line, finding.column))

    def _told(self, told: Mapping[str, Any]) -> Note:
        span = told["locations"][0]["span"]
        line, column = span["start"]["line"], span["start"]["column"] + 1
        place = (line, column, span["end"]["line"], span["end"]["column"] + 1)
        text = told["findingDetails"]
        return Note(told["findingType"], told["issueCode"], text, *place, self._excerpt(line, column))

    def _excerpt(self, line: int, column: int) -> str:
        """The line at fault; of a very long one, what stands at the column."""
        text = self._lines[min(line, len(self._lines)) - 1]
        return text.strip() if len(text.strip()) <= LONGEST_EXCERPT else text[column - 1 :][:LONGEST_EXCERPT]
