"""What tables and summaries say about roles: whom they trust, when they were last used, how long a session may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from iamconsole.core.arn import Arn
from iamconsole.iam.service_linked import PATH as SERVICE_LINKED_PATH
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.user_rows import days_ago
from iamconsole.policy import parse
from iamconsole.ui.pages import ConsoleRequest, Panel

HOUR = 3600


def role_url(name: str, page: str = "detail", **query: str) -> str:
    return Holder("role", name).page(page, **query)


def is_service_linked(role: dict[str, Any]) -> bool:
    return str(role.get("Path", "")).startswith(SERVICE_LINKED_PATH)


def trusted_entities(role: dict[str, Any]) -> list[str]:
    """`AWS Service: ec2`, `Account: 111122223333`, `Identity Provider: …`: whom the trust policy lets in."""
    suffix = " (Service-Linked Role)" if is_service_linked(role) else ""
    found = []
    for kind, value in _trusted(role):
        if kind == "Service":
            found.append(f"AWS Service: {value.partition('.amazonaws.com')[0]}{suffix}")
        elif kind == "Federated":
            found.append(f"Identity Provider: {value}")
        elif kind == "AWS":
            found.append(f"Account: {_account(value) or value}")
    return list(dict.fromkeys(found))


def is_for_accounts(role: dict[str, Any]) -> bool:
    """Whether somebody can switch to the role in the console: it trusts an account, or a user or role of one."""
    return any(kind == "AWS" for kind, _ in _trusted(role))


def _trusted(role: dict[str, Any]) -> Iterable[tuple[str, str]]:
    document = role.get("AssumeRolePolicyDocument", "")
    for statement in parse(document, "trust").statements if document else ():
        if statement.effect == "Allow":
            yield from statement.principal or ()


def _account(principal: str) -> str:
    """The account of an ARN, or the ID itself; the unique ID of somebody who is gone belongs to none that is known."""
    parsed = Arn.parse(principal)
    return parsed.account if parsed else ""


def last_activity(role: Panel) -> Panel:
    """From the answer of GetRole, for the cell that users' tables have."""
    if role.result is None:
        return role
    last = role.result["Role"]["RoleLastUsed"].get("LastUsedDate")
    return Panel(result={"Text": days_ago(last), "Time": last} if last else {"Text": "-"})


def role_rows(request: ConsoleRequest, roles: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The roles of ListRoles, each with its last use, which only GetRole tells."""
    answers = request.aws.call_many([("iam:GetRole", {"role_name": role["RoleName"]}) for role in roles])
    return [
        role | {"trusted": trusted_entities(role), "activity": last_activity(Panel.of(answer))}
        for role, answer in zip(roles, answers, strict=True)
    ]


def duration(seconds: int) -> str:
    """`1 hour`, `1 hour 30 minutes`"""
    parts = ((seconds // HOUR, "hour"), (seconds % HOUR // 60, "minute"), (seconds % 60, "second"))
    return " ".join(f"{number} {unit}{'s' if number != 1 else ''}" for number, unit in parts if number)
