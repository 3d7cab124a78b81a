"""Forms that look like the console's, and the one place where an AwsError becomes a form error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from iamconsole.core.errors import AwsError
from iamconsole.ui.pages import Aws


class Bound(BoundField):
    """A field on a page: the first bad one takes the focus, without a script."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        if self.errors and getattr(self.form, "takes_focus", True) and next(iter(self.form.errors), None) == self.name:
            built["autofocus"] = True
        return built

    @property
    def optional(self) -> bool:
        """Fields are required by default in the console; the others say `- optional`."""
        return not self.field.required and not isinstance(self.field.widget, forms.CheckboxInput)


class Form(forms.Form):
    """The base of every form. `params` is what its operation gets."""

    bound_field_class = Bound
    # The server explains what is missing, in AWS's words; the browser's own bubble would come first.
    use_required_attribute = False
    # False where several forms share a page and none may take the focus from the reader.
    takes_focus = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.aws_error: AwsError | None = None

    def params(self) -> dict[str, Any]:
        """What was filled in; empty values are left out, as the console leaves them out of its call."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}

    def refuse(self, error: AwsError) -> None:
        """Show AWS's error: beside the field it names, else above the form."""
        if error.field and error.field in self.fields:
            self.add_error(error.field, error.message)
        else:
            self.aws_error = error
            self.add_error(None, error.message)


class Answer(dict[str, Any]):
    """An operation's result. True even when empty: DeleteUser answers with nothing, and has worked."""

    def __bool__(self) -> bool:
        return True


def submit(form: Form, aws: Aws, action: str, **params: Any) -> Answer | None:
    """Call `action` with the form's values, and with `params`, which win; None if it is not done.

    An AwsError becomes an error of the form. This is the only such translation.
    """
    if not form.is_valid():
        return None
    try:
        return Answer(aws.call(action, **{**form.params(), **params}))
    except AwsError as error:
        form.refuse(error)
        return None


class Picks(forms.SelectMultiple):
    """The rows ticked in a table: every value posted under one name."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return list(dict.fromkeys(data.getlist(name))) if hasattr(data, "getlist") else list(data.get(name, []))


class PickField(forms.Field):
    """What was ticked in the page's `Table` of the same name, as a list of texts.

    Whether each exists is the operation's to say: a list here would be a read of its own.
    """

    widget = Picks

    def __init__(self, *, most: int = 100, **options: Any) -> None:
        super().__init__(**{"required": False, **options})
        self.most = most

    def to_python(self, value: Any) -> list[str]:
        return [str(one) for one in value or []]

    def validate(self, value: Sequence[str]) -> None:
        super().validate(value)
        if len(value) > self.most:
            raise forms.ValidationError(f"You can choose up to {self.most}.")


class ConfirmForm(Form):
    """The typed confirmation of a destructive act: exact, case-sensitive, nothing trimmed."""

    confirm = forms.CharField(strip=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, text: str, label: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.text = text
        self.problem = f"Enter {text} exactly as shown."
        field = self.fields["confirm"]
        field.error_messages["required"] = self.problem
        field.label = label or f"To confirm deletion, enter {text} in the text input field."
        field.widget.attrs |= {"data-confirm-text": text, "placeholder": text}

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.text:
            raise forms.ValidationError(self.problem)
        return typed

    def params(self) -> dict[str, Any]:
        return {}
