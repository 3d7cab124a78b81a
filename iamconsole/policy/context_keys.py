"""Which context keys policies ask for, and which of them a request lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .evaluate import indexes_of
from .explain import missing_in
from .match import ArnPattern
from .model import Policy, PolicySet, Request
from .statements import Asked, action_matches, resource_matches

# The name in `${name}` or `${name, 'default'}`; the characters `${*}`, `${?}` and `${$}` are no variables.
_VARIABLE = re.compile(r"\$\{\s*+([^\s,'{}$*?][^,'{}$*?]*+)")


def context_keys(policies: Iterable[Policy]) -> tuple[str, ...]:
    """The keys that conditions and variables name, each once and in the spelling that was met first, in order of name.

    "Context keys are variables … that provide details about the context of an API query request"; in policies they
    stand in conditions and as policy variables (IAM API Reference, GetContextKeysForCustomPolicy).
    """
    found: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            names = [condition.key for condition in statement.conditions]
            if policy.version == "2012-10-17":
                texts = [value for condition in statement.conditions for value in condition.values]
                texts += [*(statement.resource or ()), *(statement.not_resource or ())]
                names += [name.strip() for text in texts for name in _VARIABLE.findall(text)]
            for name in names:
                found.setdefault(name.lower(), name)
    return tuple(found[key] for key in sorted(found))


def missing_keys(request: Request, policies: PolicySet) -> tuple[str, ...]:
    """The keys that the statements about this action and resource ask for and the request does not have."""
    asked = Asked(request, bounded=policies.boundary is not None)
    found: dict[str, None] = {}
    for index in indexes_of(policies):
        for row in index.rows:
            # Most statements ask for nothing, and that is seen at once.
            missing = missing_in(row.compiled, asked)
            if not missing or row.stage in ("scp", "rcp") or action_matches(row.compiled, asked.action) is False:
                continue
            # A variable without a value is why the resource does not match.
            matched = resource_matches(row.compiled, asked)
            if matched is not False or _is_open(row.compiled.resources, asked):
                found |= dict.fromkeys(missing)
    return tuple(found)


def _is_open(resources: Iterable[ArnPattern | None], asked: Asked) -> bool:
    return any(each is not None and each.unfilled(asked.lookup) for each in resources)
