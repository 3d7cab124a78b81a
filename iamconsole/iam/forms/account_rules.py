"""The account's password rules as a form knows them: what it lists, and what it refuses by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.core.operation import Response
from iamconsole.iam import passwords

_SHOWN = ("MinimumPasswordLength", "Require")


@dataclass(frozen=True, slots=True)
class AccountRules:
    """`policy` is the custom policy, None the default one; `hidden` the refusal where the caller may not see it.

    `forbidden` is what the default policy forbids; the root user's e-mail address only the operation knows.
    """

    forbidden: tuple[str, ...] = ()
    policy: Response | None = None
    hidden: AwsError | None = None

    @classmethod
    def from_query(cls, forbidden: tuple[str, ...], query: Mapping[str, str]) -> AccountRules:
        """What `live` wrote into an address. It is only ever shown: nothing is decided by it."""
        shortest = query.get("MinimumPasswordLength", "")
        if not (shortest.isascii() and shortest.isdecimal() and len(shortest) <= 3):
            return cls(forbidden)
        required = {name: True for name in query if name.startswith("Require")}
        return cls(forbidden, {"MinimumPasswordLength": int(shortest)} | required)

    def of(self, password: str) -> list[passwords.Rule]:
        return [] if self.hidden else passwords.rules(password, *self.forbidden, policy=self.policy)

    def refuse(self, password: str) -> bool:
        """Whether the form can tell by itself that the password will not do."""
        return not all(rule.met for rule in self.of(password))

    @property
    def shortest(self) -> int:
        return self.policy["MinimumPasswordLength"] if self.policy else passwords.MINIMUM

    def live(self, field: str) -> dict[str, Any]:
        """The attributes of an input whose text is held against the rules while it is typed."""
        if self.hidden:
            return {}
        asked = {name: value for name, value in (self.policy or {}).items() if value and name.startswith(_SHOWN)}
        url = reverse("iam:user-password-rules") + (f"?{urlencode(asked)}" if asked else "")
        return {
            "aria-describedby": "password-rules",
            "hx-post": url,
            "hx-trigger": "input changed delay:150ms",
            "hx-target": "#password-rules",
            "hx-swap": "outerHTML",
            "hx-params": field,
            "hx-sync": "this:replace",
        }


DEFAULT = AccountRules()
