"""The lives of identity providers."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import policy
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


def trust(provider_arn, action):
    return policy({"Effect": "Allow", "Principal": {"Federated": provider_arn}, "Action": action})


def test_the_life_of_a_session_with_an_assertion(admin, account, provider, refused):
    saml = admin.iam("CreateSAMLProvider", Name="Corporate", SAMLMetadataDocument=provider.metadata())
    which = {"SAMLProviderArn": saml["SAMLProviderArn"]}
    document = trust(which["SAMLProviderArn"], "sts:AssumeRoleWithSAML")
    role = admin.iam("CreateRole", RoleName="Staff", AssumeRolePolicyDocument=document)["Role"]
    attributes = idp.aws_attributes(role["Arn"], which["SAMLProviderArn"], "alice")
    asked = {"RoleArn": role["Arn"], "PrincipalArn": which["SAMLProviderArn"]}
    made = admin.sts("AssumeRoleWithSAML", **asked, SAMLAssertion=provider.response(attributes))
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/Staff/alice"
    assert (made["Subject"], made["SubjectType"]) == ("alice@example.com", "persistent")
    session = admin.with_keys(made["Credentials"])
    assert session.sts("GetCallerIdentity")["Arn"] == made["AssumedRoleUser"]["Arn"]
    with refused("InvalidIdentityToken"):
        admin.sts("AssumeRoleWithSAML", **asked, SAMLAssertion=idp.IdentityProvider.new().response(attributes))
    with refused("ExpiredTokenException"):
        old = provider.response(attributes, since=dt.timedelta(minutes=-10))
        admin.sts("AssumeRoleWithSAML", **asked, SAMLAssertion=old)
    admin.iam("DeleteRole", RoleName="Staff")
    admin.iam("DeleteSAMLProvider", **which)


def test_the_life_of_a_session_with_a_token(admin, account, provider, refused):
    given = {"ClientIDList": ["app"], "ThumbprintList": [provider.thumbprint]}
    arn = admin.iam("CreateOpenIDConnectProvider", Url=URL, **given)["OpenIDConnectProviderArn"]
    document = trust(arn, "sts:AssumeRoleWithWebIdentity")
    role = admin.iam("CreateRole", RoleName="Web", AssumeRolePolicyDocument=document)["Role"]
    asked = {"RoleArn": role["Arn"], "RoleSessionName": "alice"}
    claims = {"iss": URL, "aud": "app", "sub": "user:alice"}
    made = admin.sts("AssumeRoleWithWebIdentity", **asked, WebIdentityToken=provider.token(claims))
    assert (made["SubjectFromWebIdentityToken"], made["Provider"], made["Audience"]) == ("user:alice", URL, "app")
    session = admin.with_keys(made["Credentials"])
    assert session.sts("GetCallerIdentity")["Arn"] == f"arn:aws:sts::{account}:assumed-role/Web/alice"
    with refused("InvalidIdentityToken"):
        token = provider.token(claims | {"aud": "other"})
        admin.sts("AssumeRoleWithWebIdentity", **asked, WebIdentityToken=token)
    admin.iam("DeleteRole", RoleName="Web")
    admin.iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
