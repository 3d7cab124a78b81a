"""The course's demos about groups (demos.md D8 to D10), in a real browser against a running server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)

COURSE_JSON = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [
                "arn:aws:s3:::company1-hr-bucket",
                "arn:aws:s3:::company1-hr-bucket/*"
            ]
        }
    ]
}"""


def client_of(served: dict[str, Any], service: str, key: dict[str, str]):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=served["endpoint"],
        aws_access_key_id=key.get("access_key_id") or key["AccessKeyId"],
        aws_secret_access_key=key.get("secret_access_key") or key["SecretAccessKey"],
    )


@pytest.fixture
def iam(served):
    return client_of(served, "iam", served["admin"])


@pytest.fixture
def john(served, iam):
    """Makes clients of a new user john, who may do nothing yet."""
    iam.create_user(UserName="john")
    key = iam.create_access_key(UserName="john")["AccessKey"]
    return lambda service: client_of(served, service, key)


@pytest.fixture
def window(served) -> Iterator[Any]:
    """A browser window in which the administrator is signed in."""
    if not CHROMIUM:
        pytest.skip("No Chromium was found.")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(base_url=served["endpoint"])
        page = context.new_page()
        page.goto(f"/console?account={served['account_id']}")
        page.get_by_label("IAM username").or_(page.get_by_label("IAM user name")).fill(served["admin"]["user_name"])
        page.locator("input[name=password]").fill(served["admin"]["password"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/home*")
        yield page
        chromium.close()


def flash(page) -> str:
    text: str = page.get_by_role("region", name="Notifications").inner_text()
    return text


def code_of(call, **params) -> str:
    """The error code, or nothing when the call is allowed."""
    try:
        call(**params)
    except ClientError as error:
        found: str = error.response["Error"]["Code"]
        return found
    return ""


def tick_policy(page, name: str) -> None:
    page.locator("#policies-q").fill(name)
    page.get_by_label(f"Select {name}", exact=True).check()


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


def test_d9_a_policy_made_in_another_tab_is_there_after_refresh_and_the_ticks_are_kept(served, window, john, iam):
    bucket = client_of(served, "s3", served["admin"])
    bucket.create_bucket(Bucket="company1-hr-bucket")
    bucket.put_object(Bucket="company1-hr-bucket", Key="handbook.txt", Body=b"Welcome")

    window.goto("/iam/groups")
    window.get_by_role("link", name="Create group").first.click()
    window.get_by_label("User group name").fill("HR")
    window.get_by_label("Select john", exact=True).check()
    with window.context.expect_page() as opened:
        window.get_by_role("link", name="Create policy").click()
    tab = opened.value
    tab.get_by_label("Policy document (JSON)").fill(COURSE_JSON)
    tab.get_by_text("Errors: 0").wait_for()
    tab.get_by_role("button", name="Next").click()
    tab.get_by_label("Policy name").fill("HRPolicy")
    tab.get_by_role("button", name="Create policy").click()
    tab.get_by_text("Policy HRPolicy created.").wait_for()
    tab.close()

    window.get_by_role("button", name="Refresh Attach permissions policies").click()
    window.locator("#policies:not([aria-busy=true])").wait_for()
    tick_policy(window, "HRPolicy")
    assert window.get_by_label("User group name").input_value() == "HR"
    assert window.get_by_label("Select john", exact=True).is_checked()
    window.get_by_role("button", name="Create user group").click()
    window.wait_for_url("**/iam/groups")
    assert "HR user group created." in flash(window)
    row = window.locator("#groups tbody tr", has_text="HR").inner_text().split()
    assert row[:3] == ["HR", "1", "Defined"]

    window.goto("/iam/groups/create")
    window.get_by_label("User group name").fill("hr")
    window.get_by_role("button", name="Create user group").click()
    window.get_by_text("Group with name hr already exists.").wait_for()

    s3 = john("s3")
    assert code_of(s3.list_objects_v2, Bucket="company1-hr-bucket") == ""
    assert code_of(s3.get_object, Bucket="company1-hr-bucket", Key="handbook.txt") == ""
    assert code_of(s3.list_buckets) == "AccessDenied"
    assert code_of(s3.list_objects_v2, Bucket="company1-hr") == "AccessDenied"


def test_d10_an_administrators_group(served, window, john, iam):
    window.goto("/iam/groups/create")
    window.get_by_label("User group name").fill("IT")
    window.get_by_label("Select Sarah", exact=True).check()
    tick_policy(window, "AdministratorAccess")
    assert (
        "AWS managed - job function"
        in window.locator("#policies tbody tr", has=window.locator(":checked")).inner_text()
    )
    window.get_by_role("button", name="Create user group").click()
    window.wait_for_url("**/iam/groups")
    assert window.locator("#groups tbody tr", has_text="IT").inner_text().split()[:3] == ["IT", "1", "Defined"]

    key = iam.create_access_key(UserName="Sarah")["AccessKey"]
    assert code_of(client_of(served, "iam", key).list_users) == ""
    assert code_of(john("iam").list_users) == "AccessDenied"

    window.goto("/iam/policies/details/arn:aws:iam::aws:policy/AdministratorAccess")
    levels = window.locator("#allow tbody tr td:nth-child(2)").all_inner_texts()
    assert set(levels) == {"Full access"}
    window.get_by_role("link", name="JSON").click()
    window.get_by_text("Pass role with star in action and resource").wait_for()
