"""The tab Last Accessed: services, who tried them, what grants them, and the actions of one."""

from __future__ import annotations

import html

import pytest
from django.test import RequestFactory

from iamconsole.iam.views.last_accessed import last_accessed_context
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

NEVER = "Not accessed in the tracking period"
DOCUMENT = policy(allow(["iam:List*", "iam:CreateUser", "s3:*", "sqs:SendMessage"]))


def body(response) -> str:
    return html.unescape(response.content.decode())


def tab(arn: str, more: str = "") -> str:
    return f"/iam/policies/details/{arn}?section=last_accessed{more}"


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture
def mine(root, sandbox) -> str:
    """A policy that john and Sarah have; john has listed users and buckets."""
    arn: str = root.call("iam:CreatePolicy", policy_name="Mine", policy_document=DOCUMENT)["Policy"]["Arn"]
    root.call("iam:CreateUser", user_name="john")
    for name in ("john", "Sarah"):
        root.call("iam:AttachUserPolicy", user_name=name, policy_arn=arn)
    john = client_for(sandbox, "john")
    john.call("iam:ListUsers")
    john.call("s3:ListBuckets")
    john.flush()
    return arn


def context(client, arn: str, query: str = ""):
    """What the tab of any kind of thing would show."""
    request = RequestFactory().get(f"/iam/x?section=last_accessed{query}")
    request.aws, request.caller = client, client.caller
    return last_accessed_context(request, arn)


def rows(table) -> dict[str, dict[str, str]]:
    titles = [column.title for column in table.shown]
    return {line.label: dict(zip(titles, (cell.value for cell in line.cells), strict=True)) for line in table.lines}


def test_a_policy_s_tab_lists_its_services_who_tried_them_and_when(console, mine):
    page = body(console.get(tab(mine)))

    assert "Last Accessed" in page
    assert "Allowed services" in page
    assert "(3)" in page
    assert "400 days" in page
    assert "within 4 hours" in page
    assert "Accessed by entities" in page
    assert "Policies granting permissions" not in page  # it is the policy that grants
    assert "Today" in page
    assert page.count(NEVER) == 1  # SQS
    assert 'href="/iam/users/details/john"' in page


def test_an_opened_service_tells_of_everybody_who_has_the_policy(console, mine):
    page = body(console.get(tab(mine, "&open=iam")))

    assert "john</a> (IAM user): Today" in page
    assert f"Sarah</a> (IAM user): {NEVER}" in page


def test_a_service_leads_to_its_actions_with_region_and_time(console, mine):
    page = body(console.get(tab(mine, "&service=iam")))
    used = body(console.get(tab(mine, "&service=iam&access=accessed")))
    unused = body(console.get(tab(mine, "&service=iam&access=not-accessed&q=CreateUser")))

    assert "Back to allowed services" in page
    assert "ListUsers" in used
    assert "us-east-1" in used
    assert "(UTC" in used
    assert "CreateUser" not in used
    assert "CreateUser" in unused
    assert NEVER in unused
    assert "DeleteUser" not in page  # not allowed


def test_only_services_of_one_kind_are_shown_when_asked_for(console, mine):
    accessed = body(console.get(tab(mine, "&access=accessed")))
    others = body(console.get(tab(mine, "&access=not-accessed")))

    assert NEVER not in accessed
    assert "Amazon SQS" not in accessed
    assert "Amazon SQS" in others
    assert "Amazon S3" not in others.partition("Allowed services")[2].partition("</section>")[0]


def test_a_user_s_services_come_with_the_policies_that_grant_them(admin, root, mine, sandbox):
    root.call("iam:CreateGroup", group_name="Ops")
    root.call("iam:PutGroupPolicy", group_name="Ops", policy_name="queues", policy_document=policy(allow("sqs:*")))
    root.call("iam:AddUserToGroup", group_name="Ops", user_name="john")

    table = context(admin, f"arn:aws:iam::{sandbox.account_id}:user/john", "&open=sqs")["table"]

    found = rows(table)
    assert list(found["Amazon SQS"]) == ["Service", "Policies granting permissions", "Last accessed"]
    granting = found["Amazon SQS"]["Policies granting permissions"].result["Policies"]
    assert [one["name"] for one in granting] == ["Mine", "queues"]
    assert granting[1]["of"] == "inline, user group Ops"
    assert granting[1]["href"] == "/iam/groups/details/Ops?section=permissions"
    assert {row["ServiceNamespace"]: row["when"] for row in table.rows} == {"iam": "Today", "s3": "Today", "sqs": ""}


def test_a_group_s_services_come_with_its_members_and_a_role_s_without(admin, root, sandbox):
    root.call("iam:CreateGroup", group_name="Ops")
    root.call("iam:PutGroupPolicy", group_name="Ops", policy_name="p", policy_document=policy(allow("iam:*")))
    root.call("iam:AddUserToGroup", group_name="Ops", user_name="Sarah")
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    root.call("iam:CreateRole", role_name="App", assume_role_policy_document=trust)
    root.call("iam:PutRolePolicy", role_name="App", policy_name="p", policy_document=policy(allow("iam:*")))

    group = context(admin, f"arn:aws:iam::{sandbox.account_id}:group/Ops", "&open=iam")["table"]
    role = context(admin, f"arn:aws:iam::{sandbox.account_id}:role/App")["table"]

    assert [column.title for column in group.columns][1:3] == ["Policies granting permissions", "Accessed by members"]
    assert [one["name"] for one in group.details["iam"]["who"].result["Entities"]] == ["Sarah"]
    assert "Accessed by members" not in [column.title for column in role.columns]


def test_what_may_not_be_read_is_refused_where_it_would_stand(as_user, admin, root, mine, sandbox):
    root.call("iam:CreateUser", user_name="auditor")
    actions = ["iam:GetPolicy", "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"]
    refused = body(as_user("amin").get(tab(mine)))
    root.call("iam:PutUserPolicy", user_name="auditor", policy_name="p", policy_document=policy(allow(actions)))
    auditor = client_for(sandbox, "auditor")
    table = context(auditor, f"arn:aws:iam::{sandbox.account_id}:user/john")["table"]
    opened = body(as_user("auditor").get(tab(mine, "&open=iam")))

    assert "no identity-based policy allows the iam:GenerateServiceLastAccessedDetails action" in refused
    assert rows(table)["Amazon SQS"]["Policies granting permissions"].error.code == "AccessDenied"
    assert "Today" in opened
    assert "iam:GetServiceLastAccessedDetailsWithEntities" in opened


def test_junk_in_the_address_is_an_empty_list(console, mine):
    page = console.get(tab(mine, "&service=%3Cscript%3E&access=x&page=0&sort=-z"))

    assert page.status_code == 200
    assert "<script>" not in page.content.decode().partition("Back to allowed services")[2].partition("</table>")[0]
    assert "We can't find a match." in body(page)
