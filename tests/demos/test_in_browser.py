"""D4, D5 (its first half) and D9, D10 of the course in a real Chromium against the running server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.demos.course import CHANGE_PASSWORD, FIRST_PASSWORD, HR_POLICY, NEW_PASSWORD
from tests.demos.steps import client_of, code_of, decisions, flash, tick_policy, write_policy

pytestmark = pytest.mark.browser


def create_john(window) -> None:
    """D4, steps 1 to 6: the wizard, the wrong ways first."""
    window.goto("/iam/users")
    expect(window.get_by_role("heading", name="Users (3)")).to_be_visible()
    window.get_by_role("link", name="Create user").click()
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_text("User name is required")).to_be_visible()
    window.get_by_label("User name").fill("john doe")
    window.get_by_role("button", name="Next").click()
    expect(
        window.get_by_text(
            "The specified value for userName is invalid. "
            "It must contain only alphanumeric characters and/or the following: +=,.@_-"
        )
    ).to_be_visible()
    window.get_by_label("User name").fill("john")
    window.get_by_label("Provide user access to the AWS Management Console").check()
    window.get_by_label("I want to create an IAM user").check()
    window.get_by_label("Custom password").check()
    password = window.locator("input[name=custom_password]")
    password.fill("weak")
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_text("Password does not conform to the account password policy.")).to_be_visible()
    window.locator("input[name=custom_password]").fill(FIRST_PASSWORD)
    window.get_by_label("Show password").check()
    assert window.locator("input[name=custom_password]").get_attribute("type") == "text"
    expect(window.get_by_label("Users must create a new password at next sign-in")).to_be_checked()
    window.get_by_role("button", name="Next").click()

    for option in ("Add user to group", "Copy permissions", "Attach policies directly"):
        expect(window.get_by_role("radio", name=option)).to_be_visible()
    window.get_by_role("button", name="Next").click()

    expect(window.get_by_role("heading", name="Review and create")).to_be_visible()
    review = window.get_by_role("main").inner_text()
    assert "Custom password" in review
    assert re.search(r"Require password reset\s+Yes", review)
    assert re.search(r"IAMUserChangePassword\s+AWS managed\s+Permissions policy", review)
    window.get_by_role("button", name="Create user").click()
    expect(window.get_by_text("User created successfully")).to_be_visible()


def test_d4_and_d5_john_is_created_and_meets_his_first_sign_in(served, window, sign_in, iam):
    account = served["account_id"]
    create_john(window)
    details = window.get_by_role("main").inner_text()
    assert f"/console?account={account}" in details
    assert FIRST_PASSWORD not in details
    with window.expect_download() as download:
        window.get_by_role("link", name="Download .csv file").or_(
            window.get_by_role("button", name="Download .csv file")
        ).click()
    assert download.value.suggested_filename == "john_credentials.csv"
    window.goto("/iam/users")
    row = window.locator("tbody tr", has_text="john")
    expect(row).to_be_visible()

    assert [p["PolicyName"] for p in iam.list_attached_user_policies(UserName="john")["AttachedPolicies"]] == [
        "IAMUserChangePassword"
    ]
    assert iam.list_groups_for_user(UserName="john")["Groups"] == []
    assert iam.list_access_keys(UserName="john")["AccessKeyMetadata"] == []

    # D5: a private window; the wrong ways first.
    his = sign_in("john", "not-his-password")
    expect(his.get_by_text("Your authentication information is incorrect. Please try again.")).to_be_visible()
    his = sign_in("john", FIRST_PASSWORD)
    expect(his.get_by_text("You must change your password to continue")).to_be_visible()
    his.goto("/iam/users")
    expect(his.get_by_text("You must change your password to continue")).to_be_visible()

    def change(old: str, new: str, again: str) -> None:
        his.get_by_label("Old password").fill(old)
        his.get_by_label("New password", exact=True).fill(new)
        his.get_by_label("Retype new password").fill(again)
        his.get_by_role("button", name="Confirm password change").click()

    change(FIRST_PASSWORD, NEW_PASSWORD, "another")
    expect(his.get_by_text("Passwords do not match")).to_be_visible()
    change("wrong", NEW_PASSWORD, NEW_PASSWORD)
    refusal = (
        "Either user is not authorized to perform iam:ChangePassword or entered password does not comply with "
        "account password policy set by administrator"
    )
    expect(his.get_by_text(refusal)).to_be_visible()
    change(FIRST_PASSWORD, "weak", "weak")
    expect(his.get_by_text(refusal)).to_be_visible()
    change(FIRST_PASSWORD, NEW_PASSWORD, NEW_PASSWORD)
    his.wait_for_url("**/console/home*")
    expect(his.get_by_role("heading", name="Console Home")).to_be_visible()

    # Two windows hold two identities.
    assert "john" in his.get_by_role("banner").inner_text()
    window.reload()
    assert "admin" in window.get_by_role("banner").inner_text()

    his.goto("/iam/users")
    box = his.get_by_role("main").inner_text()
    for line in (
        "You don't have permission to iam:ListUsers.",
        f"User: arn:aws:iam::{account}:user/john",
        "Service: iam",
        "Action: ListUsers",
        f"On resource(s): arn:aws:iam::{account}:user/",
        "Context: no identity-based policy allows the iam:ListUsers action",
    ):
        assert line in box.replace("’", "'")
    his.goto("/s3/buckets")
    expect(his.get_by_text("You don't have permissions to list buckets")).to_be_visible()
    old = sign_in("john", FIRST_PASSWORD)
    expect(old.get_by_text("Your authentication information is incorrect. Please try again.")).to_be_visible()


def test_a_refused_page_leads_to_its_explanation(served, sign_in, iam):
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password=FIRST_PASSWORD)
    his = sign_in("john", FIRST_PASSWORD)
    his.wait_for_url("**/console/home*")
    his.goto("/iam/users")
    his.get_by_role("link", name="Explain this denial").click()
    his.wait_for_url("**/iam/authorization-details/*")
    page = his.get_by_role("main").inner_text()
    assert "iam:ListUsers" in page
    assert "implicit" in page.lower()


def test_d9_a_policy_made_in_another_tab_is_there_after_refresh_and_the_ticks_are_kept(
    served, window, sign_in, john, iam
):
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
    write_policy(tab, HR_POLICY)
    expect(tab.get_by_text("Errors: 0")).to_be_visible()
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
    window.get_by_text("Group with name hr already exists.", exact=True).wait_for()

    iam.attach_user_policy(UserName="john", PolicyArn=CHANGE_PASSWORD)
    window.goto("/iam/users/details/john?section=permissions")
    row = window.locator("tbody tr", has_text="HRPolicy").inner_text()
    assert "Customer managed" in row
    assert "Group HR" in row
    row = window.locator("tbody tr", has_text="IAMUserChangePassword").inner_text()
    assert "AWS managed" in row
    assert "Directly" in row

    # The console as john sees it.
    iam.create_login_profile(UserName="john", Password=FIRST_PASSWORD)
    his = sign_in("john", FIRST_PASSWORD)
    his.wait_for_url("**/console/home*")
    his.goto("/s3/buckets")
    expect(his.get_by_text("You don't have permissions to list buckets")).to_be_visible()
    his.goto("/s3/buckets/company1-hr-bucket")
    expect(his.get_by_text("handbook.txt")).to_be_visible()
    his.goto("/s3/upload/company1-hr-bucket")
    his.locator("input[type=file]").first.set_input_files(
        files=[{"name": "new file.txt", "mimeType": "text/plain", "buffer": b"hi"}]
    )
    his.get_by_role("button", name="Upload", exact=True).click()
    expect(his.get_by_text("Upload succeeded")).to_be_visible()
    his.goto("/s3/buckets/company1-hr")
    expect(his.get_by_text("Insufficient permissions to list objects")).to_be_visible()

    s3 = john("s3")
    assert s3.get_object(Bucket="company1-hr-bucket", Key="new file.txt")["Body"].read() == b"hi"
    assert code_of(s3.list_objects_v2, Bucket="company1-hr-bucket") == ""
    assert code_of(s3.get_object, Bucket="company1-hr-bucket", Key="handbook.txt") == ""
    assert code_of(s3.list_buckets) == "AccessDenied"
    assert code_of(s3.list_objects_v2, Bucket="company1-hr") == "AccessDenied"

    # Any action on the bucket and its keys; reading alone would not need these.
    on_bucket = ["s3:PutBucketPolicy", "s3:DeleteBucket"]
    found = decisions(iam, served, "john", on_bucket, "arn:aws:s3:::company1-hr-bucket")
    assert found == dict.fromkeys(on_bucket, "allowed")
    found = decisions(iam, served, "john", on_bucket, "arn:aws:s3:::company1-hr")
    assert found == dict.fromkeys(on_bucket, "implicitDeny")
    assert decisions(iam, served, "john", ["s3:ListAllMyBuckets"]) == {"s3:ListAllMyBuckets": "implicitDeny"}


def test_d10_an_administrators_group(served, window, john, iam):
    iam.create_group(GroupName="HR")
    hr_policy = iam.create_policy(PolicyName="HRPolicy", PolicyDocument=HR_POLICY)["Policy"]
    iam.attach_group_policy(GroupName="HR", PolicyArn=hr_policy["Arn"])
    iam.add_user_to_group(GroupName="HR", UserName="john")
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
    assert "IT user group created." in flash(window)
    rows = [row.split()[:3] for row in window.locator("#groups tbody tr").all_inner_texts()]
    assert rows == [["HR", "1", "Defined"], ["IT", "1", "Defined"]]

    key = iam.create_access_key(UserName="Sarah")["AccessKey"]
    assert code_of(client_of(served, "iam", key).list_users) == ""
    assert code_of(john("iam").list_users) == "AccessDenied"
    everything = [
        "iam:CreateUser",
        "iam:DeleteRole",
        "ec2:RunInstances",
        "s3:DeleteBucket",
        "organizations:LeaveOrganization",
    ]
    assert decisions(iam, served, "Sarah", everything) == dict.fromkeys(everything, "allowed")

    window.goto("/iam/policies/details/arn:aws:iam::aws:policy/AdministratorAccess")
    levels = window.locator("#allow tbody tr td:nth-child(2)").all_inner_texts()
    assert set(levels) == {"Full access"}
    count = re.fullmatch(r"Allow \((\d+) of (\d+) services\)", window.locator("#allow-title").inner_text())
    assert count
    assert count[1] == count[2]  # every service there is
    window.get_by_role("link", name="JSON").click()
    expect(window.get_by_text("Security: 1")).to_be_visible()
    expect(window.get_by_text("Pass role with star in action and resource").first).to_be_visible()
