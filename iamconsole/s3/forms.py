"""What the S3 pages ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from iamconsole.core.regions import REGIONS
from iamconsole.s3 import names
from iamconsole.ui.forms import ConfirmForm, Form

PERMANENTLY = "permanently delete"


class BucketForm(Form):
    region = forms.ChoiceField(label="AWS Region", choices=[(code, f"{name} {code}") for code, name in REGIONS.items()])
    bucket = forms.CharField(
        label="Bucket name",
        strip=False,
        max_length=1000,
        help_text="Bucket names must be 3 to 63 characters and unique within the global namespace. They must begin "
        "and end with a letter or number. Valid characters are a-z, 0-9, periods (.), and hyphens (-).",
        error_messages={"required": "Bucket name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "myawsbucket", "spellcheck": "false"}),
    )

    def clean_bucket(self) -> str:
        name: str = self.cleaned_data["bucket"]
        if problem := names.bucket_name_problem(name):
            raise forms.ValidationError(problem)
        return name

    def params(self) -> dict[str, Any]:
        region = self.cleaned_data["region"]
        # us-east-1 is the default and, as on AWS, never said.
        place = {} if region == "us-east-1" else {"create_bucket_configuration": {"LocationConstraint": region}}
        return {"bucket": self.cleaned_data["bucket"], **place}


class FolderForm(Form):
    folder = forms.CharField(
        label="Folder name",
        strip=False,
        max_length=1024,
        help_text='Folder names can\'t contain "/".',
        error_messages={"required": "Folder name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_folder(self) -> str:
        name: str = self.cleaned_data["folder"]
        if "/" in name:
            raise forms.ValidationError('Folder names can\'t contain "/".')
        return name

    def params(self) -> dict[str, Any]:
        return {}


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files; an empty one may be uploaded too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=_Files(attrs={"multiple": True, "data-upload": ""}), allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list) and data else [None]
        return [super(_FilesField, self).clean(one, initial) for one in given]


class UploadForm(Form):
    chosen = _FilesField(
        label="Add files", error_messages={"required": "Choose at least one file.", "missing": "Choose a file."}
    )


def deletion_form(data: Any, text: str = PERMANENTLY) -> ConfirmForm:
    return ConfirmForm(data, text=text, label=f"To confirm deletion, type {text} in the text input field.")
