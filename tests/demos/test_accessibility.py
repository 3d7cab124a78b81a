"""No page has a serious or critical fault that axe-core can find, in light and in dark."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults

pytestmark = pytest.mark.browser

AWS_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
PAGES = (
    "/console/home",
    "/account",
    "/iam/home",
    "/iam/account-alias",
    "/iam/security_credentials",
    "/iam/security_credentials/mfa",
    "/iam/security_credentials/update-password",
    "/iam/users",
    "/iam/users?q=nobody",
    "/iam/users/create",
    "/iam/users/details/Sarah",
    "/iam/users/details/Sarah?section=groups",
    "/iam/users/details/Sarah?section=security_credentials",
    "/iam/users/details/Sarah/add-permissions",
    "/iam/users/details/Sarah/create-access-key",
    "/iam/users/details/nobody",
    "/iam/users/delete?selected=Sarah",
    "/iam/groups",
    "/iam/groups/create",
    "/iam/groups/details/HR?section=permissions",
    "/iam/policies",
    "/iam/policies/create",
    f"/iam/policies/details/{AWS_POLICY}",
    f"/iam/policies/details/{AWS_POLICY}?view=json",
    "/s3/buckets",
    "/s3/bucket/create",
    "/s3/buckets/company1-hr",
    "/s3/upload/company1-hr",
    "/policysim?users=Sarah&service=s3&actions=GetObject",
    "/no-such-page",
)
OUTSIDE = (
    "/",
    "/signup",
    "/signin",
    "/console",
    "/signin/forgot",
    "/signin/reset?token=x",
    "/lab/authenticator",
    "/lab/inbox",
    "/no-such-page",
)
REFUSED = (
    "/console/home",
    "/account",
    "/iam/security_credentials",
    "/iam/home",
    "/iam/users",
    "/iam/users/details/Sarah",
    "/s3/buckets",
    "/s3/buckets/company1-hr",
)


def faults_of(page: Page, paths: tuple[str, ...]) -> list[str]:
    found = []
    for path in paths:
        page.goto(path)
        found += faults(page)
    return found


@pytest.fixture
def iam(served: dict[str, Any]) -> Any:
    client = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=served["endpoint"],
        aws_access_key_id=served["admin"]["access_key_id"],
        aws_secret_access_key=served["admin"]["secret_access_key"],
    )
    client.create_group(GroupName="HR")
    client.attach_group_policy(GroupName="HR", PolicyArn=AWS_POLICY)
    client.add_user_to_group(GroupName="HR", UserName="Sarah")
    client.create_access_key(UserName="Sarah")
    return client


def test_pages_have_no_serious_fault(iam, window):
    assert faults_of(window, PAGES) == []


def test_an_open_dialog_and_an_open_menu_have_no_serious_fault(iam, window):
    window.goto("/iam/users")
    window.get_by_label("Select Sarah", exact=True).check()
    window.get_by_role("button", name="Delete").click()
    expect(window.get_by_role("dialog")).to_be_visible()
    found = faults(window)
    window.keyboard.press("Escape")
    window.locator(".account-menu > summary").click()
    expect(window.get_by_role("button", name="Sign out")).to_be_visible()
    assert found + faults(window) == []


def test_a_refused_step_of_a_wizard_has_no_serious_fault(window):
    window.goto("/iam/users/create")
    window.get_by_label("Provide user access to the AWS Management Console").check()
    window.get_by_label("I want to create an IAM user").check()
    window.get_by_label("Custom password").check()
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_text("User name is required")).to_be_visible()
    assert faults(window) == []


def test_sign_in_pages_have_no_serious_fault(open_window):
    assert faults_of(open_window(), OUTSIDE) == []


def test_refused_pages_have_no_serious_fault(iam, sign_in):
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password="Str0ng!pass-word")
    his = sign_in("john", "Str0ng!pass-word")
    his.wait_for_url("**/console/home*")
    his.goto("/iam/users")
    explained = his.get_by_role("link", name="Explain this denial").get_attribute("href")
    assert faults_of(his, (*REFUSED, str(explained))) == []
