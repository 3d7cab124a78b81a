"""What several demos do and ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect


def client_of(served: dict[str, Any], service: str, key: dict[str, str]) -> Any:
    """A client with an access key, as the API or as `sandbox create` tells it."""
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=served["endpoint"],
        aws_access_key_id=key.get("access_key_id") or key["AccessKeyId"],
        aws_secret_access_key=key.get("secret_access_key") or key["SecretAccessKey"],
    )


def code_of(call: Any, **params: Any) -> str:
    """The error code, or nothing when the call is allowed."""
    try:
        call(**params)
    except ClientError as error:
        found: str = error.response["Error"]["Code"]
        return found
    return ""


def decisions(
    iam: Any, served: dict[str, Any], user_name: str, actions: Sequence[str], resource: str = "*", **context: str
) -> dict[str, str]:
    """What iam:SimulatePrincipalPolicy says of a user's actions: allowed, implicitDeny, explicitDeny.

    `context`: values of condition keys, `s3_prefix="Sales/"` being of `s3:prefix`.
    """
    found = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{served['account_id']}:user/{user_name}",
        ActionNames=list(actions),
        ResourceArns=[resource],
        ContextEntries=[
            {"ContextKeyName": key.replace("_", ":", 1), "ContextKeyType": "string", "ContextKeyValues": [value]}
            for key, value in context.items()
        ],
    )
    return {one["EvalActionName"]: one["EvalDecision"] for one in found["EvaluationResults"]}


def flash(page: Page) -> str:
    return page.get_by_role("region", name="Notifications").inner_text()


def flashed(page: Page, text: str) -> None:
    """Wait for a message."""
    expect(page.get_by_role("region", name="Notifications")).to_contain_text(text)


def tick_policy(page: Page, name: str) -> None:
    page.locator("#policies-q").fill(name)
    page.get_by_label(f"Select {name}", exact=True).check()


def write_policy(page: Page, text: str) -> None:
    """Into the JSON view of the policy editor, as from a keyboard: everything is selected and replaced."""
    if page.locator("#policy-editor").get_attribute("data-view") == "visual":
        page.get_by_role("button", name="JSON", exact=True).click()
    page.locator("#policy-ace .ace_content").wait_for()
    page.locator("#policy-ace .ace_text-input").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    expect(page.locator("textarea[name=document]")).to_have_value(text)


def simulated(page: Page, user_name: str, service: str, action: str) -> str:
    """Ask the simulator's page about one action of a user; answers its row of the results."""
    page.goto(f"/policysim?users={user_name}&service={service}")
    page.get_by_label(action, exact=True).check()
    page.get_by_role("button", name="Run Simulation").click()
    row = page.locator("#results tbody tr", has_text=action).first
    expect(row).to_be_visible()
    return " ".join(row.inner_text().split())
