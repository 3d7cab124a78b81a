"""Calls that belong together: the console makes each on its own, in the API's order, as its own event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iamconsole.core.errors import AwsError
from iamconsole.ui.pages import Aws, Response

Step = tuple[str, dict[str, Any]]
PAGE = 1000  # the most that IAM gives at once


def in_order(aws: Aws, steps: Iterable[Step]) -> AwsError | None:
    """Make the calls one after the other and stop at the first refusal, which is the answer.

    What was done before it stays done, as in AWS's console. `steps` may be a generator that reads on
    its way: a refused read ends it too.
    """
    try:
        for action, params in steps:
            aws.call(action, **params)
    except AwsError as error:
        return error
    return None


def pages(aws: Aws, action: str, **params: Any) -> Iterator[Response]:
    """Every page of a list operation."""
    marker: dict[str, Any] = {}
    while True:
        page = aws.call(action, **params, max_items=PAGE, **marker)
        yield page
        if not page.get("IsTruncated"):
            return
        marker = {"marker": page["Marker"]}


def every(aws: Aws, action: str, member: str, **params: Any) -> list[Any]:
    """All items of a list operation, page by page."""
    return [item for page in pages(aws, action, **params) for item in page[member]]
