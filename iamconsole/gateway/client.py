"""The door bound to one caller, as `request.aws`: a console view then reads like a call of an SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from iamconsole.accounts import queries as accounts
from iamconsole.core.caller import Caller, Context
from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.core.operation import Body, Call, Response
from iamconsole.gateway import door


@dataclass(slots=True)
class AwsClient:
    """Calls as `caller` from `context`. Events of reads are written together, before the page is sent."""

    caller: Caller
    context: Context
    recorder: door.Recorder = field(default_factory=door.Recorder)

    @property
    def public_name(self) -> str:
        """The name of the caller's sandbox in the addresses of objects."""
        return accounts.public_name(self.caller.sandbox_key)

    def call(self, action: str, *, listing: Listing | None = None, body: Body | None = None, **params: Any) -> Response:
        with self._timed():
            return door.call(
                self.caller, self.context, action, listing=listing, body=body, recorder=self.recorder, **params
            )

    def call_many(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Response | AwsError]:
        with self._timed():
            return door.call_many(self.caller, self.context, calls, self.recorder)

    def call_as_one(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> AwsError | None:
        with self._timed():
            return door.call_as_one(self.caller, self.context, calls, self.recorder)

    def flush(self) -> None:
        self.recorder.flush()

    @property
    def made(self) -> Sequence[Call]:
        """Every call that was made, in order; empty where the recorder takes no note of them."""
        return self.recorder.made or ()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """The calls made within share its time: those of a batch are decided one by one and read together."""
        before, start = len(self.made), time.perf_counter()
        try:
            yield
        finally:
            if new := self.made[before:]:
                each = (time.perf_counter() - start) / len(new)
                for call in new:
                    call.seconds = each
