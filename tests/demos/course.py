"""The literal inputs of the course, shared by every face."""

from __future__ import annotations

import json

HR_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::company1-hr-bucket", "arn:aws:s3:::company1-hr-bucket/*"],
            }
        ],
    },
    indent=4,
)
# What the visual editor makes in D13; the order of its statements says nothing (W9).
DEVELOPERS_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "VisualEditor0", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
            {
                "Sid": "VisualEditor1",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::company1-sales/*",
            },
        ],
    },
    indent=4,
)
BUCKET_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "HandbookForAll",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::company1-hr-bucket/*",
            }
        ],
    }
)
S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"
FIRST_PASSWORD = "First-Passw0rd"
NEW_PASSWORD = "Second-Passw0rd"


def refusal(account_id: str, user: str, action: str, resource: str = "") -> str:
    """AWS's sentence for an implicit denial by identity-based policies (console.md §1.9)."""
    on = f' on resource: "{resource}"' if resource else ""
    return (
        f"User: arn:aws:iam::{account_id}:user/{user} is not authorized to perform: {action}{on} "
        f"because no identity-based policy allows the {action} action"
    )


def session_refusal(account_id: str, session: str, action: str, resource: str, lacking: str) -> str:
    """The same for a session of a role: `lacking` is the kind of policy that does not allow."""
    return (
        f"User: arn:aws:sts::{account_id}:assumed-role/{session} is not authorized to perform: {action} "
        f'on resource: "{resource}" because no {lacking} allows the {action} action'
    )


def trust(account_id: str, user: str) -> str:
    """D23's custom trust policy."""
    principal = {"AWS": f"arn:aws:iam::{account_id}:user/{user}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def on_hr(*actions: str) -> str:
    """A policy for company1-hr and its objects."""
    resources = ["arn:aws:s3:::company1-hr", "arn:aws:s3:::company1-hr/*"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def session_upload_policy() -> str:
    """D23's SessionPolicy-UploadFile."""
    return on_hr("s3:ListBucket", "s3:GetObject", "s3:PutObject")


def revocation(now: str) -> str:
    """What `Revoke active sessions` puts on a role as AWSRevokeOlderSessions (IAM User Guide)."""
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
