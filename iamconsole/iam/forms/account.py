"""Forms about the account as a whole."""

from __future__ import annotations

from django import forms
from django.urls import reverse_lazy

from iamconsole.iam.forms.users import complaint
from iamconsole.ui.forms import Form


class AliasForm(Form):
    account_alias = forms.CharField(
        label="Preferred alias",
        help_text="Must be not more than 63 characters. Valid characters are a-z, 0-9, and - (hyphen).",
        error_messages={"required": "Enter an alias."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "hx-get": reverse_lazy("iam:account-alias-preview"),
                "hx-trigger": "input changed delay:150ms",
                "hx-target": "#alias-preview",
                "hx-swap": "outerHTML",
                "hx-sync": "this:replace",
            }
        ),
    )

    def clean_account_alias(self) -> str:
        alias: str = self.cleaned_data["account_alias"]
        if problem := complaint("CreateAccountAlias", AccountAlias=alias):
            raise forms.ValidationError(problem)
        return alias
