"""`python -m tests.screenshots [FOLDER]`: pictures of the console, for README.md and for a look by eye.

Starts a server of its own, plays the HR group demo into a fresh sandbox and visits the pages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from playwright.sync_api import Page, sync_playwright

from tests.demos.conftest import CHROMIUM
from tests.demos.course import FIRST_PASSWORD, HR_POLICY

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1280, 800


@contextmanager
def server() -> Iterator[dict[str, Any]]:
    """A running console and a sandbox in it, as `sandbox create` describes it."""
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"IAMCONSOLE_DATA": data, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, str(ROOT / "manage.py")]
        running = subprocess.Popen(
            [*command, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        try:
            said = ""
            while "Stop with" not in said:
                said = running.stdout.readline()
                if "iamconsole is at" in said:
                    environment["IAMCONSOLE_URL"] = said.split()[-1]
            made = subprocess.check_output([*command, "sandbox", "create"], env=environment, text=True)
            yield json.loads(made)
        finally:
            running.terminate()
            running.wait()


def play(sandbox: dict[str, Any]) -> None:
    """The HR group demo (D4, D9), as the administrator."""
    admin = sandbox["admin"]
    session = boto3.Session(admin["access_key_id"], admin["secret_access_key"], region_name="us-west-2")
    iam, s3 = (session.client(name, endpoint_url=sandbox["endpoint"]) for name in ("iam", "s3"))
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password=FIRST_PASSWORD)
    iam.create_access_key(UserName="john")
    iam.create_group(GroupName="HR")
    policy = iam.create_policy(PolicyName="HRPolicy", PolicyDocument=HR_POLICY)["Policy"]
    iam.attach_group_policy(GroupName="HR", PolicyArn=policy["Arn"])
    iam.add_user_to_group(GroupName="HR", UserName="john")
    iam.attach_user_policy(UserName="john", PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    s3.create_bucket(Bucket="company1-hr-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="company1-hr-bucket", Key="handbook.txt", Body=b"Be kind.\n")


def sign_in(page: Page, sandbox: dict[str, Any], name: str, password: str) -> Page:
    page.goto(f"{sandbox['endpoint']}/console?account={sandbox['account_id']}")
    page.get_by_label("IAM username").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/home*")
    return page


PICTURES = {
    "users": ("admin", "light", "/iam/users"),
    "refused": ("john", "light", "/iam/users"),
    "user": ("admin", "light", "/iam/users/details/john"),
    "policy": ("admin", "dark", "/iam/policies/details/arn:aws:iam::{account}:policy/HRPolicy?section=permissions"),
    "simulator": (
        "admin",
        "light",
        "/policysim?users=john&service=s3&actions=GetObject&actions=PutObject"
        "&resource=arn:aws:s3:::company1-hr-bucket/handbook.txt",
    ),
    "bucket": ("john", "dark", "/s3/buckets/company1-hr-bucket"),
}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with server() as sandbox, sync_playwright() as playwright:
        play(sandbox)
        passwords = {"admin": sandbox["admin"]["password"], "john": FIRST_PASSWORD}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (person, scheme, path) in PICTURES.items():
            context = browser.new_context(color_scheme=scheme, viewport={"width": WIDTH, "height": HEIGHT})
            page = sign_in(context.new_page(), sandbox, person, passwords[person])
            page.goto(sandbox["endpoint"] + path.format(account=sandbox["account_id"]))
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
