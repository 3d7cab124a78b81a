"""D6 of the course in a real Chromium: an access key for john, what it is good for, deactivated and activated again."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import expect

from tests.demos.course import refusal
from tests.demos.steps import client_of, code_of

pytestmark = pytest.mark.browser


def test_d6_an_access_key_is_made_shown_once_deactivated_and_activated(served, window, iam):
    account = served["account_id"]
    iam.create_user(UserName="john")
    window.goto("/iam/users")
    window.get_by_role("link", name="john", exact=True).click()
    window.get_by_role("tab", name="Security credentials").click()
    window.locator("#access-keys").get_by_role("link", name="Create access key").first.click()

    further = window.get_by_role("button", name="Next", exact=True)
    expect(further).to_be_disabled()
    window.get_by_label("Command Line Interface (CLI)").check()
    expect(window.get_by_text("Alternatives recommended").first).to_be_visible()
    expect(further).to_be_disabled()
    window.get_by_label("I understand the above recommendation").check()
    further.click()
    window.get_by_label("Description tag value").fill("For the aws command")
    window.get_by_role("button", name="Create access key").click()

    expect(window.get_by_role("region", name="Notifications")).to_contain_text("Access key created")
    main = window.get_by_role("main")
    key_id = re.search(r"AKIA[A-Z2-7]{16}", main.inner_text())[0]
    secret = window.locator(".secret-value")
    expect(secret).to_be_hidden()
    window.locator(".secret summary").click()
    expect(secret).to_be_visible()
    key = {"AccessKeyId": key_id, "SecretAccessKey": secret.inner_text()}
    with window.expect_download() as download:
        window.get_by_role("link", name="Download .csv file").click()
    assert download.value.suggested_filename == "john_accessKeys.csv"
    with open(download.value.path(), "rb") as file:
        assert file.read() == f"Access key ID,Secret access key\r\n{key_id},{key['SecretAccessKey']}\r\n".encode()
    window.reload()
    expect(window.get_by_text("The secret access key was shown once")).to_be_visible()
    assert key["SecretAccessKey"] not in window.content()
    window.get_by_role("link", name="Done").click()

    sts, s3 = client_of(served, "sts", key), client_of(served, "s3", key)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/john"
    with pytest.raises(ClientError, match=re.escape(refusal(account, "john", "s3:ListAllMyBuckets"))):
        s3.list_buckets()
    window.reload()
    expect(main).to_contain_text(f"{key_id} - Active")
    expect(main).to_contain_text("Used today. Created today.")
    expect(window.locator(".key-card")).to_contain_text("For the aws command")

    card = window.locator(".key-card")
    card.get_by_text("Actions", exact=True).click()
    card.get_by_text("Deactivate", exact=True).click()
    window.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(window.locator(".key-card")).to_contain_text("Inactive")
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    card.get_by_text("Actions", exact=True).click()
    card.get_by_text("Activate", exact=True).click()
    expect(window.locator(".key-card")).not_to_contain_text("Inactive")
    assert code_of(sts.get_caller_identity) == ""

    # Hold: a second key is possible, a third is not.
    iam.create_access_key(UserName="john")
    window.reload()
    expect(window.locator("#access-keys").get_by_role("button", name="Create access key")).to_be_disabled()
    assert code_of(iam.create_access_key, UserName="john") == "LimitExceeded"
