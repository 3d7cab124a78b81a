"""Where an AWS service does not do what its model says: data only, one table per kind of irregularity."""

from __future__ import annotations

S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

# The root element of an S3 answer whose body is not one payload member. The model does not say it; the examples on
# each operation's page of docs.aws.amazon.com/AmazonS3/latest/API do. Not listed: the operation's name and "Result".
S3_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "DeleteObjects": "DeleteResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
}

# The answer is the member's text in the root element itself: <LocationConstraint xmlns="…">eu-west-1</…>.
TEXT_ROOTS = {("s3", "GetBucketLocation"): "LocationConstraint"}

# The HTTP status that the examples show where the model has none (and so would mean 200).
STATUS = {("s3", "PutBucketPolicy"): 204, ("s3", "PutBucketTagging"): 204}

# Of operations that no request can tell apart, the one that is meant (the others are for directory buckets).
PREFERRED = {("s3", "ListBuckets")}

# IAM percent-encodes every policy document that it returns (GetPolicyVersion's page); operations hold plain text.
PERCENT_ENCODED = {("iam", "policyDocumentType")}

# Marked sensitive in the models, yet CloudTrail records them: they name a key and are none.
NOT_SECRET = {"SSEKMSKeyId", "NonEmptyKmsKeyArnString"}

# Not marked sensitive, yet CloudTrail leaves them out: one-time codes (AssumeRole's example on IAM's CloudTrail page).
NOT_RECORDED = {"tokenCodeType", "authenticationCodeType"}

# CloudTrail's names where they are not the member's with a small first letter
# (docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html).
RECORD_NAMES = {"s3": {"Bucket": "bucketName"}}

# Their checksum headers are of the object that the request makes, and not of its body
# (docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
CHECKSUMS_OF_THE_OBJECT = {("s3", "CompleteMultipartUpload")}
