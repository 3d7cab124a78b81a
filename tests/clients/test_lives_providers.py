"""The lives of identity providers."""

from __future__ import annotations

import pytest

from tests.federation import identity_provider as idp

TAGS = [{"Key": "team", "Value": "hr"}]
URL = "https://token.example.com"


@pytest.fixture(scope="module")
def provider():
    return idp.IdentityProvider.new()


def test_the_life_of_a_saml_provider(admin, account, provider, refused):
    metadata = provider.metadata()
    made = admin.iam("CreateSAMLProvider", Name="Corporate", SAMLMetadataDocument=metadata, Tags=TAGS)
    which = {"SAMLProviderArn": f"arn:aws:iam::{account}:saml-provider/Corporate"}
    assert made["SAMLProviderArn"] == which["SAMLProviderArn"]
    with refused("EntityAlreadyExists"):
        admin.iam("CreateSAMLProvider", Name="Corporate", SAMLMetadataDocument=metadata)
    with refused("InvalidInput"):
        admin.iam("CreateSAMLProvider", Name="Other", SAMLMetadataDocument="<not-metadata/>" + " " * 1000)
    assert admin.iam("GetSAMLProvider", **which)["SAMLMetadataDocument"].strip() == metadata.strip()
    listed = admin.iam("ListSAMLProviders")["SAMLProviderList"]
    assert [row["Arn"] for row in listed] == [which["SAMLProviderArn"]]
    assert admin.iam("UpdateSAMLProvider", **which, SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    admin.iam("TagSAMLProvider", **which, Tags=[{"Key": "a", "Value": "b"}])
    admin.iam("UntagSAMLProvider", **which, TagKeys=["team"])
    assert admin.iam("ListSAMLProviderTags", **which)["Tags"] == [{"Key": "a", "Value": "b"}]
    admin.iam("DeleteSAMLProvider", **which)
    with refused("NoSuchEntity"):
        admin.iam("GetSAMLProvider", **which)


def test_the_life_of_an_oidc_provider(admin, account, provider, refused):
    which = {"OpenIDConnectProviderArn": f"arn:aws:iam::{account}:oidc-provider/token.example.com"}
    given = {"ClientIDList": ["app"], "ThumbprintList": [provider.thumbprint]}
    made = admin.iam("CreateOpenIDConnectProvider", Url=URL, **given, Tags=TAGS)
    assert made["OpenIDConnectProviderArn"] == which["OpenIDConnectProviderArn"]
    with refused("EntityAlreadyExists"):
        admin.iam("CreateOpenIDConnectProvider", Url=URL, **given)
    for _ in range(2):
        admin.iam("AddClientIDToOpenIDConnectProvider", **which, ClientID="other")
    shown = admin.iam("GetOpenIDConnectProvider", **which)
    assert (shown["Url"], shown["ThumbprintList"]) == ("token.example.com", [provider.thumbprint])
    assert (sorted(shown["ClientIDList"]), shown["Tags"]) == (["app", "other"], TAGS)
    admin.iam("RemoveClientIDFromOpenIDConnectProvider", **which, ClientID="other")
    admin.iam("UpdateOpenIDConnectProviderThumbprint", **which, ThumbprintList=["a" * 40])
    shown = admin.iam("GetOpenIDConnectProvider", **which)
    assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["app"], ["a" * 40])
    listed = admin.iam("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
    assert listed == [{"Arn": which["OpenIDConnectProviderArn"]}]
    admin.iam("TagOpenIDConnectProvider", **which, Tags=[{"Key": "a", "Value": "b"}])
    admin.iam("UntagOpenIDConnectProvider", **which, TagKeys=["team"])
    assert admin.iam("ListOpenIDConnectProviderTags", **which)["Tags"] == [{"Key": "a", "Value": "b"}]
    admin.iam("DeleteOpenIDConnectProvider", **which)
    with refused("NoSuchEntity"):
        admin.iam("GetOpenIDConnectProvider", **which)
