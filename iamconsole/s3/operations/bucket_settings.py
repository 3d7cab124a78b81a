"""What a bucket is set to: versioning, tags, ownership, encryption, and what is kept and given back.

Which of them act: versioning, and CORS towards browsers. Ownership is "bucket owner enforced" for every bucket and
encryption SSE-S3, S3's defaults since 2023; what would change that is refused rather than kept in vain. Lifecycle
rules, access logs and notifications are kept and given back.
"""

from __future__ import annotations

from typing import Any

from iamconsole.core.operation import Call, Response, operation
from iamconsole.s3 import errors, keys, listing, resources, settings, tagging
from iamconsole.s3.models import Bucket
from iamconsole.s3.parameters import refuse_unsimulated

# -- versioning and tags ----------------------------------------------------------------------------


@operation("s3:GetBucketVersioning", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_versioning(call: Call, *, bucket: str, **more: Any) -> Response:
    """Nothing for a bucket on which versioning was never enabled."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    return {"Status": row.versioning} if row.versioning else {}


@operation("s3:PutBucketVersioning", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_versioning(
    call: Call, *, bucket: str, versioning_configuration: dict[str, str], **more: Any
) -> Response:
    """Enable or suspend versioning; once enabled it never ends (Versioning.html)."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if versioning_configuration.get("MFADelete") == "Enabled":
        raise errors.not_implemented("MFADelete")
    status = versioning_configuration.get("Status")
    if status is None:
        raise errors.S3Error("The Versioning element must be specified", code="IllegalVersioningConfigurationException")
    row.versioning = status
    row.save(update_fields=["versioning"])
    return {}


@operation("s3:GetBucketTagging", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_tagging(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if not row.tags:
        raise errors.not_set("NoSuchTagSet", "The TagSet does not exist", bucket)
    return {"TagSet": tagging.as_set(row.tags)}


@operation("s3:PutBucketTagging", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_tagging(call: Call, *, bucket: str, tagging: dict[str, Any], **more: Any) -> Response:
    """Set the tags in place of those before."""
    refuse_unsimulated(call, more)
    return _tag(call.resource.require(), tagging["TagSet"])


@operation("s3:DeleteBucketTagging", resource=resources.bucket, action="s3:PutBucketTagging", keys=keys.REQUEST)
def delete_bucket_tagging(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    return _tag(call.resource.require(), ())


def _tag(row: Bucket, tags: Any) -> Response:
    row.tags = tagging.from_set(tags, tagging.OF_BUCKET)
    row.save(update_fields=["tags"])
    return {}


# -- ownership and ACLs -----------------------------------------------------------------------------

ENFORCED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@operation("s3:GetBucketOwnershipControls", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_ownership_controls(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    call.resource.require()
    return {"OwnershipControls": ENFORCED}


@operation("s3:PutBucketOwnershipControls", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_ownership_controls(
    call: Call, *, bucket: str, ownership_controls: dict[str, Any], **more: Any
) -> Response:
    """Only "bucket owner enforced" is here: with the others, ACLs would have to decide."""
    refuse_unsimulated(call, more)
    call.resource.require()
    if ownership_controls != ENFORCED:
        raise errors.not_implemented("ObjectOwnership")
    return {}


def owner_has_all(bucket: Bucket) -> Response:
    """The ACL of everything: its owner has full control, and "bucket owner enforced" lets nobody add to it."""
    owner = listing.owner(bucket)
    return {"Owner": owner, "Grants": [{"Grantee": owner | {"Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]}


@operation("s3:GetBucketAcl", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_acl(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    return owner_has_all(call.resource.require())


@operation("s3:PutBucketAcl", resource=resources.bucket, keys=keys.BUCKET_ACL)
def put_bucket_acl(call: Call, *, bucket: str, **more: Any) -> Response:
    """S3 User Guide, "Controlling ownership of objects": "requests to set ACLs or update ACLs fail and return the
    AccessControlListNotSupported error code. Requests to read ACLs are still supported."
    """
    call.resource.require()
    raise errors.no_acls()


# -- encryption -------------------------------------------------------------------------------------


@operation(
    "s3:GetBucketEncryption",
    resource=resources.bucket,
    action="s3:GetEncryptionConfiguration",
    keys=keys.REQUEST,
    read_only=True,
)
def get_bucket_encryption(call: Call, *, bucket: str, **more: Any) -> Response:
    """SSE-S3 where nothing else was put: the default of every bucket since January 2023."""
    refuse_unsimulated(call, more)
    default = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
    return {"ServerSideEncryptionConfiguration": settings.get(call.resource.require(), "encryption") or default}


@operation(
    "s3:PutBucketEncryption", resource=resources.bucket, action="s3:PutEncryptionConfiguration", keys=keys.REQUEST
)
def put_bucket_encryption(
    call: Call, *, bucket: str, server_side_encryption_configuration: dict[str, Any], **more: Any
) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    rules = server_side_encryption_configuration["Rules"]
    if len(rules) != 1:
        raise errors.malformed_xml()
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    if default.get("SSEAlgorithm", "AES256") != "AES256" or default.get("KMSMasterKeyID"):
        raise errors.not_implemented("SSEAlgorithm")  # its keys would have to decide
    settings.put(row, "encryption", server_side_encryption_configuration)
    return {}


@operation(
    "s3:DeleteBucketEncryption", resource=resources.bucket, action="s3:PutEncryptionConfiguration", keys=keys.REQUEST
)
def delete_bucket_encryption(call: Call, *, bucket: str, **more: Any) -> Response:
    return _removed(call, "encryption", more)


def _removed(call: Call, name: str, more: dict[str, Any]) -> Response:
    refuse_unsimulated(call, more)
    settings.remove(call.resource.require(), name)
    return {}


# -- CORS and lifecycle -----------------------------------------------------------------------------

CORS_METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})


@operation("s3:GetBucketCors", resource=resources.bucket, action="s3:GetBucketCORS", keys=keys.REQUEST, read_only=True)
def get_bucket_cors(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    found = settings.get(call.resource.require(), "cors")
    if found is None:
        message = "The CORS configuration does not exist"
        raise errors.not_set("NoSuchCORSConfiguration", message, bucket)
    return found


@operation("s3:PutBucketCors", resource=resources.bucket, action="s3:PutBucketCORS", keys=keys.REQUEST)
def put_bucket_cors(call: Call, *, bucket: str, cors_configuration: dict[str, Any], **more: Any) -> Response:
    """Source of the rules: S3 User Guide, "Elements of a CORS configuration" (ManageCorsUsing.html)."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    rules = cors_configuration["CORSRules"]
    if not 1 <= len(rules) <= 100:
        raise errors.malformed_xml()
    for rule in rules:
        for method in rule["AllowedMethods"]:
            if method not in CORS_METHODS:
                message = f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                raise errors.S3Error(message, code="InvalidRequest")
        for origin in rule["AllowedOrigins"]:
            if origin.count("*") > 1:
                message = f'AllowedOrigin "{origin}" can not have more than one wildcard.'
                raise errors.S3Error(message, code="InvalidRequest")
        for header in rule.get("AllowedHeaders", ()):
            if header.count("*") > 1:
                message = f'AllowedHeader "{header}" can not have more than one wildcard.'
                raise errors.S3Error(message, code="InvalidRequest")
    settings.put(row, "cors", cors_configuration)
    return {}


@operation("s3:DeleteBucketCors", resource=resources.bucket, action="s3:PutBucketCORS", keys=keys.REQUEST)
def delete_bucket_cors(call: Call, *, bucket: str, **more: Any) -> Response:
    return _removed(call, "cors", more)


@operation(
    "s3:GetBucketLifecycleConfiguration",
    resource=resources.bucket,
    action="s3:GetLifecycleConfiguration",
    keys=keys.REQUEST,
    read_only=True,
)
def get_bucket_lifecycle_configuration(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    found = settings.get(call.resource.require(), "lifecycle")
    if found is None:
        message = "The lifecycle configuration does not exist"
        raise errors.not_set("NoSuchLifecycleConfiguration", message, bucket)
    return found


@operation(
    "s3:PutBucketLifecycleConfiguration",
    resource=resources.bucket,
    action="s3:PutLifecycleConfiguration",
    keys=keys.REQUEST,
)
def put_bucket_lifecycle_configuration(
    call: Call, *, bucket: str, lifecycle_configuration: dict[str, Any] | None = None, **more: Any
) -> Response:
    """Kept and given back: nothing expires here."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    rules = (lifecycle_configuration or {}).get("Rules", ())
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if not rules:
        raise errors.malformed_xml()
    if len(rules) > 1000 or len(set(names)) < len(names):
        raise errors.invalid_argument("Rule ID must be unique. Found same ID for more than one rule", "ID", "")
    # "If not specified, the bucket's rules have IDs that Amazon S3 assigns" (LifecycleRule).
    ruled = [rule if rule.get("ID") else rule | {"ID": call.ids.unique_id("", 48)} for rule in rules]
    settings.put(row, "lifecycle", {"Rules": ruled})
    return {}


@operation(
    "s3:DeleteBucketLifecycle", resource=resources.bucket, action="s3:PutLifecycleConfiguration", keys=keys.REQUEST
)
def delete_bucket_lifecycle(call: Call, *, bucket: str, **more: Any) -> Response:
    return _removed(call, "lifecycle", more)


# -- logging and notifications ----------------------------------------------------------------------


@operation("s3:GetBucketLogging", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_logging(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    return settings.get(call.resource.require(), "logging") or {}


@operation("s3:PutBucketLogging", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_logging(call: Call, *, bucket: str, bucket_logging_status: dict[str, Any], **more: Any) -> Response:
    """Kept and given back: no access log is delivered here."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    target = bucket_logging_status.get("LoggingEnabled", {}).get("TargetBucket")
    if target is not None and not Bucket.objects.filter(account=row.account_id, name=target).exists():
        message = "The target bucket for logging does not exist"
        raise errors.S3Error(message, code="InvalidTargetBucketForLogging", extra={"TargetBucket": target})
    settings.put(row, "logging", bucket_logging_status)
    return {}


@operation(
    "s3:GetBucketNotificationConfiguration",
    resource=resources.bucket,
    action="s3:GetBucketNotification",
    keys=keys.REQUEST,
    read_only=True,
)
def get_bucket_notification_configuration(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    return settings.get(call.resource.require(), "notification") or {}


@operation(
    "s3:PutBucketNotificationConfiguration",
    resource=resources.bucket,
    action="s3:PutBucketNotification",
    keys=keys.REQUEST,
)
def put_bucket_notification_configuration(
    call: Call, *, bucket: str, notification_configuration: dict[str, Any], **more: Any
) -> Response:
    """Kept and given back: there is no service here that could be told."""
    more.pop("skip_destination_validation", None)
    refuse_unsimulated(call, more)
    settings.put(call.resource.require(), "notification", notification_configuration)
    return {}
