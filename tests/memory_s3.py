"""`python -m tests.memory_s3 [--megabytes 1024] [--most 50]`: how much memory the server takes for a large object.

The genuine `aws s3 cp` uploads a file in parts and downloads it again; meanwhile the server's memory is looked at. It
must come back as it went, and the server must not have grown by more than so many megabytes. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

from tests.kills_s3 import BUCKET, Server

MEGABYTE = 1024 * 1024


def memory_of(process: int) -> int:
    """The resident memory of a process and of all that it started, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    own = int(found[1]) // 1024 if found else 0
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return own + sum(memory_of(int(child)) for child in children)


class Watch(Thread):
    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.most, self.over = process, 0, Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.most = max(self.most, memory_of(self.process))


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(folder: Path, megabytes: int) -> tuple[int, int]:
    """Upload and download; returns the memory before and at most meanwhile, in megabytes."""
    data = folder / "data"
    data.mkdir()
    server = Server(str(data))
    server.environment["IAMCONSOLE_MAX_OBJECT_BYTES"] = str((megabytes + 1) * MEGABYTE)
    server.start()
    assert server.process is not None
    try:
        admin = server.sandbox()["admin"]
        environment = server.environment | {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": admin["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": admin["secret_access_key"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "HOME": str(folder),
        }
        there, back = folder / "there", folder / "back"
        with there.open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(MEGABYTE))
        small = folder / "small"
        small.write_bytes(b"warm" * MEGABYTE * 4)

        def copy(one: str, other: str) -> None:
            command = [sys.executable, "-m", "awscli", "s3", "cp", "--only-show-errors", one, other]
            subprocess.run(command, env=environment, cwd=folder, check=True)

        # What the first requests load stays: it is the size of the object that must not count.
        copy("small", f"s3://{BUCKET}/small")
        copy(f"s3://{BUCKET}/small", "small")
        time.sleep(1)
        before = memory_of(server.process.pid)
        watch = Watch(server.process.pid)
        watch.start()
        copy("there", f"s3://{BUCKET}/large")
        copy(f"s3://{BUCKET}/large", "back")
        watch.over.set()
        watch.join()
        assert hash_of(there) == hash_of(back), "it came back changed"
        return before, watch.most
    finally:
        server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--most", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before, most = run(Path(folder), options.megabytes)
    print(f"{options.megabytes} MB up and down: {before} MB before, {most} MB at most")
    if most - before > options.most:
        raise SystemExit(f"The server grew by {most - before} MB; {options.most} are allowed.")


if __name__ == "__main__":
    main()
