"""What somebody does in the console, done again by what the drawer of calls says: the same end in a fresh account."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.drivers import REGION, Aws, Keys
from tests.demos.course import HR_POLICY
from tests.factories import client_for
from tests.plain import Plain

NewSandbox = Callable[[], dict[str, Any]]
PASSWORD = "First-Passw0rd"
# More lines, more quotes, and the account's own number.
OTHER_POLICY = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ItsOwn",
            "Effect": "Allow",
            "Action": ["iam:GetUser", "iam:ChangePassword"],
            "Resource": "arn:aws:iam::ACCOUNT:user/${aws:username}",
            "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": ["it's", "\\"sales\\"", "$HOME `id` \\\\ !"]}}
        }
    ]
}"""


class Learner(Plain):
    """Keeps, of every page, what its drawer says of the forms that were sent."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.scripts: dict[str, list[str]] = {"aws": [], "boto3": []}

    def _arrive(self, response: Any, address: str) -> Plain:
        super()._arrive(response, address)
        for part in self.response.content.decode().split('<section class="calls-section" aria-label="')[1:]:
            title = part.split('"', 1)[0]
            if ": POST " in title:
                for language, script in self.scripts.items():
                    label = f'aria-label="{language}: all calls" data-copy-source>'
                    if label in part:
                        script.append(html.unescape(part.split(label)[1].split("</pre>")[0]))
        return self

    def write(self, text: str) -> None:
        """Into the policy editor, whichever of its views is open."""
        if "Policy document (JSON)" not in self.names("textarea"):
            self.press("JSON")
        self.fill("Policy document (JSON)", text)


def play(page: Learner, account_id: str) -> None:
    """A user with console access and an access key; a group with a policy that is edited; policies of every kind."""
    own = OTHER_POLICY.replace("ACCOUNT", account_id)
    page.goto("/iam/users/create").fill("User name", "john")
    page.tick("Provide user access to the AWS Management Console").tick("I want to create an IAM user")
    page.tick("Custom password").fill("Enter password", PASSWORD).press("Next").press("Next")
    page.press("Create user").shows("User created successfully")

    page.goto("/iam/policies/create").write(HR_POLICY)
    page.press("Next").fill("Policy name", "HRPolicy").fill("Description", "file:///etc/passwd")
    page.press("Create policy").shows("Policy HRPolicy created.")
    page.goto("/iam/groups/create").fill("User group name", "HR").tick("Select john").press("Create user group")
    page.shows("HR user group created.")
    page.goto("/iam/groups/details/HR/add-permissions?q=HRPolicy").tick("Select HRPolicy").press("Attach policies")
    page.shows("Policies attached to this user group.")
    arn = f"arn:aws:iam::{account_id}:policy/HRPolicy"
    page.goto(f"/iam/policies/details/{arn}/edit/v1").write(own)
    page.press("Next").press("Save changes").shows("Policy HRPolicy updated.")

    page.goto("/iam/groups/details/HR/create-policy").write(own)
    page.press("Next").fill("Policy name", "Own").press("Create policy").shows("Policy Own created.")
    page.goto("/iam/users/details/john/tags").press("Add new tag").fill("Key", "team").fill("Value", "HR = Co.")
    page.press("Save changes").shows("Tags updated.")
    page.goto("/iam/users/details/john/create-access-key").tick("Other").press("Next")
    page.fill("Description tag value", "Laptop").press("Create access key").shows("Access key created")

    page.goto("/iam/users/details/amin/set-permissions-boundary").fill("Search", "HRPolicy").press("Search")
    page.tick("Select HRPolicy").press("Set boundary")
    page.goto("/iam/users/delete?selected=Sarah").fill("To confirm deletion", "Sarah").press("Delete user")
    page.shows("User Sarah deleted.")


def normal(details: dict[str, Any], account_id: str) -> str:
    """Without what is never the same twice: the account's number, times, unique IDs, the order in which they sort."""

    def plain(value: Any, key: str = "") -> Any:
        if key.endswith("Document"):  # the door has the text, boto3 what it says
            return json.loads(value) if isinstance(value, str) else value
        if isinstance(value, dict):
            kept = {key: one for key, one in sorted(value.items()) if not key.endswith(("Date", "LastUsed"))}
            return {key: plain(one, key) for key, one in kept.items()}
        if isinstance(value, list):
            return sorted((plain(one) for one in value), key=lambda one: json.dumps(one, default=str, sort_keys=True))
        return value

    found = {kind: plain(details[kind]) for kind in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")}
    text = json.dumps(found, indent=1, default=str, sort_keys=True).replace(account_id, "ACCOUNT")
    return re.sub(r"\b(AIDA|AROA|AGPA|ANPA|AIPA|AKIA)[A-Z0-9]{12,}", r"\1", text)


@pytest.fixture
def played(sandbox, as_user) -> tuple[dict[str, list[str]], str]:
    """The scripts that the learner has copied, and how their account ended."""
    learner = Learner(as_user("admin"))
    play(learner, sandbox.account_id)
    details = client_for(sandbox, "admin").call("iam:GetAccountAuthorizationDetails", max_items=1000)
    return learner.scripts, normal(details, sandbox.account_id)


def end_of(made: dict[str, Any]) -> str:
    """How the account on the server ended, as its administrator reads it."""
    found: dict[str, Any] = {}
    for page in client_of(made, "iam").get_paginator("get_account_authorization_details").paginate():
        for kind, rows in page.items():
            if isinstance(rows, list):
                found.setdefault(kind, []).extend(rows)
    return normal(found, made["account_id"])


def client_of(made: dict[str, Any], service: str) -> Any:
    admin = made["admin"]
    session = boto3.Session(admin["access_key_id"], admin["secret_access_key"], region_name=REGION)
    return session.client(service, endpoint_url=made["endpoint"])


def commands_of(script: str, account_id: str) -> list[list[str]]:
    """The script in a genuine bash, in which `aws` only says what it was asked."""
    says = f"""if [ "$2" = get-caller-identity ]; then echo {account_id}; else printf '%s\\0' "$@" $'\\n'; fi"""
    head = f"aws() {{ {says}; }}\n"
    ran = subprocess.run(["bash", "-c", head + script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert ran.stderr == b""
    return [command.split("\0") for command in ran.stdout.decode().split("\0\n\0") if command]


@pytest.mark.cli
@pytest.mark.django_db
def test_the_commands_of_aws_do_it_again(
    played, new_sandbox: Callable[[], dict[str, Any]], aws_driver: Aws, tmp_path: Path
):
    scripts, end = played
    fresh = new_sandbox()
    admin = fresh["admin"]
    environment = aws_driver.environment(Keys(admin["access_key_id"], admin["secret_access_key"]))
    begun = end_of(fresh)
    for script in scripts["aws"]:
        for arguments in commands_of(script.replace("<password, not shown>", PASSWORD), fresh["account_id"]):
            done = aws_driver.run(arguments, environment, folder=tmp_path, prepared=True)
            assert (done.code, done.error) == (0, ""), arguments
    assert begun != end
    assert end_of(fresh) == end


@pytest.mark.django_db
def test_the_lines_of_boto3_do_it_again(played, new_sandbox: NewSandbox, monkeypatch):
    scripts, end = played
    fresh = new_sandbox()
    admin = fresh["admin"]
    for name, value in {
        "AWS_ACCESS_KEY_ID": admin["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": admin["secret_access_key"],
        "AWS_ENDPOINT_URL": fresh["endpoint"],
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for script in scripts["boto3"]:
        exec(script.replace("<password, not shown>", PASSWORD), {})
    assert end_of(fresh) == end
