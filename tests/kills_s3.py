"""`python -m tests.kills_s3 [--rounds 20] [--writes 1000]`: kill -9 of the server in the middle of mixed writes to S3.

Clients put, replace, copy, delete and upload in parts against a running server, several at a time, and note what was
acknowledged. The server is killed at a random moment of the writes and started again. Then every acknowledged object
must be there with the right bytes (or gone), one whose write was under way must be wholly old or wholly new, no row may
be without bytes, and what nobody names must be swept away.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

ROOT = Path(__file__).resolve().parent.parent
BUCKET = "company1-hr"
CLIENTS = 4
PART = 5 * 1024 * 1024


class Server:
    """`manage.py serve` on a data folder, which can be killed and started again."""

    def __init__(self, data: str) -> None:
        foreign = ("AWS_", "IAMCONSOLE_", "DJANGO_", "DATABASE_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        quota = {"IAMCONSOLE_SANDBOX_BYTES": str(20 * 1024**3), "IAMCONSOLE_SANDBOX_OBJECTS": "1000000"}
        self.environment = clean | quota | {"IAMCONSOLE_DATA": data, "PYTHONUNBUFFERED": "1"}
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", "0"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "iamconsole is at" in line:
                self.url = line.split()[-1]
            if "Stop with" in line:
                return
        raise AssertionError("the server did not start")

    def sandbox(self) -> Any:
        """A new one, as `sandbox create` describes it."""
        command = [sys.executable, str(ROOT / "manage.py"), "sandbox", "create"]
        made = subprocess.run(command, env=self.environment, capture_output=True, text=True, cwd=ROOT, check=True)
        return json.loads(made.stdout)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass
class World:
    """What the clients were told. A key is written by one client at a time."""

    # By key: the content's hash, or None for an object that is not there.
    known: dict[str, str | None] = field(default_factory=dict)
    # Of writes under way when the server died: what may be there instead.
    doubtful: dict[str, set[str | None]] = field(default_factory=dict)
    acknowledged: int = 0
    lock: Lock = field(default_factory=Lock)

    def write(self, key: str, after: str | None, act: Any) -> None:
        """Do a write; what it says is noted, and where it says nothing, both are possible."""
        with self.lock:
            self.doubtful[key] = {self.known.get(key), after}
        act()
        with self.lock:
            del self.doubtful[key]
            self.known[key] = after
            self.acknowledged += 1

    def others(self, number: int, key: str) -> list[tuple[str, str]]:
        """The other objects of a client that are there, each with its content's hash."""
        with self.lock:
            own = [(other, one) for other, one in self.known.items() if other.startswith(f"{number}/")]
        return [(other, one) for other, one in own if one is not None and other != key]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def client(url: str, keys: tuple[str, str]) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=20)
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        config=config,
    )


def work(s3: Any, world: World, number: int, seed: int, stop: Event, writes: int) -> None:
    """One client's writes to its own keys, until they are done or the server is gone."""
    chance = random.Random(seed)
    try:
        for _ in range(writes):
            if stop.is_set():
                return
            one_write(s3, world, number, chance)
    except (HTTPClientError, BotoCoreError):
        return  # the server was killed
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise


def one_write(s3: Any, world: World, number: int, chance: random.Random) -> None:
    key = f"{number}/{chance.randrange(12)}"
    content = chance.randbytes(chance.choice((0, 10, 1000, 300_000)))
    kinds = ("put", "put", "put", "delete", "copy", "parts") if chance.random() < 0.5 else ("put", "delete", "copy")
    kind = chance.choice(kinds)
    at = {"Bucket": BUCKET, "Key": key}
    if kind == "put":
        world.write(key, _hash(content), lambda: s3.put_object(**at, Body=content))
    elif kind == "delete":
        world.write(key, None, lambda: s3.delete_object(**at))
    elif kind == "copy":
        there = world.others(number, key)
        if there:
            other, copied = chance.choice(there)
            world.write(key, copied, lambda: s3.copy_object(**at, CopySource={"Bucket": BUCKET, "Key": other}))
    else:
        pieces = [chance.randbytes(1000) * (PART // 1000 + 1), content]
        world.write(key, _hash(b"".join(pieces)), lambda: in_parts(s3, at, pieces))


def in_parts(s3: Any, at: dict[str, str], pieces: list[bytes]) -> None:
    upload = at | {"UploadId": s3.create_multipart_upload(**at)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=piece)["ETag"]}
        for number, piece in enumerate(pieces, start=1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def check(s3: Any, world: World) -> None:
    """Every acknowledged write is so; the doubtful ones are wholly old or wholly new."""
    there = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        there |= {one["Key"] for one in page.get("Contents", ())}
    for key in {*world.known, *world.doubtful}:
        found = _hash(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) if key in there else None
        may_be = world.doubtful.get(key, {world.known.get(key)})
        assert found in may_be, f"{key} is neither what it was nor what it was to be"
        world.known[key] = found
    world.doubtful.clear()


def sweep(data: str) -> None:
    """No row without bytes, no bytes without a row once it was swept; in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kills_s3", "--sweep"],
        env=os.environ | {"IAMCONSOLE_DATA": data},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sweep_here() -> None:
    from tests.kills import django_on

    django_on(os.environ["IAMCONSOLE_DATA"])
    from iamconsole.s3 import storage
    from iamconsole.sandboxes import caretaker

    swept = caretaker.sweep(grace=dt.timedelta(seconds=-60), rest=lambda seconds: None)
    assert swept.rows_without_bytes == [], swept.rows_without_bytes
    stored = {name for names in caretaker.stored_names(lambda seconds: None) for name in names}
    assert stored == storage.named(stored), "orphans are left"


def run(data: str, rounds: int, writes: int, seed: int) -> tuple[int, int]:
    """So many kills; returns how many writes were acknowledged and how many were under way when the server died."""
    chance, world, within = random.Random(seed), World(), 0
    server = Server(data)
    server.start()
    admin = server.sandbox()["admin"]
    keys = (admin["access_key_id"], admin["secret_access_key"])
    for _ in range(rounds):
        stop, before = Event(), world.acknowledged
        target = before + chance.randrange(writes // rounds // 2 + 1, writes // rounds + 2)
        with ThreadPoolExecutor(CLIENTS) as pool:
            working = [
                pool.submit(work, client(server.url, keys), world, number, chance.randrange(10**9), stop, writes)
                for number in range(CLIENTS)
            ]
            while world.acknowledged < target and not all(one.done() for one in working):
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.05))
            server.kill()
            stop.set()
            for one in working:
                one.result()
        within += len(world.doubtful)
        sweep(data)
        server.start()
        check(client(server.url, keys), world)
    server.kill()
    return world.acknowledged, within


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    if options.sweep:
        sweep_here()
        return
    seed = random.randrange(10**6) if options.seed is None else options.seed
    with tempfile.TemporaryDirectory() as data:
        acknowledged, within = run(data, options.rounds, options.writes, seed)
    told = f"{options.rounds} kills in {acknowledged} acknowledged writes, {within} under way"
    print(f"{told}: nothing lost (seed {seed})")


if __name__ == "__main__":
    main()
