"""Start states, as calls through the door: whatever a learner finds could have been made by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from iamconsole.gateway.client import AwsClient

REGION = "us-west-2"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A start state: the account's name, its root user's e-mail address, and what is built in it.

    `admin` and `root_key`: whether it has an administrator, and whether its root user has an access key.
    """

    name: str
    root_email: str
    build: Callable[[AwsClient], None]
    admin: bool = True
    root_key: bool = False


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


def _course(aws: AwsClient) -> None:
    for name in ("amin", "Sarah"):
        aws.call("iam:CreateUser", user_name=name)
    for name, document in POLICIES.items():
        aws.call("iam:CreatePolicy", policy_name=name, policy_document=document)
    for bucket, objects in BUCKETS.items():
        aws.call("s3:CreateBucket", bucket=bucket, create_bucket_configuration={"LocationConstraint": REGION})
        for key, content in objects.items():
            aws.call("s3:PutObject", bucket=bucket, key=key, body=io.BytesIO(content))


def _nothing(aws: AwsClient) -> None:
    pass


FIXTURES = {
    "course": Fixture("HR", "HR@company1.com", _course),
    "empty": Fixture("Sandbox", "root@example.com", _nothing),
    "bare": Fixture("Sandbox", "root@example.com", _nothing, admin=False, root_key=True),
}
