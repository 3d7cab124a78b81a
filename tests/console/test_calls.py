"""`Show the calls behind this page`: which calls, in whose words, for whom."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.console import calls
from tests.factories import allow, deny, policy, sign_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "users"}


def drawer(response) -> str:
    found = re.search(r'<details class="calls".*?</details>\s*<span>Not aff', response.content.decode(), re.DOTALL)
    return found[0] if found else ""


def sections(response) -> dict[str, list[str]]:
    """The texts of each section of the drawer, as they are copied, by its title."""
    parts = response.content.decode().split('<section class="calls-section" aria-label="')[1:]
    texts = {}
    for part in parts:
        title, rest = part.split('"', 1)
        found = re.findall(r"data-copy-source>(.*?)</pre>", rest, re.DOTALL)
        texts[html.unescape(title)] = [html.unescape(text) for text in found]
    return texts


def asked(events) -> list[str]:
    return [f"{event.service}:{event.name}" for event in events]


def test_the_drawer_tells_what_the_event_history_tells(as_user):
    browser = as_user("admin")
    browser.get("/iam/groups")
    Event.objects.all().delete()
    answer = browser.get("/iam/users")
    assert "Show the calls behind this page" in drawer(answer)
    (texts,) = sections(answer).values()
    told = [line.partition(" ")[0] for text in texts[::3] for line in text.splitlines() if line.startswith("iam:")]
    assert sorted(told) == sorted(asked(Event.objects.all()))
    assert f"<span data-calls-count>{len(told)}</span>" in drawer(answer)


def test_a_call_is_written_for_the_api_for_aws_and_for_boto3(as_user):
    texts = sections(as_user("admin").get("/iam/users/details/Sarah"))["This page: GET /iam/users/details/Sarah"]
    assert texts[:3] == [
        'iam:GetUser {"UserName": "Sarah"}',
        "aws iam get-user --user-name Sarah",
        "iam.get_user(UserName='Sarah')",
    ]


def test_what_only_the_console_asks_of_a_list_is_no_parameter(as_user):
    texts = sections(as_user("admin").get("/iam/users?q=Sar&sort=-name"))["This page: GET /iam/users"]
    assert texts[:3] == ["iam:ListUsers", "aws iam list-users", "iam.list_users()"]


def test_equal_operations_are_one_line_that_opens(as_user):
    answer = as_user("admin").get("/iam/users")
    page = re.sub(r"<[^>]+>", "", drawer(answer))
    assert "iam:ListAccessKeys × 3" in page
    assert "aws iam list-access-keys --user-name Sarah\n" in page


def test_no_further_call_and_no_further_query_is_made(as_user, monkeypatch):
    browser = as_user("admin")
    browser.get("/iam/users")

    def spent():
        Event.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            browser.get("/iam/users")
        return Event.objects.count(), len(queries)

    told = spent()
    monkeypatch.setattr(calls, "drawer_of", lambda request: None)
    assert spent() == told


def test_decisions_are_told_and_lead_to_their_explanation(as_user, root):
    document = policy(allow("iam:*"), deny("iam:ListGroupsForUser"))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    browser = as_user("amin")
    page = drawer(browser.get("/iam/users/details/Sarah"))
    of = {
        re.search(r"<code>([^<]+)", part)[1]: part
        for part in page.split('<details class="calls-group">')
        if "<code>iam:" in part
    }
    assert "<span>Allowed</span>" in of["iam:GetUser"]
    assert "Why it was allowed" in of["iam:GetUser"]
    assert "<span>Denied</span>" in of["iam:ListGroupsForUser"]
    assert "AccessDenied: User: " in of["iam:ListGroupsForUser"]
    assert "Explain this denial" in of["iam:ListGroupsForUser"]
    # Nothing was decided against it: it is only not there.
    assert "<span>Failed</span>" in of["iam:GetLoginProfile"]
    assert "NoSuchEntity: " in of["iam:GetLoginProfile"]
    assert "Explain" not in of["iam:GetLoginProfile"]
    for name, banner in (("iam:GetUser", "Allowed"), ("iam:ListGroupsForUser", "Denied – explicit deny")):
        address = re.search(r"/iam/authorization-details/[^\"]+", of[name])[0]
        assert banner in browser.get(address).content.decode()


def test_a_script_has_what_worked_alone(as_user):
    texts = sections(as_user("amin").get("/iam/users/details/Sarah"))
    assert "script" not in drawer(as_user("admin").get("/iam/nowhere"))
    (refused,) = texts.values()
    assert not any(text.startswith("import boto3") for text in refused)


def create_group(browser: Client, name: str):
    return browser.post("/iam/groups/create", {"group_name": name, "wizard": f"wizard-{name}"})


def test_a_forms_calls_are_told_on_the_page_that_follows_and_once(as_user):
    browser = as_user("admin")
    made = create_group(browser, "HR")
    page = browser.get(made["Location"])
    before, own = sections(page).items()
    assert before[0] == "Before this page: POST /iam/groups/create"
    assert "aws iam create-group --group-name HR" in before[1]
    assert own[0].startswith("This page: GET /iam/groups")
    assert len(sections(browser.get(made["Location"]))) == 1
    assert not Session.objects.filter(session_key__startswith="left")


def test_a_redirect_to_a_redirect_takes_the_calls_along(as_user, admin):
    browser = as_user("admin")
    admin.call("iam:CreateGroup", group_name="HR")
    form = {"selected": "HR", "confirm": "HR"}
    browser.post("/iam/groups/delete", form)
    # The dialog of nothing leads back to the list; what waits for the list waits on.
    browser.get("/iam/groups/delete")
    assert "Before this page: POST /iam/groups/delete" in sections(browser.get("/iam/groups"))


def test_a_forms_calls_wait_for_its_own_page_and_its_own_session(as_user, sandbox):
    browser = as_user("admin")
    made = create_group(browser, "HR")
    other = sign_in(Client(), sandbox, "admin")
    for name in [name for name in browser.cookies if name.startswith("calls_")]:
        other.cookies[name] = browser.cookies[name].value
    assert len(sections(other.get(made["Location"]))) == 1
    assert len(sections(browser.get("/iam/policies"))) == 1
    assert len(sections(browser.get(made["Location"]))) == 2


def test_what_waits_is_sealed_and_without_secrets(as_user):
    browser = as_user("admin")
    address = "/iam/users/details/Sarah/enable-console"
    form = {"password_type": "custom", "custom_password": "Hunter2-Hunter2"}
    made = browser.post(address, form)
    assert made.status_code == 302, re.sub(r"<[^>]+>", "", made.content.decode())
    (row,) = Session.objects.filter(session_key__startswith="left")
    assert "sealed" in row.get_decoded()
    assert "CreateLoginProfile" not in json.dumps(row.get_decoded())
    page = browser.get(made["Location"])
    texts = " ".join(text for one in sections(page).values() for text in one)
    assert "aws iam create-login-profile --user-name Sarah --password '<password, not shown>'" in texts
    assert "Hunter2" not in drawer(page)


def test_a_very_long_tale_is_cut(as_user, admin, monkeypatch):
    monkeypatch.setattr(calls, "MOST", 5)
    page = drawer(as_user("admin").get("/iam/users"))
    assert re.search(r"(\d+) calls in [^;]+; the last (\d+) are not listed", page)
    assert "iam:ListUsers" in page
    assert "iam:GetAccessKeyLastUsed" not in page
    monkeypatch.setattr(calls, "MOST_WAITING", 10)
    browser = as_user("admin")
    assert len(sections(browser.get(create_group(browser, "HR")["Location"]))) == 1


def test_a_form_that_is_shown_again_tells_what_was_refused(as_user, admin):
    admin.call("iam:CreateGroup", group_name="HR")
    answer = create_group(as_user("admin"), "HR")
    assert answer.status_code == 422
    assert "iam:CreateGroup" in drawer(answer)
    assert "EntityAlreadyExists" in drawer(answer)


def test_a_swap_brings_its_calls_along(as_user):
    browser = as_user("admin")
    answer = browser.get("/iam/users?q=Sarah", headers=HTMX)
    assert drawer(answer) == ""
    part = answer.content.decode()
    assert part.count("<template data-calls-new>") == 1
    assert "Since then: GET /iam/users" in sections(answer)
    # A dialog is a whole page of which htmx takes the dialog.
    dialog = browser.get("/iam/users/delete?selected=Sarah", headers={"HX-Request": "true", "HX-Target": "modal-root"})
    assert dialog.content.decode().count("<template data-calls-new>") == 1
    assert drawer(dialog) == ""
    # A part that asked for nothing brings nothing.
    assert "data-calls-new" not in browser.get("/console/help/users", headers={"HX-Request": "true"}).content.decode()


def test_a_boosted_link_gets_the_whole_page(as_user):
    answer = as_user("admin").get("/iam/users", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert drawer(answer)


@pytest.mark.parametrize("page", ["/console/home", "/s3/buckets", "/account", "/policysim", "/iam/nowhere"])
def test_every_room_has_the_drawer(as_user, page):
    assert "Show the calls behind this page" in drawer(as_user("admin").get(page))


@pytest.mark.parametrize("page", ["/signin", "/", "/console", "/ui/"])
def test_who_is_not_signed_in_sees_none(client, page):
    assert drawer(client.get(page)) == ""


@pytest.mark.parametrize("page", ["/signin", "/sandbox", "/lab/inbox"])
def test_the_pages_of_the_sign_in_have_none(as_user, page):
    assert drawer(as_user("admin").get(page, follow=False)) == ""


def test_a_call_of_the_console_alone_is_named_and_not_written(as_user, root):
    answer = as_user("").get("/iam/users")
    denied = root.context.ids.uuid()
    details = as_user("admin").get(f"/iam/authorization-details/{denied}")
    assert "Only the console makes this call" not in drawer(answer)
    assert "iamconsole:ExplainOwnDecision" in drawer(details)
    assert "Only the console makes this call" in drawer(details)


def test_hostile_texts_are_texts(as_user):
    page = as_user("admin").get("/s3/buckets/company1-hr", {"prefix": "'; rm -rf / #</pre><script>alert(1)</script>"})
    assert "<script>alert" not in page.content.decode()
    texts = sections(page)["This page: GET /s3/buckets/company1-hr"]
    wanted = """--prefix ''"'"'; rm -rf / #</pre><script>alert(1)</script>'"""
    assert any(text.startswith("aws s3api list-objects-v2 --bucket company1-hr") and wanted in text for text in texts)
