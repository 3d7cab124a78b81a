"""Forms about user groups. Names and quotas are checked by the operations, in AWS's words."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.iam import quotas
from iamconsole.iam.forms.policies import PolicyPicksForm
from iamconsole.ui.forms import Form, PickField

NAME_RULE = "Maximum 128 characters. Use alphanumeric and '+=,.@-_' characters."


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="User group name",
        help_text=NAME_RULE,
        error_messages={"required": "User group name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class UserPicksForm(Form):
    """The users ticked for a group."""

    users = PickField(label="Users", most=quotas.USERS)


class NewGroupForm(PolicyPicksForm):
    """A new group with its first policies: one call for each of them."""

    group_name = _name_field()

    field_order = ["group_name", "users", "policies"]

    def params(self) -> dict[str, Any]:
        return {"group_name": self.cleaned_data["group_name"]}


class GroupForm(UserPicksForm, NewGroupForm):
    """The same with its first users."""


class RenameForm(Form):
    """A group's new name. The operation calls it new_group_name; its errors name either."""

    new_group_name = _name_field()
