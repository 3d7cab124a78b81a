"""Every wizard of the console is finished in a browser that has no script and knows nothing but HTML (tests/plain.py).

Which wizards there are is found by itself: a new one fails here until it has its walk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pyotp
import pytest

from tests.demos.course import HR_POLICY
from tests.pages import Names, an_event, fill, pages
from tests.plain import Plain

pytestmark = pytest.mark.django_db

Walk = Callable[[Plain], Plain]
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)


def write(page: Plain, text: str = HR_POLICY) -> Plain:
    """Into the policy editor, in its JSON view."""
    if "Policy document (JSON)" not in page.names("textarea"):
        page.press("JSON")
    return page.fill("Policy document (JSON)", text)


def find(page: Plain, name: str) -> Plain:
    """Search the page's table for a row, and tick it."""
    return page.fill("Search", name).press("Search").tick(f"Select {name}")


def create_user(page: Plain) -> Plain:
    page.press("Next").shows("User name is required")
    page.fill("User name", "ann").tick("Provide user access to the AWS Management Console")
    page.tick("I want to create an IAM user").press("Next").press("Next")
    return page.press("Create user").shows("User created successfully")


def add_permissions(page: Plain) -> Plain:
    page.tick("Attach policies directly")
    page.press("Show")
    find(page, "AmazonEC2ReadOnlyAccess").press("Next").shows("AmazonEC2ReadOnlyAccess")
    return page.press("Add permissions").shows("1 policy added")


def create_access_key(page: Plain) -> Plain:
    page.tick("Other").press("Next").fill("Description tag value", "Laptop")
    return page.press("Create access key").shows("Access key created").shows("Secret access key")


def assign_mfa(page: Plain) -> Plain:
    page.fill("Device name", "phone-of-my-own" if "security_credentials" in page.path else "phone-of-john")
    page.tick("Authenticator app").press("Next").shows("MFA code 1")
    seed = re.search(r"\b[A-Z2-7]{32,}\b", page.text)
    assert seed, page.text
    now, codes = int(time.time()), pyotp.TOTP(seed[0])
    page.fill("MFA code 1", codes.at(now - 30)).fill("MFA code 2", codes.at(now))
    return page.press("Add MFA").shows("MFA device assigned")


def inline(page: Plain) -> Plain:
    write(page).press("Next").fill("Policy name", "Written")
    return page.press("Create policy").shows("Policy Written created.")


def edit_inline(page: Plain) -> Plain:
    return write(page).press("Next").press("Save changes").shows("updated")


def tag(page: Plain) -> Plain:
    page.press("Add new tag")
    return page.fill_last("Key", "plain").fill_last("Value", "yes").press("Save changes").shows("Tags updated.")


def boundary(page: Plain) -> Plain:
    return find(page, "IAMReadOnlyAccess").press("Set boundary").shows("Permissions boundary set for")


def generate(page: Plain) -> Plain:
    return page.press("Generate policy").shows("Generated policy")


WALKS: dict[str, Walk] = {
    "iam:user-create": create_user,
    "iam:user-add-permissions": add_permissions,
    "iam:user-add-groups": lambda page: find(page, "Sales").press("Add user to group(s)").shows("Sales"),
    "iam:access-key-create": create_access_key,
    "iam:own-access-key-create": create_access_key,
    "iam:mfa-assign": assign_mfa,
    "iam:own-mfa-assign": assign_mfa,
    "iam:group-create": lambda page: page.fill("User group name", "Plain").tick("Select john")
    .press("Create user group").shows("Plain user group created."),
    "iam:group-create-here": lambda page: page.fill("User group name", "Here").press("Create user group")
    .shows("Here user group created."),
    "iam:group-add-users": lambda page: find(page, "Sarah").press("Add users").shows("1 user added to this group."),
    "iam:group-attach-policies": lambda page: find(page, "AmazonEC2ReadOnlyAccess").press("Attach policies")
    .shows("Policies attached to this user group."),
    "iam:role-create": lambda page: page.tick("AWS account").press("Next").press("Next").fill("Role name", "Plain")
    .press("Create role").shows("Role Plain created."),
    "iam:role-edit-trust": lambda page: write(page, TRUST).press("Update policy").shows("Trust policy updated."),
    "iam:user-create-policy": inline,
    "iam:group-create-policy": inline,
    "iam:role-create-policy": inline,
    "iam:user-edit-policy": edit_inline,
    "iam:group-edit-policy": edit_inline,
    "iam:role-edit-policy": edit_inline,
    "iam:role-attach-policies": lambda page: find(page, "AmazonEC2ReadOnlyAccess").press("Add permissions")
    .shows("Policies attached to this role."),
    "iam:user-set-boundary": boundary,
    "iam:role-set-boundary": boundary,
    "iam:user-generate-policy": generate,
    "iam:role-generate-policy": generate,
    "iam:user-tags": tag,
    "iam:role-tags": tag,
    "iam:policy-tags": tag,
    "iam:provider-tags": tag,
    "iam:policy-create": lambda page: write(page).press("Next").fill("Policy name", "Plain").press("Create policy")
    .shows("Policy Plain created."),
    "iam:policy-edit": lambda page: write(page).press("Next").press("Save changes").shows("Policy HRPolicy updated."),
    "iam:policy-attach": lambda page: find(page, "Sarah").press("Attach policy").shows("attached to 1 entity"),
    "iam:policy-set-boundary": lambda page: find(page, "Sarah").press("Set boundary").shows("boundary"),
    "iam:provider-create": lambda page: page.tick("OpenID Connect").fill("Provider URL", "https://plain.example.com")
    .fill("Audience", "app").press("Add provider")
    .shows("plain.example.com added."),
    "s3:policy-edit": lambda page: write(page, BUCKET_POLICY).press("Save changes")
    .shows("Successfully edited bucket policy."),
}  # fmt: skip
BUCKET_POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", '
    '"Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::company1-hr/*"}]}'
)


@pytest.fixture
def names(sandbox, root) -> Names:
    names = fill(root, sandbox.account_id)
    for user, key in (("john", "key"), ("john", "inactive_key"), ("admin", "own_key")):  # room for those to come
        root.call("iam:DeleteAccessKey", user_name=user, access_key_id=names[key])
    return names


def test_every_wizard_is_finished(as_user, names):
    browser = as_user("admin")
    names["event"] = an_event(browser.get("/iam/users").content.decode())
    page, wizards, stuck = Plain(browser), set(), {}
    for one in pages(names):
        page.goto(one.address)
        if one.name.startswith("ui:") or not page.document.xpath("//input[@name='wizard']"):
            continue
        wizards.add(one.name)
        try:
            WALKS[one.name](page)
        except (AssertionError, KeyError) as problem:
            stuck[one.name] = str(problem)[:700]
    assert stuck == {}
    assert wizards == set(WALKS)
