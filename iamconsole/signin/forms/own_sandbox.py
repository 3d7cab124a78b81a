"""What the sandbox's own page asks."""

from __future__ import annotations

from typing import IO, Any

from django import forms

from iamconsole.ui.forms import ConfirmForm


class ActForm(ConfirmForm):
    """A word typed to confirm. Several of these share the page: none takes the focus unless it was sent."""

    def __init__(self, act: str, data: Any = None, files: Any = None) -> None:
        super().__init__(
            data, files, text=act, label=f"To confirm, enter {act} in the text input field.", auto_id=f"{act}_%s"
        )
        self.takes_focus = data is not None


class RestoreForm(ActForm):
    snapshot = forms.FileField(
        label="Snapshot file",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": "Choose a snapshot file.", "empty": "The file is empty: it is no snapshot."},
    )

    field_order = ["snapshot", "confirm"]

    @property
    def file(self) -> IO[bytes]:
        chosen: IO[bytes] = self.cleaned_data["snapshot"].file
        return chosen
