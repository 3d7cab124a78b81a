"""A role's settings, its trust policy and the end of its sessions, as a browser changes them."""

from __future__ import annotations

import html
import json
import re

import pytest

from iamconsole.core.errors import AccessDenied
from tests.demos.course import trust
from tests.factories import allow, client_for, policy
from tests.sts.sessions import client_with

pytestmark = pytest.mark.django_db

ROLE = "JohnUploadRole"
PAGE = f"/iam/roles/details/{ROLE}"
SUPPORT = "AWSServiceRoleForSupport"


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture(autouse=True)
def john_role(admin, sandbox) -> str:
    """D23's role: it trusts the user john and may list buckets."""
    admin.call("iam:CreateUser", user_name="john")
    document = trust(sandbox.account_id, "john")
    admin.call("iam:CreateRole", role_name=ROLE, assume_role_policy_document=document, description="For uploads")
    lists = policy(allow("s3:ListAllMyBuckets"))
    admin.call("iam:PutRolePolicy", role_name=ROLE, policy_name="lists", policy_document=lists)
    return f"arn:aws:iam::{sandbox.account_id}:role/{ROLE}"


def body(response) -> str:
    return html.unescape(response.content.decode())


def role(admin) -> dict:
    return admin.call("iam:GetRole", role_name=ROLE)["Role"]


# -- settings ---------------------------------------------------------------------------------------


def test_the_form_starts_with_what_there_is(console):
    page = console.get(f"{PAGE}/edit").content.decode()

    assert "For uploads" in page
    assert '<option value="3600" selected>1 hour</option>' in page
    for words in ("2 hours", "4 hours", "8 hours", "12 hours", "Custom duration"):
        assert words in page


def test_a_preset_and_an_empty_description_are_saved(console, admin):
    done = body(console.post(f"{PAGE}/edit", {"description": "", "duration": "28800"}, follow=True))

    assert f"Role {ROLE} updated." in done
    assert "8 hours" in done
    assert "Description" not in role(admin)
    assert role(admin)["MaxSessionDuration"] == 28800


def test_a_custom_duration_is_shown_again_as_one(console, admin):
    console.post(f"{PAGE}/edit", {"description": "x", "duration": "custom", "seconds": "5400"})

    assert role(admin)["MaxSessionDuration"] == 5400
    page = console.get(f"{PAGE}/edit").content.decode()
    assert '<option value="custom" selected>' in page
    assert 'value="5400"' in page
    assert "1 hour 30 minutes" in body(console.get(PAGE))


@pytest.mark.parametrize("seconds", ["", "3599", "43201", "4e3", "-1", "\u0663\u0666\u0660\u0660", "9" * 40])
def test_another_duration_is_refused_beside_the_field(console, admin, seconds):
    answer = console.post(f"{PAGE}/edit", {"description": "x", "duration": "custom", "seconds": seconds})

    assert answer.status_code == 422
    assert "Enter a number of seconds from 3600 to 43200." in body(answer)
    assert role(admin)["MaxSessionDuration"] == 3600


def test_a_description_that_aws_would_not_take_is_refused_beside_the_field(console, admin):
    answer = console.post(f"{PAGE}/edit", {"description": "x" * 1001, "duration": "3600"})

    assert answer.status_code == 422
    assert "Member must have length less than or equal to 1000" in body(answer)


def test_who_may_not_change_it_is_told_so(as_user):
    answer = as_user("amin").post(f"{PAGE}/edit", {"description": "x", "duration": "3600"})

    assert answer.status_code == 422
    assert "is not authorized to perform: iam:UpdateRole" in body(answer)


def test_who_may_not_read_the_role_gets_no_form_that_would_empty_it(as_user, admin):
    document = policy(allow("iam:UpdateRole"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="updates", policy_document=document)
    page = body(as_user("amin").get(f"{PAGE}/edit"))

    assert "no identity-based policy allows the iam:GetRole action" in page
    assert "Save changes" not in page


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("edit", {"description": "x", "duration": "7200"}),
        ("edit-trust-policy", {"document": '{"Version":"2012-10-17","Statement":[]}'}),
        ("revoke-sessions", {"acknowledged": "on"}),
    ],
)
def test_a_service_linked_role_is_protected_even_from_who_knows_the_address(console, page, values):
    if page == "edit-trust-policy":
        statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        values = {"document": policy(statement)}
    answer = console.post(f"/iam/roles/details/{SUPPORT}/{page}", values)

    assert answer.status_code == 422
    assert f"Cannot perform the operation on the protected role '{SUPPORT}'" in body(answer)


# -- trust ------------------------------------------------------------------------------------------


def test_the_trust_policy_is_edited_as_it_was_written(console, sandbox):
    page = console.get(f"{PAGE}/edit-trust-policy").content.decode()
    text = html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.S)[1])

    assert text == trust(sandbox.account_id, "john")
    assert "Update policy" in page


def test_a_resource_in_a_trust_policy_is_an_error_that_keeps_the_page(console, admin):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    answer = console.post(f"{PAGE}/edit-trust-policy", {"document": policy(statement)})

    assert answer.status_code == 422
    assert "Resolve" in body(answer)


def test_a_principal_that_is_not_there_is_refused_in_aws_s_words(console, sandbox, admin):
    answer = console.post(f"{PAGE}/edit-trust-policy", {"document": trust(sandbox.account_id, "nobody")})

    assert answer.status_code == 422
    arn = f"arn:aws:iam::{sandbox.account_id}:user/nobody"
    assert f'Invalid principal in policy: "AWS":"{arn}"' in body(answer)
    assert "user/john" in role(admin)["AssumeRolePolicyDocument"]


def test_a_text_that_names_who_is_gone_can_be_saved_once_that_is_mended(console, admin, sandbox):
    admin.call("iam:DeleteUser", user_name="john")
    admin.call("iam:CreateUser", user_name="john")
    shown = console.get(f"{PAGE}/edit-trust-policy").content.decode()
    assert "AIDA" in shown
    stale = html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", shown, re.S)[1])
    assert console.post(f"{PAGE}/edit-trust-policy", {"document": stale}).status_code == 422

    answer = console.post(f"{PAGE}/edit-trust-policy", {"document": trust(sandbox.account_id, "john")})

    assert answer.status_code == 302
    assert "user/john" in role(admin)["AssumeRolePolicyDocument"]


# -- sessions ---------------------------------------------------------------------------------------


def test_revoking_needs_the_acknowledgement(console, admin):
    dialog = body(console.get(f"{PAGE}/revoke-sessions"))
    assert "I acknowledge that I am revoking all active sessions for this role." in dialog

    answer = console.post(f"{PAGE}/revoke-sessions", {})

    assert answer.status_code == 422
    assert "AWSRevokeOlderSessions" not in admin.call("iam:ListRolePolicies", role_name=ROLE)["PolicyNames"]


def test_revoking_ends_live_sessions_and_stands_among_the_policies(console, admin, sandbox, john_role):
    john = client_for(sandbox, "john")
    made = john.call("sts:AssumeRole", role_arn=john_role, role_session_name="me")
    client_with(made["Credentials"]).call("s3:ListBuckets")

    done = body(console.post(f"{PAGE}/revoke-sessions", {"acknowledged": "on"}, follow=True))

    assert f"All active sessions of role {ROLE} are revoked." in done
    with pytest.raises(AccessDenied, match="explicit deny in an identity-based policy"):
        client_with(made["Credentials"]).call("s3:ListBuckets")
    written = admin.call("iam:GetRolePolicy", role_name=ROLE, policy_name="AWSRevokeOlderSessions")
    (statement,) = json.loads(written["PolicyDocument"])["Statement"]
    moment = statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    assert statement == {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    assert "AWSRevokeOlderSessions" in body(console.get(PAGE))


def test_the_tab_shows_what_revoking_writes(console):
    page = body(console.get(f"{PAGE}?section=revoke_sessions"))

    assert "Revoke active sessions" in page
    assert '"aws:TokenIssueTime": "[policy creation time]"' in page


def test_who_may_not_write_the_policy_revokes_nothing(as_user):
    answer = as_user("amin").post(f"{PAGE}/revoke-sessions", {"acknowledged": "on"})

    assert answer.status_code == 422
    assert "is not authorized to perform: iam:PutRolePolicy" in body(answer)
