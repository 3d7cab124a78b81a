"""Forms about policies, and the policy editor's field with what is said about its text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms

from iamconsole.iam import quotas
from iamconsole.policy import Finding, Kind, check, parse
from iamconsole.ui.forms import Form, PickField

LONGEST_DOCUMENT = 131_072  # characters; the API's own limit for PolicyDocument
START = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Statement1", "Effect": "Allow", "Action": [], "Resource": []}],
    },
    indent=4,
)
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
    """What the editor says about a text: findings and how many characters are left."""

    text: str
    kind: Kind = "identity"
    limit: int = quotas.MANAGED_POLICY_SIZE

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
    def left(self) -> int:
        return self.limit - quotas.size_of(self.text)

    @property
    def size(self) -> str:
        """White space is free, as IAM counts."""
        return f"{self.left:,} of {self.limit:,} characters remaining"

    @property
    def curly_quotes(self) -> bool:
        """Word processors put them in, JSON does not know them."""
        return bool(self.errors) and any(mark in self.text for mark in "“”„‟‘’")


def _excerpt(line: str, column: int) -> str:
    """The line at fault; of a very long one, what stands at the column."""
    return line.strip() if len(line.strip()) <= LONGEST_EXCERPT else line[column - 1 :][:LONGEST_EXCERPT]


class PolicyDocumentField(forms.CharField):
    """The policy editor: JSON as text, kept exactly as it was typed but for the browser's line ends."""

    def __init__(self, *, rows: int = 22, **options: Any) -> None:
        attrs = {"rows": rows, "wrap": "off", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        messages = {"required": "Enter a policy document."}
        super().__init__(
            **{
                "label": "Policy document (JSON)",
                "strip": False,
                "max_length": LONGEST_DOCUMENT,
                "widget": forms.Textarea(attrs=attrs),
                "error_messages": messages,
                **options,
            }
        )

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # A browser would cut a text that is pasted in; the error says what happened instead.
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class PolicyDocumentForm(Form):
    """The step that every policy passes through. Only findings of type Error keep it from going on."""

    document = PolicyDocumentField()
    # The newest version when the editing began, so that the review can tell of one made meanwhile.
    newest = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, kind: Kind = "identity", limit: int = quotas.MANAGED_POLICY_SIZE, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.kind, self.limit = kind, limit

    @cached_property
    def report(self) -> Report:
        return Report(
            str(self["document"].value() or "")[:LONGEST_DOCUMENT].replace("\r\n", "\n"), self.kind, self.limit
        )

    def clean_document(self) -> str:
        document: str = self.cleaned_data["document"]
        errors = Report(document, self.kind, self.limit).errors
        if errors:
            raise forms.ValidationError(f"Resolve {errors} error{'s' if errors != 1 else ''}.")
        return document


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Policy name",
        help_text="Maximum 128 characters. Use alphanumeric and '+=,.@-_' characters.",
        error_messages={"required": "Policy name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PolicyDetailsForm(Form):
    """`Review and create` of a managed policy."""

    policy_name = _name_field()
    description = forms.CharField(
        label="Description",
        required=False,
        help_text="Maximum 1,000 characters. Use alphanumeric and '+=,.@-_' characters.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class InlinePolicyForm(Form):
    """`Review and create` of an inline policy: a name, no description, no tags."""

    policy_name = _name_field()

    def __init__(self, *args: Any, taken: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(*args, **options)
        self.taken = taken

    def clean_policy_name(self) -> str:
        """Creating must not replace: the API would silently put the new text in the old one's place."""
        name: str = self.cleaned_data["policy_name"]
        if name in self.taken:
            raise forms.ValidationError(f"A policy called {name} already exists. Duplicate names are not allowed.")
        return name


class ReviewForm(Form):
    """A review with nothing to fill in."""


class NewVersionForm(Form):
    """`Review and save`: with five versions, one of them has to go first."""

    set_as_default = forms.BooleanField(label="Set this new version as the default.", required=False)
    version_to_delete = forms.ChoiceField(
        label="Version to delete",
        required=False,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the version to delete before you save.",
            "invalid_choice": "Choose one of the versions listed.",
        },
    )

    def __init__(self, *args: Any, versions: list[tuple[str, str]] | None = None, **options: Any) -> None:
        """`versions`: the ones that could be deleted, oldest first; empty while there is room."""
        super().__init__(*args, **options)
        self.versions = versions or []
        choice = self.fields["version_to_delete"]
        choice.required = bool(self.versions)
        choice.choices = self.versions  # type: ignore[attr-defined]  # a ChoiceField
        choice.initial = self.versions[0][0] if self.versions else None

    def params(self) -> dict[str, Any]:
        return {"set_as_default": self.cleaned_data["set_as_default"]}


class EntityPicksForm(Form):
    """The users, groups and roles ticked for a policy, as `user/john`, `group/HR` and `role/S3AccessRole`."""

    entities = PickField(label="Entities", most=100, required=True, error_messages={"required": "Select an entity."})
