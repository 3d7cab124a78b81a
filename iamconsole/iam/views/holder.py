"""Who has policies: a user, a user group or a role, and which operations, pages and words go with that."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from iamconsole.iam import quotas

LABELS = {"user": "Users", "group": "User groups", "role": "Roles"}


@dataclass(frozen=True, slots=True)
class Holder:
    kind: str  # user, group, role
    name: str

    def operation(self, verb: str, thing: str = "Policy") -> str:
        return f"iam:{verb}{self.kind.title()}{thing}"

    @property
    def which(self) -> dict[str, str]:
        return {f"{self.kind}_name": self.name}

    @property
    def noun(self) -> str:
        """As a sentence calls it."""
        return "user group" if self.kind == "group" else self.kind

    @property
    def list_label(self) -> str:
        return LABELS[self.kind]

    @property
    def list_url(self) -> str:
        return f"/iam/{self.kind}s"

    def page(self, page: str, *more: str, **query: str) -> str:
        """One of its pages: `detail`, `create-policy`, `remove-policies` …"""
        path = reverse(f"iam:{self.kind}-{page}", args=[self.name, *more])
        return path + (f"?{urlencode(query)}" if query else "")

    @property
    def url(self) -> str:
        return self.page("detail", section="permissions")

    @property
    def limit(self) -> int:
        return quotas.INLINE_SIZE[self.kind]
