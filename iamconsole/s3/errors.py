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


def no_such_key(key: str, headers: dict[str, str] | None = None) -> S3Error:
    extra = {"Key": key} if key else {}
    return S3Error("The specified key does not exist.", code="NoSuchKey", status=404, extra=extra, headers=headers)


def no_such_version(key: str, version_id: str) -> S3Error:
    extra = {"Key": key, "VersionId": version_id}
    return S3Error("The specified version does not exist.", code="NoSuchVersion", status=404, extra=extra)


def no_such_upload(upload_id: str) -> S3Error:
    message = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )
    return S3Error(message, code="NoSuchUpload", status=404, extra={"UploadId": upload_id})


def no_acls() -> S3Error:
    return S3Error("The bucket does not allow ACLs", code="AccessControlListNotSupported")


def is_delete_marker(headers: dict[str, str]) -> S3Error:
    message = "The specified method is not allowed against this resource."
    return S3Error(message, code="MethodNotAllowed", status=405, headers=headers)


def not_set(code: str, message: str, bucket: str) -> S3Error:
    """A setting of a bucket that was never put."""
    return S3Error(message, code=code, status=404, extra={"BucketName": bucket})


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


def bucket_not_empty(name: str, *, versioned: bool = False) -> S3Error:
    return S3Error(
        "The bucket you tried to delete is not empty"
        + (". You must delete all versions in the bucket." if versioned else ""),
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


def public_policy(principal_arn: str, bucket_arn: str) -> S3Error:
    # limits.md §7; S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors", Block Public Access.
    message = (
        f'User: {principal_arn} is not authorized to perform: s3:PutBucketPolicy on resource: "{bucket_arn}" because '
        "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
    )
    return S3Error(message, code="AccessDenied", status=403)


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


def malformed_xml() -> S3Error:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return S3Error(message, code="MalformedXML")
