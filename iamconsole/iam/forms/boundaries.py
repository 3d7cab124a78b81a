"""Forms that choose a permissions boundary: for a user or role that is there, and for one about to be created."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.ui.forms import Form

CHOOSE = "Choose a policy to set as the permissions boundary."
# Choosing shows the table of policies at once; without a script the button `Show` does.
REDRAW = {
    "hx-post": "",
    "hx-trigger": "change",
    "hx-target": "#boundary-options",
    "hx-select": "#boundary-options",
    "hx-swap": "outerHTML",
    "hx-vals": '{"_go": "?boundary=open"}',
    "hx-replace-url": "true",
}


class BoundaryForm(Form):
    boundary = forms.CharField(label="Permissions boundary", error_messages={"required": CHOOSE})


class BoundaryFields(Form):
    """For a wizard's step: whether there is to be a boundary, and then which. `boundary` is its ARN or empty."""

    use_boundary = forms.BooleanField(
        label="Use a permissions boundary to control the maximum permissions",
        required=False,
        widget=forms.CheckboxInput(attrs=REDRAW),
    )
    boundary = forms.CharField(label="Permissions boundary", required=False)

    @property
    def wants_boundary(self) -> bool:
        """Whether the table of policies is to be shown."""
        return bool(self["use_boundary"].value())

    def clean(self) -> dict[str, Any]:
        values = dict(super().clean() or self.cleaned_data)
        if not values.get("use_boundary"):
            values["boundary"] = ""  # what the page hides counts for nothing
        elif not values.get("boundary"):
            self.add_error("boundary", CHOOSE)
        return values


class RoleBoundaryFields(BoundaryFields):
    """The same as roles ask it: by two radio buttons."""

    use_boundary = forms.ChoiceField(  # type: ignore[assignment]  # another widget for the same question
        label="Set permissions boundary",
        required=False,
        initial="",
        choices=[
            ("", "Create role without a permissions boundary"),
            ("yes", "Use a permissions boundary to control the maximum role permissions"),
        ],
        widget=forms.RadioSelect(attrs=REDRAW),
    )
