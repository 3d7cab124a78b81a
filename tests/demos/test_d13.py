"""D13 of the course in a real Chromium: Developers_Policy with the visual editor, by mouse and by keyboard alone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults
from tests.demos.steps import decisions, flashed

pytestmark = pytest.mark.browser

SALES = "arn:aws:s3:::company1-sales/*"
WILDCARD = (
    "The all wildcard '*' may be overly permissive for the selected actions. Allowing specific ARNs for these service "
    "resources can improve security."
)
# W9: in the order of the blocks.
STATEMENTS = [
    {"Sid": "VisualEditor0", "Effect": "Allow", "Action": "s3:GetObject", "Resource": SALES},
    {"Sid": "VisualEditor1", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
]


def button(page: Page, name: str, block: str = ""):
    inside = page.get_by_role("region", name=block, exact=True) if block else page
    return inside.get_by_role("button", name=name, exact=True)


def focused(page: Page, id_: str) -> None:
    expect(page.locator(f'[id="{id_}"]')).to_be_focused()


def statements(page: Page) -> list[dict]:
    button(page, "JSON").click()
    page.locator("textarea[name=document]").wait_for(state="attached")
    found = json.loads(page.locator("textarea[name=document]").input_value())["Statement"]
    button(page, "Visual").click()
    page.locator("#visual-editor").wait_for()
    return found


def test_d13_developers_policy_is_made_with_the_visual_editor(served, window, iam):
    iam.create_user(UserName="john")
    window.goto("/iam/policies")
    window.get_by_role("link", name="Create policy").click()
    expect(window.get_by_role("heading", name="Specify permissions")).to_be_visible()
    expect(button(window, "Next")).to_be_disabled()
    button(window, "S3").click()
    for level in ("List", "Read", "Write", "Permissions management", "Tagging"):
        expect(window.get_by_text(f"{level} (Selected 0/")).to_be_visible()
    button(window, "Read actions").click()
    window.get_by_label("GetObject", exact=True).check()
    expect(window.get_by_text("Read (Selected 1/")).to_be_visible()
    expect(window.get_by_text("Specify object resource ARN for the GetObject action.")).to_be_visible()
    expect(window.locator(".visual-resource[data-missing]")).to_have_count(1)

    button(window, "Add ARNs to restrict access: object").click()
    dialog = window.get_by_role("dialog")
    dialog.get_by_label("Resource bucket name").fill("company1-sales")
    dialog.get_by_label("Resource object name").fill("*")
    expect(dialog.get_by_label("Any object name")).to_be_checked()
    expect(dialog.get_by_role("status", name="Resource ARN")).to_have_text(SALES)
    dialog.get_by_role("button", name="Add ARNs", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(window.get_by_text(SALES)).to_be_visible()
    expect(window.locator(".visual-resource[data-missing]")).to_have_count(0)

    button(window, "Add more permissions").click()
    button(window, "EC2").click()
    ec2 = window.get_by_role("region", name="EC2", exact=True)
    ec2.get_by_label("All EC2 actions (ec2:*)").check()
    ec2.get_by_label("All", exact=True).check()
    expect(ec2.get_by_text(WILDCARD)).to_be_visible()
    assert statements(window) == STATEMENTS

    button(window, "Next").click()
    expect(window.get_by_role("heading", name="Review and create")).to_be_visible()
    summary = window.get_by_role("main")
    for text in ("Full access", "All resources", "Limited: Read"):
        expect(summary.get_by_text(text).first).to_be_visible()
    expect(summary).to_contain_text("BucketName | string like | company1-sales, ObjectPath | string like | All")
    window.get_by_label("Policy name").fill("Developers_Policy")
    button(window, "Create policy").click()
    flashed(window, "Policy Developers_Policy created.")
    window.goto("/iam/policies?q=Developers_Policy")
    expect(window.locator("#policies tbody tr", has_text="Developers_Policy")).to_contain_text("None")

    # Not attached: nobody may more than before.
    arn = f"arn:aws:iam::{served['account_id']}:policy/Developers_Policy"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert policy["AttachmentCount"] == 0
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert document["Statement"] == STATEMENTS
    asked = decisions(iam, served, "john", ["s3:GetObject", "ec2:StopInstances"], "arn:aws:s3:::company1-sales/a")
    assert set(asked.values()) == {"implicitDeny"}


def test_d13_by_keyboard_alone(window):
    window.goto("/iam/policies/create")
    keys = window.keyboard
    window.get_by_label("Service", exact=True).focus()
    keys.type("s3")
    keys.press("ArrowDown")
    expect(window.get_by_role("button", name="S3", exact=True)).to_be_focused()
    keys.press("Enter")
    focused(window, "block-1-filter")
    # What is filtered for, is ticked; and the focus stays where it was.
    keys.type("getobject")
    expect(window.get_by_label("GetObject", exact=True)).to_be_visible()
    focused(window, "block-1-filter")
    window.get_by_label("GetObject", exact=True).focus()
    keys.press("Space")
    expect(window.get_by_text("Read (Selected 1/")).to_be_visible()
    focused(window, "block-1-a-GetObject")
    button(window, "Add ARNs to restrict access: object").focus()
    keys.press("Enter")
    focused(window, "block-1-part0")
    keys.press("Escape")
    focused(window, "block-1-arns-object")
    keys.press("Enter")
    focused(window, "block-1-part0")
    keys.type("company1-sales")
    keys.press("Tab")
    keys.press("Tab")
    focused(window, "block-1-part1")
    # Enter in a field adds; what is missing is said, and has the focus.
    keys.press("Enter")
    expect(window.get_by_text("Enter the object name, or choose any.")).to_be_visible()
    focused(window, "block-1-part1")
    keys.type("*")
    keys.press("Enter")
    focused(window, "block-1-arns-object")
    button(window, "Add more permissions").focus()
    keys.press("Enter")
    focused(window, "block-2-query")
    keys.type("EC2")
    keys.press("Enter")
    focused(window, "block-2-filter")
    for id_ in ("block-2-all", "block-2-scope-all"):
        window.locator(f"#{id_}").focus()
        keys.press("Space")
        expect(window.locator(f"#{id_}")).to_be_checked()
        focused(window, id_)
        expect(window.get_by_text("Write (Selected 517/517)")).to_be_visible()
    expect(window.get_by_text(WILDCARD)).to_be_visible()
    window.get_by_role("button", name="Next", exact=True).focus()
    keys.press("Enter")
    expect(window.get_by_role("heading", name="Review and create")).to_be_visible()


def test_a_long_list_of_actions_stays_where_it_was_scrolled_to(window):
    window.goto("/iam/policies/create")
    button(window, "EC2").click()
    button(window, "Write actions").click()
    window.get_by_label("StopInstances", exact=True).check()
    expect(window.get_by_text("Write (Selected 1/517)")).to_be_visible()
    expect(window.get_by_label("StopInstances", exact=True)).to_be_in_viewport()
    assert window.locator("#block-1-list-2").evaluate("list => list.scrollTop") > 1000


def test_ticks_in_quick_succession_are_all_kept(window):
    window.goto("/iam/policies/create")
    button(window, "S3").click()
    button(window, "Tagging actions").click()
    expect(window.get_by_label("TagResource", exact=True)).to_be_visible()
    window.evaluate("document.querySelectorAll('#block-1-list-4 input').forEach((box) => box.click())")
    expect(window.get_by_text("Tagging (Selected 12/12)")).to_be_visible()
    expect(window.get_by_label("TagResource", exact=True)).to_be_checked()


def test_conditions_are_put_together_in_their_dialog(window):
    window.goto("/iam/policies/create")
    button(window, "IAM").click()
    window.get_by_label("List (Selected 0/").check()
    button(window, "Request conditions - optional").click()
    window.get_by_label("MFA required").check()
    expect(window.get_by_label("MFA required")).to_be_checked()
    button(window, "Add another condition").click()
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_label("Tag key")).to_be_hidden()
    dialog.get_by_label("Condition key").select_option("aws:PrincipalTag/${TagKey}")
    dialog.get_by_label("Tag key").fill("team")
    dialog.get_by_label("Operator").select_option("StringLike")
    dialog.get_by_label("If exists").check()
    dialog.get_by_label("Value 1").fill("HR*")
    dialog.get_by_role("button", name="Add condition").click()
    expect(window.get_by_text("aws:PrincipalTag/team")).to_be_visible()
    focused(window, "block-1-condition")
    window.get_by_label("All", exact=True).check()
    expect(window.get_by_text(WILDCARD)).to_be_visible()
    assert statements(window)[0]["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringLikeIfExists": {"aws:PrincipalTag/team": "HR*"},
    }


@pytest.mark.parametrize("width", [1366, 320])
def test_nothing_serious_is_found_by_axe_in_the_visual_view(window, width):
    window.set_viewport_size({"width": width, "height": 900})
    window.goto("/iam/policies/create")
    assert faults(window) == []
    button(window, "EC2").click()
    window.get_by_label("Filter Actions of EC2").fill("runinst")
    window.get_by_label("RunInstances", exact=True).check()
    button(window, "Info about RunInstances").click()
    expect(window.get_by_text("Grants permission to launch one or more instances.")).to_be_visible()
    button(window, "Request conditions - optional").click()
    window.get_by_label("Source IP").check()
    expect(window.get_by_label("IP address ranges")).to_be_visible()
    button(window, "Next").click()
    expect(window.get_by_text("Resolve 2 errors")).to_be_visible()
    assert faults(window) == []
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    button(window, "Add ARNs to restrict access: instance").click()
    expect(window.get_by_role("dialog")).to_be_visible()
    assert faults(window) == []
    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_be_hidden()
    button(window, "Add another condition").click()
    expect(window.get_by_role("dialog")).to_be_visible()
    assert faults(window) == []
