"""The Preferences dialog of a table, and the cookie that keeps what it says."""

from __future__ import annotations

import html
import re

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from iamconsole.ui import likes, preferences
from iamconsole.ui.likes import Likes
from iamconsole.ui.table import Column, Table

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def confirm(client, page="/ui/", table="users", **values):
    """Press Confirm in the dialog of a table as it stands on the page."""
    dialog = text_of(client.get(page)).split(f'id="{table}-preferences"')[1].split("</dialog>")[0]
    button = html.unescape(re.search(r'name="_preferences" value="([^"]+)"', dialog)[1])
    columns = re.findall(rf'name="{table}-column" value="([^"]+)"', dialog)
    hidden = re.findall(rf'name="{table}-hidden" value="([^"]+)"', dialog)
    posted = {f"{table}-{name.replace('_', '-')}": value for name, value in values.items()}
    sent = {"_preferences": button, f"{table}-column": columns, f"{table}-hidden": hidden} | posted
    return client.post("/ui/preferences", sent)


def heads(page, table="users"):
    part = page.split(f'id="{table}"')[1].split("</thead>")[0]
    return re.findall(r'<th scope="col" data-kind[^>]*>.*?<span>([^<]+)</span>', part)


SHOWN = ["Path", "Groups", "Console"]


def test_the_size_and_the_lines_are_kept(client):
    answer = confirm(client, size="50", shown=[*SHOWN, "Created"], striped="on", wrap="on")
    assert answer["Location"].startswith("/ui/?")
    page = text_of(client.get("/ui/"))
    section = re.search(r'<section[^>]*id="users"[^>]*>', page)[0]
    assert "data-striped" in section
    assert "data-wrap" in section
    assert "data-compact" not in section
    assert page.split('id="policies"')[0].count("data-pick") == 47


def test_columns_are_shown_and_hidden(client):
    assert heads(text_of(client.get("/ui/"))) == ["User name", "Path", "Groups", "Console access", "Created"]
    confirm(client, size="10", shown=["Groups", "Arn"])
    assert heads(text_of(client.get("/ui/"))) == ["User name", "Groups", "ARN"]
    confirm(client, size="10", shown=[*SHOWN, "Created"])
    assert heads(text_of(client.get("/ui/"))) == ["User name", "Path", "Groups", "Console access", "Created"]


def test_the_first_column_stays(client):
    confirm(client, size="10")
    assert heads(text_of(client.get("/ui/"))) == ["User name"]


def test_each_table_and_each_page_has_its_own(client, as_user):
    confirm(client, size="50", shown=SHOWN)
    assert text_of(client.get("/ui/")).split('id="none"')[1].split("</section>")[0].count('value="50" checked') == 0
    admin = as_user("admin")
    confirm(admin, "/iam/users", size="100", shown=["path"])
    assert heads(text_of(admin.get("/iam/users"))) == ["User name", "Path"]
    assert len(heads(text_of(admin.get("/ui/")))) == 5


def test_each_user_of_a_browser_has_their_own(as_user, root):
    root.call("iam:AttachUserPolicy", user_name="Sarah", policy_arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    admin, sarah = as_user("admin"), as_user("Sarah")
    confirm(admin, "/iam/users", size="50", shown=["arn"])
    sarah.cookies["preferences"] = admin.cookies["preferences"].value
    assert len(heads(text_of(sarah.get("/iam/users")))) > 5
    confirm(sarah, "/iam/users", size="10", shown=["path"])
    admin.cookies["preferences"] = sarah.cookies["preferences"].value
    assert heads(text_of(admin.get("/iam/users"))) == ["User name", "ARN"]


def test_a_summary_inside_a_form_brings_no_form_of_its_own(rf):
    table = Table("summary", "Summary", (Column("name", "Name"),), searchable=False, refresh=False)
    for asked in (False, True):
        if asked:
            table.listing(rf.get("/"))
        page = Template("{% table table %}").render(Context({"table": table.fill([{"name": "a"}])}))
        assert "<form" not in page
        assert "Preferences" not in page


def test_the_users_list_hides_what_aws_hides(as_user):
    page = text_of(as_user("admin").get("/iam/users"))
    assert not {"ARN", "Creation time", "Console access"} & set(heads(page))
    dialog = page.split('id="users-preferences"')[1].split("</dialog>")[0]
    for title in ("ARN", "Creation time", "Console access"):
        assert f"<span>{title}</span>" in dialog


def test_without_a_script_the_dialog_is_open_at_an_address(client):
    assert re.search(r'id="users-preferences"[^>]* open>', text_of(client.get("/ui/?preferences=users&q=user")))
    assert not re.search(r'id="users-preferences"[^>]* open>', text_of(client.get("/ui/")))
    # And no link of the page leads back into it.
    page = text_of(client.get("/ui/?preferences=users&q=user"))
    links = re.findall(r'href="(\?[^"]*)"', page.split('id="users"')[1].split("</section>")[0])
    assert [link for link in links if "preferences" in link] == [link for link in links if "preferences=users" in link][
        :1
    ]


@pytest.mark.parametrize("button", ["", "users", "users t1", "users tzzzzzzz /ui/", "<b> t1234567 /ui/"])
def test_what_no_dialog_sends_is_refused(client, button):
    assert client.post("/ui/preferences", {"_preferences": button}).status_code == 400


def test_confirm_leads_back_to_this_site_only(client):
    answer = client.post("/ui/preferences", {"_preferences": "users t1234567 https://evil.example/"})
    assert answer["Location"] == "/"


def posted(**values):
    return likes.posted(RequestFactory().post("/", {"_preferences": "users t1234567 /ui/"} | values)).likes


def test_junk_in_the_dialog_is_the_default():
    assert posted(**{"users-size": "1000"}) == Likes()
    assert posted(**{"users-size": "٥٠", "users-column": ["<script>", "a" * 60]}) == Likes()


@pytest.mark.parametrize("kept", [None, 1, [], {"n": "50"}, {"n": 7, "c": 3, "s": 4}, {"c": [1, None]}])
def test_what_another_version_kept_does_no_harm(kept):
    assert Likes.of(kept).size == 0


def test_likes_survive_the_cookie():
    liked = Likes(size=50, turned=frozenset({"arn", "path"}), striped=True)
    assert Likes.of(liked.kept()) == liked


def test_the_cookie_never_grows_past_what_browsers_send(rf):
    cookie = ""
    for person in range(9):
        for table in range(60):
            request = rf.get("/")
            request.COOKIES["preferences"] = cookie
            request.caller = type("Caller", (), {"arn": f"arn:aws:iam::111122223333:user/{person}"})()
            answer = HttpResponse()
            turned = [f"column-with-a-long-name-{number}-{table}" for number in range(12)]
            preferences.write(request, answer, f"t{table:07}", {"n": 50, "c": turned, "s": "ws"})
            cookie = answer.cookies["preferences"].value
            assert len(cookie) < 3600
    request.COOKIES["preferences"] = cookie
    assert "t0000059" in preferences.read(request)
