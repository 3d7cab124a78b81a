"""One thing, three spellings: AWS's `UserName`, an operation's `user_name`, CloudTrail's `userName`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from botocore import xform_name

from iamconsole.wire.models import operation_model


@lru_cache(maxsize=4096)
def snake(member: str) -> str:
    """`UserName` → `user_name`, `SSHPublicKeyId` → `ssh_public_key_id`: as botocore and the CLI spell it."""
    return str(xform_name(member))


def lower_first(member: str) -> str:
    """`UserName` → `userName`, `SAMLProviderArn` → `sAMLProviderArn`: as validation errors and CloudTrail spell it."""
    return member[:1].lower() + member[1:]


@cache
def _to_keywords(service: str, operation: str) -> dict[str, str]:
    shape = operation_model(service, operation).input_shape
    return {} if shape is None else {member: snake(member) for member in shape.members}


@cache
def _to_members(service: str, operation: str) -> dict[str, str]:
    return {keyword: member for member, keyword in _to_keywords(service, operation).items()}


def keywords(service: str, operation: str, params: Mapping[str, object]) -> dict[str, object]:
    """`params` with its top-level members as the keywords of an operation's function; what lies below is untouched.

    A member that the operation does not have is a KeyError: validation has
    already let only known ones pass.
    """
    table = _to_keywords(service, operation)
    return {table[member]: value for member, value in params.items()}


def members(service: str, operation: str, keywords: Mapping[str, object]) -> dict[str, object]:
    """The way back: keywords to AWS's members. A keyword that the operation does not have is a KeyError."""
    table = _to_members(service, operation)
    return {table[keyword]: value for keyword, value in keywords.items()}
