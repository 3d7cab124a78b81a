"""The simulated inbox: mails and text messages that never leave the machine, and the codes in them.

Who may read a mail is decided here and nowhere else: a browser that holds the sandbox's unguessable slug,
or, while a sign-up has no sandbox yet, the browser that began it. Knowing an address opens nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.utils.crypto import constant_time_compare

from iamconsole.accounts.models import Mail, Sandbox

# AWS names none of these (limits.md §4); they are ours.
CODE_LIFE = dt.timedelta(minutes=10)
RESEND_AFTER = dt.timedelta(seconds=60)
TRIES = 5
# A sign-up that was never finished belongs to no sandbox, and so nobody deletes its mails.
UNOWNED_LIFE = dt.timedelta(days=1)

_LINK = "iamconsole.accounts.inbox"


def address(token: str) -> str:
    """How mails find the browser that holds `token` in its session; the token itself is stored nowhere else."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


def readable(slug: str, token: str) -> QuerySet[Mail]:
    """The mails that a browser may read, newest first."""
    mine = Q(pk__in=())
    if slug:
        mine |= Q(sandbox__slug=slug, sandbox__state=Sandbox.State.LIVE)
    if token:
        mine |= Q(sandbox=None, inbox=address(token))
    return Mail.objects.filter(mine).order_by("-sent", "-pk")


def send(kind: str, to: str, subject: str, text: str, now: dt.datetime, **more: Any) -> Mail:
    purge(now)
    return Mail.objects.create(kind=kind, to=to, subject=subject, text=text, sent=now, **more)


def purge(now: dt.datetime) -> None:
    """Drop the mails of sign-ups that were never finished."""
    Mail.objects.filter(sandbox=None, sent__lt=now - UNOWNED_LIFE).delete()


def is_too_soon(mails: QuerySet[Mail], now: dt.datetime) -> bool:
    return mails.filter(sent__gt=now - RESEND_AFTER).exists()


def accept_code(mails: QuerySet[Mail], code: str, now: dt.datetime) -> bool:
    """Whether `code` is the one of the newest of `mails`; it works once, for ten minutes and five tries.

    The try is counted before the code is looked at, so that guesses sent at the same time count too.
    """
    newest = mails.order_by("-sent", "-pk").first()
    if newest is None or not _count_try(newest, now):
        return False
    if not constant_time_compare(newest.code, code):
        return False
    return use(newest)


def _count_try(mail: Mail, now: dt.datetime) -> bool:
    alive = Mail.objects.filter(pk=mail.pk, used=False, tries__lt=TRIES, sent__gt=now - CODE_LIFE)
    return alive.update(tries=F("tries") + 1) == 1


def use(mail: Mail) -> bool:
    """Use up the mail's code or link; whether this is the first use."""
    return Mail.objects.filter(pk=mail.pk, used=False).update(used=True) == 1


# -- the link of a password recovery: made when its mail is read, stored nowhere, works once ----------


def link_token(mail: Mail) -> str:
    return signing.dumps([mail.pk, mail.sent.isoformat()], salt=_LINK)


def behind_link(token: str, now: dt.datetime) -> Mail | None:
    """The recovery mail whose link this is, while it works."""
    try:
        key, sent = signing.loads(token, salt=_LINK)
    except signing.BadSignature:
        return None
    mail = Mail.objects.select_related("account").filter(pk=key, kind=Mail.Kind.RECOVERY, used=False).first()
    if mail is None or mail.sent.isoformat() != sent or mail.sent <= now - CODE_LIFE:
        return None
    return mail
