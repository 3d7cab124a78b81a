"""Snapshots: a sandbox as a file, and a file in the place of a sandbox (docs/snapshots.md).

    take(account_id)            -> a file with all there is but secrets
    restore(account_id, file)   -> what the file says, in the sandbox of the account; all of it or nothing

A file tells nobody's secrets. What the sandbox has already stays as it is there: passwords and MFA devices of users of
the same name, access keys of the same ID. The others get new ones, which `restore` tells, once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, IntegrityError

from iamconsole.accounts import limits
from iamconsole.accounts.models import Account, Mail, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AwsError
from iamconsole.core.ids import Ids
from iamconsole.iam import models as iam
from iamconsole.iam import quotas
from iamconsole.s3 import storage
from iamconsole.s3.checksums import multipart_etag
from iamconsole.s3.models import Bucket, MultipartUpload, Part, StoredObject
from iamconsole.sandboxes import image as images
from iamconsole.sandboxes import lifecycle, snapshot_file
from iamconsole.sandboxes.checking import EMPTIED, SECRETS, check
from iamconsole.sandboxes.credentials import quick_hash, seal, unseal
from iamconsole.sandboxes.image import Identity, Image, ImageError, Program
from iamconsole.sandboxes.sign_up import ACCOUNTS_PER_SANDBOX
from iamconsole.sandboxes.snapshot_file import SnapshotError, SnapshotFile
from iamconsole.sandboxes.tables import TABLES, Kind, table_of
from iamconsole.sandboxes.templates import ADMIN, free_account_id

# A file has so many of the newest events: the rest of a long history would be most of it.
MAX_EVENTS = 10_000
# For each thing of IAM that the sandbox may hold, so many texts of policies (a policy has so many versions), and so
# many characters of them (a role has so many inline). Each event of the history may have been decided on one more.
TEXTS_OF_A_THING, CHARACTERS_OF_A_THING = quotas.VERSIONS, quotas.INLINE_SIZE["role"]
# In memory up to here, on disk beyond.
SPOOL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot: an open file, at its beginning, and what it may be called."""

    file: IO[bytes]
    name: str


def take(account_id: str) -> Taken:
    """The sandbox of an account as a file."""
    for _ in range(lifecycle.TRIES):
        account = lifecycle.account_with_id(account_id)
        image = images.take(account.sandbox_id)
        _leave_out_secrets(image)
        now = wall_clock()
        file: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOL)  # noqa: SIM115  # whoever sends it closes it
        plain = image.as_plain() | {"objects": len(image.objects)}
        try:
            snapshot_file.write(file, plain, len(image.objects), partial(_open, image), now)
        except FileNotFoundError:
            file.close()  # an object was replaced meanwhile: look again
        else:
            file.seek(0)
            return Taken(file, f"sandbox-{account_id}-{now:%Y-%m-%d-%H%M}.zip")
    raise SnapshotError("The sandbox changes too quickly for a snapshot. Try again.")


def _open(image: Image, number: int) -> IO[bytes]:
    return storage.read(image.objects[number])


def _leave_out_secrets(image: Image) -> None:
    """Whatever opens something, and mails: their codes and links are of this moment and this browser."""
    for table in TABLES:
        rows = image.tables.get(table.name) or []
        for at, name in enumerate(image.columns.get(table.name) or []):
            if table.columns[name].kind in SECRETS:
                for row in rows:
                    row[at] = None
            elif (table.model, name) in EMPTIED:
                for row in rows:
                    row[at] = []
        if table.model is Mail:
            image.tables.pop(table.name, None)
            image.columns.pop(table.name, None)
        if table.model is Event:
            image.tables[table.name] = rows[-MAX_EVENTS:]


# -- restoring ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reissued:
    """A credential that is new since the restore: for whom, what it is, and its value."""

    account_id: str
    user_name: str
    what: str
    value: str

    @property
    def title(self) -> str:
        return f"{self.what} of {self.user_name or 'the root user'} in {self.account_id}"


@dataclass(slots=True)
class Restored:
    account: Account
    reissued: list[Reissued] = field(default_factory=list)

    @property
    def told(self) -> str:
        if not self.reissued:
            return "The snapshot was restored."
        return f"The snapshot was restored. {len(self.reissued)} credentials in it are new: they are shown below, once."


def restore(account_id: str, file: IO[bytes]) -> Restored:
    """Put what a file says in the place of an account's sandbox. Raises SnapshotError; then nothing has changed."""
    opened = snapshot_file.read(file)
    with opened.archive:
        target = lifecycle.account_with_id(account_id).sandbox
        most = limits.quotas(target.visitor)
        image = _image_of(opened, most)
        _check_quotas(image, opened, most)
        staged: list[storage.Staged] = []
        whole = False
        try:
            for number in range(opened.objects):
                staged.append(_stage(opened, number))
            image.objects = [one.name for one in staged]
            _count_objects(image, staged)
            restored = _put(account_id, target, image)
            whole = True
        finally:
            if not whole:
                for one in staged:
                    storage.discard(one)
    return restored


def _image_of(opened: SnapshotFile, most: dict[str, int]) -> Image:
    plain = opened.image()
    if plain.get("objects") != opened.objects:
        raise SnapshotError("The file was altered: image.json tells of other objects than there are.")
    try:
        image = Image.from_plain(plain | {"objects": [str(number) for number in range(opened.objects)]})
        _check_amount_of_texts(image, most["things"])
        check(image)
    except ImageError as error:
        raise SnapshotError(f"The file is not taken: {error}") from error
    return image


def _check_amount_of_texts(image: Image, things: int) -> None:
    """Before they are read, which takes its time."""
    characters = sum(len(text) for text in image.texts if isinstance(text, str))
    for what, there, limit in (
        ("texts of policies", len(image.texts), things * TEXTS_OF_A_THING + MAX_EVENTS),
        ("characters in policies", characters, things * CHARACTERS_OF_A_THING),
    ):
        if there > limit:
            raise SnapshotError(
                f"The snapshot is too large for this sandbox: it has {there} {what}, and up to {limit} fit."
            )


def _check_quotas(image: Image, opened: SnapshotFile, most: dict[str, int]) -> None:
    def rows(model: Any) -> int:
        return len(image.tables.get(table_of(model).name) or ())

    things = sum(
        rows(table.model)
        for table in TABLES
        if table.model._meta.app_label == "iam"
        and any(one.name == "account" and one.many_to_one for one in table.fields)
    )
    sizes = image.column(table_of(StoredObject).name, "size") if rows(StoredObject) else []
    counted = (
        ("accounts", rows(Account), ACCOUNTS_PER_SANDBOX),
        ("things of IAM", things, most["things"]),
        ("buckets and objects", rows(Bucket) + rows(StoredObject) + rows(MultipartUpload), most["objects"]),
        ("bytes of objects", max(sum(sizes), opened.object_bytes), most["bytes"]),
        ("events", rows(Event), max(MAX_EVENTS, most["events"])),
    )
    for what, there, limit in counted:
        if there > limit:
            raise SnapshotError(
                f"The snapshot is too large for this sandbox: it has {there} {what}, and up to {limit} fit."
            )


def _stage(opened: SnapshotFile, number: int) -> storage.Staged:
    limit: int = settings.IAMCONSOLE_MAX_OBJECT_BYTES
    try:
        return storage.stage(opened.content(number, limit), limit)
    except AwsError as error:
        raise SnapshotError(f"objects/{number} is too large: up to {limit} bytes are taken.") from error


def _count_objects(image: Image, staged: list[storage.Staged]) -> None:
    """What a row says of its bytes must be so, and what a bucket says of its objects is counted, not believed."""
    counts: dict[int, list[int]] = {}
    used: set[int] = set()
    parts: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for number, part in enumerate(_rows(image, Part)):
        _check_bytes(part, staged, f"part {number}")
        used.add(part["stored_as"])
        of = "upload" if part["upload"] is not None else "object"
        parts.setdefault((of, part[of]), []).append(part)
    for number, stored in enumerate(_rows(image, StoredObject)):
        of_object = parts.get(("object", number), [])
        if stored["stored_as"] is not None:
            _check_bytes(stored, staged, f"object {number}")
            used.add(stored["stored_as"])
        told = stored["size"], stored["etag"]
        if stored["stored_as"] is None and told != (_of_parts(of_object) if of_object else (0, "")):
            raise SnapshotError(f"The file is not taken: object {number} has other bytes than its row tells.")
        if bool(stored.get("delete_marker")) is not (stored["stored_as"] is None and not of_object):
            raise SnapshotError(f"The file is not taken: object {number} is a delete marker, or it has bytes.")
        counted = counts.setdefault(stored["bucket"], [0, 0])
        counted[0] += 1
        counted[1] += stored["size"]
    for number, upload in enumerate(_rows(image, MultipartUpload)):
        counted = counts.setdefault(upload["bucket"], [0, 0])
        counted[0] += 1
        counted[1] += sum(part["size"] for part in parts.get(("upload", number), []))
    if unused := set(range(len(staged))) - used:
        raise SnapshotError(f"The file is not taken: objects/{min(unused)} belongs to no object.")
    buckets = table_of(Bucket).name
    columns = image.columns.setdefault(buckets, [])
    rows = image.tables.setdefault(buckets, [])
    for position, column in enumerate(("object_count", "byte_count")):
        if column not in columns:
            columns.append(column)
            for row in rows:
                row.append(0)
        for number, row in enumerate(rows):
            row[columns.index(column)] = counts.get(number, [0, 0])[position]


def _rows(image: Image, model: Any) -> list[dict[str, Any]]:
    """The rows of a table by the names of their columns; a file of an earlier version lacks some."""
    name = table_of(model).name
    return [dict(zip(image.columns[name], row, strict=True)) for row in image.tables.get(name) or ()]


def _check_bytes(row: dict[str, Any], staged: list[storage.Staged], what: str) -> None:
    content = staged[row["stored_as"]]
    if (row["size"], row["etag"]) != (content.size, content.etag):
        raise SnapshotError(f"The file is not taken: {what} has other bytes than its row tells.")


def _of_parts(parts: list[dict[str, Any]]) -> tuple[int, str]:
    """The size and the ETag of an object that came in parts."""
    in_order = sorted(parts, key=lambda part: part["number"])
    return sum(part["size"] for part in parts), multipart_etag([part["etag"] for part in in_order])


def _put(account_id: str, target: Sandbox, image: Image) -> Restored:
    ids = Ids()
    accounts = list(Account.objects.filter(sandbox=target.pk).order_by("pk"))
    there = [one.account_id for one in accounts]
    account_ids = _in_order(image, _account_ids(image.account_ids, there, ids), there)
    fill = _Fill(image, target, accounts, account_ids, ids)
    try:
        fill.run()
        program = Program(image)
        identity = Identity(account_ids, fill.start(), keys=fill.keys)
        account = lifecycle.replace(account_id, program, lambda *_: identity, ids=ids, staged=image.objects)
    except (ImageError, IntegrityError) as error:
        raise SnapshotError("The file is not taken: two rows in it claim the same, such as a name.") from error
    except DatabaseError as error:
        raise SnapshotError("The file is not taken: it holds a value that the database does not.") from error
    return Restored(account, fill.reissued)


def _account_ids(told: list[str], there: list[str], ids: Ids) -> list[str]:
    """The sandbox's own IDs: an account that it has keeps its ID, the others take those that are left, or new ones."""
    left = [one for one in there if one not in told]
    return [one if one in there else left.pop(0) if left else free_account_id(ids) for one in told]


def _in_order(image: Image, account_ids: list[str], there: list[str]) -> list[str]:
    """Bring the image's accounts into the order of the sandbox's, new ones last; the IDs that they take, in that order.

    The credentials of the start state belong to accounts by their order.
    """
    order = sorted(
        range(len(account_ids)),
        key=lambda number: there.index(account_ids[number]) if account_ids[number] in there else len(there),
    )
    if order != sorted(order):
        now_at = {old: new for new, old in enumerate(order)}
        name = table_of(Account).name
        image.tables[name] = [image.tables[name][old] for old in order]
        for table in TABLES:
            columns = image.columns.get(table.name, [])
            for reference in (one.name for one in table.fields if one.related_model is Account and one.name in columns):
                at = columns.index(reference)
                for row in image.tables[table.name]:
                    row[at] = None if row[at] is None else now_at[row[at]]
    return [account_ids[old] for old in order]


@dataclass(slots=True)
class _Fill:
    """Gives an image of a file what no file tells: what the sandbox has, else something new."""

    image: Image
    target: Sandbox
    accounts: list[Account]
    account_ids: list[str]
    ids: Ids
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    reissued: list[Reissued] = field(default_factory=list)

    def run(self) -> None:
        self._root_passwords()
        self._console_passwords()
        self._access_keys()
        self._mfa_devices()
        self._the_rest()

    def _rows(self, model: Any) -> Iterator[tuple[list[Any], dict[str, int]]]:
        name = table_of(model).name
        columns = self.image.columns.get(name, [])
        for table_column in table_of(model).columns:
            # Left out where no row needed it: the cells are filled here.
            if table_of(model).columns[table_column].kind in SECRETS and table_column not in columns:
                columns.append(table_column)
                for row in self.image.tables.get(name, []):
                    row.append(None)
        at = {column: number for number, column in enumerate(columns)}
        for row in self.image.tables.get(name, []):
            yield row, at

    def _present(self, number: int) -> Account | None:
        """The account that the image's one takes the ID of."""
        return next((one for one in self.accounts if one.account_id == self.account_ids[number]), None)

    def _user(self, number: int | None) -> tuple[int, str]:
        """The account and the name of a user of the image."""
        name = table_of(iam.User).name
        at, row = self.image.columns[name].index, self.image.tables[name][number or 0]
        return row[at("account")], row[at("name")]

    def _tell(self, account: int, user_name: str, what: str, value: str) -> None:
        self.reissued.append(Reissued(self.account_ids[account], user_name, what, value))

    def _root_passwords(self) -> None:
        for number, (row, at) in enumerate(self._rows(Account)):
            present = self._present(number)
            if present:
                row[at["root_password"]] = present.root_password
                if "signed_up" in at:
                    # Whether only its owner knows that password.
                    row[at["signed_up"]] = present.signed_up
            else:
                password = self.ids.password()
                row[at["root_password"]] = quick_hash(password)
                self._tell(number, "", "Password", password)

    def _console_passwords(self) -> None:
        for row, at in self._rows(iam.LoginProfile):
            account, name = self._user(row[at["user"]])
            found = iam.LoginProfile.objects.filter(
                user__account=self._present(account), user__name__iexact=name
            ).first()
            if found:
                row[at["password"]] = found.password
            else:
                password = self.ids.password()
                row[at["password"]] = quick_hash(password)
                self._tell(account, name, "Console password", password)

    def _access_keys(self) -> None:
        """A key that the sandbox has stays. Of the others those of its start state's people are given first."""
        there = {
            key.access_key_id: bytes(key.secret)
            for key in iam.AccessKey.objects.filter(account__in=[one.pk for one in self.accounts])
        }
        told = {row[at["access_key_id"]] for row, at in self._rows(iam.AccessKey)}
        spare = self._of_the_start(told)
        for row, at in self._rows(iam.AccessKey):
            old = row[at["access_key_id"]]
            user = row[at["user"]]
            account, name = self._user(user) if user is not None else (row[at["account"]], "")
            if old in there:
                self.keys[old] = (old, settings.IAMCONSOLE_FERNET.decrypt(there[old]).decode())
            elif spare.get((account, name)):
                self.keys[old] = spare.pop((account, name))
            else:
                self.keys[old] = self.ids.access_key_id(), self.ids.secret_access_key()
                self._tell(account, name, "Access key", f"{self.keys[old][0]} {self.keys[old][1]}")

    def _of_the_start(self, told: set[str]) -> dict[tuple[int, str], tuple[str, str]]:
        """By account and user, the keys of the sandbox's start state that the file does not have itself."""
        found = {}
        for present, known in zip(self.accounts, unseal(self.target.start), strict=False):
            if present.account_id in self.account_ids:
                number = self.account_ids.index(present.account_id)
                for name, key in (("", known.root_key), (ADMIN, known.admin_key)):
                    if key and key[0] not in told:
                        found[number, name] = key
        return found

    def start(self) -> dict[str, bytes]:
        """The sandbox's start credentials, without those of an account that the file does not have."""
        known = unseal(self.target.start)
        gone = {number for number, one in enumerate(self.accounts) if one.account_id not in self.account_ids}
        kept = [one for number, one in enumerate(known) if number not in gone]
        return {} if len(kept) == len(known) else {"start": seal(kept)}

    def _mfa_devices(self) -> None:
        for row, at in self._rows(iam.MfaDevice):
            account, name = row[at["account"]], row[at["name"]]
            present = iam.MfaDevice.objects.filter(
                account=self._present(account), name=name, path=row[at["path"]]
            ).first()
            if present:
                row[at["seed"]] = bytes(present.seed).decode("ascii")
            else:
                seed = self.ids.mfa_seed()
                row[at["seed"]] = settings.IAMCONSOLE_FERNET.encrypt(seed.encode()).decode("ascii")
                self._tell(account, name, "MFA device’s secret key", seed)

    def _the_rest(self) -> None:
        """What cannot be made anew: a password that nobody knows is reset in the console, a private key is gone."""
        for table in TABLES:
            for row, at in self._rows(table.model) if table.taken else ():
                for name, column in table.columns.items():
                    if name in at and row[at[name]] is None and column.kind in SECRETS:
                        if column.kind is Kind.HASH:
                            row[at[name]] = make_password(None)
                        elif column.kind is Kind.SEALED:
                            row[at[name]] = settings.IAMCONSOLE_FERNET.encrypt(b"").decode("ascii")
                        elif column.kind is Kind.SEALED_JSON:
                            row[at[name]] = []
