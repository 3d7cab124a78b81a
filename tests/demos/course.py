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
