"""ListPolicies merges an account's own policies with AWS's: the API's pages, and the console's search and order."""

from __future__ import annotations

import pytest

from iamconsole.core.listing import Listing
from iamconsole.iam import aws_managed
from tests.factories import allow, policy

pytestmark = pytest.mark.django_db

DOCUMENT = policy(allow("s3:GetObject"))
# One is called as one of AWS's, one lies under a path, one sorts after all of AWS's.
OWN = (("administratoraccess", "/"), ("Middle", "/teams/hr/"), ("zz-last", "/"))


@pytest.fixture
def own(admin):
    for name, path in OWN:
        admin.call("iam:CreatePolicy", policy_name=name, path=path, policy_document=DOCUMENT)


def listed(admin, **asked):
    answer = admin.call("iam:ListPolicies", listing=Listing(**asked))
    return [one["PolicyName"] for one in answer["Policies"]], answer["Total"]


def everything(admin, **params):
    """All pages of the API, each policy by its ARN."""
    found, marker = [], {}
    while True:
        page = admin.call("iam:ListPolicies", **params, **marker)
        found += [one["Arn"] for one in page["Policies"]]
        if not page["IsTruncated"]:
            return found
        marker = {"marker": page["Marker"]}


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_the_api_s_pages_give_each_policy_once(admin, own, size):
    params = {"max_items": size} | ({"path_prefix": "/job-function/"} if size == 1 else {})
    found = everything(admin, **params)

    wanted = [arn for arn, one in aws_managed.by_arn().items() if size > 1 or one.path == "/job-function/"]
    assert len(found) == len(set(found))
    assert [arn for arn in found if ":iam::aws:" in arn] == wanted
    assert len(found) == len(wanted) + (6 if size > 1 else 0)  # three more are the course's


def test_a_page_that_ends_between_two_of_one_name_leaves_neither_out(admin, own):
    found = everything(admin, max_items=1000)
    at = next(n for n, arn in enumerate(found) if arn.endswith("/administratoraccess"))
    assert found[at + 1] == "arn:aws:iam::aws:policy/AdministratorAccess"
    page = admin.call("iam:ListPolicies", max_items=at + 1)
    rest = admin.call("iam:ListPolicies", marker=page["Marker"], max_items=1)

    assert page["Policies"][-1]["PolicyName"] == "administratoraccess"
    assert rest["Policies"][0]["Arn"] == "arn:aws:iam::aws:policy/AdministratorAccess"


def test_the_console_s_pages_are_in_order_both_ways(admin, own):
    up, total = [], listed(admin)[1]
    for page in range(1, -(-total // 100) + 1):
        up += listed(admin, page=page, size=100)[0]
    down = [
        name
        for page in range(1, -(-total // 100) + 1)
        for name in listed(admin, page=page, size=100, descending=True)[0]
    ]

    assert len(up) == total == len(aws_managed.by_arn()) + 6
    assert [name.lower() for name in up] == sorted(name.lower() for name in up)
    assert down == up[::-1]
    assert listed(admin, page=1000) == ([], total)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"search": "MIDDLE"}, ["Middle"]),
        ({"search": "administratoraccess", "filters": {"type": "customer"}}, ["administratoraccess"]),
        ({"search": "viewonly", "filters": {"type": "job-function"}}, ["ViewOnlyAccess"]),
        ({"search": "zz-", "filters": {"type": "aws"}}, []),
        ({"search": "arn:aws:iam::{account}:policy/teams/"}, ["Middle"]),
        ({"search": "arn:aws:iam::{account}:policy/Mid"}, []),  # it lies under a path
        ({"search": "arn:aws:iam::{account}:policy/teams/hr/middle"}, ["Middle"]),
        ({"search": "arn:aws:iam::{account}:policy/z"}, ["zz-last"]),
        ({"search": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, ["AmazonS3ReadOnlyAccess"]),
        ({"search": "arn:aws:iam::999999999999:policy/"}, []),
        ({"search": "%"}, []),
        ({"search": "arn:aws:iam::{account}:policy/%"}, []),
    ],
)
def test_the_console_searches_by_name_and_by_the_beginning_of_an_arn(admin, own, sandbox, asked, wanted):
    asked = asked | {"search": asked["search"].format(account=sandbox.account_id)}

    names, total = listed(admin, **asked)

    assert names[: len(wanted)] == wanted
    assert total == len(wanted)


def test_a_search_that_every_arn_begins_with_finds_both_kinds(admin, own):
    assert listed(admin, search="arn:aws:iam::")[1] == len(aws_managed.by_arn()) + 6
