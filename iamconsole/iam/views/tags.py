"""Tags of every kind of object: the tab of its page, and the page that changes them.

The page of tags lies under the page of its object: `…/details/john` and `…/details/john/tags`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from django.http import HttpResponse
from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.iam.forms.tags import TagsForm
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.kinds import KINDS, Kind
from iamconsole.iam.views.policy_parts import policy_name
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, panel
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard


def tags_table(
    request: ConsoleRequest, tags: Sequence[dict[str, str]] | AwsError, manage: str, *, title: str = "Tags"
) -> Table:
    """The tab: the tags that the object's own description told, or why it told none. `manage`: the page of tags."""
    table = Table(
        "tags",
        title,
        (Column("Key", "Key", sortable=True), Column("Value", "Value")),
        description="Tags are key-value pairs you can add to AWS resources to help identify, organize, or search for "
        "resources.",
        info="tags",
        actions=(Action("Manage tags", manage),),
        empty=Empty("No tags associated with the resource."),
    )
    table.listing(request)
    return table.fail(tags) if isinstance(tags, AwsError) else table.show(tags)


def tags_url(kind: str, name: str) -> str:
    return reverse(f"iam:{kind}-tags", args=[name])


@post_or_get
def edit_tags(request: ConsoleRequest, kind: str, name: str, of_object: str = "") -> HttpResponse:
    """`Manage tags`. What changed is taken away, then put on, each as a call of its own.

    `of_object` is the page of the object, where this one does not lie under it. AWS's console has no page of an
    instance profile: its tags are for the API.
    """
    own = KINDS[kind]
    of_object = of_object or request.path.removesuffix("/tags")
    action, params = own.call("List{}Tags", name)
    found = panel(request, action, **params)
    present = {tag["Key"]: tag["Value"] for tag in found.result["Tags"]} if found.result else {}
    initial = {"tag_key": list(present), "tag_value": list(present.values())}
    steps = (Step("tags", "Manage tags", TagsForm, initial=initial),)
    wizard = Wizard(request, f"{kind}-tags", steps, finish="Save changes", cancel=f"{of_object}?section=tags")
    if answer := wizard.walk():
        return answer
    form = cast(TagsForm, wizard.form)
    if wizard.finished:
        wanted = {tag["Key"]: tag["Value"] for tag in form.cleaned_data["tags"]}
        if error := found.error or in_order(request.aws, _changes(own, name, present, wanted)):
            form.refuse(error)
        else:
            flash.success(request, "Tags updated.")
            return wizard.done(wizard.cancel)
    context = {
        # What an ARN ends with, of a provider with its path; a name as it is.
        "label": name.partition("-provider/")[2] or policy_name(name),
        "listed_as": own.listed_as,
        "list_url": of_object.partition("/details/")[0],
        "read": found,
        "tags": form.editor("tags" in request.GET),
    }
    return wizard.page("iam/tags.html", context)


def _changes(kind: Kind, name: str, present: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Call]:
    if gone := [key for key in present if key not in wanted]:
        yield kind.call("Untag{}", name, tag_keys=gone)
    if new := [{"Key": key, "Value": value} for key, value in wanted.items() if present.get(key) != value]:
        yield kind.call("Tag{}", name, tags=new)
