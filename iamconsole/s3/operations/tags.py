"""Tags and ACLs of objects.

Source of what each is decided as: S3 API Reference, GetObjectTagging and the like: with a version ID,
s3:GetObjectVersionTagging "and so on".
"""

from __future__ import annotations

from typing import Any

from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.s3 import errors, keys, resources, tagging, versions
from iamconsole.s3.models import StoredObject
from iamconsole.s3.operations.bucket_settings import owner_has_all
from iamconsole.s3.operations.objects import there
from iamconsole.s3.parameters import refuse_unsimulated


def _meant(call: Call, version_id: str | None, more: dict[str, Any]) -> tuple[StoredObject, Response]:
    """The object, and what the answer says of its version."""
    refuse_unsimulated(call, more)
    place: resources.Place = call.resource.require()
    row = there(call, place, version_id)
    return row, {"VersionId": row.version_id} if versions.is_kept(place.bucket) else {}


@operation(
    "s3:GetObjectTagging",
    resource=resources.existing_latest,
    keys=keys.REQUEST,
    also=[Check("s3:GetObjectVersionTagging", resources.existing_version, keys.VERSION)],
    read_only=True,
    management=False,
)
def get_object_tagging(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    row, answer = _meant(call, version_id, more)
    return answer | {"TagSet": tagging.as_set(row.tags)}


@operation(
    "s3:PutObjectTagging",
    resource=resources.existing_latest,
    keys=keys.OBJECT_TAGS,
    also=[Check("s3:PutObjectVersionTagging", resources.existing_version, keys.OBJECT_TAGS | keys.VERSION)],
    management=False,
)
def put_object_tagging(
    call: Call,
    *,
    bucket: str,
    key: str,
    tagging: dict[str, Any],
    version_id: str | None = None,
    **more: Any,
) -> Response:
    """Set the tags of an object in place of those before; its other properties stay."""
    row, answer = _meant(call, version_id, more)
    _tag(row, tagging["TagSet"])
    return answer


@operation(
    "s3:DeleteObjectTagging",
    resource=resources.existing_latest,
    keys=keys.REQUEST,
    also=[Check("s3:DeleteObjectVersionTagging", resources.existing_version, keys.VERSION)],
    management=False,
)
def delete_object_tagging(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    row, answer = _meant(call, version_id, more)
    _tag(row, ())
    return answer


def _tag(row: StoredObject, tags: Any) -> None:
    row.tags = tagging.from_set(tags, tagging.OF_OBJECT)
    row.save(update_fields=["tags"])


# -- ACLs -------------------------------------------------------------------------------------------


@operation(
    "s3:GetObjectAcl",
    resource=resources.existing_latest,
    keys=keys.REQUEST,
    also=[Check("s3:GetObjectVersionAcl", resources.existing_version, keys.VERSION)],
    read_only=True,
    management=False,
)
def get_object_acl(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    _meant(call, version_id, more)
    return owner_has_all(call.resource.require().bucket)


@operation(
    "s3:PutObjectAcl",
    resource=resources.existing_latest,
    keys=keys.CHANGED_ACL,
    also=[Check("s3:PutObjectVersionAcl", resources.existing_version, keys.CHANGED_ACL | keys.VERSION)],
    management=False,
)
def put_object_acl(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    """Refused once it is allowed, as PutBucketAcl is: ownership is "bucket owner enforced"."""
    _meant(call, version_id, {})
    raise errors.no_acls()
