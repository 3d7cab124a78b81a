"""Every label and text of tests/console/labels.toml is on its page; and a dialog waits for the word that it must."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from django.test import Client

from iamconsole.gateway.client import AwsClient
from tests.demos.course import CHANGE_PASSWORD, HR_POLICY, S3_READ_ONLY
from tests.factories import allow, policy, sign_in

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("labels.toml")
LABELS: list[list[str]] = tomllib.loads(TABLE.read_text("utf-8"))["labels"]
PASSWORD = "Passw0rd!"
Names = dict[str, str]


# -- states: what is there beside the start state of the course, and the names that pages and texts may use ----------


def course(root: AwsClient) -> Names:
    """As a learner finds it; and john, who may nothing."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password=PASSWORD)
    return {}


def hr(root: AwsClient) -> Names:
    """The HR group demo, further: john has a password, two access keys, an MFA device, and policies of every kind."""
    made = course(root)
    john = {"user_name": "john"}
    root.call("iam:TagUser", **john, tags=[{"Key": "team", "Value": "HR"}])
    for name in ("HR", "Sales"):
        root.call("iam:CreateGroup", group_name=name)
    arn = root.call("iam:CreatePolicy", policy_name="HRPolicy", policy_document=HR_POLICY)["Policy"]["Arn"]
    second = policy(allow("s3:*", "arn:aws:s3:::company1-hr-bucket*"))
    root.call("iam:CreatePolicyVersion", policy_arn=arn, policy_document=second, set_as_default=True)
    root.call("iam:AttachGroupPolicy", group_name="HR", policy_arn=arn)
    root.call("iam:PutGroupPolicy", group_name="HR", policy_name="Inside", policy_document=HR_POLICY)
    root.call("iam:AddUserToGroup", group_name="HR", **john)
    root.call("iam:PutUserPolicy", **john, policy_name="Own", policy_document=HR_POLICY)
    root.call("iam:AttachUserPolicy", **john, policy_arn=CHANGE_PASSWORD)
    keys = [root.call("iam:CreateAccessKey", **john)["AccessKey"]["AccessKeyId"] for _ in range(2)]
    root.call("iam:UpdateAccessKey", **john, access_key_id=keys[1], status="Inactive")
    device = root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")["VirtualMFADevice"]
    return made | {"policy": arn, "key": keys[0], "inactive_key": keys[1], "mfa": device["SerialNumber"]}


def new(root: AwsClient) -> Names:
    """Somebody who has never signed in and must choose a password of their own first."""
    root.call("iam:CreateUser", user_name="new")
    root.call("iam:CreateLoginProfile", user_name="new", password=PASSWORD, password_reset_required=True)
    return {}


def roles(root: AwsClient) -> Names:
    """D21's and D23's roles: one for EC2, with the instance profile of its name, one that trusts john."""
    names = course(root)
    logs, john = "Company1-Logs-Role", root.call("iam:GetUser", user_name="john")["User"]["Arn"]
    for name, principal in ((logs, {"Service": "ec2.amazonaws.com"}), ("JohnUploadRole", {"AWS": john})):
        trust = policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
        root.call("iam:CreateRole", role_name=name, assume_role_policy_document=trust)
    root.call("iam:AttachRolePolicy", role_name=logs, policy_arn=S3_READ_ONLY)
    root.call("iam:CreateInstanceProfile", instance_profile_name=logs)
    root.call("iam:AddRoleToInstanceProfile", instance_profile_name=logs, role_name=logs)
    return names | {"logs": logs, "s3_read": S3_READ_ONLY}


STATES: dict[str, Callable[[AwsClient], Names]] = {"course": course, "hr": hr, "new": new, "roles": roles}


# -- the test --------------------------------------------------------------------------------------------------------


def shown(page: str) -> str:
    """What a reader or a screen reader meets: text, labels, titles and placeholders, spaces as one."""
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', page)
    text = re.sub(r"<[^>]+>", "", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))
    return re.sub(r"\s+", " ", html.unescape(" ".join([text, *spoken])))


def lacking(page: str, texts: list[str]) -> list[str]:
    """Of what must be on the page, or be typed on it, what is not."""
    read, typed = shown(page), [html.unescape(text) for text in re.findall(r'data-confirm-text="([^"]*)"', page)]
    found = []
    for text in texts:
        if text.startswith("type:"):
            wanted = text.removeprefix("type:").strip()
            if typed != ([wanted] if wanted else []):
                found.append(f"{text} (it waits for {typed})")
        elif text not in read:
            found.append(text)
    return found


def browser_of(who: str, account) -> Client:
    if who == "nobody":
        return Client()
    if who == "new":
        browser = Client()
        browser.post("/console", {"account": account.account_id, "user_name": "new", "password": PASSWORD})
        return browser
    return sign_in(Client(), account, "" if who == "root" else who, password=PASSWORD if who == "john" else "")


def filled(text: str, names: Names) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _group(label: list[str]) -> tuple[str, str]:
    return label[0], label[1]


GROUPS = {group: list(labels) for group, labels in groupby(sorted(LABELS, key=_group), key=_group)}


@pytest.mark.parametrize(("who", "state"), GROUPS)
def test_the_pages_say_what_the_specification_says(sandbox, root, who, state):
    names = {"account": sandbox.account_id} | STATES[state](root)
    browser = browser_of(who, sandbox)
    wanted: dict[str, list[str]] = {}
    for _, _, page, *texts in GROUPS[who, state]:
        wanted.setdefault(filled(page, names), []).extend(filled(text, names) for text in texts)
    found = {}
    for page, texts in wanted.items():
        answer = browser.get(page, follow=True)
        if missing := lacking(answer.content.decode(), texts):
            found[page] = {"status": answer.status_code, "lacking": missing}
    assert found == {}


def test_what_is_not_on_a_page_is_named():
    page = '<p>Delete <b>john</b>?</p><input placeholder="Search" data-confirm-text="john">'
    assert lacking(page, ["Delete john?", "Search", "type: john"]) == []
    assert lacking(page, ["Delete Sarah?", "type: delete", "type:"]) == [
        "Delete Sarah?",
        "type: delete (it waits for ['john'])",
        "type: (it waits for ['john'])",
    ]


def test_every_line_of_the_table_says_something():
    assert [label for label in LABELS if len(label) < 4 or label[1] not in STATES or not label[2].startswith("/")] == []
    lines = TABLE.read_text("utf-8").split("labels = [")[1].splitlines()
    assert [line for line in lines if line.strip() and not re.fullmatch(r'  (#.*|\[".*"\],)|\]', line)] == []
