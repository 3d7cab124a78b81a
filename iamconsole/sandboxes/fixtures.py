"""Start states, as calls through the door: whatever a learner finds could have been made by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamconsole.gateway.client import AwsClient

REGION = "us-west-2"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


Build = Callable[[AwsClient, Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class FixtureAccount:
    """An account of a start state: its name, its root user's e-mail address, and what is built in it.

    `build` calls as the account's root user, and is told the IDs of all accounts of the fixture, in order; they are
    built in that order. `admin` and `root_key`: whether it has an administrator, and whether its root user has an
    access key.
    """

    name: str
    root_email: str
    build: Build
    admin: bool = True
    root_key: bool = False


@dataclass(frozen=True, slots=True)
class Fixture:
    """A start state: the accounts of one sandbox. The first is the one that a learner begins in."""

    accounts: tuple[FixtureAccount, ...]

    @classmethod
    def of(cls, name: str, root_email: str, build: Build, **more: bool) -> Fixture:
        """With one account."""
        return cls((FixtureAccount(name, root_email, build, **more),))


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=4)


# The fixtures of the course (spec: demos.md, "Fixtures").
BUCKETS: dict[str, dict[str, bytes]] = {
    "company1-hr": {"Test.txt": b"Hello!\n"},
    "company1-logs": {
        "2023-10-07.log": b"2023-10-07 09:00:00 start\n",
        "2023-10-08.log": b"2023-10-08 09:00:00 start\n",
    },
    "company1-sales": {"report.csv": b"quarter,amount\nQ1,1000\n"},
}
POLICIES = {
    "Company1-Logs-Policy": _document(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::company1-logs"},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": "arn:aws:s3:::company1-logs/*",
        },
    ),
    "Company1_List_S3_Buckets": _document(
        {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "Resource": "*"}
    ),
    "Company1-HR-ReadOnly": _document(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::company1-hr"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::company1-hr/*"},
    ),
}


def _course(aws: AwsClient, account_ids: Sequence[str]) -> None:
    for name in ("amin", "Sarah"):
        aws.call("iam:CreateUser", user_name=name)
    for name, document in POLICIES.items():
        aws.call("iam:CreatePolicy", policy_name=name, policy_document=document)
    _fill(aws, BUCKETS)


def _fill(aws: AwsClient, buckets: Mapping[str, Mapping[str, bytes]]) -> None:
    for bucket, objects in buckets.items():
        aws.call("s3:CreateBucket", bucket=bucket, create_bucket_configuration={"LocationConstraint": REGION})
        for key, content in objects.items():
            aws.call("s3:PutObject", bucket=bucket, key=key, body=io.BytesIO(content))


# A lesson on access across accounts: HR of the course, and the account that keeps its logs. The bucket's policy lets
# HR's account in; who of HR may use that is HR's own to say (IAM User Guide, "Cross account resource access in IAM").
LOG_BUCKET = "company1-central-logs"
LOGS = {"hr/2023-10-07.log": b"2023-10-07 09:00:00 start\n", "hr/2023-10-08.log": b"2023-10-08 09:00:00 start\n"}


def _logs(aws: AwsClient, account_ids: Sequence[str]) -> None:
    hr = {"AWS": f"arn:aws:iam::{account_ids[0]}:root"}
    whole, hrs = f"arn:aws:s3:::{LOG_BUCKET}", f"arn:aws:s3:::{LOG_BUCKET}/hr/*"
    prefix = {"StringLike": {"s3:prefix": "hr/*"}}
    policy = _document(
        {"Sid": "ListOwn", "Effect": "Allow", "Principal": hr, "Action": "s3:ListBucket", "Resource": whole}
        | {"Condition": prefix},
        {"Sid": "ReadAndWriteOwn", "Effect": "Allow", "Principal": hr}
        | {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": hrs},
    )
    _fill(aws, {LOG_BUCKET: LOGS})
    aws.call("s3:PutBucketPolicy", bucket=LOG_BUCKET, policy=policy)


def _nothing(aws: AwsClient, account_ids: Sequence[str]) -> None:
    pass


_HR = FixtureAccount("HR", "HR@company1.com", _course)

FIXTURES = {
    "course": Fixture((_HR,)),
    "two-accounts": Fixture((_HR, FixtureAccount("Logs", "Logs@company1.com", _logs))),
    "empty": Fixture.of("Sandbox", "root@example.com", _nothing),
    "bare": Fixture.of("Sandbox", "root@example.com", _nothing, admin=False, root_key=True),
}
# An account as the sign-up opens it; name, address and password are its owner's. Nobody can ask for it by name.
SIGNED_UP = Fixture.of("Account", "root@example.com", _nothing, admin=False)


def fixture_named(name: str) -> Fixture:
    """A sandbox that was begun by a sign-up has no fixture's name."""
    return FIXTURES[name] if name else SIGNED_UP
