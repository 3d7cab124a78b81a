"""A user's tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from django.http import HttpResponse

from iamconsole.iam.forms.users import TagsForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, panel
from iamconsole.ui.wizard import Step, Wizard


@post_or_get
def user_tags(request: ConsoleRequest, user_name: str) -> HttpResponse:
    home = user_url(user_name, section="tags")
    found = panel(request, "iam:ListUserTags", user_name=user_name)
    present = {tag["Key"]: tag["Value"] for tag in found.result["Tags"]} if found.result else {}
    initial = {"tag_key": list(present), "tag_value": list(present.values())}
    steps = (Step("tags", "Manage tags", TagsForm, initial=initial),)
    wizard = Wizard(request, "user-tags", steps, finish="Save changes", cancel=home)
    if answer := wizard.walk():
        return answer
    form = cast(TagsForm, wizard.form)
    if wizard.finished:
        wanted = {tag["Key"]: tag["Value"] for tag in form.cleaned_data["tags"]}
        if error := in_order(request.aws, _changes(user_name, present, wanted)):
            form.refuse(error)
        else:
            flash.success(request, "Tags updated.")
            return wizard.done(home)
    context = {
        "user_name": user_name,
        "home": home,
        "read": found,
        "tags": form.editor("tags" in request.GET),
    }
    return wizard.page("iam/user_tags.html", context)


def _changes(user_name: str, present: dict[str, str], wanted: dict[str, str]) -> Iterator[Call]:
    user = {"user_name": user_name}
    if gone := [key for key in present if key not in wanted]:
        yield "iam:UntagUser", user | {"tag_keys": gone}
    if new := [{"Key": key, "Value": value} for key, value in wanted.items() if present.get(key) != value]:
        yield "iam:TagUser", user | {"tags": new}
