"""What came near: hints for statements that failed in one element alone.

These sentences are ours; AWS has none. They say what a reader of the refusal would want pointed out: a letter, an
account, a path or a `/*` that differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from .model import Principal
from .statements import Asked, Compiled

# Comparing is quadratic, so it is only done for a few names and such as a person could have typed.
_LOOKED_AT = 50
_LONGEST = 300


def near_actions(compiled: Compiled, asked: Asked) -> Iterator[str]:
    for written in (compiled.statement.action or ())[:_LOOKED_AT]:
        if _alike(written.lower(), asked.action):
            yield f"the policy says `{written}`, the request is `{asked.request.action}`"


def near_resources(compiled: Compiled, asked: Asked) -> Iterator[str]:
    resource = asked.request.resource
    for written, pattern in zip((compiled.statement.resource or ())[:_LOOKED_AT], compiled.resources, strict=False):
        if pattern is not None and (missing := pattern.unfilled(asked.lookup)):
            if resource.startswith(pattern.prefix):
                yield f"`{written}` needs a value for {_keys(missing)}, which this request does not have"
        elif resource.startswith(written + "/"):
            yield f"`{written}` does not cover what is inside it; that would be `{written}/*`"
        elif written == resource + "/*":
            yield f"`{written}` covers what is inside `{resource}`, but not `{resource}` itself"
        elif written.lower() == resource.lower():
            yield f"`{written}` differs from `{resource}` in upper and lower case only"
        elif part := _only_difference(written, resource):
            yield f"`{written}` differs from `{resource}` in its {part} only"
        elif _alike(written, resource):
            yield f"`{written}` looks much like `{resource}`"


def _keys(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)


_PARTS = ("prefix", "partition", "service", "Region", "account")


def _only_difference(written: str, resource: str) -> str:
    """The name of the one part before the fifth colon in which two ARNs differ, if the rest is the same."""
    one, other = written.split(":", 5), resource.split(":", 5)
    if len(one) != 6 or len(other) != 6 or one[5] != other[5]:
        return ""
    different = [at for at in range(5) if one[at] != other[at]]
    return _PARTS[different[0]] if len(different) == 1 else ""


def near_principals(compiled: Compiled, asked: Asked) -> Iterator[str]:
    caller = asked.request.principal
    for kind, written in (compiled.statement.principal or ())[:_LOOKED_AT]:
        if kind == "AWS" and (hint := _near_principal(written, caller)):
            yield hint


def _near_principal(written: str, caller: Principal) -> str:
    own = caller.role_arn or caller.arn
    if written.startswith(("AIDA", "AROA")) and ":" not in written:
        # IAM User Guide, "AWS JSON policy elements: Principal": the ARN of a deleted user or role turns into its unique
        # ID, and one made again under the same name has another.
        who = f"the caller is `{caller.unique_id.partition(':')[0]}`" if caller.unique_id else "it is not the caller's"
        return f"`{written}` is the unique ID of a user or role, perhaps a deleted one; {who}"
    if not own or written == own:
        return ""
    if written.lower() == own.lower():
        return f"`{written}` differs from `{own}` in upper and lower case only"
    head, _, name = written.rpartition("/")
    own_head, _, own_name = own.rpartition("/")
    if name == own_name and (part := _only_difference(written, own)):
        return f"`{written}` differs from `{own}` in its {part} only"
    if name == own_name and own_head.startswith(f"{head}/"):
        return f"`{written}` lacks the path of `{own}`"
    return f"`{written}` looks much like `{own}`" if _alike(written, own) else ""


def _alike(one: str, other: str) -> bool:
    if max(len(one), len(other)) > _LONGEST or abs(len(one) - len(other)) > 8:
        return False
    comparison = SequenceMatcher(None, one, other, autojunk=False)
    return comparison.quick_ratio() >= 0.9 and comparison.ratio() >= 0.9
