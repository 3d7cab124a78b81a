"""AssumeRoleWithSAML and AssumeRoleWithWebIdentity by boto3, as nobody: no key signs these requests."""

from __future__ import annotations

import datetime as dt

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from django.test import Client

from iamconsole.cloudtrail.models import Event
from iamconsole.sts.keys import SAML_KEYS
from iamconsole.sts.models import TemporaryCredential
from iamconsole.sts.saml import KEY_OF_ATTRIBUTE
from tests.boto import boto
from tests.factories import allow, policy
from tests.federation import identity_provider as idp

pytestmark = pytest.mark.django_db

URL = "https://login.example.com/main"
HOST = "login.example.com/main"


@pytest.fixture(scope="module")
def keys():
    return idp.IdentityProvider.new()


@pytest.fixture
def sts():
    return boto("sts", "", "", signature_version=UNSIGNED)


def arn(sandbox, kind, name):
    return f"arn:aws:iam::{sandbox.account_id}:{kind}/{name}"


def trust(provider, action, **more):
    actions = [f"sts:AssumeRoleWith{action}", "sts:TagSession", "sts:SetSourceIdentity"]
    return policy({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions} | more)


@pytest.fixture
def corporate(root, sandbox, keys):
    """A SAML provider, and a role that trusts it and may list users."""
    provider = root.call("iam:CreateSAMLProvider", name="Corporate", saml_metadata_document=keys.metadata())
    arn_ = provider["SAMLProviderArn"]
    root.call("iam:CreateRole", role_name="Staff", assume_role_policy_document=trust(arn_, "SAML"))
    root.call("iam:PutRolePolicy", role_name="Staff", policy_name="p", policy_document=policy(allow("iam:ListUsers")))
    return arn_


@pytest.fixture
def login(root, sandbox, keys):
    """An OIDC provider, and a role that trusts it and may list users."""
    provider = root.call(
        "iam:CreateOpenIDConnectProvider", url=URL, client_id_list=["app"], thumbprint_list=[keys.thumbprint]
    )["OpenIDConnectProviderArn"]
    root.call("iam:CreateRole", role_name="Web", assume_role_policy_document=trust(provider, "WebIdentity"))
    root.call("iam:PutRolePolicy", role_name="Web", policy_name="p", policy_document=policy(allow("iam:ListUsers")))
    return provider


def with_saml(sts, sandbox, keys, provider, role="Staff", details=None, **others):
    more = {key: others.pop(key) for key in ("DurationSeconds", "Policy", "PolicyArns") if key in others}
    role_arn = arn(sandbox, "role", role)
    attributes = idp.aws_attributes(role_arn, provider, "alice", **others)
    response = keys.response(attributes, **(details or {}))
    return sts.assume_role_with_saml(RoleArn=role_arn, PrincipalArn=provider, SAMLAssertion=response, **more)


def with_token(sts, sandbox, keys, role="Web", more=None, **claims):
    given = {"iss": URL, "aud": "app", "sub": "user:alice"} | claims
    return sts.assume_role_with_web_identity(
        RoleArn=arn(sandbox, "role", role),
        RoleSessionName="alice",
        WebIdentityToken=keys.token(given),
        **(more or {}),
    )


def code_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def iam_of(answer):
    made = answer["Credentials"]
    return boto("iam", made["AccessKeyId"], made["SecretAccessKey"], token=made["SessionToken"])


# -- SAML -------------------------------------------------------------------------------------------------


def test_an_assertion_gets_a_session_of_the_role(sts, sandbox, keys, corporate):
    answer = with_saml(sts, sandbox, keys, corporate)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{sandbox.account_id}:assumed-role/Staff/alice"
    assert (answer["Subject"], answer["SubjectType"]) == ("alice@example.com", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (idp.ENTITY_ID, "https://signin.aws.amazon.com/saml")
    assert answer["NameQualifier"]
    client = iam_of(answer)
    assert client.list_users()["Users"]
    assert code_of(client.list_groups)[0] == "AccessDenied"


def test_the_event_says_who_was_vouched_for_and_nothing_secret(sts, sandbox, keys, corporate):
    answer = with_saml(sts, sandbox, keys, corporate)
    event = Event.objects.get(name="AssumeRoleWithSAML")
    assert (event.principal_type, event.user_name) == ("SAMLUser", "alice@example.com")
    assert event.principal_id == f"{answer['NameQualifier']}:alice@example.com"
    assert (event.account, event.outcome, event.decided_by) == (sandbox, "allowed", "trust")
    text = str(event.request) + str(event.response)
    assert answer["Credentials"]["SecretAccessKey"] not in text
    assert "PHNhbWxw" not in text  # the assertion


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}}, True),
        ({"StringEquals": {"saml:aud": "https://other.example.com"}}, False),
        ({"StringEquals": {"saml:iss": idp.ENTITY_ID, "saml:sub": "alice@example.com"}}, True),
        ({"StringEquals": {"saml:sub_type": "persistent"}}, True),
        ({"StringEquals": {"saml:sub_type": "transient"}}, False),
        ({"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}}, True),
        ({"ForAnyValue:StringEquals": {"saml:eduPersonAffiliation": "student"}}, False),
        ({"StringLike": {"saml:doc": "*/Corporate"}}, True),
        ({"StringEquals": {"sts:RoleSessionName": "alice"}}, True),
        ({"StringEquals": {"aws:RequestTag/team": "hr"}, "Null": {"sts:TransitiveTagKeys": "true"}}, True),
        ({"StringEquals": {"aws:RequestTag/team": "it"}}, False),
    ],
)
def test_a_trust_policy_asks_what_the_assertion_says(sts, sandbox, root, keys, corporate, condition, allowed):
    document = trust(corporate, "SAML", Condition=condition)
    root.call("iam:UpdateAssumeRolePolicy", role_name="Staff", policy_document=document)
    attributes = idp.aws_attributes(arn(sandbox, "role", "Staff"), corporate, "alice", {"team": "hr"})
    attributes["urn:oid:1.3.6.1.4.1.5923.1.1.1.1"] = ["staff", "member"]
    asked = {
        "RoleArn": arn(sandbox, "role", "Staff"),
        "PrincipalArn": corporate,
        "SAMLAssertion": keys.response(attributes),
    }
    if allowed:
        assert sts.assume_role_with_saml(**asked)["Credentials"]
    else:
        refusal = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
        assert code_of(sts.assume_role_with_saml, **asked) == refusal


def test_every_attribute_of_aws_s_table_is_a_key_of_the_request(sts, sandbox, keys, corporate):
    attributes = idp.aws_attributes(arn(sandbox, "role", "Staff"), corporate, "alice")
    attributes |= dict.fromkeys(KEY_OF_ATTRIBUTE, "value")
    sts.assume_role_with_saml(
        RoleArn=arn(sandbox, "role", "Staff"), PrincipalArn=corporate, SAMLAssertion=keys.response(attributes)
    )
    context = Event.objects.get(name="AssumeRoleWithSAML").context
    assert set(SAML_KEYS) <= set(context)
    assert {key for key in context if key.startswith("saml:")} == set(SAML_KEYS)


def test_tags_source_identity_and_saml_keys_go_with_the_session(sts, sandbox, root, keys, corporate):
    root.call(
        "iam:PutRolePolicy",
        role_name="Staff",
        policy_name="p",
        policy_document=policy(
            allow("iam:ListUsers")
            | {
                "Condition": {
                    "StringEquals": {
                        "aws:PrincipalTag/team": "hr",
                        "aws:SourceIdentity": "alice",
                        "saml:sub": "alice@example.com",
                    }
                }
            }
        ),
    )
    answer = with_saml(
        sts, sandbox, keys, corporate, tags={"team": "hr"}, SourceIdentity="alice", TransitiveTagKeys=["team"]
    )
    assert answer["SourceIdentity"] == "alice"
    assert answer["PackedPolicySize"] > 0
    assert iam_of(answer).list_users()["Users"]
    row = TemporaryCredential.objects.get(access_key_id=answer["Credentials"]["AccessKeyId"])
    assert (row.tags, row.transitive) == ({"team": "hr"}, ["team"])


@pytest.mark.parametrize(
    ("action", "others"), [("TagSession", {"tags": {"a": "b"}}), ("SetSourceIdentity", {"SourceIdentity": "alice"})]
)
def test_tags_and_source_identities_need_a_permission_of_their_own(sts, sandbox, root, keys, corporate, action, others):
    only = policy({"Effect": "Allow", "Principal": {"Federated": corporate}, "Action": "sts:AssumeRoleWithSAML"})
    root.call("iam:UpdateAssumeRolePolicy", role_name="Staff", policy_document=only)
    assert with_saml(sts, sandbox, keys, corporate)
    refusal = ("AccessDenied", f"Not authorized to perform sts:{action}")
    assert code_of(with_saml, sts, sandbox, keys, corporate, **others) == refusal
    assert TemporaryCredential.objects.filter(name="alice").count() == 1


def lasts(answer):
    return answer["Credentials"]["Expiration"] - dt.datetime.now(dt.UTC)


def test_a_session_lasts_as_long_as_the_shortest_says(sts, sandbox, root, keys, corporate):
    root.call("iam:UpdateRole", role_name="Staff", max_session_duration=7200)
    hour, half = dt.timedelta(hours=1), dt.timedelta(minutes=30)
    ends = (dt.datetime.now(dt.UTC) + half).strftime("%Y-%m-%dT%H:%M:%SZ")
    slack = dt.timedelta(minutes=5)
    assert hour - slack < lasts(with_saml(sts, sandbox, keys, corporate)) <= hour
    assert hour < lasts(with_saml(sts, sandbox, keys, corporate, DurationSeconds=7200)) <= 2 * hour
    assert half - slack < lasts(with_saml(sts, sandbox, keys, corporate, SessionDuration="1800")) <= half
    cut = with_saml(sts, sandbox, keys, corporate, details={"session_not_on_or_after": ends}, DurationSeconds=7200)
    assert half - slack < lasts(cut) <= half
    assert code_of(with_saml, sts, sandbox, keys, corporate, DurationSeconds=7201)[0] == "ValidationError"


def test_session_policies_cap_a_federated_session_too(sts, sandbox, keys, corporate):
    answer = with_saml(sts, sandbox, keys, corporate, Policy=policy(allow("s3:*")))
    assert code_of(iam_of(answer).list_users)[0] == "AccessDenied"


def test_who_is_not_given_the_role_by_the_provider_does_not_get_it(sts, sandbox, root, keys, corporate):
    root.call("iam:CreateRole", role_name="Admin", assume_role_policy_document=trust(corporate, "SAML"))
    attributes = idp.aws_attributes(arn(sandbox, "role", "Staff"), corporate, "alice")
    asked = {"RoleArn": arn(sandbox, "role", "Admin"), "PrincipalArn": corporate}
    refusal = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    assert code_of(sts.assume_role_with_saml, **asked, SAMLAssertion=keys.response(attributes)) == refusal


@pytest.mark.parametrize("role", ["Ghost", "Other"])
def test_a_role_that_is_not_there_or_does_not_trust_the_provider_reads_the_same(
    sts, sandbox, root, keys, corporate, role
):
    nobody = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root.call("iam:CreateRole", role_name="Other", assume_role_policy_document=nobody)
    refusal = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    assert code_of(with_saml, sts, sandbox, keys, corporate, role=role) == refusal


def test_errors_are_aws_s(sts, sandbox, keys, corporate):
    ghost = arn(sandbox, "saml-provider", "Ghost")
    assert code_of(with_saml, sts, sandbox, keys, ghost) == (
        "InvalidIdentityToken",
        "Specified provider doesn't exist.",
    )
    old = {"since": dt.timedelta(minutes=-10), "minutes": 60}
    assert code_of(with_saml, sts, sandbox, keys, corporate, details=old)[0] == "ExpiredTokenException"
    other = idp.IdentityProvider.new()
    refusal = ("InvalidIdentityToken", "Response signature invalid")
    assert code_of(with_saml, sts, sandbox, other, corporate) == refusal
    failed = {"status": "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"}
    assert code_of(with_saml, sts, sandbox, keys, corporate, details=failed)[0] == "IDPRejectedClaim"


def test_another_sandbox_s_roles_and_providers_are_not_there(sts, sandbox, other_sandbox, keys, corporate):
    attributes = idp.aws_attributes(arn(other_sandbox, "role", "Staff"), corporate, "alice")
    asked = {"RoleArn": arn(other_sandbox, "role", "Staff"), "PrincipalArn": corporate}
    code, _ = code_of(sts.assume_role_with_saml, **asked, SAMLAssertion=keys.response(attributes))
    assert code == "InvalidIdentityToken"


def test_new_metadata_ends_the_old_key_s_word(sts, sandbox, root, keys, corporate):
    assert with_saml(sts, sandbox, keys, corporate)
    new = idp.IdentityProvider.new()
    root.call("iam:UpdateSAMLProvider", saml_provider_arn=corporate, saml_metadata_document=new.metadata())
    assert code_of(with_saml, sts, sandbox, keys, corporate)[0] == "InvalidIdentityToken"
    assert with_saml(sts, sandbox, new, corporate)


# -- OpenID Connect ---------------------------------------------------------------------------------------


def test_a_token_gets_a_session_of_the_role(sts, sandbox, keys, login):
    answer = with_token(sts, sandbox, keys)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{sandbox.account_id}:assumed-role/Web/alice"
    assert (answer["SubjectFromWebIdentityToken"], answer["Provider"], answer["Audience"]) == ("user:alice", URL, "app")
    assert iam_of(answer).list_users()["Users"]
    event = Event.objects.get(name="AssumeRoleWithWebIdentity")
    assert (event.principal_type, event.user_name) == ("WebIdentityUser", "user:alice")
    assert event.principal_id == f"{login}:app:user:alice"[:128]
    assert (event.outcome, event.decided_by) == ("allowed", "trust")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {f"{HOST}:aud": "app"}}, True),
        ({"StringEquals": {f"{HOST}:aud": "other"}}, False),
        ({"StringLike": {f"{HOST}:sub": "user:*"}}, True),
        ({"StringEquals": {f"{HOST}:sub": "user:bob"}}, False),
        ({"ForAnyValue:StringLike": {f"{HOST}:amr": "mfa"}}, True),
        ({"ForAnyValue:StringLike": {f"{HOST}:amr": "sms"}}, False),
        # AWS knows no such key of this provider.
        ({"StringEquals": {f"{HOST}:department": "hr"}}, False),
        ({"StringEquals": {"sts:RoleSessionName": "alice"}}, True),
    ],
)
def test_a_trust_policy_asks_what_the_token_says(sts, sandbox, root, keys, login, condition, allowed):
    document = trust(login, "WebIdentity", Condition=condition)
    root.call("iam:UpdateAssumeRolePolicy", role_name="Web", policy_document=document)
    claims = {"amr": ["mfa", "pwd"], "department": "hr"}
    if allowed:
        assert with_token(sts, sandbox, keys, **claims)
    else:
        refusal = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        assert code_of(with_token, sts, sandbox, keys, **claims) == refusal


def test_github_s_claims_are_keys_of_their_own(sts, sandbox, root, keys):
    host = "token.actions.githubusercontent.com"
    made = root.call(
        "iam:CreateOpenIDConnectProvider",
        url=f"https://{host}",
        client_id_list=["sts.amazonaws.com"],
        thumbprint_list=[keys.thumbprint],
    )
    condition = {"StringEquals": {f"{host}:repository": "octo/repo"}, "StringLike": {f"{host}:sub": "repo:octo/*"}}
    document = trust(made["OpenIDConnectProviderArn"], "WebIdentity", Condition=condition)
    root.call("iam:CreateRole", role_name="Actions", assume_role_policy_document=document)
    claims = {"iss": f"https://{host}", "aud": "sts.amazonaws.com", "sub": "repo:octo/repo:ref:refs/heads/main"}
    assert with_token(sts, sandbox, keys, role="Actions", **claims, repository="octo/repo")
    assert (
        code_of(with_token, sts, sandbox, keys, role="Actions", **claims, repository="octo/fork")[0] == "AccessDenied"
    )


def test_the_session_knows_its_provider(sts, sandbox, root, keys, login):
    condition = {"StringEquals": {"aws:FederatedProvider": login, f"{HOST}:sub": "user:alice"}}
    document = policy(allow("iam:ListUsers") | {"Condition": condition})
    root.call("iam:PutRolePolicy", role_name="Web", policy_name="p", policy_document=document)
    assert iam_of(with_token(sts, sandbox, keys)).list_users()["Users"]
    assert code_of(iam_of(with_token(sts, sandbox, keys, sub="user:bob")).list_users)[0] == "AccessDenied"


def test_errors_of_tokens_are_aws_s(sts, sandbox, root, keys, login):
    refusal = ("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x.example.com")
    assert code_of(with_token, sts, sandbox, keys, iss="https://x.example.com") == refusal
    assert code_of(with_token, sts, sandbox, keys, aud="x") == ("InvalidIdentityToken", "Incorrect token audience")
    assert code_of(with_token, sts, sandbox, keys, exp=1_700_000_000, iat=1_600_000_000)[0] == "ExpiredTokenException"
    assert code_of(with_token, sts, sandbox, keys, more={"ProviderId": "www.amazon.com"})[0] == "IDPCommunicationError"
    root.call("iam:UpdateOpenIDConnectProviderThumbprint", open_id_connect_provider_arn=login, thumbprint_list=[])
    assert code_of(with_token, sts, sandbox, keys)[0] == "IDPCommunicationError"


# -- the door ---------------------------------------------------------------------------------------------


def test_only_these_two_need_no_signature(sts, sandbox):
    role = {"RoleArn": arn(sandbox, "role", "Staff"), "RoleSessionName": "alice"}
    assert code_of(sts.assume_role, **role)[0] == "MissingAuthenticationToken"
    assert code_of(sts.get_caller_identity)[0] == "MissingAuthenticationToken"


def test_a_signature_that_is_there_all_the_same_counts_for_nothing(sandbox, keys, corporate):
    signed = boto("sts", "AKIAIOSFODNN7EXAMPLE", "wrong")
    assert with_saml(signed, sandbox, keys, corporate)["Credentials"]


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("arn:aws:iam::999988887777:role/Staff", "AccessDenied"),
        ("arn:aws:iam::x:role/Staff-Staff", "AccessDenied"),
        ("not an arn at all, but long", "AccessDenied"),
    ],
)
def test_a_role_of_no_account_is_refused(sts, keys, role, code):
    asked = {
        "RoleArn": role,
        "PrincipalArn": "arn:aws:iam::999988887777:saml-provider/Corporate",
        "SAMLAssertion": "AAAA",
    }
    assert code_of(sts.assume_role_with_saml, **asked)[0] == code
    assert not Event.objects.filter(name="AssumeRoleWithSAML").exists()


@pytest.mark.parametrize(
    "body",
    [
        "Action=AssumeRoleWithSAML",
        "Action=AssumeRoleWithSAML&Version=2011-06-15",
        "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=%00",
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x&WebIdentityToken=a.b.c",
        "Action=AssumeRoleWithNothing&Version=2011-06-15",
        "AssumeRoleWith=%ff&Action=",
    ],
)
def test_odd_requests_are_refused_and_never_a_fault(db, body):
    answer = Client().post("/", body, content_type="application/x-www-form-urlencoded")
    assert 400 <= answer.status_code < 500


def test_a_signed_in_caller_of_another_account_is_refused(admin, other_sandbox, keys):
    from iamconsole.core.errors import AccessDenied

    with pytest.raises(AccessDenied):
        admin.call(
            "sts:AssumeRoleWithSAML",
            role_arn=arn(other_sandbox, "role", "Staff"),
            principal_arn=arn(other_sandbox, "saml-provider", "Corporate"),
            saml_assertion="AAAA",
        )
