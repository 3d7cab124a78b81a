"""`python -m tests.kills [--rounds 20] [ACT …]`: kill -9 in the middle of start, reset, copy, restore and purge.

A process does one act again and again, says when it begins and when it is done, and is killed at a random moment of
an act. Then the database and the storage are looked at: each act has happened wholly or not at all, what was said to
be done is there, and nothing of anybody else's is touched. The acts are those of real processes on a real data folder.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def django_on(data: str) -> None:
    os.environ |= {"IAMCONSOLE_DATA": data, "DJANGO_SETTINGS_MODULE": "iamconsole.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()


# -- the process that is killed -------------------------------------------------------------------


def say(word: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"word": word, **more}) + "\n")
    sys.stdout.flush()


def child(act: str, account_id: str) -> None:
    """Do the act until somebody kills us."""
    from iamconsole.sandboxes import lifecycle

    lifecycle.templates.start_state("course")
    for number in range(10_000):
        ACTS[act](account_id, number)


def start(account_id: str, number: int) -> None:
    from iamconsole.sandboxes import lifecycle

    say("begin")
    say("done", account_id=lifecycle.create("course").account_id)


def reset(account_id: str, number: int) -> None:
    from iamconsole.sandboxes import lifecycle

    _edit(account_id, number)
    say("begin", marker=f"marker-{number}")
    lifecycle.reset(account_id)
    say("done", marker="")


def copy(account_id: str, number: int) -> None:
    from iamconsole.sandboxes import lifecycle

    say("begin")
    say("done", account_id=lifecycle.copy(account_id).account_id)


def restore(account_id: str, number: int) -> None:
    from iamconsole.sandboxes import snapshots

    path = Path(os.environ["IAMCONSOLE_DATA"]) / "snapshot.zip"
    _edit(account_id, number)
    say("begin", marker=f"marker-{number}")
    with path.open("rb") as file:
        snapshots.restore(account_id, file)
    say("done", marker="")


def purge(account_id: str, number: int) -> None:
    from iamconsole.sandboxes import caretaker, lifecycle

    for _ in range(4):
        made = lifecycle.create("course").account_id
        _edit(made, number)
        lifecycle.delete(made)
    say("begin")
    caretaker.purge(grace=dt.timedelta(0), rest=lambda seconds: None)
    say("done")


def _edit(account_id: str, number: int) -> None:
    """Something that a reset takes away: a user, a new object, another object's new bytes."""
    from iamconsole.accounts.models import Account
    from tests.factories import client_for

    root = client_for(Account.objects.get(account_id=account_id))
    root.call("iam:CreateUser", user_name=f"marker-{number}")
    root.call("s3:PutObject", bucket="company1-hr", key="marker", body=io.BytesIO(b"marker"))
    root.call("s3:PutObject", bucket="company1-hr", key="Test.txt", body=io.BytesIO(b"other"))


ACTS: dict[str, Callable[[str, int], None]] = {
    "start": start,
    "reset": reset,
    "copy": copy,
    "restore": restore,
    "purge": purge,
}


# -- whoever kills it and looks ------------------------------------------------------------------


class World:
    """The data folder, with a sandbox that is worked on and a bystander that nobody may touch."""

    def __init__(self, data: str) -> None:
        from iamconsole.sandboxes import lifecycle

        self.data = data
        self.mine = lifecycle.create("course").account_id
        self.bystander = lifecycle.create("course").account_id
        self.known = {name: lifecycle.describe(lifecycle.account_with_id(name)) for name in (self.mine, self.bystander)}
        self.start_shape = self.shape_of(self.mine)
        self.seen = set(self.live())

    def live(self) -> list[str]:
        from iamconsole.sandboxes import lifecycle

        return [account.account_id for account in lifecycle.everyone()]

    def shape_of(self, account_id: str) -> str:
        from iamconsole.sandboxes import lifecycle
        from iamconsole.sandboxes.image import take
        from iamconsole.sandboxes.tables import Kind
        from tests.sandboxes.shape import shape

        image = take(lifecycle.account_with_id(account_id).sandbox_id, events=False)
        return shape(image, Kind.TIME, Kind.HASH)

    def check(self, act: str, began: list[dict[str, Any]], done: list[dict[str, Any]]) -> None:
        """After a kill: before or after, nothing between, nothing lost."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone()[0] == "ok"
            cursor.execute("PRAGMA foreign_key_check")
            assert cursor.fetchall() == []
        self.check_same(self.bystander)
        if act in ("start", "copy"):
            new = set(self.live()) - self.seen
            told = {one["account_id"] for one in done}
            assert told <= new, "a sandbox that was said to be there is lost"
            assert len(new) <= len(began), "there are more sandboxes than were begun"
            assert len(new - told) <= 1
            for account_id in new:
                assert self.shape_of(account_id) == self.start_shape, "a sandbox is half made"
        if act in ("reset", "restore"):
            self.check_mine(began, done)
        self.check_bytes()

    def check_same(self, account_id: str) -> None:
        from iamconsole.sandboxes import lifecycle

        assert lifecycle.describe(lifecycle.account_with_id(account_id)) == self.known[account_id]
        assert self.shape_of(account_id) == self.start_shape

    def check_mine(self, began: list[dict[str, Any]], done: list[dict[str, Any]]) -> None:
        """Either wholly its start state, or wholly what was made of it since the last act."""
        from iamconsole.accounts.models import Account
        from iamconsole.iam.models import AccessKey, User
        from iamconsole.sandboxes import lifecycle

        account = lifecycle.account_with_id(self.mine)
        assert Account.objects.filter(account_id=self.mine).count() == 1
        assert lifecycle.describe(account) == self.known[self.mine], "passwords, keys or names have changed"
        key = self.known[self.mine]["admin"]["access_key_id"]
        assert AccessKey.objects.get(access_key_id=key).account_id == account.pk
        markers = set(User.objects.filter(account=account, name__startswith="marker-").values_list("name", flat=True))
        if len(began) > len(done):
            assert markers in (set(), {began[-1]["marker"]}), markers
        else:
            assert len(markers) <= 1  # killed while the next edit was made
        if not markers:
            from tests.factories import client_for

            body = client_for(account).call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"]
            assert body.read() == b"Hello!\n"
            assert self.shape_of(self.mine) == self.start_shape

    def check_bytes(self) -> None:
        """Every object of a sandbox can be read."""
        from django.core.files.storage import default_storage

        from iamconsole.accounts.models import Sandbox
        from iamconsole.s3.models import StoredObject

        live = StoredObject.objects.filter(bucket__sandbox__state=Sandbox.State.LIVE)
        for stored in live.values_list("stored_as", "size").distinct():
            assert default_storage.size(stored[0]) == stored[1]

    def tidy(self) -> None:
        """What the caretaker makes of it: nothing is left but what is named."""
        from django.core.files.storage import default_storage

        from iamconsole.accounts.models import Account, Sandbox
        from iamconsole.s3 import storage
        from iamconsole.sandboxes import caretaker, lifecycle

        for account_id in set(self.live()) - {self.mine, self.bystander}:
            lifecycle.delete(account_id)
        caretaker.purge(grace=dt.timedelta(0), rest=lambda seconds: None)
        swept = caretaker.sweep(grace=dt.timedelta(seconds=-60), rest=lambda seconds: None)
        assert swept.rows_without_bytes == []
        assert (Sandbox.objects.count(), Account.objects.count()) == (2, 2)
        stored = {name for names in caretaker.stored_names(lambda seconds: None) for name in names}
        assert stored == storage.named(stored)
        assert all(default_storage.exists(name) for name in stored)
        self.check_same(self.bystander)
        lifecycle.reset(self.mine)
        caretaker.purge(grace=dt.timedelta(0), rest=lambda seconds: None)
        self.seen = set(self.live())


def kill_once(world: World, act: str, chance: random.Random) -> bool:
    """One child, killed in the middle of an act; whether it was in the middle."""
    command = [sys.executable, "-m", "tests.kills", "--child", act, world.mine]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    began: list[dict[str, Any]] = []
    done: list[dict[str, Any]] = []
    wanted = chance.randint(2, 4)  # in which act it dies; the first shows how long one takes
    moments: list[float] = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in _lines(process.stdout):
            (began if line["word"] == "begin" else done).append(line)
            moments.append(time.monotonic())
            if len(began) == wanted and line["word"] == "begin":
                time.sleep(chance.uniform(0, 1.1 * (moments[1] - moments[0])))
                process.send_signal(signal.SIGKILL)
                for rest in _lines(process.stdout):
                    (began if rest["word"] == "begin" else done).append(rest)
                break
        process.wait()
    assert began, f"{act} never began: it failed"
    assert process.returncode == -signal.SIGKILL, f"{act} ended by itself"
    world.check(act, began, done)
    world.tidy()
    return len(began) > len(done)


def _lines(stream: Any) -> Iterator[dict[str, Any]]:
    for line in stream:
        if line.endswith("\n"):
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--child", nargs=2, metavar=("ACT", "ACCOUNT"))
    parser.add_argument("acts", nargs="*", default=list(ACTS))
    options = parser.parse_args()
    if options.child:
        django_on(os.environ["IAMCONSOLE_DATA"])
        child(*options.child)
        return
    seed = random.randrange(10**6) if options.seed is None else options.seed
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as data:
        django_on(data)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        world = World(data)
        if "restore" in options.acts:
            call_command("sandbox", "snapshot", world.mine, str(Path(data) / "snapshot.zip"), stdout=io.StringIO())
        for act in options.acts:
            within = sum(kill_once(world, act, chance) for _ in range(options.rounds))
            print(f"{act:<8} killed {options.rounds} times, {within} in the middle: before or after, nothing lost")
    print(f"seed {seed}")


if __name__ == "__main__":
    main()
