"""No page takes more than 15 database queries, with 20 rows or with 5,000 users in the account.

Counted cold: the caller's policies have just changed, so they are gathered anew. What begins or ends a
transaction is not counted: it reads and writes no row.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.accounts.models import Account
from iamconsole.iam.models import Group, Membership, User
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

BUDGET = 15
# The tab Last Accessed makes a report, which is a write with its lock, a row and an event of its own.
REPORT = 9
PAGES = [
    "/console/home",
    "/account",
    "/switchrole",
    "/iam/home",
    "/iam/account_settings",
    "/iam/account_settings/edit-password-policy",
    "/iam/credential_report",
    "/iam/identity_providers",
    "/iam/identity_providers/create",
    "/iam/organizations/scp",
    "/iam/security_credentials",
    "/iam/security_credentials/mfa",
    "/iam/security_credentials/update-password",
    "/iam/users",
    "/iam/users?q=user&sort=-created&page=2",
    "/iam/users/create",
    "/iam/users/details/user-0001",
    "/iam/users/details/user-0001?section=groups",
    "/iam/users/details/user-0001?section=tags",
    "/iam/users/details/user-0001?section=security_credentials",
    "/iam/users/details/user-0001/add-permissions",
    "/iam/users/details/user-0001/create-access-key",
    "/iam/users/details/user-0001/create-policy",
    "/iam/users/details/user-0001/tags",
    "/iam/users/details/user-0001/set-permissions-boundary",
    "/iam/users/details/user-0001/generate-policy",
    "/iam/groups",
    "/iam/groups/create",
    "/iam/groups/details/group-01",
    "/iam/groups/details/group-01?section=permissions",
    "/iam/groups/details/group-01/add-users",
    "/iam/groups/details/group-01/add-permissions",
    "/iam/roles",
    "/iam/roles?q=role&sort=-created",
    "/iam/roles/create",
    "/iam/roles/details/role-01",
    "/iam/roles/details/role-01?open=inline/inline",
    "/iam/roles/details/role-01?section=trust_relationships",
    "/iam/roles/details/role-01?section=tags",
    "/iam/roles/details/role-01?section=last_accessed",
    "/iam/roles/details/role-01?section=revoke_sessions",
    "/iam/roles/details/role-01/edit",
    "/iam/roles/details/role-01/edit-trust-policy",
    "/iam/roles/details/role-01/attach-policies",
    "/iam/roles/details/role-01/create-policy",
    "/iam/roles/details/role-01/remove-policies?selected=inline/inline",
    "/iam/roles/details/role-01/revoke-sessions",
    "/iam/roles/details/role-01/tags",
    "/iam/roles/details/role-01/set-permissions-boundary",
    "/iam/roles/delete?selected=role-01&selected=role-02",
    "/iam/policies",
    "/iam/policies?type=customer",
    "/iam/policies/create",
    "/iam/policies/details/{policy}/edit/v1",
    "/s3/bucket/company1-hr/property/policy/edit",
    "/iam/policies/details/{policy}",
    "/iam/policies/details/{policy}?section=entities_attached",
    "/iam/policies/details/{policy}?section=versions",
    "/iam/policies/details/{policy}?section=last_accessed",
    "/iam/policies/details/arn:aws:iam::aws:policy/AdministratorAccess?section=last_accessed&open=iam",
    "/iam/policies/details/{policy}?effect=allow&service=s3",
    "/iam/policies/details/{policy}?effect=allow&service=s3&action=GetObject",
    "/iam/policies/details/{policy}?section=tags",
    "/iam/policies/details/{policy}/attach",
    "/iam/policies/details/{policy}/set-boundary",
    "/iam/policies/details/{policy}/remove-boundary?selected=user/user-0001",
    "/iam/policies/details/{policy}/versions/compare?selected=v1",
    "/iam/policies/details/{policy}/tags",
    "/s3/buckets",
    "/s3/bucket/create",
    "/s3/buckets/company1-hr",
    "/s3/buckets/company1-hr?tab=permissions",
    "/s3/buckets/company1-hr?tab=properties",
    "/s3/object/company1-hr?prefix=Test.txt",
    "/s3/upload/company1-hr",
    "/policysim",
    "/policysim?users=user-0001",
]


def populate(account: Account, count: int, root) -> None:
    User.objects.bulk_create(
        User(account=account, name=f"user-{n:04}", unique_id=f"AIDA{n:017}", created=account.created)
        for n in range(count)
    )
    for number in range(20):
        root.call("iam:CreateGroup", group_name=f"group-{number:02}")
        document = policy(allow("s3:GetObject", f"arn:aws:s3:::bucket-{number}/*"))
        made = root.call("iam:CreatePolicy", policy_name=f"policy-{number:02}", policy_document=document)
        root.call("iam:AttachGroupPolicy", group_name=f"group-{number:02}", policy_arn=made["Policy"]["Arn"])
        root.call("s3:CreateBucket", bucket=f"bucket-{number:02}")
    for number in range(20):
        trusted = {"Effect": "Allow", "Principal": {"AWS": account.account_id}, "Action": "sts:AssumeRole"}
        name = f"role-{number:02}"
        root.call("iam:CreateRole", role_name=name, assume_role_policy_document=policy(trusted))
        root.call("iam:PutRolePolicy", role_name=name, policy_name="inline", policy_document=policy(allow("s3:*")))
        root.call("iam:AttachRolePolicy", role_name=name, policy_arn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    groups, users = Group.objects.filter(account=account)[:8], User.objects.filter(account=account)
    Membership.objects.bulk_create(Membership(group=group, user=user) for group in groups for user in users)
    for number in range(20):
        root.call("iam:CreateLoginProfile", user_name=f"user-{number:04}", password="Passw0rd!")
        root.call("iam:CreateAccessKey", user_name=f"user-{number:04}")


@pytest.mark.parametrize("count", [20, 4997])
def test_every_page_stays_within_its_budget(count, sandbox, root, as_user):
    populate(sandbox, count, root)
    browser = as_user("admin")
    own = f"arn:aws:iam::{sandbox.account_id}:policy/policy-01"
    spent = {}
    for page in PAGES:
        root.call("iam:TagUser", user_name="admin", tags=[{"Key": "visit", "Value": "new"}])
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(page.format(policy=own))
        assert answer.status_code == 200, page
        spent[page] = sum(1 for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE")))
    allowed = {page: BUDGET + (REPORT if "section=last_accessed" in page else 0) for page in PAGES}
    assert {page: count for page, count in spent.items() if count > allowed[page]} == {}
