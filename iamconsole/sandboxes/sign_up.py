"""Opening an account on the sign-up pages, and the simulated inbox of a browser.

Nothing exists before the last button but mails with codes. The account joins the sandbox of the browser's
cookie, or begins a sandbox of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from iamconsole.accounts import inbox
from iamconsole.accounts import queries as accounts
from iamconsole.accounts.models import Account, Mail, Sandbox
from iamconsole.core.caller import wall_clock
from iamconsole.core.ids import Ids
from iamconsole.gateway import door
from iamconsole.sandboxes import templates
from iamconsole.sandboxes.credentials import Credentials
from iamconsole.sandboxes.lifecycle import SandboxError

# The default quota of accounts in an organization (AWS Organizations User Guide, "Quotas"): a sandbox is no more.
ACCOUNTS_PER_SANDBOX = 10
EMAIL_TAKEN = (
    "That email address is already associated with an AWS account. Sign in or use another email."  # console.md §2.1
)
FULL_SANDBOX = f"A sandbox holds up to {ACCOUNTS_PER_SANDBOX} accounts, and this one is full. Sign in to one of them."

EMAIL_TEXT = """Verify your email address

Thank you for starting to create an AWS account. To make sure that it is you, enter this verification code
when prompted:

{code}

The code works for 10 minutes. If you did not ask for it, there is nothing to do."""
PHONE_TEXT = "Your Amazon Web Services verification code is: {code}"
WELCOME_TEXT = """Welcome to Amazon Web Services

Your account is ready.

Account name: {name}
Account ID: {account_id}

Sign in as the root user with this address, and secure the root user with MFA. For everyday work make an
administrator of your own."""

MESSAGES = {
    Mail.Kind.EMAIL_CODE: ("Verify your identity", EMAIL_TEXT),
    Mail.Kind.PHONE_CODE: ("Text message", PHONE_TEXT),
}


class EmailTaken(SandboxError):
    """Another account of the sandbox has this root e-mail address."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What an account is opened with; `password_hash` because the password itself is kept nowhere."""

    email: str
    name: str
    password_hash: str
    phone: str = ""


def check_email(email: str, slug: str) -> None:
    """Raise EmailTaken when the sandbox of the cookie knows the address."""
    if slug and Account.objects.filter(sandbox__slug=slug, root_email__iexact=email).exists():
        raise EmailTaken(EMAIL_TAKEN)


def check_room(slug: str) -> None:
    """Raise SandboxError when no further account fits: into the sandbox of the cookie, or onto the site."""
    sandbox = accounts.sandbox_with_slug(slug) if slug else None
    if sandbox:
        if sandbox.accounts.count() >= ACCOUNTS_PER_SANDBOX:
            raise SandboxError(FULL_SANDBOX)
        return
    most = settings.IAMCONSOLE_MAX_SANDBOXES
    if Sandbox.objects.filter(state=Sandbox.State.LIVE).count() >= most:
        raise SandboxError(
            f"This site holds up to {most} sandboxes, and there is no room for another. "
            "Open the link of your own sandbox first, or ask whoever runs this site to make room."
        )


def send_code(kind: str, to: str, token: str) -> None:
    """Send a code to the inbox of the browser that holds `token`, unless one was sent within the last minute."""
    now, code = wall_clock(), Ids().code()
    with door.write_transaction():
        if not inbox.is_too_soon(_codes(kind, to, token), now):
            subject, text = MESSAGES[Mail.Kind(kind)]
            inbox.send(kind, to, subject, text.format(code=code), now, inbox=inbox.address(token), code=code)


def accept_code(kind: str, to: str, token: str, code: str) -> bool:
    with door.write_transaction():
        return inbox.accept_code(_codes(kind, to, token), code, wall_clock())


def seconds_to_wait(kind: str, to: str, token: str) -> int:
    """How long `Resend code` still waits."""
    newest = _codes(kind, to, token).order_by("-sent").first()
    if newest is None:
        return 0
    return max(0, round((newest.sent + inbox.RESEND_AFTER - wall_clock()).total_seconds()))


def _codes(kind: str, to: str, token: str) -> QuerySet[Mail]:
    return inbox.readable("", token).filter(kind=kind, to=to)


def open_account(newcomer: Newcomer, slug: str, token: str, ids: Ids | None = None) -> Account:
    """Open an account; raises SandboxError, and then nothing has been made."""
    ids, now = ids or Ids(), wall_clock()
    with door.write_transaction():
        # Held, so that two sign-ups of one sandbox cannot take the same address or the last place.
        live = Sandbox.objects.select_for_update().filter(state=Sandbox.State.LIVE)
        sandbox = live.filter(slug=slug).first() if slug else None
        check_room(sandbox.slug if sandbox else "")
        if sandbox is None:
            known = Credentials(newcomer.email, None, None, None, None)
            sandbox = Sandbox.objects.create(slug=ids.slug(), fixture="", start=known.seal(), created=now)
        check_email(newcomer.email, sandbox.slug)
        account = Account.objects.create(
            sandbox=sandbox,
            account_id=templates.free_account_id(ids),
            name=newcomer.name,
            root_email=newcomer.email,
            root_password=newcomer.password_hash,
            signed_up=True,
            created=now,
        )
        templates.furnish(account)
        inbox.readable("", token).filter(to__in=(newcomer.email, newcomer.phone)).update(sandbox=sandbox)
        welcome = WELCOME_TEXT.format(name=account.name, account_id=account.account_id)
        inbox.send(Mail.Kind.NEWS, account.root_email, "Welcome to Amazon Web Services", welcome, now, sandbox=sandbox)
    return account


# -- the inbox ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as its page shows it; `link` is the token of a link that still works."""

    key: int
    kind: str
    to: str
    subject: str
    text: str
    code: str
    sent: dt.datetime
    is_new: bool
    link: str = ""


def _message(mail: Mail, link: str = "") -> Message:
    return Message(mail.pk, mail.kind, mail.to, mail.subject, mail.text, mail.code, mail.sent, mail.read is None, link)


def messages(slug: str, token: str, most: int = 50) -> list[Message]:
    return [_message(mail) for mail in inbox.readable(slug, token)[:most]]


def read_message(key: int, slug: str, token: str) -> Message | None:
    """One mail, which is then no longer new; None for those of others, as for those that are not there."""
    mail = inbox.readable(slug, token).filter(pk=key).first()
    if mail is None:
        return None
    now = wall_clock()
    link = inbox.link_token(mail) if mail.kind == Mail.Kind.RECOVERY else ""
    message = _message(mail, link if inbox.behind_link(link, now) else "")
    if mail.read is None:
        mail.read = now
        mail.save(update_fields=["read"])
    return message
