"""Finding accounts and sandboxes."""

from __future__ import annotations

from iamconsole.accounts.models import Account, Sandbox


def account_named(text: str, sandbox_slug: str = "") -> Account | None:
    """The account of an ID, or of a root user's e-mail address.

    Account IDs are unique over the site. An e-mail address is unique only in its sandbox: it is looked
    up in the sandbox of the browser's cookie, else it must fit one account alone.
    """
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return Account.objects.filter(account_id=text).first()
    if "@" not in text:
        return None
    rows = Account.objects.filter(root_email__iexact=text)
    if sandbox_slug:
        found = rows.filter(sandbox__slug=sandbox_slug).first()
        if found:
            return found
    first_two = list(rows[:2])
    return first_two[0] if len(first_two) == 1 else None


def accounts_with_root_email(email: str) -> list[Account]:
    """At most two: whether it is none, one or several is what a sign-in page asks."""
    return list(Account.objects.filter(root_email__iexact=email.strip())[:2])


def sandbox_with_slug(slug: str) -> Sandbox | None:
    return Sandbox.objects.filter(slug=slug).first()


def account_keys(sandbox_key: int) -> dict[str, int]:
    """The accounts of a sandbox: account ID and database key."""
    return dict(Account.objects.filter(sandbox=sandbox_key).values_list("account_id", "pk"))
