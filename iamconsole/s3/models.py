"""Buckets and objects as rows; the bytes lie in Django's storage under names of our own."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from iamconsole.policy import BlockPublicAccess

# The version ID of an object that was stored while versioning was not enabled.
NULL_VERSION = "null"


class Bucket(models.Model):
    """A general purpose bucket. Its name is unique in its sandbox, as on AWS it is in the world.

    `object_count` and `byte_count` are of all that it holds (usage.py). `settings` are those that are kept as they
    were put (bucket_settings.py), by name.
    """

    class Versioning(models.TextChoices):
        NEVER = "", "Unversioned"
        ENABLED = "Enabled"
        SUSPENDED = "Suspended"

    sandbox = models.ForeignKey("accounts.Sandbox", models.CASCADE, related_name="buckets")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=63)
    region = models.CharField(max_length=32)
    created = models.DateTimeField()
    policy = models.ForeignKey("accounts.PolicyText", models.PROTECT, null=True)
    versioning = models.CharField(max_length=9, choices=Versioning, default=Versioning.NEVER, blank=True)
    tags = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    object_count = models.PositiveBigIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("sandbox", "name", name="bucket_name_unique_in_sandbox")]

    def __str__(self) -> str:
        return self.name


class _PublicAccessBlock(models.Model):
    """The four settings of Block Public Access. Without a row none of them is on."""

    block_public_acls = models.BooleanField(default=True)
    ignore_public_acls = models.BooleanField(default=True)
    block_public_policy = models.BooleanField(default=True)
    restrict_public_buckets = models.BooleanField(default=True)

    class Meta:
        abstract = True

    @property
    def as_policy(self) -> BlockPublicAccess:
        return BlockPublicAccess(
            self.block_public_acls, self.ignore_public_acls, self.block_public_policy, self.restrict_public_buckets
        )


class BucketPublicAccessBlock(_PublicAccessBlock):
    bucket = models.OneToOneField(Bucket, models.CASCADE, related_name="public_access_block")

    def __str__(self) -> str:
        return f"Block Public Access of {self.bucket_id}"


class AccountPublicAccessBlock(_PublicAccessBlock):
    account = models.OneToOneField("accounts.Account", models.CASCADE, related_name="s3_public_access_block")

    def __str__(self) -> str:
        return f"Block Public Access of account {self.account_id}"


# Stored as sent and given back with the object: parameter → response member, they have the same name.
GIVEN_BACK = ("cache_control", "content_disposition", "content_encoding", "content_language", "expires")


class _Described(models.Model):
    """What a client says of an object when it is stored, or when its multipart upload begins."""

    content_type = models.CharField(max_length=256)
    # What the client sent to be given back: Content-Encoding, Cache-Control, x-amz-meta-… and the like.
    headers = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    tags = models.JSONField(default=dict)
    storage_class = models.CharField(max_length=32, default="STANDARD")

    class Meta:
        abstract = True

    @property
    def description(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in _Described._meta.get_fields()}


class StoredObject(_Described):
    """A version of an object; where versioning was never enabled, the object itself.

    The versions of a key are as old as their primary keys say: a version is never put in an older one's place where
    there are several. `latest` is the one that a request without a version ID is about; a delete marker has no bytes.
    `stored_as` is the storage's name for the bytes, never made from the key; an object that came in parts has them in
    its parts instead. Copies share the bytes: they go when nothing names them any more (`storage.release`).
    """

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="objects_in")
    key = models.CharField(max_length=1024)
    version_id = models.CharField(max_length=64, default=NULL_VERSION)
    latest = models.BooleanField(default=True)
    delete_marker = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField()
    etag = models.CharField(max_length=64)
    # By algorithm, in base64: one, of the whole object or made of its parts' ("…-2").
    checksums = models.JSONField(default=dict)
    modified = models.DateTimeField()
    stored_as = models.CharField(max_length=100, db_index=True, null=True)  # noqa: DJ001  # an empty name would be one

    class Meta:
        constraints = [
            models.UniqueConstraint("bucket", "key", name="object_key_once", condition=Q(latest=True)),
            models.UniqueConstraint("bucket", "key", "version_id", name="object_version_once"),
        ]

    def __str__(self) -> str:
        return self.key


class MultipartUpload(_Described):
    """An object on its way, in parts. It becomes one when it is completed, and none when it is aborted."""

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="uploads")
    key = models.CharField(max_length=1024)
    upload_id = models.CharField(max_length=64)
    initiated = models.DateTimeField()
    initiator = models.CharField(max_length=2048)
    checksum_algorithm = models.CharField(max_length=16, blank=True)
    checksum_type = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("bucket", "upload_id", name="upload_id_once")]

    def __str__(self) -> str:
        return f"{self.upload_id} of {self.key}"


class Part(models.Model):
    """A part of a multipart upload, or of the object that was made of it."""

    upload = models.ForeignKey(MultipartUpload, models.CASCADE, related_name="parts", null=True)
    object = models.ForeignKey(StoredObject, models.CASCADE, related_name="parts", null=True)
    number = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    size = models.PositiveBigIntegerField()
    etag = models.CharField(max_length=64)
    checksums = models.JSONField(default=dict)
    modified = models.DateTimeField()
    stored_as = models.CharField(max_length=100, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("upload", "number", name="part_of_upload_once"),
            models.UniqueConstraint("object", "number", name="part_of_object_once"),
            models.CheckConstraint(
                condition=Q(upload=None, object__isnull=False) | Q(upload__isnull=False, object=None),
                name="part_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.stored_as}"


class KeptBytes(models.Model):
    """Bytes of an image that is kept, such as a template: they stay, though they are no object's."""

    stored_as = models.CharField(max_length=100, db_index=True)
    kept_by = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.stored_as} for {self.kept_by}"


# Where the storage's names stand.
NAMING_BYTES: tuple[type[models.Model], ...] = (KeptBytes, StoredObject, Part)
