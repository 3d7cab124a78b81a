"""The steps of the Policy Generator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import forms

from iamconsole.core.arn import Arn
from iamconsole.editor import offers
from iamconsole.editor.generator.statements import Condition
from iamconsole.ui.forms import Form, PickField

ALL_SERVICES = "All Services ('*')"
ALL_ACTIONS = "All Actions ('*')"


@dataclass(frozen=True, slots=True)
class PolicyType:
    """`service`: the one that such a policy is about; none where it may be any. `principal`: whether it names one."""

    value: str
    title: str
    service: str = ""
    principal: bool = True
    arn: str = "arn:aws:<service>:<region>:<account>:<resource>"


TYPES = {
    one.value: one
    for one in (
        PolicyType("s3BucketPolicy", "S3 Bucket Policy", "s3", arn="arn:aws:s3:::${BucketName}/${KeyName}"),
        PolicyType("iamPolicy", "IAM Policy", principal=False),
        PolicyType("snsTopicPolicy", "SNS Topic Policy", "sns", arn="arn:aws:sns:${Region}:${Account}:${TopicName}"),
        PolicyType("sqsQueuePolicy", "SQS Queue Policy", "sqs", arn="arn:aws:sqs:${Region}:${Account}:${QueueName}"),
        PolicyType("vpcEndpointPolicy", "VPC Endpoint Policy"),
    )
}
DEFAULT_TYPE = "iamPolicy"

# A principal that may stand in `Principal: {"AWS": …}`. Whether it exists S3 says when the policy is saved.
# IAM User Guide, "AWS JSON policy elements: Principal" (reference_policies_elements_principal.html).
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:[a-z-]+:iam::\d{12}:(?:root|(?:user|role|group)/\S+)|arn:[a-z-]+:sts::\d{12}:\S+", re.ASCII
)


def separated(text: str) -> list[str]:
    """What stands between commas, each once."""
    return list(dict.fromkeys(part for part in (one.strip() for one in text.split(",")) if part))


class ConditionForm(Form):
    operator = forms.ChoiceField(label="Condition")
    key = forms.CharField(
        label="Key", max_length=256, widget=forms.TextInput(attrs={"list": "keys", "autocomplete": "off"})
    )
    value = forms.CharField(
        label="Value",
        max_length=2048,
        help_text="Use a comma to separate multiple values.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(name, name) for name in offers.operators()]
        self.fields["operator"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_value(self) -> list[str]:
        values = separated(self.cleaned_data["value"])
        if not values:
            raise forms.ValidationError("You must enter a value.")
        return values

    @property
    def condition(self) -> Condition:
        filled = self.cleaned_data
        return Condition(filled["operator"], filled["key"].strip(), tuple(filled["value"]))


class StatementForm(Form):
    """`Add Statement(s)` for one type of policy, and for the service that is chosen where it may be any."""

    effect = forms.ChoiceField(
        label="Effect", choices=[("Allow", "Allow"), ("Deny", "Deny")], initial="Allow", widget=forms.RadioSelect
    )
    principal = forms.CharField(
        label="Principal",
        max_length=4096,
        help_text="Use a comma to separate multiple values.",
        error_messages={"required": "You must enter a valid Principal."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    service = forms.ChoiceField(label="AWS Service", required=False)
    all_services = forms.BooleanField(label=ALL_SERVICES, required=False)
    all_actions = forms.BooleanField(label=ALL_ACTIONS, required=False)
    actions = PickField(label="Actions", most=1000)
    resource = forms.CharField(
        label="Amazon Resource Name (ARN)",
        max_length=8192,
        error_messages={"required": "Resource field is not valid. You must enter a valid ARN."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, type: PolicyType, **options: Any) -> None:
        super().__init__(*args, **options)
        self.type = type
        self.fields["service"].choices = [("", "Select a service"), *offers.services_by_name()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields[
            "resource"
        ].help_text = f"ARN should follow the following format: {type.arn}. Use a comma to separate multiple values."
        if not type.principal:
            del self.fields["principal"]
        if type.service:
            del self.fields["service"]
        if type.value != DEFAULT_TYPE:
            del self.fields["all_services"]

    @property
    def chosen_service(self) -> str:
        """The service whose actions are offered; empty for none and for all of them."""
        if self.type.service:
            return self.type.service
        if "all_services" in self.fields and self["all_services"].value():
            return ""
        found = str(self["service"].value() or "")
        return found if offers.is_known(found) else ""

    @property
    def service_name(self) -> str:
        """Of the one that a type is about."""
        return dict(offers.services_by_name())[self.type.service]

    @property
    def offered(self) -> list[str]:
        levels = offers.actions_by_level(self.chosen_service)
        return sorted((name for names in levels.values() for name in names), key=str.lower)

    @property
    def picked(self) -> list[str]:
        return list(self["actions"].value() or [])

    def clean_principal(self) -> list[str]:
        found = separated(self.cleaned_data["principal"])
        if not found or not all(_PRINCIPAL.fullmatch(one) for one in found):
            raise forms.ValidationError("You must enter a valid Principal.")
        return ["*"] if "*" in found else found

    def clean_resource(self) -> list[str]:
        found = separated(self.cleaned_data["resource"])
        if not found or not all(one == "*" or Arn.parse(one) for one in found):
            raise forms.ValidationError("Resource field is not valid. You must enter a valid ARN.")
        return found

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        service = self.chosen_service
        if filled.get("all_services"):
            filled["actions"] = ["*"]
        elif service and filled.get("all_actions"):
            filled["actions"] = [f"{service}:*"]
        else:
            known = set(self.offered)
            filled["actions"] = [f"{service}:{name}" for name in filled.get("actions", []) if name in known]
            if not filled["actions"]:
                self.add_error("actions", "You must select at least one Action")
        return filled
