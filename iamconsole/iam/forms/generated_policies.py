"""Forms about policies that are generated from what a user or role did."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from iamconsole.iam.forms.policies import PolicyDetailsForm
from iamconsole.ui.forms import Form

DAYS = (1, 7, 30, 90)  # ninety is the longest that IAM Access Analyzer looks at


class PeriodForm(Form):
    days = forms.ChoiceField(
        label="Time period",
        help_text="You can specify up to 90 days. To generate a policy faster, choose a shorter time.",
        choices=[(str(days), f"Last {days} days" if days > 1 else "Last day") for days in DAYS],
        initial="30",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a time period."},
    )

    def params(self) -> dict[str, Any]:
        return {}

    @property
    def period(self) -> dt.timedelta:
        return dt.timedelta(days=int(self.cleaned_data["days"]))


class GeneratedPolicyForm(PolicyDetailsForm):
    """The details of the managed policy that is made of it, and whether the user or role gets it at once."""

    attach = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, label: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["attach"].label = label

    def params(self) -> dict[str, Any]:
        return {name: value for name, value in super().params().items() if name != "attach"}
