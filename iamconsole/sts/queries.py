"""Reads of temporary credentials for the gateway."""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.accounts import secrets
from iamconsole.sts.models import TemporaryCredential


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    row: TemporaryCredential
    secret: str


def temporary_credential(access_key_id: str) -> TemporaryKey | None:
    row = (
        TemporaryCredential.objects.select_related("user", "account", "user__login_profile")
        .filter(access_key_id=access_key_id)
        .first()
    )
    if row is None:
        return None
    return TemporaryKey(row, secrets.opened(bytes(row.secret)))
