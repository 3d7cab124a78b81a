"""Which resources of a statement an action can have at all, by the service authorization reference.

"To learn which resources are supported by an action, see the documentation": an action on a resource of another type
grants nothing (troubleshoot_policies.html, "An action is defined without an applicable resource").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import reference


@dataclass(frozen=True, slots=True)
class Arn:
    """One resource of a statement, taken apart for the comparison with the formats of a service's resources."""

    text: str
    vendor: str
    written: reference.WrittenArn


class Resources:
    """The resources of a statement, by the service that stands in their ARN."""

    def __init__(self, resources: Iterable[str]) -> None:
        self.everything = False
        self.unknown: list[str] = []
        self._by_vendor: dict[str, list[Arn]] = {}
        for resource in resources:
            _, _, vendor, _, _, rest = [*resource.split(":", 5), *("*",) * 6][:6]
            if vendor == "*":  # `*` itself, and ARNs such as `arn:aws:*`
                self.everything = True
            elif vendor in reference.arn_templates() or vendor in reference.services():
                arn = Arn(resource, vendor, reference.WrittenArn(rest))
                self._by_vendor.setdefault(vendor, []).append(arn)
            else:
                self.unknown.append(resource)

    @property
    def services(self) -> list[str]:
        return [vendor for vendor in self._by_vendor if vendor in reference.services()]

    def of(self, service: str) -> list[Arn]:
        return [arn for vendor in reference.arn_vendors(service) for arn in self._by_vendor.get(vendor, ())]


class Applicable:
    """Which ARNs of a statement an action of a service can have, looked up once for each type of resource."""

    def __init__(self, service: str, arns: list[Arn]) -> None:
        self.arns = arns
        self._templates = reference.arn_templates_of(service)
        self._of_type: dict[str, set[str]] = {}

    def to(self, types: tuple[str, ...]) -> set[str]:
        return set().union(*map(self._of, types))

    def _of(self, type_: str) -> set[str]:
        if type_ not in self._of_type:
            template = self._templates.get(type_)
            fits = [arn for arn in self.arns if template and template.vendor == arn.vendor]
            self._of_type[type_] = {arn.text for arn in fits if template and template.may_be(arn.written)}
        return self._of_type[type_]
