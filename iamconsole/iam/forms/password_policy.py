"""The form of the account's password policy: the default one, or a custom one."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.core.operation import Response
from iamconsole.iam.forms.users import AskedFor
from iamconsole.iam.passwords import MAXIMUM, REMEMBERED, SHOWN_SYMBOLS
from iamconsole.ui.forms import Form

KINDS = {
    "default": ("IAM default", "Apply default password requirements."),
    "custom": ("Custom", "Apply customized password requirements."),
}
SHORTEST = 6
LONGEST_AGE = 1095


def _number(label: str, least: int, most: int, unit: str) -> forms.IntegerField:
    """A whole number within AWS's limits (API Reference, UpdateAccountPasswordPolicy)."""
    rule = f"Needs to be between {least} and {most}{unit}."
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        help_text=rule,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), rule),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PasswordPolicyForm(Form):
    """What is not asked for is left out of the call: the operation has no partial updates."""

    bound_field_class = AskedFor

    kind = forms.ChoiceField(
        label="Password policy",
        choices=[(kind, texts[0]) for kind, texts in KINDS.items()],
        widget=forms.RadioSelect,
    )
    minimum_password_length = _number("Enforce minimum password length", SHORTEST, MAXIMUM, "")
    require_uppercase_characters = forms.BooleanField(
        label="Require at least one uppercase letter from the Latin alphabet (A-Z)", required=False
    )
    require_lowercase_characters = forms.BooleanField(
        label="Require at least one lowercase letter from the Latin alphabet (a-z)", required=False
    )
    require_numbers = forms.BooleanField(label="Require at least one number", required=False)
    require_symbols = forms.BooleanField(
        label=f"Require at least one nonalphanumeric character ({SHOWN_SYMBOLS})", required=False
    )
    expires = forms.BooleanField(label="Turn on password expiration", required=False)
    max_password_age = _number("Expire passwords in", 1, LONGEST_AGE, " days")
    hard_expiry = forms.BooleanField(
        label="Password expiration requires administrator reset",
        help_text="Without it, users choose a new password themselves once theirs has expired.",
        required=False,
    )
    allow_users_to_change_password = forms.BooleanField(
        label="Allow users to change their own password", required=False
    )
    reuse = forms.BooleanField(label="Prevent password reuse", required=False)
    password_reuse_prevention = _number("Remember", 1, REMEMBERED, " passwords")

    @property
    def is_custom(self) -> bool:
        return bool(self["kind"].value() == "custom")

    def clean(self) -> dict[str, Any]:
        """A number counts only where its box is ticked; of the default policy none does."""
        values = self.cleaned_data
        asked = {"minimum_password_length": True, "max_password_age": values["expires"]}
        asked["password_reuse_prevention"] = values["reuse"]
        for name, ticked in asked.items():
            if values.get("kind") == "default" or not ticked:
                self.errors.pop(name, None)
                values[name] = None
            elif values.get(name) is None and name not in self.errors:
                self.add_error(name, self.fields[name].error_messages["required"])
        return values

    def params(self) -> dict[str, Any]:
        values = {name: value for name, value in self.cleaned_data.items() if value is not None}
        for name in ("kind", "expires", "reuse"):
            values.pop(name)
        if not self.cleaned_data["expires"]:
            # The box stands for what happens at an expiration; without one there is nothing to say.
            values.pop("hard_expiry")
        return values


def initial_of(policy: Response | None) -> dict[str, Any]:
    """The form's values for the present policy; of a custom one that is still to be chosen, AWS's suggestions."""
    if policy is None:
        return {
            "kind": "default",
            "minimum_password_length": 8,
            "max_password_age": 90,
            "password_reuse_prevention": 5,
        } | {
            "require_uppercase_characters": True,
            "require_lowercase_characters": True,
            "require_numbers": True,
            "require_symbols": True,
            "allow_users_to_change_password": True,
        }
    return {
        "kind": "custom",
        "minimum_password_length": policy["MinimumPasswordLength"],
        "require_uppercase_characters": policy["RequireUppercaseCharacters"],
        "require_lowercase_characters": policy["RequireLowercaseCharacters"],
        "require_numbers": policy["RequireNumbers"],
        "require_symbols": policy["RequireSymbols"],
        "expires": policy["ExpirePasswords"],
        "max_password_age": policy.get("MaxPasswordAge", 90),
        "hard_expiry": policy.get("HardExpiry", False),
        "allow_users_to_change_password": policy["AllowUsersToChangePassword"],
        "reuse": "PasswordReusePrevention" in policy,
        "password_reuse_prevention": policy.get("PasswordReusePrevention", 5),
    }
