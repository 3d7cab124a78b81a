"""What an identity provider vouches for, once an assertion or a token of it has been verified.

The errors are those of the STS API Reference, AssumeRoleWithSAML and AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iamconsole.core.errors import AuthenticationError

# IAM User Guide, troubleshoot_saml.html: session names and source identities "must match [a-zA-Z_0-9+=,.@-]{2,64}".
NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
# "Session tag keys can't exceed 128 characters, and the values can't exceed 256 characters"; at most 50 tags
# (IAM User Guide, "Pass session tags in AWS STS").
TAGS, TAG_KEY, TAG_VALUE = 50, 128, 256


class InvalidIdentityToken(AuthenticationError):
    code = "InvalidIdentityToken"
    status = 400


class ExpiredToken(AuthenticationError):
    code = "ExpiredTokenException"
    status = 400


class IdpRejectedClaim(AuthenticationError):
    code = "IDPRejectedClaim"
    status = 403


class IdpCommunicationError(AuthenticationError):
    code = "IDPCommunicationError"
    status = 400


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was vouched for, by whom and for whom; what a session of it gets; and the keys of a trust policy.

    `longest` is when the provider's own session ends, `seconds` how long it wants the session to be at most.
    """

    subject: str
    issuer: str
    audience: str
    keys: Mapping[str, str | Sequence[str]]
    session_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    longest: dt.datetime | None = None
    seconds: int | None = None
    # Of SAML alone.
    subject_type: str = ""
    name_qualifier: str = ""
    roles: tuple[tuple[str, str], ...] = ()


def checked_source_identity(text: str) -> str:
    if not NAME.fullmatch(text) or text.lower().startswith("aws:"):
        raise InvalidIdentityToken(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"', field="source_identity"
        )
    return text


def checked_tags(tags: Mapping[str, str], transitive: Sequence[str]) -> None:
    """Session tags as IAM allows them; keys are told apart without regard to case."""
    keys = {key.lower() for key in tags}
    if len(tags) > TAGS or len(keys) < len(tags):
        raise InvalidIdentityToken("The session tags are too many, or one stands twice.")
    for key, value in tags.items():
        if not 1 <= len(key) <= TAG_KEY or len(value) > TAG_VALUE or key.lower().startswith("aws:"):
            raise InvalidIdentityToken(f"The session tag {key[:TAG_KEY]} is not valid.")
        if not all(_is_of_tags(character) for character in key + value):
            raise InvalidIdentityToken(f"The session tag {key[:TAG_KEY]!a} has a character that tags cannot have.")
    if any(key.lower() not in keys for key in transitive):
        raise InvalidIdentityToken("The specified transitive tag key must be included in the requested tags.")


def _is_of_tags(character: str) -> bool:
    """STS API Reference, Tag: `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]`."""
    return character in "_.:/=+-@" or unicodedata.category(character)[0] in "LZN"
