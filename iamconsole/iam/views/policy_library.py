"""The managed policies of the account and of AWS, for the editor's `Import policy`."""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.editor.imports import Entry, Shelf
from iamconsole.iam.views.policy_parts import policy_type
from iamconsole.ui.pages import Aws


@dataclass(frozen=True, slots=True)
class ManagedPolicies:
    aws: Aws

    def find(self, wanted: str, most: int) -> Shelf:
        try:
            found = self.aws.call("iam:ListPolicies", listing=Listing(search=wanted, sort="name", size=most))
        except AwsError as error:
            return Shelf(error=error)
        entries = (
            Entry(one["Arn"], one["PolicyName"], policy_type(one["Arn"]), one.get("Description", ""))
            for one in found["Policies"]
        )
        return Shelf(tuple(entries), found["Total"])

    def read(self, key: str) -> str:
        """As the console does: which version counts, and then its text."""
        version = self.aws.call("iam:GetPolicy", policy_arn=key)["Policy"]["DefaultVersionId"]
        found = self.aws.call("iam:GetPolicyVersion", policy_arn=key, version_id=version)
        return str(found["PolicyVersion"]["Document"])
