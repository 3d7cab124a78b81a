"""Reads of temporary credentials for the gateway."""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.accounts import secrets
from iamconsole.accounts.prepared import Prepared
from iamconsole.sts.models import TemporaryCredential


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    row: TemporaryCredential
    secret: str


def temporary_credential(access_key_id: str) -> TemporaryKey | None:
    rows = _temporary_credential(access_key_id)
    return TemporaryKey(rows[0], secrets.opened(bytes(rows[0].secret))) if rows else None


_everything = TemporaryCredential.objects.select_related("user", "role", "account", "policy", "user__login_profile")
_temporary_credential = Prepared[TemporaryCredential](lambda key: _everything.filter(access_key_id=key), str)
