"""From text to statements, with every offence against the policy grammar and its place.

IAM User Guide, "Grammar of the IAM JSON policy language" (reference_policies_grammar.html) and the element pages
that it links to. The messages are those of the IAM API (`MalformedPolicyDocument`) and, for resource-based policies,
those of S3 (`MalformedPolicy`). Where AWS's public material does not tell which text belongs to which offence, the
general "Syntax errors in policy." is given.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, cast

from .conditions import spelling_of
from .model import Condition, Kind, Policy, Problem, Statement
from .reader import BadJson, Number, read, value_of

VERSIONS = ("2012-10-17", "2008-10-17")
SYNTAX = "Syntax errors in policy."
JSON = "This policy contains invalid Json"

_IAM_KINDS = frozenset({"identity", "trust", "boundary", "session"})
_NO_PRINCIPAL = frozenset({"identity", "boundary", "session", "scp"})
_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
# limits.md §1: IAM's documents hold tab, LF, CR and U+0020 to U+00FF (API reference, pattern of PolicyDocument).
_OUTSIDE = re.compile("[^\t\n\r\u0020-\u00ff]")
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[A-Za-z0-9*?-]+")
_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})
_IAM_PATHS = (
    "user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, "
    "saml-provider/, oidc-provider/, report/, access-report/"
)
_PRINCIPAL = re.compile(
    r"\*|[0-9]{12}|A[A-Z0-9]{15,127}"
    r"|arn:[a-z-]+:iam::[0-9]{12}:(?:root|(?:user|role)/[^*?\s]+)"
    r"|arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[^*?\s/]+/[^*?\s]+|federated-user/[^*?\s]+)"
    r"|arn:[a-z-]+:iam::cloudfront:user/.+"
)
_KEPT = 65_536  # longer texts are not remembered, so that the cache is bounded in bytes as well


def parse(source: str | Mapping[str, Any], kind: Kind) -> Policy:
    """Read a policy document. Never raises for what it says: `problems` tells all that is wrong with it."""
    if not isinstance(source, str):
        try:
            source = json.dumps(source, separators=(",", ":"), ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            source = ""  # not a JSON value at all; reported like an empty text
    return _remembered(source, kind) if len(source) <= _KEPT else _parse(source, kind)


def _parse(text: str, kind: Kind) -> Policy:
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        value = value_of(text)
    except BadJson as error:
        line = text.count("\n", 0, error.offset) + 1
        column = error.offset - (text.rfind("\n", 0, error.offset) + 1) + 1
        first = text.lstrip("\ufeff \t\r\n")[:1]
        message = "Policies must be valid JSON and the first byte must be '{'" if kind == "resource" else JSON
        problem = Problem(error.code, message, error.path, line, column, _error_code(kind), error.message, error.offset)
        places = {"": text.find(first)} if first else {}
        return Policy(kind, text, sha256, "", "", (), (problem,), {"places": places})
    grammar = _Grammar(text, kind, value)
    statements = grammar.document()
    kept = {} if grammar.places is None else {"places": grammar.places}
    return Policy(kind, text, sha256, grammar.version, grammar.id, statements, tuple(grammar.problems), kept)


_remembered = lru_cache(maxsize=2048)(_parse)


def forget() -> None:
    """Let go of all documents that were read; for measuring."""
    _remembered.cache_clear()


def _error_code(kind: Kind) -> str:
    return "MalformedPolicy" if kind == "resource" else "MalformedPolicyDocument"


class _Grammar:
    """One document being read against the grammar."""

    def __init__(self, text: str, kind: Kind, value: Any) -> None:
        self.text, self.kind, self.value = text, kind, value
        self.problems: list[Problem] = []
        self.version, self.id = "2008-10-17", ""
        # Only a document with a problem pays for knowing where everything stands.
        self.places: dict[str, int] | None = None
        self.lines: list[int] = []

    def problem(self, code: str, path: str, message: str = SYNTAX, *, s3: str = "", value: str = "") -> None:
        places = self.located()
        offset = places.get(path, 0)
        line = bisect_right(self.lines, offset)
        column = offset - self.lines[line - 1] + 1
        if self.kind == "resource" and s3:
            message = s3
        code_of_kind = _error_code(self.kind)
        self.problems.append(Problem(code, message, path, line, column, code_of_kind, value, offset))

    def located(self) -> dict[str, int]:
        if self.places is None:
            self.places = read(self.text).places
            self.lines = [0, *(at.end() for at in re.finditer("\n", self.text))]
        return self.places

    def document(self) -> tuple[Statement, ...]:
        value = self.value
        if self.kind in _IAM_KINDS and (odd := _OUTSIDE.search(self.text.removeprefix("\ufeff"))):
            self.located()["(text)"] = odd.start() + self.text.startswith("\ufeff")
            self.problem("character", "(text)")
        if not isinstance(value, dict):
            self.problem(
                "document", "", s3="Policies must be valid JSON and the first byte must be '{'", value="Object"
            )
            return ()
        for key in value.keys() - _TOP:
            self.problem("element", key, s3=f"Unknown field {key[:100]}")
        self.problems.sort(key=lambda problem: (problem.line, problem.column))
        self.read_version(value)
        if "Id" in value:
            if isinstance(value["Id"], str) and not isinstance(value["Id"], Number):
                self.id = value["Id"]
            else:
                self.problem("id", "Id", value="String")
        if "Statement" not in value:
            self.problem("missing-statement", "", s3="Missing required field Statement")
            return ()
        found = value["Statement"]
        if isinstance(found, dict):
            statements: tuple[Statement, ...] = (self.statement(found, 0, "Statement"),)
        elif isinstance(found, list) and found:
            statements = tuple(self.statement(each, at, f"Statement[{at}]") for at, each in enumerate(found))
        else:
            self.problem("statement", "Statement", s3="Missing required field Statement")
            return ()
        self.unique_sids(statements, isinstance(found, list))
        return statements

    def read_version(self, value: dict[str, Any]) -> None:
        # "If you do not include a Version element, the value defaults to 2008-10-17" (elements_version.html).
        if "Version" not in value:
            return
        if value["Version"] in VERSIONS:
            self.version = value["Version"]
        else:
            self.version = ""
            message = "Policy document must be version 2012-10-17 or greater."
            self.problem("version", "Version", message, value=_shown(value["Version"]).strip('"'))

    def unique_sids(self, statements: tuple[Statement, ...], many: bool) -> None:
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                path = f"Statement[{statement.index}].Sid" if many else "Statement.Sid"
                self.problem("duplicate-sid", path, "Statement IDs (SID) in a single policy must be unique.")
            seen.add(statement.sid)

    def statement(self, value: Any, index: int, path: str) -> Statement:
        if not isinstance(value, dict):
            self.problem("statement", path)
            return Statement(index, unread=frozenset({"Statement"}))
        unread: set[str] = set()
        for key in value:
            if key not in _ELEMENTS:
                self.problem("element", f"{path}.{key}", s3=f"Unknown field {key[:100]}")
                unread.add("Statement")
        sid = self.sid(value, path)
        effect = self.effect(value, path)
        if not effect:
            unread.add("Effect")
        principal, not_principal = self.principals(value, path, unread)
        action, not_action = self.actions(value, path, unread)
        resource, not_resource = self.resources(value, path, unread)
        return Statement(
            index,
            sid,
            effect,
            principal,
            not_principal,
            action,
            not_action,
            resource,
            not_resource,
            self.conditions(value, path, unread),
            frozenset(unread),
        )

    def sid(self, value: dict[str, Any], path: str) -> str:
        sid = value.get("Sid", "")
        if not _is_text(sid):
            self.problem("sid-type", f"{path}.Sid", value="String")
            return ""
        # S3 and other services take more characters (elements_sid.html: "IAM does not ...; some services require").
        if self.kind != "resource" and not _SID.fullmatch(sid):
            self.problem(
                "sid",
                f"{path}.Sid",
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
                "[0-9A-Za-z]*",
            )
        return cast(str, sid)

    def effect(self, value: dict[str, Any], path: str) -> str:
        effect = value.get("Effect")
        if effect == "Allow" or effect == "Deny":
            return cast(str, effect)
        if "Effect" in value:
            self.problem(
                "effect", f"{path}.Effect", s3=f"Invalid effect: {_shown(effect)}", value=_shown(effect).strip('"')
            )
        else:
            self.problem("missing-effect", path, s3="Missing required field Effect")
        return ""

    def either(self, value: dict[str, Any], path: str, name: str, unread: set[str]) -> Literal["", "Not"] | None:
        """Which of an element and its `Not` twin is there: exactly one may be."""
        both = [prefix for prefix in ("", "Not") if prefix + name in value]
        if len(both) == 2:
            self.problem("both-elements", f"{path}.Not{name}")
            unread.add(name)
            return None
        return cast(Literal["", "Not"], both[0]) if both else None

    def texts(self, value: Any, path: str, name: str, unread: set[str]) -> tuple[str, ...]:
        if _is_text(value):
            return (value,)
        if isinstance(value, list) and all(map(_is_text, value)):
            return tuple(value)
        self.problem("text-list", path, value="String")
        unread.add(name)
        return ()

    def actions(
        self, value: dict[str, Any], path: str, unread: set[str]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        prefix = self.either(value, path, "Action", unread)
        if prefix is None:
            if "Action" not in unread:
                unread.add("Action")
                message = "Policy statement must contain actions."
                self.problem("missing-action", path, message, s3="Missing required field Action")
            return None, None
        name = f"{prefix}Action"
        found = self.texts(value[name], f"{path}.{name}", "Action", unread)
        if not found and "Action" not in unread:
            message = "Policy statement must contain actions."
            self.problem("empty-action", f"{path}.{name}", message, s3="Policy has invalid action")
        many = isinstance(value[name], list)
        for at, action in enumerate(found):
            self.action(action, f"{path}.{name}[{at}]" if many else f"{path}.{name}")
        return (None, found) if prefix else (found, None)

    def action(self, action: str, path: str) -> None:
        vendor, colon, name = action.partition(":")
        if self.kind == "trust" and vendor.lower() != "sts":
            message = "AssumeRole policy may only specify STS AssumeRole actions."
        elif action == "*":
            return
        elif not colon or not vendor:
            message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        elif ":" in name:
            message = "Actions/Condition can contain only one colon."
        elif not _VENDOR.fullmatch(vendor):
            message = f"Vendor {vendor[:100]} is not valid"
        elif not name:
            message = SYNTAX
        else:
            return
        self.problem("action", path, message, s3="Policy has invalid action", value=action[:256])

    def resources(
        self, value: dict[str, Any], path: str, unread: set[str]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        if self.kind == "trust":
            for name in ("Resource", "NotResource"):
                if name in value:
                    self.problem("prohibited-Resource", f"{path}.{name}", f"Has prohibited field {name}")
                    unread.add("Resource")
            return None, None
        prefix = self.either(value, path, "Resource", unread)
        if prefix is None:
            if "Resource" not in unread:
                unread.add("Resource")
                message = "Policy statement must contain resources."
                self.problem("missing-resource", path, message, s3="Missing required field Resource")
            return None, None
        name = f"{prefix}Resource"
        found = self.texts(value[name], f"{path}.{name}", "Resource", unread)
        if not found and "Resource" not in unread:
            message = "Policy statement must contain resources."
            self.problem("empty-resource", f"{path}.{name}", message, s3="Policy has invalid resource")
        many = isinstance(value[name], list)
        for at, resource in enumerate(found):
            self.resource(resource, f"{path}.{name}[{at}]" if many else f"{path}.{name}")
        return (None, found) if prefix else (found, None)

    def resource(self, resource: str, path: str) -> None:
        if resource == "*":
            return
        parts = resource.split(":", 5)
        shown = resource[:200]
        code = message = ""
        if parts[0] != "arn" or len(parts) < 2:
            code, message = "prefix", f'Resource {shown} must be in ARN format or "*".'
        elif parts[1] not in _PARTITIONS and not _has_wild(parts[1]):
            code, message = "partition", f'Partition "{parts[1][:100]}" is not valid for resource "{shown}".'
        elif len(parts) > 2 and parts[2:] != ["*"] and (not parts[2] or "*" in parts[2] or "?" in parts[2]):
            code, message = "vendor", "Resource vendor must be fully qualified and cannot contain regexes."
        elif len(parts) < 6:
            # A `*` that ends a segment reaches beyond its colon, so `arn:aws:s3:*` is a whole ARN.
            if not resource.endswith("*"):
                code, message = "fields", "The policy failed legacy parsing"
        elif parts[2] == "iam" and parts[3] not in ("", "*"):
            code, message = "region", f"Resource {shown} can not contain region information."
        elif parts[2] == "iam" and not _is_iam_path(parts[5]):
            code, message = "path", f'IAM resource path must either be "*" or start with {_IAM_PATHS}.'
        if code:
            self.problem(f"resource-{code}", path, message, s3="Policy has invalid resource", value=shown)

    def principals(
        self, value: dict[str, Any], path: str, unread: set[str]
    ) -> tuple[tuple[tuple[str, str], ...] | None, tuple[tuple[str, str], ...] | None]:
        if self.kind in _NO_PRINCIPAL:
            for name in ("Principal", "NotPrincipal"):
                if name in value:
                    message = "Policy document should not specify a principal."
                    self.problem("unsupported-principal", f"{path}.{name}", message)
                    unread.add("Principal")
            return None, None
        if self.kind == "trust" and "NotPrincipal" in value:
            message = "Has prohibited field NotPrincipal"
            self.problem("prohibited-NotPrincipal", f"{path}.NotPrincipal", message)
            unread.add("Principal")
            return None, None
        prefix = self.either(value, path, "Principal", unread)
        if prefix is None:
            if "Principal" not in unread:
                unread.add("Principal")
                message = "Missing required field Principal"
                self.problem("missing-principal", path, message, s3=message)
            return None, None
        name = f"{prefix}Principal"
        found = self.principal(value[name], f"{path}.{name}", unread)
        return (None, found) if prefix else (found, None)

    def principal(self, value: Any, path: str, unread: set[str]) -> tuple[tuple[str, str], ...]:
        if value == "*" and _is_text(value):
            return (("AWS", "*"),)
        if not isinstance(value, dict) or not value:
            self.bad_principal(path, _shown(value), unread)
            return ()
        found: list[tuple[str, str]] = []
        for kind, values in value.items():
            many = values if isinstance(values, list) else [values]
            for at, each in enumerate(many):
                place = f"{path}.{kind}[{at}]" if isinstance(values, list) else f"{path}.{kind}"
                if kind not in ("AWS", "Service", "Federated", "CanonicalUser") or not _is_text(each) or not each:
                    self.bad_principal(place, f'"{kind[:100]}":{_shown(each)}', unread)
                elif kind == "AWS" and not _PRINCIPAL.fullmatch(each):
                    self.bad_principal(place, f'"AWS":"{each[:200]}"', unread)
                elif kind != "AWS" and "*" in each:
                    self.bad_principal(place, f'"{kind}":"{each[:200]}"', unread)
                else:
                    found.append((kind, each))
        return tuple(found)

    def bad_principal(self, path: str, shown: str, unread: set[str]) -> None:
        unread.add("Principal")
        message = f"Invalid principal in policy: {shown}"
        self.problem("principal", path, message, s3="Invalid principal in policy")

    def conditions(self, value: dict[str, Any], path: str, unread: set[str]) -> tuple[Condition, ...]:
        block = value.get("Condition", {})
        place = f"{path}.Condition"
        if not isinstance(block, dict):
            self.problem("condition", place, value="Object")
            unread.add("Condition")
            return ()
        found: list[Condition] = []
        for operator, keys in block.items():
            here = f"{place}.{operator}"
            if spelling_of(operator) is None:
                self.problem("operator", here, s3=f"Invalid Condition type : {operator[:100]}")
            if not isinstance(keys, dict):
                self.problem("condition", here, value="Object")
                unread.add("Condition")
                continue
            for key, values in keys.items():
                found.append(Condition(operator, key, self.condition_values(values, key, f"{here}.{key}", unread)))
        return tuple(found)

    def condition_values(self, values: Any, key: str, path: str, unread: set[str]) -> tuple[str, ...]:
        if ":" not in key:  # a provider's host may have a path: `oidc.eks…/id/ABC:sub`
            message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            self.problem("condition-key", path, message, s3="Policy has an invalid condition key")
        many = values if isinstance(values, list) else [values]
        found: list[str] = []
        for at, each in enumerate(many):
            if isinstance(each, bool):
                found.append("true" if each else "false")
            elif isinstance(each, str):
                found.append(str(each))
            else:
                self.problem("condition-value", f"{path}[{at}]" if isinstance(values, list) else path, value="String")
                unread.add("Condition")
        return tuple(found)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _is_iam_path(path: str) -> bool:
    kind, slash, _ = path.partition("/")
    # The list in the message is AWS's; its own managed policies also name `root` and `role-template/`.
    return (
        path in ("*", "root")
        or path.startswith(("${", "*"))
        or (bool(slash) and f"{kind}/" in [*_IAM_PATHS.split(", "), "role-template/"])
    )


def _has_wild(text: str) -> bool:
    return "*" in text or "?" in text or "${" in text


def _shown(value: object) -> str:
    return json.dumps(value)[:200]
