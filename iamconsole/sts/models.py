"""Temporary credentials: of a console sign-in, a session token, a role session or a federated user."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class TemporaryCredential(models.Model):
    """An ASIA… key with its session token, and all that is known of the session it speaks for.

    Whom it speaks for follows from `kind`: a role session's `role`, and for the others the `user` who asked for it
    or signed in, or the root user where there is none. A role session has no user, so that nobody can take it for
    the root user's.

    `name` is that of the role session or of the federated user. `tags` are the session tags (of these, `transitive`
    go on to the next session of a chain), `policy` and `policy_arns` the session policies. `chained`: the role was
    assumed with the credentials of a role. `context` are condition keys that every request of the session has
    because an identity provider said so, `federation` is what events say of that.
    `from_console`: made by a sign-in. `restricted`: the sign-in has still to change its password, and may do
    nothing else.
    """

    class Kind(models.TextChoices):
        CONSOLE = "console"
        SESSION = "session"
        ROLE = "role"
        FEDERATED = "federated"

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="temporary_credentials")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.CONSOLE)
    user = models.ForeignKey("iam.User", models.CASCADE, null=True, related_name="temporary_credentials")
    role = models.ForeignKey("iam.Role", models.CASCADE, null=True, related_name="temporary_credentials")
    access_key_id = models.CharField(max_length=20, unique=True)
    secret = models.BinaryField()
    token_sha256 = models.CharField(max_length=64)
    issued = models.DateTimeField()
    expires = models.DateTimeField()
    mfa = models.BooleanField(default=False)
    from_console = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False)

    name = models.CharField(max_length=64, blank=True, default="")
    policy = models.ForeignKey("accounts.PolicyText", models.PROTECT, null=True)
    policy_arns = models.JSONField(default=list)
    tags = models.JSONField(default=dict)
    transitive = models.JSONField(default=list)
    source_identity = models.CharField(max_length=64, blank=True, default="")
    chained = models.BooleanField(default=False)
    context = models.JSONField(default=dict)
    federation = models.JSONField(null=True)

    class Meta:
        # What has ended is looked for every few seconds.
        indexes = [models.Index("expires", name="temporary_credential_by_end")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="role", role__isnull=False, user__isnull=True)
                | (~Q(kind="role") & Q(role__isnull=True)),
                name="temporary_credential_of_role_has_one",
            ),
        ]

    def __str__(self) -> str:
        return self.access_key_id
