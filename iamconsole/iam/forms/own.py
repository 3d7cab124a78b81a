"""Forms about one's own credentials."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.core.errors import AwsError
from iamconsole.iam import passwords
from iamconsole.iam.forms.account_rules import DEFAULT, AccountRules
from iamconsole.iam.forms.users import complaint
from iamconsole.ui.forms import Form


def _password_field(label: str, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        error_messages={"required": f"{label} is required."},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"}),
    )


class OwnPasswordForm(Form):
    """A new password of one's own. What it must be like is said beside it; whether it is, the operation says."""

    old_password = _password_field("Current password", "current-password")
    new_password = _password_field("New password", "new-password")
    confirm_password = _password_field("Confirm new password", "new-password")

    def __init__(self, *args: Any, account: AccountRules = DEFAULT, **options: Any) -> None:
        super().__init__(*args, **options)
        self.account = account
        # The rules are held against what is typed, as in the other password forms.
        self.fields["new_password"].widget.attrs |= account.live("new_password")

    @property
    def rules(self) -> list[passwords.Rule]:
        return self.account.of(self.data.get("new_password", "") if self.is_bound else "")

    @property
    def typed(self) -> bool:
        return self.is_bound and bool(self.data.get("new_password"))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        new, again = values.get("new_password"), values.get("confirm_password")
        if new and (problem := complaint("ChangePassword", NewPassword=new)):
            self.add_error("new_password", problem)
        elif new and again and new != again:
            self.add_error("confirm_password", "Passwords do not match")
        return values

    def refuse(self, error: AwsError) -> None:
        """The rules' refusal names `password`, which is here the new one."""
        if error.field == "password":
            self.add_error("new_password", error.message)
        else:
            super().refuse(error)

    def params(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("old_password", "new_password")}


class RootPasswordForm(OwnPasswordForm):
    """The same for the root user, whose password is no IAM user's and changes by an operation of the sign-in."""

    def params(self) -> dict[str, Any]:
        return {"old_password": self.cleaned_data["old_password"], "password": self.cleaned_data["new_password"]}
