"""D15 of the course in a real Chromium: Developers_Policy gets Sids and DenyStopInstances, and a second version.

Stopping Server1 is asked of iam:SimulatePrincipalPolicy and of the simulator's page, which marks the statement.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.demos.course import DEVELOPERS_POLICY
from tests.demos.steps import decisions, flashed, simulated, write_policy

pytestmark = pytest.mark.browser


def edited(action: str) -> str:
    """The course's text: the Sids renamed, and a statement that denies."""
    document = json.loads(DEVELOPERS_POLICY)
    for statement, sid in zip(document["Statement"], ("FullAccessToEC2", "GetSalesObjects"), strict=True):
        statement["Sid"] = sid
    deny = {"Sid": "DenyStopInstances", "Effect": "Deny", "Action": action, "Resource": "*"}
    document["Statement"].append(deny)
    return json.dumps(document, indent=4)


def test_d15_what_is_denied_stays_denied_whatever_else_allows_it(served, window, john, iam):
    john("iam")
    iam.create_group(GroupName="Developers")
    iam.add_user_to_group(GroupName="Developers", UserName="john")
    arn = iam.create_policy(PolicyName="Developers_Policy", PolicyDocument=DEVELOPERS_POLICY)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="Developers", PolicyArn=arn)
    instance = f"arn:aws:ec2:us-west-2:{served['account_id']}:instance/i-1234567890abcdef0"

    def stop() -> str:
        return decisions(iam, served, "john", ["ec2:StopInstances"], instance)["ec2:StopInstances"]

    assert stop() == "allowed"

    # Expander, Edit, JSON; misspelt first.
    window.goto("/iam/groups/details/Developers?section=permissions")
    window.get_by_role("link", name="Show details of Developers_Policy").click()
    window.locator("#policies .row-detail").get_by_role("link", name="Edit").click()
    expect(window.get_by_role("heading", name="Modify permissions in Developers_Policy")).to_be_visible()
    write_policy(window, edited("ec2:StopInstance"))
    findings = window.locator("#policy-findings")
    expect(findings).to_contain_text("Errors: 1")
    expect(findings).to_contain_text("Invalid action")
    expect(findings).to_contain_text("Did you mean ec2:StopInstances?")
    expect(window.get_by_role("button", name="Next")).to_be_disabled()
    write_policy(window, edited("ec2:StopInstances"))
    expect(findings).to_contain_text("Errors: 0")
    expect(window.get_by_role("button", name="Next")).to_be_enabled()
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_role("heading", name="Review and save")).to_be_visible()
    expect(window.get_by_label("Set this new version as the default.")).to_be_checked()
    expect(window.locator(".course-note").last).to_contain_text("makes a new version of the policy")  # W11
    window.get_by_role("button", name="Save changes").click()
    flashed(window, "Policy Developers_Policy updated.")

    expect(window.locator("#deny-title")).to_contain_text("Explicit deny")
    expect(window.locator("#deny tbody")).to_contain_text("Amazon EC2")
    expect(window.locator(".course-note")).to_contain_text("A deny takes away what it names")  # W10
    window.locator("#deny").get_by_role("link", name="Amazon EC2").click()
    expect(window.get_by_role("heading", name="Amazon EC2 (Explicitly denied)")).to_be_visible()
    expect(window.get_by_role("link", name="StopInstances", exact=True)).to_be_visible()
    window.get_by_role("tab", name="Policy versions").click()
    rows = window.locator("#versions tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("v2 Default")
    expect(rows.last).not_to_contain_text("Default")
    window.get_by_label("Select v1", exact=True).check()
    window.get_by_role("button", name="Compare with default").click()
    expect(window.locator(".diff tr[data-only=there]", has_text="DenyStopInstances")).to_be_visible()

    # john cannot stop Server1; which statement says so is marked in the version in force.
    assert stop() == "explicitDeny"
    assert "denied 1 matching statements." in simulated(window, "john", "ec2", "StopInstances")
    window.get_by_text("Show statement").first.click()
    marked = window.locator("#results .code-line[data-marked]")
    expect(marked.filter(has_text="DenyStopInstances")).to_be_visible()
    expect(marked.filter(has_text="FullAccessToEC2")).to_have_count(0)
    others = ["ec2:StartInstances", "ec2:TerminateInstances", "ec2:RebootInstances"]
    assert decisions(iam, served, "john", others, instance) == dict.fromkeys(others, "allowed")  # W10

    # The other version in force, and back.
    for version, decision, words in (("v1", "allowed", "allowed"), ("v2", "explicitDeny", "denied")):
        window.goto(f"/iam/policies/details/{arn}?section=versions")
        window.get_by_label(f"Select {version}", exact=True).check()
        window.get_by_role("button", name="Set as default").click()
        flashed(window, f"Version {version} is now the default version of Developers_Policy.")
        assert stop() == decision
        assert f"{words} 1 matching statements." in simulated(window, "john", "ec2", "StopInstances")

    # An explicit deny holds for an administrator, too.
    assert decisions(iam, served, "admin", ["ec2:StopInstances"], instance) == {"ec2:StopInstances": "allowed"}
    iam.add_user_to_group(GroupName="Developers", UserName="admin")
    assert decisions(iam, served, "admin", ["ec2:StopInstances"], instance) == {"ec2:StopInstances": "explicitDeny"}
