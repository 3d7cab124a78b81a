"""The help panel: one short text for each `Info` link (console.md §1.2), in our words.

`{% info_link "users" %}` leads to a topic. A page names a topic by its key; one that is not here is a
mistake that a test finds.
"""

from __future__ import annotations

from dataclasses import dataclass

from iamconsole.console.services import IAM_GUIDE, S3_GUIDE

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    title: str
    texts: tuple[str, ...]
    links: tuple[Link, ...] = ()


TOPICS = {
    "console-home": Topic(
        "Console Home",
        (
            "This page leads to the services of this lab. What you opened last is listed first.",
            "The search field at the top finds services, their pages and AWS's documentation. Alt+S takes you there.",
        ),
    ),
    "iam-dashboard": Topic(
        "IAM Dashboard",
        (
            "The dashboard counts what the account has and points out what makes it less safe than it could be.",
            "A number that you may not see is a dash: each number is a call of its own, and each call needs its own "
            "permission.",
        ),
        (("Security best practices in IAM", f"{IAM_GUIDE}best-practices.html"),),
    ),
    "users": Topic(
        "IAM users",
        (
            "An IAM user stands for one person or one application. It signs in with a password, or signs requests "
            "with access keys, and may do nothing until a policy says so.",
            "Put people into groups and give the permissions to the group: then a change of job is a change of group.",
        ),
        (("IAM users", f"{IAM_GUIDE}id_users.html"),),
    ),
    "user-groups": Topic(
        "User groups",
        (
            "A user group is a list of users. Policies attached to the group hold for everybody in it.",
            "A group cannot sign in and cannot be named as a principal in a policy.",
        ),
        (("IAM user groups", f"{IAM_GUIDE}id_groups.html"),),
    ),
    "roles": Topic(
        "Roles",
        (
            "A role has permissions and no credentials of its own. Whoever its trust policy names can take it on for a "
            "while, and gets temporary credentials.",
        ),
        (("IAM roles", f"{IAM_GUIDE}id_roles.html"),),
    ),
    "policies": Topic(
        "Policies",
        (
            "A policy is a JSON document that allows or denies actions on resources. It does nothing until it is "
            "attached to a user, a group or a role.",
            "AWS managed policies are made and changed by AWS. Customer managed policies are yours, with up to five "
            "versions, of which one is in force.",
        ),
        (("Policies and permissions", f"{IAM_GUIDE}access_policies.html"),),
    ),
    "last-accessed": Topic(
        "Last accessed information",
        (
            "Every service that the permissions policies allow, and the last attempt to use it. Attempts that were "
            "refused count too; what boundaries and resource-based policies say does not.",
            "A service that nobody has used for long is one that the policy need not allow: this is how permissions "
            "are made smaller.",
        ),
        (("Last accessed information", f"{IAM_GUIDE}access_policies_last-accessed.html"),),
    ),
    "permissions-policies": Topic(
        "Permissions policies",
        (
            "Every policy that holds for this identity: attached directly, written inline, or through a group.",
            "One explicit deny in any of them wins over every allow.",
        ),
        (("Policy evaluation logic", f"{IAM_GUIDE}reference_policies_evaluation-logic.html"),),
    ),
    "permissions-boundary": Topic(
        "Permissions boundary",
        (
            "A boundary is the most that an identity can ever do. It allows nothing by itself: an action must be "
            "allowed by a policy and by the boundary.",
        ),
        (("Permissions boundaries", f"{IAM_GUIDE}access_policies_boundaries.html"),),
    ),
    "access-keys": Topic(
        "Access keys",
        (
            "An access key signs the requests of the AWS CLI and the SDKs. The secret part is shown once, when the key "
            "is made. A user can have two, so that one can be replaced while the other works.",
        ),
        (("Access keys for IAM users", f"{IAM_GUIDE}id_credentials_access-keys.html"),),
    ),
    "console-sign-in": Topic(
        "Console sign-in",
        (
            "A password lets a user sign in to the console at the address of this account. Taking it away ends that, "
            "and leaves access keys as they are.",
        ),
        (("User passwords", f"{IAM_GUIDE}id_credentials_passwords.html"),),
    ),
    "mfa": Topic(
        "Multi-factor authentication (MFA)",
        ("With MFA, a password alone opens nothing: a code from a device is asked for too.",),
        (("Multi-factor authentication", f"{IAM_GUIDE}id_credentials_mfa.html"),),
    ),
    "tags": Topic(
        "Tags",
        (
            "A tag is a key with a value. It helps to find things, and policies can ask for it: "
            "aws:ResourceTag and aws:PrincipalTag compare tags.",
        ),
        (("Tags for IAM resources", f"{IAM_GUIDE}id_tags.html"),),
    ),
    "account-settings": Topic(
        "Account settings",
        ("What holds for the account as a whole: the rules for its users' passwords, and where STS gives out tokens.",),
        (("Account password policy", f"{IAM_GUIDE}id_credentials_passwords_account-policy.html"),),
    ),
    "password-policy": Topic(
        "Password policy",
        (
            "The rules are for IAM users alone: the root user's password and access keys do not follow them.",
            "What is asked of a password's length and characters counts at the next change of it. An expiration "
            "counts at once.",
        ),
        (("Account password policy", f"{IAM_GUIDE}id_credentials_passwords_account-policy.html"),),
    ),
    "credential-report": Topic(
        "Credential report",
        (
            "One line for the root user and one for each IAM user: password, access keys, MFA and certificates, with "
            "when each was last used and last changed.",
            "A new report is made at most once in four hours.",
        ),
        (("Credential reports", f"{IAM_GUIDE}id_credentials_getting-report.html"),),
    ),
    "service-control-policies": Topic(
        "Service control policies (SCPs)",
        (
            "An SCP sets the most that a member account of an organization can do, its root user included. It allows "
            "nothing by itself.",
        ),
        (
            (
                "Service control policies",
                "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
            ),
        ),
    ),
    "identity-providers": Topic(
        "Identity providers",
        (
            "A provider is what the account knows of a system that signs people in: by SAML 2.0 or by OpenID Connect.",
            "By itself it allows nothing. A role whose trust policy names the provider can be assumed by whom the "
            "provider has signed in.",
        ),
        (("Identity providers and federation", f"{IAM_GUIDE}id_roles_providers.html"),),
    ),
    "switch-role": Topic(
        "Switch Role",
        (
            "You take on the permissions of a role of this or of another account and put your own aside. They are not "
            "added up: in the role you may do what the role may, and nothing else.",
            "The role must trust you, and you must be allowed sts:AssumeRole on it. Whichever role you are in, it is "
            "your own credentials that ask for the next.",
        ),
        (("Switch from a user to a role", f"{IAM_GUIDE}id_roles_use_switch-role-console.html"),),
    ),
    "simulator": Topic(
        "Policy simulator",
        ("Ask whether a request would be allowed, without making it, and see which statement decides.",),
        (("Testing policies", f"{IAM_GUIDE}access_policies_testing-policies.html"),),
    ),
    "buckets": Topic(
        "General purpose buckets",
        (
            "A bucket holds objects. Its name is unique among all buckets, and its objects stay in one Region.",
            "Who may reach it is decided by identity policies and by the bucket's own policy together.",
        ),
        (("What is Amazon S3?", f"{S3_GUIDE}Welcome.html"),),
    ),
    "objects": Topic(
        "Objects",
        (
            "An object is a file with its key, which may look like a path. Listing the bucket and reading an object "
            "are two permissions: s3:ListBucket is on the bucket, s3:GetObject on the objects in it.",
        ),
        (("Objects", f"{S3_GUIDE}UsingObjects.html"),),
    ),
    "bucket-policy": Topic(
        "Bucket policy",
        (
            "A bucket policy is attached to the bucket and names who may do what. In the same account it is enough by "
            "itself to allow; a deny in it stops everybody it names.",
        ),
        (("Bucket policies", f"{S3_GUIDE}bucket-policies.html"),),
    ),
    "block-public-access": Topic(
        "Block public access",
        ("Four switches that win over any policy or access list that would open the bucket to everybody.",),
        (("Blocking public access", f"{S3_GUIDE}access-control-block-public-access.html"),),
    ),
    "privacy": Topic(
        "Privacy",
        (
            "This is a training simulator. What you type stays in the database of whoever runs it and is never sent to "
            "Amazon Web Services or to anybody else.",
            "Its cookies hold your session, your settings and your favorite services. Nothing follows you elsewhere.",
        ),
    ),
    "terms": Topic(
        "Terms",
        (
            "For learning and teaching. Nothing here costs money or reaches a real AWS account.",
            "Do not enter real AWS credentials, e-mail passwords or card numbers.",
        ),
    ),
    "feedback": Topic(
        "Feedback",
        ("Is something different from AWS's console, or wrong? Tell your teacher, or whoever runs this server.",),
    ),
    "components": Topic(
        "Components",
        ("This page shows every component of the console in every state. It is for those who write pages.",),
        (("What is IAM?", f"{IAM_GUIDE}introduction.html"),),
    ),
}
