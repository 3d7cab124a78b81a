"""The texts that the specification marks as AWS's own, word for word, each on the page where it belongs (console.md)."""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import html
import re

import pytest
from django.test import Client

#    who      page                                        text
TABLE = [
    # §1.2 the frame
    ("admin", "/iam/users",                               "Skip to Main Content"),
    ("admin", "/iam/users",                               "Close side navigation"),
    ("admin", "/iam/users",                               "Open side navigation"),
    ("admin", "/iam/users",                               "IAM does not require Region selection."),
    ("admin", "/iam/users",                               "Search IAM"),
    ("admin", "/iam/users",                               "Not affiliated with Amazon Web Services"),
    # §1.3 tables
    ("admin", "/iam/users",                               "Previous page"),
    ("admin", "/iam/users",                               "Page 1 of all pages"),
    ("admin", "/iam/users",                               "Next page"),
    ("admin", "/iam/users",                               "Select Sarah"),
    ("admin", "/iam/users?q=nobody",                      "No matches"),
    ("admin", "/iam/users?q=nobody",                      "We can't find a match."),
    ("admin", "/iam/users?q=nobody",                      "Clear filter"),
    ("admin", "/iam/users/details/Sarah?section=groups",  "No resources to display"),
    # §1.5 wizards
    ("admin", "/iam/users/create",                        "Step 1"),
    ("admin", "/iam/users/create",                        "- optional"),
    # §1.6 what to type, and §4.2 the deletion of a user
    ("admin", "/iam/users/delete?selected=Sarah",         "Delete Sarah?"),
    ("admin", "/iam/users/delete?selected=Sarah",         "permanently? This will also delete all its user data, security credentials and inline policies."),
    ("admin", "/iam/users/delete?selected=Sarah",         "Note: Recent activity usually appears within 4 hours. Data is stored for a maximum of 365 days, depending when your region began supporting this feature."),
    ("admin", "/iam/users/delete?selected=Sarah",         "This action cannot be undone."),
    ("admin", "/iam/users/delete?selected=Sarah",         "To confirm deletion, enter the user name in the text input field."),
    # §1.8 the tag editor
    ("admin", "/iam/users/details/Sarah/tags",            "Add new tag"),
    ("admin", "/iam/users/details/Sarah/tags",            "You can add up to 50 more tags."),
    ("admin", "/iam/users/details/Sarah/tags",            "No tags associated with the resource."),
    # §1.9 refusals
    ("dev",   "/iam/users",                               "Access denied"),
    ("dev",   "/iam/users",                               "You don't have permission to iam:ListUsers. To request access, copy the following text and send it to your AWS administrator."),
    ("dev",   "/iam/users",                               "Learn more about troubleshooting access denied errors"),
    ("dev",   "/iam/users",                               "User: arn:aws:iam::{account}:user/dev"),
    ("dev",   "/iam/users",                               "Service: iam"),
    ("dev",   "/iam/users",                               "Action: ListUsers"),
    ("dev",   "/iam/users",                               "On resource(s): arn:aws:iam::{account}:user/"),
    ("dev",   "/iam/users",                               "Context: no identity-based policy allows the iam:ListUsers action"),
    # §2 sign-up and sign-in
    ("",      "/",                                        "Create an AWS Account"),
    ("",      "/",                                        "Sign In"),
    ("",      "/signup",                                  "Training simulator. Do not enter real AWS credentials, e-mail passwords or card numbers."),
    ("",      "/signup",                                  "Root user email address"),
    ("",      "/signup",                                  "Used for account recovery and as described in the AWS Privacy Notice"),
    ("",      "/signup",                                  "AWS account name"),
    ("",      "/signup",                                  "Choose a name for your account. You can change this name in your account settings after you sign up."),
    ("",      "/signup",                                  "Verify email address"),
    ("",      "/signup",                                  "Sign in to an existing AWS account"),
    ("",      "/signup",                                  "OR"),
    ("",      "/signin",                                  "Root user email address"),
    ("",      "/signin?kind=iam",                         "Account ID (12 digits) or account alias"),
    ("",      "/signin",                                  "Account owner that performs tasks requiring unrestricted access."),
    ("",      "/signin",                                  "User within an account that performs daily tasks."),
    ("",      "/signin",                                  "Create a new AWS account"),
    ("",      "/signin/root?email=HR@company1.com",       "Forgot password?"),
    ("",      "/signin/root?email=HR@company1.com",       "HR@company1.com"),
    ("",      "/console",                                 "Account ID or alias"),
    ("",      "/console",                                 "Remember this account"),
    ("",      "/console",                                 "IAM username"),
    ("",      "/console",                                 "Show Password"),
    ("",      "/console",                                 "Having trouble?"),
    ("",      "/console",                                 "Sign in using root user email"),
    ("",      "/console",                                 "Create a new AWS account"),
    ("new",   "/iam/users",                               "You must change your password to continue"),
    ("new",   "/iam/users",                               "{account}"),
    ("new",   "/iam/users",                               "Old password"),
    ("new",   "/iam/users",                               "New password"),
    ("new",   "/iam/users",                               "Retype new password"),
    ("new",   "/iam/users",                               "Confirm password change"),
    ("new",   "/iam/users",                               "Sign in using root user email"),
    ("",      "/signin?loggedout",                        "You have successfully signed out"),
    ("",      "/signin/forgot",                           "IAM users, only your administrator can reset your password."),
    # §3 home, account and credentials
    ("admin", "/console/home",                            "Console Home"),
    ("admin", "/console/home",                            "Recently visited"),
    ("admin", "/console/home",                            "Welcome to AWS"),
    ("admin", "/console/home",                            "AWS Health"),
    ("admin", "/console/home",                            "Cost and usage"),
    ("admin", "/console/home",                            "Reset to default layout"),
    ("admin", "/console/home",                            "+ Add widgets"),
    ("root",  "/iam/security_credentials",                "My security credentials (root user)"),
    ("admin", "/iam/security_credentials",                "AWS IAM credentials"),
    ("admin", "/iam/security_credentials",                "AWS CodeCommit credentials"),
    ("admin", "/iam/security_credentials",                "Update password"),
    ("admin", "/iam/security_credentials/update-password", "Current password"),
    ("admin", "/iam/security_credentials/update-password", "Confirm new password"),
    ("admin", "/account",                                 "Close account"),
    ("root",  "/iam/security_credentials/create-access-key", "I understand creating a root access key is not a best practice, but I still want to create one."),
    # §4.1 the dashboard
    ("root",  "/iam/home",                                "Add MFA for root user"),
    ("root",  "/iam/home",                                "Enable multi-factor authentication (MFA) for the root user to improve security for this account."),
    ("root",  "/iam/home",                                "Root user has no active access keys"),
    ("root",  "/iam/home",                                "Using access keys attached to an IAM user instead of the root user improves security."),
    ("root",  "/iam/home",                                "Resources in this AWS Account"),
    ("root",  "/iam/home",                                "Security recommendations (1)"),
    ("admin", "/iam/home",                                "Add MFA for yourself"),
    ("admin", "/iam/home",                                "Your user, admin, does not have any active access keys that have been unused for more than a year."),
    ("root",  "/iam/home",                                "What's new"),
    ("root",  "/iam/home",                                "Quick Links"),
    ("root",  "/iam/home",                                "Additional information"),
    ("root",  "/iam/home",                                "Sign-in URL for IAM users in this account"),
    ("root",  "/iam/account-alias",                       "Create alias for AWS account {account}"),
    ("root",  "/iam/account-alias",                       "Must be not more than 63 characters. Valid characters are a-z, 0-9, and - (hyphen)."),
    ("root",  "/iam/account-alias",                       "Preferred alias"),
    ("root",  "/iam/account-alias",                       "New sign-in URL"),
    # §4.3 the create-user wizard
    ("admin", "/iam/users/create",                        "The user name can have up to 64 characters. Valid characters: A-Z, a-z, 0-9, and + = , . @ _ - (hyphen)"),
    ("admin", "/iam/users/create",                        "Provide user access to the AWS Management Console - optional"),
    ("admin", "/iam/users/create",                        "If you're providing console access to a person, it's a best practice to manage their access in IAM Identity Center."),
    # §4.4 credentials of a user
    ("admin", "/iam/users/details/Sarah?section=security_credentials", "Use access keys to send programmatic calls to AWS from the AWS CLI, AWS Tools for PowerShell, AWS SDKs, or direct AWS API calls. You can have a maximum of two access keys (active or inactive) at a time."),
    # §4.7 policies
    ("admin", "/iam/policies",                            "A policy is an object in AWS that defines permissions."),
    # §7 S3
    ("dev2",  "/s3/buckets",                              "You don't have permissions to list buckets"),
]  # fmt: skip


def shown(page: str) -> str:
    """What a reader or a screen reader meets: text, labels, titles and placeholders, spaces as one."""
    spoken = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', page)
    text = re.sub(r"<[^>]+>", "", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))
    return re.sub(r"\s+", " ", html.unescape(" ".join([text, *spoken])))


PAGES = sorted({(who, path) for who, path, _ in TABLE})

WRONG = "Your authentication information is incorrect. Please try again."
# What a form answers (§2.2, §3, §4.1): what is sent, and what is then said.
#    who      page                                        sent                                              text
ANSWERS = [
    ("",      "/signin",                                  {"kind": "root"},                                 "Root user email address is required."),
    ("",      "/signin",                                  {"kind": "root", "email": "a@b.org"},             "An AWS account with that sign-in information does not exist. Try again or create a new account."),
    ("",      "/signin",                                  {"kind": "iam"},                                  "Account ID (12 digits) or account alias is required."),
    ("",      "/signin",                                  {"kind": "iam", "account": "12 34"},              "Account ID must be 12 digits or an alias"),
    ("",      "/signin/root",                             {"email": "HR@company1.com", "password": "x"},    f"There was an error {WRONG}"),
    ("",      "/console",                                 {"account": "{account}", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("",      "/console",                                 {"account": "{account}", "user_name": "nobody", "password": "x"}, f"There was an error {WRONG}"),
    ("",      "/console",                                 {"account": "999999999999", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("",      "/console",                                 {"account": "HR@company1.com", "user_name": "admin", "password": "x"}, f"There was an error {WRONG}"),
    ("root",  "/iam/account-alias",                       {"account_alias": "company1"},                    "Alias created for this account."),
]  # fmt: skip


@pytest.fixture
def page_of(sandbox, root, dev, as_user):
    root.call("iam:CreateUser", user_name="dev2")

    def page(who: str, path: str, sent: dict[str, str] | None = None) -> str:
        client = Client() if who in ("", "new") else as_user("" if who == "root" else who)
        if who == "new":
            known = {"user_name": "new", "password": "Passw0rd!"}
            root.call("iam:CreateUser", user_name="new")
            root.call("iam:CreateLoginProfile", password_reset_required=True, **known)
            client.post("/console", {"account": sandbox.account_id, **known})
        response = client.get(path, follow=True) if sent is None else client.post(path, sent, follow=True)
        return shown(response.content.decode())

    return page


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_the_page_says_what_aws_says(page_of, sandbox, who, path):
    page = page_of(who, path)
    texts = [text.format(account=sandbox.account_id) for whose, where, text in TABLE if (whose, where) == (who, path)]
    assert [text for text in texts if text not in page] == []


@pytest.mark.parametrize(("who", "path", "sent", "text"), ANSWERS)
def test_a_form_answers_what_aws_answers(page_of, sandbox, who, path, sent, text):
    assert text in page_of(who, path, {name: value.format(account=sandbox.account_id) for name, value in sent.items()})
