"""Forms about identity providers. What a document or an address must be like, the operations say."""

from __future__ import annotations

from typing import Any

from django import forms

from iamconsole.core.errors import AwsError
from iamconsole.iam import quotas
from iamconsole.iam.forms.tags import TagsForm
from iamconsole.iam.forms.users import AskedFor, complaint
from iamconsole.ui.forms import Form

KINDS = {
    "saml": (
        "SAML",
        "Establish trust between your AWS account and a SAML 2.0 compatible identity provider such as Shibboleth or "
        "Active Directory Federation Services.",
    ),
    "oidc": (
        "OpenID Connect",
        "Establish trust between your AWS account and identity provider services, such as Google or Salesforce.",
    ),
}
NOT_UTF8 = "File needs to be a valid UTF-8 XML document."
TOO_LARGE = "The metadata document is too large."
# IAM takes ten million characters; a document of a real provider has some thousands, and this one waits in a draft.
LARGEST = 500_000
_NO_COMPLETION = {"autocomplete": "off", "spellcheck": "false"}


def _text(label: str, help_text: str, **attributes: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=_NO_COMPLETION | attributes)
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


def _metadata(**options: Any) -> forms.CharField:
    """Pasted, or put here from the file that came along."""
    widget = forms.Textarea(attrs=_NO_COMPLETION | {"rows": 8})
    return forms.CharField(label="Metadata document", strip=False, widget=widget, **options)


class ProviderForm(TagsForm):
    """A provider of either kind, with its tags. `problem` is what was wrong with an uploaded file."""

    bound_field_class = AskedFor

    kind = forms.ChoiceField(
        label="Provider type",
        choices=[(kind, texts[0]) for kind, texts in KINDS.items()],
        widget=forms.RadioSelect,
        initial="saml",
    )
    name = _text("Provider name", "Maximum 128 characters. Use alphanumeric or '._-' characters.")
    metadata = _metadata(required=False)
    url = _text(
        "Provider URL",
        'Maximum 255 characters. URL must begin with "https://".',
        placeholder="https://",
        inputmode="url",
    )
    audience = _text("Audience", "Maximum 255 characters. Use alphanumeric or '.-_:/' characters.")

    def __init__(self, *args: Any, problem: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.problem = problem

    @property
    def is_saml(self) -> bool:
        return bool(self["kind"].value() == "saml")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        wanted = ("name", "metadata") if values.get("kind") == "saml" else ("url", "audience")
        for field in wanted:
            if problem := self._complaint(field, values.get(field) or ""):
                self.add_error(field, problem)
        return values

    def _complaint(self, field: str, value: str) -> str:
        """What the shape of the operation's parameter does not allow."""
        if field == "metadata" and self.problem:
            return self.problem
        if not value:
            return f"{self.fields[field].label} is required."
        if field == "audience":
            return complaint("CreateOpenIDConnectProvider", Url="https://a", ClientIDList=[value])
        if field == "url":
            return complaint("CreateOpenIDConnectProvider", Url=value)
        document = value if field == "metadata" else "x" * 1000
        return complaint("CreateSAMLProvider", Name=value if field == "name" else "a", SAMLMetadataDocument=document)

    def refuse(self, error: AwsError) -> None:
        refuse_metadata(self, error)

    def call(self) -> tuple[str, dict[str, Any]]:
        """The operation that makes it, and its parameters."""
        values = self.cleaned_data
        tags = {"tags": values["tags"]} if values["tags"] else {}
        if self.is_saml:
            named = {"name": values["name"], "saml_metadata_document": values["metadata"]}
            return "iam:CreateSAMLProvider", named | tags
        found = {"url": values["url"], "client_id_list": [values["audience"]]}
        return "iam:CreateOpenIDConnectProvider", found | tags


def refuse_metadata(form: Form, error: AwsError) -> None:
    """What is wrong with a document is told beside it."""
    if error.field == "saml_metadata_document":
        form.add_error("metadata", error.message)
    else:
        Form.refuse(form, error)


class MetadataForm(Form):
    """A document that takes the place of a provider's."""

    metadata = _metadata(error_messages={"required": "Metadata document is required."})

    def __init__(self, *args: Any, problem: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.problem = problem
        if problem:
            self.fields["metadata"].required = False

    def clean_metadata(self) -> str:
        if self.problem:
            raise forms.ValidationError(self.problem)
        document: str = self.cleaned_data["metadata"]
        if problem := complaint("UpdateSAMLProvider", SAMLProviderArn="a" * 20, SAMLMetadataDocument=document):
            raise forms.ValidationError(problem)
        return document

    def params(self) -> dict[str, Any]:
        return {"saml_metadata_document": self.cleaned_data["metadata"]}

    def refuse(self, error: AwsError) -> None:
        refuse_metadata(self, error)


class AudienceForm(Form):
    client_id = forms.CharField(
        label="Audience",
        help_text="Maximum 255 characters. Use alphanumeric or '.-_:/' characters.",
        error_messages={"required": "Audience is required."},
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )

    def clean_client_id(self) -> str:
        audience: str = self.cleaned_data["client_id"]
        arn = "a" * 20
        named = {"OpenIDConnectProviderArn": arn, "ClientID": audience}
        if problem := complaint("AddClientIDToOpenIDConnectProvider", **named):
            raise forms.ValidationError(problem)
        return audience


class ThumbprintsForm(Form):
    thumbprints = forms.CharField(
        label="Thumbprints",
        required=False,
        help_text=(
            f"One on each line, up to {quotas.OIDC_THUMBPRINTS}. A thumbprint is the hex-encoded SHA-1 hash of a "
            "certificate: 40 characters."
        ),
        widget=forms.Textarea(attrs=_NO_COMPLETION | {"rows": quotas.OIDC_THUMBPRINTS}),
    )

    def params(self) -> dict[str, Any]:
        return {"thumbprint_list": self.cleaned_data["thumbprints"].split()}

    def clean(self) -> dict[str, Any]:
        listed = self.params()["thumbprint_list"]
        named = {"OpenIDConnectProviderArn": "a" * 20, "ThumbprintList": listed}
        if problem := complaint("UpdateOpenIDConnectProviderThumbprint", **named):
            self.add_error("thumbprints", problem)
        return self.cleaned_data

    def refuse(self, error: AwsError) -> None:
        if error.field == "thumbprint_list":
            self.add_error("thumbprints", error.message)
        else:
            super().refuse(error)


ENCRYPTION = {
    "Allowed": (
        "Allow encryption",
        "AWS accepts encrypted assertions, which it opens with the private keys below, and unencrypted ones.",
    ),
    "Required": ("Require encryption", "AWS accepts encrypted assertions alone. At least one private key is needed."),
}


class EncryptionForm(Form):
    """How assertions must come. A private key is sent once and never shown again."""

    assertion_encryption_mode = forms.ChoiceField(
        label="Encryption mode",
        choices=[(mode, texts[0]) for mode, texts in ENCRYPTION.items()],
        widget=forms.RadioSelect,
    )
    add_private_key = forms.CharField(
        label="Private key for decryption",
        required=False,
        strip=False,
        max_length=16_384,
        help_text="An RSA private key in PEM form. It is not shown again.",
        widget=forms.Textarea(attrs=_NO_COMPLETION | {"rows": 6}),
    )
