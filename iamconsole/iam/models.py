"""IAM's objects as rows. Names, paths and unique IDs follow limits.md §1 and §6."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from iamconsole.core import arn

# IAM keeps this path for the roles of AWS's services: nobody else can make one under it.
SERVICE_LINKED_PATH = "/aws-service-role/"


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


class Bounded(models.Model):
    """What may have a permissions boundary: one of our managed policies by row, or one of AWS's by ARN."""

    boundary = models.ForeignKey("iam.ManagedPolicy", models.RESTRICT, null=True, related_name="bounded_%(class)ss")
    boundary_aws_arn = models.CharField(max_length=256, blank=True, default="")

    class Meta:
        abstract = True

    def boundary_arn(self, account_id: str) -> str:
        """The ARN of its boundary; empty for none."""
        return self.boundary.arn(account_id) if self.boundary else self.boundary_aws_arn


def _one_boundary(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(boundary=None) | models.Q(boundary_aws_arn=""), name=name)


class User(Named, Bounded):
    kind = "user"

    tags = models.JSONField(default=dict)
    password_last_used = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="user_name_unique_in_account"),
            _one_boundary("user_has_one_boundary"),
        ]


class Group(Named):
    kind = "group"

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="group_name_unique_in_account"),
        ]


class Role(Named, Bounded):
    """A role. `trust` is its trust policy, in which users and roles stand by their unique IDs."""

    kind = "role"

    description = models.CharField(max_length=1000, blank=True)
    trust = models.ForeignKey("accounts.PolicyText", models.PROTECT)
    max_session_duration = models.PositiveIntegerField(default=3600)
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="role_name_unique_in_account"),
            _one_boundary("role_has_one_boundary"),
        ]

    @property
    def is_service_linked(self) -> bool:
        return self.path.startswith(SERVICE_LINKED_PATH)


class InstanceProfile(Named):
    """What an EC2 instance carries: a name, and at most one role."""

    kind = "instance-profile"

    role = models.ForeignKey(Role, models.RESTRICT, null=True, related_name="instance_profiles")
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="instance_profile_name_unique_in_account"),
        ]


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint("user", "group", name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"


class LoginProfile(models.Model):
    """A user's console password. `former` are the hashes of those before it, newest first: a password policy may
    forbid to use them again."""

    user = models.OneToOneField(User, models.CASCADE, related_name="login_profile")
    password = models.CharField(max_length=200)
    reset_required = models.BooleanField(default=False)
    created = models.DateTimeField()
    changed = models.DateTimeField()
    former = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"login profile of {self.user_id}"


class PasswordPolicy(models.Model):
    """An account's custom password policy; an account without one has the IAM default."""

    account = models.OneToOneField("accounts.Account", models.CASCADE, related_name="password_policy")
    minimum_length = models.PositiveSmallIntegerField(default=6)
    require_symbols = models.BooleanField(default=False)
    require_numbers = models.BooleanField(default=False)
    require_uppercase = models.BooleanField(default=False)
    require_lowercase = models.BooleanField(default=False)
    allow_users_to_change = models.BooleanField(default=False)
    max_age = models.PositiveSmallIntegerField(null=True)  # days; null: passwords never expire
    reuse_prevention = models.PositiveSmallIntegerField(null=True)
    hard_expiry = models.BooleanField(null=True)

    def __str__(self) -> str:
        return f"password policy of {self.account_id}"


class SecurityTokenPreferences(models.Model):
    """What an account has set for STS: the version of the session tokens of its global endpoint."""

    account = models.OneToOneField("accounts.Account", models.CASCADE, related_name="security_token_preferences")
    global_endpoint_token_version = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"security token preferences of {self.account_id}"


class CredentialReport(models.Model):
    """The account's newest credential report, as the CSV file that it is."""

    account = models.OneToOneField("accounts.Account", models.CASCADE, related_name="credential_report")
    content = models.TextField()
    generated = models.DateTimeField()

    def __str__(self) -> str:
        return f"credential report of {self.account_id}"


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


class SshPublicKey(models.Model):
    """A user's SSH public key for CodeCommit, kept as it was uploaded."""

    user = models.ForeignKey(User, models.CASCADE, related_name="ssh_public_keys")
    key_id = models.CharField(max_length=21, unique=True)
    body = models.TextField()
    fingerprint = models.CharField(max_length=48)
    active = models.BooleanField(default=True)
    uploaded = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "fingerprint", name="ssh_public_key_once")]

    def __str__(self) -> str:
        return self.key_id


class ServiceSpecificCredential(models.Model):
    """A user name and password for one service only. `secret` is a hash: nobody but its owner can show it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="service_specific_credentials")
    credential_id = models.CharField(max_length=21, unique=True)
    service = models.CharField(max_length=100)
    service_user_name = models.CharField(max_length=200)
    secret = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.credential_id


class SigningCertificate(models.Model):
    """An X.509 signing certificate of a user, or of the root user (`user` is null).

    `fingerprint` is its SHA-256 in hexadecimal: an account knows each certificate once.
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="signing_certificates")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="signing_certificates")
    certificate_id = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64)
    body = models.TextField()
    active = models.BooleanField(default=True)
    uploaded = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "fingerprint", name="signing_certificate_once_in_account"),
        ]

    def __str__(self) -> str:
        return self.certificate_id


class ServerCertificate(Named):
    """A TLS certificate. Its private key, encrypted as secret access keys are, is never shown again."""

    kind = "server-certificate"

    body = models.TextField()
    chain = models.TextField(blank=True)
    private_key = models.BinaryField()
    expires = models.DateTimeField()
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="server_certificate_name_unique_in_account"),
        ]


class SamlProvider(models.Model):
    """A SAML identity provider: its metadata holds the certificates that its assertions are signed with."""

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="saml_providers")
    name = models.CharField(max_length=128)
    unique_id = models.UUIDField(unique=True)
    metadata = models.TextField()
    encryption_mode = models.CharField(max_length=8, blank=True)
    private_keys = models.JSONField(default=list)  # key ID, time and the encrypted key of at most two
    tags = models.JSONField(default=dict)
    created = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("account", Lower("name"), name="saml_provider_name_unique_in_account")]

    def __str__(self) -> str:
        return self.name

    def arn(self, account_id: str) -> str:
        return arn.iam(account_id, "saml-provider", self.name)


class OidcProvider(models.Model):
    """An OpenID Connect identity provider. `url` is kept without its scheme, as its ARN has it."""

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="oidc_providers")
    url = models.CharField(max_length=255)
    client_ids = models.JSONField(default=list)
    thumbprints = models.JSONField(default=list)
    tags = models.JSONField(default=dict)
    created = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("account", "url", name="oidc_provider_once")]

    def __str__(self) -> str:
        return self.url

    def arn(self, account_id: str) -> str:
        return arn.iam(account_id, "oidc-provider", self.url)


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
    """A policy written on one user, group or role, and gone with it."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="inline_policies")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="inline_policies")
    role = models.ForeignKey(Role, models.CASCADE, null=True, related_name="inline_policies")
    name = models.CharField(max_length=128)
    text = models.ForeignKey("accounts.PolicyText", models.PROTECT)

    class Meta:
        constraints = [
            _of_one("inline_policy_of_one_identity", "user", "group", "role"),
            models.UniqueConstraint("user", "name", name="user_inline_policy_once"),
            models.UniqueConstraint("group", "name", name="group_inline_policy_once"),
            models.UniqueConstraint("role", "name", name="role_inline_policy_once"),
        ]

    def __str__(self) -> str:
        return self.name
