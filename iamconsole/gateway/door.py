"""The one door: authorise a call, do it, record it.

In this order: shape of the parameters → resolve → permission → work → event. A write does all but the
shape inside one transaction that holds its account's lock; the work runs in a savepoint of it, so a
call that fails leaves no change and still leaves its event. A read takes no lock but its event's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction

from iamconsole.accounts.models import Account
from iamconsole.accounts.prepared import Prepared
from iamconsole.core.caller import Caller, Context
from iamconsole.core.errors import AwsError, CallerGone, InvalidAction
from iamconsole.core.listing import Listing
from iamconsole.core.operation import Body, Call, ContextKeys, Operation, Resolver, Resource, Response
from iamconsole.core.regions import DEFAULT, GLOBAL_SERVICES
from iamconsole.gateway import keys, record
from iamconsole.gateway.refusals import refusal
from iamconsole.gateway.restrictions import refuse_session
from iamconsole.gateway.shape import check_shape
from iamconsole.gateway.standing import Standing, standing_of
from iamconsole.gateway.table import OPERATIONS
from iamconsole.gateway.writing import together, write_transaction
from iamconsole.iam import things
from iamconsole.policy import Decision, Request, decide

__all__ = [
    "OFFERED",
    "Answer",
    "Recorder",
    "call",
    "call_as_one",
    "call_many",
    "lock_account",
    "offered",
    "operation_named",
    "write_transaction",
]

Answer = Response | AwsError
# The operations of IAM after which there may be more of what a sandbox's quota counts (`iam.things`).
MAKES_THINGS = ("Create", "Upload")


def lock_account(caller: Caller) -> int:
    """Hold the caller's account against other writers until the transaction ends; returns its policy revision.

    Uniqueness and quotas are then exact without a retry. Events of reads, which refer to the account, do
    not wait for it. SQLite's IMMEDIATE transaction does the same for the whole database. Whose sandbox was reset or
    deleted since it was authenticated has no credentials any more: its account is gone, or has lost its ID.
    """
    revision, account_id = _locked_account.first(caller.account_key) or (0, "")
    if account_id != caller.account_id:
        raise CallerGone
    return revision


_NEW_REVISION = f"UPDATE {Account._meta.db_table} SET revision = %s WHERE id = %s"
_locked_account = Prepared[tuple[int, str]](
    lambda key: Account.objects.select_for_update(no_key=True).filter(pk=key).values_list("revision", "account_id"), int
)


@contextmanager
def _of_somebody(caller: Caller) -> Iterator[None]:
    """What a read does not find because its caller's world was replaced in mid-request is no fault of ours."""
    try:
        yield
    except ObjectDoesNotExist:
        if Account.objects.filter(pk=caller.account_key, account_id=caller.account_id).exists():
            raise
        raise CallerGone from None


# What is offered to the CLI and the SDKs, by botocore's names; and the services of which something is.
_ON_THE_WIRE = {(one.model, one.short_name): one for one in OPERATIONS.values() if one.public}
OFFERED = frozenset(model for model, _ in _ON_THE_WIRE)


def operation_named(name: str) -> Operation:
    found = OPERATIONS.get(name)
    if found is None:
        service, _, short_name = name.partition(":")
        raise InvalidAction(f"The operation {short_name} of {service} is not simulated here.")
    return found


def offered(service: str, short_name: str) -> Operation | None:
    """An operation that may be called from the wire; None also for one that only our own pages call."""
    return _ON_THE_WIRE.get((service, short_name))


@dataclass(slots=True)
class Recorder:
    """Collects the events of reads, so that a page writes them in one insert before it answers."""

    pending: list[record.Record] = field(default_factory=list)
    # The account's revision after the last write through here: later reads decide on nothing older.
    revision: int = 0
    # Every call made through here, in order, for who tells of them afterwards; None where nobody does.
    made: list[Call] | None = None

    def flush(self) -> None:
        if self.pending:
            rows, self.pending = self.pending, []
            together.write(rows)

    def take_note(self, calls: Iterable[Call]) -> None:
        if self.made is not None:
            self.made.extend(calls)


def call(
    caller: Caller,
    context: Context,
    action: str,
    *,
    listing: Listing | None = None,
    body: Body | None = None,
    recorder: Recorder | None = None,
    **params: Any,
) -> Response:
    """Run one operation as `caller`: authorise it, do it, record it.

    This is the only way in. A console click and a signed API request both end here, so neither can do
    what the other could not, and both leave the same event behind. Raises an AwsError for everything
    that AWS would refuse.
    """
    operation = operation_named(action)
    made = _new_call(caller, _at(operation, context), context.clock(), operation, params)
    made.listing, made.body = listing, body
    own_recorder = recorder or Recorder()
    own_recorder.take_note([made])
    with _of_somebody(caller):
        answer = _read([made], own_recorder)[0] if made.operation.read_only else _write(made, own_recorder)
    if recorder is None:
        own_recorder.flush()
    if isinstance(answer, AwsError):
        raise answer
    return answer


def call_many(
    caller: Caller, context: Context, asked: Sequence[tuple[str, Mapping[str, Any]]], recorder: Recorder | None = None
) -> list[Answer]:
    """The batch form, for reads: each call is decided and recorded on its own, data is read in bulk.

    Answers come in the order asked; a refused call's answer is its error.
    """
    calls = []
    now, contexts = context.clock(), {False: context, True: context.at_region(DEFAULT)}
    for action, params in asked:
        operation = operation_named(action)
        if not operation.read_only:
            raise ValueError(f"{action} writes; the batch form is for reads")
        values = dict(params)
        listing = values.pop("listing", None)
        made = _new_call(caller, contexts[operation.service in GLOBAL_SERVICES], now, operation, values)
        made.listing = listing
        calls.append(made)
    own_recorder = recorder or Recorder()
    own_recorder.take_note(calls)
    with _of_somebody(caller):
        answers = _read(calls, own_recorder)
    if recorder is None:
        own_recorder.flush()
    return answers


def call_as_one(
    caller: Caller, context: Context, asked: Sequence[tuple[str, Mapping[str, Any]]], recorder: Recorder
) -> AwsError | None:
    """Writes that are one act of the console, each decided and recorded on its own, in order, until one is refused.

    All are decided by what the caller may at the beginning: who deletes itself takes its own rights away on
    the way. The account is held meanwhile, so no change but the caller's own is overlooked. On AWS the later
    calls of such an act are allowed because a change is not at once visible everywhere (IAM User Guide,
    "Troubleshoot IAM: Changes that I make are not always immediately visible").
    """
    calls = []
    for action, params in asked:
        operation = operation_named(action)
        if operation.read_only or operation.prepare:
            raise ValueError(f"{action} reads or prepares; this form is for plain writes")
        made = _new_call(caller, _at(operation, context), context.clock(), operation, params)
        _check(made)
        calls.append(made)
    before = recorder.pending, recorder.revision
    try:
        with write_transaction():
            revision = lock_account(caller)
            standing = standing_of(caller, revision, keep=revision == caller.revision)
            for made in calls:
                recorder.take_note([made])
                answer = _locked(made, recorder, standing)
                if isinstance(answer, AwsError):
                    return answer
    except BaseException:
        # Nothing was committed: neither the events of the reads before it nor a new revision.
        recorder.pending, recorder.revision = before
        raise
    return None


def _at(operation: Operation, context: Context) -> Context:
    return context.at_region(DEFAULT) if operation.service in GLOBAL_SERVICES else context


def _new_call(caller: Caller, context: Context, now: datetime, operation: Operation, params: Mapping[str, Any]) -> Call:
    return Call(
        operation=operation,
        caller=caller,
        context=context,
        params=params,
        now=now,
        request_id=context.ids.uuid(),
        event_id=context.ids.uuid(),
    )


def _read(calls: Sequence[Call], recorder: Recorder) -> list[Answer]:
    answers: dict[int, Answer] = {}
    sound = []
    for index, made in enumerate(calls):
        try:
            _check(made)
            sound.append(index)
        except AwsError as error:
            answers[index] = error
    allowed = []
    standing = None
    common: dict[int, ContextKeys] = {}
    _resolve([calls[i] for i in sound])
    for index in sound:
        made = calls[index]
        standing = standing or _standing(made, recorder)
        if id(made.context) not in common:
            common[id(made.context)] = _common(made, standing)
        try:
            _admit(made, standing, common[id(made.context)])
            _authorise(made, standing)
            allowed.append(index)
        except AwsError as error:
            answers[index] = error
    _load([calls[i] for i in allowed])
    for index in allowed:
        try:
            answers[index] = _work(calls[index])
        except AwsError as error:
            answers[index] = error
    for index, made in enumerate(calls):
        recorder.pending += _record(made, standing or Standing(), answers[index])
    return [answers[index] for index in range(len(calls))]


def _check(made: Call) -> None:
    """The first step: may these credentials ask for it at all, and do the parameters have their shape?"""
    refuse_session(made.caller, made.operation)
    check_shape(made.operation, made.params)


def _write(made: Call, recorder: Recorder) -> Answer:
    operation = made.operation
    try:
        _check(made)
        if operation.prepare:
            # Decided once without the lock, so that nobody makes us hash or store what may not be.
            standing = _standing(made, recorder)
            _admit(made, standing, _common(made, standing))
            _resolve([made])
            _authorise(made, standing)
            made.prepared = operation.prepare(made)
    except AwsError as error:
        recorder.pending += _record(made, _standing(made, recorder), error)
        recorder.flush()
        return error
    try:
        answer = _locked(made, recorder)
    except CallerGone:
        # Nothing was begun: the account is looked at first.
        if operation.discard and made.prepared is not None:
            operation.discard(made.prepared)
        raise
    # After any other failure the transaction may or may not be committed: what was prepared may be in use.
    if operation.discard and made.prepared is not None and isinstance(answer, AwsError):
        operation.discard(made.prepared)
    return answer


def _locked(made: Call, recorder: Recorder, standing: Standing | None = None) -> Answer:
    answer: Answer
    with write_transaction():
        revision = lock_account(made.caller)
        # Any other revision may be one that a transaction around us has made and may yet roll back.
        standing = standing or standing_of(made.caller, revision, keep=revision == made.caller.revision)
        _admit(made, standing, _common(made, standing))
        try:
            with transaction.atomic():
                standing = _verified(made, standing, revision)
                _resolve([made])
                _authorise(made, standing)
                _load([made])
                answer = _work(made)
                if made.operation.service == "iam" and made.operation.short_name.startswith(MAKES_THINGS):
                    things.check(made.caller.sandbox_key)
        except AwsError as error:
            answer = error
        else:
            # What AWS calls a read although it makes something changes nobody's permissions.
            if made.operation.service == "iam" and not made.operation.recorded_as_read:
                revision += 1
                with connection.cursor() as cursor:
                    cursor.execute(_NEW_REVISION, [revision, made.caller.account_key])
        record.insert([*recorder.pending, *_record(made, standing, answer)])
    # Only now: had the transaction failed, the reads would still have to be written, and this call not.
    recorder.pending, recorder.revision = [], revision
    return answer


def _verified(made: Call, standing: Standing, revision: int) -> Standing:
    """The caller's standing once it is known who that is (`Operation.verify`)."""
    if made.operation.verify is None:
        return standing
    before = made.caller
    found = made.operation.verify(made)
    if made.caller is not before:
        standing = standing_of(made.caller, revision, keep=False)
    _admit(made, standing, {**_common(made, standing), **found})
    return standing


def _standing(made: Call, recorder: Recorder) -> Standing:
    return standing_of(made.caller, max(made.caller.revision, recorder.revision))


def _resolve(calls: Sequence[Call]) -> None:
    """Find the resources of each call's checks; calls that share a resolver are resolved together."""
    found: dict[int, list[tuple[Resource, ...]]] = {id(made): [] for made in calls}
    groups: dict[tuple[int, Resolver[Any]], list[Call]] = {}
    depth = max((len(made.operation.checks) for made in calls), default=0)
    for position in range(depth):
        groups.clear()
        for made in calls:
            if position < len(made.operation.checks):
                groups.setdefault((position, made.operation.checks[position].resource), []).append(made)
        for (_, resolver), members in groups.items():
            answers = resolver(members[0].caller, [made.params for made in members])
            for made, answer in zip(members, answers, strict=True):
                found[id(made)].append((answer,) if isinstance(answer, Resource) else tuple(answer))
    for made in calls:
        made.by_check = found[id(made)]


def _authorise(made: Call, standing: Standing) -> None:
    """Ask the engine about every check on every resource; the first refusal ends the call."""
    if not made.operation.authorized:
        return
    made.decision = None
    for check, resources in zip(made.operation.checks, made.by_check, strict=True):
        carried = keys.declared(made, check.keys) if resources else {}
        for resource in resources:
            if resource.missing_first:
                resource.require()
            _require(made, standing, check.action, resource, carried)


def _require(made: Call, standing: Standing, action: str, resource: Resource, carried: ContextKeys) -> Decision:
    request = _question(made, action, resource, carried)
    decision = _decide(request, standing, resource)
    if made.decision is None or not decision.allowed:
        made.decision, made.decided = decision, (request, resource)
    if not decision.allowed:
        raise refusal(made, standing, resource, request, decision)
    return decision


def _question(made: Call, action: str, resource: Resource, carried: ContextKeys) -> Request:
    owner = resource.account or made.caller.account_id
    context = {**made.common, **carried, "aws:ResourceAccount": owner, **resource.context}
    return Request(made.caller.principal, action, resource.arn, owner, context)


def _decide(request: Request, standing: Standing, resource: Resource) -> Decision:
    policies = standing.policies
    if resource.policy is not None:
        policies = policies.for_resource(resource.policy, resource.block_public_access)
    return decide(request, policies)


def _common(made: Call, standing: Standing) -> ContextKeys:
    return keys.common(made.caller, made.context, made.now, standing.tags)


def _admit(made: Call, standing: Standing, common: ContextKeys) -> None:
    """From here on the engine may be asked about the call, by its work too: with the operation's own keys."""
    made.common = common

    def may(action: str, resource: Resource) -> Decision:
        return _decide(_question(made, action, resource, _own(made)), standing, resource)

    def require(action: str, resource: Resource) -> Decision:
        return _require(made, standing, action, resource, _own(made))

    made.may, made.require = may, require


def _own(made: Call) -> ContextKeys:
    return keys.declared(made, made.operation.checks[0].keys)


def _load(calls: Sequence[Call]) -> None:
    """Read in bulk what the work needs; operations that share a loader are read for together."""
    groups: dict[Callable[[Sequence[Call]], Any], list[Call]] = {}
    for made in calls:
        if made.operation.load:
            groups.setdefault(made.operation.load, []).append(made)
    for load, members in groups.items():
        loaded = load(members)
        for made in members:
            made.loaded = loaded


def _work(made: Call) -> Response:
    answer: Response = made.operation.work(made, **made.params)
    return answer


def _record(made: Call, standing: Standing, answer: Answer) -> list[record.Record]:
    """The call's event, not yet written; none for the few that AWS does not record."""
    if isinstance(answer, AwsError):
        made.error = answer
    if not made.operation.recorded:
        return []
    if isinstance(answer, AwsError):
        answer.event_id = made.event_id
    own = record.record_of(made, standing, answer)
    if made.shared_with is None:
        return [own]
    return [own, record.seen_from(made.shared_with, own, made)]
