"""What a managed policy is used for: who has it, how often, and what the lists' filters make of it; its tags."""

from __future__ import annotations

import pytest

from iamconsole.core.errors import AwsError
from iamconsole.iam.models import Attachment
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = policy(allow("s3:GetObject"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


@pytest.fixture
def ours(admin, sandbox):
    admin.call("iam:CreateGroup", group_name="Developers")
    admin.call("iam:CreateRole", role_name="Reader", assume_role_policy_document=TRUST, path="/lab/")
    return admin.call("iam:CreatePolicy", policy_name="Cap", policy_document=DOCUMENT, path="/lab/")["Policy"]["Arn"]


@pytest.fixture(params=["customer", "aws"])
def arn(request, ours):
    return ours if request.param == "customer" else "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


def names(client, **filters):
    return {row["PolicyName"] for row in client.call("iam:ListPolicies", max_items=1000, **filters)["Policies"]}


def test_both_uses_are_counted(admin, arn):
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=arn)
    admin.call("iam:AttachGroupPolicy", group_name="Developers", policy_arn=arn)
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=arn)
    admin.call("iam:PutRolePermissionsBoundary", role_name="Reader", permissions_boundary=arn)
    shown = admin.call("iam:GetPolicy", policy_arn=arn)["Policy"]
    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (2, 2)
    path = shown["Path"]
    (listed,) = [row for row in admin.call("iam:ListPolicies", path_prefix=path)["Policies"] if row["Arn"] == arn]
    assert (listed["AttachmentCount"], listed["PermissionsBoundaryUsageCount"]) == (2, 2)


def test_the_counts_are_the_accounts_own(admin, stranger):
    before = stranger.call("iam:GetPolicy", policy_arn=S3_READ)["Policy"]
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=S3_READ)
    assert stranger.call("iam:GetPolicy", policy_arn=S3_READ)["Policy"] == before


def test_policies_are_listed_by_their_use(admin, arn):
    path, _, name = arn.partition("policy")[2].rpartition("/")
    filters = [{}, {"only_attached": True}]
    usages = [{"policy_usage_filter": usage} for usage in ("PermissionsPolicy", "PermissionsBoundary")]

    def where():
        return [name in names(admin, path_prefix=f"{path}/", **filter_) for filter_ in filters + usages]

    assert where() == [True, False, False, False]
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=arn)
    assert where() == [True, True, False, True]
    admin.call("iam:AttachUserPolicy", user_name="Sarah", policy_arn=arn)
    assert where() == [True, True, True, True]
    admin.call("iam:DeleteUserPermissionsBoundary", user_name="Sarah")
    assert where() == [True, True, True, False]


def test_the_filters_of_the_list_work_together(admin, ours):
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=ours)
    assert names(admin, scope="Local", only_attached=True, path_prefix="/lab/") == {"Cap"}
    assert names(admin, scope="AWS", only_attached=True, path_prefix="/lab/") == set()
    assert "Cap" not in names(admin, scope="Local", path_prefix="/other/")


def entities(client, arn, **filters):
    answer = client.call("iam:ListEntitiesForPolicy", policy_arn=arn, **filters)
    return {
        kind: [row[f"{kind}Name"] for row in answer[f"Policy{kind}s"]]
        for kind in ("User", "Group", "Role")
        if answer[f"Policy{kind}s"]
    }


def test_who_has_a_policy_is_told_by_use_kind_and_path(admin, arn):
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=arn)
    admin.call("iam:PutRolePermissionsBoundary", role_name="Reader", permissions_boundary=arn)
    admin.call("iam:AttachGroupPolicy", group_name="Developers", policy_arn=arn)
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=arn)
    assert entities(admin, arn) == {"User": ["Sarah"], "Group": ["Developers"], "Role": ["Reader"]}
    permissions = {"Group": ["Developers"], "Role": ["Reader"]}
    assert entities(admin, arn, policy_usage_filter="PermissionsPolicy") == permissions
    boundaries = {"User": ["Sarah"], "Role": ["Reader"]}
    assert entities(admin, arn, policy_usage_filter="PermissionsBoundary") == boundaries
    assert entities(admin, arn, entity_filter="Role") == {"Role": ["Reader"]}
    assert entities(admin, arn, path_prefix="/lab/") == {"Role": ["Reader"]}


def test_a_policy_that_is_a_boundary_is_not_deleted(admin, ours):
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=ours)
    with pytest.raises(AwsError) as error:
        admin.call("iam:DeletePolicy", policy_arn=ours)
    assert (error.value.code, error.value.message) == ("DeleteConflict", "Cannot delete a policy attached to entities.")


def test_the_tags_of_a_policy(admin, ours):
    admin.call("iam:TagPolicy", policy_arn=ours, tags=[{"Key": "team", "Value": "hr"}, {"Key": "b", "Value": ""}])
    assert admin.call("iam:GetPolicy", policy_arn=ours)["Policy"]["Tags"][0] == {"Key": "team", "Value": "hr"}
    admin.call("iam:UntagPolicy", policy_arn=ours, tag_keys=["TEAM", "absent"])
    assert admin.call("iam:ListPolicyTags", policy_arn=ours)["Tags"] == [{"Key": "b", "Value": ""}]
    assert admin.call("iam:ListPolicyTags", policy_arn=S3_READ)["Tags"] == []
    with pytest.raises(AwsError) as error:
        admin.call("iam:TagPolicy", policy_arn=S3_READ, tags=[{"Key": "a", "Value": "b"}])
    assert error.value.code == "AccessDenied"


def test_the_policy_of_a_service_linked_role_cannot_be_attached(admin, ours):
    arn = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"
    with pytest.raises(AwsError) as error:
        admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=arn)
    message = "Cannot attach a Service Role Policy to a Customer Role."
    assert (error.value.code, error.value.message) == ("PolicyNotAttachable", message)


# -- the console's pages ----------------------------------------------------------------------------


def test_the_page_of_a_policy_shows_roles_and_boundaries_apart(admin, ours, as_user):
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=ours)
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=ours)
    page = as_user("admin").get(f"/iam/policies/details/{ours}", {"section": "entities_attached"})
    attached, _, bounded = page.content.decode().partition("Attached as a permissions boundary")
    assert ["Reader" in attached, "Sarah" in attached] == [True, False]
    assert ["Reader" in bounded, "Sarah" in bounded] == [False, True]


def test_the_console_deletes_a_policy_that_roles_have_but_not_a_boundary(admin, ours, as_user):
    admin.call("iam:AttachRolePolicy", role_name="Reader", policy_arn=ours)
    admin.call("iam:PutUserPermissionsBoundary", user_name="Sarah", permissions_boundary=ours)
    browser = as_user("admin")
    deletion = {"selected": ours, "confirm": "Cap"}
    refused = browser.post("/iam/policies/delete", deletion, follow=True)
    assert "Cannot delete a policy attached to entities." in refused.content.decode()
    admin.call("iam:DeleteUserPermissionsBoundary", user_name="Sarah")
    done = browser.post("/iam/policies/delete", deletion, follow=True)
    assert "Policy Cap deleted." in done.content.decode()
    assert not Attachment.objects.filter(role__name="Reader").exists()


def test_a_policy_is_attached_to_a_role_and_detached_on_its_page(admin, ours, as_user):
    browser = as_user("admin")
    page = f"/iam/policies/details/{ours}"
    offered = browser.get(f"{page}/attach", {"type": "Role"}).content.decode()
    assert ['value="role/Reader"' in offered, 'value="user/Sarah"' in offered] == [True, False]
    browser.post(f"{page}/attach", {"entities": ["role/Reader"]})
    assert entities(admin, ours) == {"Role": ["Reader"]}
    browser.post(f"{page}/detach", {"selected": ["role/Reader"], "confirm": "on"})
    assert entities(admin, ours) == {}
