"""SAML and OpenID Connect identity providers."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.federation import identity_provider as idp

URL = "https://token.example.com"


@cache
def keys() -> Any:
    return idp.IdentityProvider.new()


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    saml = {"saml_provider_arn": f"arn:aws:iam::{account_id}:saml-provider/Corporate"}
    oidc = {"open_id_connect_provider_arn": f"arn:aws:iam::{account_id}:oidc-provider/token.example.com"}
    tags = {"tags": [{"Key": "team", "Value": "hr"}]}
    return [
        ("iam:CreateSAMLProvider", {"name": "Corporate", "saml_metadata_document": keys().metadata()} | tags),
        ("iam:GetSAMLProvider", saml),
        ("iam:ListSAMLProviders", {}),
        ("iam:UpdateSAMLProvider", saml | {"saml_metadata_document": keys().metadata()}),
        ("iam:TagSAMLProvider", saml | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListSAMLProviderTags", saml),
        ("iam:UntagSAMLProvider", saml | {"tag_keys": ["level"]}),
        ("iam:DeleteSAMLProvider", saml),
        (
            "iam:CreateOpenIDConnectProvider",
            {"url": URL, "client_id_list": ["app"], "thumbprint_list": [keys().thumbprint]} | tags,
        ),
        ("iam:GetOpenIDConnectProvider", oidc),
        ("iam:ListOpenIDConnectProviders", {}),
        ("iam:AddClientIDToOpenIDConnectProvider", oidc | {"client_id": "other"}),
        ("iam:RemoveClientIDFromOpenIDConnectProvider", oidc | {"client_id": "other"}),
        ("iam:UpdateOpenIDConnectProviderThumbprint", oidc | {"thumbprint_list": ["a" * 40]}),
        ("iam:TagOpenIDConnectProvider", oidc | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListOpenIDConnectProviderTags", oidc),
        ("iam:UntagOpenIDConnectProvider", oidc | {"tag_keys": ["level"]}),
        ("iam:DeleteOpenIDConnectProvider", oidc),
    ]


NO_SAML = {"saml_provider_arn": "arn:aws:iam::111122223333:saml-provider/Ghost"}
NO_OIDC = {"open_id_connect_provider_arn": "arn:aws:iam::111122223333:oidc-provider/ghost.example.com"}

FAILING: dict[str, dict[str, Any]] = {
    "iam:CreateSAMLProvider": {"name": "Bad", "saml_metadata_document": "<not-metadata/>" + " " * 1000},
    "iam:UpdateSAMLProvider": NO_SAML | {"assertion_encryption_mode": "Allowed"},
    "iam:DeleteSAMLProvider": NO_SAML,
    "iam:TagSAMLProvider": NO_SAML | {"tags": [{"Key": "a", "Value": "1"}]},
    "iam:UntagSAMLProvider": NO_SAML | {"tag_keys": ["a"]},
    "iam:CreateOpenIDConnectProvider": {"url": "http://token.example.com"},
    "iam:DeleteOpenIDConnectProvider": {"open_id_connect_provider_arn": "arn:aws:iam::111122223333:role/NoProvider"},
    "iam:AddClientIDToOpenIDConnectProvider": NO_OIDC | {"client_id": "app"},
    "iam:RemoveClientIDFromOpenIDConnectProvider": NO_OIDC | {"client_id": "app"},
    "iam:UpdateOpenIDConnectProviderThumbprint": NO_OIDC | {"thumbprint_list": ["a" * 40]},
    "iam:TagOpenIDConnectProvider": NO_OIDC | {"tags": [{"Key": "a", "Value": "1"}]},
    "iam:UntagOpenIDConnectProvider": NO_OIDC | {"tag_keys": ["a"]},
}
