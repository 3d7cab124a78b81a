"""Forms about roles: whom a new role trusts, what it may do, how it is called; and its settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

from iamconsole import wire
from iamconsole.editor.forms import PolicyDocumentForm
from iamconsole.iam import quotas, use_cases
from iamconsole.iam.forms.boundaries import RoleBoundaryFields
from iamconsole.iam.forms.tags import TagsForm
from iamconsole.iam.forms.users import AskedFor, complaint, refuse_beyond
from iamconsole.iam.use_cases import UseCase
from iamconsole.ui.forms import Form, PickField

SERVICE, ACCOUNT, WEB, SAML, CUSTOM = "service", "account", "web", "saml", "custom"
ENTITIES = [
    (SERVICE, "AWS service"),
    (ACCOUNT, "AWS account"),
    (WEB, "Web identity"),
    (SAML, "SAML 2.0 federation"),
    (CUSTOM, "Custom trust policy"),
]
ENTITY_TEXTS = {
    SERVICE: "Allow AWS services like EC2, Lambda, or others to perform actions in this account.",
    ACCOUNT: "Allow entities in other AWS accounts belonging to you or a 3rd party to perform actions in this account.",
    WEB: "Allows users federated by the specified external web identity provider to assume this role to perform "
    "actions in this account.",
    SAML: "Allow users federated with SAML 2.0 from a corporate directory to perform actions in this account.",
    CUSTOM: "Create a custom trust policy to enable others to perform actions in this account.",
}
TRUST_START = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Statement1", "Effect": "Allow", "Principal": {}, "Action": "sts:AssumeRole"}],
    },
    indent=4,
)
# The providers that every account has (IAM User Guide, "Create a role for OpenID Connect federation"), and the keys
# that tell for which application a token is (reference_policies_iam-condition-keys.html, "Available keys for AWS OIDC
# federation").
BUILT_IN = {
    "cognito-identity.amazonaws.com": ("Amazon Cognito", "aud"),
    "www.amazon.com": ("Login with Amazon", "app_id"),
    "graph.facebook.com": ("Facebook", "app_id"),
    "accounts.google.com": ("Google", "aud"),
}
CONSOLE_ACCESS = "https://signin.aws.amazon.com/saml"
# "Available keys for SAML-based AWS STS federation" that hold one text.
SAML_KEYS = ("SAML:aud", "SAML:iss", "SAML:sub", "SAML:sub_type", "SAML:doc", "SAML:namequalifier")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


def trust_policy(principal: Mapping[str, str], action: str, condition: Mapping[str, Any]) -> str:
    """The trust policy of one statement, as the console writes it."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)


@dataclass(frozen=True, slots=True)
class Known:
    """What the account has for the step to offer; providers and audiences only where their tile is open."""

    account_id: str
    providers: Sequence[str] = ()  # ARNs, of OpenID Connect or of SAML as the tile asks
    audiences: Sequence[str] = field(default_factory=tuple)  # of the OpenID Connect provider that is chosen


def redraw(trigger: str = "change") -> dict[str, str]:
    """A choice that changes what is asked shows it at once; without a script the button `Show` does."""
    return {
        "hx-post": "",
        "hx-trigger": trigger,
        "hx-target": "#entity-options",
        "hx-select": "#entity-options",
        "hx-select-oob": "#wizard-next",
        "hx-swap": "outerHTML",
        "hx-vals": '{"_go": "?"}',
        "hx-replace-url": "true",
    }


def _service_choices() -> list[tuple[str, Any]]:
    named = list(use_cases.services().items())
    often, others = named[: len(use_cases.FIRST)], named[len(use_cases.FIRST) :]
    return [
        ("", "Choose a service or use case"),
        ("Commonly used services", often),
        ("Other AWS services", others),
    ]


class EntityTiles(forms.RadioSelect):
    """The editor comes with scripts, which no swap brings: that tile opens as a page of its own."""

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        option["attrs"] |= {"data-opens-page": "show-entity"} if value == CUSTOM else redraw()
        return option


class AskedField(forms.CharField):
    bound_field_class = AskedFor


class AskedChoice(forms.ChoiceField):
    bound_field_class = AskedFor


def _text(label: str, **options: Any) -> AskedField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return AskedField(**{"label": label, "required": False, "widget": widget, **options})


class TrustedEntityForm(PolicyDocumentForm):
    """`Select trusted entity`. Only what belongs to the chosen tile counts; the rest is kept for coming back."""

    entity = forms.ChoiceField(
        label="Trusted entity type", required=False, initial=SERVICE, choices=ENTITIES, widget=EntityTiles
    )
    service = AskedChoice(
        label="Service or use case",
        required=False,
        widget=forms.Select(attrs={"class": "select", **redraw()}),
    )
    use_case = AskedChoice(
        label="Choose a use case for the specified service.",
        required=False,
        widget=forms.RadioSelect(attrs={"data-pick": True}),
    )
    whose = forms.ChoiceField(
        label="An AWS account",
        required=False,
        initial="this",
        choices=[("this", "This account"), ("other", "Another AWS account")],
        widget=forms.RadioSelect,
    )
    account_id = _text("Account ID", help_text="Account ID is a 12-digit number.")
    asks_external_id = forms.BooleanField(
        label="Require external ID (Best practice when a third party will assume this role)",
        required=False,
        help_text="You can increase the security of your role by requiring an optional external identifier, which "
        "prevents “confused deputy” attacks. This is recommended if you do not own or have administrative access to "
        "the account that can assume this role. The external ID can include any characters that you choose.",
    )
    external_id = _text("External ID")
    asks_mfa = forms.BooleanField(
        label="Require MFA",
        required=False,
        help_text="Requires that the assuming entity use multi-factor authentication.",
    )
    web_provider = AskedChoice(label="Identity provider", required=False, widget=forms.Select(attrs=redraw()))
    audience = _text("Audience")
    saml_provider = AskedChoice(label="SAML 2.0–based provider", required=False)
    saml_access = forms.ChoiceField(
        label="Access to be allowed",
        required=False,
        initial="console",
        choices=[
            ("programmatic", "Allow programmatic access only"),
            ("console", "Allow programmatic and AWS Management Console access"),
        ],
        widget=forms.RadioSelect,
    )
    saml_key = forms.ChoiceField(label="Attribute", required=False, choices=[(one, one) for one in SAML_KEYS])
    saml_value = _text("Value")

    OF_ENTITY = {
        SERVICE: ("service", "use_case"),
        ACCOUNT: ("whose", "account_id", "asks_external_id", "external_id", "asks_mfa"),
        WEB: ("web_provider", "audience"),
        SAML: ("saml_provider", "saml_access", "saml_key", "saml_value"),
        CUSTOM: ("document", "view", "newest"),
    }

    def __init__(self, *args: Any, known: Known, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = known
        self.fields["document"].required = self.shown == CUSTOM
        if not self.is_bound and self.initial.get("document") is None:
            self.initial["document"] = TRUST_START  # that tile was not open yet
        self._choices("whose", [("this", f"This account ({known.account_id})"), ("other", "Another AWS account")])
        self._choices("service", _service_choices())
        self._choices("use_case", [(one.name, one.name) for one in self.offered])
        if len(self.offered) == 1:
            self.initial["use_case"] = self.offered[0].name
        own = [(arn, arn.partition("oidc-provider/")[2]) for arn in known.providers if ":oidc-provider/" in arn]
        built_in = [(value, label) for value, (label, _) in BUILT_IN.items()]
        self._choices("web_provider", self._with_present("web_provider", [*own, *built_in]))
        saml = [(arn, arn.partition("saml-provider/")[2]) for arn in known.providers if ":saml-provider/" in arn]
        self._choices("saml_provider", self._with_present("saml_provider", saml))
        if known.audiences:
            self.fields["audience"] = AskedChoice(
                label="Audience", required=False, choices=[(one, one) for one in known.audiences]
            )

    def _with_present(self, name: str, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """What is chosen stays so where the providers are not read again; CreateRole knows whether it is there."""
        present = str(self[name].value() or "")
        known = {value for value, _ in choices} | {""}
        return [("", "Select a provider"), *choices, *([] if present in known else [(present, present)])]

    def _choices(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        self.fields[name].choices = list(choices)  # type: ignore[attr-defined]  # a ChoiceField

    # -- what the page shows ----------------------------------------------------------------------

    @property
    def shown(self) -> str:
        """The tile that is open."""
        value = str(self["entity"].value() or SERVICE)
        return value if value in dict(ENTITIES) else SERVICE

    @property
    def elsewhere(self) -> list[Any]:
        """The fields of the other tiles, which travel along unseen."""
        return [self[name] for entity, names in self.OF_ENTITY.items() if entity != self.shown for name in names]

    @property
    def offered(self) -> tuple[UseCase, ...]:
        return use_cases.of_service(str(self["service"].value() or ""))

    @property
    def use_case_texts(self) -> dict[str, str]:
        return {one.name: one.description for one in self.offered}

    # -- what it means ----------------------------------------------------------------------------

    def clean_document(self) -> str:
        return super().clean_document() if self.shown == CUSTOM else str(self.cleaned_data["document"])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        # What a hidden field lacks is nothing that can be mended on the page.
        for entity, names in self.OF_ENTITY.items():
            for name in names if entity != self.shown else ():
                self.errors.pop(name, None)
        values["entity"] = self.shown
        getattr(self, f"_clean_{self.shown}")(values)
        return values

    def _clean_service(self, values: dict[str, Any]) -> None:
        if not values.get("service"):
            self.add_error("service", "Choose a service or use case.")
        elif not values.get("use_case") and "use_case" not in self.errors:
            self.add_error("use_case", "Choose a use case.")

    def _clean_account(self, values: dict[str, Any]) -> None:
        values["whose"] = values.get("whose") or "this"
        if values["whose"] == "other" and not _ACCOUNT_ID.fullmatch(values.get("account_id", "")):
            self.add_error("account_id", "Account ID must be 12 digits")
        if values.get("asks_external_id"):
            external_id = values.get("external_id", "")
            found = wire.validate("sts", "AssumeRole", {"ExternalId": external_id})
            wrong = [one for one in found if one.path == "externalId"]
            if wrong or not external_id:
                self.add_error(
                    "external_id", wire.violations_message(wrong) if external_id else "Enter an external ID."
                )

    def _clean_web(self, values: dict[str, Any]) -> None:
        if not values.get("web_provider"):
            self.add_error("web_provider", "Select a provider.")
        elif not values.get("audience"):
            self.add_error("audience", "Enter the audience.")

    def _clean_saml(self, values: dict[str, Any]) -> None:
        if not values.get("saml_provider"):
            self.add_error("saml_provider", "Select a provider.")

    def _clean_custom(self, values: dict[str, Any]) -> None:
        """The document is checked by itself."""

    @property
    def chosen(self) -> UseCase | None:
        """The use case that was chosen, of a checked form."""
        values = self.cleaned_data
        if values.get("entity") != SERVICE:
            return None
        return next((one for one in self.offered if one.name == values.get("use_case")), None)

    @property
    def trust(self) -> str:
        """The trust policy that a checked form stands for."""
        values = self.cleaned_data
        if values["entity"] == CUSTOM:
            return str(values["document"])
        if values["entity"] == SERVICE:
            assert self.chosen is not None
            return trust_policy({"Service": f"{self.chosen.principal}.amazonaws.com"}, "sts:AssumeRole", {})
        if values["entity"] == ACCOUNT:
            return self._trust_of_account(values)
        if values["entity"] == WEB:
            provider = values["web_provider"]
            host = provider.partition("oidc-provider/")[2] or provider
            key = BUILT_IN[provider][1] if provider in BUILT_IN else "aud"
            condition = {"StringEquals": {f"{host}:{key}": values["audience"]}}
            return trust_policy({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", condition)
        return self._trust_of_saml(values)

    def _trust_of_account(self, values: Mapping[str, Any]) -> str:
        account = self.known.account_id if values["whose"] == "this" else values["account_id"]
        condition: dict[str, Any] = {}
        if values.get("asks_external_id"):
            condition["StringEquals"] = {"sts:ExternalId": values["external_id"]}
        if values.get("asks_mfa"):
            condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
        return trust_policy({"AWS": f"arn:aws:iam::{account}:root"}, "sts:AssumeRole", condition)

    def _trust_of_saml(self, values: Mapping[str, Any]) -> str:
        """Console access is for assertions that AWS's sign-in page takes (IAM User Guide, "SAML 2.0 federation")."""
        texts = {"SAML:aud": CONSOLE_ACCESS} if values.get("saml_access") != "programmatic" else {}
        if values.get("saml_value"):
            texts |= {values["saml_key"]: values["saml_value"]}
        condition = {"StringEquals": texts} if texts else {}
        return trust_policy({"Federated": values["saml_provider"]}, "sts:AssumeRoleWithSAML", condition)


class RolePermissionsForm(RoleBoundaryFields):
    """`Add permissions`: policies, of which a use case suggests its own, and a boundary."""

    policies = PickField(label="Permissions policies", most=1000)

    def __init__(self, *args: Any, suggested: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("policies", list(suggested))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        refuse_beyond(self, "policies", "PoliciesPerRole", quotas.ATTACHED_TO_ROLE)
        return values


def _description() -> forms.CharField:
    return forms.CharField(
        label="Description",
        required=False,
        help_text="Maximum 1000 characters. Use letters (A-Z and a-z), numbers (0-9), tabs, new lines, or any of the "
        "following characters: _+=,. @-/\\[{}]!#$%^*();:\"'`",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n")


class RoleDetailsForm(TagsForm):
    """`Name, review, and create`."""

    role_name = forms.CharField(
        label="Role name",
        help_text="Maximum 64 characters. Use alphanumeric and '+=,.@-_' characters.",
        error_messages={"required": "Role name is required."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = _description()

    field_order = ["role_name", "description"]

    def __init__(self, *args: Any, suggested: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("description", suggested)

    def clean_role_name(self) -> str:
        name: str = self.cleaned_data["role_name"]
        if problem := complaint("CreateRole", RoleName=name):
            raise forms.ValidationError(problem)
        return name

    def clean_description(self) -> str:
        text = _plain_lines(self.cleaned_data["description"])
        if problem := complaint("CreateRole", Description=text):
            raise forms.ValidationError(problem)
        return text

    def params(self) -> dict[str, Any]:
        """What CreateRole is given of this form: the console sends no empty values."""
        found = {name: self.cleaned_data[name] for name in ("role_name", "description", "tags")}
        return {name: value for name, value in found.items() if value}


HOURS = (1, 2, 4, 8, 12)
CUSTOM_DURATION = "custom"


class RoleSettingsForm(Form):
    """`Edit role`: its description and how long a session may be."""

    description = _description()
    duration = forms.ChoiceField(
        label="Maximum session duration",
        choices=[
            *((str(hours * 3600), f"{hours} hour{'s' if hours > 1 else ''}") for hours in HOURS),
            (CUSTOM_DURATION, "Custom duration"),
        ],
        help_text="Sets how long the credentials of a session of this role may be valid: 1 hour to 12 hours.",
    )
    seconds = _text("Custom duration in seconds", help_text="From 3600 to 43200 seconds.")

    @staticmethod
    def initially(description: str, seconds: int) -> dict[str, str]:
        preset = seconds in [hours * 3600 for hours in HOURS]
        return {
            "description": description,
            "duration": str(seconds) if preset else CUSTOM_DURATION,
            "seconds": "" if preset else str(seconds),
        }

    def clean_description(self) -> str:
        text = _plain_lines(self.cleaned_data["description"])
        if problem := complaint("UpdateRole", Description=text):
            raise forms.ValidationError(problem)
        return text

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("duration") == CUSTOM_DURATION:
            typed = values.get("seconds", "")
            number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else 0
            if not 3600 <= number <= 43200:
                self.add_error("seconds", "Enter a number of seconds from 3600 to 43200.")
            values["max_session_duration"] = number
        elif "duration" in values:
            values["max_session_duration"] = int(values["duration"])
        return values

    def params(self) -> dict[str, Any]:
        """An empty description takes the one away that was there."""
        return {name: self.cleaned_data[name] for name in ("description", "max_session_duration")}


class RevokeForm(Form):
    acknowledged = forms.BooleanField(
        label="I acknowledge that I am revoking all active sessions for this role.",
        error_messages={"required": "Confirm that you are revoking all active sessions for this role."},
        widget=forms.CheckboxInput(attrs={"data-pick": True}),
    )

    def params(self) -> dict[str, Any]:
        return {}
