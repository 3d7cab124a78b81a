"""Two sandboxes are as separate as two deployments.

Every operation of the gateway's table and every address of the site is aimed at another sandbox's names, ARNs, ids,
keys and cookies. Each answer must be the one that is given where the other sandbox does not exist at all; nothing
that is the other's may stand in it, and no row of the other's may change. What is added later is walked too: the
operations come with their story, the addresses with the URLconf; a parameter of a new kind fails until it is aimed.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from iamconsole.accounts.models import Account, Mail
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import Context, wall_clock
from iamconsole.core.errors import AwsError
from iamconsole.core.ids import Ids
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.table import OPERATIONS
from iamconsole.iam.models import User
from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, client_for, policy, sign_in, take_service_roles_away
from tests.gateway.stories import LEARNT, UNLEARNT, story
from tests.gateway.test_every_operation import filled

pytestmark = pytest.mark.django_db

# Stands in everything of the other's that no question names: wherever it appears, something was read.
MARKER = "ONLYTHEIRS"
TAKES_AWAY = ("Delete", "Remove", "Detach", "Deactivate", "Untag")
BUILDS = ("Create", "Upload", "Put", "Add", "Attach")


class Theirs:
    """The other sandbox: everything that the story makes, and nothing of it taken away again."""

    def __init__(self) -> None:
        self.account = lifecycle.create("course")
        take_service_roles_away(self.account)
        aws = client_for(self.account, "admin")
        self.known: dict[str, str] = dict(UNLEARNT)
        built, failed = 0, []
        for name, params in story(self.account.account_id):
            if name.partition(":")[2].startswith(TAKES_AWAY) or any(one.startswith("new_") for one in params):
                continue
            params = dict(filled(params, self.known))
            body = params.pop("body", None)
            try:
                with transaction.atomic():
                    answer = aws.call(name, body=io.BytesIO(body) if body is not None else None, **params)
                closing(answer)
                self.known |= LEARNT[name](answer) if name in LEARNT else {}
            except AwsError as error:
                failed.append((name, str(error)))
            built += name.partition(":")[2].startswith(BUILDS)
        aws.flush()
        failed = [one for one in failed if one[0].partition(":")[2].startswith(BUILDS)]
        assert len(failed) < built / 10, failed
        self.mark(client_for(self.account))
        self.access_key = lifecycle.describe(self.account)["admin"]["access_key_id"]

    def mark(self, root: AwsClient) -> None:
        secret = policy({**allow("s3:GetObject"), "Sid": MARKER})
        tags = [{"Key": MARKER, "Value": MARKER}]
        root.call("iam:CreateUser", user_name=MARKER, tags=tags)
        root.call("iam:CreateGroup", group_name=MARKER)
        root.call("iam:CreatePolicy", policy_name=MARKER, policy_document=secret, description=MARKER)
        root.call("iam:PutUserPolicy", user_name="john", policy_name="marked", policy_document=secret)
        root.call("iam:TagUser", user_name="john", tags=tags)
        root.call("s3:CreateBucket", bucket=MARKER.lower())
        for bucket in ("new-bucket", MARKER.lower()):
            root.call(
                "s3:PutObject", bucket=bucket, key="a/b c.txt", body=io.BytesIO(MARKER.encode()), metadata={"a": MARKER}
            )
        Mail.objects.create(
            kind=Mail.Kind.NEWS,
            sandbox=self.account.sandbox,
            to="a@b.c",
            subject=MARKER,
            text=MARKER,
            sent=wall_clock(),
        )

    @property
    def values(self) -> dict[str, Any]:
        """For each parameter of an address, what it aims at."""
        account = self.account
        return {
            "key": Mail.objects.filter(sandbox=account.sandbox).latest("pk").pk,
            "slug": account.sandbox.public_name,
            "alias": "company1",
            "user_name": "john",
            "group_name": "HR",
            "role_name": "AWSServiceRoleForSupport",
            "name": "john",
            "policy_name": "marked",
            "access_key_id": self.access_key,
            "policy_arn": f"arn:aws:iam::{account.account_id}:policy/Own",
            "version_id": "v1",
            "job_id": self.known["generation"],
            "provider_arn": f"arn:aws:iam::{account.account_id}:saml-provider/Corporate",
            "bucket": "new-bucket",
            "event_id": Event.objects.filter(account=account).latest("pk").event_id,
            # Words of the page itself, which name nothing of anybody's.
            "act": "delete",
            "topic": "users",
        }

    def sent(self) -> dict[str, Any]:
        """What pages read from a query or a form."""
        values = self.values
        picked = ["john", "HR", "a/b c.txt", values["policy_arn"], self.access_key, "new-bucket", "marked"]
        picked += [values["provider_arn"], f"arn:aws:iam::{self.account.account_id}:mfa/phone"]
        return {
            "selected": picked,
            "users": picked,
            "groups": picked,
            "policies": picked,
            "prefix": "a/",
            "bucket": "new-bucket",
            "from": "john",
            "account": self.account.account_id,
            "root_account": self.account.account_id,
            "roleName": "AWSServiceRoleForSupport",
            "provider": values["provider_arn"],
            "wizard": "x" * 16,
            "id": "x" * 16,
            "token": "x",
            "q": MARKER[:-1],
            "search": "",
            "user_name": "john",
            "policy_arn": values["policy_arn"],
            "access_key_id": self.access_key,
            "serial_number": picked[-1],
            "old_password": "Wr0ng-Passw0rd",
            "password": "Wr0ng-Passw0rd",
            "confirm": "delete",
        }

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The site as if the other had never been."""
        with undone():
            Event.objects.filter(account__sandbox=self.account.sandbox).delete()
            self.account.sandbox.delete()
            yield

    def rows(self) -> str:
        """Every row that hangs on the other's sandbox, but for failed sign-ins: anybody may try at any account."""
        found = []
        for model in apps.get_models():
            for field in model._meta.fields:
                if field.name in PATHS:
                    rows = model._default_manager.filter(**{PATHS[field.name]: self.account.sandbox_id})
                    if model is Event:
                        rows = rows.exclude(name="ConsoleLogin", error_code="Failure")
                    found.append((model._meta.label, sorted(map(repr, rows.values()))))
                    break
        return repr(found)


PATHS = {
    "sandbox": "sandbox",
    "account": "account__sandbox",
    "user": "user__account__sandbox",
    "bucket": "bucket__sandbox",
    "policy": "policy__account__sandbox",
    "role": "role__account__sandbox",
}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def closing(answer: dict[str, Any]) -> Any:
    """The answer with its body read."""
    if hasattr(answer.get("Body"), "read"):
        with answer["Body"] as body:
            return answer | {"Body": body.read()}
    return answer


@pytest.fixture
def theirs(db) -> Theirs:
    return Theirs()


@pytest.fixture
def mine(db) -> Account:
    return lifecycle.create("empty")


# -- operations -------------------------------------------------------------------------------------


def asked(theirs: Theirs) -> dict[str, list[dict[str, Any]]]:
    """By operation, the different questions of the story, put to the other's account and with what is known of it."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name, one in OPERATIONS.items() if one.public}
    for name, params in story(theirs.account.account_id):
        params = filled(params, theirs.known)
        if params not in found[name]:
            found[name].append(params)
    return found


def answer_to(mine: Account, now: Any, name: str, params: dict[str, Any]) -> str:
    """The answer, with a clock and a chance that are the same each time."""
    user = User.objects.get(account=mine, name="admin")
    ids = Ids(choose=random.Random(1).choice)
    aws = AwsClient(callers.caller_for(mine, user), Context(face="api", clock=lambda: now, ids=ids))
    params = dict(params)
    body = params.pop("body", None)
    try:
        return repr(closing(aws.call(name, body=io.BytesIO(body) if body is not None else None, **params)))
    except AwsError as error:
        return f"{error.code}: {error.message} {error.extra}"
    finally:
        aws.flush()


def test_no_operation_reads_names_or_changes_anything_of_another_sandbox(mine, theirs):
    now, before = wall_clock(), theirs.rows()
    questions = [(name, params) for name, some in asked(theirs).items() for params in some]
    assert {name for name, _ in questions} == {name for name, one in OPERATIONS.items() if one.public}
    there = []
    for name, params in questions:
        with undone():
            there.append(answer_to(mine, now, name, params))
            assert theirs.rows() == before, name
    with theirs.gone():
        for (name, params), answer in zip(questions, there, strict=True):
            with undone():
                alone = answer_to(mine, now, name, params)
            with undone():
                # What chance alone decides (a signature, a sealed token) is no difference.
                same = alone == answer_to(mine, now, name, params)
            assert MARKER not in answer.replace(repr(params), ""), name
            assert answer == alone or not same, (name, params)


@pytest.mark.parametrize("service", ["iam", "s3", "sts"])
def test_no_secret_of_ones_own_signs_for_a_key_of_another_sandbox(mine, theirs, service):
    from botocore.exceptions import ClientError

    own = lifecycle.describe(mine)["admin"]
    forged = boto(service, theirs.access_key, own["secret_access_key"])
    call = {"iam": "list_users", "s3": "list_buckets", "sts": "get_caller_identity"}[service]
    before = theirs.rows()
    with pytest.raises(ClientError) as refusal:
        getattr(forged, call)()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert MARKER not in json.dumps(refusal.value.response, default=str)
    assert theirs.rows() == before


# -- addresses --------------------------------------------------------------------------------------


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLPattern):
            yield prefix + str(one.pattern), one
        else:
            yield from addresses(one, prefix + str(one.pattern))


def aimed(route: str, values: dict[str, Any]) -> str:
    """The address with the other's names in it."""
    if route.startswith("^"):
        route = re.sub(r"\(\?P<(\w+)>.*\)(?=/)", r"<\1>", route).strip("^$")
    if route.startswith("console/settings/"):
        return "/console/settings/theme"  # a word of the page, as `topic`
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(values[name[1]]), route)


def plain(answer: HttpResponse) -> str:
    """What an answer says, without what differs between any two: tokens, ids and moments."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    if answer.get("Content-Type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    text = f"{answer.status_code} {answer.get('Location', '')}\n{body.decode()}"
    moment = r"\d{4}-\d\d-\d\dT[\d:.]+|\d\d:\d\d(?::\d\d)?|\d+ (?:second|minute|hour)s? ago|(?<=>)Now(?=<)|left\W+\d+"
    return re.sub(rf"{moment}|[\d.]+ ms\b|[0-9a-f]{{8}}-[0-9a-f-]{{27}}|[A-Za-z0-9_+/=-]{{16,}}", "…", text)


def walk(browser: Client, urls: list[tuple[str, str, Any]]) -> Iterator[tuple[str, str]]:
    kept = browser.cookies.output()
    for method, url, sent in urls:
        with undone():
            yield f"{method} {url}", plain(getattr(browser, method)(url, sent))
        browser.cookies.load(re.sub(r"(?m)^Set-Cookie: ", "", kept))


@pytest.mark.parametrize("signed_in", [True, False])
def test_no_page_shows_or_changes_anything_of_another_sandbox(mine, theirs, signed_in):
    browser = Client()
    browser.post(f"/s/{mine.sandbox.slug}")
    if signed_in:
        sign_in(browser, mine, "admin")
    values, sent, before = theirs.values, theirs.sent(), theirs.rows()
    urls = [(method, aimed(route, values), sent) for route, _ in addresses() for method in ("get", "post")]
    assert len(urls) > 200
    there = []
    for asked_for, text in walk(browser, urls):
        there.append(text)
        assert MARKER not in text, asked_for
        assert theirs.rows() == before, asked_for
    with theirs.gone():
        for (asked_for, alone), text in zip(walk(browser, urls), there, strict=True):
            assert text == alone, asked_for


def test_the_cookie_of_another_sandbox_changes_no_page_of_an_account(mine, theirs):
    """It opens that sandbox's own pages (its mails); whose account a page is about, the session says alone."""
    public = {route for route, one in addresses() if getattr(one.callback, "public", False)}
    urls = [("get", aimed(route, theirs.values), theirs.sent()) for route, _ in addresses() if route not in public]
    pages = []
    for cookie in (mine.sandbox.slug, theirs.account.sandbox.slug):
        browser = sign_in(Client(), mine, "admin")
        browser.cookies["sandbox"] = cookie
        pages.append(list(walk(browser, urls)))
    assert pages[0] == pages[1]
    assert all(MARKER not in text for _, text in pages[1])


@pytest.mark.parametrize("cookie", ["public_name", "account_id", "pk"])
def test_what_anybody_may_know_of_a_sandbox_is_no_cookie_of_it(mine, theirs, cookie):
    browser = Client()
    account = theirs.account
    browser.cookies["sandbox"] = str(
        {"account_id": account.account_id, "pk": account.pk}.get(cookie, account.sandbox.public_name)
    )
    for route, _ in addresses():
        answer = browser.get(aimed(route, theirs.values))
        assert MARKER not in plain(answer), route
