"""Every page of the console in every state worth a look: for axe-core and for pictures (tests/screenshots.py).

A state is a page as somebody sees it, and what that person does on it to bring the state about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
from playwright.sync_api import Page, expect

from tests.demos.course import CHANGE_PASSWORD, FIRST_PASSWORD, HR_POLICY, S3_READ_ONLY

Act = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class State:
    """`who` is signed in: root, admin, john (who may do next to nothing), nobody, or admin in a role that may nothing
    (`role`). `{account}` stands for the account's ID."""

    name: str
    path: str
    who: str = "admin"
    act: Act | None = None
    wide: bool = False  # what it opens is not there on a narrow screen


def press(name: str, role: Any = "button") -> Act:
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click()


def fill(label: str, text: str) -> Act:
    return lambda page: page.get_by_label(label, exact=True).first.fill(text)


def tick(label: str) -> Act:
    return lambda page: page.get_by_label(label).first.check()


def click(selector: str) -> Act:
    return lambda page: page.locator(selector).first.click()


def shown(selector: str) -> Act:
    return lambda page: expect(page.locator(selector).first).to_be_visible()


def in_turn(*acts: Act) -> Act:
    def act(page: Page) -> None:
        for each in acts:
            each(page)

    return act


def a_dialog(act: Act) -> Act:
    return in_turn(act, lambda page: expect(page.get_by_role("dialog")).to_be_visible())


def write_policy(document: str) -> Act:
    """In the JSON view of the policy editor."""
    return lambda page: page.get_by_label("Policy document (JSON)").fill(document)


def code_in(page: Page) -> str:
    """The newest code of the simulated inbox, read in a tab of its own."""
    inbox = page.context.new_page()
    inbox.goto("/lab/inbox")
    inbox.locator(".inbox a").first.click()
    found = re.search(r"\b\d{6}\b", inbox.locator(".mail-code").inner_text())
    inbox.close()
    assert found
    return found[0]


def fill_code(page: Page) -> None:
    page.get_by_label("Verification code").fill(code_in(page))


def come_by_the_link(page: Page) -> None:
    """From a page of another sandbox, or of none: the link asks."""
    link = page.get_by_text(re.compile(r"/s/\w+$")).inner_text()
    press("Leave this sandbox")(page)
    page.wait_for_url("**/signin*")
    page.evaluate("address => { location.href = address; }", link)
    page.wait_for_url("**/s/*")


def choose_service(service: str) -> Act:
    """In the create-role wizard; its use cases come with a swap."""

    def act(page: Page) -> None:
        page.get_by_label("Service or use case").select_option(service)
        expect(page.locator("[name=use_case]").first).to_be_visible()

    return act


def custom_trust(page: Page) -> None:
    """The tile of the policy editor opens as a page of its own."""
    page.get_by_label("Custom trust policy").check()
    expect(page.locator("[data-policy-editor]")).to_be_visible()


_addresses = count()

SIGN_UP: tuple[tuple[str, Act], ...] = (
    ("verify", in_turn(
        lambda page: page.get_by_label("Root user email address").fill(f"HR-{next(_addresses)}@company1.com"),
        fill("AWS account name", "HR"), press("Verify email address"))),
    ("password", in_turn(fill_code, press("Verify"))),
    ("contact", in_turn(
        fill("Root user password", "Root-Passw0rd"), fill("Confirm root user password", "Root-Passw0rd"),
        press("Continue (step 1 of 5)"))),
    ("billing", in_turn(tick("I have read and agree"), press("Continue (step 2 of 5)"))),
    ("identity", press("Verify and Continue (step 3 of 5)")),
    ("support", in_turn(press("Send code (step 4 of 5)"), fill_code, press("Continue (step 4 of 5)"))),
    ("complete", press("Complete sign up")),
)  # fmt: skip


def signing_up(last: str) -> Act:
    """As far as the page `last`, each time with an address of its own."""

    def act(page: Page) -> None:
        for name, step in SIGN_UP:
            step(page)
            page.wait_for_url(f"**/signup/{name}*")
            if name == last:
                return

    return act


POLICY = "/iam/policies/details/arn:aws:iam::{account}:policy/HRPolicy"
AWS_ADMINISTRATOR = "/iam/policies/details/arn:aws:iam::aws:policy/AdministratorAccess"
AWS_POLICY = f"/iam/policies/details/{S3_READ_ONLY}"
SIMULATED = "/policysim?users=john&service=s3&actions=GetObject&actions=PutObject"

OUTSIDE = (
    State("landing", "/", "nobody"),
    State("sign-up", "/signup", "nobody"),
    State("sign-up-errors", "/signup", "nobody", press("Verify email address")),
    *(State(f"sign-up-{name}", "/signup", "nobody", signing_up(name)) for name, _ in SIGN_UP),
    State("inbox", "/lab/inbox", "nobody"),
    State("sign-in", "/signin", "nobody"),
    State("sign-in-errors", "/signin", "nobody", press("Next")),
    State("sign-in-root", "/signin/root?email=HR@company1.com", "nobody"),
    State("sign-in-iam", "/console?account={account}", "nobody"),
    State("sign-in-refused", "/console?account={account}", "nobody", in_turn(
        fill("IAM username", "admin"), fill("Password", "wrong"), press("Sign in"))),
    State("forgot", "/signin/forgot", "nobody"),
    State("try-it", "/sandbox", "nobody", in_turn(press("Leave this sandbox"), lambda page: page.goto("/try"))),
    State("try-another", "/try", "nobody"),
    State("own-sandbox", "/sandbox", "nobody"),
    State("own-sandbox-refused", "/sandbox", "nobody",
        lambda page: page.locator("#reset-form").evaluate("form => form.requestSubmit()")),
    State("no-sandbox", "/sandbox", "nobody", in_turn(press("Leave this sandbox"), lambda page: page.goto("/sandbox"))),
    State("join-sandbox", "/sandbox", "nobody", come_by_the_link),
    State("reset-dead", "/signin/reset?token=x", "nobody"),
    State("authenticator", "/lab/authenticator", "nobody"),
    State("policy-generator", "/policygen?type=s3BucketPolicy", "nobody", click(".generator-actions summary")),
    State("policy-generator-errors", "/policygen?type=s3BucketPolicy", "nobody", press("Add Statement")),
    State("signed-out", "/signin?loggedout", "nobody"),
    State("nowhere-outside", "/no-such-page", "nobody"),
)  # fmt: skip

FRAME = (
    State("home", "/console/home"),
    State("home-root", "/console/home", "root"),
    State("home-john", "/console/home", "john"),
    State("search", "/console/home", act=in_turn(
        lambda page: page.locator(".top-bar input[type=search]").fill("IAM"),
        lambda page: expect(page.get_by_role("option").first).to_be_visible()), wide=True),
    State("search-results", "/console/search?q=user"),
    State("services", "/console/services"),
    State("account-menu", "/console/home", act=click(".account-menu > summary")),
    State("region-menu", "/s3/buckets", act=click(".region-menu > summary")),
    State("settings-menu", "/console/home", act=click("summary[title=Settings]")),
    State("settings", "/console/settings"),
    State("account", "/account", "root"),
    State("account-john", "/account", "john"),
    State("not-in-lab", "/console/not-in-lab?page=Billing"),
    State("nowhere", "/iam/no-such-page"),
    State("gallery", "/ui/"),
)  # fmt: skip

IAM = (
    State("dashboard", "/iam/home"),
    State("dashboard-root", "/iam/home", "root"),
    State("dashboard-john", "/iam/home", "john"),
    State("alias", "/iam/home", act=a_dialog(click("a[href^='/iam/account-alias']"))),
    State("alias-page", "/iam/account-alias"),
    State("credentials", "/iam/security_credentials"),
    State("credentials-root", "/iam/security_credentials", "root"),
    State("credentials-john", "/iam/security_credentials", "john"),
    State("own-password", "/iam/security_credentials/update-password", "john"),
    State("assign-mfa", "/iam/security_credentials/mfa", "root"),
    State("users", "/iam/users"),
    State("users-none-found", "/iam/users?q=nobody"),
    State("users-refused", "/iam/users", "john"),
    State("denial", "/iam/users", "john", press("Explain this denial", "link")),
    State("users-chosen", "/iam/users", act=tick("Select Sarah")),
    State("users-preferences", "/iam/users", act=a_dialog(click(".gear"))),
    State("user-delete", "/iam/users", act=in_turn(tick("Select Sarah"), a_dialog(press("Delete")))),
    State("user", "/iam/users/details/john"),
    State("user-groups", "/iam/users/details/john?section=groups"),
    State("user-credentials", "/iam/users/details/john?section=security_credentials"),
    State("user-missing", "/iam/users/details/nobody"),
    State("user-refused", "/iam/users/details/Sarah", "john"),
    State("user-add-permissions", "/iam/users/details/Sarah/add-permissions"),
    State("user-tags", "/iam/users/details/Sarah/tags"),
    State("user-tags-some", "/iam/users/details/Sarah/tags", act=in_turn(press("Add new tag"), press("Add new tag"))),
    State("user-generate-policy", "/iam/users/details/Sarah/generate-policy"),
    State("user-generated-policy", "/iam/users/details/admin/generate-policy", act=in_turn(
        press("Generate policy"), lambda page: page.wait_for_url("**/generated-policy/**"))),
    State("user-last-accessed", "/iam/users/details/admin?section=last_accessed"),
    State("user-manage-console", "/iam/users/details/john?section=security_credentials", act=a_dialog(
        press("Manage console access", "link"))),
    State("user-boundary", "/iam/users/details/Sarah/set-permissions-boundary"),
    State("user-bounded", "/iam/users/details/bounded"),
    State("user-boundary-remove", "/iam/users/details/bounded", act=a_dialog(press("Remove boundary", "link"))),
    State("user-create-boundary", "/iam/users/create", act=in_turn(
        fill("User name", "john2"), press("Next"), click("#boundary-options summary"),
        tick("Use a permissions boundary"))),
    State("access-key", "/iam/users/details/Sarah/create-access-key"),
    State("user-create", "/iam/users/create"),
    State("user-create-errors", "/iam/users/create", act=in_turn(
        tick("Provide user access to the AWS Management Console"), tick("I want to create an IAM user"),
        tick("Custom password"), press("Next"))),
    State("groups", "/iam/groups"),
    State("group-create", "/iam/groups/create"),
    State("group", "/iam/groups/details/HR?section=permissions"),
    State("roles", "/iam/roles"),
    State("roles-refused", "/iam/roles", "john"),
    State("role-delete", "/iam/roles", act=in_turn(
        tick("Select S3AccessRole"), tick("Select AWSServiceRoleForSupport"), a_dialog(press("Delete")))),
    State("role", "/iam/roles/details/Company1-Logs-Role"),
    State("role-refused", "/iam/roles/details/Company1-Logs-Role", "john"),
    State("role-linked", "/iam/roles/details/AWSServiceRoleForSupport"),
    State("role-missing", "/iam/roles/details/nobody"),
    State("role-trust", "/iam/roles/details/S3AccessRole?section=trust_relationships"),
    State("role-edit-trust", "/iam/roles/details/S3AccessRole/edit-trust-policy"),
    State("role-edit", "/iam/roles/details/S3AccessRole/edit"),
    State("role-attach", "/iam/roles/details/S3AccessRole/attach-policies"),
    State("role-revoke", "/iam/roles/details/S3AccessRole?section=revoke_sessions"),
    State("role-revoke-dialog", "/iam/roles/details/S3AccessRole?section=revoke_sessions",
        act=a_dialog(press("Revoke active sessions", "link"))),
    State("role-create", "/iam/roles/create", act=choose_service("ec2")),
    State("role-create-account", "/iam/roles/create", act=in_turn(
        tick("AWS account"), tick("Another AWS account"), tick("Require external ID"), press("Next"))),
    State("role-create-web", "/iam/roles/create", act=tick("Web identity")),
    State("role-create-saml", "/iam/roles/create", act=tick("SAML 2.0 federation")),
    State("role-create-custom", "/iam/roles/create", act=custom_trust),
    State("role-create-permissions", "/iam/roles/create", act=in_turn(
        choose_service("ec2"), tick("EC2 Role for AWS Systems Manager"), press("Next"))),
    State("role-create-review", "/iam/roles/create", act=in_turn(
        choose_service("ec2"), tick("EC2 Role for AWS Systems Manager"), press("Next"), press("Next"),
        fill("Role name", "not a name"), press("Create role"))),
    State("policies", "/iam/policies"),
    State("policy", POLICY),
    State("policy-json", f"{POLICY}?section=permissions&view=json"),
    State("policy-aws", AWS_POLICY),
    State("policy-create", "/iam/policies/create"),
    State("policy-visual", "/iam/policies/create", act=in_turn(
        press("S3"), press("Read actions"), tick("GetObject"), press("Info about GetObject"))),
    State("policy-visual-arns", "/iam/policies/create", act=a_dialog(in_turn(
        press("EC2"), fill("Filter Actions of EC2", "StopInst"), tick("StopInstances"),
        press("Add ARNs to restrict access: instance")))),
    State("policy-visual-all", "/iam/policies/create", act=in_turn(
        press("EC2"), tick("All EC2 actions"), click("#block-1-scope-all"), press("Request conditions - optional"),
        tick("Source IP"), press("Next"))),
    State("policy-visual-condition", "/iam/policies/create", act=a_dialog(in_turn(
        press("IAM"), tick("List (Selected"), press("Request conditions - optional"), tick("MFA required"),
        press("Add another condition")))),
    State("policy-edit", f"{POLICY}/edit/v1"),
    State("policy-edit-errors", f"{POLICY}/edit/v1", act=in_turn(
        write_policy('{"Statement": {"Effect": "Allow", "Action": ["ec2:StopInstance", "iam:*"], "Resource": "*"}}'),
        lambda page: expect(page.locator("#policy-findings")).to_contain_text("Errors: 1"))),
    State("policy-edit-statement", f"{POLICY}/edit/v1", act=in_turn(
        lambda page: page.get_by_label("Statement", exact=True).select_option("0"),
        lambda page: page.get_by_label("Choose a service").select_option("s3"), shown("#statement-GetObject"))),
    State("policy-edit-resource", f"{POLICY}/edit/v1", act=in_turn(
        lambda page: page.get_by_label("Statement", exact=True).select_option("0"),
        a_dialog(press("Add a resource")))),
    State("policy-import", f"{POLICY}/edit/v1", act=in_turn(
        click(".policy-editor summary"), a_dialog(press("Import policy", "menuitem")))),
    State("policies-chosen", "/iam/policies?q=AdministratorAccess", act=tick("Select AdministratorAccess-Amplify")),
    State("policy-service", f"{AWS_ADMINISTRATOR}?effect=allow&service=s3"),
    State("policy-action", f"{POLICY}?effect=allow&service=s3&action=GetObject"),
    State("policy-entities", f"{POLICY}?section=entities_attached"),
    State("policy-tags", f"{POLICY}?section=tags"),
    State("policy-versions", f"{POLICY}?section=versions&open=v1"),
    State("policy-compare", f"{POLICY}/versions/compare?selected=v1"),
    State("policy-attach", f"{POLICY}/attach"),
    State("policy-set-boundary", f"{POLICY}/set-boundary"),
    State("policy-edit", f"{POLICY}/edit/v1"),
    State("policy-delete", POLICY, act=a_dialog(press("Delete", "link"))),
    State("policy-last-accessed", f"{POLICY}?section=last_accessed&open=s3"),
    State("policy-last-accessed-actions", f"{AWS_ADMINISTRATOR}?section=last_accessed&service=iam"),
    State("simulator", "/policysim"),
    State("simulated", SIMULATED),
)  # fmt: skip

S3 = (
    State("buckets", "/s3/buckets"),
    State("buckets-refused", "/s3/buckets", "john"),
    State("bucket-create", "/s3/bucket/create"),
    State("bucket", "/s3/buckets/company1-hr"),
    State("bucket-john", "/s3/buckets/company1-hr-bucket", "john"),
    State("bucket-refused", "/s3/buckets/company1-hr", "john"),
    State("bucket-policy", "/s3/bucket/company1-hr/property/policy/edit"),
    State("upload", "/s3/upload/company1-hr"),
)

PROVIDER = "/iam/identity_providers/details/arn:aws:iam::{account}:oidc-provider/idp.example.com/realms/main"

ACCOUNT = (
    State("account-settings", "/iam/account_settings"),
    State("account-settings-refused", "/iam/account_settings", "john"),
    State("password-policy", "/iam/account_settings/edit-password-policy", act=tick("Custom")),
    State("password-policy-wrong", "/iam/account_settings/edit-password-policy", act=in_turn(
        tick("Custom"), fill("Enforce minimum password length", "5"), press("Save changes"), shown(".field-error"))),
    State("password-policy-question", "/iam/account_settings/edit-password-policy", act=in_turn(
        tick("Custom"), a_dialog(press("Save changes")))),
    State("credential-report", "/iam/credential_report"),
    State("credential-report-refused", "/iam/credential_report", "john"),
    State("service-control-policies", "/iam/organizations/scp"),
    State("providers", "/iam/identity_providers"),
    State("providers-refused", "/iam/identity_providers", "john"),
    State("provider-create", "/iam/identity_providers/create"),
    State("provider-create-oidc", "/iam/identity_providers/create", act=in_turn(
        click("[name=kind][value=oidc]"), press("Add provider"), shown(".field-error"))),
    State("provider", f"{PROVIDER}?section=audiences"),
    State("provider-thumbprints", f"{PROVIDER}?section=endpoint_verification"),
    State("provider-delete", f"{PROVIDER}?section=tags", act=a_dialog(press("Delete", "link"))),
    State("provider-audience", PROVIDER, act=a_dialog(press("Add audience", "link"))),
    State("switch-role", "/switchrole?account={account}&roleName=S3AccessRole&color=FBBF93"),
    State("switch-role-refused", "/switchrole?account={account}&roleName=Nobody", "john", press("Switch Role")),
    State("switch-role-root", "/switchrole", "root"),
    State("in-a-role", "/console/home", "role", click(".account-menu > summary")),
    State("in-a-role-refused", "/iam/home", "role"),
    State("in-a-role-credentials", "/iam/security_credentials", "role"),
)  # fmt: skip

STATES = (*OUTSIDE, *FRAME, *IAM, *ACCOUNT, *S3)


def play(sandbox: dict[str, Any]) -> None:
    """The HR group demo (D4, D9), as the administrator."""
    admin = sandbox["admin"]
    session = boto3.Session(admin["access_key_id"], admin["secret_access_key"], region_name="us-west-2")
    iam, s3 = (session.client(name, endpoint_url=sandbox["endpoint"]) for name in ("iam", "s3"))
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password=FIRST_PASSWORD)
    iam.create_access_key(UserName="john")
    iam.create_user(UserName="bounded", PermissionsBoundary=S3_READ_ONLY)
    iam.create_group(GroupName="HR")
    policy = iam.create_policy(PolicyName="HRPolicy", PolicyDocument=HR_POLICY)["Policy"]
    iam.attach_group_policy(GroupName="HR", PolicyArn=policy["Arn"])
    iam.add_user_to_group(GroupName="HR", UserName="john")
    iam.attach_user_policy(UserName="john", PolicyArn=CHANGE_PASSWORD)
    iam.create_open_id_connect_provider(Url="https://idp.example.com/realms/main", ClientIDList=["app"])
    own = {"AWS": sandbox["account_id"]}
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": own, "Action": "sts:AssumeRole"}}
    iam.create_role(RoleName="S3AccessRole", AssumeRolePolicyDocument=json.dumps(trust))
    trust["Statement"] = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    logs = "Company1-Logs-Role"
    iam.create_role(RoleName=logs, AssumeRolePolicyDocument=json.dumps(trust), Description="For the servers' logs.")
    iam.attach_role_policy(RoleName=logs, PolicyArn=S3_READ_ONLY)
    iam.put_role_policy(RoleName=logs, PolicyName="More", PolicyDocument=HR_POLICY)
    iam.create_instance_profile(InstanceProfileName=logs)
    iam.add_role_to_instance_profile(InstanceProfileName=logs, RoleName=logs)
    s3.create_bucket(Bucket="company1-hr-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="company1-hr-bucket", Key="handbook.txt", Body=b"Be kind.\n")


def let_in(page: Page, sandbox: dict[str, Any], who: str) -> None:
    """Sign somebody of the played sandbox in; nobody only gets the sandbox's own link."""
    page.goto(sandbox["link"])
    if who == "nobody":
        return
    if who == "root":
        page.goto(f"/signin/root?email={sandbox['root']['email']}")
        password = sandbox["root"]["password"]
    else:
        page.goto(f"/console?account={sandbox['account_id']}")
        page.get_by_label("IAM username").fill("admin" if who == "role" else who)
        password = FIRST_PASSWORD if who == "john" else sandbox["admin"]["password"]
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/console/home*")
    if who == "role":
        page.goto(f"/switchrole?account={sandbox['account_id']}&roleName=S3AccessRole&color=B7CA9D")
        page.get_by_role("button", name="Switch Role", exact=True).click()
        page.wait_for_url("**/console/home*")


def show(page: Page, state: State, account_id: str) -> bytes:
    """Bring the state about; returns the HTML that the page came with."""
    answer = page.goto(state.path.format(account=account_id))
    assert answer is not None
    sent = answer.body()
    if state.act:
        state.act(page)
    return sent
