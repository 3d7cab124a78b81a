"""`Create group` while a user is created, in a real Chromium: a dialog over the wizard, and the group is ticked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.demos.steps import flashed

pytestmark = pytest.mark.browser


def test_a_group_is_made_over_the_wizard_and_ticked_beside_the_others(window, iam):
    iam.create_group(GroupName="HR")
    window.goto("/iam/users/create")
    window.get_by_label("User name").fill("sara")
    window.get_by_role("button", name="Next", exact=True).click()
    window.get_by_label("Select HR", exact=True).check()
    window.locator("#groups").get_by_role("button", name="Create group").click()
    dialog = window.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert "/iam/users/create" in window.url
    dialog.get_by_label("User group name").fill("hr")
    dialog.locator("#group-policies-q").fill("AmazonS3ReadOnly")
    dialog.get_by_label("Select AmazonS3ReadOnlyAccess", exact=True).check()
    assert "/iam/users/create" in window.url  # a search in the dialog leaves the address alone
    dialog.get_by_role("button", name="Create user group").click()
    expect(dialog.get_by_text("Group with name hr already exists.")).to_be_visible()
    expect(dialog.locator("[data-hidden-selection]")).to_have_value("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    dialog.get_by_label("User group name").fill("Interns")
    dialog.get_by_role("button", name="Create user group").click()
    flashed(window, "Interns user group created.")
    for name in ("HR", "Interns"):
        expect(window.get_by_label(f"Select {name}", exact=True)).to_be_checked()
    window.get_by_role("button", name="Next", exact=True).click()
    window.get_by_role("button", name="Create user").click()
    flashed(window, "User created successfully")
    groups = iam.list_groups_for_user(UserName="sara")["Groups"]
    assert sorted(one["GroupName"] for one in groups) == ["HR", "Interns"]
    assert iam.list_attached_group_policies(GroupName="Interns")["AttachedPolicies"]
