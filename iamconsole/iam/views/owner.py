"""Whose credentials a page is about: a user's by name, or those of who is looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui.pages import ConsoleRequest

OF_SERVICES = "list-service-specific-credentials"
# What else a user can have beside a password, devices and access keys: the API makes it, this console does not.
OTHERS = (  # block, button, what lists it
    ("SSH public keys for AWS CodeCommit", "Upload SSH public key", "list-ssh-public-keys"),
    ("HTTPS Git credentials for AWS CodeCommit", "Generate credentials", OF_SERVICES),
    ("Credentials for Amazon Keyspaces (for Apache Cassandra)", "Generate credentials", OF_SERVICES),
    ("X.509 Signing certificates", "Create X.509 certificate", "list-signing-certificates"),
)


def has_credentials(request: ConsoleRequest) -> bool:
    """Users and the root user have credentials of their own; a role lends temporary ones."""
    return request.caller.kind in ("user", "root")


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page about credentials of one's own: in a role it leads to the page that says that there are none."""

    @wraps(view)
    def shown(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not has_credentials(request):
            return redirect("iam:security-credentials")
        return view(request, *args, **kwargs)

    return shown


@dataclass(frozen=True, slots=True)
class Owner:
    """`name` is the user's; empty for the root user, which is nobody's but its own."""

    name: str
    own: bool
    is_root: bool = False

    @classmethod
    def of(cls, request: ConsoleRequest, user_name: str) -> Owner:
        """The user in the address; `/iam/security_credentials` and what is below it names none."""
        own = not user_name
        return cls(user_name or request.caller.user_name, own, own and request.caller.is_root)

    @property
    def label(self) -> str:
        """As a sentence names it."""
        return "the root user" if self.is_root else f"user {self.name}"

    @property
    def params(self) -> dict[str, Any]:
        """The user of a call; about themselves nobody gives a name."""
        return {} if self.own else {"user_name": self.name}

    @property
    def home(self) -> str:
        if self.own:
            return reverse("iam:security-credentials")
        return user_url(self.name, section="security_credentials")

    def url(self, page: str, *more: str, **query: str) -> str:
        """One of the pages that there are twice, for a user and for oneself."""
        path = reverse(f"iam:own-{page}", args=more) if self.own else reverse(f"iam:{page}", args=[self.name, *more])
        return path + (f"?{urlencode(query)}" if query else "")
