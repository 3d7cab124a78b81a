"""Buckets and objects as rows; the bytes lie in Django's storage under names of our own."""

from __future__ import annotations

from django.db import models


class Bucket(models.Model):
    """A general purpose bucket. Its name is unique in its sandbox, as on AWS it is in the world.

    `object_count` and `byte_count` are of its objects (usage.py).
    """

    sandbox = models.ForeignKey("accounts.Sandbox", models.CASCADE, related_name="buckets")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="buckets")
    name = models.CharField(max_length=63)
    region = models.CharField(max_length=32)
    created = models.DateTimeField()
    policy = models.ForeignKey("accounts.PolicyText", models.PROTECT, null=True)
    object_count = models.PositiveBigIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("sandbox", "name", name="bucket_name_unique_in_sandbox")]

    def __str__(self) -> str:
        return self.name


# Stored as sent and given back with the object: parameter → response member, they have the same name.
GIVEN_BACK = ("cache_control", "content_disposition", "content_encoding", "content_language")


class StoredObject(models.Model):
    """An object. `stored_as` is the storage's name for its bytes, never made from the key.

    Copies of a sandbox share the bytes: they go when nothing names them any more (`storage.release`).
    """

    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="objects_in")
    key = models.CharField(max_length=1024)
    size = models.PositiveBigIntegerField()
    etag = models.CharField(max_length=64)
    content_type = models.CharField(max_length=256)
    # What the client sent to be given back: Content-Encoding, Cache-Control, x-amz-meta-… and the like.
    headers = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    modified = models.DateTimeField()
    stored_as = models.CharField(max_length=100, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("bucket", "key", name="object_key_once")]

    def __str__(self) -> str:
        return self.key


class KeptBytes(models.Model):
    """Bytes of an image that is kept, such as a template: they stay, though they are no object's."""

    stored_as = models.CharField(max_length=100, db_index=True)
    kept_by = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.stored_as} for {self.kept_by}"
