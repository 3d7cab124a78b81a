"""The roles list, a role's page and deleting roles, as a browser gets them."""

from __future__ import annotations

import html
import json

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied
from iamconsole.iam.models import InstanceProfile, Role
from tests.demos.course import trust
from tests.factories import allow, policy
from tests.sts.sessions import assume

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
HTMX = {"HTTP_HX_REQUEST": "true"}
NASTY = "<script>alert(1)</script>"
SUPPORT = "AWSServiceRoleForSupport"


@pytest.fixture
def console(as_user):
    return as_user("admin")


def service_trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def logs_role(admin) -> str:
    """D21's role as the console leaves it: for EC2, with a policy and the instance profile of its name."""
    name = "Company1-Logs-Role"
    admin.call("iam:CreateRole", role_name=name, assume_role_policy_document=service_trust("ec2.amazonaws.com"))
    admin.call("iam:AttachRolePolicy", role_name=name, policy_arn=S3_READ)
    admin.call("iam:PutRolePolicy", role_name=name, policy_name="inl", policy_document=policy(allow("s3:*")))
    admin.call("iam:CreateInstanceProfile", instance_profile_name=name)
    admin.call("iam:AddRoleToInstanceProfile", instance_profile_name=name, role_name=name)
    return name


@pytest.fixture
def john_role(admin, sandbox) -> str:
    """D23's role, which trusts the user john."""
    admin.call("iam:CreateUser", user_name="john")
    document = trust(sandbox.account_id, "john")
    admin.call("iam:CreateRole", role_name="JohnUploadRole", assume_role_policy_document=document)
    return "JohnUploadRole"


def body(response) -> str:
    return html.unescape(response.content.decode())


def newest_event() -> int:
    return Event.objects.latest("pk").pk


def writes_since(start: int) -> list[str]:
    return list(Event.objects.filter(pk__gt=start, read_only=False).order_by("pk").values_list("name", flat=True))


def calls_since(start: int) -> list[str]:
    return list(Event.objects.filter(pk__gt=start).order_by("pk").values_list("name", flat=True))


# -- the list ---------------------------------------------------------------------------------------


def test_the_list_says_whom_each_role_trusts(console, admin, sandbox, logs_role, john_role):
    both = {"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": both, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    admin.call("iam:CreateRole", role_name="Both", assume_role_policy_document=document)

    page = body(console.get("/iam/roles"))

    assert "AWS Service: ec2" in page
    assert f"Account: {sandbox.account_id}" in page
    assert "AWS Service: support (Service-Linked Role)" in page
    assert "AWS Service: lambda" in page
    assert ", and 1 more" in page
    assert "; AWS Service: edgelambda" in page


def test_a_denied_principal_is_not_trusted(console, admin, sandbox):
    statements = [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": sandbox.account_id}, "Action": "sts:AssumeRole"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    admin.call("iam:CreateRole", role_name="Guarded", assume_role_policy_document=document)

    page = body(console.get("/iam/roles?q=Guarded"))

    assert "AWS Service: ec2" in page
    assert "Account:" not in page


def test_last_activity_is_todays_once_the_role_was_used(console, admin, sandbox):
    admin.call(
        "iam:CreateRole",
        role_name="Used",
        assume_role_policy_document=policy_for(f"arn:aws:iam::{sandbox.account_id}:root"),
    )
    assert "Today" not in body(console.get("/iam/roles?q=Used"))
    session = assume(admin, f"arn:aws:iam::{sandbox.account_id}:role/Used")
    with pytest.raises(AccessDenied):  # an attempt is a use as well
        session.call("iam:CreateGroup", group_name="HR")

    assert "Today" in body(console.get("/iam/roles?q=Used"))


def policy_for(principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_swap_gets_only_the_table(console, logs_role):
    part = console.get("/iam/roles?q=company1", **HTMX)

    assert "<html" not in part.content.decode()
    assert "1 match" in part.content.decode()


def test_a_user_without_rights_gets_the_box_and_the_frame(as_user, logs_role):
    page = body(as_user("amin").get("/iam/roles"))

    assert "Context: no identity-based policy allows the iam:ListRoles action" in page
    assert "Create role" in page


def test_a_refused_last_activity_shows_in_its_cell_only(as_user, admin, logs_role):
    admin.call(
        "iam:PutUserPolicy", user_name="amin", policy_name="lists", policy_document=policy(allow("iam:ListRoles"))
    )

    page = body(as_user("amin").get("/iam/roles?q=Company1"))

    assert page.count("Access denied") == 1
    assert "AWS Service: ec2" in page


# -- one role ---------------------------------------------------------------------------------------


def test_the_page_of_a_role_for_ec2_shows_its_instance_profile(console, sandbox, logs_role):
    page = body(console.get(f"/iam/roles/details/{logs_role}"))

    assert f"arn:aws:iam::{sandbox.account_id}:role/{logs_role}" in page
    assert f"arn:aws:iam::{sandbox.account_id}:instance-profile/{logs_role}" in page
    assert "1 hour" in page
    assert "Link to switch roles in console" not in page
    assert "AmazonS3ReadOnlyAccess" in page
    assert "Customer inline" in page


def test_a_role_that_trusts_an_account_has_a_link_to_switch_to_it(console, sandbox, john_role):
    page = body(console.get(f"/iam/roles/details/{john_role}"))

    assert f"/switchrole?roleName={john_role}&account={sandbox.account_id}" in page


def test_its_calls_come_in_the_documented_order(console, logs_role):
    start = newest_event()
    console.get(f"/iam/roles/details/{logs_role}")

    assert calls_since(start) == [
        "GetRole",
        "ListAttachedRolePolicies",
        "ListRolePolicies",
        "ListInstanceProfilesForRole",
        "GetPolicy",
    ]


def test_each_refusal_degrades_only_its_panel(as_user, admin, logs_role):
    document = policy(allow(["iam:GetRole", "iam:ListRolePolicies"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="reads", policy_document=document)

    page = body(as_user("amin").get(f"/iam/roles/details/{logs_role}"))

    assert "Creation date" in page
    assert "no identity-based policy allows the iam:ListAttachedRolePolicies action" in page
    assert "inl" in page
    assert "iam:GetRole action" not in page


def test_a_role_that_may_not_be_read_still_shows_its_policies(as_user, admin, logs_role):
    document = policy(allow(["iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetPolicy"]))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="reads", policy_document=document)

    page = body(as_user("amin").get(f"/iam/roles/details/{logs_role}"))

    assert "no identity-based policy allows the iam:GetRole action" in page
    assert "AmazonS3ReadOnlyAccess" in page


def test_an_unknown_role_has_a_page_that_says_so(console):
    page = body(console.get("/iam/roles/details/Nobody"))

    assert "The role with name Nobody cannot be found." in page
    assert "<html" in page


def test_a_nasty_name_is_shown_as_text(console):
    answer = console.get(f"/iam/roles/details/{NASTY.replace('/', '')}")

    assert "<script>alert" not in answer.content.decode()


def test_the_trust_policy_names_who_is_gone_by_unique_id(console, admin, sandbox, john_role):
    shown = body(console.get(f"/iam/roles/details/{john_role}?section=trust_relationships"))
    assert f"arn:aws:iam::{sandbox.account_id}:user/john" in shown
    assert "Entities that can assume this role under specified conditions." in shown
    unique_id = admin.call("iam:GetUser", user_name="john")["User"]["UserId"]

    admin.call("iam:DeleteUser", user_name="john")

    shown = body(console.get(f"/iam/roles/details/{john_role}?section=trust_relationships"))
    assert unique_id in shown
    assert "user/john" not in shown
    assert f"Account: {unique_id}" in body(console.get(f"/iam/roles?q={john_role}"))


def test_an_opened_row_shows_the_document_and_where_it_is_edited(console, logs_role):
    page = body(console.get(f"/iam/roles/details/{logs_role}?open=inline/inl"))

    assert '"Action": "s3:*"' in page
    assert f"/iam/roles/details/{logs_role}/edit-policy/inl" in page


def test_a_service_linked_role_offers_no_changes(console):
    for section in ("permissions", "trust_relationships", "tags", "revoke_sessions"):
        page = body(console.get(f"/iam/roles/details/{SUPPORT}?section={section}"))
        assert "Only that service can modify it." in page
        for change in ("Add permissions", "Remove", "Delete", "/edit", "Manage tags", "Set permissions", "Revoke"):
            assert change not in page.partition("<main")[2].partition("</main")[0], change


# -- policies on and off ----------------------------------------------------------------------------


def test_policies_are_attached_and_the_ticks_survive_a_search(console, admin, john_role):
    address = f"/iam/roles/details/{john_role}/attach-policies"
    searched = console.post(address, {"policies": [S3_READ], "_go": "?step=policies", "q": "AmazonEC2"}, follow=True)
    page = searched.content.decode()
    assert f'value="{S3_READ}"' in page
    assert "AmazonEC2FullAccess" in page

    start = newest_event()
    done = body(console.post(searched.request["PATH_INFO"], {"policies": [S3_READ]}, follow=True))

    assert "Policies attached to this role." in done
    assert "AttachRolePolicy" in writes_since(start)


def test_an_inline_policy_is_written_with_the_editor(console, admin, john_role):
    address = f"/iam/roles/details/{john_role}/create-policy"
    first = console.post(address, {"document": policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))})
    console.post(first["Location"], {"policy_name": "Reads"})

    found = admin.call("iam:GetRolePolicy", role_name=john_role, policy_name="Reads")
    assert "s3:GetObject" in found["PolicyDocument"]


def test_policies_are_removed_each_by_its_own_call(console, logs_role):
    address = f"/iam/roles/details/{logs_role}/remove-policies"
    dialog = body(console.get(f"{address}?selected={S3_READ}&selected=inline/inl"))
    assert "Remove 2 policies for role?" in dialog

    start = newest_event()
    done = body(console.post(address, {"selected": [S3_READ, "inline/inl"]}, follow=True))

    assert "2 policies removed" in done
    assert writes_since(start) == ["DetachRolePolicy", "DeleteRolePolicy"]


def test_what_went_in_another_tab_is_named_and_nothing_is_done(console, admin, logs_role):
    address = f"/iam/roles/details/{logs_role}/remove-policies"
    for key, words in (
        ("inline/gone", "The role policy with name gone cannot be found."),
        (f"{S3_READ}X", "was not found"),
    ):
        done = body(console.post(address, {"selected": [key]}, follow=True))
        assert "The policies were not removed." in done
        assert words in done
    assert len(admin.call("iam:ListRolePolicies", role_name=logs_role)["PolicyNames"]) == 1


# -- delete -----------------------------------------------------------------------------------------


def test_the_console_empties_a_role_before_it_deletes_it(console, logs_role):
    dialog = body(console.get(f"/iam/roles/delete?selected={logs_role}"))
    assert f"Delete {logs_role}?" in dialog
    assert "Last activity" in dialog

    start = newest_event()
    done = body(console.post("/iam/roles/delete", {"selected": logs_role, "confirm": logs_role}, follow=True))

    assert f"Role {logs_role} deleted." in done
    assert writes_since(start) == [
        "DetachRolePolicy",
        "DeleteRolePolicy",
        "RemoveRoleFromInstanceProfile",
        "DeleteInstanceProfile",
        "DeleteRole",
    ]
    assert not Role.objects.filter(name=logs_role).exists()
    assert not InstanceProfile.objects.exists()


def test_an_instance_profile_of_another_name_is_left_and_the_refusal_says_so(console, admin, john_role):
    admin.call("iam:CreateInstanceProfile", instance_profile_name="By-CLI")
    admin.call("iam:AddRoleToInstanceProfile", instance_profile_name="By-CLI", role_name=john_role)

    done = body(console.post("/iam/roles/delete", {"selected": john_role, "confirm": john_role}, follow=True))

    assert f"Role {john_role} was not deleted." in done
    assert "Cannot delete entity, must remove roles from instance profile first." in done
    assert Role.objects.filter(name=john_role).exists()


@pytest.mark.parametrize("typed", ["", "company1-logs-role", "delete", " Company1-Logs-Role"])
def test_another_text_deletes_nothing(console, logs_role, typed):
    answer = console.post("/iam/roles/delete", {"selected": logs_role, "confirm": typed})

    assert answer.status_code == 422
    assert f"Enter {logs_role} exactly as shown." in body(answer)
    assert Role.objects.filter(name=logs_role).exists()


def test_several_ask_for_the_word_and_leave_out_those_of_services(console, logs_role, john_role):
    chosen = [logs_role, john_role, SUPPORT]
    dialog = body(console.get(f"/iam/roles/delete?selected={'&selected='.join(chosen)}"))
    assert "Delete 2 roles?" in dialog
    assert "Service-linked roles are not deleted here" in dialog

    done = body(console.post("/iam/roles/delete", {"selected": chosen, "confirm": "delete"}, follow=True))

    assert "2 roles deleted." in done
    assert list(Role.objects.exclude(path="/").values_list("name", flat=True)) != []
    assert not Role.objects.filter(path="/").exists()


def test_a_service_linked_role_alone_can_only_be_left(console):
    dialog = body(console.get(f"/iam/roles/delete?selected={SUPPORT}"))

    assert "Service-linked roles are not deleted here" in dialog
    assert 'type="submit" form="confirm-form"' not in dialog
    console.post("/iam/roles/delete", {"selected": SUPPORT, "confirm": "delete"})
    assert Role.objects.filter(name=SUPPORT).exists()


def test_who_may_only_delete_fails_at_the_first_call(as_user, admin, logs_role):
    document = policy(allow("iam:DeleteRole"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="deletes", policy_document=document)

    done = body(as_user("amin").post("/iam/roles/delete", {"selected": logs_role, "confirm": logs_role}, follow=True))

    assert "is not authorized to perform: iam:ListAttachedRolePolicies" in done
    assert Role.objects.filter(name=logs_role).exists()
