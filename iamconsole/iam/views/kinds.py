"""The kinds of object that share a page: how their operations are called, and the list that they are in."""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.iam.views.calls import Step as Call


@dataclass(frozen=True, slots=True)
class Kind:
    """`noun` is the kind in an operation's name, `parameter` what the operation calls the object."""

    noun: str
    parameter: str
    listed_as: str

    def call(self, operation: str, name: str, **more: object) -> Call:
        """`KINDS["user"].call("Tag{}", "john", tags=[…])` is a call of TagUser."""
        return f"iam:{operation.format(self.noun)}", {self.parameter: name, **more}


KINDS = {
    "user": Kind("User", "user_name", "Users"),
    "role": Kind("Role", "role_name", "Roles"),
    "policy": Kind("Policy", "policy_arn", "Policies"),
    "saml-provider": Kind("SAMLProvider", "saml_provider_arn", "Identity providers"),
    "oidc-provider": Kind("OpenIDConnectProvider", "open_id_connect_provider_arn", "Identity providers"),
}
