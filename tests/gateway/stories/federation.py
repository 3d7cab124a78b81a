"""Roles that are assumed with the word of an identity provider."""

from __future__ import annotations

from typing import Any

from tests.factories import policy
from tests.federation import identity_provider as idp
from tests.gateway.stories.providers import keys

URL = "https://login.example.com"


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    saml = f"arn:aws:iam::{account_id}:saml-provider/Federation"
    oidc = f"arn:aws:iam::{account_id}:oidc-provider/login.example.com"
    role, role_arn = {"role_name": "Federated"}, f"arn:aws:iam::{account_id}:role/Federated"
    actions = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
    trust = policy({"Effect": "Allow", "Principal": {"Federated": [saml, oidc]}, "Action": actions})
    tags = {"team": "hr"}
    attributes = idp.aws_attributes(role_arn, saml, "alice", tags, TransitiveTagKeys=["team"], SourceIdentity="alice")
    claims = {"iss": URL, "aud": "app", "sub": "user:alice", idp.TAGS_CLAIM: {"principal_tags": {"team": ["hr"]}}}
    return [
        ("iam:CreateSAMLProvider", {"name": "Federation", "saml_metadata_document": keys().metadata()}),
        (
            "iam:CreateOpenIDConnectProvider",
            {"url": URL, "client_id_list": ["app"], "thumbprint_list": [keys().thumbprint]},
        ),
        ("iam:CreateRole", role | {"assume_role_policy_document": trust}),
        (
            "sts:AssumeRoleWithSAML",
            {"role_arn": role_arn, "principal_arn": saml, "saml_assertion": keys().response(attributes)},
        ),
        (
            "sts:AssumeRoleWithWebIdentity",
            {"role_arn": role_arn, "role_session_name": "alice", "web_identity_token": keys().token(claims)},
        ),
        ("iam:DeleteRole", role),
        ("iam:DeleteSAMLProvider", {"saml_provider_arn": saml}),
        ("iam:DeleteOpenIDConnectProvider", {"open_id_connect_provider_arn": oidc}),
    ]


ROLE = {"role_arn": "arn:aws:iam::111122223333:role/Federated"}
FAILING: dict[str, dict[str, Any]] = {
    "sts:AssumeRoleWithSAML": ROLE
    | {"principal_arn": "arn:aws:iam::111122223333:saml-provider/Ghost", "saml_assertion": "AAAA"},
    "sts:AssumeRoleWithWebIdentity": ROLE | {"role_session_name": "alice", "web_identity_token": "a.b.c"},
}
