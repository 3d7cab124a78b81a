"""What a dialog's request is answered with."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

IN_DIALOG = {"HX-Request": "true", "HX-Target": "modal-root"}


def test_a_dialogs_form_that_is_done_sends_the_window_on_with_its_message(as_user):
    console = as_user("admin")
    answer = console.post("/iam/account-alias", {"account_alias": "company1-dialogs"}, headers=IN_DIALOG)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/iam/home")
    assert b"Alias created" in console.get("/iam/home").content


def test_a_dialogs_form_that_is_refused_is_the_dialog_again(as_user):
    answer = as_user("admin").post("/iam/account-alias", {"account_alias": "No Alias"}, headers=IN_DIALOG)
    assert answer.status_code == 422
    assert b"failed to satisfy constraint" in answer.content
    assert b"<dialog" in answer.content


def test_a_dialog_with_nothing_to_ask_about_leads_to_the_page(as_user):
    assert as_user("admin").get("/iam/users/delete", headers=IN_DIALOG)["HX-Redirect"] == "/iam/users"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "users"}])
def test_other_requests_are_redirected_as_ever(as_user, headers):
    answer = as_user("admin").get("/iam/users/delete", headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, "/iam/users")
