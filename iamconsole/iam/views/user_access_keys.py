"""Access keys of a user or of oneself: making one, its description, its status, its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from iamconsole.core.errors import AwsError, NoSuchEntity
from iamconsole.iam.forms.users import USE_CASES, KeyDescriptionForm, RootKeyForm, UseCaseForm
from iamconsole.iam.quotas import ACCESS_KEYS
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.owner import Owner
from iamconsole.iam.views.user_create import Finished
from iamconsole.iam.views.user_passwords import csv_link
from iamconsole.iam.views.user_rows import days_ago, with_last_use
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm, Form, submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.wizard import Step, Wizard, keep_once, take_once

STEPS = (
    Step("use-case", "Access key best practices & alternatives", UseCaseForm),
    Step("description", "Set description tag", KeyDescriptionForm, optional=True),
)
ROOT_STEPS = (Step("alternatives", "Alternatives to root user access keys", RootKeyForm),)
RETRIEVE = Step("retrieve", "Retrieve access keys", Form)


class KeyWizard(Wizard):
    """Its list of steps ends with the page after the last button."""

    @property
    def trail(self) -> list[tuple[int, Step, str]]:
        return [*super().trail, (len(self.steps) + 1, RETRIEVE, "")]


@post_or_get
def access_key_create(request: ConsoleRequest, user_name: str = "") -> HttpResponse:
    owner = Owner.of(request, user_name)
    steps = ROOT_STEPS if owner.is_root else STEPS
    if "made" in request.GET:
        return _retrieve(request, owner, steps)
    wizard = KeyWizard(request, "access-key", steps, finish="Create access key", cancel=owner.home)
    if answer := wizard.walk():
        return answer
    if wizard.finished and (made := submit(wizard.form, request.aws, "iam:CreateAccessKey", **owner.params)):
        key = made["AccessKey"]
        description = wizard.form.cleaned_data.get("description")
        flash.success(request, "Access key created", MADE)
        if description and (error := _describe(request, owner, key["AccessKeyId"], description)):
            flash.failure(request, "The access key was created, but its description tag was not set.", error)
        token = keep_once(request, {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]})
        return wizard.done(owner.url("access-key-create", made=token))
    context = {"owner": owner, "use_cases": USE_CASES, "texts": _use_case_texts()}
    return wizard.page("iam/access_key_create.html", context)


MADE = (
    "This is the only time that the secret access key can be viewed or downloaded. You cannot recover it later. "
    "However, you can create a new access key any time."
)


def _use_case_texts() -> Mapping[str, str]:
    return {value: texts[1] for value, texts in USE_CASES.items()}


def _retrieve(request: ConsoleRequest, owner: Owner, steps: Sequence[Step]) -> HttpResponse:
    """The last step. The secret is shown this once; a reload cannot bring it back."""
    once = take_once(request, request.GET["made"])
    context: dict[str, Any] = {"owner": owner, "wizard": Finished(RETRIEVE, (*steps, RETRIEVE)), "once": once}
    if once:
        context["csv"] = csv_link(("Access key ID", "Secret access key"), (once["id"], once["secret"]))
        context["csv_name"] = "rootkey.csv" if owner.is_root else f"{owner.name}_accessKeys.csv"
    return render_page(request, "iam/access_key_retrieve.html", context)


# -- the cards of a page ------------------------------------------------------------------------------


def key_cards(request: ConsoleRequest, owner: Owner, keys: Panel, tags: Sequence[Mapping[str, str]]) -> Panel:
    """The answer of ListAccessKeys with each key's last use, its description, which is a tag of the user, and links."""
    if keys.result is None:
        return keys
    texts = {tag["Key"]: tag["Value"] for tag in tags}
    rows = [
        key
        | {
            "description": texts.get(key["AccessKeyId"], ""),
            "summary": _key_summary(key),
            "urls": _key_urls(owner, key["AccessKeyId"]),
        }
        for key in with_last_use(request, keys.result["AccessKeyMetadata"])
    ]
    return Panel(
        result={
            "own": rows,
            "places": [*rows, *[None] * (ACCESS_KEYS - len(rows))],
            "full": len(rows) >= ACCESS_KEYS,
        }
    )


def _key_urls(owner: Owner, access_key_id: str) -> dict[str, str]:
    pages = ("activate", "deactivate", "delete", *(() if owner.is_root else ("describe",)))
    return {page: owner.url(f"access-key-{page}", access_key_id) for page in pages}


def _key_summary(key: dict[str, Any]) -> dict[str, Any]:
    """`Never used. Created today.`, `Used today. 3 days old.`"""
    created = days_ago(key["CreateDate"]).lower()
    used = key["use"].result.get("LastUsedDate") if key["use"].result else None
    if key["use"].error:
        return {"warn": False, "text": f"Created {created}."}
    return {
        "warn": used is None and key["Status"] == "Active",
        "text": f"{f'Used {days_ago(used).lower()}' if used else 'Never used'}. Created {created}.",
    }


# -- one key ----------------------------------------------------------------------------------------


def _describe(request: ConsoleRequest, owner: Owner, access_key_id: str, description: str) -> AwsError | None:
    """The description is a tag of the user whose key is the access key's ID; an empty one is no tag."""
    change: Call = ("iam:UntagUser", {"user_name": owner.name, "tag_keys": [access_key_id]})
    if description:
        change = ("iam:TagUser", {"user_name": owner.name, "tags": [{"Key": access_key_id, "Value": description}]})
    return in_order(request.aws, [change])


@post_or_get
def access_key_describe(request: ConsoleRequest, access_key_id: str, user_name: str = "") -> HttpResponse:
    owner = Owner.of(request, user_name)
    if owner.is_root:
        return redirect(owner.home)  # a description is a tag, and the root user has none
    initial = {}
    if request.method != "POST" and (tags := panel(request, "iam:ListUserTags", user_name=owner.name)).result:
        initial = {"description": {tag["Key"]: tag["Value"] for tag in tags.result["Tags"]}.get(access_key_id)}
    form = KeyDescriptionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if error := _describe(request, owner, access_key_id, form.cleaned_data["description"]):
            flash.failure(request, "The description was not changed.", error)
        else:
            flash.success(request, "Description updated.")
        return redirect(owner.home)
    context = {"owner": owner, "access_key_id": access_key_id, "form": form}
    return render_page(request, "iam/access_key_describe.html", context, status=422 if form.is_bound else 200)


def _set_status(request: ConsoleRequest, owner: Owner, access_key_id: str, status: str) -> bool:
    params = {**owner.params, "access_key_id": access_key_id, "status": status}
    error = in_order(request.aws, [("iam:UpdateAccessKey", params)])
    word = "activated" if status == "Active" else "deactivated"
    if error:
        flash.failure(request, f"Access key {access_key_id} was not {word}.", error)
    else:
        flash.success(request, f"Access key {access_key_id} {word}.")
    return error is None


@require_POST
def access_key_activate(request: ConsoleRequest, access_key_id: str, user_name: str = "") -> HttpResponse:
    owner = Owner.of(request, user_name)
    _set_status(request, owner, access_key_id, "Active")
    return redirect(owner.home)


@post_or_get
def access_key_deactivate(request: ConsoleRequest, access_key_id: str, user_name: str = "") -> HttpResponse:
    owner = Owner.of(request, user_name)
    if request.method == "POST":
        _set_status(request, owner, access_key_id, "Inactive")
        return redirect(owner.home)
    context = {"owner": owner, "access_key_id": access_key_id}
    return render_page(request, "iam/access_key_deactivate.html", context)


@post_or_get
def access_key_delete(request: ConsoleRequest, access_key_id: str, user_name: str = "") -> HttpResponse:
    """Two steps, as in AWS: deactivate, then type the key's ID."""
    owner = Owner.of(request, user_name)
    if request.method == "POST" and "deactivate" in request.POST:
        done = _set_status(request, owner, access_key_id, "Inactive")
        return redirect(request.path if done else owner.home)
    form = ConfirmForm(
        request.POST if request.method == "POST" else None,
        text=access_key_id,
        label="To confirm deletion, enter the access key ID in the text input field.",
    )
    if request.method == "POST" and form.is_valid():
        params = {**owner.params, "access_key_id": access_key_id}
        if error := in_order(request.aws, [("iam:DeleteAccessKey", params)]):
            flash.failure(request, f"Access key {access_key_id} was not deleted.", error)
        else:
            flash.success(request, f"Access key {access_key_id} deleted.")
        return redirect(owner.home)
    keys = panel(request, "iam:ListAccessKeys", **owner.params)
    known = {key["AccessKeyId"]: key for key in keys.result["AccessKeyMetadata"]} if keys.result else {}
    if keys.result and access_key_id not in known:
        gone = NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
        flash.failure(request, f"Access key {access_key_id} was not deleted.", gone)
        return redirect(owner.home)
    used = panel(request, "iam:GetAccessKeyLastUsed", access_key_id=access_key_id)
    context = {
        "owner": owner,
        "access_key_id": access_key_id,
        # A key whose status may not be read counts as active: the first step then does no harm.
        "active": known[access_key_id]["Status"] == "Active" if known else "confirm" not in request.POST,
        "used": Panel(result=used.result["AccessKeyLastUsed"]) if used.result else used,
        "form": form,
    }
    return render_page(request, "iam/access_key_delete.html", context, status=422 if form.is_bound else 200)
