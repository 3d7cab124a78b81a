"""From a call to its event. What CloudTrail never writes down is dropped here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from iamconsole import wire
from iamconsole.accounts import prepared
from iamconsole.cloudtrail.models import DecisionBasis, Event
from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError
from iamconsole.core.operation import Call, Response
from iamconsole.policy import ENGINE_VERSION

if TYPE_CHECKING:
    from iamconsole.gateway.standing import Standing

PRINCIPAL_TYPES = {"root": "Root", "user": "IAMUser", "anonymous": "AWSAccount"}


# Bases that are surely in the database, so that a call need not write its own again; they are never changed.
_written: OrderedDict[str, None] = OrderedDict()
_WRITTEN_KEPT = 4096


def _remember(keys: Iterable[str]) -> None:
    for key in keys:
        _written[key] = None
    while len(_written) > _WRITTEN_KEPT:
        _written.popitem(last=False)


def forget() -> None:
    """For a process whose database was exchanged under it."""
    _written.clear()


@dataclass(frozen=True, slots=True)
class Record:
    """An event that is not written yet, and what it was decided on."""

    event: Event
    basis: list[dict[str, str]] | None
    basis_key: str


def insert(records: Sequence[Record]) -> None:
    """Write events, with what they were decided on kept once by content."""
    bases = {r.basis_key: DecisionBasis(sha256=r.basis_key, attachments=r.basis) for r in records if r.basis}
    new = [basis for key, basis in bases.items() if key not in _written]
    if new:
        DecisionBasis.objects.bulk_create(new, ignore_conflicts=True)
        transaction.on_commit(lambda: _remember(bases))
    prepared.insert([r.event for r in records])


def record_of(made: Call, standing: Standing, answer: Response | AwsError) -> Record:
    caller, operation = made.caller, made.operation
    error = answer if isinstance(answer, AwsError) else None
    row = Event(
        event_id=made.event_id,
        request_id=made.request_id,
        account_id=caller.account_key,
        time=made.now,
        region=made.context.region[:32],
        service=operation.service,
        name=operation.short_name,
        read_only=operation.read_only,
        management=operation.management,
        face=made.context.face,
        source_ip=made.context.source_ip[:64],
        user_agent=made.context.user_agent[:512],
        principal_type=PRINCIPAL_TYPES.get(caller.kind, caller.kind),
        principal_id=caller.principal.unique_id,
        principal_arn=caller.arn,
        user_name=caller.user_name,
        access_key_id=caller.access_key_id,
        session=_session(caller),
        request=_request(made, error),
        # As in CloudTrail: the answers of reads are not written down.
        response=None if error or operation.read_only or not operation.public else _response(made, answer),
        resources=[resource.arn for resource in made.resources if "*" not in resource.arn],
        error_code=error.code if error else "",
        error_message=error.message if error else "",
    )
    basis = _add_decision(row, made, standing)
    for name, value in made.event.items():
        setattr(row, name, value)
    return Record(row, basis, standing.basis_key)


def _session(caller: Caller) -> dict[str, Any] | None:
    session = caller.session
    if session is None:
        return None
    return {"issued_at": session.issued_at.isoformat(), "mfa": session.mfa, "console": session.from_console}


def _request(made: Call, error: AwsError | None) -> dict[str, Any] | None:
    """The parameters without secrets; none for a sign-in, and none where their shape was refused."""
    if not made.operation.public or (error is not None and not made.resources):
        return None
    operation = made.operation
    members = wire.members(operation.service, operation.short_name, dict(made.params))
    return wire.record_of(operation.service, operation.short_name, members, "in") or None


def _response(made: Call, answer: Response | AwsError) -> dict[str, Any] | None:
    if isinstance(answer, AwsError):
        return None
    return wire.record_of(made.operation.service, made.operation.short_name, answer, "out") or None


def _add_decision(row: Event, made: Call, standing: Standing) -> list[dict[str, str]] | None:
    """Enough to explain the decision again, exactly, when the policies have long changed."""
    decision, decided = made.decision, made.decided
    if decision is None or decided is None:
        return None
    request, resource = decided
    row.outcome, row.decided_by, row.engine = decision.outcome, decision.decided_by, ENGINE_VERSION
    row.action, row.resource = request.action[:160], request.resource[:2048]
    row.context = {name: value if isinstance(value, str) else list(value) for name, value in request.context.items()}
    if resource.policy is not None:
        row.resource_policy = {"name": resource.policy.name, "sha256": resource.policy.policy.sha256}
    if not standing.basis:
        return None
    row.basis_id = standing.basis_key
    return list(standing.basis)
