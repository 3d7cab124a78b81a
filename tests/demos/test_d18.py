"""D18 of the course in a real Chromium: InternBoundaryPolicy caps a user who has AmazonS3FullAccess."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import expect

from tests.demos.steps import client_of, code_of, decisions, flashed

pytestmark = pytest.mark.browser

S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
BUCKET = "example-log-bucket"
BOUNDARY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}],
    }
)


def choose_boundary(window, name: str) -> None:
    """On the page that sets one: search, choose, Set boundary."""
    button = window.get_by_role("button", name="Set boundary")
    window.locator("#boundaries-q").fill(name)
    window.get_by_label(f"Select {name}", exact=True).check()
    expect(button).to_be_enabled()
    button.click()


def test_d18_a_boundary_caps_and_never_grants(served, window, iam):
    client_of(served, "s3", served["admin"]).create_bucket(Bucket=BUCKET)
    iam.create_user(UserName="intern")
    iam.attach_user_policy(UserName="intern", PolicyArn=S3_FULL)
    s3 = client_of(served, "s3", iam.create_access_key(UserName="intern")["AccessKey"])
    iam.create_policy(PolicyName="InternBoundaryPolicy", PolicyDocument=BOUNDARY)
    assert code_of(s3.list_buckets) == ""

    window.goto("/iam/users/details/intern")
    block = window.locator("section.boundary")
    expect(block).to_contain_text("(not set)")
    block.locator("summary").click()
    block.get_by_role("link", name="Set permissions boundary").click()
    expect(window.get_by_text("A boundary never grants")).to_be_visible()
    expect(window.get_by_role("button", name="Set boundary")).to_be_disabled()
    choose_boundary(window, "InternBoundaryPolicy")
    flashed(window, "Permissions boundary set for user intern.")
    expect(block).to_contain_text("InternBoundaryPolicy")
    expect(window.locator("#policies tbody")).to_contain_text("AmazonS3FullAccess")

    # Hold: what both allow, and nothing else.
    assert code_of(s3.list_objects_v2, Bucket=BUCKET) == ""
    refused = "because no permissions boundary allows the s3:ListAllMyBuckets action"
    with pytest.raises(ClientError, match=re.escape(refused)):
        s3.list_buckets()
    assert code_of(s3.put_object, Bucket=BUCKET, Key="x", Body=b"x") == "AccessDenied"
    bucket = f"arn:aws:s3:::{BUCKET}"
    assert decisions(iam, served, "intern", ["s3:ListBucket"], bucket) == {"s3:ListBucket": "allowed"}
    assert decisions(iam, served, "intern", ["s3:GetObject"], f"{bucket}/x") == {"s3:GetObject": "implicitDeny"}

    # The boundary alone allows nothing.
    window.get_by_label("Select AmazonS3FullAccess", exact=True).check()
    window.locator("#policies").get_by_role("button", name="Remove").click()
    window.get_by_role("dialog").get_by_role("button", name="Remove policy").click()
    flashed(window, "1 policy removed")
    refused = "because no identity-based policy allows the s3:ListBucket action"
    with pytest.raises(ClientError, match=re.escape(refused)):
        s3.list_objects_v2(Bucket=BUCKET)

    # A group has none.
    iam.create_group(GroupName="Interns")
    window.goto("/iam/groups/details/Interns?section=permissions")
    expect(window.get_by_role("heading", name="Permissions policies")).to_be_visible()
    expect(window.get_by_role("main").get_by_text("Permissions boundary")).to_have_count(0)
