"""Identity providers: what IAM asks of metadata, keys, URLs and lists."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from iamconsole.core.errors import AwsError
from iamconsole.iam import certificates
from iamconsole.iam.models import OidcProvider, SamlProvider
from tests.factories import allow, client_for, policy
from tests.federation import identity_provider as idp
from tests.iam.keys import of_no_version

pytestmark = pytest.mark.django_db

URL = "https://idp.example.com/realms/main"


@pytest.fixture(scope="module")
def keys():
    return idp.IdentityProvider.new()


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert error.value.code == code
    assert message in error.value.message


def saml(sandbox, name="Corporate"):
    return f"arn:aws:iam::{sandbox.account_id}:saml-provider/{name}"


def oidc(sandbox):
    return f"arn:aws:iam::{sandbox.account_id}:oidc-provider/{URL.removeprefix('https://')}"


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def padded(text):
    return text + " " * (1000 - len(text))


# -- SAML -------------------------------------------------------------------------------------------------


def test_a_saml_provider_gives_back_its_metadata_and_when_it_ends(admin, sandbox, keys):
    document = keys.metadata(valid_until="2030-05-06T07:08:09Z")
    tags = [{"Key": "team", "Value": "hr"}]
    made = admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=document, tags=tags)
    assert made == {"SAMLProviderArn": saml(sandbox), "Tags": tags}
    found = admin.call("iam:GetSAMLProvider", saml_provider_arn=saml(sandbox))
    assert found["SAMLMetadataDocument"] == document
    assert found["ValidUntil"] == dt.datetime(2030, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
    assert (found["AssertionEncryptionMode"], found["PrivateKeyList"], found["Tags"]) == ("Allowed", [], tags)
    assert found["SAMLProviderUUID"].startswith("SAMLSP")
    assert 22 <= len(found["SAMLProviderUUID"]) <= 64
    listed = admin.call("iam:ListSAMLProviders")["SAMLProviderList"]
    assert [one["Arn"] for one in listed] == [saml(sandbox)]


def test_metadata_without_an_end_holds_for_a_hundred_years(admin, sandbox, keys):
    admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    found = admin.call("iam:GetSAMLProvider", saml_provider_arn=saml(sandbox))
    assert found["ValidUntil"].year - found["CreateDate"].year == 100


def test_names_that_differ_in_case_only_collide(admin, keys):
    admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    refused(
        admin,
        "EntityAlreadyExists",
        "SAMLProvider with name CORPORATE already exists.",
        "iam:CreateSAMLProvider",
        name="CORPORATE",
        saml_metadata_document=keys.metadata(),
    )


def damaged(keys, old, new):
    text = keys.metadata()
    assert old in text
    return padded(text.replace(old, new))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (lambda keys: "x" * 1000, "not well-formed XML"),
        (lambda keys: padded("<a/>"), "EntityDescriptor"),
        (lambda keys: '<!DOCTYPE a [<!ENTITY e "x">]>' + keys.metadata().partition("?>")[2], "document type"),
        (lambda keys: damaged(keys, 'entityID="', 'entityName="'), "no entityID"),
        (lambda keys: damaged(keys, "SAML:2.0:protocol", "SAML:1.1:protocol"), "no IDPSSODescriptor"),
        (lambda keys: damaged(keys, 'use="signing"', 'use="encryption"'), "no certificate"),
        (lambda keys: damaged(keys, keys.certificate_text, "MIIB"), "cannot be read"),
        (lambda keys: damaged(keys, keys.certificate_text, "****"), "cannot be read"),
        (
            lambda keys: damaged(keys, keys.certificate_text, of_no_version(keys.certificate_text)),
            "cannot be read",
        ),
        (lambda keys: keys.metadata(valid_until="tomorrow"), "is not a time"),
        (lambda keys: keys.metadata(valid_until="0001-01-01T00:00:00+23:59"), "is not a time"),
    ],
)
def test_what_is_no_metadata_is_refused(admin, keys, document, why):
    with pytest.raises(AwsError) as error:
        admin.call("iam:CreateSAMLProvider", name="Bad", saml_metadata_document=document(keys))
    assert error.value.code == "InvalidInput"
    assert error.value.message.startswith("Could not parse metadata: ")
    assert why in error.value.message
    assert not SamlProvider.objects.exists()


def test_a_document_of_less_than_a_thousand_characters_is_none(admin):
    refused(admin, "ValidationError", "1000", "iam:CreateSAMLProvider", name="Bad", saml_metadata_document="<a/>")


def test_private_keys_come_and_go_and_are_never_shown(admin, sandbox, keys):
    admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    arn = {"saml_provider_arn": saml(sandbox)}
    refused(admin, "InvalidInput", "no private key is provided", "iam:UpdateSAMLProvider", **arn, **REQUIRED)
    first, second = pem(keys.key), pem(rsa.generate_private_key(65537, key_size=2048))
    admin.call("iam:UpdateSAMLProvider", **arn, add_private_key=first, **REQUIRED)
    admin.call("iam:UpdateSAMLProvider", **arn, add_private_key=second)
    refused(admin, "LimitExceeded", "Private key limit of 2", "iam:UpdateSAMLProvider", **arn, add_private_key=second)
    shown = admin.call("iam:GetSAMLProvider", **arn)
    assert shown["AssertionEncryptionMode"] == "Required"
    assert [set(one) for one in shown["PrivateKeyList"]] == [{"KeyId", "Timestamp"}] * 2
    kept = SamlProvider.objects.get()
    assert "PRIVATE KEY" not in str(kept.private_keys)
    ids = [one["KeyId"] for one in shown["PrivateKeyList"]]
    assert all(22 <= len(one) <= 64 for one in ids)
    admin.call("iam:UpdateSAMLProvider", **arn, remove_private_key=ids[0])
    refused(
        admin,
        "InvalidInput",
        "does not match a private key",
        "iam:UpdateSAMLProvider",
        **arn,
        remove_private_key=ids[0],
    )
    refused(
        admin, "InvalidInput", "no private key is provided", "iam:UpdateSAMLProvider", **arn, remove_private_key=ids[1]
    )


REQUIRED = {"assertion_encryption_mode": "Required"}


def test_updates_that_make_no_sense_are_refused(admin, sandbox, keys):
    admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    arn = {"saml_provider_arn": saml(sandbox)}
    refused(admin, "InvalidInput", "No updates are defined", "iam:UpdateSAMLProvider", **arn)
    both = {"add_private_key": pem(keys.key), "remove_private_key": "A" * 22}
    refused(admin, "InvalidInput", "in the same request", "iam:UpdateSAMLProvider", **arn, **both)
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    for wrong in ("x", curve, pem(long_key())):
        refused(admin, "InvalidInput", "Invalid private key.", "iam:UpdateSAMLProvider", **arn, add_private_key=wrong)
    new = {"name": "New", "saml_metadata_document": keys.metadata(), "add_private_key": pem(long_key())}
    refused(admin, "InvalidInput", "Invalid private key.", "iam:CreateSAMLProvider", **new)


def test_a_key_is_not_checked_before_its_length_is_known():
    """These primes are none: whoever had checked would have complained of that."""
    assert certificates.read_key(pem(long_key()).encode()) is None
    with pytest.raises(ValueError, match="Invalid private key"):
        serialization.load_pem_private_key(pem(long_key()).encode(), None)


def long_key():
    """As long a key as would keep a processor busy for a minute whenever it is checked; its primes are none."""
    p, q, e = (1 << 8000) + 1, (1 << 8001) + 3, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def test_the_hundred_and_first_provider_is_one_too_many(admin, sandbox, keys):
    row = {
        "account": sandbox,
        "metadata": "",
        "created": dt.datetime.now(dt.UTC),
        "valid_until": dt.datetime.now(dt.UTC),
    }
    SamlProvider.objects.bulk_create(SamlProvider(name=f"p{n}", unique_id=f"{n:032x}", **row) for n in range(100))
    quota = "Cannot exceed quota for SAMLProvidersPerAccount: 100"
    refused(admin, "LimitExceeded", quota, "iam:CreateSAMLProvider", name="x", saml_metadata_document=keys.metadata())


# -- OpenID Connect ---------------------------------------------------------------------------------------


def test_an_oidc_provider_shows_its_url_without_its_scheme(admin, sandbox):
    made = admin.call(
        "iam:CreateOpenIDConnectProvider",
        url=URL,
        client_id_list=["app", "app"],
        thumbprint_list=["AB" * 20, "ab" * 20],
    )
    assert made == {"OpenIDConnectProviderArn": oidc(sandbox)}
    found = admin.call("iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=oidc(sandbox))
    assert found["Url"] == "idp.example.com/realms/main"
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["app"], ["ab" * 20])
    listed = admin.call("iam:ListOpenIDConnectProviders")
    assert listed == {"OpenIDConnectProviderList": [{"Arn": oidc(sandbox)}]}
    refused(
        admin,
        "EntityAlreadyExists",
        f"Provider with url {URL} already exists.",
        "iam:CreateOpenIDConnectProvider",
        url=URL,
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example.com",
        "idp.example.com",
        "https://",
        "https://idp.example.com:8443",
        "https://idp.example.com:",
        "https://idp.example.com?x=1",
        "https://idp.example.com/?",
        "https://idp.example.com#a",
        "https://user@idp.example.com",
        "https://idp.example.com/\n",
        "https://idp.example.com/a b",
        "https://[::1",
        "https://exämple.com",
    ],
)
def test_a_url_that_is_none_of_an_issuer_is_refused(admin, url):
    refused(admin, "InvalidInput", "Invalid Open ID Connect Provider URL", "iam:CreateOpenIDConnectProvider", url=url)
    assert not OidcProvider.objects.exists()


def test_lists_have_their_limits(admin, sandbox):
    many = [f"app{number}" for number in range(101)]
    refused(
        admin,
        "LimitExceeded",
        "OpenIdConnectProvider: 100",
        "iam:CreateOpenIDConnectProvider",
        url=URL,
        client_id_list=many,
    )
    admin.call("iam:CreateOpenIDConnectProvider", url=URL, client_id_list=many[:100])
    arn = {"open_id_connect_provider_arn": oidc(sandbox)}
    admin.call("iam:AddClientIDToOpenIDConnectProvider", **arn, client_id="app1")  # it is there: no error
    refused(admin, "LimitExceeded", "100", "iam:AddClientIDToOpenIDConnectProvider", **arn, client_id="one more")
    admin.call("iam:RemoveClientIDFromOpenIDConnectProvider", **arn, client_id="never there")
    six = [f"{number:040x}" for number in range(6)]
    refused(admin, "InvalidInput", "at most 5", "iam:UpdateOpenIDConnectProviderThumbprint", **arn, thumbprint_list=six)
    odd = {"thumbprint_list": ["x" * 40]}
    refused(admin, "InvalidInput", "Invalid thumbprint", "iam:UpdateOpenIDConnectProviderThumbprint", **arn, **odd)
    admin.call("iam:UpdateOpenIDConnectProviderThumbprint", **arn, thumbprint_list=six[:5])
    assert admin.call("iam:GetOpenIDConnectProvider", **arn)["ThumbprintList"] == six[:5]


def test_deleting_an_oidc_provider_twice_is_no_error(admin, sandbox):
    admin.call("iam:CreateOpenIDConnectProvider", url=URL)
    for _ in range(2):
        admin.call("iam:DeleteOpenIDConnectProvider", open_id_connect_provider_arn=oidc(sandbox))
    missing = f"OpenIDConnect Provider not found for arn {oidc(sandbox)}"
    refused(admin, "NoSuchEntity", missing, "iam:GetOpenIDConnectProvider", open_id_connect_provider_arn=oidc(sandbox))


# -- both -------------------------------------------------------------------------------------------------


def test_a_policy_may_name_providers_and_their_tags(root, sandbox, keys):
    root.call("iam:CreateUser", user_name="clerk")
    statement = allow("iam:DeleteSAMLProvider") | {"Condition": {"StringEquals": {"aws:ResourceTag/team": "hr"}}}
    root.call("iam:PutUserPolicy", user_name="clerk", policy_name="p", policy_document=policy(statement))
    for name, team in (("Hr", "hr"), ("It", "it")):
        tags = [{"Key": "team", "Value": team}]
        root.call("iam:CreateSAMLProvider", name=name, saml_metadata_document=keys.metadata(), tags=tags)
    clerk = client_for(sandbox, "clerk")
    refused(clerk, "AccessDenied", "", "iam:DeleteSAMLProvider", saml_provider_arn=saml(sandbox, "It"))
    clerk.call("iam:DeleteSAMLProvider", saml_provider_arn=saml(sandbox, "Hr"))
    assert [row.name for row in SamlProvider.objects.all()] == ["It"]


def test_the_summary_counts_providers(admin, keys):
    before = admin.call("iam:GetAccountSummary")["SummaryMap"]["Providers"]
    admin.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    admin.call("iam:CreateOpenIDConnectProvider", url=URL)
    assert admin.call("iam:GetAccountSummary")["SummaryMap"]["Providers"] == before + 2


def test_another_account_s_providers_are_not_there(admin, stranger, sandbox, other_sandbox, keys):
    stranger.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    for account in (sandbox, other_sandbox):
        refused(admin, "NoSuchEntity", "", "iam:GetSAMLProvider", saml_provider_arn=saml(account))
    assert admin.call("iam:ListSAMLProviders") == {"SAMLProviderList": []}
