"""Page → calls (console.md §15): what each page asks of AWS, in order; and a refusal of one call takes only its place.

A table of the specification's rows. A call in brackets is one that our page makes beside the specification's, since it
shows something that needs it.
"""

# ruff: noqa: E501 - tables read best with a case a line
from __future__ import annotations

import re

import pytest
from lxml import html

from iamconsole.cloudtrail.models import Event
from iamconsole.gateway.table import OPERATIONS
from tests.factories import deny, policy
from tests.pages import fill, filled
from tests.plain import plain_text

pytestmark = pytest.mark.django_db

SUMMARY = "GetUser GetLoginProfile [ListMFADevices] ListAccessKeys GetAccessKeyLastUsed"
LAST_ACCESSED = "GenerateServiceLastAccessedDetails GetServiceLastAccessedDetails"

#    page                                                          calls in order; of iam where no service is named
MATRIX = {
    "/console/home":                                               "ec2:DescribeRegions ce:GetCostAndUsage ce:GetCostForecast servicecatalog:ListApplications "
                                                                   "health:DescribeEventAggregates",
    "/iam/home":                                                   "GetAccountSummary ListAccountAliases ListMFADevices ListAccessKeys [GetAccessKeyLastUsed]",
    "/iam/users":                                                  "ListUsers GetLoginProfile ListSigningCertificates ListMFADevices ListGroupsForUser ListAccessKeys "
                                                                   "GetAccessKeyLastUsed",
    "/iam/users/details/john":                                     f"{SUMMARY} ListAttachedUserPolicies ListUserPolicies ListGroupsForUser ListAttachedGroupPolicies "
                                                                   "ListGroupPolicies",
    "/iam/users/details/john?open={policy}":                       f"{SUMMARY} ListAttachedUserPolicies ListUserPolicies ListGroupsForUser ListAttachedGroupPolicies "
                                                                   "ListGroupPolicies GetPolicy GetPolicyVersion",
    "/iam/users/details/john?section=groups":                      f"{SUMMARY} ListGroupsForUser [ListAttachedGroupPolicies]",
    "/iam/users/details/john?section=tags":                        f"{SUMMARY} [ListGroupsForUser]",
    "/iam/users/details/john?section=security_credentials":        f"{SUMMARY} [ListGroupsForUser] [ListAccountAliases]",
    "/iam/users/details/john?section=last_accessed":               f"{SUMMARY} [ListGroupsForUser] {LAST_ACCESSED} [ListPoliciesGrantingServiceAccess]",
    "/iam/groups":                                                 "ListGroups GetGroup ListAttachedGroupPolicies ListGroupPolicies",
    "/iam/groups/details/HR?section=users":                        "GetGroup [ListGroupsForUser] [ListAccessKeys] [GetAccessKeyLastUsed]",
    "/iam/groups/details/HR?section=permissions":                  "GetGroup ListAttachedGroupPolicies ListGroupPolicies",
    "/iam/groups/details/HR?section=last_accessed":                f"GetGroup {LAST_ACCESSED} [ListPoliciesGrantingServiceAccess]",
    "/iam/policies":                                               "ListPolicies",
    "/iam/policies/details/{policy}":                              "GetPolicy GetPolicyVersion",
    "/iam/policies/details/{policy}?section=entities_attached":    "GetPolicy ListEntitiesForPolicy",
    "/iam/policies/details/{policy}?section=versions":             "GetPolicy ListPolicyVersions",
    "/iam/policies/details/{policy}?section=last_accessed":        f"GetPolicy {LAST_ACCESSED}",
    "/iam/roles":                                                  "ListRoles [GetRole]",
    "/iam/roles/details/role-00":                                  "GetRole ListAttachedRolePolicies ListRolePolicies ListInstanceProfilesForRole [GetPolicy]",
    "/iam/roles/details/role-00?open=inline/Own":                  "GetRole ListAttachedRolePolicies ListRolePolicies ListInstanceProfilesForRole [GetPolicy] GetRolePolicy",
    "/iam/roles/details/role-00?section=trust_relationships":      "GetRole ListInstanceProfilesForRole",
    "/iam/roles/details/role-00?section=last_accessed":            f"GetRole ListInstanceProfilesForRole {LAST_ACCESSED} [ListPoliciesGrantingServiceAccess]",
    "/iam/account_settings":                                       "GetAccountPasswordPolicy [GetAccountSummary]",
    "/iam/identity_providers":                                     "[ListSAMLProviders] [ListOpenIDConnectProviders] [GetOpenIDConnectProvider]",
    "/iam/identity_providers/details/{provider}":                  "[GetOpenIDConnectProvider]",
    "/iam/credential_report":                                      "[GetCredentialReport]",
    "/iam/security_credentials":                                   "[ListMFADevices] [ListAccessKeys] [GetUser] [GetLoginProfile] [GetAccessKeyLastUsed] "
                                                                   "[ListAccountAliases]",
    "/account":                                                    "[account:GetAccountInformation] [account:GetPrimaryEmail] [ListAccountAliases]",
    "/s3/buckets":                                                 "s3:ListBuckets s3:GetBucketLocation",
    "/s3/buckets/company1-hr":                                     "s3:GetBucketLocation s3:ListObjectsV2",
    "/policysim":                                                  "ListUsers",
    "/policysim?users=john":                                       "[GetUser] ListAttachedUserPolicies ListUserPolicies ListGroupsForUser ListAttachedGroupPolicies "
                                                                   "ListGroupPolicies",
}  # fmt: skip


def calls_of(row: str) -> list[str]:
    names = row.replace("[", "").replace("]", "").split()
    return [name if ":" in name else f"iam:{name}" for name in names]


def asked() -> list[str]:
    """What was asked since the events were cleared: each operation at its first call."""
    return list(dict.fromkeys(f"{event.service}:{event.name}" for event in Event.objects.order_by("id")))


@pytest.fixture
def names(sandbox, root):
    return fill(root, sandbox.account_id)


def test_every_page_asks_what_awss_page_asks_in_its_order(as_user, names):
    browser = as_user("admin")
    found, wanted = {}, {}
    for page, row in MATRIX.items():
        Event.objects.all().delete()
        answer = browser.get(filled(page, names))
        assert answer.status_code == 200, page
        found[page], wanted[page] = asked(), calls_of(row)
    assert found == wanted


# -- one refusal ---------------------------------------------------------------------------------------------------

USER = "/iam/users/details/john"
# Where a refused call leaves no gap that a reader could see, and what is there instead.
UNSEEN = {
    (f"{USER}?section=tags", "iam:ListGroupsForUser"): "the tab Groups without its number",
    (f"{USER}?section=security_credentials", "iam:ListGroupsForUser"): "the tab Groups without its number",
    (f"{USER}?section=last_accessed", "iam:ListGroupsForUser"): "the tab Groups without its number",
    (f"{USER}?section=security_credentials", "iam:ListAccountAliases"): "a sign-in link with the account's ID",
    ("/iam/security_credentials", "iam:ListAccountAliases"): "a sign-in link with the account's ID",
    ("/iam/users", "iam:ListSigningCertificates"): "a column that waits in the Preferences",
    ("/s3/buckets", "s3:GetBucketLocation"): "the Region `-` (console.md §15)",
    ("/s3/buckets/company1-hr", "s3:GetBucketLocation"): "the Region stands on the tab Properties",
}
# Panels that are about what the refused call alone can tell.
ABOUT = {
    ("/iam/policies/details/{policy}", "iam:GetPolicy"): {"Permissions defined in this policy"},
    ("/policysim?users=john", "iam:GetUser"): {"Policy Simulator"},
}
REFUSED = re.compile(r"access denied|You don't have permission|Insufficient permissions|AccessDenied", re.IGNORECASE)


def parts(page: str) -> dict[str, tuple[list[str], str]]:
    """Each panel by its heading: the labels in it, and its text. What is in none is the page itself."""
    document = html.fromstring(page)
    main = document.xpath("//main")[0]
    found = {}
    panel = "section[contains(concat(' ', @class, ' '), ' panel ')]"
    panels = main.xpath(f".//{panel}[not(ancestor::{panel})]")
    for panel in panels:
        found[panel.get("aria-label", "")] = labels(panel), plain_text(panel)
    for panel in panels:
        panel.getparent().remove(panel)
    found["the page"] = labels(main), plain_text(main)
    return found


def labels(element) -> list[str]:
    texts = [
        plain_text(one)
        for one in element.xpath(".//h1|.//h2|.//h3|.//dt|.//th|.//nav//a|.//*[@role='tab']|.//header//a")
    ]
    return [text for text in (re.sub(r"\s*\([\d–,/]+\)", "", text) for text in texts) if text]


def test_a_refused_call_takes_only_its_place(as_user, root, names):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    root.call("iam:AttachUserPolicy", user_name="amin", policy_arn=arn)
    root.call("iam:CreateAccessKey", user_name="amin")
    browser = as_user("amin")
    whole = {page: parts(browser.get(filled(page, names)).content.decode()) for page in MATRIX}
    wrong = []
    for action in sorted({call for row in MATRIX.values() for call in calls_of(row)}):
        denied = OPERATIONS[action].checks[0].action
        root.call("iam:PutUserPolicy", user_name="amin", policy_name="no", policy_document=policy(deny(denied)))
        for page, row in MATRIX.items():
            if action not in calls_of(row):
                continue
            answer = browser.get(filled(page, names))
            if answer.status_code != 200:
                wrong.append(f"{page} without {denied} answers {answer.status_code}")
                continue
            now = parts(answer.content.decode())
            seen = any(REFUSED.search(text) for _, text in now.values())
            if seen == ((page, action) in UNSEEN):
                wrong.append(f"{page} without {denied}: {'says' if seen else 'does not say'} so")
            for heading, (kept, _) in whole[page].items():
                there, text = now.get(heading, ([], ""))
                lost = [label for label in kept if label not in there]
                if lost and not REFUSED.search(text) and heading not in ABOUT.get((page, action), ()):
                    wrong.append(f"{page} without {denied}: {heading} lost {lost[:8]}")
    assert wrong == []
