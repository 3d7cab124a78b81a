""" "Try it": a sandbox at the press of a button, within limits, and gone when it is not used."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from iamconsole.accounts.models import Account, Sandbox, Visit
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.sandboxes import caretaker, lifecycle, visitors
from tests.factories import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    return Client()


def their_sandboxes():
    return Sandbox.objects.filter(state=Sandbox.State.LIVE, visitor=True)


def test_one_button_and_the_visitor_is_administrator_of_a_sandbox(visitor):
    assert visitor.post("/try").url == "/console/home"
    page = visitor.get("/console/home")
    caller = page.wsgi_request.caller
    assert (page.status_code, caller.user_name) == (200, "admin")
    assert visitor.cookies["sandbox"].value == their_sandboxes().get().slug
    assert Account.objects.get(account_id=caller.account_id).sandbox.visitor
    assert "company1-hr" in visitor.get("/s3/buckets").content.decode()
    assert Event.objects.filter(account__account_id=caller.account_id, name="ConsoleLogin", error_code="").exists()


@pytest.mark.parametrize("path", ["/", "/signin", "/try"])
def test_the_button_is_where_people_arrive(visitor, settings, path):
    settings.IAMCONSOLE_VISITORS = True
    assert 'action="/try"' in visitor.get(path).content.decode()
    settings.IAMCONSOLE_VISITORS = False
    assert 'action="/try"' not in visitor.get(path).content.decode()


def test_switched_off_the_button_does_nothing_but_say_so(visitor, settings):
    settings.IAMCONSOLE_VISITORS = False
    answer = visitor.post("/try")
    assert answer.status_code == 403
    assert "does not offer sandboxes to visitors" in answer.content.decode()
    assert not their_sandboxes().exists()


def test_no_other_site_can_press_it(settings):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/try", headers={"Origin": "https://evil.example"}).status_code == 403
    assert not their_sandboxes().exists()


def test_who_has_a_sandbox_is_asked_before_another_takes_its_place(visitor):
    visitor.post("/try")
    first = visitor.cookies["sandbox"].value
    page = visitor.post("/try")
    assert (page.status_code, their_sandboxes().count()) == (200, 1)
    assert "This browser has a sandbox already" in page.content.decode()
    assert visitor.post("/try", {"another": "1"}).url == "/console/home"
    assert visitor.cookies["sandbox"].value != first
    assert their_sandboxes().count() == 2


def test_all_of_them_together_are_limited(settings):
    settings.IAMCONSOLE_MAX_VISITORS = 2
    lifecycle.create("course")  # no visitor's
    for _ in range(2):
        assert Client().post("/try").status_code == 302
    answer = Client().post("/try")
    assert answer.status_code == 503
    assert "All 2 sandboxes for visitors are in use." in answer.content.decode()
    lifecycle.delete(Account.objects.filter(sandbox__visitor=True).first().account_id)
    assert Client().post("/try").status_code == 302


def test_an_address_begins_only_so_many_an_hour_also_if_it_deletes_them(settings):
    settings.IAMCONSOLE_VISITORS_PER_HOUR = 2
    for _ in range(2):
        browser = Client()
        browser.post("/try")
        assert browser.post("/sandbox/delete", {"confirm": "delete"}).url == "/"
    answer = Client().post("/try")
    assert answer.status_code == 429
    assert "From your network address 2 sandboxes were begun within the last hour" in answer.content.decode()
    assert Client().post("/try", REMOTE_ADDR="203.0.113.9").status_code == 302
    Visit.objects.update(time=wall_clock() - dt.timedelta(hours=1, seconds=1))
    assert Client().post("/try").status_code == 302
    caretaker.end_visits()
    assert Visit.objects.count() == 1
    assert "127.0.0.1" not in Visit.objects.get().address


def test_who_may_choose_among_addresses_of_ipv6_is_still_one_visitor(settings):
    settings.IAMCONSOLE_VISITORS_PER_HOUR = 1
    assert Client().post("/try", REMOTE_ADDR="2001:db8:0:1::1").status_code == 302
    assert Client().post("/try", REMOTE_ADDR="2001:db8:0:1:ffff::2").status_code == 429
    assert Client().post("/try", REMOTE_ADDR="2001:db8:0:2::1").status_code == 302


def test_a_refused_visitor_leaves_nothing(settings):
    settings.IAMCONSOLE_MAX_VISITORS = 0
    before = Sandbox.objects.count()
    assert Client().post("/try").status_code == 503
    assert (Sandbox.objects.count(), Visit.objects.count()) == (before, 0)


def long_ago(**ago):
    return wall_clock() - dt.timedelta(**ago)


def test_what_nobody_used_for_a_day_is_ended(visitor, sandbox):
    visitor.post("/try")
    account = Account.objects.get(sandbox__visitor=True)
    Sandbox.objects.update(used=long_ago(hours=25))
    Event.objects.filter(account=account).update(time=long_ago(hours=25))
    assert caretaker.end_visits() == 1
    assert visitor.get("/console/home").status_code == 302  # to sign in
    assert lifecycle.account_with_id(sandbox.account_id)  # never one that is no visitor's


def test_any_call_keeps_a_visitors_sandbox_and_costs_no_write_of_its_own(visitor):
    visitor.post("/try")
    account = Account.objects.get(sandbox__visitor=True)
    Sandbox.objects.update(used=long_ago(hours=25))
    Event.objects.filter(account=account).update(time=long_ago(hours=25))
    client = client_for(account, "admin")
    client.call("iam:ListUsers")
    client.flush()
    assert Sandbox.objects.get(pk=account.sandbox_id).used < long_ago(hours=24)
    assert caretaker.end_visits() == 0
    assert Sandbox.objects.get(pk=account.sandbox_id).used > long_ago(hours=1)


def test_a_reset_keeps_it_a_visitors(visitor):
    visitor.post("/try")
    visitor.post("/sandbox/reset", {"confirm": "reset"})
    assert their_sandboxes().count() == 1
    assert visitors.hours() == 24
