"""What the people of a start state sign in with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from django.conf import settings
from django.contrib.auth.hashers import make_password

from iamconsole.core.ids import Ids
from iamconsole.sandboxes.fixtures import FixtureAccount


@dataclass(frozen=True, slots=True)
class Credentials:
    """The sign-ins and access keys of one account of a sandbox; kept encrypted, for reset and for the start screen.

    Where somebody signed up, only that person knows the root password: None here.
    """

    root_email: str
    root_password: str | None
    root_key: tuple[str, str] | None
    admin_password: str | None
    admin_key: tuple[str, str] | None

    @classmethod
    def new(cls, account: FixtureAccount, ids: Ids) -> Credentials:
        return cls(
            root_email=account.root_email,
            root_password=ids.password(),
            root_key=_new_key(ids) if account.root_key else None,
            admin_password=ids.password() if account.admin else None,
            admin_key=_new_key(ids) if account.admin else None,
        )

    def with_new_keys(self, ids: Ids) -> Credentials:
        return replace(
            self,
            root_key=_new_key(ids) if self.root_key else None,
            admin_key=_new_key(ids) if self.admin_key else None,
        )

    def keys(self) -> tuple[tuple[str, str] | None, ...]:
        return self.root_key, self.admin_key

    def seal(self) -> bytes:
        return seal([self])

    @classmethod
    def unseal(cls, sealed: bytes | memoryview[int]) -> Credentials:
        """Those of a sandbox's first account."""
        return unseal(sealed)[0]


def _new_key(ids: Ids) -> tuple[str, str]:
    return ids.access_key_id(), ids.secret_access_key()


def seal(start: Sequence[Credentials]) -> bytes:
    """The credentials of a sandbox's accounts, in order, as its row keeps them."""
    sealed: bytes = settings.IAMCONSOLE_FERNET.encrypt(json.dumps([asdict(one) for one in start]).encode())
    return sealed


def unseal(sealed: bytes | memoryview[int]) -> list[Credentials]:
    kept = json.loads(settings.IAMCONSOLE_FERNET.decrypt(bytes(sealed)))
    # Sandboxes of the first version had one account and kept no list.
    return [_read(one) for one in (kept if isinstance(kept, list) else [kept])]


def _read(kept: dict[str, object]) -> Credentials:
    for name in ("root_key", "admin_key"):
        key = kept[name]
        kept[name] = tuple(key) if isinstance(key, list) else None
    return Credentials(**kept)  # type: ignore[arg-type]  # as `seal` wrote them


def quick_hash(password: str) -> str:
    """The hash of a password that we have generated; see `GeneratedPasswordHasher`."""
    return make_password(password, hasher="generated")
