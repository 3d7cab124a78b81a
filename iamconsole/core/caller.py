"""Who is calling, and from where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from iamconsole.core.ids import Ids
from iamconsole.policy import Principal

SessionKind = Literal["console", "session", "role", "federated"]
ContextValue = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Session:
    """The temporary credentials that a caller uses, and what was said when they were asked for.

    `kind`: a console sign-in, a session token of a user, a role session or a federated user's. `name` is that of the
    role session or the federated user, `issuer_id` the unique ID of the role, or of whoever asked for the token.
    `policy` (a text) and `policy_arns` are the session policies, `tags` the session tags, of which `transitive` go
    on to the next session of a chain. `chained`: a role assumed with the credentials of a role. `context` holds the
    condition keys that an identity provider's word gave to the session, `federation` what events say of it.
    """

    issued_at: dt.datetime
    mfa: bool = False
    from_console: bool = False
    kind: SessionKind = "console"
    name: str = ""
    issuer_id: str = ""
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    chained: bool = False
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    federation: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal of one simulated account.

    `principal` is what the policy engine sees. `account_key` and `sandbox_key` are the database's keys of the
    account and its sandbox. Whose policies count follows from the kind of the principal and never from a key that is
    absent: `user_key` is set for IAM users alone, `role_key` for role sessions, `federated_by` for federated users
    (the IAM user who asked for the token; None if that was the root user).
    `revision` is the account's policy revision when the caller was looked up, and `tags` the tags of
    the user or role then.
    """

    principal: Principal
    account_id: str
    account_name: str
    account_key: int
    sandbox_key: int
    revision: int
    user_key: int | None = None
    role_key: int | None = None
    federated_by: int | None = None
    access_key_id: str = ""
    session: Session | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return self.principal.arn

    @property
    def kind(self) -> str:
        return self.principal.kind

    @property
    def is_root(self) -> bool:
        return self.principal.kind == "root"

    @property
    def user_name(self) -> str:
        """The IAM user's name; empty for everybody else."""
        return self.principal.name if self.principal.kind == "user" else ""


def wall_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Signing:
    """How a request was signed, in the words of S3's condition keys.

    As it stands here it is a console page's: AWS's signs in the Authorization header too.
    `age` is in milliseconds and set for presigned links only, `payload` what the request says of its body.

    Source: S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys".
    """

    kind: str = "REST-HEADER"
    version: str = "AWS4-HMAC-SHA256"
    age: int | None = None
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Where a call comes from, and the clock and ids it may use.

    `face` is the door it came through: "console", "api", "signin" or "system".
    """

    face: str
    region: str = "us-east-1"
    source_ip: str = "127.0.0.1"
    user_agent: str = ""
    # The page whose link led here; the clients of the API send none.
    referer: str = ""
    signing: Signing = field(default_factory=Signing)
    # AWS's endpoints are TLS and a laptop's is not; a policy must still behave as it would on AWS.
    secure_transport: bool = True
    clock: Callable[[], dt.datetime] = wall_clock
    ids: Ids = field(default_factory=Ids)

    def at_region(self, region: str) -> Context:
        return replace(self, region=region)
