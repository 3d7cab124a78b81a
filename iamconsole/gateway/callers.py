"""From a credential to a caller."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from iamconsole.accounts import inbox
from iamconsole.accounts import queries as accounts
from iamconsole.accounts.models import Account
from iamconsole.core import arn
from iamconsole.core.arn import Arn
from iamconsole.core.caller import Caller, Session, SessionKind, wall_clock
from iamconsole.iam import queries as iam
from iamconsole.iam.models import Role, User
from iamconsole.policy import Principal
from iamconsole.s3 import queries as s3
from iamconsole.sts import queries as sts
from iamconsole.sts.models import TemporaryCredential


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key as authentication needs it: its secret in the clear, and who it speaks for.

    `token_sha256` is set for temporary credentials, which work only with their session token.
    `restricted`: a sign-in that has still to change its password.
    """

    secret: str
    active: bool
    caller: Caller
    token_sha256: str = ""
    expires: dt.datetime | None = None
    restricted: bool = False


def principal_of(account: Account, user: User | None) -> Principal:
    if user is None:
        return Principal.root(account.account_id)
    return Principal.user(user.arn(account.account_id), unique_id=user.unique_id)


def caller_for(account: Account, user: User | None, access_key_id: str = "", session: Session | None = None) -> Caller:
    """The root user of an account (`user` is None) or one of its IAM users."""
    return Caller(
        principal=principal_of(account, user),
        account_id=account.account_id,
        account_name=account.name,
        account_key=account.pk,
        sandbox_key=account.sandbox_id,
        revision=account.revision,
        user_key=user.pk if user else None,
        access_key_id=access_key_id,
        session=session,
        tags=user.tags if user else {},
    )


def root_of(account: Account) -> Caller:
    return caller_for(account, None)


def stranger(account_text: str, sandbox_slug: str = "") -> Caller | None:
    """Nobody in particular, at the door of the account that a sign-in page names; None if there is none.

    `account_text` is an account ID, an alias or a root user's e-mail address.
    """
    account = accounts.account_named(account_text, sandbox_slug)
    return None if account is None else stranger_at(account)


def root_stranger(email: str, account_id: str = "", sandbox_slug: str = "") -> Caller | None:
    """The same for a root user's e-mail address. `account_id` decides where several sandboxes know the address."""
    account = accounts.account_named(account_id or email, sandbox_slug) if "@" in email else None
    if account is None or account.root_email.casefold() != email.strip().casefold():
        return None
    return stranger_at(account)


def account_id_of(caller: Caller, text: str) -> str:
    """The account ID that is meant by an ID or by an alias of the caller's sandbox; empty for none."""
    if accounts.is_account_id(text):
        return text
    return accounts.id_of_alias(caller.sandbox_key, text)


def is_ambiguous(text: str) -> bool:
    """Whether accounts of several sandboxes have this root e-mail address or alias."""
    return accounts.is_ambiguous(text.strip())


def recovering(token: str) -> Caller | None:
    """Nobody in particular, at the door of the account whose root password the link of a mail may set."""
    mail = inbox.behind_link(token, wall_clock())
    return stranger_at(mail.account) if mail and mail.account else None


def anonymous(public_name: str, bucket: str) -> Caller | None:
    """Whoever asks for an object without credentials; recorded with the bucket's owner, as CloudTrail does."""
    owner = s3.owner_of(public_name, bucket)
    return stranger_at(owner) if owner else None


def at_role(role_arn: str) -> Caller | None:
    """Nobody in particular, at the door of the account that a role's ARN names; None if there is none."""
    parsed = Arn.parse(role_arn)
    account = accounts.account_named(parsed.account) if parsed and accounts.is_account_id(parsed.account) else None
    return None if account is None else stranger_at(account)


def is_sandbox(slug: str) -> bool:
    return accounts.sandbox_with_slug(slug) is not None


def stranger_at(account: Account) -> Caller:
    return Caller(
        principal=Principal.anonymous(),
        account_id=account.account_id,
        account_name=account.name,
        account_key=account.pk,
        sandbox_key=account.sandbox_id,
        revision=account.revision,
    )


def credential(access_key_id: str) -> Credential | None:
    """The credential behind an access key ID, long-term or temporary; None if there is none."""
    if access_key_id.startswith("ASIA"):
        return _temporary(access_key_id)
    found = iam.access_key(access_key_id)
    if found is None:
        return None
    row = found.row
    return Credential(found.secret, row.active, caller_for(row.account, row.user, access_key_id))


def _temporary(access_key_id: str) -> Credential | None:
    found = sts.temporary_credential(access_key_id)
    if found is None:
        return None
    row = found.row
    return Credential(
        secret=found.secret,
        active=True,
        caller=_caller_with(row),
        token_sha256=row.token_sha256,
        expires=row.expires,
        restricted=row.restricted,
    )


def _caller_with(row: TemporaryCredential) -> Caller:
    """Whom temporary credentials speak for, by their kind."""
    account, user, role = row.account, row.user, row.role
    issuer: User | Role | None = role or user
    session = Session(
        issued_at=row.issued,
        mfa=row.mfa,
        from_console=row.from_console,
        kind=cast(SessionKind, row.kind),
        name=row.name,
        issuer_id=issuer.unique_id if issuer else account.account_id,
        policy=row.policy.text if row.policy else "",
        policy_arns=tuple(row.policy_arns),
        tags=row.tags,
        transitive=tuple(row.transitive),
        source_identity=row.source_identity,
        chained=row.chained,
        context=row.context,
        federation=row.federation,
    )
    if row.kind in (TemporaryCredential.Kind.CONSOLE, TemporaryCredential.Kind.SESSION):
        return caller_for(account, user, row.access_key_id, session)
    if row.kind == TemporaryCredential.Kind.ROLE and role is not None:
        return _as(account, _role_session(account, role, row.name), session, row, role_key=role.pk, tags=role.tags)
    if row.kind == TemporaryCredential.Kind.FEDERATED and role is None:
        principal = Principal.federated(
            arn.federated_user(account.account_id, row.name),
            user_arn=user.arn(account.account_id) if user else "",
            user_id=user.unique_id if user else "",
            unique_id=f"{account.account_id}:{row.name}",
        )
        by, tags = (user.pk, user.tags) if user else (None, {})
        return _as(account, principal, session, row, federated_by=by, tags=tags)
    raise LookupError(f"The temporary credential {row.access_key_id} is of no known kind.")


def _role_session(account: Account, role: Role, name: str) -> Principal:
    return Principal.role_session(
        arn.assumed_role(account.account_id, role.name, name),
        role.arn(account.account_id),
        unique_id=f"{role.unique_id}:{name}",
    )


def _as(account: Account, principal: Principal, session: Session, row: TemporaryCredential, **more: Any) -> Caller:
    return Caller(
        principal=principal,
        account_id=account.account_id,
        account_name=account.name,
        account_key=account.pk,
        sandbox_key=account.sandbox_id,
        revision=account.revision,
        access_key_id=row.access_key_id,
        session=session,
        **more,
    )
