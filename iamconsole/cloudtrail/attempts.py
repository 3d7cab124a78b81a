"""What users and roles have tried or done, for last accessed reports and generated policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, Q
from django.db.models.functions import Substr

from iamconsole.cloudtrail.models import Event


@dataclass(frozen=True, slots=True)
class EntityUse:
    """The newest attempt of a user or role (by unique ID) at an action of a service."""

    unique_id: str
    time: dt.datetime
    region: str
    service: str
    action: str
    management: bool


def latest_by_entity(
    account_key: int, users: Sequence[str], roles: Sequence[str], since: dt.datetime
) -> list[EntityUse]:
    """The newest call of each operation by each user and by the sessions of each role, by their unique IDs."""
    calls = Event.objects.filter(account=account_key, event_type="AwsApiCall", time__gte=since)
    calls = calls.annotate(entity=Substr("principal_id", 1, 21))
    theirs = Q(principal_type="IAMUser", entity__in=users) | Q(principal_type="AssumedRole", entity__in=roles)
    newest = calls.filter(theirs).values("entity", "service", "name", "action").annotate(n=Max("id")).values("n")
    found = calls.filter(id__in=newest).only("time", "region", "service", "name", "action", "management")
    return [
        EntityUse(
            row.entity,
            row.time,
            row.region,
            row.service,
            _decided_as(row.service, row.name, row.action),
            row.management,
        )
        for row in found.order_by("time", "id")
    ]


def done_by(account_key: int, unique_id: str, since: dt.datetime, until: dt.datetime) -> set[tuple[str, str]]:
    """The management actions, by service and name, that a user or the sessions of a role carried out.

    What was refused is none: it used no permission.
    """
    calls = Event.objects.filter(
        account=account_key, event_type="AwsApiCall", management=True, time__gte=since, time__lte=until
    )
    theirs = calls.filter(Q(principal_id=unique_id) | Q(principal_id__startswith=f"{unique_id}:"))
    allowed = theirs.exclude(outcome__in=("explicit_deny", "implicit_deny"))
    rows = allowed.values_list("service", "name", "action").distinct()
    return {(service, _decided_as(service, name, action)) for service, name, action in rows}


def _decided_as(of: str, name: str, decided: str) -> str:
    """The action that policies name, where it was one of the operation's own service; else the operation."""
    service, _, action = decided.partition(":")
    return action if action and service == of else name
