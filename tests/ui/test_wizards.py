from __future__ import annotations

import html
import re

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from iamconsole.ui import drafts

pytestmark = pytest.mark.django_db


def wizard_id(response):
    return re.search(r'name="wizard" value="([^"]+)"', response.content.decode())[1]


@pytest.fixture
def begun(client):
    """A wizard whose first step is done; gives the id."""
    key = wizard_id(client.get("/ui/wizard"))
    answer = post(client, "details", key, user_name="peter", password="Secret-1!")
    assert answer.status_code == 302
    return key


def post(client, step, key, **values):
    return client.post(f"/ui/wizard?step={step}&wizard={key}", {"wizard": key, **values})


def page(client, step, key):
    return client.get(f"/ui/wizard?step={step}&wizard={key}").content.decode()


def test_next_checks_the_step_and_stays_on_an_error(client):
    answer = post(client, "details", "0123456789", user_name="")
    assert answer.status_code == 422
    assert "User name is required." in answer.content.decode()


def test_a_step_ahead_leads_to_the_first_while_nothing_is_filled_in(client):
    answer = client.get("/ui/wizard?step=review&wizard=0123456789")
    assert answer.status_code == 302
    assert "step=details" in answer["Location"]


def test_values_survive_previous_and_a_secret_never_travels_back(client, begun):
    assert post(client, "permissions", begun, _go="details", groups="group-03").status_code == 302
    first = page(client, "details", begun)
    assert 'value="peter"' in first
    assert "Secret-1!" not in first
    assert 'value="group-03" form="wizard" aria-label="Select group-03" data-pick checked' in page(
        client, "permissions", begun
    )


def test_a_secret_left_empty_the_second_time_is_the_one_typed_before(client, begun):
    post(client, "details", begun, user_name="peter", password="")
    post(client, "permissions", begun)
    done = post(client, "review", begun)
    assert "Secret-1!" in client.get(done["Location"]).content.decode()


def test_the_draft_in_the_session_store_is_not_readable(client, begun):
    stored = [row.get_decoded() for row in Session.objects.all()]
    assert any("sealed" in row for row in stored)
    assert "Secret-1!" not in str(stored)
    assert "peter" not in str(stored)


def test_ticked_rows_survive_a_search(client, begun):
    answer = post(client, "permissions", begun, _go="?", groups=["group-01"], **{"groups-q": "group-2"})
    assert "groups-q=group-2" in answer["Location"]
    found = client.get(answer["Location"]).content.decode()
    assert "group-22" in found
    assert '<input type="hidden" name="groups" value="group-01"' in found


def test_a_second_press_of_the_last_button_gives_the_first_result(client, begun):
    post(client, "permissions", begun)
    first, second = post(client, "review", begun), post(client, "review", begun)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert "made=" in first["Location"]


def test_a_value_kept_once_is_shown_once(client, begun):
    post(client, "permissions", begun)
    made = post(client, "review", begun)["Location"]
    assert "Secret-1!" in client.get(made).content.decode()
    assert "Secret-1!" not in client.get(made).content.decode()


def test_two_tabs_do_not_mix(client, begun):
    other = wizard_id(client.get("/ui/wizard"))
    post(client, "details", other, user_name="ana")
    assert 'value="peter"' in page(client, "details", begun)
    assert 'value="ana"' in page(client, "details", other)


def test_drafts_are_few(client):
    for number in range(12):
        post(client, "details", f"draft-number-{number:02}", user_name="ana")
    assert len(client.session["drafts"]) == 8
    assert sum("sealed" in row.get_decoded() for row in Session.objects.all()) == 8
    assert 'value="ana"' in page(client, "details", "draft-number-11")
    assert 'value="ana"' not in page(client, "details", "draft-number-00")


def test_two_tabs_that_save_in_the_same_instant_keep_both_drafts(client, rf, begun):
    one, two = rf.get("/"), rf.get("/")
    for request in (one, two):
        request.session = SessionStore(session_key=client.session.session_key)
        assert drafts.DRAFTS in request.session  # both have read the session before either writes it
    drafts.save(one, "gallery", "tab-number-1", {"data": {"n": ["1"]}, "done": ""})
    drafts.save(two, "gallery", "tab-number-2", {"data": {"n": ["2"]}, "done": ""})
    for request in (one, two):
        request.session.save()
    assert drafts.load(one, "gallery", "tab-number-1")["data"] == {"n": ["1"]}
    assert drafts.load(one, "gallery", "tab-number-2")["data"] == {"n": ["2"]}


def test_a_draft_outlives_a_new_sign_in_of_the_same_user_only(as_user):
    first = as_user("admin")
    key = wizard_id(first.get("/ui/wizard"))
    post(first, "details", key, user_name="peter")
    assert 'value="peter"' in page(as_user("admin"), "details", key)
    assert 'value="peter"' not in page(as_user("Sarah"), "details", key)


def test_preferences_of_a_table_in_a_wizard_keep_what_was_ticked(client, begun):
    shown = page(client, "permissions", begun)
    button = re.search(r'name="_preferences" value="([^"]+)"', shown)[1]
    values = {"groups-size": "50", "groups-column": ["users"], "groups": ["group-03"]}
    answer = post(client, "permissions", begun, _preferences=html.unescape(button), **values)
    assert "step=permissions" in answer["Location"]
    liked = client.get(answer["Location"]).content.decode()
    assert liked.count("data-pick") == 23
    assert 'value="group-03" form="wizard" aria-label="Select group-03" data-pick checked' in liked
    assert "<span>Users</span></th>" not in liked


def test_the_last_step_checks_every_step_again(client):
    key = "0123456789"
    post(client, "details", key, user_name="ana")
    # The first step is left by a link to an earlier one, hence unchecked.
    post(client, "permissions", key, _go="details")
    client.post(f"/ui/wizard?step=details&wizard={key}", {"wizard": key, "user_name": "", "_go": "details"})
    answer = post(client, "review", key)
    assert "step=details" in answer["Location"]


def test_another_session_does_not_see_the_draft(client, begun):
    from django.test import Client

    assert Client().get(f"/ui/wizard?step=review&wizard={begun}").status_code == 302


def test_the_work_is_claimed_once_even_by_two_requests_at_once(client, rf, begun):
    request = rf.get("/")
    request.session = client.session
    assert drafts.claim(request, begun)
    assert not drafts.claim(request, begun)
    drafts.release(request, begun)
    assert drafts.claim(request, begun)


def test_a_press_that_comes_second_waits_for_the_first_and_undoes_nothing(client, rf, begun, monkeypatch):
    monkeypatch.setattr(drafts, "CLAIM_SECONDS", 0.3)
    post(client, "permissions", begun)
    request = rf.get("/")
    request.session = client.session
    drafts.claim(request, begun)
    answer = post(client, "review", begun)
    assert "step=review" in answer["Location"]
    assert "once" not in client.session
    assert "made=" in post(client, "review", begun)["Location"]
