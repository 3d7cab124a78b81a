"""Roles as rows, and callers with temporary credentials, for the tests of sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from iamconsole.accounts.models import Account, PolicyText
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.ids import Ids
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.iam.models import InlinePolicy, ManagedPolicy, Role, User
from tests.factories import policy

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def trust(*principals: str, action: Any = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    """A statement of a trust policy that lets these in."""
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def user_id(account: Account, name: str) -> str:
    """A user as a trust policy keeps it."""
    return User.objects.get(account=account, name=name).unique_id


def beside(account: Account) -> Account:
    """A second account in the sandbox of the first, 210987654321."""
    return Account.objects.create(
        sandbox=account.sandbox,
        account_id="210987654321",
        name="There",
        root_email="there@example.com",
        root_password="!",
        created=wall_clock(),
    )


def make_role(
    account: Account, name: str, trusts: Sequence[dict[str, Any]], *grants: dict[str, Any], **columns: Any
) -> Role:
    """A role with a trust policy and one inline policy; `aws_arn` attaches one of AWS's."""
    aws_arn = columns.pop("aws_arn", "")
    role = Role.objects.create(
        account=account,
        name=name,
        unique_id=Ids().unique_id("AROA"),
        trust_id=PolicyText.keep(policy(*trusts)),
        created=wall_clock(),
        **columns,
    )
    grant(role, *grants)
    if aws_arn:
        role.attachments.create(aws_arn=aws_arn)
    return role


def grant(role: Role, *statements: dict[str, Any]) -> None:
    """Replace the role's inline policy, as a write would: with a new revision of the account."""
    InlinePolicy.objects.filter(role=role).delete()
    if statements:
        InlinePolicy.objects.create(role=role, name="inline", text_id=PolicyText.keep(policy(*statements)))
    changed(role.account)


def trusts(role: Role, *statements: dict[str, Any]) -> None:
    role.trust_id = PolicyText.keep(policy(*statements))
    role.save(update_fields=["trust"])
    changed(role.account)


def bound(owner: Role | User, limit: ManagedPolicy | None, aws_arn: str = "") -> None:
    owner.boundary, owner.boundary_aws_arn = limit, aws_arn
    owner.save(update_fields=["boundary", "boundary_aws_arn"])
    changed(owner.account)


def changed(account: Account) -> None:
    account.refresh_from_db()
    account.revision += 1
    account.save(update_fields=["revision"])


def role_arn(role: Role) -> str:
    return role.arn(role.account.account_id)


def client_with(credentials: dict[str, Any], **context: Any) -> AwsClient:
    """The door with temporary credentials, as the API lets them in."""
    found = callers.credential(credentials["AccessKeyId"])
    assert found is not None
    return AwsClient(found.caller, Context(face="api", **context))


def assume(client: AwsClient, role: Role | str, name: str = "session", **params: Any) -> AwsClient:
    named = role if isinstance(role, str) else role_arn(role)
    made = client.call("sts:AssumeRole", role_arn=named, role_session_name=name, **params)
    return client_with(made["Credentials"])


def at(moment: dt.datetime) -> dict[str, Any]:
    """A context's clock that stands still."""
    return {"clock": lambda: moment}
