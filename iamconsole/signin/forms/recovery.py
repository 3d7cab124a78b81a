"""What the pages for a forgotten root password ask."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.signin.forms.sign_in import Needed, password_field, plain_account
from iamconsole.ui.forms import Form


class ForgotForm(Form):
    bound_field_class = Needed

    email = forms.CharField(
        label="Root user email address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "inputmode": "email"}),
        error_messages={"required": "Root user email address is required."},
    )
    # Asked only where several sandboxes know the address.
    root_account = forms.CharField(
        label="Account ID (12 digits)",
        required=False,
        max_length=32,
        help_text="Several accounts here have this email address. Your account ID says which one is yours.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def clean_root_account(self) -> str:
        return plain_account(self.cleaned_data["root_account"])

    def params(self) -> dict[str, Any]:
        return {}


class NewPasswordForm(Form):
    password = password_field("New password", "new-password")
    retyped = password_field("Confirm new password", "new-password")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"password", "retyped"} <= values.keys() and values["password"] != values["retyped"]:
            self.add_error("retyped", "Passwords do not match.")
        return values

    def params(self) -> dict[str, Any]:
        return {"password": self.cleaned_data["password"]}
