"""S3's own errors (limits.md §7). Source: Amazon S3 API Reference, "Error responses"."""

from __future__ import annotations

from iamconsole.core.errors import AwsError


class S3Error(AwsError):
    status = 400


def no_such_bucket(name: str) -> S3Error:
    return S3Error(
        "The specified bucket does not exist",
        code="NoSuchBucket",
        status=404,
        field="bucket",
        extra={"BucketName": name},
    )


def no_such_key(key: str) -> S3Error:
    return S3Error("The specified key does not exist.", code="NoSuchKey", status=404, extra={"Key": key})


def invalid_bucket_name(name: str) -> S3Error:
    return S3Error(
        "The specified bucket is not valid.", code="InvalidBucketName", field="bucket", extra={"BucketName": name}
    )


def bucket_exists(owned: bool, name: str) -> S3Error:
    if owned:
        code = "BucketAlreadyOwnedByYou"
        message = "Your previous request to create the named bucket succeeded and you already own it."
    else:
        code = "BucketAlreadyExists"
        message = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the "
            "system. Please select a different name and try again."
        )
    return S3Error(message, code=code, status=409, field="bucket", extra={"BucketName": name})


def bucket_not_empty(name: str) -> S3Error:
    return S3Error(
        "The bucket you tried to delete is not empty",
        code="BucketNotEmpty",
        status=409,
        extra={"BucketName": name},
    )


def entity_too_large(size: int | None, limit: int) -> S3Error:
    extra = {"MaxSizeAllowed": str(limit)} | ({"ProposedSize": str(size)} if size is not None else {})
    return S3Error("Your proposed upload exceeds the maximum allowed object size.", code="EntityTooLarge", extra=extra)


def quota_exceeded(what: str, most: int) -> S3Error:
    # AWS has no such quota, and so no words for it. The status is one that clients do not retry.
    message = f"The sandbox may hold up to {most} {what} in Amazon S3. Delete something to make room."
    return S3Error(message, code="QuotaExceeded", status=403, extra={"Quota": str(most)})


def key_too_long() -> S3Error:
    return S3Error("Your key is too long", code="KeyTooLongError")


def precondition_failed(condition: str) -> S3Error:
    return S3Error(
        "At least one of the pre-conditions you specified did not hold",
        code="PreconditionFailed",
        status=412,
        extra={"Condition": condition},
    )


def not_modified(etag: str) -> S3Error:
    return S3Error("Not Modified", code="NotModified", status=304, extra={"ETag": f'"{etag}"'})


def not_implemented(name: str) -> S3Error:
    message = f"The parameter {name} is not simulated here."
    return S3Error(message, code="NotImplemented", status=501, extra={"Header": name})


def malformed_policy(message: str) -> S3Error:
    return S3Error(message, code="MalformedPolicy", field="policy")


def no_bucket_policy(name: str) -> S3Error:
    return S3Error(
        "The bucket policy does not exist", code="NoSuchBucketPolicy", status=404, extra={"BucketName": name}
    )


def invalid_argument(message: str, name: str, value: str) -> S3Error:
    return S3Error(message, code="InvalidArgument", extra={"ArgumentName": name, "ArgumentValue": value})


def invalid_range(asked: str, size: int) -> S3Error:
    return S3Error(
        "The requested range is not satisfiable",
        code="InvalidRange",
        status=416,
        extra={"RangeRequested": asked, "ActualObjectSize": str(size)},
    )
