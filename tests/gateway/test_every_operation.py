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
from iamconsole.core.caller import Context
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.table import OPERATIONS
from iamconsole.sandboxes import lifecycle
from iamconsole.signin.middleware import SESSION_KEY
from iamconsole.wire import members, service_by_prefix
from iamconsole.wire.models import operation_model
from tests.boto import boto
from tests.factories import client_for, take_service_roles_away
from tests.gateway.stories import FAILING, FAILS, FOR_LONG_TERM_KEYS, LEARNT, UNLEARNT, story

pytestmark = pytest.mark.django_db


def filled(params: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    return {
        name: value.format(**known) if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value) else value
        for name, value in params.items()
    }


class ApiFace:
    """The story by boto3, signed with the administrator's access key."""

    is_session = False

    def __init__(self, account: Account) -> None:
        admin = lifecycle.describe(account)["admin"]
        self.key = (admin["access_key_id"], admin["secret_access_key"])
        self.clients: dict[str, Any] = {}

    def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        service, _, operation = name.partition(":")
        service = service_by_prefix(service)
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

    is_session = True

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
        fails = FAILS | (dict.fromkeys(FOR_LONG_TERM_KEYS, "AccessDenied") if face.is_session else {})
        if name in fails:
            with pytest.raises(AwsError) as failure:
                face.call(name, filled(params, known))
            assert failure.value.code == fails[name]
        else:
            answer = face.call(name, filled(params, known))
            if name in LEARNT:
                known |= LEARNT[name](answer)
            if name == "s3:GetObject":
                with closing(answer["Body"]) as body:
                    assert body.read() == b"hello"
        yield name, Event.objects.filter(account=account).latest("id")


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
    text = re.sub(r"\b(AKIA|ASIA|AIDA|AGPA|AIPA|ANPA|AROA|APKA|ACCA|ASCA)[A-Z2-7]{16,17}\b", r"\1", text)
    text = re.sub(r'"certificateId": "[A-Z2-7]{32}"', '"certificateId": "ID"', text)
    text = re.sub(r'("(?:deleteMarkerV|v)ersionId|"uploadId)": "[A-Z2-7]+"', r'\1": "ID"', text)
    # A client on the wire chooses the algorithm; for the others S3 does.
    text = re.sub(r'"checksum(CRC32|CRC64NVME)": "[^"]*"', '"checksum": "BASE64"', text)
    text = re.sub(r"IQoJb3JpZ2lu[\w/+]+", "TOKEN", text)
    text = re.sub(r"[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M", "TIME", text)
    text = text.replace('"aws:UserAgent", ', "")
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", text)
    text = re.sub(r'"nameQualifier": "[^"]*"', '"nameQualifier": "HASH"', text)
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
            model = operation_model(operation.model, operation.short_name).input_shape
            known = {xform_name(member) for member in (model.members if model else ())} - {"body"}
            assert known <= set(taken) or any(one.kind is one.VAR_KEYWORD for one in taken.values()), name


def test_page_and_api_leave_the_same_event_for_every_operation(sandbox, other_sandbox, as_user):
    by_api = [(name, comparable(event)) for name, event in tell(ApiFace(sandbox), sandbox)]
    by_page = [(name, comparable(event)) for name, event in tell(ConsoleFace(other_sandbox, as_user), other_sandbox)]
    for (name, api), (_, page) in zip(by_api, by_page, strict=True):
        assert api["name"] == name
        if name in FOR_LONG_TERM_KEYS:
            said = page["error"]
            assert said == ["AccessDenied", f"Cannot call {name.partition(':')[2]} with session credentials"]
        else:
            assert api == page


ALWAYS_ALLOWED = {"sts:GetCallerIdentity", "sts:GetSessionToken"}
# Whose caller is whom an identity provider vouches for: refused in tests/sts/test_federation.py.
ALWAYS_ALLOWED |= {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}
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
    return filled(params, UNLEARNT)


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
    # Where a role is assumed, its own trust policy is asked first.
    kind = "role trust" if name == "sts:AssumeRole" else "identity-based"
    assert f"not authorized to perform: {action}" in str(refusal.value)
    assert str(refusal.value).endswith(f"because no {kind} policy allows the {action} action")


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
