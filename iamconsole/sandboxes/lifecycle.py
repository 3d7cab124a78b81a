"""Making, resetting and deleting sandboxes.

A start state is built through the door as the account's root user, in one transaction: there is a
whole sandbox or none. Resetting and deleting drop rows in bulk.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet

from iamconsole.accounts import inbox
from iamconsole.accounts.models import Account, PolicyText, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.ids import Ids
from iamconsole.gateway import callers, door
from iamconsole.gateway.client import AwsClient
from iamconsole.iam import aws_managed
from iamconsole.iam.models import AccessKey, Attachment, Group, ManagedPolicy, MfaDevice, Role, User
from iamconsole.s3 import storage
from iamconsole.s3.models import Bucket, StoredObject
from iamconsole.sandboxes.fixtures import ADMINISTRATOR, FIXTURES, Fixture
from iamconsole.sts.models import TemporaryCredential

ADMIN = "admin"


class SandboxError(Exception):
    """A request about sandboxes that cannot be met; the message is for people."""


@dataclass(frozen=True, slots=True)
class KnownIds(Ids):
    """Ids that give out known access keys first: a reset brings the same credentials back."""

    keys: list[tuple[str, str]] = field(default_factory=list)

    def access_key_id(self, prefix: str = "AKIA") -> str:
        return self.keys[0][0] if self.keys else Ids.access_key_id(self, prefix)

    def secret_access_key(self) -> str:
        return self.keys[0][1] if self.keys else Ids.secret_access_key(self)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the people of a new sandbox sign in with; kept encrypted, for reset and for the start screen.

    Where somebody signed up, only that person knows the root password: None here.
    """

    root_email: str
    root_password: str | None
    root_key: tuple[str, str] | None
    admin_password: str | None
    admin_key: tuple[str, str] | None

    @classmethod
    def new(cls, fixture: Fixture, ids: Ids) -> Credentials:
        def key() -> tuple[str, str]:
            return ids.access_key_id(), ids.secret_access_key()

        return cls(
            root_email=fixture.root_email,
            root_password=ids.password(),
            root_key=key() if fixture.root_key else None,
            admin_password=ids.password() if fixture.admin else None,
            admin_key=key() if fixture.admin else None,
        )

    def seal(self) -> bytes:
        sealed: bytes = settings.IAMCONSOLE_FERNET.encrypt(json.dumps(asdict(self)).encode())
        return sealed

    @classmethod
    def unseal(cls, sealed: bytes | memoryview[int]) -> Credentials:
        kept = json.loads(settings.IAMCONSOLE_FERNET.decrypt(bytes(sealed)))
        for name in ("root_key", "admin_key"):
            kept[name] = tuple(kept[name]) if kept[name] else None
        return cls(**kept)


def describe(account: Account) -> dict[str, Any]:
    """A sandbox for scripts: endpoint, account ID, sign-ins and access keys (DESIGN: `sandbox create`)."""
    start = Credentials.unseal(account.sandbox.start)
    known = Credentials(account.root_email, None, None, None, None) if account.signed_up else start

    def with_key(person: dict[str, Any], key: tuple[str, str] | None) -> dict[str, Any]:
        return person | ({"access_key_id": key[0], "secret_access_key": key[1]} if key else {})

    root = {"email": known.root_email} | ({"password": known.root_password} if known.root_password else {})
    admin = {"user_name": ADMIN, "password": known.admin_password} if known.admin_password else None
    return {
        "endpoint": settings.IAMCONSOLE_URL,
        "account_id": account.account_id,
        "fixture": account.sandbox.fixture,
        "link": f"{settings.IAMCONSOLE_URL}/s/{account.sandbox.slug}",
        "root": with_key(root, known.root_key),
        "admin": with_key(admin, known.admin_key) if admin else None,
    }


def create(fixture_name: str = "course", account_id: str | None = None, ids: Ids | None = None) -> Account:
    """A new sandbox with one account. Raises SandboxError when the account ID is taken or malformed."""
    ids = ids or Ids()
    fixture = FIXTURES[fixture_name]
    if account_id is not None and not (account_id.isascii() and account_id.isdecimal() and len(account_id) == 12):
        raise SandboxError(f"An account ID has 12 digits; {account_id!r} has not.")
    known = Credentials.new(fixture, ids)
    now = wall_clock()
    with door.write_transaction():
        if account_id is None:
            account_id = free_account_id(ids)
        elif Account.objects.filter(account_id=account_id).exists():
            raise SandboxError(f"The account ID {account_id} is taken.")
        sandbox = Sandbox.objects.create(slug=ids.slug(), fixture=fixture_name, start=known.seal(), created=now)
        account = Account(sandbox=sandbox, account_id=account_id)
        _build(account, fixture, known, now)
    return account


def free_account_id(ids: Ids) -> str:
    while True:
        account_id = ids.account_id()
        if not Account.objects.filter(account_id=account_id).exists():
            return account_id


def _build(account: Account, fixture: Fixture, known: Credentials, now: dt.datetime) -> None:
    account.name, account.root_email, account.created = fixture.name, known.root_email, now
    account.root_password = make_password(known.root_password)
    account.alias = ""
    account.save()
    root = callers.root_of(account)
    if known.root_key:
        _client(root, known.root_key).call("iam:CreateAccessKey")
    if known.admin_key:
        aws = _client(root, known.admin_key)
        aws.call("iam:CreateUser", user_name=ADMIN)
        aws.call("iam:AttachUserPolicy", user_name=ADMIN, policy_arn=ADMINISTRATOR)
        aws.call("iam:CreateLoginProfile", user_name=ADMIN, password=known.admin_password)
        aws.call("iam:CreateAccessKey", user_name=ADMIN)
    fixture.build(_client(root))
    furnish(account)


def furnish(account: Account) -> None:
    """Give an account what AWS gives every new one, and let its history begin.

    Source: AWS Support User Guide, "Using service-linked roles for AWS Support" and "… for Trusted Advisor":
    both roles are made with the account.
    """
    aws = _client(callers.root_of(account))
    for service in ("support.amazonaws.com", "trustedadvisor.amazonaws.com"):
        aws.call("iam:CreateServiceLinkedRole", aws_service_name=service)
    _forget_events(account)


def _forget_events(account: Account) -> None:
    # The learner's history starts with the learner.
    Event.objects.filter(account=account).delete()


def _client(root: Any, key: tuple[str, str] | None = None) -> AwsClient:
    return AwsClient(root, Context(face="system", ids=KnownIds(keys=[key] if key else [])))


def account_with_id(account_id: str) -> Account:
    found = Account.objects.select_related("sandbox").filter(account_id=account_id).first()
    if found is None:
        raise SandboxError(f"There is no account {account_id}.")
    return found


def _locked(account_id: str) -> Account:
    """The account, held against everybody who writes in it; to be called in the transaction that changes it."""
    door.lock_account(account_with_id(account_id).pk)
    return account_with_id(account_id)


def reset(account_id: str) -> Account:
    """Bring a start state back, with the same account ID and the same credentials.

    Accounts that joined the sandbox by sign-up are not in its start state, and go. The start state of an
    account that somebody signed up for is a new account, with the root password that its owner knows.
    """
    with door.write_transaction():
        account = _locked(account_id)
        if not account.signed_up:
            for joined in account.sandbox.accounts.filter(signed_up=True).order_by("pk"):
                door.lock_account(joined.pk)
                _empty(joined)
                joined.delete()
            account.sandbox.mails.all().delete()
        _empty(account)
        account.revision += 1
        if account.signed_up:
            account.alias = ""
            account.save()
            furnish(account)
        else:
            known = Credentials.unseal(account.sandbox.start)
            _build(account, FIXTURES[account.sandbox.fixture], known, wall_clock())
    return account


def _empty(account: Account) -> None:
    _remove_bytes_after_commit(StoredObject.objects.filter(bucket__account=account))
    for model in (TemporaryCredential, AccessKey, MfaDevice, User, Group, Role, ManagedPolicy, Bucket, Event):
        model.objects.filter(account=account).delete()


def delete(account_id: str) -> None:
    """Remove the account's sandbox for good, with every account in it."""
    with door.write_transaction():
        sandbox = _locked(account_id).sandbox
        _remove_bytes_after_commit(StoredObject.objects.filter(bucket__sandbox=sandbox))
        sandbox.delete()


def _remove_bytes_after_commit(objects: QuerySet[StoredObject]) -> None:
    for name in list(objects.values_list("stored_as", flat=True)):
        transaction.on_commit(partial(storage.remove, name), robust=True)


def purge_expired() -> None:
    """Drop the credentials of sign-ins that ended by themselves, with which nothing can be done any more, and the
    mails of sign-ups that were never finished."""
    now = wall_clock()
    TemporaryCredential.objects.filter(expires__lt=now).delete()
    inbox.purge(now)


def keep_managed_texts() -> None:
    """Keep the text of every AWS managed policy that is attached, as today's package has it.

    Decisions made with it can then be explained when a later package has changed it.
    """
    attached = Attachment.objects.exclude(aws_arn="").values_list("aws_arn", flat=True).distinct()
    known = aws_managed.by_arn()
    PolicyText.keep_all([known[arn].text for arn in attached if arn in known])


def everyone() -> list[Account]:
    return list(Account.objects.select_related("sandbox").order_by("created", "pk"))
