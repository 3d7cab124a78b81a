"""Switching to a role and back: whose permissions, which events, and that no browser gets another one's."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.console.navigation import IAM_COURSE, S3, page_exists
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AccessDenied
from iamconsole.iam.models import Role
from iamconsole.sts.models import TemporaryCredential
from tests.factories import allow, client_for, policy
from tests.signin.test_sessions import JOHN, WIZARD, Person, htmx
from tests.sts.sessions import ADMINISTRATOR, beside, make_role, trust, trusts, user_id

pytestmark = pytest.mark.django_db

PAGE = "/switchrole"
BACK = "/switchrole/back"
INVALID = "Invalid information in one or more fields. Check your information or contact your administrator."


def body(response) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture
def john(root, sandbox) -> Person:
    """A person who may take on any role and nothing else, signed in on the pages."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password=JOHN)
    may = policy(allow("sts:AssumeRole"))
    root.call("iam:PutUserPolicy", user_name="john", policy_name="may", policy_document=may)
    person = Person(sandbox)
    person.sign_in("john", JOHN)
    return person


@pytest.fixture
def reader(sandbox, john) -> Role:
    """A role that lets john in and may list users."""
    return make_role(sandbox, "Reader", [trust(user_id(sandbox, "john"))], allow(["iam:ListUsers", "iam:GetUser"]))


def switch(person: Person, role: Role, **more):
    asked = {"account": role.account.account_id, "roleName": role.name}
    return person.browser.post(PAGE, asked | more)


def arn_in(browser) -> str:
    """As whom the browser's pages call."""
    return browser.get("/console/home").wsgi_request.caller.arn


def key_of(browser) -> str:
    return browser.session["access_key_id"]


def end(access_key_id: str) -> None:
    gone = wall_clock() - dt.timedelta(seconds=1)
    TemporaryCredential.objects.filter(access_key_id=access_key_id).update(expires=gone)


# -- in a role ---------------------------------------------------------------------------------------


def test_in_a_role_a_browser_may_what_the_role_may_and_back_again_what_the_user_may(john, reader, sandbox):
    assert "You don't have permission to" in body(john.browser.get("/iam/users"))
    assert switch(john, reader).url == "/console/home"
    assert arn_in(john.browser) == f"arn:aws:sts::{sandbox.account_id}:assumed-role/Reader/john"
    assert "Sarah" in body(john.browser.get("/iam/users"))
    # Not added up: john may assume roles and the role may not.
    aws = john.browser.get("/console/home").wsgi_request.aws
    with pytest.raises(AccessDenied):
        aws.call("sts:AssumeRole", role_arn=f"arn:aws:iam::{sandbox.account_id}:role/Reader", role_session_name="again")
    assert john.browser.post(BACK, {"redirect_uri": "/iam/users"}).url == "/iam/users"
    assert arn_in(john.browser) == f"arn:aws:iam::{sandbox.account_id}:user/john"
    assert "Sarah" not in body(john.browser.get("/iam/users"))


def test_the_events_are_those_of_aws(john, reader, sandbox, settings):
    switch(john, reader, redirect_uri="/iam/users")
    assumed, switched = Event.objects.order_by("-id")[:2][::-1]
    assert (assumed.service, assumed.name, assumed.principal_type, assumed.user_name) == (
        "sts",
        "AssumeRole",
        "IAMUser",
        "john",
    )
    assert assumed.request["roleSessionName"] == "john"
    assert (switched.service, switched.name, switched.event_type) == ("signin", "SwitchRole", "AwsConsoleSignIn")
    assert (switched.principal_type, switched.principal_id) == ("AssumedRole", f"{reader.unique_id}:john")
    assert switched.principal_arn == f"arn:aws:sts::{sandbox.account_id}:assumed-role/Reader/john"
    assert (switched.access_key_id, switched.session, switched.request) == ("", None, None)
    assert switched.response == {"SwitchRole": "Success"}
    assert switched.additional == {
        "SwitchFrom": f"arn:aws:iam::{sandbox.account_id}:user/john",
        "RedirectTo": f"{settings.IAMCONSOLE_URL}/iam/users",
    }
    john.browser.post(BACK)
    left = Event.objects.latest("id")
    assert (left.name, left.response) == ("ExitRole", {"ExitRole": "Success"})
    assert left.principal_arn == switched.principal_arn


def test_calls_in_a_role_are_events_of_a_console_session_of_the_role(john, reader):
    switch(john, reader)
    john.browser.get("/iam/users")
    event = Event.objects.filter(name="ListUsers").latest("id")
    assert (event.principal_type, event.user_name, event.face) == ("AssumedRole", "john", "console")
    assert event.session["console"] is True
    assert event.issuer_id == reader.unique_id


def test_the_account_button_is_coloured_and_tells_the_role(john, reader, sandbox):
    switch(john, reader, displayName="Reading <b>", color="green")
    page = john.browser.get("/console/home").content.decode()
    menu = page[page.index('account-menu"') :]
    assert 'data-role-color="green"' in menu[:200]
    assert "Reading &lt;b&gt;" in menu
    assert "<b>" not in menu
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", menu, re.DOTALL)
    assert ("Currently active as:", "Reader") in facts
    assert ("Signed in as:", "john") in facts
    for button in ("Switch back", "Switch role", "Sign out"):
        assert button in menu


def test_without_a_display_name_role_and_user_are_shown(john, reader):
    switch(john, reader)
    assert "<span>Reader/john<" in john.browser.get("/console/home").content.decode()
    john.browser.post(BACK)
    page = john.browser.get("/console/home").content.decode()
    assert "Switch back" not in page
    assert "Currently active as" not in page


# -- the form ----------------------------------------------------------------------------------------


def test_a_link_fills_the_form_in_and_switches_nothing(john, reader, sandbox):
    answer = john.browser.get(PAGE, {"account": sandbox.account_id, "roleName": "Reader", "color": "FAD791"})
    values = {name: answer.context["form"][name].value() for name in ("account", "roleName", "displayName", "color")}
    assert values == {
        "account": sandbox.account_id,
        "roleName": "Reader",
        "displayName": f"Reader @ {sandbox.account_id}",
        "color": "yellow",
    }
    assert arn_in(john.browser).endswith("user/john")
    mine = john.browser.get(PAGE, {"account": "a", "roleName": "b", "displayName": "Mine", "color": "pink"})
    assert mine.context["form"]["displayName"].value() == "Mine"
    assert mine.context["form"]["color"].value() == ""


def test_who_is_not_signed_in_is_led_to_the_form_by_way_of_the_sign_in(sandbox):
    answer = Client().get(PAGE, {"account": "111122223333", "roleName": "R"})
    assert answer.url == "/signin?redirect_uri=%2Fswitchrole%3Faccount%3D111122223333%26roleName%3DR"


def test_every_refusal_reads_the_same(john, reader, sandbox, other_sandbox, root):
    elsewhere = make_role(other_sandbox, "Elsewhere", [trust("*")], allow("iam:*"))
    make_role(sandbox, "Vendor", [trust(user_id(sandbox, "john"), StringEquals={"sts:ExternalId": "x"})])
    make_role(sandbox, "Others", [trust(user_id(sandbox, "admin"))])
    own = sandbox.account_id
    for account, name in (
        (own, "Nobody"),
        (own, "reader"),  # "Role names are case sensitive"
        (own, "Vendor"),
        (own, "Others"),
        ("123456789012", "Reader"),
        (elsewhere.account.account_id, "Elsewhere"),
        ("no-such-alias", "Reader"),
        ("not an account!", "Reader"),
        (own, "not a role!"),
        (own, "../Reader"),
    ):
        answer = john.browser.post(PAGE, {"account": account, "roleName": name})
        assert (account, name, answer.status_code, body(answer).count(INVALID)) == (account, name, 422, 1)
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="may")
    trusts(reader, trust(own))
    answer = switch(john, reader)
    assert INVALID in body(answer)
    assert f'href="/iam/authorization-details/{Event.objects.latest("id").event_id}"' in body(answer)
    assert arn_in(john.browser).endswith("user/john")


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({}, {"account": ["Account ID is required."], "roleName": ["IAM role name is required."]}),
        (
            {"account": "1", "roleName": "R", "color": "pink"},
            {"color": ["Select a valid choice. pink is not one of the available choices."]},
        ),
    ],
)
def test_what_is_missing_or_made_up_is_told_beside_the_field(john, data, errors):
    answer = john.browser.post(PAGE, data)
    assert answer.status_code == 422
    assert answer.context["form"].errors == errors


def test_names_that_are_too_long_are_told(john):
    answer = john.browser.post(PAGE, {"account": "1", "roleName": "r" * 65, "displayName": "d" * 65})
    assert set(answer.context["form"].errors) == {"roleName", "displayName"}


def test_an_account_is_named_by_its_alias_or_as_the_menu_writes_it(john, reader, root, sandbox):
    root.call("iam:CreateAccountAlias", account_alias="company1")
    for account in ("company1", f"{sandbox.account_id[:4]}-{sandbox.account_id[4:8]}-{sandbox.account_id[8:]}"):
        assert switch(john, reader, account=account).status_code == 302
        john.browser.post(BACK)


def test_an_alias_of_another_sandbox_is_none(john, reader, other_sandbox):
    client_for(other_sandbox).call("iam:CreateAccountAlias", account_alias="theirs")
    assert INVALID in body(switch(john, reader, account="theirs"))


def test_a_role_with_a_path_is_named_with_it(john, sandbox):
    role = make_role(sandbox, "Deep", [trust(user_id(sandbox, "john"))], path="/division/team/")
    assert INVALID in body(switch(john, role))
    assert switch(john, role, roleName="division/team/Deep").status_code == 302
    assert arn_in(john.browser).endswith("assumed-role/Deep/john")


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "http://evil.example/", "/\\evil.example", "/switchrole/back", "/signout", "junk"]
)
def test_it_leads_to_pages_of_this_site_alone(john, reader, elsewhere):
    assert switch(john, reader, redirect_uri=elsewhere).url == "/console/home"
    assert john.browser.post(BACK, {"redirect_uri": elsewhere}).url == "/console/home"


def test_the_root_user_cannot_switch(sandbox, reader):
    person = Person(sandbox)
    person.sign_in_as_root()
    for answer in (person.browser.get(PAGE), switch(person, reader)):
        assert answer.status_code == 403
        assert "You cannot switch roles when you sign in as the AWS account root user." in body(answer)
        assert "roleName" not in body(answer)
    assert not Event.objects.filter(name="AssumeRole").exists()


def test_who_must_change_the_password_first_cannot_switch(john, reader, root, sandbox):
    root.call("iam:UpdateLoginProfile", user_name="john", password=JOHN + "1", password_reset_required=True)
    john.sign_in("john", JOHN + "1")
    assert switch(john, reader).url == "/signin/change-password"
    assert not Event.objects.filter(name="AssumeRole").exists()


def test_a_form_of_another_site_switches_nothing(john, reader):
    john.browser.handler.enforce_csrf_checks = True
    for path in (PAGE, BACK):
        assert john.browser.post(path, {}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert john.browser.get(BACK).status_code == 405


# -- from role to role, and across accounts ----------------------------------------------------------


def test_it_is_always_the_sign_in_that_asks_for_the_next_role(john, reader, sandbox):
    """ "If you then switch to RoleB while you are using RoleA, AWS still uses your original credentials." """
    next_for_john = make_role(sandbox, "Next", [trust(user_id(sandbox, "john"))], allow("iam:ListGroups"))
    next_for_reader = make_role(sandbox, "Chained", [trust(reader.unique_id)], allow("iam:ListGroups"))
    switch(john, reader)
    first = key_of(john.browser)
    assert INVALID in body(switch(john, next_for_reader))
    assert switch(john, next_for_john).status_code == 302
    assert arn_in(john.browser).endswith("assumed-role/Next/john")
    assert not TemporaryCredential.objects.filter(access_key_id=first).exists()
    switched = Event.objects.filter(name="SwitchRole").latest("id")
    assert switched.additional["SwitchFrom"] == f"arn:aws:iam::{sandbox.account_id}:user/john"
    john.browser.post(BACK)
    assert arn_in(john.browser).endswith("user/john")


def test_a_role_of_another_account_shows_that_account(john, sandbox):
    there = beside(sandbox)
    role = make_role(there, "Visitor", [trust(sandbox.account_id)], allow("iam:ListUsers"))
    assert switch(john, role).status_code == 302
    answer = john.browser.get("/iam/users")
    assert answer.wsgi_request.caller.account_id == there.account_id
    page = body(answer)
    assert "No resources to display" in page
    assert "2109-8765-4321" in page
    assert "Account ID of john:" in page
    switched, assumed = (Event.objects.filter(name=name).latest("id") for name in ("SwitchRole", "AssumeRole"))
    assert switched.account_id == assumed.account_id == there.pk
    john.browser.post(BACK)
    assert "2109-8765-4321" not in body(john.browser.get("/iam/home"))


# -- the role history --------------------------------------------------------------------------------


def history(browser) -> list[str]:
    return re.findall(r'name="recent" value="([^"]*)"', body(browser.get("/iam/home")))


def test_the_last_five_roles_are_offered_and_switch_at_once(john, sandbox):
    own = sandbox.account_id
    roles = [make_role(sandbox, f"Role{n}", [trust(user_id(sandbox, "john"))]) for n in range(6)]
    for role in roles:
        switch(john, role, color="red", displayName=f"Number {role.name}")
    switch(john, roles[3], color="blue", displayName="Three")
    wanted = [f"{own}/Role{n}" for n in (3, 5, 4, 2, 1)]
    assert history(john.browser) == wanted
    john.browser.post(BACK)
    assert history(john.browser) == wanted
    assert john.browser.post(PAGE, {"recent": f"{own}/Role1", "redirect_uri": "/iam/home"}).url == "/iam/home"
    page = body(john.browser.get("/iam/home"))
    assert "Number Role1" in page
    assert 'data-role-color="red"' in page
    assert history(john.browser) == [wanted[4], *wanted[:4]]


def test_the_history_is_one_person_s(john, reader):
    switch(john, reader)
    assert len(history(john.browser)) == 1
    john.sign_in()
    assert history(john.browser) == []
    john.sign_in("john", JOHN)
    assert len(history(john.browser)) == 1


def test_a_role_of_the_history_that_is_gone_is_told_in_the_form(john, reader):
    switch(john, reader)
    john.browser.post(BACK)
    reader.delete()
    answer = john.browser.post(PAGE, {"recent": history(john.browser)[0]})
    assert (answer.status_code, INVALID in body(answer)) == (422, True)
    assert answer.context["form"]["roleName"].value() == "Reader"
    assert john.browser.post(PAGE, {"recent": "made/up"}).status_code == 422


# -- one browser's alone -----------------------------------------------------------------------------


def test_another_browser_of_the_same_user_stays_the_user(john, reader, sandbox):
    other = Person(sandbox)
    other.sign_in("john", JOHN)
    switch(john, reader)
    assert arn_in(other.browser).endswith("user/john")
    assert "Switch back" not in body(other.browser.get("/iam/home"))
    assert history(other.browser) == []
    john.browser.post("/signout")
    assert arn_in(other.browser).endswith("user/john")


def test_a_session_id_known_before_is_worth_nothing_in_the_role_nor_after_it(john, reader):
    seen = [john.browser.cookies["iamconsole_session"].value]
    switch(john, reader)
    seen.append(john.browser.cookies["iamconsole_session"].value)
    john.browser.post(BACK)
    seen.append(john.browser.cookies["iamconsole_session"].value)
    assert len(set(seen)) == 3
    for old in seen[:2]:
        thief = Client()
        thief.cookies["iamconsole_session"] = old
        assert thief.get("/iam/users").url.startswith("/signin")


def test_a_page_of_before_the_switch_is_told_so_and_shown_nothing(john, reader):
    marker = john.browser.get("/iam/home").context["console_session"]["marker"]
    switch(john, reader)
    answer = htmx(john.browser, "/iam/users", **{"X-Session": marker})
    assert "You were signed out" in body(answer)
    assert "Sarah" not in body(answer)
    in_role = john.browser.get("/iam/home").context["console_session"]["marker"]
    assert "Sarah" in body(htmx(john.browser, "/iam/users", **{"X-Session": in_role}))
    john.browser.post(BACK)
    assert "You were signed out" in body(htmx(john.browser, "/iam/users", **{"X-Session": in_role}))


def test_drafts_of_user_and_role_do_not_mix(john, reader):
    john.begin_a_wizard("by-john")
    assert john.draft() == "by-john"
    switch(john, reader)
    assert john.draft() == ""
    john.begin_a_wizard("by-the-role")
    john.browser.post(BACK)
    assert john.draft() == "by-john"
    switch(john, reader)
    assert john.draft() == "by-the-role"


# -- ends --------------------------------------------------------------------------------------------


def test_signing_out_ends_the_role_and_the_sign_in(john, reader):
    switch(john, reader)
    assert TemporaryCredential.objects.count() == 2
    john.browser.post("/signout")
    assert not TemporaryCredential.objects.exists()
    assert john.browser.get("/iam/users").url.startswith("/signin")


def test_signing_in_as_somebody_else_ends_both_too(john, reader):
    switch(john, reader)
    john.sign_in()
    assert arn_in(john.browser).endswith("user/admin")
    assert TemporaryCredential.objects.count() == 1
    assert "Switch back" not in body(john.browser.get("/iam/home"))


def test_leaving_the_role_ends_its_credentials(john, reader):
    switch(john, reader)
    key = key_of(john.browser)
    john.browser.post(BACK)
    assert not TemporaryCredential.objects.filter(access_key_id=key).exists()
    assert john.browser.post(BACK).url == "/console/home"


def test_when_the_role_s_session_is_over_a_page_goes_on_as_the_user_and_says_so(john, reader):
    switch(john, reader)
    end(key_of(john.browser))
    answer = john.browser.get("/iam/users?q=a")
    assert answer.url == "/iam/users?q=a"
    page = body(john.browser.get(answer.url))
    assert "Your session in the role Reader has ended. You are john again." in page
    assert "Sarah" not in page


def test_what_was_meant_for_the_role_is_not_done_with_the_user_s_rights(sandbox, root):
    person = Person(sandbox)
    person.sign_in()
    role = make_role(sandbox, "Weak", [trust(user_id(sandbox, "admin"))])
    switch(person, role)
    end(key_of(person.browser))
    answer = person.browser.post("/iam/users/delete", {"selected": "Sarah", "confirm": "Sarah"})
    assert answer.status_code == 403
    assert "Your session in the role Weak has ended. You are admin again. Nothing was done." in body(answer)
    root.call("iam:GetUser", user_name="Sarah")
    assert arn_in(person.browser).endswith("user/admin")
    switch(person, role)
    end(key_of(person.browser))
    answer = htmx(person.browser, "/iam/users/delete", "post")
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#modal-root")
    root.call("iam:GetUser", user_name="Sarah")


def typed_in(person: Person):
    return person.browser.get(WIZARD).context["wizard"].form["user_name"].value()


def test_what_a_wizard_sent_too_late_waits_for_the_role(john, reader):
    switch(john, reader)
    end(key_of(john.browser))
    john.browser.post("/iam/users/create", {"wizard": "one-of-my-tabs", "user_name": "sent-too-late"})
    assert not typed_in(john)
    switch(john, reader)
    assert typed_in(john) == "sent-too-late"


def test_a_deleted_role_throws_back_to_the_user(john, reader):
    switch(john, reader)
    reader.delete()
    assert john.browser.get("/iam/home").url == "/iam/home"
    assert arn_in(john.browser).endswith("user/john")


def test_a_deleted_user_is_out_of_the_role_too(john, reader, root, sandbox):
    switch(john, reader)
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="may")
    root.call("iam:DeleteLoginProfile", user_name="john")
    root.call("iam:DeleteUser", user_name="john")
    answer = john.browser.get("/iam/users")
    assert answer.url.startswith(f"/signin/iam?account={sandbox.account_id}&ended=1")


def test_a_role_of_another_account_ends_with_the_sign_in_and_leads_back_to_the_user_s_account(john, sandbox):
    role = make_role(beside(sandbox), "Visitor", [trust(sandbox.account_id)], allow("iam:ListUsers"))
    original = key_of(john.browser)
    switch(john, role)
    end(original)
    answer = john.browser.get("/iam/users")
    assert answer.url.startswith(f"/signin/iam?account={sandbox.account_id}&ended=1")


#    the role's longest, what is left of the sign-in, what the session gets
DURATIONS = [(3600, 12, 1), (8 * 3600, 12, 8), (10 * 3600, 4, 4)]


@pytest.mark.parametrize(("longest", "left", "granted"), DURATIONS)
def test_a_session_lasts_as_long_as_the_role_allows_or_the_sign_in_does(john, reader, longest, left, granted):
    Role.objects.filter(pk=reader.pk).update(max_session_duration=longest)
    now = wall_clock()
    TemporaryCredential.objects.filter(access_key_id=key_of(john.browser)).update(
        expires=now + dt.timedelta(hours=left)
    )
    switch(john, reader)
    row = TemporaryCredential.objects.get(access_key_id=key_of(john.browser))
    assert round((row.expires - now) / dt.timedelta(hours=1)) == granted
    assert row.from_console


def test_staying_signed_in_assumes_the_role_once_more_and_keeps_its_pages(john, reader, sandbox):
    switch(john, reader)
    before = john.browser.get("/signin/session").json()
    old = key_of(john.browser)
    TemporaryCredential.objects.update(expires=wall_clock() + dt.timedelta(seconds=100))
    answer = john.browser.post("/signin/extend").json()
    assert answer["marker"] == before["marker"]
    assert answer["left"] > 3000
    assert key_of(john.browser) != old
    assert not TemporaryCredential.objects.filter(access_key_id=old).exists()
    event = Event.objects.latest("id")
    assert (event.name, event.response) == ("RenewRole", {"RenewRole": "Success"})
    assert arn_in(john.browser).endswith("assumed-role/Reader/john")
    john.browser.post(BACK)
    assert arn_in(john.browser).endswith("user/john")


def test_a_role_that_may_no_longer_be_assumed_ends_when_it_would_have(john, reader, sandbox):
    switch(john, reader)
    trusts(reader, trust(user_id(sandbox, "admin")))
    soon = wall_clock() + dt.timedelta(seconds=100)
    TemporaryCredential.objects.filter(access_key_id=key_of(john.browser)).update(expires=soon)
    assert 0 < john.browser.post("/signin/extend").json()["left"] <= 100
    assert arn_in(john.browser).endswith("assumed-role/Reader/john")


def test_a_user_of_one_letter_has_a_session_of_two(root, sandbox):
    root.call("iam:CreateUser", user_name="j")
    root.call("iam:CreateLoginProfile", user_name="j", password=JOHN)
    person = Person(sandbox)
    person.sign_in("j", JOHN)
    role = make_role(sandbox, "Any", [trust(user_id(sandbox, "j"))])
    assert switch(person, role).status_code == 302
    assert arn_in(person.browser).endswith("assumed-role/Any/j_")


# -- the pages of the console, in a role -------------------------------------------------------------


@pytest.fixture
def in_admin_role(john, sandbox) -> Person:
    switch(john, make_role(sandbox, "Admin", [trust(user_id(sandbox, "john"))], aws_arn=ADMINISTRATOR))
    return john


def test_every_page_of_the_menus_works_in_a_role(in_admin_role):
    pages = [entry.path for section in (*IAM_COURSE, *S3) for entry in section.entries if page_exists(entry.path)]
    for page in (*pages, "/console/home", "/account", "/console/settings", "/policysim", "/console/services"):
        answer = in_admin_role.browser.get(page)
        assert (page, answer.status_code) == (page, 200)
        assert "There was an error" not in body(answer)
        assert "Access denied" not in body(answer)


def test_the_dashboard_asks_nothing_about_credentials_that_a_role_has_not(in_admin_role):
    in_admin_role.browser.get("/console/home")
    Event.objects.all().delete()
    in_admin_role.browser.get("/iam/home")
    assert [event.name for event in Event.objects.order_by("id")] == ["GetAccountSummary", "ListAccountAliases"]


def test_a_role_has_no_security_credentials_and_its_pages_say_so(in_admin_role, sandbox):
    home = "/iam/security_credentials"
    page = body(in_admin_role.browser.get(home))
    assert "You are working in a role" in page
    assert f"arn:aws:iam::{sandbox.account_id}:role/Admin" in page
    for below in ("update-password", "create-access-key", "mfa", "access-keys/AKIAIOSFODNN7EXAMPLE/delete"):
        assert in_admin_role.browser.get(f"{home}/{below}").url == home
        assert in_admin_role.browser.post(f"{home}/{below}").url == home


def test_a_page_in_a_role_takes_one_query_more_and_stays_within_the_budget(in_admin_role, as_user):
    """Who signed in is looked up beside the role; what begins or ends a transaction is not counted."""
    spent = {}
    for who, browser in (("role", in_admin_role.browser), ("admin", as_user("admin"))):
        browser.get("/iam/users")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/iam/users").status_code == 200
        spent[who] = sum(1 for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE")))
    assert spent["role"] <= spent["admin"] + 1
    assert spent["role"] <= 15
