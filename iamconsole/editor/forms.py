"""The policy editor's form: the text of the policy, and which view shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

from django import forms

from iamconsole.editor.imports import Library
from iamconsole.editor.report import Report
from iamconsole.editor.sizes import LIMITS, LONGEST
from iamconsole.policy import Kind
from iamconsole.ui.forms import Form

View = Literal["visual", "json"]
START = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Statement1", "Effect": "Allow", "Action": [], "Resource": []}],
    },
    indent=4,
)


class PolicyDocumentField(forms.CharField):
    """JSON as text, kept exactly as it was typed but for the browser's line ends."""

    def __init__(self, *, rows: int = 22, **options: Any) -> None:
        attrs = {"rows": rows, "wrap": "off", "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        messages = {"required": "Enter a policy document."}
        super().__init__(
            **{
                "label": "Policy document (JSON)",
                "strip": False,
                "max_length": LONGEST,
                "widget": forms.Textarea(attrs=attrs),
                "error_messages": messages,
                **options,
            }
        )

    def to_python(self, value: Any) -> str:
        return plain(super().to_python(value) or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # A browser would cut a text that is pasted in; the error says what happened instead.
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class PolicyDocumentForm(Form):
    """The step that every policy passes through. Only findings of type Error keep it from going on."""

    document = PolicyDocumentField()
    view = forms.ChoiceField(choices=[("json", "JSON"), ("visual", "Visual")], required=False)
    # How many parts of the visual view are not filled in: the step counts them, whatever a browser sends.
    unresolved = forms.IntegerField(required=False)
    # The newest version when the editing began, so that the review can tell of one made meanwhile.
    newest = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: Kind = "identity",
        limit: int = 0,
        look: Callable[[str], Report] | None = None,
        library: Library | None = None,
        **options: Any,
    ) -> None:
        """`look` asks for the findings on a text; without it the checks are made here. What can be imported is in
        `library`."""
        super().__init__(*args, **options)
        self.kind, self.limit, self.library = kind, limit or LIMITS[kind], library
        self.look = look or (lambda text: Report(text, self.kind, self.limit))

    @cached_property
    def report(self) -> Report:
        return self.look(plain(str(self["document"].value() or ""))[:LONGEST])

    def params(self) -> dict[str, Any]:
        """None: each operation calls its policy by another name."""
        return {}

    @property
    def names_principal(self) -> bool:
        return self.kind in ("trust", "resource")

    def clean_unresolved(self) -> int:
        unresolved: int = self.cleaned_data["unresolved"] or 0
        if unresolved:
            raise forms.ValidationError(f"Resolve {unresolved} error{'s' if unresolved != 1 else ''}.")
        return unresolved

    def clean_document(self) -> str:
        document: str = self.cleaned_data["document"]
        if problem := self.look(document).problem:
            raise forms.ValidationError(problem)
        return document


def plain(text: str) -> str:
    """A text without the line ends that browsers send."""
    return text.replace("\r\n", "\n")
