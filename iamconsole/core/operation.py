"""Operations: what AWS calls an API action, described once and run only by the gateway.

An operation is an ordinary function in `<service>/operations.py`. The decorator only describes it,
it does not wrap it. Adding one is writing one function.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from iamconsole.core.caller import Caller, Context
from iamconsole.core.errors import AwsError
from iamconsole.core.ids import Ids
from iamconsole.core.listing import Listing
from iamconsole.policy import AttachedPolicy, BlockPublicAccess, Decision, Request
from iamconsole.wire import service_by_prefix

Params = Mapping[str, Any]


class Body(Protocol):
    """A stream of bytes that can be read once: an upload on its way to the storage."""

    def read(self, size: int = -1, /) -> bytes: ...


Response = dict[str, Any]
KeyValue = str | Sequence[str]
ContextKeys = Mapping[str, KeyValue]
NOTHING_BLOCKED = BlockPublicAccess()


@dataclass(frozen=True, slots=True)
class Resource:
    """What an operation acts on, with everything that the decision about it needs.

    `arn` is the real ARN with its path, or the one that the request names when the thing is not
    there: AWS decides first and says NoSuchEntity second, so that a stranger learns nothing.
    `context` holds the condition keys that come from the resource (`aws:ResourceTag/…`).
    `account` is the owner; empty means the caller's own account. `policy` is its resource-based policy,
    `block_public_access` what S3 blocks of it.
    `row` is what was found, for the work that follows.
    """

    arn: str
    context: ContextKeys = field(default_factory=dict)
    account: str = ""
    policy: AttachedPolicy | None = None
    row: Any = None
    missing: AwsError | None = None
    # How a refusal names it where not by its ARN: IAM says `policy <ARN>`, and nothing at all is said of
    # s3:ListAllMyBuckets (console.md §1.9).
    shown: str | None = None
    # S3 says NoSuchBucket to everybody, before any policy is asked: there is no owner to ask.
    missing_first: bool = False
    block_public_access: BlockPublicAccess = NOTHING_BLOCKED

    def require(self) -> Any:
        """The row, or AWS's error for a thing that is not there."""
        if self.row is None:
            raise self.missing or LookupError(f"{self.arn} was resolved without a row or an error")
        return self.row


ANY = Resource("*")

Found = TypeVar("Found", bound=Resource | Sequence[Resource], covariant=True)
Find = Callable[[Caller, Sequence[Params]], Sequence[Found]]


@dataclass(frozen=True, slots=True, eq=False)
class Resolver(Generic[Found]):
    """From the parameters of requests to their resources.

    It sees many requests at once, so that a page with a call per row stays within its query budget, and
    answers each with a resource or with several; with none where the request does not need the permission.
    `kinds` are the reference's types of the resources, `keys` the condition keys that they may bring along.
    """

    find: Find[Found]
    kinds: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __call__(self, caller: Caller, asked: Sequence[Params]) -> Sequence[Found]:
        return self.find(caller, asked)


def resolves(*kinds: str, keys: tuple[str, ...] = ()) -> Callable[[Find[Found]], Resolver[Found]]:
    """Make a function the resolver of resources of these types; of none for `*`."""

    def describe(find: Find[Found]) -> Resolver[Found]:
        return Resolver(find, kinds, keys)

    return describe


def when(given: str | Callable[[Params], Any], of: Resolver[Any]) -> Resolver[Any]:
    """The same resources, but only for the requests that need the permission: those with a certain parameter."""

    def needed(params: Params) -> bool:
        return bool(params.get(given) if isinstance(given, str) else given(params))

    def find(caller: Caller, asked: Sequence[Params]) -> Sequence[Any]:
        wanted = [params for params in asked if needed(params)]
        found = iter(of(caller, wanted) if wanted else ())
        return [next(found) if needed(params) else () for params in asked]

    return Resolver(find, of.kinds, of.keys)


@resolves()
def no_resource(caller: Caller, asked: Sequence[Params]) -> Sequence[Resource]:
    """For actions that the service authorization reference lists without a resource type."""
    return [ANY] * len(asked)


def _not_yet(action: str, resource: Resource) -> Decision:
    raise RuntimeError("A call may ask the engine only once the gateway has taken it in.")


@dataclass(slots=True)
class Call:
    """One operation on its way through the gateway."""

    operation: Operation
    caller: Caller
    context: Context
    params: Params
    now: dt.datetime
    request_id: str
    event_id: str
    # The condition keys that all its questions have in common; the gateway makes them once for a batch.
    common: ContextKeys = field(default_factory=dict)
    # What each of the operation's checks is about, in their order.
    by_check: list[tuple[Resource, ...]] = field(default_factory=list)
    # The refusal, or else the first of the decisions, with the question that was asked.
    decision: Decision | None = None
    decided: tuple[Request, Resource] | None = None
    # Asks the engine about a further action in the middle of the work: DeleteObjects decides per key.
    may: Callable[[str, Resource], Decision] = field(default=_not_yet)
    # The same for what the work cannot do without: raises AccessDenied, which is then the call's decision.
    require: Callable[[str, Resource], Decision] = field(default=_not_yet)
    # One screenful, asked for by a console page; never set by a request from the wire.
    listing: Listing | None = None
    body: Body | None = None
    # Another account that the call was about, and whose history has it too.
    shared_with: int | None = None
    # What `Operation.load` read and what `Operation.prepare` made.
    loaded: Any = None
    prepared: Any = None
    # What the work adds to its own event, for the few whose record is unlike the others' (a sign-in).
    event: dict[str, Any] = field(default_factory=dict)
    # How it ended and how long it took, for the page that tells of it; the calls of a batch share its time.
    error: AwsError | None = None
    seconds: float = 0.0

    @property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(resource for per_check in self.by_check for resource in per_check)

    @property
    def resource(self) -> Resource:
        """What the first permission that the call needs is about."""
        return self.resources[0]

    @property
    def ids(self) -> Ids:
        return self.context.ids


# Where the value of a condition key comes from: a parameter by its name, or a function of the call that
# answers None where the request does not have the key.
KeySource = str | Callable[[Call], KeyValue | Mapping[str, str] | None]
# By the key's name, in the spelling of the service authorization reference. One that ends in a placeholder
# (`aws:RequestTag/${TagKey}`) takes a mapping and is one key for each of its entries.
Keys = dict[str, KeySource]


@dataclass(frozen=True, slots=True)
class Check:
    """One permission an operation needs: an action, what it is asked for, the condition keys of the request."""

    action: str
    resource: Resolver[Any]
    keys: Keys = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """The description of one operation.

    `checks`: the permissions, all of which must be allowed; the first is the operation's own.
    `work`: `(call, **params) -> Response`.
    `load`: `(calls) -> Any`, reads in bulk what the work of many calls needs, so that a page with a call
    per row stays within its query budget; each finds it as `call.loaded`. A single call is a batch of one.
    `prepare`: slow work that must not hold the write lock (a streamed body, a password hash). It runs
    once the call is allowed; then the lock is taken and everything is resolved and decided anew, since
    a policy may have changed meanwhile. What it returns is `call.prepared`.
    `discard`: undoes `prepare` when the call fails after it.
    `verify`: of a write, what must be known of the caller before any policy is asked: whether the MFA code that the
    request brings is right, what an identity provider's token says. It returns condition keys for the request, may
    set `call.caller`, and runs where a refusal undoes what it wrote. Not together with `prepare`.
    `recorded`: False for the few that AWS's event history does not have (signing out).
    `public`: offered on the wire; sign-in is not. `management`: a management event, as opposed to a
    data event (S3's object calls). `authorized`: False where no policy is asked (a sign-in),
    or where the work asks by itself for each thing (DeleteObjects).
    `recorded_as_read`: AWS's record says `readOnly` of it although it makes something (AssumeRole).
    """

    name: str
    work: Callable[..., Any]
    checks: tuple[Check, ...]
    read_only: bool = False
    public: bool = True
    recorded: bool = True
    management: bool = True
    authorized: bool = True
    recorded_as_read: bool = False
    verify: Callable[[Call], ContextKeys] | None = None
    load: Callable[[Sequence[Call]], Any] | None = None
    prepare: Callable[[Call], Any] | None = None
    discard: Callable[[Any], None] | None = None

    @property
    def service(self) -> str:
        return self.name.partition(":")[0]

    @property
    def model(self) -> str:
        """botocore's name of the service."""
        return service_by_prefix(self.service)

    @property
    def short_name(self) -> str:
        return self.name.partition(":")[2]


def operation(
    name: str,
    *,
    resource: Resolver[Any] = no_resource,
    action: str | None = None,
    keys: Keys | None = None,
    also: Sequence[Check] = (),
    **description: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Describe a function as the AWS operation `name`, e.g. `iam:CreateUser`.

    `action` is the action that policies name where it differs from the operation (s3:ListObjectsV2
    is decided as s3:ListBucket); `keys` the condition keys that the request carries besides the global ones
    and those of the resource; `also` lists further permissions, such as iam:PassRole.
    """

    def describe(function: Callable[..., Any]) -> Callable[..., Any]:
        checks = (Check(action or name, resource, keys or {}), *also)
        function.operation = Operation(name, function, checks, **description)  # type: ignore[attr-defined]  # a mark on the function, read by operations_in
        return function

    return describe


def operations_in(module: ModuleType) -> dict[str, Operation]:
    """The operations that a service room defines, by name."""
    found = (getattr(value, "operation", None) for value in vars(module).values())
    return {op.name: op for op in found if isinstance(op, Operation)}
