"""What the sign-up pages ask. Everything is invented and prefilled, and of the payment nothing is kept."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator, validate_email

from iamconsole.iam import passwords
from iamconsole.signin.forms.sign_in import password_field
from iamconsole.ui.forms import Form

BAD_CODE = "The code you entered is not valid or has expired. Enter the code again or request a new one."
ONLY_TEST_CARD = "Only the test card printed on this page is accepted."
# A number that card networks reserve for tests: it can pay for nothing.
TEST_CARD = {"number": "4111 1111 1111 1111", "expires": "12/30", "code": "123", "holder": "Jane Doe"}
# AWS Organizations API Reference, CreateAccount: 7-bit ASCII, of the local name without whitespace and without
# " ' ( ) < > [ ] : ; , \ | % &. (Django takes quoted local names, with control characters.)
ADDRESS = re.compile(r"[!#$*+\-./0-9=?A-Z^_`a-z{}~]+@[A-Za-z0-9.-]+")
PHONE = RegexValidator(r"\A\+?[0-9 ()-]{5,24}\Z", "Enter a phone number, such as +1 206 555 0100.")
PLANS = {
    "basic": ("Basic support - Free", "Recommended for new users just getting started with AWS."),
    "developer": ("Developer support - From $29/month", "Recommended for developers experimenting with AWS."),
    "business": ("Business support - From $100/month", "Recommended for running production workloads on AWS."),
}


def validate_address(text: str) -> None:
    validate_email(text)
    if not ADDRESS.fullmatch(text):
        raise forms.ValidationError(validate_email.message)


def _needed(label: str, name: str = "") -> dict[str, str]:
    return {"required": f"{name or label} is required."}


def _text(label: str, length: int, autocomplete: str = "off", **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, max_length=length, widget=widget, **{"error_messages": _needed(label), **options}
    )


class EmailForm(Form):
    email = _text(
        "Root user email address",
        254,
        "email",
        help_text="Used for account recovery and as described in the AWS Privacy Notice",
        validators=[validate_address],
    )
    # Account Management API Reference, PutAccountName: 1 to 50 characters of printable ASCII but < and >.
    name = _text(
        "AWS account name",
        50,
        help_text=(
            "Choose a name for your account. You can change this name in your account settings after you sign up."
        ),
        validators=[
            RegexValidator(r"\A[ -;=?-~]+\Z", "Use letters, numbers, spaces and symbols other than < and >."),
        ],
    )


class CodeForm(Form):
    code = forms.CharField(
        label="Verification code",
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages=_needed("Verification code"),
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"])
        if not (len(code) == 6 and code.isascii() and code.isdecimal()):
            raise forms.ValidationError(BAD_CODE)
        return code


class PasswordForm(Form):
    """The root password. AWS's rules for it are those of the default password policy (limits.md §5)."""

    password = password_field("Root user password", "new-password")
    confirm = password_field("Confirm root user password", "new-password")

    def __init__(self, *args: Any, forbidden: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.forbidden = forbidden

    @property
    def rules(self) -> list[passwords.Rule]:
        """What the page lists; of a password that was refused also which of them it meets."""
        return passwords.rules(self.data.get("password", "") if self.is_bound else "", *self.forbidden)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "password" not in values:
            return values
        if not all(rule.met for rule in self.rules):
            self.add_error("password", "Your password does not meet every requirement listed below.")
        elif "confirm" in values and values["password"] != values["confirm"]:
            self.add_error("confirm", "Passwords do not match.")
        return values


class AgreementForm(Form):
    agreed = forms.BooleanField(
        label="I have read and agree to the terms of the AWS Customer Agreement.",
        error_messages={"required": "You must agree to the AWS Customer Agreement to continue."},
    )


class ContactForm(AgreementForm):
    use = forms.ChoiceField(
        label="How do you plan to use AWS?",
        choices=[("business", "Business"), ("personal", "Personal")],
        widget=forms.RadioSelect,
        initial="personal",
    )
    full_name = _text("Full Name", 100, initial="Jane Doe")
    phone = _text(
        "Phone Number",
        24,
        initial="+1 206 555 0100",
        validators=[PHONE],
    )
    country = _text("Country or Region", 60, initial="United States")
    address = _text("Address", 120, initial="123 Any Street")
    city = _text("City", 60, initial="Any Town")
    state = _text("State, Province, or Region", 60, initial="Washington")
    postal_code = _text("Postal Code", 16, initial="98101")

    field_order = ["use", "full_name", "phone", "country", "address", "city", "state", "postal_code", "agreed"]


class BillingForm(Form):
    """The printed test card and nothing else. What is typed is compared, never kept and never sent back."""

    number = forms.CharField(label="Credit or Debit card number")
    expires = forms.CharField(label="Expiration date")
    code = forms.CharField(label="Security code")
    holder = forms.CharField(label="Cardholder’s name")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.error_messages = {"required": ONLY_TEST_CARD}
            field.widget = _NeverBack(TEST_CARD[name])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, value in list(values.items()):
            if re.sub(r"\s", "", value).lower() != re.sub(r"\s", "", TEST_CARD[name]).lower():
                self.add_error(name, ONLY_TEST_CARD)
        return {}


class _NeverBack(forms.TextInput):
    """Shows the test card's value again, whatever was typed: it may have been a real card's."""

    def __init__(self, shown: str) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.shown = shown

    def format_value(self, value: Any) -> str:
        return self.shown


class IdentityForm(Form):
    channel = forms.ChoiceField(
        label="How should we send you the verification code?",
        choices=[("sms", "Text message (SMS)"), ("voice", "Voice call")],
        widget=forms.RadioSelect,
        initial="sms",
    )
    phone = _text(
        "Mobile phone number",
        24,
        validators=[PHONE],
    )


class SupportForm(Form):
    plan = forms.ChoiceField(
        label="Select a support plan",
        choices=[(key, title) for key, (title, _) in PLANS.items()],
        widget=forms.RadioSelect,
        initial="basic",
    )
