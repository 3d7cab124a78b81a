"""The editor as a step of a wizard. A page without further steps is a wizard of this one.

Inside the editor every button is called `editor`; its value says what to do. The step stays, nothing is validated,
and the editor is drawn again: by the whole page, or with a script by what htmx swaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.http import QueryDict

from iamconsole.editor.formatting import formatted
from iamconsole.editor.forms import START, PolicyDocumentForm, View, plain
from iamconsole.editor.imports import Importing, Library
from iamconsole.editor.panel import Panel
from iamconsole.editor.report import Report
from iamconsole.editor.sizes import LONGEST
from iamconsole.policy import Kind
from iamconsole.ui.wizard import Step, Wizard

EDITOR = "addPermissions"  # the name that AWS's console has in `?step=`
EDITOR_TEXT = (
    "Add permissions by selecting services, actions, resources, and conditions. Build permission statements using "
    "the JSON editor."
)
HAS_ERRORS = "The policy has errors. Fix them in the JSON editor before switching."


@dataclass(frozen=True)
class Redrawn:
    """What the visual view makes of a text: the text as its blocks say it now, what `editor/visual.html` shows, and
    why the text cannot be shown as blocks, where it cannot; it then stays in the JSON view, as it was."""

    text: str
    context: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


# `iamconsole.editor.visual.redraw(text, posted, kind)`: `posted` is what the browser sent, with the pressed button's
# value as `editor` (empty for Next); an empty QueryDict for a first look. Never raises for what it is given.
Redraw = Callable[[str, QueryDict, Kind], Redrawn]
# Organizations, S3 and trust policies have no visual view in AWS's console either.
VISUAL_KINDS: frozenset[Kind] = frozenset({"identity"})
_visual: Redraw | None = (
    import_module("iamconsole.editor.visual").redraw if find_spec("iamconsole.editor.visual") else None
)


@dataclass
class Editor:
    """What `editor/editor.html` shows."""

    form: PolicyDocumentForm
    view: View
    visual: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    panel: Panel | None = None  # beside the JSON
    importing: Importing | None = None  # the dialog

    @property
    def kind(self) -> Kind:
        return self.form.kind

    @property
    def report(self) -> Report:
        return self.form.report

    @property
    def caret(self) -> str:
        """Where a button has moved the caret: row and column from 0."""
        return self.panel.caret if self.panel else ""

    @property
    def has_visual(self) -> bool:
        return _visual is not None and self.kind in VISUAL_KINDS


def editor_step(
    title: str = "Specify permissions",
    *,
    name: str = EDITOR,
    kind: Kind = "identity",
    limit: int = 0,
    document: str = START,
    newest: str = "",
    view: View = "json",
    library: Library | None = None,
) -> Step:
    """The step that edits a policy: begin with `document`, shown by `view` where that can show it.

    `library`: the policies that can be imported.
    """
    reports: dict[str, Report] = {}  # a page asks about a text once

    def options(wizard: Wizard) -> dict[str, Any]:
        def look(text: str) -> Report:
            if text not in reports:
                aws = wizard.request.aws  # type: ignore[attr-defined]  # a ConsoleRequest
                reports[text] = Report.asked(aws, text, kind, limit)
            return reports[text]

        return {"kind": kind, "limit": limit, "look": look, "library": library}

    return Step(
        name,
        title,
        PolicyDocumentForm,
        initial={"document": document, "newest": newest, "view": view},
        options=options,
        posted=_posted,
        part="editor/editor.html",
    )


def editor_context(wizard: Wizard) -> dict[str, Any]:
    """What the step's page shows; nothing on the wizard's other steps."""
    form = wizard.form
    if not isinstance(form, PolicyDocumentForm):
        return {}
    editor: Editor = wizard.arranged or _look(form)
    editor.form = form
    if editor.view == "json" and editor.panel is None:
        editor.panel = Panel.look(form.report.text, form.kind, wizard.request.POST)
    return {"editor": editor, "editor_text": EDITOR_TEXT}


def document_of(wizard: Wizard) -> str:
    """The text, when the step's form accepts it."""
    return str(wizard.values(_step_of(wizard).name).get("document", ""))


def report_of(wizard: Wizard) -> Report:
    """The findings on the text, for the review."""
    form = wizard.form_of(_step_of(wizard))
    assert isinstance(form, PolicyDocumentForm)
    return form.report


def _step_of(wizard: Wizard) -> Step:
    return next(step for step in wizard.steps if issubclass(step.form, PolicyDocumentForm))


def _look(form: PolicyDocumentForm) -> Editor:
    """The editor as the form's values have it, before anything is pressed."""
    editor = Editor(form, "json")
    if form["view"].value() == "visual" and editor.has_visual:
        _show_visual(editor, str(form["document"].value() or ""), QueryDict())
    return editor


def _show_visual(editor: Editor, text: str, posted: QueryDict) -> str:
    """Show the text as blocks, or say why it stays JSON. Returns the text as the blocks say it."""
    assert _visual is not None
    drawn = _visual(text, posted, editor.kind)
    if drawn.problem:
        editor.view, editor.problem = "json", drawn.problem
        return text
    editor.view, editor.visual = "visual", drawn.context
    return drawn.text


def _posted(wizard: Wizard, posted: QueryDict) -> None:
    """Do what a button of the editor asks, and make a text of what was filled into the visual view."""
    draft, pressed = wizard.draft["data"][wizard.step.name], posted.get("editor", "")
    form = wizard.form_of(wizard.step)
    assert isinstance(form, PolicyDocumentForm)
    text = plain("".join(draft.get("document", [])[-1:]))[: LONGEST + 1]
    editor = Editor(form, "json")
    was_visual = draft.get("view") == ["visual"] and editor.has_visual
    if was_visual:
        text = _show_visual(editor, text, posted)
    if pressed == "json":
        editor.view = "json"
    elif pressed == "visual" and editor.has_visual and not was_visual:
        if form.look(text).errors:
            editor.problem = HAS_ERRORS
        else:
            text = _show_visual(editor, text, QueryDict())
    elif pressed == "format":
        text = formatted(text)
    elif pressed in ("import", "import-add") and form.library:
        importing = Importing.of(form.library, posted)
        imported = importing.into(text) if pressed == "import-add" else None
        if imported is None:
            editor.importing = importing
        else:
            text = imported.text
    elif pressed.startswith("statement-") and editor.view == "json":
        editor.panel = Panel.look(text, form.kind, posted)
        editor.panel.press(pressed)
        text = editor.panel.text
    draft["document"], draft["view"] = [text], [editor.view]
    wizard.arranged, wizard.stays = editor, bool(pressed)
