"""What is simulated."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.core.arn import Arn
from iamconsole.editor import offers
from iamconsole.ui.forms import Form, PickField


class SimulationForm(Form):
    """Actions of one service on a resource. `service` says which actions there are to choose from."""

    actions = PickField(label="Select actions", most=1000)
    resource = forms.CharField(
        label="Resource ARN",
        required=False,
        max_length=2048,
        widget=forms.TextInput(attrs={"placeholder": "*", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Actions that support no resource are simulated on *.",
    )
    include_policy = forms.BooleanField(label="Include Resource Policy", required=False)

    def __init__(self, *args: Any, service: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.service = service
        self.levels = offers.actions_by_level(service)
        if service != "s3":
            del self.fields["include_policy"]

    def clean_actions(self) -> list[str]:
        known = {name for names in self.levels.values() for name in names}
        chosen = [name for name in self.cleaned_data["actions"] if name in known]
        if not chosen:
            raise forms.ValidationError("Select at least one action.")
        return chosen

    def clean_resource(self) -> str:
        text: str = self.cleaned_data["resource"] or "*"
        if text != "*" and Arn.parse(text) is None:
            raise forms.ValidationError("Enter an ARN, for example arn:aws:s3:::amzn-example/*, or *.")
        return text

    @property
    def bucket(self) -> str:
        """The bucket whose policy is to be included; empty when none is."""
        parsed = Arn.parse(self.cleaned_data["resource"])
        wanted = self.cleaned_data.get("include_policy") and parsed and parsed.service == "s3"
        return parsed.resource.partition("/")[0] if parsed and wanted else ""

    @property
    def chosen(self) -> list[str]:
        return list(self["actions"].value() or [])

    def calls(self) -> list[dict[str, Any]]:
        """Parameters of the calls to make: one for the actions on the resource, one for those without any."""
        resource, asked = self.cleaned_data["resource"], self.cleaned_data["actions"]
        on_resource = [name for name in asked if not offers.has_no_resources(self.service, name)]
        on_all = [name for name in asked if name not in on_resource]
        return [
            {"action_names": [f"{self.service}:{name}" for name in names], "resource_arns": [arn]}
            for names, arn in ((on_resource, resource), (on_all, "*"))
            if names
        ]
