"""Sandboxes and AWS accounts: the tenants, and the policy texts that they share by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Lower

from iamconsole.core.ids import Ids


def new_public_name() -> str:
    return Ids().slug()


class Sandbox(models.Model):
    """One learner's private world: its accounts, their buckets and events. Nothing crosses out of it.

    A row is one generation of it. A reset makes the rows of the next generation and hands the names over; the
    former ones are then nameless, in the state RETIRED, and are purged in the background. Who looks a sandbox up
    by a name asks for LIVE ones: those of the pool are whole worlds too, and nobody's yet.

    `slug` is the secret of its own link, not guessable: a browser that holds it may read the sandbox's mails
    and reset it. `public_name` opens nothing: it stands in the addresses of objects, which anybody may be given.
    `start` holds, encrypted, the credentials of the start state, so that a reset can bring the same ones
    back; `fixture` is empty and `start` knows no password where somebody signed up.
    `visitor`: begun with "Try it", and deleted when nobody used it for a while. `used` is when somebody last
    did, to the hour: it is not written at every request. `since` is when it came into its state.
    """

    class State(models.TextChoices):
        LIVE = "live"
        READY = "ready"
        RETIRED = "retired"

    slug = models.CharField(max_length=32, unique=True)
    public_name = models.CharField(max_length=32, unique=True, default=new_public_name)
    fixture = models.CharField(max_length=32, blank=True)
    start = models.BinaryField()
    visitor = models.BooleanField(default=False)
    used = models.DateTimeField(null=True)
    created = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.LIVE)
    since = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index("used", condition=models.Q(visitor=True), name="visitors_by_use"),
            # Whole, though nearly all are LIVE: SQLite uses a partial index for no condition with a parameter.
            models.Index("state", "fixture", "since", name="sandbox_in_state"),
        ]

    def __str__(self) -> str:
        return self.public_name


class Visit(models.Model):
    """That a visitor began a sandbox: how many one address began lately is limited, also of those it deleted.

    `address` is a keyed hash. Rows are dropped after the hour that they count for.
    """

    address = models.CharField(max_length=64)
    time = models.DateTimeField()

    class Meta:
        indexes = [models.Index("address", "time", name="visits_by_address")]

    def __str__(self) -> str:
        return f"{self.address[:8]} at {self.time:%Y-%m-%d %H:%M}"


class Account(models.Model):
    """An AWS account.

    `revision` grows with every write that could change a decision; compiled policy sets are cached by
    it, which keeps the caches of several server processes right. An account of a retired generation has `x` and
    its key for an account ID, which no name of AWS's can be.
    """

    sandbox = models.ForeignKey(Sandbox, models.CASCADE, related_name="accounts")
    # A string, never a number: leading zeros count.
    account_id = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=50)
    root_email = models.EmailField(max_length=254)
    root_password = models.CharField(max_length=200)
    # Stands for the account ID in its sign-in URL; empty for none.
    alias = models.CharField(max_length=63, blank=True, default="")
    # Opened on the sign-up pages rather than by a start state: nobody but its owner knows the root password.
    signed_up = models.BooleanField(default=False)
    revision = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("sandbox", Lower("root_email"), name="root_email_unique_in_sandbox"),
            models.UniqueConstraint("sandbox", "alias", condition=~models.Q(alias=""), name="alias_unique_in_sandbox"),
            models.CheckConstraint(
                condition=models.Q(account_id__regex=r"^([0-9]{12}|x[0-9]{11})$"), name="account_id_12_digits"
            ),
        ]
        indexes = [
            # A sign-in names an address or an alias, and a sandbox only if the browser has its cookie.
            models.Index(Lower("root_email"), name="account_of_root_email"),
            models.Index("alias", name="account_with_alias"),
        ]

    def __str__(self) -> str:
        return self.account_id


class Mail(models.Model):
    """A mail or text message of the simulated inbox; nothing of it leaves the machine.

    It is read by browsers that hold the sandbox's slug, or, before there is a sandbox, by the one that
    began the sign-up: `inbox` is the hash of a token in that browser's session. `code` is what it asks to
    be entered, and it or the link in the mail works once, for a while, and after few wrong tries no more.
    """

    class Kind(models.TextChoices):
        EMAIL_CODE = "email"
        PHONE_CODE = "phone"
        RECOVERY = "recovery"
        NEWS = "news"

    kind = models.CharField(max_length=16, choices=Kind)
    sandbox = models.ForeignKey(Sandbox, models.CASCADE, null=True, related_name="mails")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="mails")
    inbox = models.CharField(max_length=64, blank=True, db_index=True)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=128)
    text = models.TextField()
    code = models.CharField(max_length=6, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used = models.BooleanField(default=False)
    sent = models.DateTimeField(db_index=True)
    read = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


class PolicyText(models.Model):
    """A policy document as it was saved, kept once by content and never changed.

    Policy versions, inline policies and bucket policies point here, and an event keeps the hashes of
    those it was decided with: the decision can be explained again after the policy is gone.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.sha256

    @classmethod
    def keep(cls, text: str) -> str:
        """Store `text` unless it is there already; returns its key."""
        return next(iter(cls.keep_all([text])))

    @classmethod
    def keep_all(cls, texts: Iterable[str]) -> list[str]:
        rows = [PolicyText(sha256=hashlib.sha256(text.encode()).hexdigest(), text=text) for text in texts]
        PolicyText.objects.bulk_create(rows, ignore_conflicts=True)
        return [row.sha256 for row in rows]
