"""Statements made ready to be asked, and the four questions: action, principal, resource, condition.

Each question is answered True, False or None; None means "cannot be decided" and fails closed later on. `decide` and
`explain` both ask these same functions, which is why they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .conditions import CompiledCondition, compile_condition, holds, lookup_in
from .match import ArnGlob, Glob, Pieces, Variable, fill, pieces_of
from .model import AttachedPolicy, Policy, Principal, Request, Statement, StatementRef

# How a Principal element names the caller; the form decides which implicit denies still count (evaluate.py).
Form = Literal["direct", "role", "user", "account"]
Named = Mapping[tuple[str, str], Form]


class Asked:
    """A request, looked at once: lower-case action and keys, and every name its principal goes by."""

    __slots__ = ("_named", "action", "bounded", "context", "lookup", "request")

    def __init__(self, request: Request, *, bounded: bool) -> None:
        """`bounded`: the caller has a permissions boundary, which NotPrincipal needs to know."""
        self.request, self.bounded = request, bounded
        self.action = request.action.lower()
        self.context = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in request.context.items()
        }
        self.lookup = lookup_in(self.context)
        self._named: Named | None = None

    @property
    def named(self) -> Named:
        if self._named is None:
            self._named = names_of(self.request.principal)
        return self._named


def names_of(principal: Principal) -> Named:
    """Every way to name this principal, and what kind of grant it is.

    IAM User Guide, "AWS JSON policy elements: Principal" (reference_policies_elements_principal.html). `*` and
    {"AWS": "*"} are equivalent there and include anonymous callers.
    """
    names: dict[tuple[str, str], Form] = {("AWS", "*"): "direct"}
    if principal.account:
        partition = principal.arn.split(":", 2)[1] if principal.arn.startswith("arn:") else "aws"
        names["AWS", principal.account] = "account"
        names["AWS", f"arn:{partition}:iam::{principal.account}:root"] = "account"
    own = principal.unique_id.partition(":")[0]
    if principal.kind == "user":
        names["AWS", principal.arn] = "direct"
    elif principal.kind in ("role", "role_session"):
        if principal.kind == "role_session":
            names["AWS", principal.arn] = "direct"
        names["AWS", principal.role_arn or principal.arn] = "role"
    elif principal.kind == "federated":
        names["AWS", principal.arn] = "direct"
        names["Federated", principal.arn] = "direct"
        names["Federated", principal.name] = "direct"
        if principal.user_arn:
            names["AWS", principal.user_arn] = "user"
    elif principal.kind == "service":
        names["Service", principal.name] = "direct"
    if own and principal.kind in ("user", "role", "role_session"):
        names["AWS", own] = "direct" if principal.kind == "user" else "role"
    return names


@dataclass(slots=True)
class Compiled:
    """One statement with its patterns cut up. Patterns of None hold a variable that is malformed."""

    statement: Statement
    version: str
    sound: bool
    actions: tuple[Glob, ...]
    exact_actions: frozenset[str]
    vendors: frozenset[str] | None
    resources: tuple[ArnGlob | Pieces | None, ...]
    conditions: tuple[CompiledCondition, ...]

    @property
    def denies(self) -> bool:
        # An effect that could not be read may have been meant as Deny.
        return self.statement.effect != "Allow"


def compile_policy(policy: Policy) -> tuple[Compiled, ...]:
    """The statements of a policy, compiled once and kept with it."""
    found: tuple[Compiled, ...] | None = policy.kept.get("compiled")
    if found is None:
        statements = policy.statements
        if not statements:
            # A document without a readable statement might have said anything.
            statements = (Statement(0, unread=frozenset({"Statement", "Effect", "Action", "Resource"})),)
        found = tuple(_compile(statement, policy) for statement in statements)
        policy.kept["compiled"] = found
    return found


def _compile(statement: Statement, policy: Policy) -> Compiled:
    # A version that is none leaves open whether `${…}` is a variable: then it is read as one that has no value.
    variables = policy.version != "2008-10-17"
    written = statement.action or statement.not_action or ()
    patterns: list[Glob] = []
    exact: set[str] = set()
    vendors: set[str] | None = None if statement.action is None else set()
    for action in written:
        lower = action.lower()
        vendor = lower.partition(":")[0]
        if vendors is not None:
            if "*" in vendor or "?" in vendor:
                vendors = None
            else:
                vendors.add(vendor)
        if "*" in lower or "?" in lower:
            pieces = pieces_of(lower, variables=False) or ()
            patterns.append(Glob(piece for piece in pieces if not isinstance(piece, Variable)))
        else:
            exact.add(lower)
    return Compiled(
        statement,
        policy.version,
        not policy.problems,
        tuple(patterns),
        frozenset(exact),
        frozenset(vendors) if vendors is not None else None,
        tuple(_compile_resource(text, variables) for text in statement.resource or statement.not_resource or ()),
        tuple(compile_condition(condition, variables=variables) for condition in statement.conditions),
    )


def _compile_resource(text: str, variables: bool) -> ArnGlob | Pieces | None:
    pieces = pieces_of(text, variables=variables)
    if pieces is None:
        return None
    fixed = fill(pieces, lambda name: None) if not any(isinstance(piece, Variable) for piece in pieces) else None
    return ArnGlob(fixed) if fixed is not None else pieces


@dataclass(slots=True)
class Row:
    """A compiled statement in its place: the stage it counts in, the level of its SCP, the policy it came with."""

    number: int
    stage: str
    level: int
    attached: AttachedPolicy
    compiled: Compiled
    ref: StatementRef = field(init=False)

    def __post_init__(self) -> None:
        attached, statement = self.attached, self.compiled.statement
        self.ref = StatementRef(
            attached.name,
            attached.arn,
            attached.source,
            attached.via,
            attached.policy.sha256,
            statement.index,
            statement.sid,
            statement.effect,
        )


def action_matches(compiled: Compiled, action: str) -> bool | None:
    """Whether Action or NotAction covers the action (both ignore case: reference_policies_elements_action.html)."""
    statement = compiled.statement
    if "Action" in statement.unread:
        return None
    hit = action in compiled.exact_actions or any(pattern.match(action) for pattern in compiled.actions)
    return hit if statement.action is not None else not hit


def resource_matches(compiled: Compiled, asked: Asked) -> bool | None:
    """Whether Resource or NotResource covers the request's resource; trust policies have neither and cover all."""
    statement = compiled.statement
    if "Resource" in statement.unread:
        return None
    if statement.resource is None and statement.not_resource is None:
        return True
    inverted = statement.resource is None
    unsure = False
    for pattern in compiled.resources:
        # Most patterns fail in their first letters, before their variables need values.
        if isinstance(pattern, tuple) and not inverted and not _begins(pattern, asked.request.resource):
            continue
        verdict = resource_pattern_matches(pattern, asked)
        if verdict:
            return not inverted
        # A pattern whose variable has no value matches nothing; what NotResource then excludes, AWS leaves open.
        unsure = unsure or (verdict is None and (pattern is None or inverted))
    return None if unsure else inverted


def _begins(pieces: Pieces, resource: str) -> bool:
    first = pieces[0]
    return not isinstance(first, str) or resource.startswith(first)


def resource_pattern_matches(pattern: ArnGlob | Pieces | None, asked: Asked) -> bool | None:
    """One pattern of a Resource element; None if a variable in it is malformed or has no value."""
    if pattern is None:
        return None
    if not isinstance(pattern, ArnGlob):
        filled = fill(pattern, asked.lookup)
        if filled is None:
            return None
        pattern = ArnGlob(filled)
    return pattern.match(asked.request.resource)


def principal_matches(compiled: Compiled, asked: Asked) -> tuple[bool | None, Form]:
    """Whether Principal or NotPrincipal covers the caller, and how it is named."""
    statement = compiled.statement
    if "Principal" in statement.unread:
        return None, "direct"
    if statement.not_principal is not None:
        return _not_principal(compiled, statement.not_principal, asked), "direct"
    if statement.principal is None:
        return True, "direct"  # identity-based: the principal is whom the policy is attached to
    forms = {asked.named[entry] for entry in statement.principal if entry in asked.named}
    for form in _STRONGEST:
        if form in forms:
            return True, form
    # An S3 canonical user ID names an account that a request does not tell.
    unknown = any(kind == "CanonicalUser" for kind, _ in statement.principal)
    return (None if unknown else False), "direct"


_STRONGEST: tuple[Form, ...] = ("direct", "role", "user", "account")


def _not_principal(compiled: Compiled, excepted: tuple[tuple[str, str], ...], asked: Asked) -> bool | None:
    """NotPrincipal (reference_policies_elements_notprincipal.html).

    With Deny, "you must also specify the account ARN of the not-denied principal", and for a role session the role's
    as well: "otherwise, the policy might deny access". So only a caller all of whose names are excepted surely
    escapes. A caller with a permissions boundary never does ("will always deny any IAM principal that has a
    permissions boundary policy attached, regardless of the values specified").
    """
    listed = {asked.named[entry] for entry in excepted if entry in asked.named}
    if not compiled.denies:
        return not listed
    principal = asked.request.principal
    if asked.bounded and principal.account:
        return True
    needed: set[Form] = {"account"} if principal.account else set()
    if principal.kind != "root":
        needed.add("role" if principal.kind == "role" else "direct")
    if principal.kind == "role_session":
        needed.add("role")
    if needed <= listed:
        return False
    own = listed - {"account"}
    return None if own else True


def conditions_hold(compiled: Compiled, asked: Asked) -> bool | None:
    """Whether every condition holds: conditions are joined by AND (reference_policies_elements_condition.html)."""
    unsure = "Condition" in compiled.statement.unread
    for condition in compiled.conditions:
        verdict = holds(condition, asked.context)
        if verdict is False:
            return False
        unsure = unsure or verdict is None
    return None if unsure else True


def verdict_of(compiled: Compiled, asked: Asked) -> tuple[bool | None, Form]:
    """Whether a statement whose action is known to match (or may match) covers the request."""
    unread = compiled.statement.unread
    unsure = bool(unread) and not unread.isdisjoint({"Statement", "Effect", "Action"})
    verdict, form = principal_matches(compiled, asked)
    if verdict is False:
        return False, form
    unsure = unsure or verdict is None
    for question in (resource_matches, conditions_hold):
        verdict = question(compiled, asked)
        if verdict is False:
            return False, form
        unsure = unsure or verdict is None
    return (None if unsure else True), form
