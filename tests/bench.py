"""`make bench`: what the console's lists and some API calls cost, with 20 of each kind and with as many as IAM allows.

Measured in one run on a database of its own; the two accounts are visited in turn, so that a slow moment of the machine
touches both. Figures are medians in milliseconds. It fails where a list takes more than twice as long when it is full:
an account holds 1,500 policies beside AWS's own, 5,000 users, 1,000 roles and 300 groups.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

ROUNDS = int(os.environ.get("ROUNDS", "25"))
MOST = 2  # times as long as the account that has few
#           users  policies  roles  groups
SIZES = {
    "few":  (20,   20,       20,    20),
    "full": (5000, 1500,     1000,  300),
}  # fmt: skip
DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
)
#    what              page            a search     columns to sort by   last full page
LISTS = (
    ("users list",     "/iam/users",    "user-00",   ("name", "created"), 250),
    ("groups list",    "/iam/groups",   "group-00",  ("name", "created"), 15),
    ("roles list",     "/iam/roles",    "role-00",   ("name",),           50),
    ("policies list",  "/iam/policies", "policy-00", ("name",),           150),
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"IAMCONSOLE_DATA": folder, "DJANGO_SETTINGS_MODULE": "iamconsole.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        slow = measure()
    if slow:
        sys.exit(f"More than {MOST} times as long when full: {', '.join(slow)}")


def fill(account: Any, size: str) -> None:
    """As many of each kind as the size says, some of which the account has from the start."""
    from iamconsole.accounts.models import PolicyText
    from iamconsole.iam.models import Attachment, Group, ManagedPolicy, Membership, PolicyVersion, Role, User

    def rows(model: Any, kind: str, prefix: str, number: int, **values: Any) -> list[Any]:
        left = number - model.objects.filter(account=account).count()
        made = [
            model(
                account=account,
                name=f"{kind}-{n:04}",
                unique_id=f"{prefix}{account.pk:05}{n:012}",
                created=account.created,
                **values,
            )
            for n in range(left)
        ]
        return list(model.objects.bulk_create(made))

    users, policies, roles, groups = SIZES[size]
    people = rows(User, "user", "AIDA", users)
    teams = rows(Group, "group", "AGPA", groups)
    own = rows(ManagedPolicy, "policy", "ANPA", policies, updated=account.created, next_version=2, description="For S3")
    text = PolicyText.keep(DOCUMENT)
    PolicyVersion.objects.bulk_create(
        PolicyVersion(policy=one, number=1, text_id=text, created=account.created) for one in own
    )
    rows(Role, "role", "AROA", roles, trust_id=PolicyText.keep(TRUST))
    # Everybody is in two groups, and every group has two of the account's policies.
    Membership.objects.bulk_create(
        Membership(user=one, group=teams[(at + more) % len(teams)]) for at, one in enumerate(people) for more in (0, 1)
    )
    Attachment.objects.bulk_create(
        Attachment(group=one, policy=own[(at + more) % len(own)]) for at, one in enumerate(teams) for more in (0, 1)
    )


def measure() -> list[str]:
    """Report everything; answers the lists that are too slow."""
    from django.test import Client

    from iamconsole.sandboxes import lifecycle
    from tests.boto import boto
    from tests.factories import sign_in

    pages: dict[str, Client] = {}
    clients = {}
    for size in SIZES:
        account = lifecycle.create("course")
        fill(account, size)
        pages[size] = sign_in(Client(), account, "admin")
        admin = lifecycle.describe(account)["admin"]
        clients[size] = boto("iam", admin["access_key_id"], admin["secret_access_key"])

    def page(path: str | dict[str, str]) -> Callable[[str], object]:
        def visit(size: str) -> None:
            url = path if isinstance(path, str) else path[size]
            answer = pages[size].get(url, headers={"host": "127.0.0.1:8000"})
            if answer.status_code != 200:
                sys.exit(f"{url}: {answer.status_code}")

        return visit

    slow = []
    for what, path, search, columns, last in LISTS:
        asked = {"first page": path, "search": f"{path}?q={search}"}
        asked |= {f"by {column}, descending": f"{path}?sort=-{column}" for column in columns}
        if path == "/iam/policies":
            asked |= {"own alone": f"{path}?type=customer", "search in AWS's": f"{path}?q=S3"}
        # There is no later page of few: what is looked at then is the first.
        later = {f"page {number}": {"few": path, "full": f"{path}?page={number}"} for number in (2, last)}
        for name, url in (asked | later).items():
            if report(f"{what}, {name}", page(url)) > MOST:
                slow.append(f"{what}, {name}")
    report("API ListUsers, first 20", lambda size: clients[size].list_users(MaxItems=20))
    report("API ListPolicies, first 20", lambda size: clients[size].list_policies(MaxItems=20))
    report("API GetUser", lambda size: clients[size].get_user(UserName="user-0001"))
    return slow


def report(name: str, act: Callable[[str], object]) -> float:
    taken: dict[str, list[float]] = {size: [] for size in SIZES}
    gc.collect()
    for number in range(ROUNDS + 2):
        for size in SIZES:
            start = time.perf_counter()
            act(size)
            if number >= 2:  # the first rounds fill caches
                taken[size].append((time.perf_counter() - start) * 1000)
    few, full = (statistics.median(taken[size]) for size in SIZES)
    print(json.dumps({"what": name, "few": round(few, 1), "full": round(full, 1), "ratio": round(full / few, 2)}))
    return full / few


if __name__ == "__main__":
    main()
