"""From the parameters of a request to the roles and federated users that it is about.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token Service".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iamconsole.core import arn
from iamconsole.core.arn import Arn
from iamconsole.core.caller import Caller
from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Params, Resolver, Resource, resolves
from iamconsole.iam.models import Role
from iamconsole.iam.resources import IDENTITY_TAG, tagged
from iamconsole.policy import AttachedPolicy, parse
from iamconsole.sts.texts import NOBODY_IS_TRUSTED

_ROLE_ARN = re.compile(r"arn:aws:iam::[0-9]{12}:role/\S+")


def missing_role(role_arn: str, account: str) -> Resource:
    """A role that is not there: nobody is let in, so nobody comes to ask for the row."""
    trusted = AttachedPolicy(parse(NOBODY_IS_TRUSTED, "trust"), role_arn.rpartition("/")[2], "trust")
    return Resource(role_arn, account=account, policy=trusted)


def trusted_by(role: Role) -> AttachedPolicy:
    return AttachedPolicy(parse(role.trust.text, "trust"), role.name, "trust")


def role_resource(role: Role) -> Resource:
    """A role that somebody wants to assume; `role.account` and `role.trust` are there."""
    account = role.account.account_id
    return Resource(role.arn(account), tagged(role.tags, IDENTITY_TAG), account, trusted_by(role), role)


@resolves("role", keys=IDENTITY_TAG)
def role(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The role of `role_arn`, of whichever account of the caller's sandbox. Another sandbox's is none."""
    arns = [str(params["role_arn"]) for params in asked]
    named = {text: Arn.parse(text) if _ROLE_ARN.fullmatch(text) else None for text in arns}
    names = {text.rpartition("/")[2] for text, parsed in named.items() if parsed}
    rows = Role.objects.filter(account__sandbox=caller.sandbox_key, name__in=names)
    rows = rows.select_related("trust", "account") if names else rows.none()
    there = {row.arn(row.account.account_id): row for row in rows}
    return [_role(text, named[text], there.get(text)) for text in arns]


def _role(text: str, parsed: Arn | None, row: Role | None) -> Resource:
    if parsed is None:
        return Resource(text, missing=ValidationError(f"{text} is invalid", field="role_arn"), missing_first=True)
    if row is None:
        return missing_role(text, parsed.account)
    return role_resource(row)


def _if_in_session(of: Resolver[Resource], parameter: str, held: str) -> Resolver[Sequence[Resource]]:
    """The role, where the request or the caller's own session brings something that it must be allowed to take over."""

    def find(caller: Caller, asked: Sequence[Params]) -> list[Sequence[Resource]]:
        inherited = bool(caller.session and getattr(caller.session, held))
        return [
            (found,) if inherited or params.get(parameter) else ()
            for params, found in zip(asked, of(caller, asked), strict=True)
        ]

    return Resolver(find, of.kinds, of.keys)


# Tags that are inherited go into the new session like those that are passed. That a chain needs the permission for
# them too AWS does not spell out; it does so for the source identity ("permissions for sts:SetSourceIdentity are
# required in both the permissions policy of the principal … and in the role trust policy of the target role").
tagged_role = _if_in_session(role, "tags", "transitive")
identified_role = _if_in_session(role, "source_identity", "source_identity")


@resolves("federated-user")
def federated_user(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.federated_user(caller.account_id, params["name"])) for params in asked]
