"""The editor as a step of a wizard. A page without further steps is a wizard of this one.

Inside the editor every button is called `editor`; its value says what to do. The step stays, nothing is validated,
and the editor is drawn again: by the whole page, or with a script by what htmx swaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from iamconsole.editor.formatting import formatted
from iamconsole.editor.forms import START, PolicyDocumentForm, View, plain
from iamconsole.editor.imports import Importing, Library
from iamconsole.editor.panel import Panel
from iamconsole.editor.report import Note, Report
from iamconsole.editor.sizes import LONGEST
from iamconsole.editor.statements import NOTHING
from iamconsole.editor.visual import Visual
from iamconsole.policy import Kind
from iamconsole.ui.wizard import Step, Wizard

EDITOR = "addPermissions"  # the name that AWS's console has in `?step=`
EDITOR_TEXT = (
    "Add permissions by selecting services, actions, resources, and conditions. Build permission statements using "
    "the JSON editor."
)
# Policies of other kinds name a principal, or belong to Organizations, whose console has no visual editor.
VISUAL_KINDS: frozenset[Kind] = frozenset({"identity"})


@dataclass
class Editor:
    """What `editor/editor.html` shows."""

    form: PolicyDocumentForm
    view: View
    visual: Visual | None = None
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
    def measured(self) -> Report:
        """The size of what the visual view says; nobody is asked for findings on it before Next."""
        assert self.visual is not None
        return Report(self.visual.text, self.kind, self.form.limit)

    @property
    def errors(self) -> list[Note]:
        """What else keeps the visual view from being left by Next: what the findings on its text say."""
        looked = self.visual is not None and self.visual.checked and not self.visual.unresolved
        return [note for note in self.report.notes if note.type == "ERROR"] if looked else []

    @property
    def caret(self) -> str:
        """Where a button has moved the caret: row and column from 0."""
        return self.panel.caret if self.panel else ""

    @property
    def has_visual(self) -> bool:
        return self.kind in VISUAL_KINDS


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
    editor: Editor = wizard.arranged or _look(form, _account(wizard), wizard.request.GET.get("view", ""))
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


def _account(wizard: Wizard) -> str:
    """The account of who asks, which stands in the ARNs of its resources."""
    return str(getattr(wizard.request, "caller").account_id)  # noqa: B009  # the sign-in middleware put it there


def _look(form: PolicyDocumentForm, account: str, asked: str) -> Editor:
    """The editor as the form's values have it, before anything is pressed; an address may ask for `?view=json`."""
    editor = Editor(form, "json")
    if form["view"].value() == "visual" and asked != "json" and editor.has_visual:
        _show(editor, Visual(str(form["document"].value() or ""), editor.kind, account).show_text())
    return editor


def _show(editor: Editor, visual: Visual) -> None:
    """Show the text as blocks, or say why it stays JSON."""
    if visual.reason:
        editor.view, editor.problem = "json", f"{visual.reason.reason} (Ln {visual.reason.line})"
    else:
        editor.view, editor.visual = "visual", visual


def _posted(wizard: Wizard, posted: QueryDict) -> None:
    """Do what a button of the editor asks, and make a text of what was filled into the visual view."""
    draft, pressed = wizard.draft["data"][wizard.step.name], posted.get("editor", "")
    form = wizard.form_of(wizard.step)
    assert isinstance(form, PolicyDocumentForm)
    text = plain("".join(draft.get("document", [])[-1:]))[: LONGEST + 1]
    editor = Editor(form, "json")
    was_visual = draft.get("view") == ["visual"] and editor.has_visual
    visual = Visual(text, form.kind, _account(wizard))
    if was_visual and not visual.reason:
        _show(editor, visual.show_form(posted))
        text = visual.text
    said = text
    if pressed == "json":
        editor.view = "json"
    elif pressed == "visual" and editor.has_visual and not was_visual:
        _show(editor, visual.show_text())
    elif pressed == "format" and editor.view == "json":
        text = formatted(text)
    elif pressed in ("import", "import-add") and form.library:
        importing = Importing.of(form.library, posted)
        # A block in which nothing is chosen is no statement to append to.
        onto = NOTHING if editor.visual and editor.visual.is_empty else text
        imported = importing.into(onto) if pressed == "import-add" else None
        if imported is None:
            editor.importing = importing
        else:
            text = imported.text
    elif pressed.startswith("statement-") and editor.view == "json":
        editor.panel = Panel.look(text, form.kind, posted)
        editor.panel.press(pressed)
        text = editor.panel.text
    if text != said and editor.view == "visual":  # what was imported is blocks too
        visual = Visual(text, form.kind, _account(wizard))
        _show(editor, visual if visual.reason else visual.show_text())
    draft["document"], draft["view"] = [text], [editor.view]
    draft["unresolved"] = [str(visual.unresolved if editor.view == "visual" else 0)]
    wizard.arranged, wizard.stays = editor, bool(pressed)
