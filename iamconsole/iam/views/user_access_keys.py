"""A user's access keys: making one, its description, its status, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from iamconsole.core.errors import AwsError, NoSuchEntity
from iamconsole.iam.forms.users import USE_CASES, KeyDescriptionForm, UseCaseForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.user_create import Finished
from iamconsole.iam.views.user_passwords import csv_link
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm, Form, submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.wizard import Step, Wizard, keep_once, take_once

STEPS = (
    Step("use-case", "Access key best practices & alternatives", UseCaseForm),
    Step("description", "Set description tag", KeyDescriptionForm, optional=True),
)
RETRIEVE = Step("retrieve", "Retrieve access keys", Form)


class KeyWizard(Wizard):
    """Its list of steps ends with the page after the last button."""

    @property
    def trail(self) -> list[tuple[int, Step, str]]:
        return [*super().trail, (len(self.steps) + 1, RETRIEVE, "")]


def credentials_url(user_name: str, page: str = "user-detail") -> str:
    return user_url(user_name, page, section="security_credentials")


@post_or_get
def access_key_create(request: ConsoleRequest, user_name: str) -> HttpResponse:
    if "made" in request.GET:
        return _retrieve(request, user_name)
    home = credentials_url(user_name)
    wizard = KeyWizard(request, "access-key", STEPS, finish="Create access key", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished and (made := submit(wizard.form, request.aws, "iam:CreateAccessKey", user_name=user_name)):
        key = made["AccessKey"]
        description = wizard.form.cleaned_data["description"]
        flash.success(request, "Access key created", MADE)
        if description and (error := _describe(request, user_name, key["AccessKeyId"], description)):
            flash.failure(request, "The access key was created, but its description tag was not set.", error)
        token = keep_once(request, {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]})
        return wizard.done(user_url(user_name, "access-key-create", made=token))
    context = {"user_name": user_name, "home": home, "use_cases": USE_CASES, "texts": _use_case_texts()}
    return wizard.page("iam/access_key_create.html", context)


MADE = (
    "This is the only time that the secret access key can be viewed or downloaded. You cannot recover it later. "
    "However, you can create a new access key any time."
)


def _use_case_texts() -> Mapping[str, str]:
    return {value: texts[1] for value, texts in USE_CASES.items()}


def _retrieve(request: ConsoleRequest, user_name: str) -> HttpResponse:
    """Step 3. The secret is shown this once; a reload cannot bring it back."""
    once = take_once(request, request.GET["made"])
    context: dict[str, Any] = {
        "user_name": user_name,
        "home": credentials_url(user_name),
        "wizard": Finished(RETRIEVE, (*STEPS, RETRIEVE)),
        "once": once,
    }
    if once:
        context["csv"] = csv_link(("Access key ID", "Secret access key"), (once["id"], once["secret"]))
        context["csv_name"] = f"{user_name}_accessKeys.csv"
    return render_page(request, "iam/access_key_retrieve.html", context)


# -- one key ----------------------------------------------------------------------------------------


def _describe(request: ConsoleRequest, user_name: str, access_key_id: str, description: str) -> AwsError | None:
    """The description is a tag of the user whose key is the access key's ID; an empty one is no tag."""
    change: Call = ("iam:UntagUser", {"user_name": user_name, "tag_keys": [access_key_id]})
    if description:
        change = ("iam:TagUser", {"user_name": user_name, "tags": [{"Key": access_key_id, "Value": description}]})
    return in_order(request.aws, [change])


@post_or_get
def access_key_describe(request: ConsoleRequest, user_name: str, access_key_id: str) -> HttpResponse:
    home = credentials_url(user_name)
    initial = {}
    if request.method != "POST" and (tags := panel(request, "iam:ListUserTags", user_name=user_name)).result:
        initial = {"description": {tag["Key"]: tag["Value"] for tag in tags.result["Tags"]}.get(access_key_id)}
    form = KeyDescriptionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if error := _describe(request, user_name, access_key_id, form.cleaned_data["description"]):
            flash.failure(request, "The description was not changed.", error)
        else:
            flash.success(request, "Description updated.")
        return redirect(home)
    context = {"user_name": user_name, "access_key_id": access_key_id, "form": form, "home": home}
    return render_page(request, "iam/access_key_describe.html", context, status=422 if form.is_bound else 200)


def _set_status(request: ConsoleRequest, user_name: str, access_key_id: str, status: str) -> bool:
    params = {"user_name": user_name, "access_key_id": access_key_id, "status": status}
    error = in_order(request.aws, [("iam:UpdateAccessKey", params)])
    word = "activated" if status == "Active" else "deactivated"
    if error:
        flash.failure(request, f"Access key {access_key_id} was not {word}.", error)
    else:
        flash.success(request, f"Access key {access_key_id} {word}.")
    return error is None


@require_POST
def access_key_activate(request: ConsoleRequest, user_name: str, access_key_id: str) -> HttpResponse:
    _set_status(request, user_name, access_key_id, "Active")
    return redirect(credentials_url(user_name))


@post_or_get
def access_key_deactivate(request: ConsoleRequest, user_name: str, access_key_id: str) -> HttpResponse:
    home = credentials_url(user_name)
    if request.method == "POST":
        _set_status(request, user_name, access_key_id, "Inactive")
        return redirect(home)
    context = {"user_name": user_name, "access_key_id": access_key_id, "home": home}
    return render_page(request, "iam/access_key_deactivate.html", context)


@post_or_get
def access_key_delete(request: ConsoleRequest, user_name: str, access_key_id: str) -> HttpResponse:
    """Two steps, as in AWS: deactivate, then type the key's ID."""
    home = credentials_url(user_name)
    if request.method == "POST" and "deactivate" in request.POST:
        done = _set_status(request, user_name, access_key_id, "Inactive")
        return redirect(request.path if done else home)
    form = ConfirmForm(
        request.POST if request.method == "POST" else None,
        text=access_key_id,
        label="To confirm deletion, enter the access key ID in the text input field.",
    )
    if request.method == "POST" and form.is_valid():
        params = {"user_name": user_name, "access_key_id": access_key_id}
        if error := in_order(request.aws, [("iam:DeleteAccessKey", params)]):
            flash.failure(request, f"Access key {access_key_id} was not deleted.", error)
        else:
            flash.success(request, f"Access key {access_key_id} deleted.")
        return redirect(home)
    keys = panel(request, "iam:ListAccessKeys", user_name=user_name)
    known = {key["AccessKeyId"]: key for key in keys.result["AccessKeyMetadata"]} if keys.result else {}
    if keys.result and access_key_id not in known:
        gone = NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
        flash.failure(request, f"Access key {access_key_id} was not deleted.", gone)
        return redirect(home)
    used = panel(request, "iam:GetAccessKeyLastUsed", access_key_id=access_key_id)
    context = {
        "user_name": user_name,
        "access_key_id": access_key_id,
        # A key whose status may not be read counts as active: the first step then does no harm.
        "active": known[access_key_id]["Status"] == "Active" if known else "confirm" not in request.POST,
        "used": Panel(result=used.result["AccessKeyLastUsed"]) if used.result else used,
        "form": form,
        "home": home,
    }
    return render_page(request, "iam/access_key_delete.html", context, status=422 if form.is_bound else 200)
