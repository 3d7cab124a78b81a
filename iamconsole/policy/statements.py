"""Statements made ready to be asked, and the four questions: action, principal, resource, condition.

Each question is answered True, False or None; None means "cannot be decided" and fails closed later on. `decide` and
`explain` both ask these same functions, which is why they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .conditions import CompiledCondition, Context, single_value
from .match import ArnPattern, Glob, Matcher, Variable, is_readable, pieces_of
from .model import AttachedPolicy, DecidedBy, Policy, Principal, Request, Statement, StatementRef

# How a Principal element names the caller; the form decides which implicit denies still count (evaluate.py).
Form = Literal["direct", "role", "user", "account"]
Named = Mapping[tuple[str, str], Form]


class Asked:
    """A request, looked at once: lower-case action and keys, and every name its principal goes by."""

    __slots__ = ("_context", "_named", "action", "bounded", "request")

    def __init__(self, request: Request, *, bounded: bool) -> None:
        """`bounded`: the caller has a permissions boundary, which NotPrincipal needs to know."""
        self.request, self.bounded = request, bounded
        self.action = request.action.lower()
        # Most statements are ruled out by action and resource, so these two are made when somebody asks.
        self._context: Context | None = None
        self._named: Named | None = None

    @property
    def context(self) -> Context:
        if self._context is None:
            self._context = {
                key.lower(): value if isinstance(value, str) else tuple(value)
                for key, value in self.request.context.items()
            }
        return self._context

    def lookup(self, name: str) -> str | None:
        """The value that a policy variable stands for."""
        return single_value(self.context, name)

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
    elif principal.of_provider:
        # A SAML provider may be called "accounts.google.com": one that has an ARN is named by that alone.
        names["Federated", principal.arn or principal.name] = "direct"
    elif principal.kind == "federated":
        names["AWS", principal.arn] = "direct"
        for user in (principal.user_arn, principal.user_id):
            if user:
                names["AWS", user] = "user"
    elif principal.kind == "service":
        names["Service", principal.name] = "direct"
    if own and principal.kind in ("user", "role", "role_session"):
        names["AWS", own] = "direct" if principal.kind == "user" else "role"
    return names


class Compiled:
    """One statement made ready to be asked; what an element needs for that is made when it is first asked about."""

    __slots__ = (
        "_action",
        "_conditions",
        "_resources",
        "_variables",
        "conditional",
        "denies",
        "plain",
        "sound",
        "statement",
        "vendors",
    )

    def __init__(self, statement: Statement, policy: Policy) -> None:
        self.statement = statement
        # Met in a decision, a malformed document fails closed: it grants nothing.
        self.sound = not policy.problems
        # An effect that could not be read may have been meant as Deny.
        self.denies = statement.effect != "Allow"
        self.vendors = _vendors(statement)
        named = statement.principal is not None or statement.not_principal is not None
        self.plain = not (named or statement.conditions or statement.unread)
        self.conditional = bool(statement.conditions) or "Condition" in statement.unread
        # A version that is none leaves open whether `${…}` is a variable: then it is read as one that has no value.
        self._variables = policy.version != "2008-10-17"
        self._action: tuple[frozenset[str], tuple[Matcher, ...]] | None = None
        self._resources: tuple[ArnPattern | None, ...] | None = None
        self._conditions: tuple[CompiledCondition, ...] | None = None

    @property
    def actions(self) -> tuple[frozenset[str], tuple[Matcher, ...]]:
        """The actions of Action or NotAction: those written out, and the patterns."""
        if self._action is None:
            written = [action.lower() for action in self.statement.action or self.statement.not_action or ()]
            exact = frozenset(action for action in written if "*" not in action and "?" not in action)
            self._action = exact, tuple(_action_matcher(action) for action in written if action not in exact)
        return self._action

    @property
    def resources(self) -> tuple[ArnPattern | None, ...]:
        """The patterns of Resource or NotResource; None stands for one that cannot be read (see `is_readable`)."""
        if self._resources is None:
            written = self.statement.resource or self.statement.not_resource or ()
            cut = (pieces_of(text, variables=self._variables) for text in written)
            self._resources = tuple(
                ArnPattern(pieces) if pieces is not None and is_readable(pieces) else None for pieces in cut
            )
        return self._resources

    @property
    def conditions(self) -> tuple[CompiledCondition, ...]:
        if self._conditions is None:
            self._conditions = tuple(
                CompiledCondition(condition, variables=self._variables) for condition in self.statement.conditions
            )
        return self._conditions


def _vendors(statement: Statement) -> frozenset[str] | None:
    """The services that an Action element names; None if it may be any, also because it could not be read."""
    if statement.action is None or "Action" in statement.unread:
        return None
    vendors = frozenset(action.partition(":")[0].lower() for action in statement.action)
    return None if any("*" in vendor or "?" in vendor for vendor in vendors) else vendors


def _action_matcher(pattern: str) -> Matcher:
    pieces = pieces_of(pattern, variables=False) or ()
    return Glob(piece for piece in pieces if not isinstance(piece, Variable)).matcher()


def compile_policy(policy: Policy) -> tuple[Compiled, ...]:
    """The statements of a policy, compiled once and kept with it."""
    found: tuple[Compiled, ...] | None = policy.kept.get("compiled")
    if found is None:
        # A document without a readable statement might have said anything.
        statements = policy.statements or (
            Statement(0, unread=frozenset({"Statement", "Effect", "Action", "Resource"})),
        )
        found = policy.kept["compiled"] = tuple(Compiled(statement, policy) for statement in statements)
    return found


class Row:
    """A compiled statement in its place: the stage it counts in, the level of its SCP, the policy it came with."""

    __slots__ = ("attached", "compiled", "level", "number", "ref", "stage")

    def __init__(self, number: int, stage: DecidedBy, level: int, attached: AttachedPolicy, compiled: Compiled) -> None:
        self.number, self.stage, self.level = number, stage, level
        self.attached, self.compiled = attached, compiled
        statement = compiled.statement
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
    exact, patterns = compiled.actions
    hit = action in exact or any(matches(action) for matches in patterns)
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
        verdict = resource_pattern_matches(pattern, asked)
        if verdict:
            return not inverted
        # A pattern whose variable has no value matches nothing; what NotResource then excludes, AWS leaves open.
        unsure = unsure or (verdict is None and (pattern is None or inverted))
    return None if unsure else inverted


def resource_pattern_matches(pattern: ArnPattern | None, asked: Asked) -> bool | None:
    """One pattern of a Resource element; None if a variable in it is malformed or has no value."""
    return None if pattern is None else pattern.matches(asked.request.resource, asked.lookup)


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
        verdict = condition.holds(asked.context)
        if verdict is False:
            return False
        unsure = unsure or verdict is None
    return None if unsure else True


def covers(compiled: Compiled, asked: Asked) -> tuple[bool | None, Form]:
    """Whether a statement whose action and resource match covers the request, and how it names the caller."""
    verdict, form = principal_matches(compiled, asked)
    if verdict is False:
        return False, form
    holds = conditions_hold(compiled, asked) if compiled.conditional else True
    return (holds if verdict or holds is False else None), form


def verdict_of(compiled: Compiled, asked: Asked) -> tuple[bool | None, Form]:
    """Whether a statement covers the request whose action is known to match, or may match."""
    resource = resource_matches(compiled, asked)
    if resource is False:
        return False, "direct"
    verdict, form = covers(compiled, asked)
    if verdict is False:
        return False, form
    unsure = resource is None or not compiled.statement.unread.isdisjoint(_WHOLE)
    return (None if unsure else verdict), form


# What leaves open, when it could not be read, whether a statement says anything about the request.
_WHOLE = frozenset({"Statement", "Effect", "Action"})
