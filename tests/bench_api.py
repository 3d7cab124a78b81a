"""Requests per second of our two servers beside moto's, on one machine in one run: `python -m tests.bench_api`.

The load generator is no part of this repository: `--load` names its file (by default ../shared/bench/server/api_load.py
beside the checkout). moto's server is taken from `--moto` or MOTO_SERVER: `python -m venv x && x/bin/pip install
'moto[server]'` makes one at x/bin/moto_server. Signatures, policies and (ours) the event record are on everywhere.

Figures are comparable within one run only. Run it on a machine that does nothing else, with several rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
LOAD = ROOT.parent / "shared" / "bench" / "server" / "api_load.py"
OPERATIONS = "sts GetCallerIdentity,iam GetUser,iam CreateUser"
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True)
class Target:
    name: str
    url: str
    access_key_id: str
    secret: str
    pid: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", type=Path, default=LOAD, help="the load generator")
    parser.add_argument("--moto", default=os.environ.get("MOTO_SERVER", ""), help="moto_server; none: ours alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of the class server")
    parser.add_argument("--only", default="moto,laptop,class", help="which servers")
    parser.add_argument("--ops", default=OPERATIONS)
    parser.add_argument("--concurrency", default="8")
    parser.add_argument("--rounds", default="3")
    parser.add_argument("--seconds", default="4")
    parser.add_argument("--users", action="store_true", help="ListUsers' first page of 100 and of 5,000 users instead")
    options = parser.parse_args()
    with ExitStack() as stack:
        targets: list[Target] = []
        wanted = options.only.split(",")
        if "moto" in wanted and options.moto:
            targets.append(stack.enter_context(moto(options.moto)))
        if "laptop" in wanted:
            targets.append(stack.enter_context(ours("laptop", [])))
        if "class" in wanted:
            targets.append(stack.enter_context(ours("class", ["--workers", str(options.workers)])))
        return first_pages(targets) if options.users else load(options, targets)


def load(options: argparse.Namespace, targets: list[Target]) -> int:
    """Run the load generator, which visits the servers in turn."""
    keys = {}
    for target in targets:
        keys[f"{target.name.upper()}_AWS_ACCESS_KEY_ID"] = target.access_key_id
        keys[f"{target.name.upper()}_AWS_SECRET_ACCESS_KEY"] = target.secret
    environment = {
        **os.environ,
        **keys,
        "ENDPOINT": ",".join(f"{target.name}={target.url}" for target in targets),
        "SERVER_PID": ",".join(f"{target.name}={target.pid}" for target in targets),
        "OPS": options.ops,
        "CONCURRENCY": options.concurrency,
        "ROUNDS": options.rounds,
        "CELL_SECONDS": options.seconds,
        "MAX_USERS": "4000",
    }
    return subprocess.run([sys.executable, str(options.load)], env=environment, check=False).returncode


def first_pages(targets: list[Target]) -> int:
    """The time of ListUsers' first page, in an account of 100 users and in one of 5,000."""
    for target in targets:
        iam = client(target)
        made, medians = len(iam.list_users()["Users"]), {}
        for count in (100, 5000):
            for number in range(made, count):
                iam.create_user(UserName=f"user-{number:05d}")
            made = count
            times = []
            for _ in range(40):
                start = time.perf_counter()
                assert len(iam.list_users(MaxItems=100)["Users"]) == 100
                times.append(time.perf_counter() - start)
            medians[count] = statistics.median(times) * 1000
        print(f"{target.name}: first page of 100 users {medians[100]:.1f} ms, of 5,000 users {medians[5000]:.1f} ms")
    return 0


def client(target: Target) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=target.url,
        region_name="us-east-1",
        aws_access_key_id=target.access_key_id,
        aws_secret_access_key=target.secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def moto(command: str) -> Iterator[Target]:
    """moto's server with its auth on: the first three calls, which make the caller, are not checked."""
    port = free_port()
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"}
    process = subprocess.Popen(
        [command, "-p", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        iam = client(Target("moto", f"http://127.0.0.1:{port}", "any", "any", process.pid))
        iam.create_user(UserName="admin")
        iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=ALLOW_ALL)
        key = iam.create_access_key(UserName="admin")["AccessKey"]
        yield Target("moto", f"http://127.0.0.1:{port}", key["AccessKeyId"], key["SecretAccessKey"], process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def ours(name: str, arguments: list[str]) -> Iterator[Target]:
    """`manage.py serve` with a data folder of its own, and the administrator of a sandbox that was just made."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="iamconsole-bench-") as data:
        environment = {**os.environ, "IAMCONSOLE_DATA": data}
        manage = [sys.executable, str(ROOT / "manage.py")]
        with (Path(data) / "server.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*manage, "serve", "--port", str(port), *arguments], env=environment, stdout=log, stderr=log, cwd=ROOT
            )
        try:
            wait_for(port, process, ready=Path(data) / "server.log")
            made = subprocess.run(
                [*manage, "sandbox", "create"], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
            )
            admin = json.loads(made.stdout)["admin"]
            yield Target(
                name, f"http://127.0.0.1:{port}", admin["access_key_id"], admin["secret_access_key"], process.pid
            )
            said = (Path(data) / "server.log").read_text(encoding="utf-8").partition("Stop with")[2]
            if said.count("\n") > 2:
                print(f"{name} said:\n{said[-2000:]}", file=sys.stderr)
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[Any], ready: Path | None = None) -> None:
    """Until the port answers and, for ours, the welcome is printed; its first start prepares files for a while."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"The server ended: {process.args}" + (f"\n{ready.read_text()}" if ready else ""))
        if ready is None or "Stop with" in ready.read_text(encoding="utf-8"):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        time.sleep(0.2)
    raise SystemExit(f"No answer at port {port}: {process.args}")


if __name__ == "__main__":
    sys.exit(main())
