"""`manage.py sandbox create|reset|copy|snapshot|restore|…`: sandboxes for scripts, and the work of the background."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from iamconsole.accounts.models import Account
from iamconsole.sandboxes import caretaker, lifecycle, snapshots
from iamconsole.sandboxes.fixtures import FIXTURES
from iamconsole.sandboxes.snapshot_file import SnapshotError

OF_ONE = (
    ("reset", "bring the start state back"),
    ("copy", "make another one with all that is in it"),
    ("delete", "remove a sandbox for good"),
)


class Command(BaseCommand):
    help = "Create, reset, copy, delete and list sandboxes, and do the work of the background."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        for name in ("create", "start"):
            create = acts.add_parser(name, help="make a sandbox and print its credentials")
            create.add_argument("--account-id", help="12 digits; made up when left out")
            create.add_argument("--fixture", choices=sorted(FIXTURES), default="course")
        for name, text in OF_ONE:
            acts.add_parser(name, help=text).add_argument("account_id")
        for name, text in (("snapshot", "write a sandbox into a file"), ("restore", "put a file in a sandbox's place")):
            act = acts.add_parser(name, help=text)
            act.add_argument("account_id")
            act.add_argument("file", type=Path)
        acts.add_parser("list", help="every sandbox, without its secrets")
        purge = acts.add_parser("purge", help="drop what reset and deleted sandboxes left behind")
        purge.add_argument("--now", action="store_true", help="also what requests may still be reading")
        acts.add_parser("sweep", help="remove bytes that nothing names, report objects without bytes")
        fill = acts.add_parser("fill", help="make sandboxes ready for those who come")
        fill.add_argument("count", type=int)
        fill.add_argument("--fixture", choices=sorted(FIXTURES), default="course")
        tend = acts.add_parser("tend", help="do the work of the background, where no server of ours does")
        tend.add_argument("--once", action="store_true", help="one round, and no waiting for the next")
        for act in acts.choices.values():
            act.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["act"])(options)
        except (lifecycle.SandboxError, caretaker.Busy, SnapshotError) as error:
            raise CommandError(str(error)) from error

    def create(self, options: dict[str, Any]) -> None:
        self._print(lifecycle.create(options["fixture"], options["account_id"]))

    start = create

    def reset(self, options: dict[str, Any]) -> None:
        self._print(lifecycle.reset(options["account_id"]))

    def copy(self, options: dict[str, Any]) -> None:
        self._print(lifecycle.copy(options["account_id"]))

    def delete(self, options: dict[str, Any]) -> None:
        lifecycle.delete(options["account_id"])
        self._say(options, {"account_id": options["account_id"], "deleted": True}, f"Deleted {options['account_id']}.")

    def snapshot(self, options: dict[str, Any]) -> None:
        target: Path = options["file"]
        # Written beside it and moved there whole: a full disk leaves the file of before.
        part = target.with_name(f".{target.name}.part")
        try:
            with snapshots.take(options["account_id"]).file as taken, part.open("wb") as written:
                shutil.copyfileobj(taken, written)
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        row = {"account_id": options["account_id"], "file": str(target), "bytes": target.stat().st_size}
        self._say(options, row, f"Wrote {target}.")

    def restore(self, options: dict[str, Any]) -> None:
        try:
            with options["file"].open("rb") as file:
                restored = snapshots.restore(options["account_id"], file)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        reissued = [asdict(one) for one in restored.reissued]
        lines = [
            f"Restored {restored.account.account_id}.",
            *(f"{one.title}: {one.value}" for one in restored.reissued),
        ]
        self._say(options, {"account_id": restored.account.account_id, "reissued": reissued}, "\n".join(lines))

    def list(self, options: dict[str, Any]) -> None:
        for account in lifecycle.everyone():
            row = {
                "account_id": account.account_id,
                "name": account.name,
                "fixture": account.sandbox.fixture,
                "created": account.created.isoformat(),
                "link": lifecycle.link(account),
            }
            self._say(options, row, f"{row['account_id']}  {row['fixture']:<8}  {row['name']}  {row['link']}")

    def purge(self, options: dict[str, Any]) -> None:
        grace = caretaker.NONE if options["now"] else caretaker.REST_OF_A_REQUEST
        dropped = caretaker.purge(grace=grace)
        self._say(options, {"purged": dropped}, f"Purged {dropped}.")

    def sweep(self, options: dict[str, Any]) -> None:
        swept = caretaker.sweep()
        lost = "".join(f"\nNo bytes: {one}" for one in swept.rows_without_bytes)
        text = f"Removed {swept.bytes_removed} orphan files and {swept.rows_removed} sandboxes without accounts.{lost}"
        self._say(options, swept.as_plain(), text)

    def fill(self, options: dict[str, Any]) -> None:
        made = 0
        while lifecycle.fill_pool(options["fixture"], options["count"]):
            made += 1
        self._say(options, {"fixture": options["fixture"], "made": made}, f"Made {made} ready.")

    def tend(self, options: dict[str, Any]) -> None:
        with caretaker.alone():
            if options["once"]:
                done = caretaker.tend()
                self._say(options, done, ", ".join(f"{name} {count}" for name, count in done.items()))
            else:
                caretaker.tend_for_ever()

    def _print(self, account: Account) -> None:
        self.stdout.write(json.dumps(lifecycle.describe(account)))

    def _say(self, options: Mapping[str, Any], row: Mapping[str, Any], plain: str) -> None:
        self.stdout.write(json.dumps(row) if options["json"] else plain)
