"""Making, resetting, copying and deleting sandboxes.

    start(fixture)           a new sandbox in a start state, from the pool or put at once
    reset(account_id)        its start state again: same names, passwords and keys, in a new generation of rows
    copy(account_id)         all there is, history included, in a new sandbox
    replace(account_id, …)   another world in its place, as a restored snapshot
    delete(account_id)       no sandbox any more

Each is one short transaction: before it, nothing has happened; after it, everything. What a sandbox leaves behind is
nameless from that moment on, and dropped in the background (`caretaker`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from iamconsole.accounts import queries as accounts
from iamconsole.accounts.models import Account, PolicyText, Sandbox, new_public_name
from iamconsole.accounts.prepared import Prepared, update
from iamconsole.core.caller import wall_clock
from iamconsole.core.ids import Ids
from iamconsole.gateway import door
from iamconsole.iam import aws_managed
from iamconsole.iam import queries as iam
from iamconsole.iam.models import AccessKey, Attachment
from iamconsole.sandboxes import templates
from iamconsole.sandboxes.credentials import Credentials, quick_hash, seal, unseal
from iamconsole.sandboxes.fixtures import FIXTURES, fixture_named
from iamconsole.sandboxes.image import BytesGone, Identity, Program, put, take
from iamconsole.sandboxes.templates import ADMIN, StartState, free_account_id
from iamconsole.sts.models import TemporaryCredential

# How often the bytes of objects may vanish between taking an image and putting it; each time the source has changed.
TRIES = 5

T = TypeVar("T")


class SandboxError(Exception):
    """A request about sandboxes that cannot be met; the message is for people."""


# -- looking --------------------------------------------------------------------------------------


def account_with_id(account_id: str) -> Account:
    found = accounts.account_with_id(account_id)
    if found is None:
        raise SandboxError(f"There is no account {account_id}.")
    return found


def everyone() -> list[Account]:
    live = Account.objects.select_related("sandbox").filter(sandbox__state=Sandbox.State.LIVE)
    return list(live.order_by("created", "pk"))


def first_account(sandbox_key: int) -> Account:
    """The account that a learner begins in."""
    return accounts.members(sandbox_key)[0]


def describe(account: Account) -> dict[str, Any]:
    """A sandbox for scripts: endpoint, account ID, sign-ins and access keys; `accounts` has those of each account."""
    start = unseal(account.sandbox.start)
    members = accounts.members(account.sandbox_id)
    described = [_describe(member, start[n] if n < len(start) else None) for n, member in enumerate(members)]
    own = next(one for one in described if one["account_id"] == account.account_id)
    return {
        "endpoint": settings.IAMCONSOLE_URL,
        "account_id": account.account_id,
        "fixture": account.sandbox.fixture,
        "link": link(account),
        "root": own["root"],
        "admin": own["admin"],
        "accounts": described,
    }


def link(account: Account) -> str:
    """The sandbox's own link, which opens it."""
    return f"{settings.IAMCONSOLE_URL}/s/{account.sandbox.slug}"


def _describe(account: Account, start: Credentials | None) -> dict[str, Any]:
    unknown = Credentials(account.root_email, None, None, None, None)
    known = unknown if start is None or account.signed_up else start

    def with_key(person: dict[str, Any], key: tuple[str, str] | None) -> dict[str, Any]:
        return person | ({"access_key_id": key[0], "secret_access_key": key[1]} if key else {})

    root = {"email": known.root_email} | ({"password": known.root_password} if known.root_password else {})
    admin = {"user_name": ADMIN, "password": known.admin_password} if known.admin_password else None
    return {
        "account_id": account.account_id,
        "name": account.name,
        "root": with_key(root, known.root_key),
        "admin": with_key(admin, known.admin_key) if admin else None,
    }


# -- starting -------------------------------------------------------------------------------------


def start(
    fixture_name: str = "course",
    *,
    account_id: str | None = None,
    visitor: bool = False,
    ids: Ids | None = None,
    admit: Callable[[], None] = lambda: None,
) -> Sandbox:
    """A new sandbox in a start state, from the pool where one is ready.

    `account_id`: that of its first account. `visitor`: made by "Try it", and gone after a day unused. `admit` is
    asked first, in the transaction, and may raise. Raises SandboxError when the account ID is taken or malformed.
    """
    if fixture_name not in FIXTURES:
        raise SandboxError(f"There is no fixture {fixture_name!r}; there are {', '.join(FIXTURES)}.")
    if account_id is not None and not (account_id.isascii() and account_id.isdecimal() and len(account_id) == 12):
        raise SandboxError(f"An account ID has 12 digits; {account_id!r} has not.")
    now = wall_clock()
    told = {"state": Sandbox.State.LIVE, "since": now, "created": now, "visitor": visitor, "used": now}

    def begin(state: StartState) -> Sandbox:
        with door.write_transaction():
            admit()
            if account_id is None and ids is None and (ready := _from_pool(fixture_name, state, told)):
                return ready
            if account_id is not None and accounts.is_taken(account_id):
                raise SandboxError(f"The account ID {account_id} is taken.")
            return _put_start(state, fixture_name, told, ids or Ids(), now, [account_id] if account_id else [])

    return _from_template(fixture_name, begin)


def create(fixture_name: str = "course", account_id: str | None = None, ids: Ids | None = None) -> Account:
    """A new sandbox, by its first account."""
    return first_account(start(fixture_name, account_id=account_id, ids=ids).pk)


def _from_template(fixture_name: str, act: Callable[[StartState], T]) -> T:
    for attempt in range(TRIES):
        state = templates.start_state(fixture_name)
        try:
            return act(state)
        except BytesGone:
            templates.forget(state.slug)
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _put_start(
    state: StartState,
    fixture_name: str,
    told: Mapping[str, Any],
    ids: Ids,
    now: dt.datetime,
    account_ids: Sequence[str] = (),
    credentials: Sequence[Credentials] = (),
    columns: Sequence[Mapping[str, Any]] = (),
) -> Sandbox:
    """Put a start state, with the account IDs, credentials and columns of accounts that are told, the others anew."""
    described = fixture_named(fixture_name).accounts
    # A newer version of the fixture may have more accounts, or fewer.
    known = [*credentials[: len(described)], *(Credentials.new(one, ids) for one in described[len(credentials) :])]
    all_ids = [*account_ids[: len(described)]]
    while len(all_ids) < len(described):
        all_ids.append(free_account_id(ids))
    sandbox = _row(ids, fixture=fixture_name, start=seal(known), **told)
    passwords = [{"root_password": quick_hash(one.root_password)} if one.root_password else {} for one in known]
    more = [*columns, *({} for _ in described[len(columns) :])]
    told_of = [{**password, **one} for password, one in zip(passwords, more, strict=True)]
    key = put(state.program, state.identity(all_ids, known, sandbox, told_of), now, ids=ids)
    return Sandbox(pk=key, **sandbox)


def _row(ids: Ids, **told: Any) -> dict[str, Any]:
    """The columns of a new Sandbox row."""
    return {"slug": ids.slug(), "public_name": new_public_name(), "generation": 1} | told


# -- the pool -------------------------------------------------------------------------------------


def _ready(fixture_name: str, made: dt.datetime) -> QuerySet[Sandbox]:
    """Those that are not older than the start state: what an older version of the code has built is it no more."""
    return Sandbox.objects.filter(state=Sandbox.State.READY, fixture=fixture_name, since__gte=made)


_oldest_ready = Prepared[Sandbox](
    lambda *values: _ready(*values).order_by("since").select_for_update(skip_locked=True, no_key=True)[:1],
    str,
    dt.datetime,
)


def _from_pool(fixture_name: str, state: StartState, told: Mapping[str, Any]) -> Sandbox | None:
    """A sandbox that is ready, and now somebody's; None where there is none."""
    found = _oldest_ready.first(fixture_name, state.made)
    if found is not None:
        for name, value in told.items():
            setattr(found, name, value)
        update(Sandbox, found.pk, **told)
    return found


def fill_pool(fixture_name: str, wanted: int) -> bool:
    """Put one sandbox into the pool if it lacks one; whether it did."""

    def add(state: StartState) -> bool:
        if _ready(fixture_name, state.made)[:wanted].count() >= wanted:
            return False
        now = wall_clock()
        told = {"state": Sandbox.State.READY, "since": now, "created": now, "visitor": False, "used": None}
        with door.write_transaction():
            _put_start(state, fixture_name, told, Ids(), now)
        return True

    return _from_template(fixture_name, add)


# -- another generation ---------------------------------------------------------------------------


def _held(account: Account) -> Sandbox:
    """The sandbox of an account, held against everybody who would replace it; in the transaction that does."""
    while True:
        if held := _live.first(account.sandbox_id):
            return held
        # Another has replaced it since we looked or while we waited for it: its names are another row's.
        account = account_with_id(account.account_id)


_live = Prepared[Sandbox](
    lambda key: Sandbox.objects.filter(pk=key, state=Sandbox.State.LIVE).select_for_update(no_key=True), int
)


def reset(account_id: str) -> Account:
    """Bring the sandbox of an account back to its start state, with the same account IDs and credentials.

    Everybody is signed out. Accounts that joined it by sign-up are not in its start state, and go. A sandbox that was
    begun by a sign-up starts as its first account was opened, with the root password that its owner knows.
    """
    return first_account(_begin_anew(account_id)[0].pk)


def reset_within(session: str, account_id: str) -> tuple[str, str] | None:
    """The same from within a sign-in, told by its access key ID: it goes on where the same person is in the start
    state. Returns the account ID and the unique ID of that person, None where there is none and it has ended."""
    return _begin_anew(account_id, session)[1]


def _begin_anew(account_id: str, session: str = "") -> tuple[Sandbox, tuple[str, str] | None]:
    account = account_with_id(account_id)
    fixture_name = account.sandbox.fixture
    if fixture_name and fixture_name not in FIXTURES:
        raise SandboxError(f"The start state {fixture_name!r} of this sandbox is no longer made.")

    def anew(state: StartState) -> tuple[Sandbox, tuple[str, str] | None]:
        now, ids = wall_clock(), Ids()
        with door.write_transaction():
            sandbox = _held(account)
            held = accounts.members(sandbox.pk)
            if fixture_name:
                first, told = [one for one in held if not one.signed_up], []
            else:
                first = held[:1]
                told = [
                    {name: getattr(first[0], name) for name in ("name", "root_email", "root_password", "signed_up")}
                ]
            names = [one.account_id for one in first]
            kept = _names_of(sandbox, now)
            whose = _signed_in.first(session) if session else None
            _retire(sandbox, held, now, session if whose else "")
            fresh = _put_start(state, fixture_name, kept, ids, now, names, unseal(sandbox.start), told)
            return fresh, _carry_over(session, *whose, fresh.pk) if whose else None

    return _from_template(fixture_name, anew)


def replace(
    account_id: str, program: Program, identity: Callable[[Sandbox, list[Account]], Identity], **more: Any
) -> Account:
    """Put another world in the place of an account's sandbox; its names go over to it.

    `identity` is asked in the transaction, with the sandbox and its accounts as they still are; what it says of the
    sandbox's columns comes on top of the names. `more` goes to `put`.
    """
    now, account = wall_clock(), account_with_id(account_id)
    with door.write_transaction():
        sandbox = _held(account)
        held = accounts.members(sandbox.pk)
        wanted = identity(sandbox, held)
        columns = _names_of(sandbox, now) | {"fixture": sandbox.fixture, "start": sandbox.start} | dict(wanted.sandbox)
        _retire(sandbox, held, now)
        whole = Identity(wanted.account_ids, columns, wanted.accounts, wanted.keys, wanted.hashes)
        key = put(program, whole, now, **more)
    return first_account(key)


def _names_of(sandbox: Sandbox, now: dt.datetime) -> dict[str, Any]:
    """What the next generation takes over."""
    return {
        "slug": sandbox.slug,
        "public_name": sandbox.public_name,
        "generation": sandbox.generation + 1,
        "created": sandbox.created,
        "state": Sandbox.State.LIVE,
        "since": now,
        "visitor": sandbox.visitor,
        "used": now,
    }


def _retire(sandbox: Sandbox, held: Sequence[Account], now: dt.datetime, spared: str = "") -> None:
    """Take every name and credential from a generation, but not the session that is `spared`; its rows go later.

    Writers of its accounts are waited for, and find the account retired if they come after.
    """
    keys = [account.pk for account in held]
    if connection.features.has_select_for_update:
        list(Account.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    # Nothing refers to the rows that go, so none of Django's collecting is needed.
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(_END_SESSIONS, [key, spared])
            cursor.execute(_TAKE_KEYS, [key])
            cursor.execute(_TAKE_NAMES, [f"x{key:011}", f"retired-{key}", key])
    names = {"slug": Ids().slug(), "public_name": new_public_name()}
    update(Sandbox, sandbox.pk, state=Sandbox.State.RETIRED, since=now, **names)


_END_SESSIONS = f"DELETE FROM {TemporaryCredential._meta.db_table} WHERE account_id = %s AND access_key_id <> %s"
_END_SESSION = f"DELETE FROM {TemporaryCredential._meta.db_table} WHERE access_key_id = %s"
_GIVE_SESSION = (
    f"UPDATE {TemporaryCredential._meta.db_table} SET account_id = %s, user_id = %s, mfa = %s WHERE access_key_id = %s"
)
_TAKE_KEYS = f"DELETE FROM {AccessKey._meta.db_table} WHERE account_id = %s"
_TAKE_NAMES = f"UPDATE {Account._meta.db_table} SET account_id = %s, alias = '', root_email = %s WHERE id = %s"


# Whose a sign-in is: account ID and user name, None for the root user. One that has still to change its password is
# left out: that password is no more.
_signed_in = Prepared[tuple[str, str | None]](
    lambda session: TemporaryCredential.objects.filter(
        access_key_id=session, kind=TemporaryCredential.Kind.CONSOLE, restricted=False
    ).values_list("account__account_id", "user__name"),
    str,
)


_key_of = Prepared[tuple[int]](
    lambda key, text: Account.objects.filter(sandbox=key, account_id=text).values_list("pk"), int, str
)


def _carry_over(session: str, account_id: str, user_name: str | None, sandbox_key: int) -> tuple[str, str] | None:
    """Give a sign-in of a retired generation to the same person of the next; where there is none, it ends.

    It is one without MFA: the start state's people have no devices.
    """
    found = _key_of.first(sandbox_key, account_id)
    user = iam.users_named(found[0], [user_name]).get(user_name.lower()) if found and user_name else None
    with connection.cursor() as cursor:
        if found and (user or not user_name):
            cursor.execute(_GIVE_SESSION, [found[0], user.pk if user else None, False, session])
            return account_id, user.unique_id if user else account_id
        cursor.execute(_END_SESSION, [session])
        return None


def copy(account_id: str, *, visitor: bool = False) -> Account:
    """A new sandbox with everything that the account's has, its history included.

    Account IDs, unique IDs and access keys are its own; passwords and MFA devices are those of its people. Nobody is
    signed in to it.
    """
    ids = Ids()
    for attempt in range(TRIES):
        source = account_with_id(account_id).sandbox
        program = Program(take(source.pk))
        now = wall_clock()
        before = unseal(source.start)
        after = [one.with_new_keys(ids) for one in before]
        keys = {
            old[0]: new
            for one, other in zip(before, after, strict=True)
            for old, new in zip(one.keys(), other.keys(), strict=True)
            if old and new
        }
        told = {"state": Sandbox.State.LIVE, "since": now, "created": now, "visitor": visitor, "used": now}
        sandbox = _row(ids, fixture=source.fixture, start=seal(after), **told)
        try:
            with door.write_transaction():
                account_ids = [free_account_id(ids) for _ in program.image.account_ids]
                key = put(program, Identity(account_ids, sandbox, keys=keys), now, ids=ids)
        except BytesGone:
            if attempt == TRIES - 1:
                raise
        else:
            return first_account(key)
    raise AssertionError("unreachable")


def delete(account_id: str) -> None:
    """Remove the account's sandbox for good, with every account in it."""
    account = account_with_id(account_id)
    with door.write_transaction():
        sandbox = _held(account)
        _retire(sandbox, accounts.members(sandbox.pk), wall_clock())


def retire(sandbox_key: int, among: QuerySet[Sandbox]) -> bool:
    """Remove a sandbox if it is still one of `among`; whether it was."""
    with door.write_transaction():
        found = among.filter(pk=sandbox_key).select_for_update(no_key=True).first()
        if found is not None:
            _retire(found, accounts.members(found.pk), wall_clock())
    return found is not None


# -- what is over ---------------------------------------------------------------------------------


def keep_managed_texts() -> None:
    """Keep the text of every AWS managed policy that is attached, as today's package has it.

    Decisions made with it can then be explained when a later package has changed it.
    """
    attached = Attachment.objects.exclude(aws_arn="").values_list("aws_arn", flat=True).distinct()
    known = aws_managed.by_arn()
    PolicyText.keep_all([known[arn].text for arn in attached if arn in known])
