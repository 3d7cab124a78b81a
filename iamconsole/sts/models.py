"""Temporary credentials: a console sign-in now, role and federated sessions later."""

from __future__ import annotations

from django.db import models


class TemporaryCredential(models.Model):
    """An ASIA… key with its session token, of a user or of the root user (`user` is null).

    `from_console`: made by a sign-in. `restricted`: the sign-in has still to change its password,
    and may do nothing else.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="temporary_credentials")
    user = models.ForeignKey("iam.User", models.CASCADE, null=True, related_name="temporary_credentials")
    access_key_id = models.CharField(max_length=20, unique=True)
    secret = models.BinaryField()
    token_sha256 = models.CharField(max_length=64)
    issued = models.DateTimeField()
    expires = models.DateTimeField()
    mfa = models.BooleanField(default=False)
    from_console = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.access_key_id
