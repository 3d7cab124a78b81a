"""D11 of the course in a real Chromium: least privilege with the groups Admins, Developers and Test."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.demos.steps import client_of, code_of, decisions, flash, flashed, tick_policy, write_policy

pytestmark = pytest.mark.browser

# The lesson's sample has placeholders, and names the bucket alone.
SAMPLE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::<bucket-name>"}],
    },
    indent=4,
)
SALES = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": "arn:aws:s3:::company1-sales/Sales/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::company1-sales",
                "Condition": {"StringLike": {"s3:prefix": "Sales/*"}},
            },
        ],
    },
    indent=4,
)
PEOPLE = {"Admins": ("Bob", "Susan"), "Developers": ("Dora",), "Test": ("Kathy", "Alan")}


def make_group(window, name: str, policy: str = "") -> None:
    window.goto("/iam/groups/create")
    window.get_by_label("User group name").fill(name)
    for person in PEOPLE[name]:
        window.get_by_label(f"Select {person}", exact=True).check()
    if policy:
        tick_policy(window, policy)
    window.get_by_role("button", name="Create user group").click()
    window.wait_for_url("**/iam/groups")
    assert f"{name} user group created." in flash(window)


def test_d11_everybody_has_what_the_job_needs_and_no_more(served, window, iam):
    keys = {}
    for person in sum(PEOPLE.values(), ()):
        iam.create_user(UserName=person)
        keys[person] = iam.create_access_key(UserName=person)["AccessKey"]
    admin = client_of(served, "s3", served["admin"])
    admin.put_object(Bucket="company1-sales", Key="Sales/plan.csv", Body=b"a,b")

    make_group(window, "Admins", "AdministratorAccess")
    make_group(window, "Developers")
    make_group(window, "Test")
    states = {row.split()[0]: row for row in window.locator("#groups tbody tr").all_inner_texts()}
    assert "Defined" in states["Admins"].split()
    for name in ("Developers", "Test"):
        assert "Not defined" in states[name]

    # The sample as it is printed, then with the bucket's name put in, and no object is reached.
    window.goto("/iam/policies/create")
    write_policy(window, SAMPLE)
    findings = window.locator("#policy-findings")
    expect(findings).to_contain_text("Errors: 1")
    expect(findings).to_contain_text("Invalid ARN resource")
    expect(window.get_by_role("button", name="Next")).to_be_disabled()
    write_policy(window, SAMPLE.replace("<bucket-name>", "company1-sales"))
    expect(findings).to_contain_text("Errors: 0")
    window.get_by_role("button", name="Next").click()
    expect(window.get_by_text("One or more actions do not have an applicable resource.")).to_be_visible()
    window.get_by_label("Policy name").fill("BucketAlone")
    window.get_by_role("button", name="Create policy").click()
    flashed(window, "Policy BucketAlone created.")
    alone = f"arn:aws:iam::{served['account_id']}:policy/BucketAlone"
    iam.attach_user_policy(UserName="Dora", PolicyArn=alone)
    key = "arn:aws:s3:::company1-sales/Sales/plan.csv"
    assert decisions(iam, served, "Dora", ["s3:GetObject"], key) == {"s3:GetObject": "implicitDeny"}
    assert decisions(iam, served, "Dora", ["s3:ListBucket"], "arn:aws:s3:::company1-sales") == {
        "s3:ListBucket": "allowed"
    }
    iam.detach_user_policy(UserName="Dora", PolicyArn=alone)

    # What the developers need, attached from the policy's own page.
    window.goto("/iam/policies/create")
    write_policy(window, SALES)
    expect(findings).to_contain_text("Errors: 0")
    window.get_by_role("button", name="Next").click()
    window.get_by_label("Policy name").fill("DevelopersSales")
    window.get_by_role("button", name="Create policy").click()
    window.get_by_role("link", name="View policy").click()
    row = window.locator("#allow tbody tr", has_text="Amazon S3").inner_text()
    assert "Limited: List, Read, Write" in row
    assert "s3:prefix | StringLike | Sales/*" in row or "Multiple" in row
    window.get_by_role("link", name="Amazon S3", exact=True).click()
    window.get_by_role("link", name="ListBucket", exact=True).click()
    expect(window.locator("#resources")).to_contain_text("s3:prefix | StringLike | Sales/*")
    window.get_by_role("tab", name="Entities attached").or_(
        window.get_by_role("link", name="Entities attached")
    ).click()
    window.get_by_role("link", name="Attach", exact=True).first.click()
    window.get_by_label("Select Developers", exact=True).check()
    window.get_by_role("button", name="Attach policy").click()
    flashed(window, "The policy DevelopersSales has been attached to 1 entity.")

    dora = client_of(served, "s3", keys["Dora"])
    assert code_of(dora.list_objects_v2, Bucket="company1-sales", Prefix="Sales/") == ""
    assert code_of(dora.list_objects_v2, Bucket="company1-sales") == "AccessDenied"
    assert code_of(dora.get_object, Bucket="company1-sales", Key="Sales/plan.csv") == ""
    assert code_of(dora.put_object, Bucket="company1-sales", Key="Sales/new.csv", Body=b"c") == ""
    assert code_of(dora.get_object, Bucket="company1-sales", Key="report.csv") == "AccessDenied"
    assert code_of(dora.delete_object, Bucket="company1-sales", Key="Sales/new.csv") == "AccessDenied"
    bucket = "arn:aws:s3:::company1-sales"
    for prefix, decision in (("Sales/", "allowed"), ("Other/", "implicitDeny")):
        assert decisions(iam, served, "Dora", ["s3:ListBucket"], bucket, s3_prefix=prefix) == {
            "s3:ListBucket": decision
        }

    everything = ["iam:CreateUser", "ec2:RunInstances", "s3:ListAllMyBuckets", "s3:DeleteBucket"]
    assert decisions(iam, served, "Bob", everything) == dict.fromkeys(everything, "allowed")
    for person in PEOPLE["Test"]:
        assert decisions(iam, served, person, everything) == dict.fromkeys(everything, "implicitDeny")
    assert code_of(client_of(served, "s3", keys["Bob"]).list_buckets) == ""
    assert code_of(client_of(served, "s3", keys["Kathy"]).list_buckets) == "AccessDenied"
