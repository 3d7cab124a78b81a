"""Block Public Access of a bucket, and of a whole account (S3 Control).

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage"
(access-control-block-public-access.html); S3 API Reference, PutPublicAccessBlock, both of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole import wire
from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, Response, operation
from iamconsole.s3 import errors, keys, resources
from iamconsole.s3.models import AccountPublicAccessBlock, Bucket, BucketPublicAccessBlock
from iamconsole.s3.parameters import refuse_unsimulated

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _columns(configuration: Mapping[str, bool]) -> dict[str, bool]:
    """A setting that is not told is off: the whole configuration is replaced."""
    return {wire.snake(name): bool(configuration.get(name)) for name in SETTINGS}


def _configuration(row: BucketPublicAccessBlock | AccountPublicAccessBlock) -> Response:
    return {"PublicAccessBlockConfiguration": {name: getattr(row, wire.snake(name)) for name in SETTINGS}}


def _not_found(**extra: str) -> errors.S3Error:
    message = "The public access block configuration was not found"
    return errors.S3Error(message, code="NoSuchPublicAccessBlockConfiguration", status=404, extra=extra)


@operation(
    "s3:GetPublicAccessBlock",
    resource=resources.bucket,
    action="s3:GetBucketPublicAccessBlock",
    keys=keys.REQUEST,
    read_only=True,
)
def get_public_access_block(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    found = BucketPublicAccessBlock.objects.filter(bucket=row).first()
    if found is None:
        raise _not_found(BucketName=bucket)
    return _configuration(found)


@operation(
    "s3:PutPublicAccessBlock",
    resource=resources.bucket,
    action="s3:PutBucketPublicAccessBlock",
    keys=keys.REQUEST,
)
def put_public_access_block(
    call: Call, *, bucket: str, public_access_block_configuration: dict[str, bool], **more: Any
) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    BucketPublicAccessBlock.objects.update_or_create(bucket=row, defaults=_columns(public_access_block_configuration))
    return {}


@operation(
    "s3:DeletePublicAccessBlock",
    resource=resources.bucket,
    action="s3:PutBucketPublicAccessBlock",
    keys=keys.REQUEST,
)
def delete_public_access_block(call: Call, *, bucket: str, **more: Any) -> Response:
    """Turn all four off; S3 answers the same when there is no configuration."""
    refuse_unsimulated(call, more)
    BucketPublicAccessBlock.objects.filter(bucket=call.resource.require()).delete()
    return {}


# -- the account's ----------------------------------------------------------------------------------


def _own(call: Call, account_id: str) -> None:
    """AWS's reference has no resource for these actions; nobody but the account itself is answered."""
    if account_id != call.caller.account_id:
        raise AccessDenied("Access Denied")


@operation(
    "s3control:GetPublicAccessBlock",
    action="s3:GetAccountPublicAccessBlock",
    keys=keys.REQUEST,
    read_only=True,
)
def get_account_public_access_block(call: Call, *, account_id: str) -> Response:
    _own(call, account_id)
    found = AccountPublicAccessBlock.objects.filter(account=call.caller.account_key).first()
    if found is None:
        raise _not_found(AccountId=account_id)
    return _configuration(found)


@operation("s3control:PutPublicAccessBlock", action="s3:PutAccountPublicAccessBlock", keys=keys.REQUEST)
def put_account_public_access_block(
    call: Call, *, account_id: str, public_access_block_configuration: dict[str, bool]
) -> Response:
    _own(call, account_id)
    AccountPublicAccessBlock.objects.update_or_create(
        account_id=call.caller.account_key, defaults=_columns(public_access_block_configuration)
    )
    return {}


@operation("s3control:DeletePublicAccessBlock", action="s3:PutAccountPublicAccessBlock", keys=keys.REQUEST)
def delete_account_public_access_block(call: Call, *, account_id: str) -> Response:
    _own(call, account_id)
    AccountPublicAccessBlock.objects.filter(account=call.caller.account_key).delete()
    return {}
