"""The course's end state (demos.md, "End-state matrix") and what else a sandbox may hold, built through the door."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from iamconsole.accounts.models import Account
from iamconsole.iam import aws_managed
from iamconsole.iam.models import Group, ManagedPolicy, Role, User
from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request, decide, parse
from iamconsole.s3.models import Bucket
from tests.demos.course import ADMINISTRATOR, CHANGE_PASSWORD, HR_POLICY
from tests.factories import allow, client_for, deny, policy

LOGS, LIST_BUCKETS, HR_READ = "Company1-Logs-Policy", "Company1_List_S3_Buckets", "Company1-HR-ReadOnly"
SALES = "arn:aws:s3:::company1-sales"
EC2_TRUST = policy(
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
)


def trust(*arns: str) -> str:
    return policy({"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"})


def build(account: Account) -> None:
    """All labs done, D19's second half, D23 with the trust policy that names john (demos.md)."""
    a = account.account_id
    root = client_for(account)

    def own(name: str) -> str:
        return f"arn:aws:iam::{a}:policy/{name}"

    root.call("iam:CreateUser", user_name="john", tags=[{"Key": "team", "Value": "hr"}])
    root.call("iam:CreateLoginProfile", user_name="john", password="First-Passw0rd")
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=CHANGE_PASSWORD)
    root.call("iam:CreateGroup", group_name="HR")
    root.call("iam:CreatePolicy", policy_name="HRPolicy", policy_document=HR_POLICY)
    root.call("iam:AttachGroupPolicy", group_name="HR", policy_arn=own("HRPolicy"))
    root.call("iam:AddUserToGroup", group_name="HR", user_name="john")
    root.call("iam:CreateGroup", group_name="IT")
    root.call("iam:AttachGroupPolicy", group_name="IT", policy_arn=ADMINISTRATOR)
    root.call("iam:AddUserToGroup", group_name="IT", user_name="Sarah")
    developers = policy(allow("s3:GetObject", f"{SALES}/*"), allow("ec2:*"))
    root.call("iam:CreatePolicy", policy_name="Developers_Policy", policy_document=developers)
    stop = policy(allow("s3:GetObject", f"{SALES}/*"), allow("ec2:*"), deny("ec2:StopInstances"))
    root.call("iam:CreatePolicyVersion", policy_arn=own("Developers_Policy"), policy_document=stop, set_as_default=True)
    root.call("iam:CreateGroup", group_name="Developers")
    for name in ("Developers_Policy", LOGS):
        root.call("iam:AttachGroupPolicy", group_name="Developers", policy_arn=own(name))
    root.call("iam:AddUserToGroup", group_name="Developers", user_name="john")
    statement = {"Sid": "John", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{a}:user/john"}}
    bucket_policy = policy(statement | {"Action": "s3:*", "Resource": SALES})
    root.call("s3:PutBucketPolicy", bucket="company1-sales", policy=bucket_policy)
    root.call("iam:CreateUser", user_name="Sara-intern")
    root.call("iam:AddUserToGroup", group_name="Developers", user_name="Sara-intern")
    root.call("iam:PutUserPermissionsBoundary", user_name="Sara-intern", permissions_boundary=own(LIST_BUCKETS))
    root.call("iam:AttachUserPolicy", user_name="Sara-intern", policy_arn=own(LIST_BUCKETS))
    root.call("iam:CreateRole", role_name="Company1-Logs-Role", assume_role_policy_document=EC2_TRUST)
    root.call("iam:AttachRolePolicy", role_name="Company1-Logs-Role", policy_arn=own(LOGS))
    root.call("iam:CreateInstanceProfile", instance_profile_name="Company1-Logs-Role")
    root.call(
        "iam:AddRoleToInstanceProfile", instance_profile_name="Company1-Logs-Role", role_name="Company1-Logs-Role"
    )
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn=own(HR_READ))
    upload = policy(
        allow("s3:PutObject", "arn:aws:s3:::company1-hr/*"),
        allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"),
        allow("s3:ListBucket", "arn:aws:s3:::company1-hr"),
    )
    root.call("iam:CreatePolicy", policy_name="SessionPolicy-UploadFile", policy_document=upload)
    john = trust(f"arn:aws:iam::{a}:user/john")
    root.call("iam:CreateRole", role_name="JohnUploadRole", assume_role_policy_document=john)
    root.call("iam:AttachRolePolicy", role_name="JohnUploadRole", policy_arn=own("SessionPolicy-UploadFile"))
    root.call("s3:CreateBucket", bucket="company1-hr-bucket")
    root.call("s3:PutObject", bucket="company1-hr-bucket", key="handbook.txt", body=io.BytesIO(b"Be kind.\n"))


def furnish_richly(account: Account) -> None:
    """What else may be there: names and texts that hold IDs, gaps, things that are gone, refusals in the history."""
    a = account.account_id
    root, admin = client_for(account), client_for(account, "admin")
    root.call("iam:CreateAccountAlias", account_alias="company1")
    root.call("s3:CreateBucket", bucket=f"trail-{a}")
    key = f"AWSLogs/{a}/ünïcode {a}.txt"
    meta = {"metadata": {"account": a}, "content_type": "text/plain", "cache_control": "no-cache"}
    root.call("s3:PutObject", bucket=f"trail-{a}", key=key, body=io.BytesIO(b"x" * 1000), **meta)
    user_id = root.call("iam:GetUser", user_name="john")["User"]["UserId"]
    inline = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::trail-{a}/*",
                "Condition": {"StringEquals": {"aws:userid": [user_id, "AIDAAAAAAAAAAAAAAAAAA"]}},
            }
        ],
    }
    root.call("iam:PutUserPolicy", user_name="john", policy_name="Own", policy_document=json.dumps(inline, indent=2))
    root.call("iam:PutGroupPolicy", group_name="IT", policy_name="Own", policy_document=policy(deny("iam:CreateUser")))
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="spare", path="/phones/")
    root.call("iam:CreateAccessKey", user_name="john")
    old = root.call("iam:CreateAccessKey", user_name="john")["AccessKey"]["AccessKeyId"]
    root.call("iam:UpdateAccessKey", user_name="john", access_key_id=old, status="Inactive")
    root.call("iam:CreateUser", user_name="gone")
    gone = trust(f"arn:aws:iam::{a}:user/gone", f"arn:aws:iam::{a}:role/Company1-Logs-Role")
    root.call("iam:CreateRole", role_name="TrustsOneWhoIsGone", assume_role_policy_document=gone, path="/x/")
    root.call("iam:DeleteUser", user_name="gone")
    root.call("iam:TagUser", user_name="Sarah", tags=[{"Key": f"account-{a}", "Value": user_id}])
    developers = f"arn:aws:iam::{a}:policy/Developers_Policy"
    for document in (policy(allow("s3:*")), policy(allow("sqs:*", f"arn:aws:sqs:us-east-1:{a}:q"))):
        root.call("iam:CreatePolicyVersion", policy_arn=developers, policy_document=document)
    root.call("iam:DeletePolicyVersion", policy_arn=developers, version_id="v3")
    root.call("iam:UpdateAccountPasswordPolicy", minimum_password_length=12, password_reuse_prevention=3)
    admin.call("iam:ListUsers")
    john = client_for(account, "john")
    for refused in (
        ("iam:ListUsers", {}),
        ("iam:GetUser", {"user_name": "Sarah"}),
        ("s3:GetBucketPolicy", {"bucket": "company1-hr"}),
        ("s3:ListObjectsV2", {"bucket": "company1-sales"}),
    ):
        john.call_many([refused])
    john.flush()


# -- decisions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of the matrix; `{a}` stands for the account ID. Per caller: what is decided, and by what."""

    action: str
    resource: str
    admin: str
    john: str
    sara: str
    logs_role: str
    upload_session: str


HR, HR_BUCKET, LOG_BUCKET = "arn:aws:s3:::company1-hr", "arn:aws:s3:::company1-hr-bucket", "arn:aws:s3:::company1-logs"
OK, I_, B_, R_, X_ = "allowed", "- identity", "- boundary", "allowed resource", "x"
INSTANCE = "arn:aws:ec2:us-west-2:{a}:instance/i-0123456789abcdef0"
OK_I = "allowed identity"
# demos.md, "End-state matrix"; its last three rows (the user's own password, PassRole, AssumeRole) included.
MATRIX = (
    Row("s3:ListAllMyBuckets", "arn:aws:s3:::*", OK, I_, OK, I_, I_),
    Row("s3:ListBucket", SALES, OK, R_, I_, I_, I_),
    Row("s3:GetObject", f"{SALES}/report.csv", OK, OK_I, B_, I_, I_),
    Row("s3:PutObject", f"{SALES}/new", OK, I_, I_, I_, I_),
    Row("s3:PutBucketPolicy", SALES, OK, R_, I_, I_, I_),
    Row("s3:ListBucket", LOG_BUCKET, OK, OK_I, B_, OK, I_),
    Row("s3:GetObject", f"{LOG_BUCKET}/x", OK, OK_I, B_, OK, I_),
    Row("s3:PutObject", f"{LOG_BUCKET}/x", OK, OK_I, B_, OK, I_),
    Row("s3:DeleteObject", f"{LOG_BUCKET}/x", OK, OK_I, B_, OK, I_),
    Row("s3:ListBucket", HR, OK, OK_I, I_, I_, OK),
    Row("s3:GetObject", f"{HR}/Test.txt", OK, OK_I, I_, I_, OK),
    Row("s3:PutObject", f"{HR}/new", OK, I_, I_, I_, OK),
    Row("s3:DeleteObject", f"{HR}/Test.txt", OK, I_, I_, I_, I_),
    Row("s3:PutBucketPolicy", HR_BUCKET, OK, OK_I, I_, I_, I_),
    Row("s3:DeleteObject", f"{HR_BUCKET}/handbook.txt", OK, OK_I, I_, I_, I_),
    Row("ec2:DescribeInstances", "*", OK, OK_I, B_, I_, I_),
    Row("ec2:StartInstances", INSTANCE, OK, OK_I, B_, I_, I_),
    Row("ec2:TerminateInstances", INSTANCE, OK, OK_I, B_, I_, I_),
    Row("ec2:StopInstances", INSTANCE, OK, X_, X_, I_, I_),
    Row("iam:PassRole", "arn:aws:iam::{a}:role/Company1-Logs-Role", OK, I_, I_, I_, I_),
    Row("iam:ListUsers", "*", OK, I_, I_, I_, I_),
    Row("cloudtrail:LookupEvents", "*", OK, I_, I_, I_, I_),
    Row("cloudshell:CreateEnvironment", "*", OK, I_, I_, I_, I_),
)


@dataclass(frozen=True)
class Asking:
    """A caller of the matrix, with everything that is stored of it."""

    principal: Principal
    policies: PolicySet


def callers_of(account: Account) -> dict[str, Asking]:
    """The columns of the matrix."""
    a = account.account_id

    def user(name: str) -> Asking:
        row = User.objects.get(account=account, name=name)
        return Asking(Principal.user(row.arn(a), unique_id=row.unique_id), _policies(row, account))

    def session(role_name: str, session_name: str) -> Asking:
        row = Role.objects.get(account=account, name=role_name)
        arn = f"arn:aws:sts::{a}:assumed-role/{role_name}/{session_name}"
        principal = Principal.role_session(arn, row.arn(a), unique_id=f"{row.unique_id}:{session_name}")
        return Asking(principal, _policies(row, account))

    return {
        "admin": user("admin"),
        "sarah": user("Sarah"),
        "john": user("john"),
        "sara": user("Sara-intern"),
        "logs_role": session("Company1-Logs-Role", "i-0123456789abcdef0"),
        "upload_session": session("JohnUploadRole", "JohnUploadSession"),
    }


def _policies(holder: User | Role, account: Account) -> PolicySet:
    """What is attached to a user or role, directly or through groups, and its boundary: read row by row."""
    holders: list[Any] = [holder]
    if isinstance(holder, User):
        holders += Group.objects.filter(memberships__user=holder)
    found = []
    for one in holders:
        for attached in one.attachments.select_related("policy"):
            found.append(_managed(attached.policy, attached.aws_arn, account))
        found += [
            AttachedPolicy(parse(inline.text.text, "identity"), inline.name, "inline")
            for inline in one.inline_policies.select_related("text")
        ]
    bounded = holder.boundary or holder.boundary_aws_arn
    boundary = _managed(holder.boundary, holder.boundary_aws_arn, account) if bounded else None
    return PolicySet(identity=tuple(found), boundary=boundary)


def _managed(row: ManagedPolicy | None, aws_arn: str, account: Account) -> AttachedPolicy:
    if row is None:
        return AttachedPolicy(parse(aws_managed.by_arn()[aws_arn].text, "identity"), aws_arn, "direct", aws_arn)
    text = row.versions.get(number=row.default_version).text.text
    return AttachedPolicy(parse(text, "identity"), row.name, "direct", row.arn(account.account_id))


def decision(account: Account, asking: Asking, action: str, resource: str) -> str:
    """What the engine decides with everything that is stored of the caller and the resource: outcome and by what."""
    policies = asking.policies
    if resource.startswith("arn:aws:s3:::"):
        name = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        bucket = Bucket.objects.filter(sandbox=account.sandbox_id, name=name).select_related("policy").first()
        if bucket and bucket.policy:
            text = parse(bucket.policy.text, "resource")
            policies = policies.for_resource(AttachedPolicy(text, name, "resource", f"arn:aws:s3:::{name}"))
    return _decided(asking.principal, policies, action, resource, account.account_id)


def _decided(principal: Principal, policies: PolicySet, action: str, resource: str, owner: str) -> str:
    decided = decide(Request(principal, action, resource, owner, principal.context()), policies)
    return f"{decided.outcome} {decided.decided_by}"


def agrees(expected: str, decided: str) -> bool:
    outcome, by = decided.split(" ", 1)
    wanted: dict[str, Any] = {"-": "implicit_deny", "x": "explicit_deny", "allowed": "allowed"}
    first, _, second = expected.partition(" ")
    return outcome == wanted[first] and second in ("", by)


def may_assume(account: Account, asking: Asking) -> bool:
    """Whether a caller may become JohnUploadRole: the last row of the matrix."""
    role = Role.objects.select_related("trust").get(account=account, name="JohnUploadRole")
    arn = role.arn(account.account_id)
    trusting = AttachedPolicy(parse(role.trust.text, "trust"), role.name, "trust", arn)
    policies = asking.policies.for_resource(trusting)
    return _decided(asking.principal, policies, "sts:AssumeRole", arn, account.account_id).startswith("allowed ")


def columns(row: Row) -> dict[str, str]:
    """What the row says of each caller; Sarah is an administrator too."""
    return {
        "admin": row.admin,
        "sarah": row.admin,
        "john": row.john,
        "sara": row.sara,
        "logs_role": row.logs_role,
        "upload_session": row.upload_session,
    }
