"""The plain values that go into the engine and come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from .reader import end_of, read

Kind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint"]
Outcome = Literal["allowed", "explicit_deny", "implicit_deny"]
DecidedBy = Literal["identity", "resource", "boundary", "session", "scp", "rcp", "endpoint", "trust", "root", "none"]
PrincipalKind = Literal["root", "user", "role", "role_session", "federated", "service", "anonymous"]
ContextValue = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a document breaks the policy grammar.

    `message` and `error_code` are what the API answers, `value` the text at fault (or the type that was expected),
    `offset` its index in the text.
    """

    code: str
    message: str
    path: str = ""
    line: int = 1
    column: int = 1
    error_code: str = "MalformedPolicyDocument"
    value: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition element: an operator, a key and the values that it is compared with."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it is written. An element that is absent is None; one that could not be read is `unread`."""

    index: int
    sid: str = ""
    effect: str = ""
    principal: tuple[tuple[str, str], ...] | None = None
    not_principal: tuple[tuple[str, str], ...] | None = None
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] | None = None
    not_resource: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed document. With `problems` it may not be saved, and met in a decision it fails closed."""

    kind: Kind
    text: str
    sha256: str
    version: str
    id: str
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def places(self) -> Mapping[str, int]:
        """Where in the text every element began, by its path (`Statement[0].Action`); found when first asked."""
        found: Mapping[str, int] | None = self.kept.get("places")
        if found is None:
            # The text of a document that is no JSON was looked at when it was parsed.
            found = self.kept["places"] = read(self.text).places
        return found

    def __hash__(self) -> int:
        return hash((self.kind, self.sha256))

    def extent(self, path: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """Line and column, from 1, of the first and of the last character of the element at `path`."""
        start, end = self.span(path)
        return self._point(start), self._point(max(start, end - 1))

    def read_extent(self, path: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """Line and column, from 1, where a reader stands before and after the element at `path`, as AWS tells them.

        Before it: behind the bracket or comma of a list, or behind the brace of what stands alone. Source: AWS CLI
        Command Reference, the examples of `simulate-custom-policy` (a lone statement that is column 37 to 166 of its
        line is told as 38 to 167) and of `simulate-principal-policy` (line 3, column 19, to line 9, column 10).
        """
        start, end = self.span(path)
        before = self.text[:start].rstrip()
        return self._point(len(before) if before.endswith(("[", ",")) else start + 1), self._point(end)

    def span(self, path: str) -> tuple[int, int]:
        """Where in the text the element at `path` begins and ends.

        One value may stand alone, without a list around it: `Statement[0]` is then `Statement`.
        """
        lone = path.replace("Statement[0]", "Statement", 1)
        spellings = (path, path.removesuffix("[0]"), lone, lone.removesuffix("[0]"))
        start = next((self.places[one] for one in spellings if one in self.places), 0)
        return start, end_of(self.text, start)

    def _point(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def place(self, path: str) -> tuple[int, int]:
        """Line and column, from 1, of the element at `path` or of the nearest one around it."""
        while path and path not in self.places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._point(self.places.get(path, 0))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. The constructors below fill in what follows from the rest."""

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    unique_id: str = ""
    name: str = ""
    role_arn: str = ""
    user_arn: str = ""
    user_id: str = ""

    @classmethod
    def root(cls, account: str, *, partition: str = "aws") -> Principal:
        return cls("root", f"arn:{partition}:iam::{account}:root", account, account, "root")

    @classmethod
    def user(cls, arn: str, *, unique_id: str = "") -> Principal:
        return cls("user", arn, _account(arn), unique_id, arn.rpartition("/")[2])

    @classmethod
    def role(cls, arn: str, *, unique_id: str = "") -> Principal:
        return cls("role", arn, _account(arn), unique_id, arn.rpartition("/")[2], arn)

    @classmethod
    def role_session(cls, arn: str, role_arn: str, *, unique_id: str = "") -> Principal:
        """`arn` is the session's (`…:assumed-role/R/S`), `role_arn` the role's with its path, `unique_id` AROA…:S."""
        return cls("role_session", arn, _account(arn), unique_id, arn.rpartition("/")[2], role_arn)

    @classmethod
    def federated(cls, arn: str, *, user_arn: str = "", user_id: str = "", unique_id: str = "") -> Principal:
        """A `GetFederationToken` session (`…:federated-user/N`) of the user `user_arn`, or an identity provider."""
        name = arn.rpartition("/")[2]
        return cls("federated", arn, _account(arn), unique_id, name, user_arn=user_arn, user_id=user_id)

    @classmethod
    def service(cls, name: str) -> Principal:
        return cls("service", name=name)

    @classmethod
    def anonymous(cls) -> Principal:
        return cls("anonymous")

    @property
    def of_provider(self) -> bool:
        """Whether this is the user of a SAML, OIDC or web identity provider, who has no session of AWS's yet."""
        return self.kind == "federated" and ":federated-user/" not in self.arn

    def context(self) -> dict[str, str]:
        """The condition keys that follow from the principal alone, for the room that makes the request.

        IAM User Guide, "AWS global condition context keys" (reference_policies_condition-keys.html) and the table
        "Principal key values" of "IAM policy elements: Variables and tags" (reference_policies_variables.html).
        """
        keys: dict[str, str] = {}
        if self.kind == "anonymous":
            return {"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"}
        if self.kind == "service":
            return {
                "aws:PrincipalIsAWSService": "true",
                "aws:PrincipalServiceName": self.name,
                "aws:PrincipalType": "Service",
            }
        keys["aws:PrincipalIsAWSService"] = "false"
        keys["aws:PrincipalArn"] = self.role_arn or self.arn
        keys["aws:PrincipalAccount"] = self.account
        keys["aws:PrincipalType"] = _TYPES[self.kind]
        if self.kind == "user":
            keys["aws:username"] = self.name
        if self.unique_id:
            keys["aws:userid"] = self.unique_id
        return keys


_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "role_session": "AssumedRole",
    "federated": "FederatedUser",
}


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


_NO_CONTEXT: Mapping[str, ContextValue] = MappingProxyType({})


class Request(NamedTuple):
    """One question: may this principal do this action on this resource, in this context?

    `resource_account` is the owner of the resource; empty means the principal's own account. Key names ignore case.
    Like `Decision` it is a tuple because one is made for every call, and a tuple costs a third of a frozen dataclass.
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, ContextValue] = _NO_CONTEXT


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy and where it hangs: `source` is "direct", "inline", "group", "group_inline", "account", "resource", …

    "account" is what IAM itself grants to every user of an account, by a setting of the account.
    """

    policy: Policy
    name: str
    source: str
    arn: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class BlockPublicAccess:
    """The four settings of S3 Block Public Access, of the bucket and its account together.

    Only `restrict_public_buckets` limits requests; the others limit what may be saved (and ACLs, which the engine does
    not know: "bucket owner enforced" is S3's default since 2023).
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


_WITH_PRINCIPAL = frozenset({"resource", "trust", "rcp", "endpoint"})


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Every policy that applies to a request.

    `identity` are those of the caller (of a session: its role's or its user's, and of a user his groups' as well),
    `resource` is the resource's own policy, or the trust policy of a role that is assumed. SCPs and RCPs come level by
    level, the organization's root first: an SCP level without policies allows nothing, while RCPFullAWSAccess is part
    of every RCP level. `endpoints` are the policies of the VPC endpoints that the request came through.
    """

    identity: tuple[AttachedPolicy, ...] = ()
    resource: AttachedPolicy | None = None
    boundary: AttachedPolicy | None = None
    sessions: tuple[AttachedPolicy, ...] = ()
    scps: tuple[tuple[AttachedPolicy, ...], ...] = ()
    rcps: tuple[tuple[AttachedPolicy, ...], ...] = ()
    endpoints: tuple[AttachedPolicy, ...] = ()
    block_public_access: BlockPublicAccess = BlockPublicAccess()
    kept: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_kinds(self.identity + self.sessions, with_principal=False)
        _check_kinds(self.endpoints, with_principal=True)
        for level in self.scps:
            _check_kinds(level, with_principal=False)
        for level in self.rcps:
            _check_kinds(level, with_principal=True)
        if self.boundary is not None:
            _check_kinds((self.boundary,), with_principal=False)
        if self.resource is not None:
            _check_kinds((self.resource,), with_principal=True)

    def for_resource(
        self, resource: AttachedPolicy | None, block_public_access: BlockPublicAccess = BlockPublicAccess()
    ) -> PolicySet:
        """The same policies with the policy of another resource; what was compiled of the caller's is kept."""
        made = replace(self, resource=resource, block_public_access=block_public_access)
        object.__setattr__(made, "kept", self.kept)
        return made


def _check_kinds(policies: tuple[AttachedPolicy, ...], *, with_principal: bool) -> None:
    """A policy without Principal in a place where only a Principal limits it would mean everyone."""
    for attached in policies:
        if (attached.policy.kind in _WITH_PRINCIPAL) is not with_principal:
            raise ValueError(f"`{attached.name}` was parsed as a policy of kind {attached.policy.kind}")


@dataclass(frozen=True, slots=True)
class StatementRef:
    """Which statement of which policy, and how that policy came to apply."""

    policy_name: str
    policy_arn: str
    source: str
    via: str
    sha256: str
    index: int
    sid: str
    effect: str


class Decision(NamedTuple):
    """The answer. `reason` ends AWS's sentence "User: … is not authorized to perform: …" and is empty when allowed."""

    outcome: Outcome
    decided_by: DecidedBy
    statements: tuple[StatementRef, ...] = ()
    reason: str = ""
    undecided: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome == "allowed"
