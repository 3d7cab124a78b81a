"""Functions with good defaults for what tests need."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from iamconsole.accounts.models import Account
from iamconsole.core.caller import Context
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.iam import service_linked
from iamconsole.iam.models import Role, User
from iamconsole.signin.middleware import SESSION_KEY

ROOT = Path(__file__).resolve().parent.parent


def client_for(account: Account, user_name: str = "", face: str = "api", **context: Any) -> AwsClient:
    """The door as a user of the account, or as its root user."""
    account.refresh_from_db()
    user = User.objects.get(account=account, name=user_name) if user_name else None
    return AwsClient(callers.caller_for(account, user), Context(face=face, **context))


def sign_in(browser: Client, account: Account, user_name: str = "", *, password: str = "") -> Client:
    """Sign a test browser in without the sign-in pages; as the root user where no name is given.

    A user but the administrator gets a password for it, unless it is told which one it has.
    """
    from iamconsole.sandboxes.lifecycle import Credentials

    known = Credentials.unseal(account.sandbox.start)
    gets_one = bool(user_name) and user_name != "admin" and not password
    password = password or (
        known.admin_password if user_name == "admin" else "Passw0rd!" if user_name else known.root_password
    )
    if gets_one:
        root = client_for(account)
        root.call("iam:CreateLoginProfile", user_name=user_name, password=password)
    door = AwsClient(callers.stranger_at(account), Context(face="signin"))
    made = door.call("signin:ConsoleLogin", user_name=user_name, password=password)
    session = browser.session
    session[SESSION_KEY] = made["AccessKeyId"]
    session.save()
    return browser


def take_service_roles_away(account: Account) -> None:
    """The account as before its service-linked roles; no call of AWS's leads back there."""
    Role.objects.filter(account=account, path__startswith=service_linked.PATH).delete()


def unblock(aws: AwsClient, bucket: str = "company1-hr") -> None:
    """Take Block Public Access, which every new bucket has, from a bucket."""
    aws.call("s3:DeletePublicAccessBlock", bucket=bucket)


def policy(*statements: Mapping[str, Any]) -> str:
    import json

    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


@dataclass(frozen=True)
class Server:
    """A running `manage.py serve`, and how to run its other commands."""

    url: str
    environment: Mapping[str, str]
    data: Path
    process: subprocess.Popen[str]

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
