"""Identity providers of both kinds: the list, adding one, the page about one, and what can be changed there.

The ARN of an OpenID Connect provider holds a host and a path of its issuer's choosing, so it ends every address here:
a page below it could be a provider of that path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError
from iamconsole.iam import quotas, saml_metadata
from iamconsole.iam.forms.providers import (
    ENCRYPTION,
    KINDS,
    LARGEST,
    NOT_UTF8,
    TOO_LARGE,
    AudienceForm,
    EncryptionForm,
    MetadataForm,
    ProviderForm,
    ThumbprintsForm,
)
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.kinds import KINDS as CALLS
from iamconsole.iam.views.tags import edit_tags, tags_table
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm, Form, submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard

LABELS = {"saml-provider": "SAML", "oidc-provider": "OpenID Connect"}
SECTIONS = {
    "saml-provider": ("metadata", "encryption", "tags"),
    "oidc-provider": ("audiences", "endpoint_verification", "tags"),
}


def kind_of(arn: str) -> str:
    """`saml-provider` or `oidc-provider`; a page about anything else there is not."""
    kind = arn.partition("/")[0].rpartition(":")[2]
    if kind not in LABELS:
        raise Http404
    return kind


def _only(kind: str, arn: str) -> None:
    """What one kind alone has, a provider of the other has no page for."""
    if kind_of(arn) != kind:
        raise Http404


def name_of(arn: str) -> str:
    """The name of a SAML provider; host and path of an OpenID Connect provider."""
    return arn.partition("-provider/")[2]


def provider_url(arn: str, section: str = "") -> str:
    url = reverse("iam:provider-detail", args=[arn])
    return f"{url}?{urlencode({'section': section})}" if section else url


# -- the list ---------------------------------------------------------------------------------------

COLUMNS = (
    Column("name", "Provider", sortable=True, link=lambda row: provider_url(row["Arn"])),
    Column("type", "Type", sortable=True),
    Column("created", "Creation time", template="iam/provider_cells.html#created-cell"),
)


@require_safe
def provider_list(request: ConsoleRequest) -> HttpResponse:
    """The providers of both kinds. One kind's refusal leaves the other in the table."""
    add = Action("Add provider", reverse("iam:provider-create"), kind="primary")
    table = Table(
        "providers",
        "Identity providers",
        COLUMNS,
        description="Use an identity provider (IdP) to manage your user identities outside of AWS, but grant the user "
        "identities permissions to use AWS resources in your account.",
        level=1,
        info="identity-providers",
        selection="single",
        key="Arn",
        actions=(Action("Delete", reverse("iam:provider-delete"), needs="one", modal=True), add),
        empty=Empty("No resources to display", action=add),
    )
    table.listing(request)
    answers = request.aws.call_many([("iam:ListSAMLProviders", {}), ("iam:ListOpenIDConnectProviders", {})])
    saml, oidc = (Panel.of(answer) for answer in answers)
    errors = [found.error for found in (saml, oidc) if found.error]
    if len(errors) == len(answers):
        table.fail(errors.pop(0))
    else:
        rows = [
            *(_row(found["Arn"], Panel(result=found)) for found in (saml.result or {}).get("SAMLProviderList", ())),
            *_oidc_rows(request, (oidc.result or {}).get("OpenIDConnectProviderList", ())),
        ]
        table.show(sorted(rows, key=lambda row: row["name"].lower()))
    return render_page(request, "iam/provider_list.html", {"table": table, "errors": errors}, partial="table")


def _row(arn: str, found: Panel) -> dict[str, Any]:
    created = Panel(result={"at": found.result["CreateDate"]}) if found.result else found
    return {"Arn": arn, "name": name_of(arn), "type": LABELS[kind_of(arn)], "created": created}


def _oidc_rows(request: ConsoleRequest, listed: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Their list tells but the ARNs, so each is asked when it was made."""
    arns = [one["Arn"] for one in listed]
    asked = [("iam:GetOpenIDConnectProvider", {"open_id_connect_provider_arn": arn}) for arn in arns]
    answers = request.aws.call_many(asked) if asked else []
    return [_row(arn, Panel.of(answer)) for arn, answer in zip(arns, answers, strict=True)]


# -- add --------------------------------------------------------------------------------------------


def _take_file(request: HttpRequest) -> str:
    """Put the text of an uploaded document where a pasted one would be; what is wrong with the file."""
    upload = request.FILES.get("metadata_file")
    if not upload:
        return ""
    posted = request.POST.copy()
    problem = TOO_LARGE if (upload.size or 0) > LARGEST else ""
    try:
        # Windows writes a byte order mark, which is no part of the document.
        posted["metadata"] = "" if problem else upload.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        posted["metadata"], problem = "", NOT_UTF8
    request.POST = posted  # type: ignore[assignment]  # a copy of what was sent, and Django lets it be set
    return problem


@post_or_get
def provider_create(request: ConsoleRequest) -> HttpResponse:
    home = reverse("iam:provider-list")
    problem = _take_file(request)
    steps = (Step("provider", "Add an Identity provider", ProviderForm, options=lambda _: {"problem": problem}),)
    wizard = Wizard(request, "provider-create", steps, finish="Add provider", cancel=home)
    if answer := wizard.walk():
        return answer
    form = wizard.form
    assert isinstance(form, ProviderForm)
    if wizard.finished:
        action, params = form.call()
        if made := submit(form, request.aws, action, **params):
            arn = made.get("SAMLProviderArn") or made["OpenIDConnectProviderArn"]
            flash.success(request, f"{name_of(arn)} added.", link=("View provider", provider_url(arn)))
            return wizard.done(home)
    context = {
        "tags": form.editor("tags" in request.GET),
        "kinds": {kind: text for kind, (_, text) in KINDS.items()},
        "list_url": home,
    }
    return wizard.page("iam/provider_create.html", context)


# -- the page about one -----------------------------------------------------------------------------


@require_safe
def provider_detail(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    kind = kind_of(provider_arn)
    action, params = CALLS[kind].call("Get{}", provider_arn)
    found = panel(request, action, **params)
    provider: dict[str, Any] = found.result or {}
    section = request.GET.get("section", "")
    section = section if section in SECTIONS[kind] else SECTIONS[kind][0]
    trusted = urlencode({"step": "selectEntities", "provider": provider_arn})
    context: dict[str, Any] = {
        "arn": provider_arn,
        "name": name_of(provider_arn),
        "label": LABELS[kind],
        "kind": kind,
        "found": found,
        "provider": provider,
        "missing": found.error is not None and found.error.code == "NoSuchEntity",
        "assign_url": f"/iam/roles/create?{trusted}",
        "list_url": reverse("iam:provider-list"),
        "delete_url": f"{reverse('iam:provider-delete')}?{urlencode({'selected': provider_arn, 'from': 'details'})}",
        "section": section,
        "tabs": _tabs(kind, provider),
        "now": timezone.now(),
    }
    context |= _IN[section](request, provider_arn, found)
    return render_page(request, "iam/provider_detail.html", context, partial="table" if "table" in context else None)


def _tabs(kind: str, provider: dict[str, Any]) -> list[tuple[Any, ...]]:
    tags = ("tags", "Tags", len(provider.get("Tags", ())) if provider else None)
    if kind == "saml-provider":
        return [("metadata", "SAML metadata"), ("encryption", "SAML encryption"), tags]
    audiences = len(provider["ClientIDList"]) if provider else None
    return [("audiences", "Audiences", audiences), ("endpoint_verification", "Endpoint verification"), tags]


def _metadata(request: ConsoleRequest, arn: str, found: Panel) -> dict[str, Any]:
    """The document, and what it says: IAM has read it, so it can be read."""
    if found.result is None:
        return {}
    metadata = saml_metadata.read(found.result["SAMLMetadataDocument"])
    certificates = [
        {
            "subject": one.subject.rfc4514_string() or "-",
            "issuer": one.issuer.rfc4514_string() or "-",
            "serial": f"{one.serial_number:x}",
            "ends": one.not_valid_after_utc,
        }
        for one in metadata.certificates
    ]
    return {"entity_id": metadata.entity_id, "certificates": certificates}


def _encryption(request: ConsoleRequest, arn: str, found: Panel) -> dict[str, Any]:
    table = Table(
        "private-keys",
        "Private keys for decryption",
        (
            Column("KeyId", "Private key ID", kind="code"),
            Column("Timestamp", "Added", template="iam/user_cells.html#time-cell"),
        ),
        description=f"A provider can have {quotas.SAML_PRIVATE_KEYS} private keys, so that one can be replaced while "
        "the other works.",
        selection="single",
        key="KeyId",
        searchable=False,
        refresh=False,
        actions=(
            Action("Remove", reverse("iam:provider-key-remove", args=[arn]), needs="one", modal=True),
            Action("Add private key", reverse("iam:provider-encryption", args=[arn])),
        ),
    )
    table.listing(request)
    mode = found.result["AssertionEncryptionMode"] if found.result else ""
    shown = table.show(found.result["PrivateKeyList"]) if found.result else table.fail(found.error or AwsError(""))
    return {
        "table": shown,
        "mode": ENCRYPTION[mode][0] if mode else "",
        "mode_text": ENCRYPTION[mode][1] if mode else "",
    }


def _audiences(request: ConsoleRequest, arn: str, found: Panel) -> dict[str, Any]:
    table = Table(
        "audiences",
        "Audiences",
        (Column("client_id", "Audience", sortable=True),),
        description="Also known as client ID: the application that is registered with the identity provider. A token "
        "is accepted when it is meant for one of these.",
        selection="multi",
        key="client_id",
        actions=(
            Action("Remove", reverse("iam:provider-audience-remove", args=[arn]), needs="some", modal=True),
            Action("Add audience", reverse("iam:provider-audience-add", args=[arn]), modal=True),
        ),
    )
    table.listing(request)
    if found.result is None:
        return {"table": table.fail(found.error or AwsError(""))}
    return {"table": table.show([{"client_id": one} for one in found.result["ClientIDList"]])}


def _thumbprints(request: ConsoleRequest, arn: str, found: Panel) -> dict[str, Any]:
    return {}


def _tags(request: ConsoleRequest, arn: str, found: Panel) -> dict[str, Any]:
    tags = found.error or (found.result or {}).get("Tags", [])
    return {"table": tags_table(request, tags, reverse("iam:provider-tags", args=[arn]))}


_IN: dict[str, Callable[[ConsoleRequest, str, Panel], dict[str, Any]]] = {
    "metadata": _metadata,
    "encryption": _encryption,
    "audiences": _audiences,
    "endpoint_verification": _thumbprints,
    "tags": _tags,
}


@require_safe
def provider_metadata_file(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    """The document as it was given; it is somebody's text, so no browser may show it."""
    _only("saml-provider", provider_arn)
    try:
        found = request.aws.call("iam:GetSAMLProvider", saml_provider_arn=provider_arn)
    except AwsError as error:
        flash.failure(request, "The metadata document was not downloaded.", error)
        return redirect(provider_url(provider_arn))
    response = HttpResponse(found["SAMLMetadataDocument"].encode(), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name_of(provider_arn)}-metadata.xml"'
    response["Cache-Control"] = "no-store"
    return response


# -- what can be changed ----------------------------------------------------------------------------


def provider_tags(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    return edit_tags(request, kind_of(provider_arn), provider_arn, provider_url(provider_arn))


def _change(
    request: ConsoleRequest,
    form: Form,
    arn: str,
    operation: str,
    *,
    section: str,
    template: str,
    done: str,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """One form, one call of the provider's, and back to the tab that shows what has changed."""
    home = provider_url(arn, section)
    action, params = CALLS[kind_of(arn)].call(operation, arn)
    if request.method == "POST" and submit(form, request.aws, action, **params):
        flash.success(request, done)
        return redirect(home)
    context = {"form": form, "arn": arn, "name": name_of(arn), "home": home, "list_url": reverse("iam:provider-list")}
    return render_page(request, template, context | (more or {}), status=422 if form.is_bound else 200)


@post_or_get
def provider_metadata(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    """`Replace metadata`: what the identity provider signs with from now on."""
    _only("saml-provider", provider_arn)
    problem = _take_file(request)
    form = MetadataForm(request.POST if request.method == "POST" else None, problem=problem)
    return _change(
        request,
        form,
        provider_arn,
        "Update{}",
        section="metadata",
        template="iam/provider_metadata.html",
        done=f"Metadata document of {name_of(provider_arn)} replaced.",
    )


@post_or_get
def provider_encryption(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    _only("saml-provider", provider_arn)
    initial = {}
    if request.method != "POST" and (found := panel(request, "iam:GetSAMLProvider", saml_provider_arn=provider_arn)):
        initial = {"assertion_encryption_mode": (found.result or {}).get("AssertionEncryptionMode")}
    form = EncryptionForm(request.POST if request.method == "POST" else None, initial=initial)
    return _change(
        request,
        form,
        provider_arn,
        "Update{}",
        section="encryption",
        template="iam/provider_encryption.html",
        done=f"SAML encryption of {name_of(provider_arn)} updated.",
        more={"modes": {mode: text for mode, (_, text) in ENCRYPTION.items()}},
    )


@post_or_get
def provider_audience_add(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    _only("oidc-provider", provider_arn)
    form = AudienceForm(request.POST if request.method == "POST" else None)
    return _change(
        request,
        form,
        provider_arn,
        "AddClientIDTo{}",
        section="audiences",
        template="iam/provider_audience_add.html",
        done="Audience added.",
    )


@post_or_get
def provider_thumbprints(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    """All of them at once: "The list that you pass with this operation completely replaces the existing list"."""
    _only("oidc-provider", provider_arn)
    initial = {}
    if request.method != "POST":
        found = panel(request, "iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=provider_arn)
        initial = {"thumbprints": "\n".join((found.result or {}).get("ThumbprintList", ()))}
    form = ThumbprintsForm(request.POST if request.method == "POST" else None, initial=initial)
    return _change(
        request,
        form,
        provider_arn,
        "Update{}Thumbprint",
        section="endpoint_verification",
        template="iam/provider_thumbprints.html",
        done="Thumbprints updated.",
    )


@post_or_get
def provider_audience_remove(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    _only("oidc-provider", provider_arn)
    audiences = chosen(request)
    steps = [CALLS["oidc-provider"].call("RemoveClientIDFrom{}", provider_arn, client_id=one) for one in audiences]
    what = counted(len(audiences), "audience")
    return _take_away(request, provider_arn, "audiences", audiences, steps, f"Remove {what}?", f"{what} removed.")


@post_or_get
def provider_key_remove(request: ConsoleRequest, provider_arn: str) -> HttpResponse:
    _only("saml-provider", provider_arn)
    keys = chosen(request)[:1]
    steps = [CALLS["saml-provider"].call("Update{}", provider_arn, remove_private_key=one) for one in keys]
    return _take_away(request, provider_arn, "encryption", keys, steps, "Remove private key?", "Private key removed.")


def _take_away(
    request: ConsoleRequest, arn: str, section: str, what: list[str], steps: list[Any], title: str, done: str
) -> HttpResponse:
    home = provider_url(arn, section)
    if not what:
        return redirect(home)
    if request.method == "POST":
        if error := in_order(request.aws, steps):
            flash.failure(request, f"{name_of(arn)} was not changed.", error)
        else:
            flash.success(request, done)
        return redirect(home)
    context = {
        "what": what,
        "name": name_of(arn),
        "home": home,
        "title": title,
        "list_url": reverse("iam:provider-list"),
    }
    return render_page(request, "iam/provider_remove.html", context)


# -- delete -----------------------------------------------------------------------------------------


@post_or_get
def provider_delete(request: ConsoleRequest) -> HttpResponse:
    home, arns = reverse("iam:provider-list"), chosen(request)
    if len(arns) != 1:
        return redirect(home)
    arn = arns[0]
    name, kind = name_of(arn), kind_of(arn)
    label = 'To confirm deletion, enter "confirm" in the text input field.'
    form = ConfirmForm(request.POST if request.method == "POST" else None, text="confirm", label=label)
    if request.method == "POST" and form.is_valid():
        if error := in_order(request.aws, [CALLS[kind].call("Delete{}", arn)]):
            flash.failure(request, f"{name} was not deleted.", error)
        else:
            flash.success(request, f"{name} deleted.")
        return redirect(home)
    back = provider_url(arn) if request.GET.get("from") == "details" else home
    context = {"form": form, "arn": arn, "name": name, "label": LABELS[kind], "home": home, "back": back}
    return render_page(request, "iam/provider_delete.html", context, status=422 if form.is_bound else 200)
