"""`manage.py sandbox create|reset|delete|list`: sandboxes for scripts."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from iamconsole.accounts.models import Account
from iamconsole.sandboxes import lifecycle
from iamconsole.sandboxes.fixtures import FIXTURES


class Command(BaseCommand):
    help = "Create, reset, delete and list sandboxes."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="make a sandbox and print its credentials")
        create.add_argument("--account-id", help="12 digits; made up when left out")
        create.add_argument("--fixture", choices=sorted(FIXTURES), default="course")
        for name, text in (("reset", "bring the start state back"), ("delete", "remove a sandbox for good")):
            acts.add_parser(name, help=text).add_argument("account_id")
        acts.add_parser("list", help="every sandbox, without its secrets")
        for act in acts.choices.values():
            act.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["act"])(options)
        except lifecycle.SandboxError as error:
            raise CommandError(str(error)) from error

    def create(self, options: dict[str, Any]) -> None:
        self._print(lifecycle.create(options["fixture"], options["account_id"]))

    def reset(self, options: dict[str, Any]) -> None:
        self._print(lifecycle.reset(options["account_id"]))

    def delete(self, options: dict[str, Any]) -> None:
        lifecycle.delete(options["account_id"])
        deleted = {"account_id": options["account_id"], "deleted": True}
        self.stdout.write(json.dumps(deleted) if options["json"] else f"Deleted {options['account_id']}.")

    def list(self, options: dict[str, Any]) -> None:
        for account in lifecycle.everyone():
            row = {
                "account_id": account.account_id,
                "name": account.name,
                "fixture": account.sandbox.fixture,
                "created": account.created.isoformat(),
                "link": lifecycle.describe(account)["link"],
            }
            plain = f"{row['account_id']}  {row['fixture']:<8}  {row['name']}  {row['link']}"
            self.stdout.write(json.dumps(row) if options["json"] else plain)

    def _print(self, account: Account) -> None:
        self.stdout.write(json.dumps(lifecycle.describe(account)))
