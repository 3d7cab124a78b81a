"""`make bench`: what pages and API calls cost, measured in one run on a database of its own.

It reports and judges nothing; the two sizes are visited in turn, so that a slow moment of the machine
touches both. Figures are medians in milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping

ROUNDS = int(os.environ.get("ROUNDS", "25"))
SIZES = (20, 5000)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"IAMCONSOLE_DATA": folder, "DJANGO_SETTINGS_MODULE": "iamconsole.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        measure()


def measure() -> None:
    from django.test import Client

    from iamconsole.iam.models import User
    from iamconsole.sandboxes import lifecycle
    from tests.boto import boto
    from tests.factories import sign_in

    pages: dict[int, Client] = {}
    clients = {}
    for size in SIZES:
        account = lifecycle.create("course")
        users = [
            User(account=account, name=f"user-{n:04}", unique_id=f"AIDA{size:05}{n:012}", created=account.created)
            for n in range(size - 3)
        ]
        User.objects.bulk_create(users)
        pages[size] = sign_in(Client(), account, "admin")
        admin = lifecycle.describe(account)["admin"]
        clients[size] = boto("iam", admin["access_key_id"], admin["secret_access_key"])

    def page(path: str) -> Callable[[int], object]:
        def visit(size: int) -> None:
            answer = pages[size].get(path, headers={"host": "127.0.0.1:8000"})
            if answer.status_code != 200:
                sys.exit(f"{path}: {answer.status_code}")

        return visit

    report("users list, first page", page("/iam/users"))
    report("users list, search", page("/iam/users?q=user-00"))
    report("users list, last page of 20", page("/iam/users?sort=-name"))
    report("API ListUsers, first 20", lambda size: clients[size].list_users(MaxItems=20))
    report("API GetUser", lambda size: clients[size].get_user(UserName="user-0001"))


def report(name: str, act: Callable[[int], object]) -> None:
    taken: Mapping[int, list[float]] = {size: [] for size in SIZES}
    for number in range(ROUNDS + 2):
        for size in SIZES:
            start = time.perf_counter()
            act(size)
            if number >= 2:  # the first rounds fill caches
                taken[size].append((time.perf_counter() - start) * 1000)
    medians = {size: statistics.median(times) for size, times in taken.items()}
    few, many = (medians[size] for size in SIZES)
    row = {"what": name, **{f"{size} users": round(medians[size], 1) for size in SIZES}, "ratio": round(many / few, 2)}
    print(json.dumps(row))


if __name__ == "__main__":
    main()
