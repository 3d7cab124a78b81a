"""What the sign-in pages ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from iamconsole.core.errors import AwsError
from iamconsole.ui.forms import Bound, Form

WRONG = "Your authentication information is incorrect. Please try again."
NO_SUCH_ROOT = "An AWS account with that sign-in information does not exist. Try again or create a new account."
SHARED_ALIAS = "Several accounts here have this alias. Enter your account ID (12 digits)."
# AWS says the same whatever the cause was (limits.md §5).
NOT_CHANGED = (
    "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with "
    "account password policy set by administrator"
)


def password_field(label: str, autocomplete: str = "current-password") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": f"{label} is required."},
    )


class Needed(Bound):
    """Asked for according to the kind of user, so never called optional."""

    optional = False  # a property of every other field


class ChooserForm(Form):
    """Which kind of user: the root user by e-mail, an IAM user by account."""

    bound_field_class = Needed

    kind = forms.ChoiceField(
        label="Sign in as",
        choices=[("root", "Root user"), ("iam", "IAM user")],
        widget=forms.RadioSelect,
        initial="root",
    )
    email = forms.CharField(
        label="Root user email address",
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    # Asked only where several sandboxes know the address.
    root_account = forms.CharField(
        label="Account ID (12 digits)",
        required=False,
        max_length=32,
        help_text="Several accounts here have this email address. Your account ID says which one is yours.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    account = forms.CharField(
        label="Account ID (12 digits) or account alias", required=False, max_length=63, widget=forms.TextInput
    )

    def clean_root_account(self) -> str:
        return plain_account(self.cleaned_data["root_account"])

    def clean_account(self) -> str:
        return plain_account(self.cleaned_data["account"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        wanted = "email" if values.get("kind") == "root" else "account"
        if wanted not in self.errors and not values.get(wanted):
            self.add_error(wanted, f"{self.fields[wanted].label} is required.")
        elif wanted == "account" and not is_account_text(values.get("account", "")):
            self.add_error("account", "Account ID must be 12 digits or an alias")
        return values


class SignInForm(Form):
    """A refused sign-in says one sentence: a link to its event would tell that the account exists."""

    def refuse(self, error: AwsError) -> None:
        # Who hears of an expired password has just proved to know it.
        self.add_error(None, error.message if error.code == "PasswordExpired" else WRONG)


class RootForm(SignInForm):
    email = forms.CharField(max_length=254, widget=forms.HiddenInput)
    root_account = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    password = password_field("Password")

    def params(self) -> dict[str, Any]:
        return {"user_name": "", "password": self.cleaned_data["password"]}


class IamUserForm(SignInForm):
    account = forms.CharField(
        label="Account ID or alias", max_length=63, error_messages={"required": "Account ID or alias is required."}
    )
    remember = forms.BooleanField(label="Remember this account", required=False)
    user_name = forms.CharField(
        label="IAM username",
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        error_messages={"required": "IAM username is required."},
    )
    password = password_field("Password")

    def clean_account(self) -> str:
        return plain_account(self.cleaned_data["account"])

    def params(self) -> dict[str, Any]:
        return {"user_name": self.cleaned_data["user_name"], "password": self.cleaned_data["password"]}


class MfaForm(SignInForm):
    """The code of an MFA device; which device is asked only of who has several."""

    code = forms.CharField(
        label="MFA code",
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "MFA code is required."},
    )

    def __init__(self, *args: Any, devices: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.first = devices[0][0]
        if len(devices) > 1:
            self.fields["serial_number"] = forms.ChoiceField(
                label="Choose an MFA device", choices=devices, initial=self.first, widget=forms.RadioSelect
            )

    def params(self) -> dict[str, Any]:
        code = self.cleaned_data["code"].replace(" ", "")
        return {"serial_number": self.cleaned_data.get("serial_number", self.first), "code": code}


class ChangePasswordForm(Form):
    old_password = password_field("Old password")
    new_password = password_field("New password", "new-password")
    retyped = password_field("Retype new password", "new-password")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"new_password", "retyped"} <= values.keys() and values["new_password"] != values["retyped"]:
            self.add_error("retyped", "Passwords do not match")
        return values

    def params(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("old_password", "new_password")}

    def refuse(self, error: AwsError) -> None:
        """One sentence above the form, never beside a field; the page tells the true cause on request."""
        self.aws_error = error
        self.add_error(None, NOT_CHANGED)


def plain_account(text: str) -> str:
    """An account ID as it is shown in the console, `6294-7024-0221`, is taken too; `2026-1` is an alias."""
    bare = text.replace("-", "").replace(" ", "")
    return bare if len(bare) == 12 and bare.isascii() and bare.isdecimal() else text.strip()


def is_account_text(text: str) -> bool:
    """Twelve digits, or the form of an alias (limits.md §1)."""
    if text.isascii() and text.isdecimal():
        return len(text) == 12
    ends = text[:1] + text[-1:]
    return (
        3 <= len(text) <= 63
        and all(c.isascii() and (c.islower() or c.isdecimal() or c == "-") for c in text)
        and "-" not in ends
        and "--" not in text
    )
