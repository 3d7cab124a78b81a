"""The condition keys that STS's requests carry, as the operations declare them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token Service";
IAM User Guide, "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from iamconsole.core.operation import Keys
from iamconsole.iam.keys import REQUEST_TAGS

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
