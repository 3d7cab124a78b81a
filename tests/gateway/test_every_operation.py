"""Every operation of the table, through both faces: same door, same event."""

from __future__ import annotations

import inspect
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import DecisionBasis, Event
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.table import OPERATIONS
from iamconsole.iam import mfa
from iamconsole.sandboxes import lifecycle
from iamconsole.signin.middleware import SESSION_KEY
from iamconsole.wire import members
from iamconsole.wire.models import operation_model
from tests.boto import boto
from tests.factories import allow, client_for, policy, take_service_roles_away

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
BUCKET_POLICY = policy(
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::new-bucket/*"}
)


def codes(step: int) -> dict[str, Any]:
    """Two codes in a row of the device that the story makes, from `step` on."""
    return {"authentication_code1": f"{{code{step}}}", "authentication_code2": f"{{code{step + 1}}}"}


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    """One life in which every operation that the wire offers is called at least once, in an order that works."""
    own = f"arn:aws:iam::{account_id}:policy/Own"
    phone = f"arn:aws:iam::{account_id}:mfa/phone"
    user, group = {"user_name": "john"}, {"group_name": "HR"}
    return [
        ("sts:GetCallerIdentity", {}),
        ("iam:CreateUser", user | {"tags": [{"Key": "team", "Value": "hr"}]}),
        ("iam:GetUser", user),
        ("iam:ListUsers", {}),
        ("iam:TagUser", user | {"tags": [{"Key": "level", "Value": "1"}]}),
        ("iam:ListUserTags", user),
        ("iam:UntagUser", user | {"tag_keys": ["level"]}),
        ("iam:CreateLoginProfile", user | {"password": "Passw0rd!", "password_reset_required": True}),
        ("iam:GetLoginProfile", user),
        ("iam:UpdateLoginProfile", user | {"password": "Passw0rd!!"}),
        ("iam:CreateAccessKey", user),
        ("iam:ListAccessKeys", user),
        ("iam:GetAccessKeyLastUsed", {"access_key_id": "{key}"}),
        ("iam:UpdateAccessKey", user | {"access_key_id": "{key}", "status": "Inactive"}),
        ("iam:CreateVirtualMFADevice", {"virtual_mfa_device_name": "phone", "tags": [{"Key": "a", "Value": "b"}]}),
        ("iam:ListVirtualMFADevices", {}),
        ("iam:EnableMFADevice", user | {"serial_number": phone} | codes(0)),
        ("iam:ListMFADevices", user),
        ("iam:GetMFADevice", user | {"serial_number": phone}),
        ("iam:ResyncMFADevice", user | {"serial_number": phone} | codes(2)),
        ("iam:ListSigningCertificates", user),
        ("iam:CreateGroup", group),
        ("iam:AddUserToGroup", user | group),
        ("iam:GetGroup", group),
        ("iam:ListGroups", {}),
        ("iam:ListGroupsForUser", user),
        ("iam:CreatePolicy", {"policy_name": "Own", "policy_document": DOCUMENT, "description": "mine"}),
        ("iam:GetPolicy", {"policy_arn": own}),
        ("iam:ListPolicies", {"scope": "Local"}),
        ("iam:CreatePolicyVersion", {"policy_arn": own, "policy_document": DOCUMENT}),
        ("iam:ListPolicyVersions", {"policy_arn": own}),
        ("iam:GetPolicyVersion", {"policy_arn": own, "version_id": "v2"}),
        ("iam:SetDefaultPolicyVersion", {"policy_arn": own, "version_id": "v2"}),
        ("iam:DeletePolicyVersion", {"policy_arn": own, "version_id": "v1"}),
        ("iam:AttachUserPolicy", user | {"policy_arn": own}),
        ("iam:AttachGroupPolicy", group | {"policy_arn": S3_READ}),
        ("iam:ListAttachedUserPolicies", user),
        ("iam:ListAttachedGroupPolicies", group),
        ("iam:ListEntitiesForPolicy", {"policy_arn": own}),
        ("iam:PutUserPolicy", user | {"policy_name": "inline", "policy_document": DOCUMENT}),
        ("iam:GetUserPolicy", user | {"policy_name": "inline"}),
        ("iam:ListUserPolicies", user),
        ("iam:PutGroupPolicy", group | {"policy_name": "inline", "policy_document": DOCUMENT}),
        ("iam:GetGroupPolicy", group | {"policy_name": "inline"}),
        ("iam:ListGroupPolicies", group),
        (
            "iam:SimulatePrincipalPolicy",
            {"policy_source_arn": f"arn:aws:iam::{account_id}:user/john", "action_names": ["s3:GetObject"]},
        ),
        ("s3:CreateBucket", {"bucket": "new-bucket"}),
        ("s3:ListBuckets", {}),
        ("s3:HeadBucket", {"bucket": "new-bucket"}),
        ("s3:GetBucketLocation", {"bucket": "new-bucket"}),
        ("s3:PutBucketPolicy", {"bucket": "new-bucket", "policy": BUCKET_POLICY}),
        ("s3:GetBucketPolicy", {"bucket": "new-bucket"}),
        ("s3:DeleteBucketPolicy", {"bucket": "new-bucket"}),
        ("s3:PutObject", {"bucket": "new-bucket", "key": "a/b c.txt", "body": b"hello"}),
        ("s3:GetObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        ("s3:HeadObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        # boto3 asks for URL encoding by itself.
        ("s3:ListObjectsV2", {"bucket": "new-bucket", "prefix": "a/", "encoding_type": "url"}),
        ("s3:ListObjects", {"bucket": "new-bucket", "encoding_type": "url"}),
        ("s3:DeleteObject", {"bucket": "new-bucket", "key": "a/b c.txt"}),
        ("s3:DeleteBucket", {"bucket": "new-bucket"}),
        ("iam:DeleteUserPolicy", user | {"policy_name": "inline"}),
        ("iam:DeleteGroupPolicy", group | {"policy_name": "inline"}),
        ("iam:DetachUserPolicy", user | {"policy_arn": own}),
        ("iam:DetachGroupPolicy", group | {"policy_arn": S3_READ}),
        ("iam:DeletePolicy", {"policy_arn": own}),
        ("iam:RemoveUserFromGroup", user | group),
        ("iam:UpdateGroup", group | {"new_group_name": "People"}),
        ("iam:DeleteGroup", {"group_name": "People"}),
        ("iam:DeleteAccessKey", user | {"access_key_id": "{key}"}),
        ("iam:DeleteLoginProfile", user),
        ("iam:UpdateUser", user | {"new_user_name": "johnny"}),
        ("iam:DeactivateMFADevice", {"user_name": "johnny", "serial_number": phone}),
        ("iam:DeleteVirtualMFADevice", {"serial_number": phone}),
        ("iam:DeleteUser", {"user_name": "johnny"}),
        ("iam:CreateServiceLinkedRole", {"aws_service_name": "support.amazonaws.com"}),
        ("iam:GetRole", {"role_name": "AWSServiceRoleForSupport"}),
        ("iam:ListRoles", {}),
        ("iam:ListSAMLProviders", {}),
        ("iam:ListOpenIDConnectProviders", {}),
        ("iam:GetAccountSummary", {}),
        ("iam:CreateAccountAlias", {"account_alias": "company1"}),
        ("iam:ListAccountAliases", {}),
        ("iam:DeleteAccountAlias", {"account_alias": "company1"}),
        ("iam:ChangePassword", {"old_password": "{password}", "new_password": "An0ther-Passw0rd"}),
        ("iam:GetAccountPasswordPolicy", {}),
    ]


# An account has no custom password policy, and a virtual MFA device is no FIDO key: AWS answers NoSuchEntity.
FAILS = {"iam:GetAccountPasswordPolicy": "NoSuchEntity", "iam:GetMFADevice": "NoSuchEntity"}


def filled(params: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    return {
        name: value.format(**known) if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value) else value
        for name, value in params.items()
    }


class ApiFace:
    """The story by boto3, signed with the administrator's access key."""

    def __init__(self, account: Account) -> None:
        admin = lifecycle.describe(account)["admin"]
        self.key = (admin["access_key_id"], admin["secret_access_key"])
        self.clients: dict[str, Any] = {}

    def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        service, _, operation = name.partition(":")
        client = self.clients.setdefault(service, boto(service, *self.key))
        params = dict(params)
        body = params.pop("body", None)
        sent = members(service, operation, params) | ({"Body": body} if body is not None else {})
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**sent)
        except ClientError as error:
            raise AwsError(error.response["Error"]["Message"], code=error.response["Error"]["Code"]) from error
        return answer


# What only a session's temporary credentials have, and a long-term key has not.
OF_A_SESSION = {"aws:MultiFactorAuthPresent", "aws:TokenIssueTime"}
# A page's call is not sent in bytes, so nothing is said of their hash.
OF_THE_WIRE = {"s3:x-amz-content-sha256"}


class ConsoleFace:
    """The story through `request.aws`, with the credentials of a real sign-in, as the views call it."""

    def __init__(self, account: Account, signed_in: Any) -> None:
        browser = signed_in("admin", account)
        credential = callers.credential(browser.session[SESSION_KEY])
        self.client = AwsClient(credential.caller, Context(face="console"))

    def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        params = dict(params)
        body = params.pop("body", None)
        try:
            return self.client.call(name, body=io.BytesIO(body) if body is not None else None, **params)
        finally:
            self.client.flush()


def tell(face: Any, account: Account) -> Iterator[tuple[str, Event]]:
    """Live the story, and give each operation's event."""
    take_service_roles_away(account)
    known = {"password": lifecycle.describe(account)["admin"]["password"]}
    for name, params in story(account.account_id):
        if name in FAILS:
            with pytest.raises(AwsError) as failure:
                face.call(name, filled(params, known))
            assert failure.value.code == FAILS[name]
        else:
            answer = face.call(name, filled(params, known))
            if name == "iam:CreateAccessKey":
                known["key"] = answer["AccessKey"]["AccessKeyId"]
            if name == "iam:CreateVirtualMFADevice":
                known |= mfa_codes(answer["VirtualMFADevice"]["Base32StringSeed"].decode())
            if name == "s3:GetObject":
                with closing(answer["Body"]) as body:
                    assert body.read() == b"hello"
        yield name, Event.objects.filter(account=account).latest("id")


def mfa_codes(seed: str) -> dict[str, str]:
    """The codes of a device from now on: `code0` is the present one."""
    now = mfa.step_at(wall_clock())
    return {f"code{ahead}": mfa.code_at(seed, now + ahead) for ahead in range(4)}


# What only a client on the wire says, about the bytes that it sends.
TRANSPORT = {"checksumAlgorithm", "checksumCRC32", "contentLength"}


def comparable(event: Event) -> dict[str, Any]:
    """An event without what differs between any two calls: ids, times, the account's number, the client."""
    request = {key: value for key, value in (event.request or {}).items() if key not in TRANSPORT}
    text = json.dumps(
        {
            "name": f"{event.service}:{event.name}",
            "request": request,
            "response": event.response,
            "resources": event.resources,
            "error": [event.error_code, event.error_message],
            "decision": [event.outcome, event.decided_by, event.action, event.resource, event.engine],
            "keys": sorted(set(event.context or {}) - OF_A_SESSION - OF_THE_WIRE),
            "session": set(event.context or {}) >= OF_A_SESSION if event.session else event.access_key_id[:4] != "ASIA",
            "principal": [event.principal_type, event.principal_arn, event.user_name],
            "flags": [event.read_only, event.management, event.region, event.event_type],
        },
        sort_keys=True,
    )
    text = text.replace(event.account.account_id, "ACCOUNT")
    text = re.sub(r"\b(AKIA|AIDA|AGPA|ANPA|AROA)[A-Z2-7]{16,17}\b", r"\1", text)
    text = re.sub(r"[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M", "TIME", text)
    text = text.replace('"aws:UserAgent", ', "")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_story_tells_of_every_operation():
    told = {name for name, _ in story("111122223333")}
    assert told == {name for name, operation in OPERATIONS.items() if operation.public}


def test_every_operation_takes_every_parameter_of_aws_or_says_what_it_does_with_the_rest():
    """A parameter that the model lets through and the function does not know would be a fault of ours."""
    for name, operation in OPERATIONS.items():
        if operation.public:
            taken = inspect.signature(operation.work).parameters
            model = operation_model(operation.service, operation.short_name).input_shape
            known = {xform_name(member) for member in (model.members if model else ())} - {"body"}
            assert known <= set(taken) or any(one.kind is one.VAR_KEYWORD for one in taken.values()), name


def test_page_and_api_leave_the_same_event_for_every_operation(sandbox, other_sandbox, as_user):
    by_api = [(name, comparable(event)) for name, event in tell(ApiFace(sandbox), sandbox)]
    by_page = [(name, comparable(event)) for name, event in tell(ConsoleFace(other_sandbox, as_user), other_sandbox)]
    for (name, api), (_, page) in zip(by_api, by_page, strict=True):
        assert api["name"] == name
        assert api == page


ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}
AUTHORIZED = sorted(
    name for name, op in OPERATIONS.items() if op.authorized and op.public and name not in ALWAYS_ALLOWED
)


def example(name: str, account_id: str) -> dict[str, Any]:
    """Parameters for one operation alone, aimed at what the start state has."""
    params = dict(dict(reversed(story(account_id)))[name])
    swaps = {"user_name": "Sarah", "bucket": "company1-hr", "key": "Test.txt", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}
    if name != "s3:CreateBucket":
        params |= {key: value for key, value in swaps.items() if key in params}
    if "policy_arn" in params and "Own" in params["policy_arn"]:
        params["policy_arn"] = f"arn:aws:iam::{account_id}:policy/Company1-Logs-Policy"
    no_codes = {f"code{step}": "000000" for step in range(4)}
    return filled(params, {"password": "wrong", "key": "AKIAIOSFODNN7EXAMPLE"} | no_codes)


def state() -> dict[str, list[Any]]:
    """Every row but the events and what they were decided with."""
    from django.apps import apps

    kept = {Event, DecisionBasis}
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values()))
        for model in apps.get_models()
        if model not in kept and model._meta.app_label not in ("sessions",)
    }


@pytest.mark.parametrize("name", AUTHORIZED)
def test_a_refused_call_of_any_operation_leaves_an_event_and_no_change(name, root, sandbox):
    root.call("iam:CreateUser", user_name="nobody")
    nobody = client_for(sandbox, "nobody")
    params = example(name, sandbox.account_id)
    body = params.pop("body", None)
    before, events = state(), Event.objects.count()

    with pytest.raises(AccessDenied) as refusal:
        nobody.call(name, body=io.BytesIO(body) if body is not None else None, **params)
    nobody.flush()

    assert state() == before
    assert Event.objects.count() == events + 1
    event = Event.objects.latest("id")
    assert (event.error_code, event.outcome, event.user_name) == ("AccessDenied", "implicit_deny", "nobody")
    action = OPERATIONS[name].checks[0].action
    assert f"not authorized to perform: {action}" in str(refusal.value)
    assert str(refusal.value).endswith(f"because no identity-based policy allows the {action} action")


CODES = {"authentication_code1": "000000", "authentication_code2": "000000"}

# For each write: parameters with which the work itself fails, although it is allowed.
FAILING: dict[str, dict[str, Any]] = {
    "iam:CreateUser": {"user_name": "sarah"},
    "iam:UpdateUser": {"user_name": "Sarah", "new_user_name": "AMIN"},
    "iam:DeleteUser": {"user_name": "admin"},
    "iam:TagUser": {"user_name": "Sarah", "tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
    "iam:UntagUser": {"user_name": "ghost", "tag_keys": ["a"]},
    "iam:CreateGroup": {"group_name": "taken"},
    "iam:UpdateGroup": {"group_name": "Taken", "new_group_name": "Full"},
    "iam:DeleteGroup": {"group_name": "Full"},
    "iam:AddUserToGroup": {"user_name": "ghost", "group_name": "Taken"},
    "iam:RemoveUserFromGroup": {"user_name": "Sarah", "group_name": "Taken"},
    "iam:CreateLoginProfile": {"user_name": "Sarah", "password": "weak"},
    "iam:UpdateLoginProfile": {"user_name": "Sarah", "password": "Passw0rd!"},
    "iam:DeleteLoginProfile": {"user_name": "Sarah"},
    "iam:ChangePassword": {"old_password": "wrong", "new_password": "Passw0rd!"},
    "iam:CreateVirtualMFADevice": {"virtual_mfa_device_name": "Taken"},
    "iam:EnableMFADevice": {"user_name": "Sarah", "serial_number": "{device}"} | CODES,
    "iam:ResyncMFADevice": {"user_name": "Sarah", "serial_number": "{device}"} | CODES,
    "iam:DeactivateMFADevice": {"user_name": "Sarah", "serial_number": "{device}"},
    "iam:DeleteVirtualMFADevice": {"serial_number": "arn:aws:iam::111122223333:mfa/ghost"},
    "iam:CreateServiceLinkedRole": {"aws_service_name": "no-such.amazonaws.com"},
    "iam:CreateAccountAlias": {"account_alias": "123456789012"},
    "iam:DeleteAccountAlias": {"account_alias": "not-ours"},
    "iam:CreateAccessKey": {"user_name": "ghost"},
    "iam:UpdateAccessKey": {"user_name": "Sarah", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "status": "Inactive"},
    "iam:DeleteAccessKey": {"user_name": "Sarah", "access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "iam:CreatePolicy": {"policy_name": "Bad", "policy_document": '{"Version": "2012-10-17"}'},
    "iam:CreatePolicyVersion": {"policy_arn": "{logs}", "policy_document": "not json"},
    "iam:SetDefaultPolicyVersion": {"policy_arn": "{logs}", "version_id": "v9"},
    "iam:DeletePolicyVersion": {"policy_arn": "{logs}", "version_id": "v1"},
    "iam:DeletePolicy": {"policy_arn": S3_READ},
    "iam:AttachUserPolicy": {"user_name": "Sarah", "policy_arn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
    "iam:AttachGroupPolicy": {"group_name": "Taken", "policy_arn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
    "iam:DetachUserPolicy": {"user_name": "Sarah", "policy_arn": S3_READ},
    "iam:DetachGroupPolicy": {"group_name": "Taken", "policy_arn": S3_READ},
    "iam:PutUserPolicy": {"user_name": "Sarah", "policy_name": "p", "policy_document": "{"},
    "iam:PutGroupPolicy": {"group_name": "Taken", "policy_name": "p", "policy_document": "{"},
    "iam:DeleteUserPolicy": {"user_name": "Sarah", "policy_name": "p"},
    "iam:DeleteGroupPolicy": {"group_name": "Taken", "policy_name": "p"},
    "s3:CreateBucket": {"bucket": "company1-hr"},
    "s3:DeleteBucket": {"bucket": "company1-hr"},
    "s3:PutBucketPolicy": {"bucket": "company1-hr", "policy": "{"},
    "s3:DeleteBucketPolicy": {"bucket": "no-such-bucket"},
    "s3:PutObject": {"bucket": "company1-hr", "key": "k" * 1024 + "é"},
    "s3:DeleteObject": {"bucket": "no-such-bucket", "key": "k"},
}


def test_every_write_has_a_failing_case():
    assert set(FAILING) == {name for name, op in OPERATIONS.items() if op.public and not op.read_only}


@pytest.mark.parametrize("name", sorted(FAILING))
def test_a_call_that_fails_leaves_an_event_and_no_change(name, root, sandbox):
    root.call("iam:CreateGroup", group_name="Taken")
    root.call("iam:CreateGroup", group_name="Full")
    root.call("iam:AddUserToGroup", group_name="Full", user_name="amin")
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="taken")
    admin = client_for(sandbox, "admin")
    device = f"arn:aws:iam::{sandbox.account_id}:mfa/taken"
    logs = f"arn:aws:iam::{sandbox.account_id}:policy/Company1-Logs-Policy"
    params = filled(FAILING[name], {"logs": logs, "device": device})
    before, events = state(), Event.objects.count()

    with pytest.raises(AwsError) as failure:
        admin.call(name, body=io.BytesIO(b"x") if name == "s3:PutObject" else None, **params)

    assert failure.value.code not in ("InternalFailure", "")
    assert state() == before
    assert Event.objects.count() == events + 1
    assert Event.objects.latest("id").error_code == failure.value.code
