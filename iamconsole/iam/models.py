"""IAM's objects as rows. Names, paths and unique IDs follow limits.md §1 and §6."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from iamconsole.core import arn


class Named(models.Model):
    """What users, groups and customer managed policies share.

    IAM keeps the case that was typed but does not let `Ana` and `ana` coexist, so each subclass has a
    unique constraint on the lower-cased name.
    """

    kind: str

    account = models.ForeignKey("accounts.Account", models.CASCADE)
    name = models.CharField(max_length=128)
    path = models.CharField(max_length=512, default="/")
    unique_id = models.CharField(max_length=21, unique=True)
    created = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def arn(self, account_id: str) -> str:
        return arn.iam(account_id, self.kind, self.name, self.path)

    def rename(self, name: str | None, path: str | None) -> None:
        """Give the row another name, another path or both; whether the name is free is the operation's to ask."""
        self.name, self.path = name or self.name, path or self.path
        self.save(update_fields=["name", "path"])


class User(Named):
    kind = "user"

    tags = models.JSONField(default=dict)
    password_last_used = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="user_name_unique_in_account"),
        ]


class Group(Named):
    kind = "group"

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="group_name_unique_in_account"),
        ]


class Role(Named):
    """A role. `trust` is its trust policy: who may assume it."""

    kind = "role"

    description = models.CharField(max_length=1000, blank=True)
    trust = models.ForeignKey("accounts.PolicyText", models.PROTECT)
    max_session_duration = models.PositiveIntegerField(default=3600)
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="role_name_unique_in_account"),
        ]


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint("user", "group", name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"


class LoginProfile(models.Model):
    """A user's console password."""

    user = models.OneToOneField(User, models.CASCADE, related_name="login_profile")
    password = models.CharField(max_length=200)
    reset_required = models.BooleanField(default=False)
    created = models.DateTimeField()
    changed = models.DateTimeField()

    def __str__(self) -> str:
        return f"login profile of {self.user_id}"


class AccessKey(models.Model):
    """A long-term access key of a user, or of the root user (`user` is null).

    The secret must be readable to verify a signature: it is encrypted with a key outside the database.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="access_keys")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="access_keys")
    access_key_id = models.CharField(max_length=20, unique=True)
    secret = models.BinaryField()
    active = models.BooleanField(default=True)
    created = models.DateTimeField()

    def __str__(self) -> str:
        return self.access_key_id


class MfaDevice(models.Model):
    """A virtual MFA device. Enabled without a user, it is the root user's; not enabled, it is nobody's.

    `seed` is encrypted, as secret access keys are. `last_step` is the newest step of which a code was
    used: no code works twice. `drift` is how many steps the device's clock is ahead of ours.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="mfa_devices")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="mfa_devices")
    name = models.CharField(max_length=226)  # a serial number, which is its ARN, has at most 256 characters
    path = models.CharField(max_length=512, default="/")
    seed = models.BinaryField()
    tags = models.JSONField(default=dict)
    created = models.DateTimeField()
    enabled = models.DateTimeField(null=True)
    last_step = models.PositiveBigIntegerField(null=True)
    drift = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "path", Lower("name"), name="mfa_device_name_unique_in_account"),
            models.CheckConstraint(
                condition=models.Q(user=None) | models.Q(enabled__isnull=False), name="mfa_device_of_user_is_enabled"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def arn(self, account_id: str) -> str:
        """Its ARN, which is its serial number."""
        return arn.iam(account_id, "mfa", self.name, self.path)


class ManagedPolicy(Named):
    """A customer managed policy. AWS managed ones come from a package and are never stored."""

    kind = "policy"

    description = models.CharField(max_length=1000, blank=True)
    tags = models.JSONField(default=dict)
    updated = models.DateTimeField()
    # The next version number: version IDs are never reused, so deleting v2 leaves a gap.
    next_version = models.PositiveIntegerField(default=1)
    default_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="policy_name_unique_in_account"),
        ]


class PolicyVersion(models.Model):
    policy = models.ForeignKey(ManagedPolicy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.ForeignKey("accounts.PolicyText", models.PROTECT)
    created = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("policy", "number", name="policy_version_once")]

    def __str__(self) -> str:
        return self.version_id

    @property
    def version_id(self) -> str:
        return f"v{self.number}"


def _of_one(name: str, *kinds: str) -> models.CheckConstraint:
    """The row belongs to an identity of exactly one of `kinds`."""
    either = models.Q()
    for kind in kinds:
        either |= models.Q(**{f"{other}__isnull": other != kind for other in kinds})
    return models.CheckConstraint(condition=either, name=name)


class Attachment(models.Model):
    """A managed policy attached to a user, a group or a role: ours by row, AWS's by ARN."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="attachments")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="attachments")
    role = models.ForeignKey(Role, models.CASCADE, null=True, related_name="attachments")
    policy = models.ForeignKey(ManagedPolicy, models.CASCADE, null=True, related_name="attachments")
    aws_arn = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [models.Index("aws_arn", name="attachment_of_aws_policy")]
        constraints = [
            _of_one("attachment_of_one_identity", "user", "group", "role"),
            models.CheckConstraint(
                condition=models.Q(policy__isnull=False, aws_arn="")
                | (models.Q(policy__isnull=True) & ~models.Q(aws_arn="")),
                name="attachment_of_one_policy",
            ),
            models.UniqueConstraint(
                "user", "policy", condition=models.Q(policy__isnull=False), name="user_attachment_once"
            ),
            models.UniqueConstraint(
                "group", "policy", condition=models.Q(policy__isnull=False), name="group_attachment_once"
            ),
            models.UniqueConstraint(
                "role", "policy", condition=models.Q(policy__isnull=False), name="role_attachment_once"
            ),
            models.UniqueConstraint(
                "user", "aws_arn", condition=models.Q(policy__isnull=True), name="user_aws_attachment_once"
            ),
            models.UniqueConstraint(
                "group", "aws_arn", condition=models.Q(policy__isnull=True), name="group_aws_attachment_once"
            ),
            models.UniqueConstraint(
                "role", "aws_arn", condition=models.Q(policy__isnull=True), name="role_aws_attachment_once"
            ),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class InlinePolicy(models.Model):
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="inline_policies")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="inline_policies")
    name = models.CharField(max_length=128)
    text = models.ForeignKey("accounts.PolicyText", models.PROTECT)

    class Meta:
        constraints = [
            _of_one("inline_policy_of_one_identity", "user", "group"),
            models.UniqueConstraint("user", "name", name="user_inline_policy_once"),
            models.UniqueConstraint("group", "name", name="group_inline_policy_once"),
        ]

    def __str__(self) -> str:
        return self.name
