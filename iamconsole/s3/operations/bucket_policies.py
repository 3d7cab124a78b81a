"""The policy of a bucket."""

from __future__ import annotations

from typing import Any

from iamconsole.accounts.models import PolicyText
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import principals
from iamconsole.policy import is_public, parse
from iamconsole.s3 import bucket_policies, errors, keys, resources
from iamconsole.s3.models import Bucket
from iamconsole.s3.parameters import refuse_unsimulated


@operation("s3:GetBucketPolicy", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_policy(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if row.policy is None:
        raise errors.no_bucket_policy(bucket)
    return {"Policy": principals.shown(row.policy.text, row.account_id)}


@operation("s3:PutBucketPolicy", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_policy(call: Call, *, bucket: str, policy: str, **more: Any) -> Response:
    """Set the bucket's policy, in place of the one before."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    parsed = parse(policy, "resource")
    if parsed.problems:
        raise errors.malformed_policy(parsed.problems[0].message)
    if len(policy.encode()) > bucket_policies.MAX_BYTES:
        raise errors.malformed_policy(f"Policies must be at most {bucket_policies.MAX_BYTES} bytes long.")
    if refused := bucket_policies.problem(parsed, row.name):
        raise errors.malformed_policy(refused)
    try:
        known = bucket_policies.by_accounts(parsed, row.sandbox_id)
        kept = principals.pinned(known, row.sandbox_id, row.account.account_id)
    except principals.UnknownPrincipal as error:
        raise errors.malformed_policy(bucket_policies.INVALID_PRINCIPAL) from error
    # "This setting blocks calls to PUT Bucket policy if the specified bucket policy allows public access"
    # (access-control-block-public-access.html). The policy as it is kept: who stands in it by ID is somebody.
    if resources.blocked(row).block_public_policy and is_public(parse(kept, "resource")):
        raise errors.public_policy(call.caller.arn, call.resource.arn)
    row.policy_id = PolicyText.keep(kept)
    row.save(update_fields=["policy"])
    return {}


@operation("s3:DeleteBucketPolicy", resource=resources.bucket, keys=keys.REQUEST)
def delete_bucket_policy(call: Call, *, bucket: str, **more: Any) -> Response:
    """Remove the bucket's policy; S3 answers the same when there is none."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    row.policy = None
    row.save(update_fields=["policy"])
    return {}


@operation("s3:GetBucketPolicyStatus", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_policy_status(call: Call, *, bucket: str, **more: Any) -> Response:
    """Whether the policy grants access to everyone, as Block Public Access counts it."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if row.policy is None:
        raise errors.no_bucket_policy(bucket)
    return {"PolicyStatus": {"IsPublic": is_public(parse(row.policy.text, "resource"))}}
