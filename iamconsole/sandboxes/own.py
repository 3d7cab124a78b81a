"""What a sandbox's own page shows and does, for whoever holds its link.

The link's secret is what opens it, as in the inbox: who is merely signed in to one of its accounts is a person of the
simulated world, and resetting that world is no act in it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat

from iamconsole.accounts import limits, queries
from iamconsole.accounts.models import Account
from iamconsole.accounts.queries import account_ids_of as account_ids_of
from iamconsole.cloudtrail.models import Event
from iamconsole.iam import things
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import lifecycle
from iamconsole.sandboxes.credentials import unseal
from iamconsole.sandboxes.fixtures import FIXTURES
from iamconsole.sandboxes.sign_up import ACCOUNTS_PER_SANDBOX
from iamconsole.sandboxes.templates import ADMIN


@dataclass(frozen=True, slots=True)
class Amount:
    """Of one kind of thing: how much there is, and how much there may be."""

    title: str
    used: int
    most: int
    in_bytes: bool = False

    @property
    def text(self) -> str:
        show = filesizeformat if self.in_bytes else "{:,}".format
        return f"{show(self.used)} of {show(self.most)}"


@dataclass(frozen=True, slots=True)
class Overview:
    """A sandbox for its holder. `accounts` are described as `manage.py sandbox create` prints them."""

    slug: str
    account_id: str
    accounts: list[dict[str, Any]]
    start: str
    created: dt.datetime
    visitor: bool
    sandbox_key: int

    @property
    def amounts(self) -> list[Amount]:
        """Counted only when it is shown: a reset or a start does not wait for it."""
        return _amounts(self.sandbox_key, self.visitor)

    @property
    def account_ids(self) -> list[str]:
        return [one["account_id"] for one in self.accounts]


def overview(slug: str) -> Overview | None:
    """The sandbox that `slug` opens; None if it opens none."""
    sandbox = queries.sandbox_with_slug(slug) if slug else None
    if sandbox is None:
        return None
    described = lifecycle.describe(lifecycle.first_account(sandbox.pk))
    return Overview(
        slug=slug,
        account_id=described["account_id"],
        accounts=[_shown(one, described["endpoint"]) for one in described["accounts"]],
        start=sandbox.fixture if sandbox.fixture in FIXTURES else "",
        created=sandbox.created,
        visitor=sandbox.visitor,
        sandbox_key=sandbox.pk,
    )


def _shown(account: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """An account with its heading, and what to tell the aws command; one that was signed up for has no known keys."""
    person = account["admin"] or account["root"]
    commands = ""
    if key := person.get("access_key_id"):
        commands = (
            f"export AWS_ENDPOINT_URL={endpoint}\n"
            f"export AWS_ACCESS_KEY_ID={key}\n"
            f"export AWS_SECRET_ACCESS_KEY={person['secret_access_key']}\n"
            "export AWS_DEFAULT_REGION=us-east-1"
        )
    return account | {"title": f"Account {account['name']}", "commands": commands}


def _amounts(sandbox_key: int, visitor: bool) -> list[Amount]:
    most = limits.quotas(visitor)
    accounts = list(Account.objects.filter(sandbox=sandbox_key).values_list("pk", flat=True))
    stored = usage_of(sandbox_key)
    return [
        Amount("Accounts", len(accounts), ACCOUNTS_PER_SANDBOX),
        Amount("Users, roles, policies, keys …", things.count(sandbox_key, most["things"]), most["things"]),
        Amount("Buckets and objects", stored.objects, most["objects"]),
        Amount("Bytes of objects", stored.bytes, most["bytes"], in_bytes=True),
        Amount("Events", Event.objects.filter(account__in=accounts).count(), most["events"]),
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in: the root user (an empty name) or an IAM user of an account."""

    account_id: str
    user_name: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """At which account a person of the start state signs in, and with which password."""

    account: Account
    user_name: str
    password: str


def entrance(sandbox_key: int, person: Person | None = None) -> Entrance | None:
    """That of `person`, or that of whoever begins: the first account's administrator, or its root user where there is
    none. None where we do not know the password: of who is not in the start state, or signed up."""
    held = queries.members(sandbox_key)
    for account, start in zip(held, unseal(held[0].sandbox.start), strict=False):
        if account.signed_up or (person is not None and person.account_id != account.account_id):
            continue
        known = {"": start.root_password} | ({ADMIN: start.admin_password} if start.admin_password else {})
        name = person.user_name if person else max(known)
        password = known.get(name)
        return Entrance(account, name, password) if password else None
    return None
