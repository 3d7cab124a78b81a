"""What many of S3's requests have in common: parameters that anything may have, and conditions on ETags and times."""

from __future__ import annotations

import datetime as dt

from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, Params
from iamconsole.s3 import checksums, errors, keys
from iamconsole.s3.models import StoredObject

# What says how the bytes travel, or asks for what is so anyway. Every other parameter that an operation
# does not name is refused: what is ignored in silence would be believed.
HARMLESS = {
    *(
        "content_length",
        "content_md5",
        "request_payer",
        "optional_object_attributes",
        "confirm_remove_self_bucket_access",
        "checksum_algorithm",
        "checksum_mode",
    ),
    *checksums.PARAMETERS,
}
AS_IT_IS = {
    "server_side_encryption": "AES256",
    "object_ownership": "BucketOwnerEnforced",
}
BUCKET_OWNER_ENFORCED = {"private", "bucket-owner-full-control"}
# Those that can be read at once. An object in the others must be restored first, which is not simulated.
STORAGE_CLASSES = (
    *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA"),
    *("INTELLIGENT_TIERING", "GLACIER_IR"),
)


def refuse_unsimulated(call: Call, more: Params) -> None:
    """Check the parameters that any operation may have (`more`: those it does not name), and refuse the rest."""
    for name, value in more.items():
        if name in HARMLESS or AS_IT_IS.get(name) == value or value in (None, False, ""):
            continue
        if name == "expected_bucket_owner":
            if value != call.resource.account:
                raise AccessDenied("Access Denied")
        elif name == "acl":
            # Source: S3 User Guide, "Controlling ownership of objects": with ACLs disabled only these are accepted.
            if value not in BUCKET_OWNER_ENFORCED:
                raise errors.no_acls()
        elif name in keys.GRANTS:
            raise errors.no_acls()
        else:
            raise errors.not_implemented(name)


def storage_class(value: str | None) -> str:
    if value not in (None, *STORAGE_CLASSES):
        raise errors.not_implemented("storage_class")
    return value or "STANDARD"


def check_read(
    row: StoredObject,
    if_match: str | None,
    if_none_match: str | None,
    if_modified_since: dt.datetime | None,
    if_unmodified_since: dt.datetime | None,
) -> None:
    """The conditions of a read. A match of ETags outweighs the time, and so does the lack of one.

    Source: S3 API Reference, GetObject: with If-Match true and If-Unmodified-Since false "S3 returns 200 OK",
    with If-None-Match false and If-Modified-Since true "304 Not Modified".
    """
    modified = row.modified.replace(microsecond=0)  # the headers have whole seconds
    if if_match is not None:
        if not _names(if_match, row.etag):
            raise errors.precondition_failed("If-Match")
    elif if_unmodified_since is not None and modified > if_unmodified_since:
        raise errors.precondition_failed("If-Unmodified-Since")
    if if_none_match is not None:
        if _names(if_none_match, row.etag):
            raise errors.not_modified(row.etag)
    elif if_modified_since is not None and modified <= if_modified_since:
        raise errors.not_modified(row.etag)


def check_copy_source(row: StoredObject, params: Params) -> None:
    """The same of the source of a copy, where nothing is "not modified": every condition that fails is a 412.

    Source: S3 API Reference, CopyObject, "x-amz-copy-source-if headers".
    """
    try:
        check_read(
            row,
            params.get("copy_source_if_match"),
            params.get("copy_source_if_none_match"),
            params.get("copy_source_if_modified_since"),
            params.get("copy_source_if_unmodified_since"),
        )
    except errors.S3Error as error:
        raise errors.precondition_failed(error.extra.get("Condition", "x-amz-copy-source-If-None-Match")) from error


def _names(given: str, etag: str) -> bool:
    """Whether a list of ETags, as browsers send it, names this one; `*` names every one."""
    return any(one.strip().removeprefix("W/").strip('"') in ("*", etag) for one in given.split(","))


def check_etag(row: StoredObject | None, key: str, if_match: str | None, if_none_match: str | None = None) -> None:
    """The conditions of a write. Source: S3 User Guide, "Add preconditions to S3 operations"."""
    row = None if row is None or row.delete_marker else row
    if if_match is not None and (row is None or not _names(if_match, row.etag)):
        # "If there's no current object version with the same name …, the operation fails with a 404 Not Found error".
        raise errors.precondition_failed("If-Match") if row else errors.no_such_key(key)
    if if_none_match is not None and row is not None and _names(if_none_match, row.etag):
        raise errors.precondition_failed("If-None-Match")
