"""`Import policy`: statements of managed policies, appended."""

from __future__ import annotations

import html
import json

import pytest

from iamconsole.editor.forms import START
from iamconsole.editor.imports import appended
from iamconsole.editor.statements import Statements
from tests.editor.test_step import press, text_in
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture
def console(as_user):
    return as_user("admin")


def body(answer) -> str:
    return html.unescape(answer.content.decode())


def statements(text: str) -> list[dict]:
    return json.loads(text)["Statement"]


def test_a_policy_is_found_by_name_and_its_statements_are_appended(console, admin):
    dialog = body(press(console, "import", START, **{"import-filter": "S3ReadOnly"}))
    text = text_in(press(console, "import-add", START, **{"import-policy": READ_ONLY}))
    version = admin.call("iam:GetPolicy", policy_arn=READ_ONLY)["Policy"]["DefaultVersionId"]
    original = admin.call("iam:GetPolicyVersion", policy_arn=READ_ONLY, version_id=version)["PolicyVersion"]["Document"]

    assert "AmazonS3ReadOnlyAccess" in dialog
    assert "AdministratorAccess" not in dialog
    assert statements(text) == [*statements(START), *statements(original)]


def test_nothing_is_imported_without_a_choice_or_a_policy_or_into_what_is_none(console):
    none = body(press(console, "import-add", START))
    ghost = press(console, "import-add", START, **{"import-policy": READ_ONLY + "X"})
    broken = press(console, "import-add", "{", **{"import-policy": READ_ONLY})

    assert "Select a policy." in none
    assert "was not found" in body(ghost)
    assert "The policy is no valid JSON." in body(broken)
    assert (text_in(ghost), text_in(broken)) == (START, "{")


def test_who_may_not_list_policies_is_told_in_the_dialog(as_user):
    page = body(press(as_user("amin"), "import", START))

    assert "no identity-based policy allows the iam:ListPolicies action" in page


def test_many_policies_are_found_by_a_search(console):
    page = body(press(console, "import", START))

    assert "more. Search to find them." in page
    assert "No matches" in body(press(console, "import", START, **{"import-filter": "no such policy"}))


def test_sids_stay_unique():
    own = Statements(policy(allow("s3:*") | {"Sid": "One"}, allow("s3:*")))
    joined = appended(own, [{"Sid": "One"}, {"Sid": "One2"}, {"Effect": "Allow"}, {"Sid": ""}])

    assert [one.get("Sid") for one in joined.items] == ["One", None, "One2", "One22", None, ""]


def test_only_policies_of_identities_have_it(console):
    trust = body(console.get("/iam/roles/create"))

    assert "Import policy" in body(console.get("/iam/policies/create"))
    assert "Import policy" in body(console.get("/iam/users/details/amin/create-policy"))
    assert "Import policy" not in trust
