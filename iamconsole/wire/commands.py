"""A call as others would write it: for the API, as an `aws` command, as a line of boto3.

Names come from botocore's service models, spelled as aws-cli and boto3 spell them; what aws-cli adds or renames by
hand stands in the tables below, which a test compares with its own. A command can be pasted into bash or zsh as it is,
whatever somebody has put into a name, a tag or a policy: nothing in a value is ever read as more than the value.
A secret is never written: a word says what belongs in its place.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore import xform_name

from iamconsole.wire import irregular, models
from iamconsole.wire.naming import snake
from iamconsole.wire.record import is_secret
from iamconsole.wire.signing_names import SIGNING_NAMES

# aws-cli's names of services and options where they are not the model's (awscli/customizations/argrename.py).
CLI_SERVICES = {"s3": "s3api"}
CLI_OPTIONS = {
    "authentication-code1": "authentication-code-1",
    "authentication-code2": "authentication-code-2",
}
# Options that aws-cli demands beside the API's (awscli/customizations/iamvirtmfa.py).
CLI_DEMANDS = {
    ("iam", "CreateVirtualMFADevice"): ("--outfile", "qr-code.png", "--bootstrap-method", "QRCodePNG"),
}
# aws-cli reads what such a value names, and sends that (awscli/paramfile.py): an option whose value begins so is
# given as JSON, which it takes literally. Of these it knows better.
FETCHED = ("file://", "fileb://", "http://", "https://")
NOT_FETCHED = {("iam", "CreateOpenIDConnectProvider", "Url")}

# What a shell and a terminal leave alone. A leading `=` is a command's path in zsh, `~` a home in any.
_TAME = re.compile(r"[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*")
# What a terminal would act on, and what shows a text as another than it is (bidirectional controls).
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Written:
    """One call in three languages; `cli` and `python` once more for whatever account they are run in.

    There `$ACCOUNT` and `account_id` stand for the ID of the account that the call was made in.
    """

    api: str
    cli: str
    python: str
    portable_cli: str
    portable_python: str
    # What the client of the line of boto3 is called, and the service that it is made for.
    variable: str
    service: str


def written(
    service: str,
    operation: str,
    params: Mapping[str, Any],
    *,
    account: str = "",
    region: str = "",
    streamed: bool = False,
) -> Written | None:
    """The call of `operation`; None where the service's API has no such operation, or not these parameters.

    `service` as policies name it, `params` by the keywords of an operation's function. `region` for a service that
    has Regions; `streamed`: a body was sent, from somewhere that nobody but the sender knows.
    """
    plan = _plan(service, operation)
    if plan is None or any(keyword not in plan.keywords for keyword in params):
        return None
    named = {plan.keywords[keyword]: value for keyword, value in params.items()}
    given = {name: _plain(name, plan.members[name].shape, value) for name, value in named.items()}
    file = _file_of(given) if streamed and plan.body else ""
    api = _json(given | ({plan.body: f"<contents of {file}>"} if file else {})) if given or file else ""
    cli, python = _cli(plan, given, region, file, ""), _python(plan, given, file, "")
    if not account or account not in cli:
        return Written(api, cli, python, cli, python, plan.variable, plan.service)
    portable = _cli(plan, given, region, file, account), _python(plan, given, file, account)
    return Written(api, cli, python, *portable, plan.variable, plan.service)


def shell_word(text: str, account: str = "") -> str:
    """`text` as one word of bash or zsh, with `$ACCOUNT` for the account's ID where one is given."""
    if account and account in text:
        return '"$ACCOUNT"'.join(shell_word(part) if part else "" for part in text.split(account))
    if _TAME.fullmatch(text):
        return text
    if _UNSEEN.search(text):
        shown = _UNSEEN.sub(_escaped, text.replace("\\", "\\\\").replace("'", "\\'"))
        return f"$'{shown}'"
    return shlex.quote(text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    # Always all digits: one that follows would else be taken for part of the number.
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


# -- what the model says, once for each operation --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    shape: Any
    option: str


@dataclass(frozen=True, slots=True)
class _Plan:
    service: str
    operation: str
    members: Mapping[str, _Member]
    keywords: Mapping[str, str]
    body: str
    gives_file: bool
    command: str
    variable: str
    method: str


@lru_cache(maxsize=1024)
def _plan(service: str, operation: str) -> _Plan | None:
    # `access-analyzer`, as policies and signatures say, is `accessanalyzer` for botocore and aws-cli; several services
    # may share a name in policies, and the operation says which of them is meant.
    known = (one for one in SIGNING_NAMES.get(service, service).split() if one in models.names())
    name = next((one for one in known if operation in models.service_model(one).operation_names), None)
    if name is None:
        return None
    model = models.operation_model(name, operation)
    shape = model.input_shape
    members = {}
    for member, kind in (shape.members if shape else {}).items():
        option = str(xform_name(member, "-"))
        members[member] = _Member(kind, "--" + CLI_OPTIONS.get(option, option))
    return _Plan(
        service=name,
        operation=operation,
        members=members,
        keywords={snake(member): member for member in members},
        body=shape.serialization.get("payload", "") if shape and model.has_streaming_input else "",
        gives_file=model.has_streaming_output,
        command=f"aws {CLI_SERVICES.get(name, name)} {xform_name(operation, '-')}",
        variable=re.sub(r"\W", "_", name),
        method=str(xform_name(operation)),
    )


# -- values: what JSON can say, and no secret ------------------------------------------------------------------------


def _plain(name: str, shape: Any, value: Any) -> Any:
    if is_secret(shape) or shape.name in irregular.NOT_RECORDED:
        return placeholder(name)
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        members = shape.members
        return {one: _plain(one, members[one], item) for one, item in value.items() if one in members}
    if kind == "list" and isinstance(value, list | tuple):
        return [_plain(name, shape.member, item) for item in value]
    if kind == "map" and isinstance(value, Mapping):
        return {str(key): _plain(name, shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def placeholder(name: str) -> str:
    """`<new password, not shown>`, for the secret member NewPassword."""
    return f"<{str(xform_name(name, ' ')).strip()}, not shown>"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _file_of(given: Mapping[str, Any]) -> str:
    """A file that could have been uploaded: called as the object is."""
    name: str = str(given.get("Key", "file")).rstrip("/").rpartition("/")[2]
    return f"./{name}" if name.startswith("-") else name or "file"


# -- the aws command -------------------------------------------------------------------------------------------------


def _cli(plan: _Plan, given: Mapping[str, Any], region: str, file: str, account: str) -> str:
    words = [plan.command]
    literal = any(
        isinstance(value, str) and value.startswith(FETCHED) and (plan.service, plan.operation, name) not in NOT_FETCHED
        for name, value in given.items()
    )
    if literal:
        words += ["--cli-input-json", shell_word(_json(given), account)]
    else:
        words += [_option(plan.members[name], value, account) for name, value in given.items()]
    if file:
        words += [f"--{xform_name(plan.body, '-')}", shell_word(file)]
    words += CLI_DEMANDS.get((plan.service, plan.operation), ())
    if region:
        words += ["--region", region]
    if plan.gives_file:
        words.append(shell_word(_file_of(given)))
    return " ".join(words)


def _option(member: _Member, value: Any, account: str) -> str:
    if member.shape.type_name == "boolean":
        return member.option if value else f"--no-{member.option[2:]}"
    if isinstance(value, list) and value and all(isinstance(one, str) and _TAME.fullmatch(one) for one in value):
        words = [shell_word(one, account) for one in value if not one.startswith("-")]
        if len(words) == len(value):
            return " ".join([member.option, *words])
    text = value if isinstance(value, str) else _json(value) if isinstance(value, list | dict) else str(value)
    return f"{member.option}{'=' if text.startswith('-') else ' '}{shell_word(text, account)}"


# -- the line of boto3 -----------------------------------------------------------------------------------------------


def _python(plan: _Plan, given: Mapping[str, Any], file: str, account: str) -> str:
    arguments = [f"{name}={_literal(value, account)}" for name, value in given.items()]
    if file:
        arguments.append(f"{plan.body}=open({file!r}, 'rb')")
    return f"{plan.variable}.{plan.method}({', '.join(arguments)})"


def _literal(value: Any, account: str) -> str:
    if isinstance(value, str):
        if account and account in value:
            return " + ".join(_with_account(value.split(account)))
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_literal(one, account) for one in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_literal(key, account)}: {_literal(one, account)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    return repr(value)


def _with_account(parts: list[str]) -> Iterable[str]:
    for number, part in enumerate(parts):
        if number:
            yield "account_id"
        if part:
            yield repr(part)
