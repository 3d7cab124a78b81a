"""What a caller is judged by: its policies and tags, gathered once per revision of its account."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from iamconsole.cloudtrail.models import DecisionBasis
from iamconsole.core.caller import Caller, Session
from iamconsole.iam import queries
from iamconsole.iam.models import Role, User
from iamconsole.policy import AttachedPolicy, PolicySet, parse
from iamconsole.sts import texts

KEPT = 2048


def attachment_record(attached: AttachedPolicy, kind: str) -> dict[str, str]:
    """How an event remembers one policy: enough to find its text and to say where it hung."""
    return {
        "type": kind,
        "name": attached.name,
        "arn": attached.arn,
        "source": attached.source,
        "via": attached.via,
        "sha256": attached.policy.sha256,
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller's policies, and the tags of its principal.

    `basis` is what an event keeps of them, `basis_key` its content hash.
    """

    policies: PolicySet = field(default_factory=PolicySet)
    tags: Mapping[str, str] = field(default_factory=dict)
    basis: tuple[dict[str, str], ...] = ()
    basis_key: str = ""


def _standing(policies: PolicySet, tags: Mapping[str, str]) -> Standing:
    applying = [(attached, "identity") for attached in policies.identity]
    if policies.boundary is not None:
        applying.append((policies.boundary, "boundary"))
    applying += [(attached, "session") for attached in policies.sessions]
    basis = tuple(attachment_record(attached, kind) for attached, kind in applying)
    return Standing(policies, tags, basis, DecisionBasis.key_of(basis))


class _Kept:
    """The newest standings, by account revision: a write makes a new revision and so a new key."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._rows: OrderedDict[Any, Standing] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any) -> Standing | None:
        with self._lock:
            found = self._rows.get(key)
            if found is not None:
                self._rows.move_to_end(key)
            return found

    def put(self, key: Any, standing: Standing) -> None:
        with self._lock:
            self._rows[key] = standing
            while len(self._rows) > self.size:
                self._rows.popitem(last=False)


_kept = _Kept(KEPT)


def standing_of(caller: Caller, revision: int, *, keep: bool = True) -> Standing:
    """The caller's standing at `revision` of its account.

    Without `keep` nothing goes into the cache: inside a transaction that may yet roll back, the
    revision read there may never come to be, and its number may come again with other contents. Who
    calls within a transaction of their own (start states) does so as the root user, which has no policies.
    """
    judged = _judged_by(caller)
    if judged is None:
        return _standing(PolicySet(), {})
    session = caller.session if caller.kind in ("role_session", "federated") else None
    # The policies passed for a session are part of what it is; its tags are added below, to what many sessions share.
    passed = (session.policy, session.policy_arns) if session else ()
    key = (caller.account_key, judged.of, judged.unique_id, revision, passed)
    found = _kept.get(key)
    if found is None:
        found = _gathered(caller, judged, session, revision)
        if keep:
            _kept.put(key, found)
    if session and session.tags:
        return replace(found, tags=with_session_tags(found.tags, session.tags))
    return found


@dataclass(frozen=True, slots=True)
class _Judged:
    """The user or role whose policies count; without `key` the root user, whose federated user it is."""

    of: type[User] | type[Role]
    key: int | None
    unique_id: str


def _judged_by(caller: Caller) -> _Judged | None:
    """Whose policies count; None for who has none: the root user, services, and who is nobody yet.

    It follows from the kind of the principal alone. A key that is missing is a fault and never means the root user.
    """
    kind, unique_id = caller.kind, caller.principal.unique_id
    if kind in ("root", "anonymous", "service") or caller.principal.of_provider:
        return None
    if kind == "user" and caller.user_key is not None:
        return _Judged(User, caller.user_key, unique_id)
    if kind == "role_session" and caller.role_key is not None:
        return _Judged(Role, caller.role_key, unique_id.partition(":")[0])
    if kind == "federated" and caller.session is not None:
        return _Judged(User, caller.federated_by, caller.session.issuer_id)
    raise LookupError(f"It is not known whose policies count for {caller.arn}.")


def _gathered(caller: Caller, judged: _Judged, session: Session | None, revision: int) -> Standing:
    arns = session.policy_arns if session else ()
    inline: tuple[AttachedPolicy, ...] = ()
    if session and session.policy:
        inline = (AttachedPolicy(parse(session.policy, "session"), "Session policy", "session_inline"),)
    found = queries.policies_of(judged.of, judged.key or 0, caller.account_key, caller.account_id, arns)
    identity = (ROOT_HAS_ALL,) if judged.key is None else found.identity
    policies = PolicySet(identity=identity, boundary=found.boundary, sessions=inline + found.sessions)
    if judged.key is None:
        return _standing(policies, {})
    tags = caller.tags if revision == caller.revision else queries.tags_of(judged.of, judged.key)
    return _standing(policies, tags)


# The root user has no policy that could be shown; what a federated user has of it is written down as one.
ROOT_HAS_ALL = AttachedPolicy(parse(texts.ROOT_HAS_ALL, "identity"), "Access of the root user", "root")


def with_session_tags(tags: Mapping[str, str], session_tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a user or role with those of a session of it: "New session tags override existing assumed role or
    federated user tags with the same tag key, regardless of case" (IAM User Guide, "Pass session tags in AWS STS").
    """
    passed = {key.lower() for key in session_tags}
    return {key: value for key, value in tags.items() if key.lower() not in passed} | dict(session_tags)
