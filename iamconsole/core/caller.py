"""Who is calling, and from where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from iamconsole.core.ids import Ids
from iamconsole.policy import Principal


@dataclass(frozen=True, slots=True)
class Session:
    """The temporary credentials a caller uses: a console sign-in, later a role or federated session."""

    issued_at: dt.datetime
    mfa: bool = False
    from_console: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal of one simulated account.

    `principal` is what the policy engine sees. `account_key`, `sandbox_key` and `user_key` are the
    database's keys of the account, its sandbox and the IAM user (None for the root user).
    `revision` is the account's policy revision when the caller was looked up, and `tags` the tags of
    the principal then.
    """

    principal: Principal
    account_id: str
    account_name: str
    account_key: int
    sandbox_key: int
    revision: int
    user_key: int | None = None
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
        """The IAM user's name; empty for the root user and for services."""
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
