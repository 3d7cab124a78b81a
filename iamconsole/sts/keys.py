"""The condition keys that STS's requests carry, as the operations declare them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token Service";
IAM User Guide, "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamconsole.core.operation import Call, Keys
from iamconsole.iam.keys import REQUEST_TAGS
from iamconsole.policy import reference
from iamconsole.sts import saml
from iamconsole.sts.identities import Identity

# "This key is included in the request context when the principal provides a source identity while assuming a role";
# what a session has from before is aws:SourceIdentity.
SOURCE_IDENTITY: Keys = {"sts:SourceIdentity": "source_identity"}
SESSION_TAGS: Keys = {**REQUEST_TAGS, "sts:TransitiveTagKeys": "transitive_tag_keys"}
ASSUME_ROLE: Keys = {
    **SESSION_TAGS,
    **SOURCE_IDENTITY,
    "sts:ExternalId": "external_id",
    "sts:RoleSessionName": "role_session_name",
}


# -- of an identity provider's word -----------------------------------------------------------------------


def _said(read: Callable[[Identity], Any]) -> Callable[[Call], Any]:
    """A key whose value the verified assertion or token has; absent where it has none."""

    def source(call: Call) -> Any:
        return read(call.prepared) or None

    return source


FEDERATED: Keys = {
    "aws:RequestTag/${TagKey}": _said(lambda identity: dict(identity.tags)),
    "aws:TagKeys": _said(lambda identity: list(identity.tags)),
    "sts:TransitiveTagKeys": _said(lambda identity: list(identity.transitive)),
    "sts:SourceIdentity": _said(lambda identity: identity.source_identity),
}


def _saml_key(name: str) -> Callable[[Call], Any]:
    return _said(lambda identity: identity.keys.get(name))


SAML_KEYS = (
    *("saml:aud", "saml:iss", "saml:sub", "saml:sub_type", "saml:namequalifier", "saml:doc"),
    *sorted(set(saml.KEY_OF_ATTRIBUTE.values())),
)
ASSUME_ROLE_WITH_SAML: Keys = {
    **FEDERATED,
    "sts:RoleSessionName": _said(lambda identity: identity.session_name),
    **{name: _saml_key(name) for name in SAML_KEYS},
}
ASSUME_ROLE_WITH_WEB_IDENTITY: Keys = {**FEDERATED, "sts:RoleSessionName": "role_session_name"}
# IAM User Guide, "Available keys for AWS OIDC federation": these of every provider, others of some.
_OF_EVERY_PROVIDER = ("amr", "aud", "oaud", "sub", "email")


def is_of_web_identity(key: str, url: str) -> bool:
    """Whether a claim of a provider is a condition key: one of every provider's, or one that the reference lists."""
    claim = key.removeprefix(f"{url}:")
    return claim in _OF_EVERY_PROVIDER or reference.supports(_web_identity(), key.lower())


def _web_identity() -> reference.ActionDetails:
    return reference.action("sts", "AssumeRoleWithWebIdentity")
