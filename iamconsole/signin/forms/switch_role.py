"""What the Switch Role page asks."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from iamconsole.core.errors import AwsError
from iamconsole.ui.forms import Form

# IAM User Guide, "Troubleshoot IAM roles: I receive an error when I try to switch roles in the IAM console".
INVALID = "Invalid information in one or more fields. Check your information or contact your administrator."
# "The combined Path and RoleName cannot exceed 64 characters", in the console (IAM User Guide, "IAM role management").
LONGEST = 64
_ROLE = re.compile(r"[\w+=,.@/-]+", re.ASCII)
_DASHED = re.compile(r"\d{4}-\d{4}-\d{4}", re.ASCII)
COLORS = {"": "None", "red": "Red", "orange": "Orange", "yellow": "Yellow", "green": "Green", "blue": "Blue"}
# How links that AWS's console makes write the colours.
_HEX = {"F2B0A9": "red", "FBBF93": "orange", "FAD791": "yellow", "B7CA9D": "green", "99BCE3": "blue"}
_NO_COMPLETION = {"autocomplete": "off", "spellcheck": "false"}


def color_of(text: str) -> str:
    """A colour by its name or as a link has it; none for what is neither."""
    found = _HEX.get(text.upper(), text.lower())
    return found if found in COLORS else ""


class SwitchRoleForm(Form):
    """The names are those of AWS's link to the page (`/switchrole?account=…&roleName=…&displayName=…`)."""

    account = forms.CharField(
        label="Account ID",
        max_length=63,
        help_text="The 12-digit account number or the alias of the account in which the role exists.",
        error_messages={"required": "Account ID is required."},
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )
    roleName = forms.CharField(
        label="IAM role name",
        max_length=LONGEST,
        help_text=(
            "The name of the role that you want to assume, which you can get from the end of the role's ARN. For "
            "example, provide the TestRole role name from the following role ARN: "
            "arn:aws:iam::123456789012:role/TestRole."
        ),
        error_messages={"required": "IAM role name is required."},
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )
    displayName = forms.CharField(
        label="Display name",
        required=False,
        max_length=LONGEST,
        help_text=(
            "This name will appear in the console navigation bar when the role is active. Choose a name to help "
            "identify the permission set assigned to the role."
        ),
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )
    color = forms.ChoiceField(
        label="Display color",
        required=False,
        choices=list(COLORS.items()),
        help_text="The selected color will be displayed in the console navigation bar when the role is active.",
    )

    def clean_account(self) -> str:
        account: str = self.cleaned_data["account"]
        return account.replace("-", "") if _DASHED.fullmatch(account) else account

    def clean_roleName(self) -> str:
        """With its path, if it has one. What no role can be called is told like a role that there is not."""
        name: str = self.cleaned_data["roleName"].strip("/")
        if not _ROLE.fullmatch(name):
            raise forms.ValidationError(INVALID)
        return name

    def refuse(self, error: AwsError) -> None:
        """One answer for every cause; why it was refused the explanation says to who may read it."""
        self.aws_error = error
        self.add_error(None, INVALID)

    def entry(self) -> list[Any]:
        """As the role history keeps it."""
        return [self.cleaned_data[name] for name in self.fields]
