"""D14 of the course in a real Chromium: Developers_Policy is attached to the group Developers.

What john may do in EC2 is asked of iam:SimulatePrincipalPolicy and shown by the simulator's page.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.demos.course import DEVELOPERS_POLICY
from tests.demos.steps import code_of, decisions, flashed, simulated, tick_policy

pytestmark = pytest.mark.browser

SALES = "arn:aws:s3:::company1-sales"
EC2 = ["ec2:DescribeInstances", "ec2:RunInstances", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"]


def statements(text: str) -> set[str]:
    """As a set: the order of statements has no effect (W9), and neither have the names of the visual editor."""
    return {
        json.dumps({key: value for key, value in one.items() if key != "Sid"}, sort_keys=True)
        for one in json.loads(text)["Statement"]
    }


def test_d14_a_group_gets_the_policy_and_john_what_it_allows(served, window, john, iam):
    s3 = john("s3")
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="john")
    policy = iam.create_policy(PolicyName="Developers_Policy", PolicyDocument=DEVELOPERS_POLICY)["Policy"]
    assert code_of(s3.get_object, Bucket="company1-sales", Key="report.csv") == "AccessDenied"

    window.goto("/iam/groups")
    expect(window.locator("#groups tbody tr", has_text="Developers")).to_contain_text("Not defined")
    window.get_by_role("link", name="Developers", exact=True).click()
    window.get_by_role("tab", name="Permissions").click()
    window.locator("#policies").get_by_text("Add permissions", exact=True).click()
    window.get_by_role("menuitem", name="Attach policies").or_(
        window.get_by_role("link", name="Attach policies")
    ).first.click()
    expect(window.get_by_role("heading", name="Other permissions policies")).to_be_visible()
    tick_policy(window, "Developers_Policy")
    window.get_by_role("button", name="Attach policies").click()
    flashed(window, "Policies attached to this user group.")

    row = window.locator("#policies tbody tr", has_text="Developers_Policy")
    expect(row).to_contain_text("Customer managed")
    row.get_by_role("link", name="Show details of Developers_Policy").click()
    shown = window.locator("#policies .code")
    expect(shown).to_contain_text("ec2:*")
    assert statements("".join(shown.locator(".code-text").all_inner_texts())) == statements(DEVELOPERS_POLICY)
    expect(window.locator("#policies .row-detail").get_by_role("link", name="Edit")).to_be_visible()
    window.goto(f"/iam/policies/details/{policy['Arn']}?section=entities_attached")
    expect(window.locator("#entities tbody tr")).to_have_text(["DevelopersUser group"])

    # Hold.
    assert decisions(iam, served, "john", EC2) == dict.fromkeys(EC2, "allowed")
    assert "allowed 1 matching statements." in simulated(window, "john", "ec2", "StopInstances")
    assert s3.get_object(Bucket="company1-sales", Key="report.csv")["Body"].read()
    assert code_of(s3.list_objects_v2, Bucket="company1-sales") == "AccessDenied"
    assert code_of(s3.put_object, Bucket="company1-sales", Key="x", Body=b"x") == "AccessDenied"
    assert decisions(iam, served, "john", ["s3:ListBucket"], SALES) == {"s3:ListBucket": "implicitDeny"}
    assert decisions(iam, served, "john", ["s3:PutObject"], f"{SALES}/x") == {"s3:PutObject": "implicitDeny"}
    # W10: to launch an instance with a role, that role must be passed.
    role = f"arn:aws:iam::{served['account_id']}:role/Company1-Logs-Role"
    assert decisions(iam, served, "john", ["iam:PassRole"], role) == {"iam:PassRole": "implicitDeny"}
    assert "denied" in simulated(window, "john", "iam", "PassRole")
