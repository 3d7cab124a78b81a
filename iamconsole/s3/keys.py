"""The condition keys that S3's requests carry, as the operations declare them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 User Guide,
"Bucket policy examples using condition keys" and "Tagging and access control policies"; S3 API Reference,
"Amazon S3 Signature Version 4 Authentication Specific Policy Keys".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from iamconsole.core.operation import Call, Keys, Params
from iamconsole.s3 import errors, tagging


def _resource_account(call: Call) -> str:
    return call.resource.account or call.caller.account_id


def _tls_version(call: Call) -> str | None:
    # As aws:SecureTransport, it says what AWS's endpoint would: its clients of today negotiate TLS 1.3.
    return "1.3" if call.context.secure_transport else None


def _signing_kind(call: Call) -> str | None:
    # Nothing was signed by a caller without credentials.
    return call.context.signing.kind or None


def _signature_age(call: Call) -> str | None:
    age = call.context.signing.age
    return None if age is None else str(age)


def _signature_version(call: Call) -> str | None:
    return call.context.signing.version or None


def _payload(call: Call) -> str | None:
    return call.context.signing.payload


# What every request of S3 carries; the tables below begin with it.
REQUEST: Keys = {
    "s3:ResourceAccount": _resource_account,
    "s3:TlsVersion": _tls_version,
    "s3:authType": _signing_kind,
    "s3:signatureAge": _signature_age,
    "s3:signatureversion": _signature_version,
    "s3:x-amz-content-sha256": _payload,
}

VERSION: Keys = {**REQUEST, "s3:versionid": "version_id"}

LISTING: Keys = {
    **REQUEST,
    "s3:prefix": "prefix",
    "s3:delimiter": "delimiter",
    "s3:max-keys": "max_keys",
}

_ACL: Keys = {
    **REQUEST,
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
}
OBJECT_ACL: Keys = _ACL | {"s3:x-amz-storage-class": "storage_class"}
BUCKET_ACL: Keys = _ACL | {"s3:x-amz-grant-write": "grant_write"}
# Of an object that is there: the request names no storage class.
CHANGED_ACL: Keys = BUCKET_ACL


GRANTS = ("grant_full_control", "grant_read", "grant_read_acp", "grant_write", "grant_write_acp")


def sets_acl(params: Params) -> bool:
    """PutObject: "To successfully change the objects ACL of your PutObject request", s3:PutObjectAcl is needed."""
    return any(params.get(name) for name in ("acl", *GRANTS))


def sets_bucket_acl(params: Params) -> bool:
    """CreateBucket: with the ACL `private`, or with none, "only the s3:CreateBucket permission is required"."""
    return params.get("acl") not in (None, "private") or any(params.get(name) for name in GRANTS)


# -- a new bucket -----------------------------------------------------------------------------------


def _configuration(params: Params) -> dict[str, Any]:
    return params.get("create_bucket_configuration") or {}


def bucket_tags(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in _configuration(params).get("Tags") or ()}


def _location(call: Call) -> str | None:
    """`EU` or a Region; absent where the request names none, as it must be for us-east-1."""
    return _configuration(call.params).get("LocationConstraint") or None


def _bucket_tag_values(call: Call) -> dict[str, str]:
    return bucket_tags(call.params)


def _bucket_tag_keys(call: Call) -> list[str] | None:
    return list(bucket_tags(call.params)) or None


BUCKET_TAGS: Keys = {**REQUEST, "aws:RequestTag/${TagKey}": _bucket_tag_values, "aws:TagKeys": _bucket_tag_keys}
NEW_BUCKET: Keys = {
    **BUCKET_ACL,
    **BUCKET_TAGS,
    "s3:locationconstraint": _location,
    "s3:x-amz-object-ownership": "object_ownership",
    "s3:x-amz-bucket-namespace": "bucket_namespace",
}

# -- a new object -----------------------------------------------------------------------------------


def _object_tags(call: Call) -> dict[str, str]:
    """Of the x-amz-tagging header, or of a TagSet."""
    given = call.params.get("tagging")
    if isinstance(given, Mapping):
        return tagging.from_set(given["TagSet"], tagging.OF_OBJECT)
    return tagging.from_header(given)


def _object_tag_keys(call: Call) -> list[str] | None:
    return list(_object_tags(call)) or None


def _remaining_days(call: Call) -> str | None:
    until = call.params.get("object_lock_retain_until_date")
    return str(max(0, (until - call.now).days)) if isinstance(until, dt.datetime) else None


def _creates_object(call: Call) -> str:
    """S3 User Guide, "Enforce conditional writes on Amazon S3 buckets": false for what only prepares an object, which
    are "CreateMultipartUpload, UploadPart, or UploadPartCopy"."""
    return "true"


def _prepares_object(call: Call) -> str:
    return "false"


def _copy_source(call: Call) -> str:
    """The source as policies name it: `bucket/key`, without a version."""
    bucket, key, _ = copy_source(call.params)
    return f"{bucket}/{key}"


def _source_version(call: Call) -> str | None:
    return copy_source(call.params)[2]


def copy_source(params: Params) -> tuple[str, str, str | None]:
    """Bucket, key and version ID of the x-amz-copy-source header, which is URL-encoded.

    Source: S3 API Reference, CopyObject: "the name of the source bucket and the key of the source object, separated by
    a slash (/)"; "append ?versionId=<version-id> to the value".
    """
    path, _, version_id = str(params["copy_source"]).removeprefix("/").partition("?versionId=")
    bucket, slash, key = unquote(path).partition("/")
    if not bucket or not slash or not key or bucket.startswith("arn:"):
        message = "Invalid copy source object key" if bucket else "Invalid copy source bucket name"
        raise errors.invalid_argument(message, "x-amz-copy-source", str(params["copy_source"]))
    return bucket, key, version_id or None


OBJECT_TAGS: Keys = {**REQUEST, "s3:RequestObjectTag/<key>": _object_tags, "s3:RequestObjectTagKeys": _object_tag_keys}
_EVENT_HOLDS = ("object_lock_event_hold", "object_lock_event_hold_duration_days")
RETENTION: Keys = {
    **REQUEST,
    "s3:object-lock-mode": "object_lock_mode",
    "s3:object-lock-retain-until-date": "object_lock_retain_until_date",
    "s3:object-lock-remaining-retention-days": _remaining_days,
    "s3:object-lock-event-hold": "object_lock_event_hold",
    "s3:object-lock-event-hold-duration-days": "object_lock_event_hold_duration_days",
}
LEGAL_HOLD: Keys = {**REQUEST, "s3:object-lock-legal-hold": "object_lock_legal_hold_status"}
NEW_OBJECT: Keys = {
    **OBJECT_ACL,
    **OBJECT_TAGS,
    **RETENTION,
    **LEGAL_HOLD,
    "s3:ObjectCreationOperation": _creates_object,
    "s3:if-match": "if_match",
    "s3:if-none-match": "if_none_match",
    "s3:x-amz-server-side-encryption": "server_side_encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "s3:x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
    "s3:x-amz-website-redirect-location": "website_redirect_location",
}


_CUSTOMER_KEY: Keys = {"s3:x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm"}
_CONDITIONS: Keys = {"s3:if-match": "if_match", "s3:if-none-match": "if_none_match"}
SOURCE_VERSION: Keys = {**REQUEST, "s3:versionid": _source_version}
COPY: Keys = {
    **NEW_OBJECT,
    "s3:x-amz-copy-source": _copy_source,
    "s3:x-amz-metadata-directive": "metadata_directive",
    "s3:x-amz-object-annotation-directive": "annotation_directive",
}
NEW_UPLOAD: Keys = {name: source for name, source in NEW_OBJECT.items() if name not in _CONDITIONS} | {
    "s3:ObjectCreationOperation": _prepares_object
}
NEW_PART: Keys = {**REQUEST, **_CUSTOMER_KEY, "s3:ObjectCreationOperation": _prepares_object}
COPIED_PART: Keys = {**NEW_PART, "s3:x-amz-copy-source": _copy_source}
COMPLETED: Keys = {**REQUEST, **_CUSTOMER_KEY, **_CONDITIONS, "s3:ObjectCreationOperation": _creates_object}


def sets_retention(params: Params) -> bool:
    """PutObject may lock the new object, for a time or until an event."""
    return any(params.get(name) for name in ("object_lock_mode", "object_lock_retain_until_date", *_EVENT_HOLDS))
