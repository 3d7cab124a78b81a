"""D20, D21 and D23, what is done in the console for roles, in a real Chromium; what holds is asked by the API.

The steps that need an EC2 instance are shown by what the role may do: the policy simulator's API decides.
"""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Locator, Page, expect

from tests.demos.course import S3_READ_ONLY, session_upload_policy, trust

pytestmark = pytest.mark.browser

LOGS = "arn:aws:s3:::company1-logs"


def client_of(served: dict[str, Any], service: str, access_key_id: str, secret: str, token: str | None = None):
    return boto3.client(
        service,
        region_name="us-west-2",
        endpoint_url=served["endpoint"],
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@pytest.fixture
def iam(served):
    admin = served["admin"]
    return client_of(served, "iam", admin["access_key_id"], admin["secret_access_key"])


def flash(page: Page) -> str:
    text: str = page.get_by_role("region", name="Notifications").inner_text()
    return text


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=re.compile(f"^{name} "))


def for_ec2(page: Page) -> None:
    """Roles → Create role → AWS service → EC2."""
    page.goto("/iam/roles")
    page.get_by_role("link", name="Create role").click()
    page.wait_for_url("**/iam/roles/create")
    expect(tile(page, "AWS service")).to_be_checked()
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    page.get_by_label("Service or use case").select_option(label="EC2")
    page.locator("[name=use_case][value=EC2]").check()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name="Add permissions", exact=True)).to_be_visible()


def tick_policy(page: Page, search: str, name: str) -> None:
    page.locator("#policies-q").fill(search)
    page.get_by_label(f"Select {name}", exact=True).check()


def write(page: Page, text: str) -> None:
    """As from a keyboard: everything in the policy editor is selected and replaced."""
    page.locator("#policy-ace .ace_text-input").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    expect(page.get_by_label("Policy document (JSON)")).to_have_value(text)


def decisions(iam, role_arn: str, resource: str, *actions: str) -> dict[str, str]:
    found = iam.simulate_principal_policy(PolicySourceArn=role_arn, ActionNames=list(actions), ResourceArns=[resource])
    return {one["EvalActionName"]: one["EvalDecision"] for one in found["EvaluationResults"]}


def error_of(call, **params) -> str:
    """The error's code and message, or nothing when the call is allowed."""
    try:
        call(**params)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def test_d20_s3accessrole(window, iam, served):
    for_ec2(window)
    tick_policy(window, "AmazonS3ReadOnlyAccess", "AmazonS3ReadOnlyAccess")
    window.get_by_role("button", name="Next", exact=True).click()
    window.get_by_label("Role name").fill("S3AccessRole")
    window.get_by_role("button", name="Create role").click()

    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()
    assert "Role S3AccessRole created." in flash(window)
    row = window.get_by_role("row", name=re.compile("S3AccessRole"))
    expect(row).to_contain_text("AWS Service: ec2")
    window.go_back()  # never a resubmission: the list, or where it leads
    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()

    role = iam.get_role(RoleName="S3AccessRole")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert iam.get_instance_profile(InstanceProfileName="S3AccessRole")["InstanceProfile"]["Roles"][0] == {
        key: value for key, value in role.items() if key in ("Path", "RoleName", "RoleId", "Arn", "CreateDate")
    } | {"AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"]}
    assert decisions(iam, role["Arn"], LOGS, "s3:ListBucket") == {"s3:ListBucket": "allowed"}
    assert decisions(iam, role["Arn"], f"{LOGS}/x", "s3:PutObject") == {"s3:PutObject": "implicitDeny"}


def test_d21_company1_logs_role(window, iam, served):
    for_ec2(window)
    tick_policy(window, "company1", "Company1-Logs-Policy")
    window.locator("#policies-q").fill("AmazonEC2")
    expect(window.get_by_label("Select AmazonEC2FullAccess")).to_be_visible()
    expect(window.get_by_role("heading", name=re.compile(r"Permissions policies \(1.[\d,]+\)"))).to_be_visible()
    window.get_by_role("button", name="Next", exact=True).click()
    expect(window.get_by_text('"Service": "ec2.amazonaws.com"')).to_be_visible()
    expect(window.get_by_role("cell", name="Company1-Logs-Policy")).to_be_visible()
    window.get_by_label("Role name").fill("Company1-Logs-Role")
    window.get_by_role("button", name="Create role").click()
    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()
    assert "Role Company1-Logs-Role created." in flash(window)
    window.get_by_role("link", name="View role").click()

    account = served["account_id"]
    expect(window.get_by_text(f"arn:aws:iam::{account}:instance-profile/Company1-Logs-Role")).to_be_visible()
    role_arn = f"arn:aws:iam::{account}:role/Company1-Logs-Role"
    expect(window.get_by_text(role_arn, exact=True)).to_be_visible()
    on_objects = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    assert set(decisions(iam, role_arn, f"{LOGS}/2023-10-08.log", *on_objects).values()) == {"allowed"}
    assert decisions(iam, role_arn, LOGS, "s3:ListBucket") == {"s3:ListBucket": "allowed"}
    elsewhere = decisions(iam, role_arn, "arn:aws:s3:::company1-hr", "s3:ListBucket", "s3:ListAllMyBuckets")
    assert set(elsewhere.values()) == {"implicitDeny"}

    # Edit trust: ec2 becomes lambda, and the list says so at once.
    window.get_by_role("tab", name="Trust relationships").click()
    window.get_by_role("link", name="Edit trust policy").click()
    window.locator("#policy-ace .ace_content").wait_for()
    document = window.get_by_label("Policy document (JSON)").input_value()
    write(window, document.replace("ec2.amazonaws.com", "lambda.amazonaws.com"))
    window.get_by_role("button", name="Update policy").click()
    expect(window.get_by_role("tab", name="Trust relationships")).to_be_visible()
    assert "Trust policy updated." in flash(window)
    window.goto("/iam/roles?q=Company1")
    expect(window.get_by_role("row", name=re.compile("Company1-Logs-Role"))).to_contain_text("AWS Service: lambda")


def test_d23_johnuploadrole(window, iam, served):
    account = served["account_id"]
    iam.create_user(UserName="john")
    key = iam.create_access_key(UserName="john")["AccessKey"]
    john = ("AccessKeyId", "SecretAccessKey")
    policy = iam.create_policy(PolicyName="SessionPolicy-UploadFile", PolicyDocument=session_upload_policy())["Policy"]

    # Custom trust policy: only this tile can trust one user.
    window.goto("/iam/roles/create")
    window.get_by_label("Custom trust policy").check()
    window.locator("#policy-ace .ace_content").wait_for()
    write(window, trust(account, "john"))
    window.get_by_role("button", name="Next", exact=True).click()
    expect(window.get_by_role("heading", name="Add permissions", exact=True)).to_be_visible()
    tick_policy(window, "SessionPolicy", "SessionPolicy-UploadFile")
    window.get_by_role("button", name="Next", exact=True).click()
    window.get_by_label("Role name").fill("JohnUploadRole")
    window.get_by_role("button", name="Create role").click()
    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()
    assert "Role JohnUploadRole created." in flash(window)

    # AWS account: it trusts the account as a whole; after Edit trust policy the JSON is the same.
    window.goto("/iam/roles/create")
    tile(window, "AWS account").check()
    expect(window.get_by_label(f"This account ({account})")).to_be_checked()
    window.get_by_role("button", name="Next", exact=True).click()
    expect(window.get_by_role("heading", name="Add permissions", exact=True)).to_be_visible()
    window.get_by_role("button", name="Next", exact=True).click()
    expect(window.get_by_text(f'"AWS": "arn:aws:iam::{account}:root"')).to_be_visible()
    window.get_by_label("Role name").fill("JohnOtherRole")
    window.get_by_role("button", name="Create role").click()
    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()
    window.goto("/iam/roles/details/JohnOtherRole/edit-trust-policy")
    window.locator("#policy-ace .ace_content").wait_for()
    document = window.get_by_label("Policy document (JSON)").input_value()
    write(window, document.replace(":root", ":user/john"))
    window.get_by_role("button", name="Update policy").click()
    expect(window.get_by_role("tab", name="Trust relationships")).to_be_visible()
    both = [iam.get_role(RoleName=name)["Role"] for name in ("JohnUploadRole", "JohnOtherRole")]
    assert (
        both[0]["AssumeRolePolicyDocument"] == both[1]["AssumeRolePolicyDocument"] == json.loads(trust(account, "john"))
    )

    # Hold: john takes on the role; revoking in the console ends the session, and a later one works.
    sts = client_of(served, "sts", *(key[name] for name in john))
    role = {"RoleArn": both[0]["Arn"], "RoleSessionName": "JohnUploadSession"}

    def session():
        made = sts.assume_role(**role)["Credentials"]
        return client_of(served, "s3", made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    s3 = session()
    upload = {"Bucket": "company1-hr", "Key": "new-file.txt", "Body": b"hi\n"}
    assert error_of(s3.put_object, **upload) == ""
    assert "no identity-based policy allows the s3:DeleteObject action" in error_of(
        s3.delete_object, Bucket="company1-hr", Key="new-file.txt"
    )
    window.goto("/iam/roles/details/JohnUploadRole?section=revoke_sessions")
    window.get_by_role("link", name="Revoke active sessions").click()
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Revoke active sessions")).to_be_disabled()
    dialog.get_by_label("I acknowledge that I am revoking all active sessions for this role.").check()
    dialog.get_by_role("button", name="Revoke active sessions").click()
    expect(window.get_by_role("region", name="Notifications")).to_contain_text("revoked")
    assert "explicit deny in an identity-based policy" in error_of(s3.put_object, **upload)
    window.wait_for_timeout(1100)  # a token's time of issue is told to the second
    assert error_of(session().put_object, **upload) == ""

    # Deleting john turns the ARN into his unique ID.
    unique_id = iam.get_user(UserName="john")["User"]["UserId"]
    iam.delete_access_key(UserName="john", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="john")
    window.goto("/iam/roles/details/JohnUploadRole?section=trust_relationships")
    expect(window.get_by_text(f'"AWS": "{unique_id}"')).to_be_visible()
    iam.detach_role_policy(RoleName="JohnUploadRole", PolicyArn=policy["Arn"])
    assert iam.list_entities_for_policy(PolicyArn=S3_READ_ONLY)["PolicyRoles"] == []


def test_the_wizard_is_walked_by_keyboard_alone(window, iam):
    window.goto("/iam/roles/create")
    tile(window, "AWS service").focus()
    window.keyboard.press("ArrowRight")
    expect(window.get_by_label("Require MFA")).to_be_visible()
    expect(tile(window, "AWS account")).to_be_focused()
    window.get_by_label("Require MFA").focus()
    window.keyboard.press("Space")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Add permissions", exact=True)).to_be_visible()
    window.get_by_role("button", name="Next", exact=True).focus()
    window.keyboard.press("Enter")
    window.get_by_label("Role name").focus()
    window.keyboard.insert_text("WithMfa")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name=re.compile("^Roles"))).to_be_visible()

    document = iam.get_role(RoleName="WithMfa")["Role"]["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_the_wizard_works_without_javascript(sign_in, served, iam):
    page = sign_in("admin", served["admin"]["password"], java_script_enabled=False)
    page.wait_for_url("**/console/home*")
    page.goto("/iam/roles/create")
    page.get_by_label("Service or use case").select_option(label="EC2")
    page.get_by_role("button", name="Show use cases").click()
    page.locator("[name=use_case][value=EC2]").check()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_label("Role name").fill("Plain")
    page.get_by_role("button", name="Edit step 1: Select trusted entities").click()
    page.get_by_label("Custom trust policy").check()
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("Policy document (JSON)").fill(trust(served["account_id"], "Sarah"))
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_label("Role name")).to_have_value("Plain")
    page.get_by_role("button", name="Create role").click()
    page.goto("/iam/roles/details/Plain")
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("To confirm deletion").fill("Plain")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Role Plain deleted.")).to_be_visible()

    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/")["Roles"] if one["Path"] == "/"] == []
