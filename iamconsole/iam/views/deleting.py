"""Deleting what was ticked in a list: the confirmation, and one thing after the other with all that it owns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from iamconsole.core.errors import AwsError
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.common import counted
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import Aws, ConsoleRequest

Deletion = Callable[[Aws, str], Iterable[Call]]


def confirmation(request: ConsoleRequest, noun: str, names: Sequence[str]) -> ConfirmForm:
    """One asks for its name, several for the word `delete`. `noun` is `user` or `role`."""
    one = len(names) == 1
    return ConfirmForm(
        request.POST if request.method == "POST" else None,
        text=names[0] if one else "delete",
        label=f"To confirm deletion, enter {f'the {noun} name' if one else 'delete'} in the text input field.",
    )


def title(noun: str, names: Sequence[str]) -> str:
    return f"Delete {names[0] if len(names) == 1 else counted(len(names), noun)}?"


def delete_each(request: ConsoleRequest, noun: str, names: Iterable[str], deletion: Deletion) -> None:
    """One after the other; a refusal leaves that one and those after it. `deletion` gives the calls for a name."""
    deleted: list[str] = []
    for name in names:
        if error := _delete_one(request.aws, name, deletion):
            flash.failure(request, f"{noun.capitalize()} {name} was not deleted.", error)
            break
        deleted.append(name)
    if len(deleted) == 1:
        flash.success(request, f"{noun.capitalize()} {deleted[0]} deleted.")
    elif deleted:
        flash.success(request, f"{counted(len(deleted), noun)} deleted.")


def _delete_one(aws: Aws, name: str, deletion: Deletion) -> AwsError | None:
    """As one act: somebody may delete itself, or the role that it works in, whose policies go before it does."""
    try:
        return aws.call_as_one(list(deletion(aws, name)))
    except AwsError as error:  # of a read on the way
        return error
