"""D12 of the course in a real Chromium: a group Developers without policies changes nothing for john."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.demos.course import CHANGE_PASSWORD
from tests.demos.steps import code_of, decisions, flashed

pytestmark = pytest.mark.browser

ASKED = ["iam:ChangePassword", "iam:ListUsers", "s3:ListAllMyBuckets", "ec2:DescribeInstances"]


def test_d12_a_group_without_policies_gives_nothing(served, window, john, iam):
    iam.create_group(GroupName="HR")
    iam.attach_group_policy(GroupName="HR", PolicyArn=CHANGE_PASSWORD)
    before = decisions(iam, served, "john", ASKED)

    window.goto("/iam/groups")
    window.get_by_role("link", name="Create group").first.click()
    heads = [text.strip() for text in window.locator("#users thead th").all_inner_texts()]
    assert heads[1:] == ["User name", "Groups", "Last activity", "Creation time"]
    window.get_by_label("User group name").fill("Developers")
    window.get_by_label("Select john", exact=True).check()
    window.get_by_role("button", name="Create user group").click()
    flashed(window, "Developers user group created.")
    row = window.locator("#groups tbody tr", has_text="Developers")
    expect(row).to_contain_text("Not defined")
    assert row.inner_text().split()[:2] == ["Developers", "1"]
    expect(window.locator("#groups tbody tr", has_text="HR")).not_to_contain_text("Not defined")

    # Hold.
    assert decisions(iam, served, "john", ASKED) == before == dict.fromkeys(ASKED, "implicitDeny")
    assert code_of(john("s3").list_buckets) == "AccessDenied"
