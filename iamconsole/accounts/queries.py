"""Finding accounts and sandboxes."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Lower

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.accounts.prepared import Prepared

# Accounts that somebody can name: those of the pool and of former generations are nobody's.
_LIVE = Account.objects.filter(sandbox__state=Sandbox.State.LIVE)


def account_named(text: str, sandbox_slug: str = "") -> Account | None:
    """The account of an ID, of an alias, or of a root user's e-mail address.

    Account IDs are unique over the site. An alias or an address is unique only in its sandbox: it is looked
    up in the sandbox of the browser's cookie, else it must fit one account alone.
    """
    text = text.strip()
    if is_account_id(text):
        return account_with_id(text)
    found = _accounts_called(text)
    here = found.filter(sandbox__slug=sandbox_slug).first() if sandbox_slug else None
    if here:
        return here
    first_two = list(found[:2])
    return first_two[0] if len(first_two) == 1 else None


def is_account_id(text: str) -> bool:
    """Twelve digits: an alias may have fewer or more."""
    return len(text) == 12 and text.isascii() and text.isdecimal()


def is_ambiguous(text: str) -> bool:
    """Whether several sandboxes have an account of this alias or root e-mail address."""
    return not is_account_id(text) and len(_accounts_called(text)[:2]) > 1


def _accounts_called(text: str) -> QuerySet[Account]:
    if "@" in text:
        return _LIVE.alias(address=Lower("root_email")).filter(address=text.lower())
    return _LIVE.filter(alias=text) if text else Account.objects.none()


def sandbox_with_slug(slug: str) -> Sandbox | None:
    return _with_slug.first(slug)


def account_with_id(account_id: str) -> Account | None:
    """A live account, with its sandbox."""
    return _with_id.first(account_id)


def account_with_key(key: int) -> Account:
    """The account of a caller. Raises Account.DoesNotExist when it was purged meanwhile."""
    if found := _with_key.first(key):
        return found
    raise Account.DoesNotExist


def is_taken(account_id: str) -> bool:
    """Whether any account has this ID, also one that nobody can name yet."""
    return bool(_taken(account_id))


def members(sandbox_key: int) -> list[Account]:
    """The accounts of a sandbox in the order in which they were opened, with their sandbox; the first is the one that
    a learner begins in."""
    return _members(sandbox_key)


def account_ids_of(slug: str) -> list[str]:
    """The account IDs of the sandbox that a slug opens, in the order of its accounts; none where it opens none."""
    return [account_id for (account_id,) in _account_ids(slug)]


_account_ids = Prepared[tuple[str]](
    lambda slug: _LIVE.filter(sandbox__slug=slug).order_by("pk").values_list("account_id"), str
)
_with_id = Prepared[Account](lambda text: _LIVE.select_related("sandbox").filter(account_id=text), str)
_with_key = Prepared[Account](lambda key: Account.objects.filter(pk=key), int)
_with_slug = Prepared[Sandbox](lambda slug: Sandbox.objects.filter(slug=slug, state=Sandbox.State.LIVE), str)
_taken = Prepared[tuple[int]](lambda text: Account.objects.filter(account_id=text).values_list("pk"), str)
_members = Prepared[Account](
    lambda key: Account.objects.select_related("sandbox").filter(sandbox=key).order_by("pk"), int
)


def id_of_alias(sandbox_key: int, alias: str) -> str:
    """The ID of the sandbox's account that has this alias; empty if none has."""
    found = Account.objects.filter(sandbox=sandbox_key, alias=alias) if alias else Account.objects.none()
    return found.values_list("account_id", flat=True).first() or ""


def account_keys(sandbox_key: int) -> dict[str, int]:
    """The accounts of a sandbox: account ID and database key."""
    return dict(Account.objects.filter(sandbox=sandbox_key).values_list("account_id", "pk"))


def public_name(sandbox_key: int) -> str:
    return Sandbox.objects.values_list("public_name", flat=True).get(pk=sandbox_key)
