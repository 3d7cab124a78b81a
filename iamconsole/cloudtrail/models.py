"""Events: what was called, by whom, and what was decided. They are added, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from django.db import models


class DecisionBasis(models.Model):
    """The set of policies that a caller was judged by, kept once by content.

    `attachments` lists, for each policy, its type, name, ARN, where it was attached and the hash of
    its text. A user's calls between two policy changes all share one row.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    attachments = models.JSONField()

    def __str__(self) -> str:
        return self.sha256

    @staticmethod
    def key_of(attachments: Sequence[Mapping[str, str]]) -> str:
        return hashlib.sha256(json.dumps(list(attachments), sort_keys=True).encode()).hexdigest()


class Event(models.Model):
    """One call through the gateway, allowed or refused.

    A compact row: the full CloudTrail record is rendered from it when somebody looks (records.py).
    """

    event_id = models.UUIDField(unique=True)
    request_id = models.UUIDField()
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="events")
    time = models.DateTimeField()
    region = models.CharField(max_length=32)
    service = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    event_type = models.CharField(max_length=32, default="AwsApiCall")
    read_only = models.BooleanField()
    management = models.BooleanField()

    face = models.CharField(max_length=16)
    source_ip = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=512)

    principal_type = models.CharField(max_length=32)
    principal_id = models.CharField(max_length=128)
    principal_arn = models.CharField(max_length=2048)
    user_name = models.CharField(max_length=128)
    access_key_id = models.CharField(max_length=32)
    session = models.JSONField(null=True)
    # The unique ID of the role whose session called: when was it last used? Null, so that the index holds no others.
    issuer_id = models.CharField(max_length=21, null=True)  # noqa: DJ001
    # The same call seen from another account has an event there too.
    shared_event_id = models.UUIDField(null=True)

    request = models.JSONField(null=True)
    response = models.JSONField(null=True)
    additional = models.JSONField(null=True)
    resources = models.JSONField(default=list)
    error_code = models.CharField(max_length=128, blank=True)
    error_message = models.TextField(blank=True)

    # The decision: enough to explain it exactly, later. Empty outcome: no policy was asked.
    outcome = models.CharField(max_length=16, blank=True)
    decided_by = models.CharField(max_length=16, blank=True)
    action = models.CharField(max_length=160, blank=True)
    resource = models.CharField(max_length=2048, blank=True)
    resource_policy = models.JSONField(null=True)
    context = models.JSONField(null=True)
    basis = models.ForeignKey(DecisionBasis, models.PROTECT, null=True, db_constraint=False)
    engine = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [
            models.Index("account", models.F("id").desc(), name="event_of_account"),
            # The sign-in throttle and the history's search by event name.
            models.Index("account", "name", models.F("time").desc(), name="event_of_name"),
            models.Index("access_key_id", models.F("id").desc(), name="event_of_access_key"),
            # When a role was last used.
            models.Index(
                "issuer_id",
                models.F("id").desc(),
                condition=models.Q(issuer_id__isnull=False),
                name="event_of_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"
