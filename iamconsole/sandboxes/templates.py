"""Start states, built once and put many times.

A fixture is built through the door in a world that nobody ever sees: in the transaction that builds it, its image is
taken and the world is dropped again. The image is kept in the database under a name made of the fixture's and of the
version of our code, so that a new version builds its own; each process compiles it once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError

import iamconsole
from iamconsole.accounts.models import Account, Sandbox
from iamconsole.accounts.queries import is_taken
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.ids import Ids
from iamconsole.gateway import callers, door
from iamconsole.gateway.client import AwsClient
from iamconsole.s3.models import KeptBytes
from iamconsole.sandboxes import rows
from iamconsole.sandboxes.credentials import Credentials, quick_hash, seal, unseal
from iamconsole.sandboxes.fixtures import ADMINISTRATOR, FixtureAccount, fixture_named
from iamconsole.sandboxes.image import Identity, Image, Program, take
from iamconsole.sandboxes.models import Template

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class StartState:
    """A template, ready to be put. `admin_hashes` has, for each account, the hash of its administrator's password."""

    slug: str
    made: dt.datetime
    program: Program
    credentials: tuple[Credentials, ...]
    admin_hashes: tuple[str | None, ...]

    def identity(
        self,
        account_ids: Sequence[str],
        credentials: Sequence[Credentials],
        sandbox: Mapping[str, Any],
        accounts: Sequence[Mapping[str, Any]],
    ) -> Identity:
        """A start of it whose people have `credentials`."""
        keys, hashes = {}, {}
        for built, wanted, built_hash in zip(self.credentials, credentials, self.admin_hashes, strict=True):
            for old, new in zip(built.keys(), wanted.keys(), strict=True):
                if old and new:
                    keys[old[0]] = new
            if built_hash and wanted.admin_password:
                hashes[built_hash] = quick_hash(wanted.admin_password)
        return Identity(account_ids, sandbox, accounts, keys, hashes)


@lru_cache(maxsize=1)
def _code_version() -> str:
    """Changes with every line of ours, and with every package that a start state could depend on."""
    folder = Path(iamconsole.__file__).parent
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def slug_of(fixture_name: str) -> str:
    """The name of the fixture's template as the code of this process builds it."""
    return f"{fixture_name or 'signed-up'}-{_code_version()[:16]}"


_ready: dict[str, StartState] = {}


def start_state(fixture_name: str) -> StartState:
    slug = slug_of(fixture_name)
    found = _ready.get(slug)
    if found is None:
        row = Template.objects.filter(slug=slug).first() or _build(slug, fixture_name)
        found = _ready[slug] = _read(row)
    return found


def forget(slug: str) -> None:
    """The bytes of its objects are gone: it is no longer in the database, and must be built again."""
    _ready.pop(slug, None)


def _read(row: Template) -> StartState:
    image = Image.from_plain(json.loads(zlib.decompress(bytes(row.image))))
    hashes = tuple(_admin_hash(image, number) for number in range(len(image.account_ids)))
    return StartState(row.slug, row.made, Program(image, fresh=True), tuple(unseal(row.start)), hashes)


def _admin_hash(image: Image, account: int) -> str | None:
    users = zip(image.column("iam.user", "account"), image.column("iam.user", "name"), strict=True)
    admin = next((number for number, user in enumerate(users) if user == (account, ADMIN)), None)
    passwords = zip(image.column("iam.loginprofile", "user"), image.column("iam.loginprofile", "password"), strict=True)
    return next((password for user, password in passwords if user == admin), None)


# -- building -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _KnownIds(Ids):
    """Ids that give out a known access key, so that its owner can be told it."""

    key: tuple[str, str] = ("", "")

    def access_key_id(self, prefix: str = "AKIA") -> str:
        return self.key[0] or Ids.access_key_id(self, prefix)

    def secret_access_key(self) -> str:
        return self.key[1] or Ids.secret_access_key(self)


def _build(slug: str, fixture_name: str) -> Template:
    """Build the world of a fixture through the door, keep its image, drop the world: all or nothing."""
    fixture, ids, now = fixture_named(fixture_name), Ids(), wall_clock()
    known = [Credentials.new(account, ids) for account in fixture.accounts]
    try:
        with door.write_transaction():
            if found := Template.objects.filter(slug=slug).first():
                return found  # another process was first
            sandbox = Sandbox.objects.create(
                slug=ids.slug(), fixture=fixture_name, start=seal(known), created=now, state=Sandbox.State.READY
            )
            accounts = [open_account(sandbox, account, now) for account in fixture.accounts]
            account_ids = [account.account_id for account in accounts]
            for account, described, credentials in zip(accounts, fixture.accounts, known, strict=True):
                build_account(account, described, credentials, account_ids)
            image = take(sandbox.pk, events=False)
            packed = zlib.compress(json.dumps(image.as_plain()).encode())
            KeptBytes.objects.bulk_create(KeptBytes(stored_as=name, kept_by=slug) for name in image.objects)
            rows.drop(sandbox.pk)
            return Template.objects.create(slug=slug, fixture=fixture_name, image=packed, start=seal(known), made=now)
    except IntegrityError:
        return Template.objects.get(slug=slug)  # another process was first at the very end


def open_account(sandbox: Sandbox, described: FixtureAccount, now: dt.datetime) -> Account:
    return Account.objects.create(
        sandbox=sandbox,
        account_id=free_account_id(Ids()),
        name=described.name,
        root_email=described.root_email,
        created=now,
    )


def free_account_id(ids: Ids) -> str:
    while True:
        account_id = ids.account_id()
        if not is_taken(account_id):
            return account_id


def build_account(account: Account, described: FixtureAccount, known: Credentials, account_ids: Sequence[str]) -> None:
    """Build an account's start state through the door, as its root user."""
    root = callers.root_of(account)
    if known.root_key:
        _client(root, known.root_key).call("iam:CreateAccessKey")
    if known.admin_key:
        aws = _client(root, known.admin_key)
        aws.call("iam:CreateUser", user_name=ADMIN)
        aws.call("iam:AttachUserPolicy", user_name=ADMIN, policy_arn=ADMINISTRATOR)
        aws.call("iam:CreateLoginProfile", user_name=ADMIN, password=known.admin_password)
        aws.call("iam:CreateAccessKey", user_name=ADMIN)
    described.build(_client(root), account_ids)
    furnish(account)


def furnish(account: Account) -> None:
    """Give an account what AWS gives every new one, and let its history begin.

    Source: AWS Support User Guide, "Using service-linked roles for AWS Support" and "… for Trusted Advisor":
    both roles are made with the account.
    """
    aws = _client(callers.root_of(account))
    for service in ("support.amazonaws.com", "trustedadvisor.amazonaws.com"):
        aws.call("iam:CreateServiceLinkedRole", aws_service_name=service)
    # The learner's history starts with the learner.
    Event.objects.filter(account=account).delete()


def _client(root: Any, key: tuple[str, str] = ("", "")) -> AwsClient:
    return AwsClient(root, Context(face="system", ids=_KnownIds(key=key)))
