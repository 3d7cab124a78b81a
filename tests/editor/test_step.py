"""The editor as a step: its buttons, its views, and what becomes of the draft."""

from __future__ import annotations

import html
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template.loader import render_to_string

from iamconsole.editor.formatting import formatted
from iamconsole.editor.step import editor_context, editor_step
from iamconsole.signin.session_store import SessionStore
from iamconsole.ui.wizard import Wizard
from tests.factories import allow, deny, policy

pytestmark = pytest.mark.django_db

CREATE = "/iam/policies/create?step=addPermissions&wizard=a-wizard-of-mine"
HTMX = {"HTTP_HX_REQUEST": "true"}
DOCUMENT = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))


@pytest.fixture
def console(as_user):
    return as_user("admin")


def text_in(answer) -> str:
    """What the editor's text field holds."""
    area = answer.content.decode().partition('name="document"')[2].partition(">")[2].partition("</textarea>")[0]
    return html.unescape(area).lstrip("\n").replace("\r\n", "\n")


def press(console, button: str, document: str = DOCUMENT, url: str = CREATE, htmx: bool = False, **more: str):
    data = {"wizard": "a-wizard-of-mine", "document": document, "view": "json", "editor": button, **more}
    return console.post(url, data, **(HTMX if htmx else {}))


def test_a_button_of_the_editor_neither_checks_nor_leaves_the_step(console):
    answer = press(console, "format", policy(allow("s3:GetObjct")))

    assert answer.status_code == 200
    assert "Specify permissions" in answer.content.decode()
    assert "field-error" not in answer.content.decode()


def test_format_indents_as_the_console_writes_and_the_draft_keeps_it(console):
    answer = press(console, "format", '{"Version": "2012-10-17", "Statement": []}')

    assert text_in(answer) == '{\n    "Version": "2012-10-17",\n    "Statement": []\n}'
    assert text_in(console.get(CREATE)) == text_in(answer)


def test_htmx_gets_the_editor_and_not_the_page(console):
    page = press(console, "format", htmx=True).content.decode()

    assert 'id="policy-editor"' in page
    assert "<html" not in page


def test_what_cannot_be_formatted_stays_as_it_is(console):
    assert text_in(press(console, "format", '{"Version": ')) == '{"Version": '
    assert text_in(press(console, "no-such-button", DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize(
    "text",
    ["1", "null", "[]", "{}", '{"a": [1.50, true, null, "é\\"", {}], "b": {"c": []}}', DOCUMENT],
)
def test_formatting_changes_no_value_and_is_done_once(text):
    assert json.loads(formatted(text)) == json.loads(text)
    assert formatted(formatted(text)) == formatted(text)


def test_formatting_keeps_a_number_as_it_was_written():
    assert formatted('{"a":1.50e3}') == '{\n    "a": 1.50e3\n}'


def test_next_after_a_button_goes_on_with_the_new_text(console, admin, sandbox):
    press(console, "format", DOCUMENT)
    draft = text_in(console.get(CREATE))
    step = console.post(CREATE, {"wizard": "a-wizard-of-mine", "document": draft, "view": "json"})
    wizard = parse_qs(urlsplit(step["Location"]).query)["wizard"][0]
    console.post(step["Location"], {"wizard": wizard, "policy_name": "Formatted"})

    arn = f"arn:aws:iam::{sandbox.account_id}:policy/Formatted"
    version = admin.call("iam:GetPolicyVersion", policy_arn=arn, version_id="v1")["PolicyVersion"]
    assert version["Document"] == formatted(DOCUMENT)


BAD = {
    "scp": (allow("s3:*") | {"Principal": "*"}, "SCP syntax error principal"),
    "rcp": (deny("s3:*") | {"Principal": {"AWS": "111122223333"}}, "RCP syntax error principal"),
    "trust": (allow("sts:AssumeRole") | {"Principal": "*"}, "Role trust policy syntax error resource"),
    "resource": (allow("ec2:*") | {"Principal": "*"}, "Unsupported action in policy"),
}


@pytest.mark.parametrize("kind", BAD)
def test_every_kind_of_policy_can_be_a_step_and_is_asked_about_as_what_it_is(sandbox, admin, kind, rf):
    """As a page of AWS Organizations will have it: the step is all that a policy needs."""
    statement, found = BAD[kind]

    def wizard(button: str) -> Wizard:
        data = {"document": policy(statement), "view": "json", "wizard": "a-wizard-of-mine"}
        request = rf.post("/organizations/policies/create", data | ({"editor": button} if button else {}))
        request.session, request.aws, request.caller = SessionStore(), admin, admin.caller
        return Wizard(request, kind, (editor_step(kind=kind),), finish="Save", cancel="/")

    stopped, redrawn = wizard(""), wizard("statement-add")
    assert (stopped.walk(), redrawn.walk()) == (None, None)
    page = render_to_string("editor/editor.html", editor_context(redrawn))

    assert (stopped.finished, redrawn.stays) == (False, True)
    assert found in page
    assert "Statement2" in page
    assert "Visual" not in page
