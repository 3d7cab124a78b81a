"""What the visual editor shows of a policy: its permission blocks, made of the text and written back as text.

A block is one statement about one service. IAM User Guide, "Troubleshoot IAM policies", "Policy restructuring" and
"Specifying multiple services in the visual editor" (troubleshoot_policies.html): the visual editor may add, remove or
reorder blocks "without changing the permissions granted by the policy"; a statement about several services is
restructured "to include each service in a separate permission block". Nothing here knows Django.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iamconsole.policy import Condition, Kind, Policy, Statement, parse, reference

# The visual editor is there for policies that say what an identity may do. Trust policies and policies of resources
# name a principal, for which it has no part: AWS edits them as JSON, with the panel `Edit statement` beside it.
KINDS: frozenset[Kind] = frozenset({"identity", "boundary", "session", "scp"})
EVERY = "*"  # the "service" of a block whose actions name no single one: `*`, `Code*:Get*`, NotAction
VERSION = "2012-10-17"  # what the visual editor writes
MOST_BLOCKS = 200
LONGEST = 131_072  # characters, as the API takes them for a PolicyDocument

HAS_ERRORS = "The policy has errors. Fix them in the JSON editor before switching."

_NUMBERED = re.compile(r"VisualEditor[0-9]+")
# What is merely not filled in yet: such a statement can be shown, and finished, in the visual editor.
_UNFINISHED = frozenset({"missing-action", "empty-action", "missing-resource", "empty-resource"})


@dataclass(frozen=True, slots=True)
class Block:
    """One permission block.

    `actions` are names and patterns without the service's prefix; those of `EVERY` have it. With `all_but_actions`
    they are NotAction, with `all_but_resources` the resources are NotResource. `unlimited` are actions of the block
    that know no resources: they get a statement of their own for `*` while the others have specific ARNs ("If one
    action requires you to specify all resources ("*") and another action supports the ARN of a specific resource, they
    must be in two separate JSON statements", access_policies_create-console.html).
    """

    service: str = ""
    effect: str = "Allow"
    actions: tuple[str, ...] = ()
    all_but_actions: bool = False
    resources: tuple[str, ...] = ()
    all_but_resources: bool = False
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    unlimited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocks:
    """A whole policy as blocks. The version matters where `${` stands in it: in 2008-10-17 that is no variable."""

    blocks: tuple[Block, ...]
    version: str = VERSION
    id: str = ""


@dataclass(frozen=True, slots=True)
class NotShown:
    """Why a text has no blocks, and the line that is to blame."""

    reason: str
    line: int = 1


def to_blocks(text: str, kind: Kind = "identity") -> Blocks | NotShown:
    """The blocks of a policy's text, or why there are none."""
    if kind not in KINDS:
        return NotShown("This type of policy names a principal and is edited as JSON.")
    policy = parse(text, kind)
    for problem in policy.problems:
        if problem.code not in _UNFINISHED:
            return NotShown(HAS_ERRORS, problem.line)
    found: list[Block] = []
    size = 0
    for statement in policy.statements:
        blocks = _blocks_of(statement)
        size += len(blocks) * _weight(statement)
        found += blocks
        if len(found) > MOST_BLOCKS or size > LONGEST:
            line, _ = policy.place(f"Statement[{statement.index}]")
            return NotShown("The policy has more permission blocks than the visual editor can show.", line)
    return Blocks(tuple(found), _version(policy), policy.id)


def _version(policy: Policy) -> str:
    """2012-10-17, unless an older document has something that would become a variable by that."""
    texts = (text for statement in policy.statements for text in _variable_texts(statement))
    return policy.version if any("${" in text for text in texts) else VERSION


def _variable_texts(statement: Statement) -> Iterator[str]:
    yield from statement.resource or statement.not_resource or ()
    for condition in statement.conditions:
        yield from condition.values


def _weight(statement: Statement) -> int:
    """How much of a statement is written again for each of its services."""
    return sum(map(len, _variable_texts(statement))) + 100


def _blocks_of(statement: Statement) -> list[Block]:
    grouped: dict[str, dict[str, None]] = {}
    if statement.not_action is not None:
        # Everything but these: that is about every service, whatever stands in the list.
        grouped[EVERY] = dict.fromkeys(statement.not_action)
    for action in statement.action or ():
        service, name = _named(action)
        grouped.setdefault(service, {})[name] = None
    resources = statement.resource if statement.not_resource is None else statement.not_resource
    return [
        Block(
            service,
            statement.effect,
            tuple(names),
            statement.not_action is not None,
            tuple(dict.fromkeys(resources or ())),
            statement.not_resource is not None,
            statement.conditions,
            # One statement, one Sid: it stays with the first block. Numbers of ours, and the Sid of a statement that
            # says nothing yet, are given anew.
            "" if number or not names or _NUMBERED.fullmatch(statement.sid) else statement.sid,
        )
        for number, (service, names) in enumerate((grouped or {"": {}}).items())
    ]


def _named(action: str) -> tuple[str, str]:
    """Service and name of an action, as AWS writes them: actions ignore case (…_elements_action.html)."""
    service, _, name = action.lower().partition(":")
    if "*" in service or "?" in service:
        return EVERY, action
    known = reference.actions(service) if service in reference.services() else {}
    return service, known[name][0] if name in known else action.partition(":")[2]


def to_text(blocks: Blocks) -> str:
    """The policy as the console writes it: one value stands alone, and Sids are numbered in the order of the blocks."""
    statements: list[dict[str, Any]] = []
    for block in blocks.blocks:
        apart = bool(block.unlimited) and not covers_all(block)
        if block.actions or not apart:
            actions = block.actions if apart else (*block.actions, *block.unlimited)
            statements.append(_statement(block, block.sid, actions, block.resources, len(statements)))
        if apart:
            sid = "" if block.actions else block.sid
            statements.append(_statement(block, sid, block.unlimited, ("*",), len(statements)))
    document = {"Version": blocks.version, **({"Id": blocks.id} if blocks.id else {}), "Statement": statements}
    return json.dumps(document, indent=4, ensure_ascii=False)


def covers_all(block: Block) -> bool:
    """Whether a block is for all resources."""
    return block.resources == ("*",) and not block.all_but_resources


def _statement(
    block: Block, sid: str, actions: tuple[str, ...], resources: tuple[str, ...], number: int
) -> dict[str, Any]:
    prefix = "" if block.service in (EVERY, "") else f"{block.service}:"
    not_resource = block.all_but_resources and resources is block.resources
    statement: dict[str, Any] = {
        "Sid": sid or f"VisualEditor{number}",
        "Effect": block.effect,
        "NotAction" if block.all_but_actions else "Action": _one_or_many([prefix + name for name in actions]),
        "NotResource" if not_resource else "Resource": _one_or_many(resources),
    }
    conditions: dict[str, dict[str, Any]] = {}
    for condition in block.conditions:
        keys = conditions.setdefault(condition.operator, {})
        if condition.key in keys:
            raise ValueError(f"two conditions with {condition.operator} and {condition.key}")
        keys[condition.key] = _one_or_many(condition.values)
    if conditions:
        statement["Condition"] = conditions
    return statement


def _one_or_many(values: tuple[str, ...] | list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
