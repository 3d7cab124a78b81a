"""The life of an account: its password policy, reports and answers about who may do what."""

from __future__ import annotations

import base64
import csv

from tests.clients.drivers import names
from tests.factories import allow, policy

S3_READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
STRICT = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 5,
    "HardExpiry": False,
}


def test_the_life_of_the_password_policy(admin, account, refused):
    missing = f"The Password Policy with domain name {account} cannot be found."
    with refused("NoSuchEntity", missing):
        admin.iam("GetAccountPasswordPolicy")
    admin.iam("UpdateAccountPasswordPolicy", **STRICT)
    assert admin.iam("GetAccountPasswordPolicy")["PasswordPolicy"] == STRICT | {"ExpirePasswords": True}
    with refused("PasswordPolicyViolation"):
        admin.iam("CreateLoginProfile", UserName="amin", Password="Passw0rd!")
    admin.iam("CreateLoginProfile", UserName="amin", Password="A-much-l0nger-one!")
    admin.iam("UpdateAccountPasswordPolicy", MinimumPasswordLength=8)  # what is left out is as at first
    shown = admin.iam("GetAccountPasswordPolicy")["PasswordPolicy"]
    assert (shown["MinimumPasswordLength"], shown["RequireSymbols"], shown["ExpirePasswords"]) == (8, False, False)
    admin.iam("DeleteAccountPasswordPolicy")
    with refused("NoSuchEntity", missing):
        admin.iam("DeleteAccountPasswordPolicy")


def test_the_summary_counts_what_there_is(admin):
    before = admin.iam("GetAccountSummary")["SummaryMap"]
    admin.iam("CreateUser", UserName="ann")
    admin.iam("CreateGroup", GroupName="HR")
    after = admin.iam("GetAccountSummary")["SummaryMap"]
    assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == {"Users": 1, "Groups": 1}
    assert (after["UsersQuota"], after["GroupsQuota"], after["AccessKeysPerUserQuota"]) == (5000, 300, 2)


def test_the_credential_report(admin, account):
    made = admin.iam("GenerateCredentialReport")
    assert made["State"] in ("STARTED", "INPROGRESS", "COMPLETE")
    report = admin.iam("GetCredentialReport")
    assert report["ReportFormat"] == "text/csv"
    content = report["Content"]
    if isinstance(content, bytes):  # boto3; the `aws` command decodes it by itself
        content = content.decode()
    elif not content.startswith("user,"):
        content = base64.b64decode(content).decode()
    rows = list(csv.DictReader(content.splitlines()))
    assert names(rows, "user") == ["<root_account>", "admin", "amin", "Sarah"]
    assert len(rows[0]) == 22
    assert rows[1]["access_key_1_active"] == "true"


def test_the_details_of_the_whole_account(admin, account):
    admin.iam("CreateGroup", GroupName="HR")
    admin.iam("AddUserToGroup", GroupName="HR", UserName="amin")
    admin.iam("PutUserPolicy", UserName="amin", PolicyName="own", PolicyDocument=policy(allow("s3:*")))
    details = admin.iam("GetAccountAuthorizationDetails", Filter=["User", "Group", "LocalManagedPolicy"])
    assert names(details["UserDetailList"], "UserName") == ["admin", "amin", "Sarah"]
    amin = details["UserDetailList"][1]
    assert (amin["GroupList"], names(amin["UserPolicyList"], "PolicyName")) == (["HR"], ["own"])
    assert amin["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    assert (names(details["GroupDetailList"], "GroupName"), details["RoleDetailList"]) == (["HR"], [])
    assert len(details["Policies"]) == 3
    version = details["Policies"][0]["PolicyVersionList"][0]
    assert (version["IsDefaultVersion"], version["Document"]["Version"]) == (True, "2012-10-17")


def test_when_services_were_last_used(admin, account):
    arn = f"arn:aws:iam::{account}:user/admin"
    admin.iam("ListUsers")
    job = {"JobId": admin.iam("GenerateServiceLastAccessedDetails", Arn=arn)["JobId"]}
    services = []
    page = {"IsTruncated": True}
    while page["IsTruncated"]:  # AdministratorAccess grants hundreds, and the SDKs have no paginator for them
        marker = {"Marker": page["Marker"]} if "Marker" in page else {}
        page = admin.iam("GetServiceLastAccessedDetails", **job, **marker)
        assert page["JobStatus"] == "COMPLETED"
        services += page["ServicesLastAccessed"]
    assert len(services) == len(set(names(services, "ServiceNamespace"))) > 300
    iam = next(row for row in services if row["ServiceNamespace"] == "iam")
    assert (iam["ServiceName"], iam["LastAuthenticatedEntity"]) == ("AWS Identity and Access Management (IAM)", arn)
    entities = admin.iam("GetServiceLastAccessedDetailsWithEntities", **job, ServiceNamespace="iam")
    assert names([one["EntityInfo"] for one in entities["EntityDetailsList"]], "Arn") == [arn]
    granting = admin.iam("ListPoliciesGrantingServiceAccess", Arn=arn, ServiceNamespaces=["s3"])
    found = granting["PoliciesGrantingServiceAccess"][0]
    assert (found["ServiceNamespace"], names(found["Policies"], "PolicyName")) == ("s3", ["AdministratorAccess"])


def test_the_simulator_answers_as_the_real_call_would(admin, account):
    admin.iam("AttachUserPolicy", UserName="amin", PolicyArn=S3_READ_ONLY)
    asked = {"ActionNames": ["s3:GetObject", "s3:PutObject"], "ResourceArns": ["arn:aws:s3:::company1-hr/Test.txt"]}
    source = f"arn:aws:iam::{account}:user/amin"
    results = admin.iam("SimulatePrincipalPolicy", PolicySourceArn=source, **asked)["EvaluationResults"]
    assert [(one["EvalActionName"], one["EvalDecision"]) for one in results] == [
        ("s3:GetObject", "allowed"),
        ("s3:PutObject", "implicitDeny"),
    ]
    document = policy(allow("s3:*"), {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"})
    results = admin.iam("SimulateCustomPolicy", PolicyInputList=[document], **asked)["EvaluationResults"]
    assert names(results, "EvalDecision") == ["allowed", "explicitDeny"]
    conditional = policy(allow("s3:*") | {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "hr"}}})
    keys = admin.iam("GetContextKeysForCustomPolicy", PolicyInputList=[conditional])["ContextKeyNames"]
    assert keys == ["aws:PrincipalTag/team"]
    admin.iam("PutUserPolicy", UserName="amin", PolicyName="own", PolicyDocument=conditional)
    keys = admin.iam("GetContextKeysForPrincipalPolicy", PolicySourceArn=source)["ContextKeyNames"]
    assert "aws:PrincipalTag/team" in keys


def test_the_preferences_of_the_token_service(admin, refused):
    admin.iam("SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion="v2Token")
    assert admin.iam("GetAccountSummary")["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
