"""Forms about policies: what is asked beside their text, which is the editor's."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.iam import quotas
from iamconsole.iam.forms.tags import TagsForm
from iamconsole.ui.forms import Form, PickField


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Policy name",
        help_text="Maximum 128 characters. Use alphanumeric and '+=,.@-_' characters.",
        error_messages={"required": "Policy name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PolicyDetailsForm(TagsForm):
    """`Review and create` of a managed policy: name, description, tags."""

    policy_name = _name_field()
    description = forms.CharField(
        label="Description",
        required=False,
        help_text="Maximum 1,000 characters. Use alphanumeric and '+=,.@-_' characters.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def params(self) -> dict[str, Any]:
        names = ("policy_name", "description", "tags")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


class InlinePolicyForm(Form):
    """`Review and create` of an inline policy: a name, no description, no tags."""

    policy_name = _name_field()

    def __init__(self, *args: Any, taken: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(*args, **options)
        self.taken = taken

    def clean_policy_name(self) -> str:
        """Creating must not replace: the API would silently put the new text in the old one's place."""
        name: str = self.cleaned_data["policy_name"]
        if name in self.taken:
            raise forms.ValidationError(f"A policy called {name} already exists. Duplicate names are not allowed.")
        return name


class ReviewForm(Form):
    """A review with nothing to fill in."""


class NewVersionForm(Form):
    """`Review and save`: with five versions, one of them has to go first."""

    set_as_default = forms.BooleanField(label="Set this new version as the default.", required=False)
    version_to_delete = forms.ChoiceField(
        label="Version to delete",
        required=False,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the version to delete before you save.",
            "invalid_choice": "Choose one of the versions listed.",
        },
    )

    def __init__(self, *args: Any, versions: list[tuple[str, str]] | None = None, **options: Any) -> None:
        """`versions`: the ones that could be deleted, oldest first; empty while there is room."""
        super().__init__(*args, **options)
        self.versions = versions or []
        choice = self.fields["version_to_delete"]
        choice.required = bool(self.versions)
        choice.choices = self.versions  # type: ignore[attr-defined]  # a ChoiceField
        choice.initial = self.versions[0][0] if self.versions else None

    def params(self) -> dict[str, Any]:
        return {"set_as_default": self.cleaned_data["set_as_default"]}


class PolicyPicksForm(Form):
    """The policies ticked for a user group or a role."""

    policies = PickField(label="Permissions policies", most=quotas.ATTACHED_TO_ROLE)


class EntityPicksForm(Form):
    """The users, groups and roles ticked for a policy, as `user/john`, `group/HR` and `role/S3AccessRole`."""

    entities = PickField(label="Entities", most=100, required=True, error_messages={"required": "Select an entity."})
