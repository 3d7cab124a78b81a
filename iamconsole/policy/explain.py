"""The whole story of a decision: every stage, every statement, which part matched and which did not, and why.

It asks the same four questions as `decide` (statements.py) and concludes with the same function, so the two agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .conditions import CompiledCondition, spelling_of
from .evaluate import LONGEST_RESOURCE, Found, conclude, gather, rows_of, uncapped
from .model import Decision, PolicySet, Request, StatementRef
from .near_misses import near_actions, near_principals, near_resources
from .scope import applies, is_shut_out, rcps_apply, same_account, scps_apply
from .statements import (
    Asked,
    Compiled,
    Form,
    Row,
    action_matches,
    conditions_hold,
    principal_matches,
    resource_matches,
    resource_pattern_matches,
)
from .wording import doubt_about

StageName = Literal["explicit_deny", "rcp", "scp", "resource", "trust", "identity", "boundary", "session", "endpoint"]
Verdict = Literal["not_applicable", "allows", "no_match", "explicit_deny"]
Element = Literal["action", "principal", "resource", "condition"]


@dataclass(frozen=True, slots=True)
class ElementReport:
    """One element of a statement: did it match (None: undecidable), and why in plain words."""

    element: Element
    matched: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class StatementReport:
    """One statement that was looked at. `matched` is True, False, or None when it could not be decided."""

    ref: StatementRef
    stage: str
    matched: bool | None
    elements: tuple[ElementReport, ...]
    missing_keys: tuple[str, ...]
    near_misses: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One rung of the ladder."""

    name: StageName
    verdict: Verdict
    why: str
    statements: tuple[StatementRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that led to it."""

    decision: Decision
    stages: tuple[Stage, ...]
    statements: tuple[StatementReport, ...]

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Context keys that conditions asked for and the request did not have."""
        return tuple(dict.fromkeys(key for report in self.statements for key in report.missing_keys))

    @property
    def near_misses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hint for report in self.statements for hint in report.near_misses))


# Of so many statements at the most near misses are looked for: nobody reads more, and comparing takes time.
_NEAR_STATEMENTS = 200


def explain(request: Request, policies: PolicySet) -> Explanation:
    """Decide, and tell the whole way to the decision."""
    asked = Asked(request, bounded=policies.boundary is not None)
    found = Found()
    reports: list[StatementReport] = []
    near = 0
    # What cannot be an ARN is compared with nothing (see `conclude`).
    rows = rows_of(policies) if len(request.resource) <= LONGEST_RESOURCE else ()
    for row in rows:
        report, form = _report(row, asked, hints=near < _NEAR_STATEMENTS)
        near += _only_failure(report.elements) != ""
        reports.append(report)
        found.add(row, report.matched, form)
    decision = conclude(asked, policies, found)
    return Explanation(decision, _ladder(asked, policies, found), tuple(reports))


def ladder(request: Request, policies: PolicySet) -> tuple[Stage, ...]:
    """The stages of a decision alone, as quickly as it is decided."""
    asked = Asked(request, bounded=policies.boundary is not None)
    return _ladder(asked, policies, gather(asked, policies))


def _only_failure(elements: Sequence[ElementReport]) -> str:
    """The one element that did not match, if it is one alone."""
    failed = [element.element for element in elements if element.matched is not True]
    return failed[0] if len(failed) == 1 else ""


def _report(row: Row, asked: Asked, *, hints: bool) -> tuple[StatementReport, Form]:
    compiled = row.compiled
    statement = compiled.statement
    principal, form = principal_matches(compiled, asked)
    elements = [ElementReport("action", action_matches(compiled, asked.action), _about_action(compiled, asked))]
    if statement.principal is not None or statement.not_principal is not None or principal is None:
        elements.append(ElementReport("principal", principal, _about_principal(compiled, asked, principal, form)))
    if statement.resource is not None or statement.not_resource is not None or "Resource" in statement.unread:
        resource = resource_matches(compiled, asked)
        elements.append(ElementReport("resource", resource, _about_resource(compiled, asked, resource)))
    if compiled.conditions or "Condition" in statement.unread:
        condition = conditions_hold(compiled, asked)
        elements.append(ElementReport("condition", condition, _about_conditions(compiled, asked)))
    answers = [element.matched for element in elements]
    matched: bool | None = True
    if False in answers:
        matched = False
    elif None in answers or not statement.unread.isdisjoint({"Statement", "Effect"}):
        matched = None
    failed = _only_failure(elements) if hints and matched is False else ""
    near = tuple(_near_misses(compiled, asked, failed)) if failed else ()
    text = "; ".join(_phrase(element) for element in elements)
    if matched is None or (matched and not compiled.sound):
        text = doubt_about(row, asked)
    return StatementReport(row.ref, row.stage, matched, tuple(elements), missing_in(compiled, asked), near, text), form


def missing_in(compiled: Compiled, asked: Asked) -> tuple[str, ...]:
    """Keys that a condition or a variable asked for and the request does not have."""
    keys = [each.source.key for each in compiled.conditions if asked.context.get(each.key, ()) == ()]
    for condition in compiled.conditions:
        keys.extend(condition.unfilled(asked.context))
    for pattern in compiled.resources:
        keys.extend(pattern.unfilled(asked.lookup) if pattern is not None else ())
    return tuple(dict.fromkeys(keys))


def _phrase(element: ElementReport) -> str:
    if element.matched:
        return f"{element.element} matches"
    verb = "cannot be decided" if element.matched is None else "does not"
    return f"{element.element} {verb}: {element.why}"


def _listed(texts: tuple[str, ...]) -> str:
    """A few values as a reader would like to see them."""
    shown = ", ".join(f"`{text[:200]}`" for text in texts[:3])
    return f"{shown} and {len(texts) - 3} more" if len(texts) > 3 else shown or "nothing"


def _about_action(compiled: Compiled, asked: Asked) -> str:
    statement = compiled.statement
    if "Action" in statement.unread:
        return "it could not be read"
    if statement.action is not None:
        return f"`{asked.request.action}` vs {_listed(statement.action)}"
    return f"`{asked.request.action}` vs anything but {_listed(statement.not_action or ())}"


def _about_principal(compiled: Compiled, asked: Asked, verdict: bool | None, form: Form) -> str:
    statement, principal = compiled.statement, asked.request.principal
    if "Principal" in statement.unread:
        return "it could not be read"
    caller = f"`{principal.arn or principal.name or 'an anonymous caller'}`"
    if statement.not_principal is not None:
        return f"{caller} vs anyone but {_listed(tuple(value for _, value in statement.not_principal))}"
    named = f"{caller} vs {_listed(tuple(value for _, value in statement.principal or ()))}"
    if verdict and form != "direct":
        return f"{named} ({_FORMS[form]})"
    return named


_FORMS: dict[Form, str] = {
    "direct": "names the caller",
    "role": "names the role behind the session",
    "user": "names the user behind the session",
    "account": "names the account, whose own policies then decide",
}


def _about_resource(compiled: Compiled, asked: Asked, verdict: bool | None) -> str:
    statement = compiled.statement
    if "Resource" in statement.unread:
        return "it could not be read"
    written = statement.resource if statement.resource is not None else statement.not_resource or ()
    but = "" if statement.resource is not None else "anything but "
    text = f"`{asked.request.resource}` vs {but}{_listed(written)}"
    unfilled = [
        pattern
        for pattern, compiled_pattern in zip(written, compiled.resources, strict=True)
        if resource_pattern_matches(compiled_pattern, asked) is None
    ]
    if unfilled and not verdict:
        why = "is malformed, stands before the fifth colon or has no value in this request"
        text += f" (a variable in {_listed(tuple(unfilled))} {why})"
    return text


def _about_conditions(compiled: Compiled, asked: Asked) -> str:
    failed = [
        _about_condition(condition, asked)
        for condition in compiled.conditions
        if condition.holds(asked.context) is not True
    ]
    if "Condition" in compiled.statement.unread:
        failed.append("it could not be read")
    return "; ".join(failed) or "every condition holds"


def _about_condition(condition: CompiledCondition, asked: Asked) -> str:
    source = condition.source
    if spelling_of(source.operator) is None:
        return f"`{source.operator}` is not an operator"
    value = asked.context.get(condition.key, ())
    present = (value,) if isinstance(value, str) else value
    has = f"is {_listed(present)}" if present else "is not in the request"
    return f"`{source.operator}` wants {_listed(source.values)} and `{source.key}` {has}"


def _near_misses(compiled: Compiled, asked: Asked, failed: str) -> list[str]:
    """Hints for a statement that failed in this one element."""
    if failed == "action":
        return list(near_actions(compiled, asked))
    if failed == "resource":
        return list(near_resources(compiled, asked))
    if failed == "principal":
        return list(near_principals(compiled, asked))
    return [
        f"everything matches but a condition: {_about_condition(condition, asked)}"
        for condition in compiled.conditions
        if not condition.holds(asked.context)
    ]


def _ladder(asked: Asked, policies: PolicySet, found: Found) -> tuple[Stage, ...]:
    """The stages in the order of AWS's flow chart (…_policy-eval-denyallow.html); endpoint policies come last."""
    denies = [row for row, _ in found.denies if applies(row, asked)]
    trust = policies.resource is not None and policies.resource.policy.kind == "trust"
    resource = policies.resource
    shut_out = resource is not None and is_shut_out(asked, resource, policies.block_public_access)
    refs = tuple(row.ref for row in denies)
    if denies:
        scan = Stage("explicit_deny", "explicit_deny", f"{len(denies)} statement(s) deny the request", refs)
    elif shut_out:
        scan = Stage("explicit_deny", "explicit_deny", _SHUT_OUT)
    else:
        scan = Stage("explicit_deny", "no_match", "no statement denies the request")
    given: list[tuple[StageName, int]] = [
        ("rcp", len(policies.rcps) if rcps_apply(asked) else 0),
        ("scp", len(policies.scps) if scps_apply(asked) else 0),
        ("trust" if trust else "resource", int(policies.resource is not None)),
        ("identity", 1),
        ("boundary", int(policies.boundary is not None)),
        ("session", int(bool(policies.sessions))),
        ("endpoint", len(policies.endpoints)),
    ]
    stages = [scan]
    for name, levels in given:
        refs = tuple(row.ref for row in denies if row.stage == name)
        if refs:
            stages.append(Stage(name, "explicit_deny", "a statement denies the request", refs))
        elif name == "resource" and shut_out:
            stages.append(Stage(name, "explicit_deny", _SHUT_OUT))
        elif not levels:
            stages.append(Stage(name, "not_applicable", _not_applicable(name, policies)))
        elif name in ("boundary", "session") and uncapped(found):
            stages.append(Stage(name, "not_applicable", "what the account allows to all its users is not limited here"))
        else:
            stages.append(_stage(name, levels, asked, found))
    return tuple(stages)


_SHUT_OUT = (
    "RestrictPublicBuckets closes a bucket with a public policy to everyone outside its account but AWS services"
)


def _not_applicable(name: StageName, policies: PolicySet) -> str:
    if name == "scp" and policies.scps:
        return "service control policies do not reach this caller"
    if name == "rcp" and policies.rcps:
        return "resource control policies do not reach this request"
    return "no such policy applies to the request"


def _stage(name: StageName, levels: int, asked: Asked, found: Found) -> Stage:
    """A stage at which nothing denies."""
    principal = asked.request.principal
    if name == "identity" and principal.kind == "root":
        if same_account(asked):
            return Stage(name, "allows", "the root user has full access to its own account")
        return Stage(name, "allows", "the root user has full access, as far as the other account lets it")
    if name == "identity" and not principal.account:
        return Stage(name, "not_applicable", "the caller is no identity of an account")
    allowing = [found.allowing(name, level) for level in range(levels)]
    refs = tuple(row.ref for rows in allowing for row in rows)
    if name == "rcp":
        return Stage(name, "allows", "RCPFullAWSAccess allows at every level", refs)
    if not all(allowing):
        level = f" at level {1 + allowing.index([])}" if levels > 1 else ""
        return Stage(name, "no_match", f"no statement allows the request{level}", refs)
    only_account = name in ("resource", "trust") and {form for _, form in found.granted} == {"account"}
    if only_account and principal.of_provider:
        return Stage(
            name, "no_match", "it names the account, which an identity provider's users do not belong to", refs
        )
    if only_account and name == "resource" and same_account(asked):
        return Stage(name, "allows", "it names the account, so the caller's own policies decide", refs)
    return Stage(name, "allows", "a statement allows the request", refs)
