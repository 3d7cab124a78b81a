"""Trust and bucket policies follow the identity that they were written for, not its name.

IAM User Guide, "AWS JSON policy elements: Principal", "IAM user principals" and "IAM role principals".
"""

from __future__ import annotations

import datetime as dt
import json
from uuid import uuid4

import pytest

from iamconsole.accounts.models import PolicyText
from iamconsole.analysis.explaining import details_of
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam.models import OidcProvider, Role, SamlProvider, User
from iamconsole.s3.models import Bucket
from iamconsole.sandboxes import lifecycle
from tests.factories import allow, client_for, policy, unblock

pytestmark = pytest.mark.django_db


def trust(principal):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def on_bucket(principal):
    return policy({"Principal": principal, **allow("s3:GetObject", "arn:aws:s3:::company1-hr/*")})


def arn(account, resource):
    return f"arn:aws:iam::{account.account_id}:{resource}"


def make_role(client, name="Reader", principal=None, **params):
    trusted = trust(principal or {"Service": "ec2.amazonaws.com"})
    return client.call("iam:CreateRole", role_name=name, assume_role_policy_document=trusted, **params)["Role"]


def trust_of(client, name):
    return client.call("iam:GetRole", role_name=name)["Role"]["AssumeRolePolicyDocument"]


def principal_of(document):
    return json.loads(document)["Statement"][0]["Principal"]


def test_a_unique_id_of_another_sandbox_is_nobody_s(admin, sandbox):
    """No operation takes one into a policy; a restored file may bring it along, and must not tell whose it is."""
    stranger = User.objects.get(account=lifecycle.create("course"), name="Sarah").unique_id
    make_role(admin)
    told = trust({"AWS": stranger})
    Role.objects.filter(name="Reader").update(trust=PolicyText.keep(told))
    Bucket.objects.filter(account=sandbox, name="company1-hr").update(policy=PolicyText.keep(told))
    assert principal_of(trust_of(admin, "Reader")) == {"AWS": stranger}
    [listed] = [one for one in admin.call("iam:ListRoles")["Roles"] if one["RoleName"] == "Reader"]
    assert principal_of(listed["AssumeRolePolicyDocument"]) == {"AWS": stranger}
    assert principal_of(admin.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"]) == {"AWS": stranger}
    with pytest.raises(AwsError, match="Invalid principal in policy"):
        make_role(admin, "Other", {"AWS": stranger})


def test_a_trust_policy_is_kept_by_unique_id_and_shown_as_it_was_written(admin, sandbox):
    user = User.objects.get(name="Sarah")
    written = arn(sandbox, "user\\/Sarah")
    document = f"""{{"Version": "2012-10-17",
      "Statement": {{"Effect": "Allow",  "Principal": {{"AWS": [ "{written}", "{sandbox.account_id}" ]}},
         "Action": "sts:AssumeRole"}}}}"""
    admin.call("iam:CreateRole", role_name="R", assume_role_policy_document=document)
    kept = Role.objects.get(name="R").trust.text
    assert kept == document.replace(written, user.unique_id)
    assert trust_of(admin, "R") == document.replace("\\/", "/")


def test_a_bucket_policy_no_longer_matches_a_user_made_anew(admin, root, sandbox, dev):
    named = {"AWS": arn(sandbox, "user/dev")}
    denied = policy({"Effect": "Deny", "Principal": named, "Action": "s3:*", "Resource": "arn:aws:s3:::company1-hr/*"})
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=denied)
    old = User.objects.get(name="dev").unique_id
    with pytest.raises(AccessDenied):
        dev.call("s3:GetObject", bucket="company1-hr", key="Test.txt")

    root.call("iam:UpdateUser", user_name="dev", new_user_name="developer", new_path="/it/")
    moved = {"AWS": arn(sandbox, "user/it/developer")}
    assert principal_of(admin.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"]) == moved
    with pytest.raises(AccessDenied):
        client_for(sandbox, "developer").call("s3:GetObject", bucket="company1-hr", key="Test.txt")

    read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    root.call("iam:DetachUserPolicy", user_name="developer", policy_arn=read)
    root.call("iam:DeleteUser", user_name="developer")
    root.call("iam:CreateUser", user_name="dev")
    root.call("iam:AttachUserPolicy", user_name="dev", policy_arn=read)
    client_for(sandbox, "dev").call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"].close()
    orphaned = admin.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"]
    assert principal_of(orphaned) == {"AWS": old}
    with pytest.raises(AwsError) as error:
        admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=orphaned)
    assert (error.value.code, error.value.message) == ("MalformedPolicy", "Invalid principal in policy")


def test_a_trust_policy_shows_the_id_of_a_role_that_is_gone_and_cannot_be_saved_so(admin, sandbox):
    old = make_role(admin, "Old")["RoleId"]
    make_role(admin, "New", {"AWS": arn(sandbox, "role/Old")})
    admin.call("iam:DeleteRole", role_name="Old")
    assert principal_of(trust_of(admin, "New")) == {"AWS": old}
    with pytest.raises(AwsError) as error:
        admin.call("iam:UpdateAssumeRolePolicy", role_name="New", policy_document=trust_of(admin, "New"))
    assert error.value.code == "MalformedPolicyDocument"
    assert error.value.message == f'Invalid principal in policy: "AWS":"{old}"'

    make_role(admin, "Old")
    assert principal_of(trust_of(admin, "New")) == {"AWS": old}
    admin.call("iam:UpdateAssumeRolePolicy", role_name="New", policy_document=trust({"AWS": arn(sandbox, "role/Old")}))
    assert principal_of(trust_of(admin, "New")) == {"AWS": arn(sandbox, "role/Old")}


def test_a_unique_id_elsewhere_in_a_policy_stays_as_it_is(admin):
    user_id = User.objects.get(name="Sarah").unique_id
    document = json.loads(trust({"AWS": user_id}))
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:userid": user_id}}
    admin.call("iam:CreateRole", role_name="R", assume_role_policy_document=json.dumps(document))
    shown = json.loads(trust_of(admin, "R"))["Statement"][0]
    assert shown["Condition"] == document["Statement"][0]["Condition"]
    assert shown["Principal"]["AWS"].endswith(":user/Sarah")


ACCEPTED = [
    {"AWS": "*"},
    "*",
    {"AWS": "{account}"},
    {"AWS": "arn:aws:iam::{account}:root"},
    {"AWS": ["arn:aws:iam::{account}:user/Sarah", "arn:aws:iam::{account}:role/Reader"]},
    {"AWS": "arn:aws:sts::{account}:assumed-role/Reader/john"},
    {"AWS": "arn:aws:sts::{account}:federated-user/john"},
    {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]},
]
FEDERATED = [
    {"Federated": "accounts.google.com"},
    {"Federated": ["arn:aws:iam::{account}:saml-provider/Corp", "arn:aws:iam::{account}:oidc-provider/id.example.com"]},
]


def filled(principal, account):
    return json.loads(json.dumps(principal).replace("{account}", account.account_id))


@pytest.mark.parametrize("principal", ACCEPTED + FEDERATED, ids=str)
def test_who_can_be_trusted(admin, sandbox, principal):
    make_role(admin)
    now = dt.datetime.now(dt.UTC)
    SamlProvider.objects.create(account=sandbox, name="Corp", unique_id=uuid4(), created=now, valid_until=now)
    OidcProvider.objects.create(account=sandbox, url="id.example.com", created=now)
    principal = filled(principal, sandbox)
    make_role(admin, "R", principal)
    assert principal_of(trust_of(admin, "R")) == principal


@pytest.mark.parametrize("principal", ACCEPTED, ids=str)
def test_whom_a_bucket_policy_can_name(admin, sandbox, principal):
    make_role(admin)
    principal = filled(principal, sandbox)
    unblock(admin)
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=on_bucket(principal))
    shown = principal_of(admin.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"])
    assert shown == ({"AWS": arn(sandbox, "root")} if principal == {"AWS": sandbox.account_id} else principal)


REFUSED = [
    ("AWS", "arn:aws:iam::{account}:user/nobody"),
    ("AWS", "arn:aws:iam::{account}:user/sarah"),  # names collide without regard to case, ARNs do not match so
    ("AWS", "arn:aws:iam::{account}:role/nobody"),
    ("AWS", "arn:aws:iam::{account}:user/hr/Sarah"),
    ("AWS", "arn:aws:iam::{account}:group/Developers"),
    ("AWS", "arn:aws:sts::{account}:assumed-role/nobody/john"),
    ("AWS", "arn:aws-cn:iam::{account}:user/Sarah"),
    ("AWS", "arn:aws:iam::{other}:user/Sarah"),
    ("AWS", "arn:aws:iam::999999999999:root"),
    ("AWS", "999999999999"),
    ("AWS", "AIDAABCDEFGHIJKLMNOPQ"),
    ("AWS", "{other_id}"),
    ("Service", "ec2.amazonaws.co"),
    ("Service", "arn:aws:iam::{account}:root"),
    ("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
]


UNKNOWN_PROVIDERS = [
    ("Federated", "arn:aws:iam::{account}:saml-provider/None"),
    ("Federated", "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"),
    ("Federated", "token.actions.githubusercontent.com"),  # only the four built-in ones go by their domain
]


def unknown(value, sandbox, other_sandbox):
    other_id = User.objects.get(name="Sarah", account=other_sandbox).unique_id
    return value.format(account=sandbox.account_id, other=other_sandbox.account_id, other_id=other_id)


@pytest.mark.parametrize(("kind", "value"), [*REFUSED, *UNKNOWN_PROVIDERS])
def test_who_cannot_be_trusted(admin, sandbox, other_sandbox, kind, value):
    value = unknown(value, sandbox, other_sandbox)
    with pytest.raises(AwsError) as error:
        make_role(admin, "R", {kind: value})
    assert error.value.code == "MalformedPolicyDocument"
    shown = "SERVICE" if kind == "Service" else kind
    assert error.value.message == f'Invalid principal in policy: "{shown}":"{value}"'
    assert not Role.objects.filter(name="R").exists()


def test_a_federated_principal_is_a_domain_or_the_arn_of_a_provider(admin):
    with pytest.raises(AwsError) as error:
        make_role(admin, "R", {"Federated": "https://accounts.google.com"})
    assert error.value.message == "Federated principals must be valid domain names or SAML metadata ARNs"


@pytest.mark.parametrize(("kind", "value"), [*REFUSED, ("Federated", "accounts.google.com")])
def test_whom_a_bucket_policy_cannot_name(admin, sandbox, other_sandbox, kind, value):
    value = unknown(value, sandbox, other_sandbox)
    with pytest.raises(AwsError) as error:
        admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=on_bucket({kind: value}))
    assert (error.value.code, error.value.message) == ("MalformedPolicy", "Invalid principal in policy")
    assert Bucket.objects.get(name="company1-hr", account=sandbox).policy is None


GRAMMAR = [
    ({"Resource": "*"}, "Has prohibited field Resource"),
    ({"NotResource": "*"}, "Has prohibited field NotResource"),
    ({"Action": "s3:GetObject"}, "AssumeRole policy may only specify STS AssumeRole actions."),
    ({"Principal": None}, "Missing required field Principal"),
]


@pytest.mark.parametrize(("change", "message"), GRAMMAR)
def test_the_grammar_of_a_trust_policy(admin, change, message):
    document = json.loads(trust({"Service": "ec2.amazonaws.com"}))
    statement = {**document["Statement"][0], **change}
    document["Statement"] = [{key: value for key, value in statement.items() if value is not None}]
    with pytest.raises(AwsError) as error:
        admin.call("iam:CreateRole", role_name="R", assume_role_policy_document=json.dumps(document))
    assert (error.value.code, error.value.message) == ("MalformedPolicyDocument", message)


def test_an_account_of_the_same_sandbox_can_be_named_with_its_users(admin, sandbox, other_sandbox):
    other_sandbox.sandbox, other_sandbox.root_email = sandbox.sandbox, "other@example.com"
    other_sandbox.save()
    named = [arn(other_sandbox, "user/Sarah"), arn(other_sandbox, "root"), other_sandbox.account_id]
    make_role(admin, "R", {"AWS": named})
    assert principal_of(trust_of(admin, "R")) == {"AWS": named}
    assert User.objects.get(name="Sarah", account=other_sandbox).unique_id in Role.objects.get(name="R").trust.text


def test_a_canonical_user_id_becomes_the_arn_of_its_account(admin, sandbox):
    """Amazon S3 User Guide, "Principals for bucket policies"."""
    owner = admin.call("s3:ListBuckets")["Owner"]["ID"]
    sarah = arn(sandbox, "user/Sarah")
    document = json.loads(on_bucket({"AWS": sarah, "CanonicalUser": owner}))
    document["Statement"] = document["Statement"][0]  # a statement may stand alone
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=json.dumps(document))
    kept = json.loads(admin.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"])
    assert kept["Statement"]["Principal"] == {"AWS": [sarah, arn(sandbox, "root")]}
    assert kept["Statement"]["Resource"] == document["Statement"]["Resource"]


def explained(client, error):
    """The explanation of a refusal, and what it says of the bucket policy."""
    client.flush()
    found = details_of(Event.objects.get(event_id=error.value.event_id))
    (statement,) = [one for one in found["Statements"] if one["Stage"] == "resource"]
    return found, statement


def test_an_explanation_names_users_and_not_their_unique_ids(admin, root, sandbox, dev):
    """Also of who has been renamed since: by the name that it had."""
    admin.call("iam:CreateUser", user_name="other")
    others = [arn(sandbox, "user/other"), arn(sandbox, "user/dev")]
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::company1-hr/*"}
    document = policy(denied | {"Principal": {"AWS": others}})
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=document)
    with pytest.raises(AccessDenied) as error:
        dev.call("s3:GetObject", bucket="company1-hr", key="Test.txt")
    for renamed in (False, True):
        if renamed:
            root.call("iam:UpdateUser", user_name="dev", new_user_name="developer")
        found, statement = explained(dev, error)
        assert statement["Document"] == document
        assert (statement["Matched"], found["OutcomeNow"]) == (True, "explicit_deny")


def test_an_explanation_shows_the_id_of_who_is_gone(admin, root, sandbox):
    root.call("iam:CreateUser", user_name="clerk")
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=on_bucket({"AWS": arn(sandbox, "user/clerk")}))
    old = User.objects.get(name="clerk").unique_id
    root.call("iam:DeleteUser", user_name="clerk")
    root.call("iam:CreateUser", user_name="clerk")
    clerk = client_for(sandbox, "clerk")
    with pytest.raises(AccessDenied) as error:
        clerk.call("s3:GetObject", bucket="company1-hr", key="Test.txt")
    _, statement = explained(clerk, error)
    assert statement["Matched"] is False
    (hint,) = statement["NearMisses"]
    assert hint.startswith(f"`{old}` is the unique ID of a user or role, perhaps a deleted one; the caller is `AIDA")


def test_the_copy_of_a_sandbox_trusts_its_own_users(admin, root, sandbox):
    make_role(admin, "R", {"AWS": arn(sandbox, "user/Sarah")})
    admin.call("s3:PutBucketPolicy", bucket="company1-hr", policy=on_bucket({"AWS": arn(sandbox, "role/R")}))
    root.call("iam:CreateUser", user_name="gone")
    make_role(admin, "Orphan", {"AWS": arn(sandbox, "user/gone")})
    root.call("iam:DeleteUser", user_name="gone")
    copied = lifecycle.copy(sandbox.account_id)
    theirs = client_for(copied, "admin")
    assert principal_of(trust_of(theirs, "R")) == {"AWS": arn(copied, "user/Sarah")}
    shown = theirs.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"]
    assert principal_of(shown) == {"AWS": arn(copied, "role/R")}
    assert principal_of(trust_of(theirs, "Orphan")) == principal_of(trust_of(admin, "Orphan"))
