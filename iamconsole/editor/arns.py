"""The ARN of a resource, put together of its parts, and what is wrong with one that was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from iamconsole.policy import Kind, check, parse, reference

LONGEST = 2048
_PART = re.compile(r"\$\{([^}]+)\}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an ARN that is chosen, in the words of its label: `bucket name`."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Template:
    """The ARN of a resource type. `pieces` alternate: text, name of a part, text, … as the reference writes it."""

    pieces: tuple[str, ...]
    parts: tuple[Part, ...]
    has_account: bool

    @property
    def shown(self) -> str:
        """`arn:aws:s3:::{BucketName}/{ObjectName}`"""
        return "".join(f"{{{piece}}}" if at % 2 else piece for at, piece in enumerate(self.pieces))

    def arn(self, account: str, values: Sequence[str]) -> str:
        given = iter(values)
        return "".join(
            piece if not at % 2 else account if piece == "Account" else next(given)
            for at, piece in enumerate(self.pieces)
        )

    def any(self, account: str) -> str:
        """The ARN of every such resource: in this account, where it has one."""
        return self.arn(account, ["*"] * len(self.parts))


@lru_cache(maxsize=512)
def templates(service: str) -> dict[str, Template]:
    """The resource types of a service, each with its ARN."""
    types = reference.resource_types(service) if service in reference.services() else {}
    return {name: _template(each.arn.replace("${Partition}", "aws")) for name, each in types.items()}


def _template(text: str) -> Template:
    pieces = tuple(_PART.split(text))
    names = [name for name in pieces[1::2] if name != "Account"]
    return Template(
        pieces, tuple(Part(at, _words(name)) for at, name in enumerate(names)), len(names) < len(pieces[1::2])
    )


def _words(name: str) -> str:
    """`BucketName` is the bucket name, `InstanceId` the instance ID."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORD.findall(name)]
    return " ".join({"id": "ID", "arn": "ARN", "region": "Region"}.get(word, word) for word in words) or name


def types_of(arn: str, service: str) -> frozenset[str]:
    """The resource types of a service that an ARN of a policy can stand for."""
    if len(arn) > LONGEST or service not in reference.services():
        return frozenset()
    cut = arn.split(":", 5)
    _, _, vendor, region, account, resource = [*cut, *("*",) * 6][:6]
    written = reference.WrittenArn(resource)
    return frozenset(
        name
        for name, template in reference.arn_templates_of(service).items()
        if vendor in (template.vendor, "*")
        and _fits(region, template.region)
        and _fits(account, template.account)
        and template.may_be(written)
    )


def _fits(text: str, wanted: str) -> bool:
    """Whether a Region or an account may stand where the format has one, has none, or has a certain one."""
    open_ = "*" in text or "?" in text
    return open_ or (bool(text) if wanted.startswith("${") else text == wanted)


def problem_of(arn: str, service: str, type_: str, kind: Kind = "identity") -> str:
    """What is wrong with an ARN for a resource of this type, in the words of the findings; empty when nothing is."""
    if len(arn) > LONGEST:
        return f"The ARN is not valid. It is longer than {LONGEST:,} characters."
    statement = {"Effect": "Allow", "Action": "*", "Resource": arn}
    policy = parse({"Version": "2012-10-17", "Statement": [statement]}, kind)
    for finding in check(policy):
        if finding.type == "ERROR":
            return f"The ARN is not valid. {finding.text}"
    if arn == "*" or not type_ or type_ in types_of(arn, service):
        return ""
    return f"The ARN is not valid for the resource type {type_}. Use the format {templates(service)[type_].shown}."


def condition_problem(statement: object, kind: Kind = "identity") -> str:
    """What is wrong with the only condition of a statement, in the words of the findings."""
    policy = parse(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), kind)
    return next((finding.text for finding in check(policy) if finding.type == "ERROR"), "")
