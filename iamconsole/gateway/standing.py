"""What a caller is judged by: its policies and tags, gathered once per revision of its account."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from iamconsole.cloudtrail.models import DecisionBasis
from iamconsole.core.caller import Caller
from iamconsole.iam import queries
from iamconsole.policy import AttachedPolicy, PolicySet

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
    basis = tuple(attachment_record(attached, "identity") for attached in policies.identity)
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
    if caller.user_key is None:
        return _standing(PolicySet(), {})
    key = (caller.account_key, caller.principal.unique_id, revision)
    found = _kept.get(key)
    if found is None:
        policies = PolicySet(identity=queries.identity_policies(caller.user_key, caller.account_id))
        tags = caller.tags if revision == caller.revision else queries.tags_of_user(caller.user_key)
        found = _standing(policies, tags)
        if keep:
            _kept.put(key, found)
    return found
