"""What the pages of policies do by script and by keyboard, beside the demos."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.demos.course import DEVELOPERS_POLICY
from tests.demos.steps import flashed

pytestmark = pytest.mark.browser


@pytest.fixture
def developers(iam) -> str:
    arn: str = iam.create_policy(PolicyName="Developers_Policy", PolicyDocument=DEVELOPERS_POLICY)["Policy"]["Arn"]
    return arn


def test_a_sixth_version_asks_in_a_dialog_which_one_goes(window, iam, developers):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=developers, PolicyDocument=DEVELOPERS_POLICY, SetAsDefault=True)
    window.goto(f"/iam/policies/details/{developers}/edit/v5")
    window.get_by_role("button", name="Next").click()
    save = window.get_by_role("button", name="Save changes")
    save.click()
    dialog = window.get_by_role("dialog", name="Delete a version to save your changes")
    expect(dialog).to_contain_text("v1, the oldest version that is not the default, is deleted")
    expect(dialog.get_by_role("radio", name="v1, created")).to_be_focused()

    # Cancel deletes nothing, and the next press asks again.
    window.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(save).to_be_focused()
    window.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    window.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="v2, created")).to_be_checked()
    dialog.get_by_role("button", name="Delete version and save").click()
    flashed(window, "Policy Developers_Policy updated.")
    left = [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=developers)["Versions"]]
    assert left == ["v6", "v5", "v4", "v3", "v1"]


def test_buttons_wait_for_a_row_in_the_right_state(window, iam, developers):
    iam.create_policy_version(PolicyArn=developers, PolicyDocument=DEVELOPERS_POLICY, SetAsDefault=True)
    window.goto("/iam/policies?q=Developer")
    delete = window.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_be_disabled()
    window.locator("#policies [data-bars]").first.check()
    expect(delete).to_be_disabled()
    expect(delete).to_have_attribute("title", "AWS managed policies cannot be deleted")
    window.get_by_label("Select Developers_Policy", exact=True).check()
    expect(delete).to_be_enabled()
    delete.click()
    expect(window.get_by_role("dialog")).to_contain_text("Delete Developers_Policy?")

    window.goto(f"/iam/policies/details/{developers}?section=versions")
    window.get_by_label("Select v2", exact=True).check()
    for name in ("Compare with default", "Delete", "Set as default"):
        expect(window.locator("#versions").get_by_role("button", name=name, exact=True)).to_be_disabled()
    window.get_by_label("Select v1", exact=True).check()
    for name in ("Compare with default", "Delete", "Set as default"):
        expect(window.locator("#versions").get_by_role("button", name=name, exact=True)).to_be_enabled()


def test_the_summary_is_searched_as_one_types_and_walked_by_keyboard(window, developers):
    window.goto(f"/iam/policies/details/{developers}")
    search = window.locator("#policy-summary-q")
    search.press_sequentially("s3")
    expect(window.locator("#policy-summary .matches")).to_have_text("1 match")
    expect(search).to_be_focused()
    expect(search).to_have_value("s3")
    expect(window.locator("#allow tbody tr")).to_have_count(1)
    assert "q=s3" in window.url
    window.get_by_role("link", name="Amazon S3", exact=True).press("Enter")
    window.get_by_role("link", name="GetObject", exact=True).press("Enter")
    expect(window.get_by_role("heading", name="Amazon S3: GetObject (Read)")).to_be_visible()
    expect(window.locator("#resources tbody tr")).to_contain_text("All Regions")
    window.go_back()
    expect(window.get_by_role("heading", name="Amazon S3", exact=True)).to_be_visible()
    window.get_by_role("link", name="Show remaining").press("Enter")
    expect(window.get_by_role("link", name="Hide remaining")).to_be_visible()


def test_last_accessed_agrees_with_what_was_just_done(window, iam, developers, john):
    iam.attach_user_policy(UserName="john", PolicyArn=developers)
    john("s3").get_object(Bucket="company1-sales", Key="report.csv")
    window.goto(f"/iam/policies/details/{developers}")
    window.get_by_role("tab", name="Last Accessed").click()
    expect(window.get_by_role("heading", name="Allowed services")).to_be_visible()
    row = window.locator("#allowed-services tbody tr", has_text="Amazon S3")
    expect(row).to_contain_text("john")
    expect(row).to_contain_text("Today")
    window.get_by_label("Filter by access").select_option("Services not accessed")
    expect(window.locator("#allowed-services tbody tr")).to_have_count(1)
    expect(window.locator("#allowed-services tbody tr")).to_contain_text("Not accessed in the tracking period")
    window.get_by_label("Filter by access").select_option("Services accessed")
    window.get_by_role("link", name="Amazon S3", exact=True).click()
    expect(window.get_by_role("heading", name="Amazon S3 actions")).to_be_visible()
    window.get_by_role("link", name="Back to allowed services").click()
    expect(window.get_by_role("heading", name="Allowed services")).to_be_visible()


def test_without_a_script_a_policy_lives_from_creation_to_deletion(served, sign_in, iam):
    page = sign_in("admin", served["admin"]["password"], java_script_enabled=False)
    page.goto("/iam/policies/create")
    page.get_by_role("button", name="JSON", exact=True).click()
    page.locator("textarea[name=document]").fill(DEVELOPERS_POLICY)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Policy name").fill("Developers_Policy")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key").fill("team")
    page.get_by_role("button", name="Create policy").click()
    flashed(page, "Policy Developers_Policy created.")
    page.get_by_role("link", name="View policy").click()
    arn = f"arn:aws:iam::{served['account_id']}:policy/Developers_Policy"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "team", "Value": ""}]

    # The summary: searched, and down to the resources.
    page.locator("#policy-summary-q").fill("s3")
    page.locator("#policy-summary").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Amazon S3", exact=True).click()
    page.get_by_role("link", name="GetObject", exact=True).click()
    expect(page.locator("#resources")).to_contain_text("All Regions")

    # Attached, and set as a boundary.
    for button, finish in (("Attach", "Attach policy"), ("Set this policy as a permissions boundary", "Set boundary")):
        page.goto(f"/iam/policies/details/{arn}?section=entities_attached")
        page.get_by_role("link", name=button, exact=True).first.click()
        page.get_by_label("Select Sarah", exact=True).check()
        page.get_by_role("button", name=finish).click()
    page.goto("/iam/policies?q=Developers_Policy")
    expect(page.locator("#policies tbody tr")).to_contain_text("Permissions policy (1), Boundary (1)")
    page.goto(f"/iam/policies/details/{arn}?section=entities_attached")
    page.get_by_label("Select Sarah", exact=True).last.check()
    page.get_by_role("button", name="Remove boundary").click()
    page.get_by_role("button", name="Remove boundary").click()
    flashed(page, "Permissions boundary removed for user Sarah.")

    # Versions: a sixth asks which one goes.
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=DEVELOPERS_POLICY)
    page.goto(f"/iam/policies/details/{arn}/edit/v1")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("radio", name="v3, created").check()
    page.get_by_role("button", name="Delete version and save").click()
    flashed(page, "Policy Developers_Policy updated.")
    page.goto(f"/iam/policies/details/{arn}?section=versions")
    page.get_by_label("Select v2", exact=True).check()
    page.get_by_role("button", name="Compare with default").click()
    expect(page.get_by_text("The two versions have the same text.")).to_be_visible()

    page.goto("/iam/policies?q=Developers_Policy")
    page.get_by_label("Select Developers_Policy", exact=True).check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.locator("input[name=confirm]").fill("Developers_Policy")
    page.get_by_role("button", name="Delete", exact=True).last.click()
    flashed(page, "Policy Developers_Policy deleted.")
