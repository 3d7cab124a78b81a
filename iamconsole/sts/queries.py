"""Reads of temporary credentials for the gateway."""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.accounts import secrets
from iamconsole.accounts.prepared import Prepared
from iamconsole.iam.models import AccessKey
from iamconsole.sts.models import TemporaryCredential


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    row: TemporaryCredential
    secret: str


def temporary_credential(access_key_id: str) -> TemporaryKey | None:
    row = _temporary_credential.first(access_key_id)
    return TemporaryKey(row, secrets.opened(bytes(row.secret))) if row else None


_everything = TemporaryCredential.objects.select_related("user", "role", "account", "policy", "user__login_profile")
_temporary_credential = Prepared[TemporaryCredential](lambda key: _everything.filter(access_key_id=key), str)


def account_of_key(sandbox_key: int, access_key_id: str) -> str | None:
    """The ID of the account in the sandbox that has this access key; None if none has it."""
    model = TemporaryCredential if access_key_id.startswith("ASIA") else AccessKey
    rows = model._default_manager.filter(account__sandbox=sandbox_key, access_key_id=access_key_id)
    return rows.values_list("account__account_id", flat=True).first()
