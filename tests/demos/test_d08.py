"""D8 of the course in a real Chromium: the group MarketingTeam."""

from __future__ import annotations

import pytest

from tests.demos.steps import code_of, flash, tick_policy

pytestmark = pytest.mark.browser


def test_d8_a_member_reads_s3_until_removed_and_the_group_is_deleted_by_typing_its_name(window, john, iam):
    s3 = john("s3")
    assert code_of(s3.list_buckets) == "AccessDenied"

    window.goto("/iam/groups/create")
    window.get_by_label("User group name").fill("MarketingTeam")
    window.get_by_label("Select john", exact=True).check()
    tick_policy(window, "AmazonS3ReadOnlyAccess")
    window.get_by_role("button", name="Create user group").click()
    window.wait_for_url("**/iam/groups")
    assert "MarketingTeam user group created." in flash(window)
    assert code_of(s3.list_buckets) == ""
    assert code_of(s3.get_object, Bucket="company1-hr", Key="Test.txt") == ""

    window.get_by_role("link", name="MarketingTeam", exact=True).click()
    window.get_by_label("Select john", exact=True).check()
    window.get_by_role("button", name="Remove").click()
    window.get_by_role("dialog").get_by_role("button", name="Remove").click()
    window.get_by_text("1 user removed from this group.").wait_for()
    assert code_of(s3.list_buckets) == "AccessDenied"

    window.get_by_role("link", name="Delete").click()
    dialog = window.get_by_role("dialog")
    dialog.locator("input[name=confirm]").fill("marketingteam")
    assert dialog.get_by_role("button", name="Delete").get_attribute("aria-disabled") == "true"
    dialog.locator("input[name=confirm]").fill("MarketingTeam")
    dialog.get_by_role("button", name="Delete").click()
    window.get_by_text("MarketingTeam user group deleted.").wait_for()
    assert iam.get_user(UserName="john")
    assert iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
