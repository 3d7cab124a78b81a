"""Amazon S3 beyond the bucket and the object of the first chapter: settings, versions, tags, Block Public Access."""

from __future__ import annotations

import hashlib
from typing import Any

ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]}
LIFECYCLE = {"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}]}
NOTIFICATION = {"EventBridgeConfiguration": {}}
ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
OWNER_ENFORCED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
PARTS = {"Parts": [{"PartNumber": 1, "ETag": f'"{hashlib.md5(b"part").hexdigest()}"'}]}
TAGS = {"TagSet": [{"Key": "team", "Value": "hr"}]}


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    bucket, thing = {"bucket": "settings-bucket"}, {"bucket": "settings-bucket", "key": "Test.txt"}
    account = {"account_id": account_id}
    copy, parts = bucket | {"key": "copy"}, bucket | {"key": "parts"}
    upload = parts | {"upload_id": "{upload}"}
    logging = {"LoggingEnabled": {"TargetBucket": "settings-bucket", "TargetPrefix": "log/"}}
    return [
        ("s3:CreateBucket", bucket),
        ("s3:GetPublicAccessBlock", bucket),
        ("s3:PutPublicAccessBlock", bucket | {"public_access_block_configuration": ALL_BLOCKED}),
        ("s3control:PutPublicAccessBlock", account | {"public_access_block_configuration": ALL_BLOCKED}),
        ("s3control:GetPublicAccessBlock", account),
        ("s3control:DeletePublicAccessBlock", account),
        ("s3:PutBucketTagging", bucket | {"tagging": TAGS}),
        ("s3:GetBucketTagging", bucket),
        ("s3:DeleteBucketTagging", bucket),
        ("s3:PutBucketOwnershipControls", bucket | {"ownership_controls": OWNER_ENFORCED}),
        ("s3:GetBucketOwnershipControls", bucket),
        ("s3:GetBucketAcl", bucket),
        ("s3:PutBucketAcl", bucket | {"acl": "private"}),
        ("s3:PutBucketEncryption", bucket | {"server_side_encryption_configuration": ENCRYPTION}),
        ("s3:GetBucketEncryption", bucket),
        ("s3:DeleteBucketEncryption", bucket),
        ("s3:PutBucketCors", bucket | {"cors_configuration": CORS}),
        ("s3:GetBucketCors", bucket),
        ("s3:DeleteBucketCors", bucket),
        ("s3:PutBucketLifecycleConfiguration", bucket | {"lifecycle_configuration": LIFECYCLE}),
        ("s3:GetBucketLifecycleConfiguration", bucket),
        ("s3:DeleteBucketLifecycle", bucket),
        ("s3:PutBucketLogging", bucket | {"bucket_logging_status": logging}),
        ("s3:GetBucketLogging", bucket),
        ("s3:PutBucketNotificationConfiguration", bucket | {"notification_configuration": NOTIFICATION}),
        ("s3:GetBucketNotificationConfiguration", bucket),
        ("s3:GetBucketPolicyStatus", bucket),
        ("s3:PutObject", thing | {"body": b"one"}),
        ("s3:PutBucketVersioning", bucket | {"versioning_configuration": {"Status": "Enabled"}}),
        ("s3:GetBucketVersioning", bucket),
        ("s3:PutObjectTagging", thing | {"tagging": TAGS}),
        ("s3:GetObjectTagging", thing),
        ("s3:DeleteObjectTagging", thing),
        ("s3:GetObjectAcl", thing),
        ("s3:PutObjectAcl", thing | {"acl": "private"}),
        ("s3:GetObjectAttributes", thing | {"object_attributes": ["ETag", "ObjectSize"]}),
        ("s3:CopyObject", copy | {"copy_source": "settings-bucket/Test.txt"}),
        ("s3:CreateMultipartUpload", parts),
        ("s3:UploadPart", upload | {"part_number": 1, "body": b"part"}),
        ("s3:UploadPartCopy", upload | {"part_number": 2, "copy_source": "settings-bucket/Test.txt"}),
        ("s3:ListParts", upload),
        ("s3:ListMultipartUploads", bucket | {"encoding_type": "url"}),
        ("s3:CompleteMultipartUpload", upload | {"multipart_upload": PARTS}),
        ("s3:CreateMultipartUpload", parts),
        ("s3:AbortMultipartUpload", upload),
        ("s3:DeleteObjects", bucket | {"delete": {"Objects": [{"Key": "none"}]}}),
        ("s3:DeleteObject", thing | {"version_id": "null"}),
        # boto3 asks for URL encoding by itself.
        ("s3:ListObjectVersions", bucket | {"encoding_type": "url"}),
    ]


# Ownership is "bucket owner enforced": no ACL can be set. There is no policy that could be public.
NO_ACLS = "AccessControlListNotSupported"
FAILS = {"s3:PutBucketAcl": NO_ACLS, "s3:PutObjectAcl": NO_ACLS, "s3:GetBucketPolicyStatus": "NoSuchBucketPolicy"}

_GONE = {"bucket": "no-such-bucket"}
_HR = {"bucket": "company1-hr"}
_NO_UPLOAD = _HR | {"key": "big", "upload_id": "none"}

FAILING: dict[str, dict[str, Any]] = {
    "s3:PutPublicAccessBlock": _GONE | {"public_access_block_configuration": ALL_BLOCKED},
    "s3:DeletePublicAccessBlock": _GONE,
    "s3control:PutPublicAccessBlock": {"account_id": "999999999999"}
    | {"public_access_block_configuration": ALL_BLOCKED},
    "s3control:DeletePublicAccessBlock": {"account_id": "999999999999"},
    "s3:PutBucketTagging": _HR | {"tagging": {"TagSet": [{"Key": "aws:a", "Value": ""}]}},
    "s3:DeleteBucketTagging": _GONE,
    "s3:PutBucketOwnershipControls": _HR | {"ownership_controls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    "s3:PutBucketAcl": _HR | {"acl": "public-read"},
    "s3:PutBucketEncryption": _HR
    | {
        "server_side_encryption_configuration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        }
    },
    "s3:DeleteBucketEncryption": _GONE,
    "s3:PutBucketCors": _HR
    | {"cors_configuration": {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}},
    "s3:DeleteBucketCors": _GONE,
    "s3:PutBucketLifecycleConfiguration": _HR | {"lifecycle_configuration": {"Rules": []}},
    "s3:DeleteBucketLifecycle": _GONE,
    "s3:PutBucketLogging": _HR
    | {"bucket_logging_status": {"LoggingEnabled": {"TargetBucket": "no-such-bucket", "TargetPrefix": ""}}},
    "s3:PutBucketNotificationConfiguration": _GONE | {"notification_configuration": NOTIFICATION},
    "s3:PutBucketVersioning": _HR | {"versioning_configuration": {"MFADelete": "Enabled", "Status": "Enabled"}},
    "s3:PutObjectTagging": _HR | {"key": "none", "tagging": TAGS},
    "s3:DeleteObjectTagging": _HR | {"key": "none"},
    "s3:PutObjectAcl": _HR | {"key": "Test.txt", "acl": "public-read"},
    "s3:CopyObject": _HR | {"key": "copy", "copy_source": "company1-hr/none"},
    "s3:CreateMultipartUpload": _HR | {"key": "big", "storage_class": "GLACIER"},
    "s3:UploadPart": _NO_UPLOAD | {"part_number": 1},
    "s3:UploadPartCopy": _NO_UPLOAD | {"part_number": 1, "copy_source": "company1-hr/Test.txt"},
    "s3:CompleteMultipartUpload": _NO_UPLOAD | {"multipart_upload": PARTS},
    "s3:AbortMultipartUpload": _NO_UPLOAD,
    "s3:DeleteObjects": _GONE | {"delete": {"Objects": [{"Key": "k"}]}},
}

LEARNT = {"s3:CreateMultipartUpload": lambda answer: {"upload": answer["UploadId"]}}
UNLEARNT = {"upload": "none"}
