"""Buckets themselves: the list of them, create, look at, delete."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from iamconsole.core import arn
from iamconsole.core.operation import Call, Check, Response, operation, when
from iamconsole.core.regions import DEFAULT, REGIONS
from iamconsole.s3 import errors, keys, listing, names, resources, storage, tagging, usage, versions
from iamconsole.s3.models import Bucket, BucketPublicAccessBlock, Part
from iamconsole.s3.parameters import refuse_unsimulated


@operation(
    "s3:ListBuckets",
    resource=resources.every_bucket,
    action="s3:ListAllMyBuckets",
    keys=keys.REQUEST,
    read_only=True,
)
def list_buckets(
    call: Call,
    *,
    max_buckets: int | None = None,
    continuation_token: str | None = None,
    prefix: str = "",
    bucket_region: str | None = None,
) -> Response:
    """The buckets of the caller's account, in order of name."""
    rows = Bucket.objects.filter(account=call.caller.account_key).order_by("name")
    owner = {"DisplayName": call.caller.account_name, "ID": names.canonical_id(call.caller.account_id)}
    answer: Response = {"Owner": owner}
    if prefix:
        rows = rows.filter(name__gte=prefix, name__lt=prefix + listing.LAST)
        answer["Prefix"] = prefix
    if bucket_region:
        rows = rows.filter(region=bucket_region)
    if asked := call.listing:
        rows = rows.filter(name__icontains=asked.search)
        if asked.sort in ("name", "region", "created"):
            rows = rows.order_by(("-" if asked.descending else "") + asked.sort, "name")
        answer["Total"] = rows.count()
        rows = rows[asked.start : asked.stop]
    else:
        if continuation_token:
            rows = rows.filter(name__gt=listing.read_token(continuation_token))
        if max_buckets:
            rows = rows[: max_buckets + 1]
    found = list(rows)
    if max_buckets and not call.listing and len(found) > max_buckets:
        found = found[:max_buckets]
        answer["ContinuationToken"] = listing.token(found[-1].name)
    answer["Buckets"] = [
        {
            "Name": row.name,
            "CreationDate": row.created,
            "BucketRegion": row.region,
            "BucketArn": arn.bucket(row.name),
        }
        for row in found
    ]
    return answer


@operation(
    "s3:CreateBucket",
    resource=resources.new_bucket,
    keys=keys.NEW_BUCKET,
    also=[
        Check("s3:PutBucketAcl", when(keys.sets_bucket_acl, resources.new_bucket), keys.BUCKET_ACL),
        Check("s3:PutBucketOwnershipControls", when("object_ownership", resources.new_bucket), keys.REQUEST),
        Check(
            "s3:PutBucketObjectLockConfiguration",
            when("object_lock_enabled_for_bucket", resources.new_bucket),
            keys.REQUEST,
        ),
        Check("s3:PutBucketVersioning", when("object_lock_enabled_for_bucket", resources.new_bucket), keys.REQUEST),
        Check("s3:TagResource", when(keys.bucket_tags, resources.new_bucket), keys.BUCKET_TAGS),
    ],
)
def create_bucket(
    call: Call, *, bucket: str, create_bucket_configuration: dict[str, Any] | None = None, **more: Any
) -> Response:
    """Create a bucket in the Region that the request names, or that it was sent to.

    ACL parameters are accepted and have no effect, as with Object Ownership "bucket owner enforced".
    """
    refuse_unsimulated(call, more)
    if names.bucket_name_problem(bucket):
        raise errors.invalid_bucket_name(bucket)
    configuration = dict(create_bucket_configuration or {})
    asked = configuration.pop("LocationConstraint", None)
    tags = tagging.from_set(configuration.pop("Tags", ()), tagging.OF_BUCKET)
    refuse_unsimulated(call, configuration)
    if not asked and call.context.region != DEFAULT:
        raise errors.S3Error(
            "The unspecified location constraint is incompatible for the region specific endpoint this request "
            "was sent to.",
            code="IllegalLocationConstraintException",
            field="region",
        )
    region = asked or DEFAULT
    if region not in REGIONS:
        raise errors.S3Error(
            "The specified location-constraint is not valid", code="InvalidLocationConstraint", field="region"
        )
    taken = Bucket.objects.filter(sandbox=call.caller.sandbox_key, name=bucket).first()
    if taken:
        raise errors.bucket_exists(taken.account_id == call.caller.account_key, bucket)
    try:
        # Another account of the sandbox may take the name at this very moment: it holds another lock.
        with transaction.atomic():
            made = Bucket.objects.create(
                sandbox_id=call.caller.sandbox_key,
                account_id=call.caller.account_key,
                name=bucket,
                region=region,
                created=call.now,
                tags=tags,
            )
    except IntegrityError:
        raise errors.bucket_exists(False, bucket) from None
    usage.check_new_bucket(call.caller.sandbox_key)
    # "By default, new buckets … don't allow public access" (access-control-block-public-access.html), since April 2023.
    BucketPublicAccessBlock.objects.create(bucket=made)
    return {"Location": f"/{bucket}", "BucketArn": arn.bucket(bucket)}


@operation("s3:HeadBucket", resource=resources.bucket, action="s3:ListBucket", keys=keys.REQUEST, read_only=True)
def head_bucket(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    return {"BucketRegion": row.region, "BucketArn": arn.bucket(row.name)}


@operation("s3:GetBucketLocation", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_location(call: Call, *, bucket: str, **more: Any) -> Response:
    """The Region of a bucket; empty for us-east-1, as S3 has answered since its beginning."""
    refuse_unsimulated(call, more)
    region = call.resource.require().region
    return {"LocationConstraint": "" if region == "us-east-1" else region}


@operation("s3:DeleteBucket", resource=resources.bucket, keys=keys.REQUEST)
def delete_bucket(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if row.objects_in.exists():
        raise errors.bucket_not_empty(bucket, versioned=versions.is_kept(row))
    # Uploads that were never completed do not hold a bucket, and go with it.
    released = list(Part.objects.filter(upload__bucket=row).values_list("stored_as", flat=True))
    row.delete()
    storage.release_after_commit(released)
    return {}
