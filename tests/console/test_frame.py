from __future__ import annotations

import re

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.console.context import dashed
from iamconsole.console.navigation import Entry, navigation, page_exists
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db


def test_a_stranger_is_led_to_sign_in(client):
    assert client.get("/console/home")["Location"].startswith("/signin")


def test_the_home_page_says_who_is_signed_in(as_user, sandbox):
    page = as_user("admin").get("/console/home").content.decode()
    number = sandbox.account_id
    assert "<title>Console Home | us-east-1</title>" in page
    assert f"{number[:4]}-{number[4:8]}-{number[8:]}" in page
    assert "IAM user:" in page
    assert '<form method="post" action="/signout">' in page
    assert "Not affiliated with Amazon Web Services" in page


def test_the_landing_page_leads_home_when_signed_in(as_user):
    assert as_user("admin").get("/")["Location"] == "/console/home"


def test_the_first_tab_stop_skips_to_the_content(as_user):
    page = as_user("admin").get("/console/home").content.decode()
    assert page.index("Skip to Main Content") < page.index("top-bar")
    assert 'id="main"' in page


def test_the_theme_is_kept_in_a_cookie_without_a_script(client):
    answer = client.post("/console/settings/theme", {"theme": "dark", "next": "/ui/?q=a"})
    assert answer["Location"] == "/ui/?q=a"
    assert 'data-theme="dark"' in client.get("/ui/").content.decode()
    client.post("/console/settings/theme", {"theme": '"><script>'})
    assert 'data-theme="auto"' in client.get("/ui/").content.decode()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_a_setting_leads_back_to_this_site_only(client, url):
    assert client.post("/console/settings/theme", {"theme": "dark", "next": url})["Location"] == "/"


def test_the_side_navigation_stays_closed_without_a_script(client):
    client.post("/console/settings/navigation", {"navigation": "closed", "next": "/ui/"})
    assert 'data-nav="closed"' in client.get("/ui/").content.decode()


def region_of(answer):
    return answer.content.decode().split("region-name")[1][:40]


def test_a_region_is_chosen_by_the_url_and_remembered(as_user):
    admin = as_user("admin")
    assert "Oregon" in region_of(admin.get("/ui/?region=us-west-2"))
    assert "Oregon" in region_of(admin.get("/ui/"))
    assert "Oregon" in region_of(admin.get("/ui/?region=mars"))


def test_a_stranger_who_asks_for_a_region_gets_no_session(client):
    assert "Oregon" in region_of(client.get("/ui/?region=us-west-2"))
    assert "N. Virginia" in region_of(client.get("/ui/"))
    assert "iamconsole_session" not in client.cookies


def test_entries_without_a_page_are_listed_and_lead_to_what_says_so(as_user):
    admin = as_user("admin")
    entries = [entry for section in navigation("iam", "/iam/users").sections for entry in section.entries]
    missing = next(entry for entry in entries if entry.label == "Organization activity")
    assert missing.href.startswith("/console/not-in-lab")
    page = admin.get(missing.href).content.decode()
    assert "Not part of this lab" in page
    assert "Organization activity" in page
    assert "Identity and Access Management (IAM)" in page


def test_the_navigation_marks_one_page_as_current(settings):
    for labels in ("course", "2026"):
        settings.IAMCONSOLE_LABELS = labels
        placed = navigation("iam", "/iam/users/details/john")
        current = [entry.label for section in placed.sections for entry in section.entries if entry.current]
        assert current == ["Users" if labels == "course" else "IAM users"]


def test_no_entry_of_the_navigation_is_marked_by_half_a_name():
    from iamconsole.console.navigation import _placed

    assert not _placed(Entry("Users", "/iam/users"), "/iam/users-of-mars").current


def test_only_pages_of_ours_exist():
    assert page_exists("/console/home")
    assert not page_exists("/nowhere/at/all")


def test_an_unknown_path_keeps_the_frame(as_user):
    answer = as_user("admin").get("/iam/nowhere")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Page not found" in page
    assert "Identity and Access Management (IAM)" in page


def test_an_unknown_path_is_a_plain_page_for_a_stranger(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert "Account ID" not in answer.content.decode()


def test_a_server_error_needs_no_session_and_has_a_number(rf, caplog):
    from iamconsole.console.views import server_error

    answer = server_error(rf.get("/iam/users"))
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "An unexpected error occurred" in page
    assert re.search(r"Request ID: ([0-9a-f-]{36})", page)[1] in caplog.text


def test_the_label_set_names_breadcrumbs_and_lists(as_user, settings):
    admin = as_user("admin")
    for labels, users, groups in (("course", "Users", "User groups"), ("2026", "IAM users", "IAM user groups")):
        settings.IAMCONSOLE_LABELS = labels
        for path, name in (("/iam/users", users), ("/iam/groups", groups)):
            page = admin.get(path).content.decode()
            assert f'<span aria-current="page">{name}</span>' in page
            assert re.search(rf"<h1 [^>]*>{name} <span", page)
        assert f'<a href="/iam/users">{users}</a>' in admin.get("/iam/users/details/admin").content.decode()


def test_the_account_button_says_the_name_to_who_may_read_it(as_user, admin, sandbox, settings):
    settings.IAMCONSOLE_LABELS = "2026"

    def line(browser):
        button = browser.get("/ui/").content.decode().split('class="account-lines"')[1]
        return re.search(r"<span>([^<]+)</span>", button)[1]

    named, plain = f"{sandbox.name} ({sandbox.account_id})", f"Account ID: {dashed(sandbox.account_id)}"
    asked = Event.objects.filter(account=sandbox, name="GetAccountInformation")
    amin = as_user("amin")
    assert (line(as_user()), line(as_user("admin")), line(amin)) == (named, named, plain)
    before = asked.count()
    assert line(amin) == plain
    assert asked.count() == before
    document = policy(allow("account:GetAccountInformation"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="p", policy_document=document)
    assert line(amin) == named
    admin.call("iam:DeleteUserPolicy", user_name="amin", policy_name="p")
    assert line(amin) == plain


def test_recently_visited_services_are_remembered(as_user):
    admin = as_user("admin")
    assert "No recently visited services" in admin.get("/console/home").content.decode()
    admin.get("/iam/nowhere")
    assert "No recently visited services" not in admin.get("/console/home").content.decode()


def test_the_policy_for_content_is_strict(client):
    policy = client.get("/ui/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_what_says_who_is_signed_in_is_in_no_cache(as_user):
    admin = as_user("admin")
    assert admin.get("/no-such-page")["Cache-Control"] == "no-store"
    star = admin.post("/console/settings/favorite", {"service": "s3", "star": "on"}, headers={"HX-Request": "true"})
    assert (star.status_code, star["Cache-Control"]) == (200, "no-store")
