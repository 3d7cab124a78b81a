"""Many clients at the same objects at once: `python -m tests.rush [--seconds 60] [--database URL] [--workers N]`.

It starts a server on a data folder (or database) of its own, lets processes with boto3 create, rename, attach, detach
and delete the same few users, groups, roles, policies and keys at random, and then asks the database: every answer was
a success or an error that AWS documents for that operation, nothing is half made, names are unique and quotas kept,
and for every acknowledged call there is exactly one event. It ends with 1 and says what was wrong, or with 0.

The database of `--database` is filled with the tables of a fresh installation: give it one of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, '
    '"Action": "sts:AssumeRole"}]}'
)
# Few names, so that everybody meets everybody; the same in another case is the same name.
USERS = ["ann", "ANN", "Bob", "bob", "cyd", "Dee"]
GROUPS = ["HR", "hr", *(f"group-{n}" for n in range(12))]
ROLES = ["reader", "READER", "writer"]
PROFILES = ["reader", "shared"]
POLICIES = [f"Policy{n}" for n in range(12)]
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VERSIONS = [f"v{n}" for n in range(1, 9)]

GONE, THERE, IN_USE, FULL = "NoSuchEntity", "EntityAlreadyExists", "DeleteConflict", "LimitExceeded"

Params = Callable[[random.Random, str], dict[str, Any]]


@dataclass(frozen=True)
class Act:
    """One operation: how often it is chosen, its parameters, and the errors that the API Reference lists for it."""

    operation: str
    weight: int
    params: Params
    errors: frozenset[str]


def _act(operation: str, weight: int, errors: Sequence[str] = (), **choices: Sequence[str] | str) -> Act:
    def params(dice: random.Random, account: str) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for name, among in choices.items():
            one = among if isinstance(among, str) else dice.choice(among)
            chosen[name] = f"arn:aws:iam::{account}:policy/{one}" if one in POLICIES and name != "PolicyName" else one
        return chosen

    return Act(operation, weight, params, frozenset(errors))


def _acts() -> Iterator[Act]:
    for kind, names, weight in (("User", USERS, 8), ("Group", GROUPS, 8)):
        owner = {f"{kind}Name": names}
        yield _act(f"Create{kind}", weight, [THERE, FULL], **owner)
        yield _act(f"Get{kind}", 4, [GONE], **owner)
        yield _act(f"Update{kind}", 3, [GONE, THERE], **owner, **{f"New{kind}Name": names})
        yield _act(f"Delete{kind}", 3, [GONE, IN_USE], **owner)
    yield _act("CreateRole", 8, [THERE, FULL], RoleName=ROLES, AssumeRolePolicyDocument=TRUST)
    yield _act("GetRole", 4, [GONE], RoleName=ROLES)
    yield _act("DeleteRole", 3, [GONE, IN_USE], RoleName=ROLES)
    for kind, names in (("User", USERS), ("Group", GROUPS), ("Role", ROLES)):
        owner = {f"{kind}Name": names}
        policies = [*POLICIES, AWS_POLICY]
        yield _act(f"Attach{kind}Policy", 8, [GONE, FULL], **owner, PolicyArn=policies)
        yield _act(f"Detach{kind}Policy", 4, [GONE], **owner, PolicyArn=policies)
        yield _act(f"ListAttached{kind}Policies", 3, [GONE], **owner)
        yield _act(f"Put{kind}Policy", 3, [GONE, FULL], **owner, PolicyName=["own", "other"], PolicyDocument=DOCUMENT)
        yield _act(f"Delete{kind}Policy", 3, [GONE], **owner, PolicyName=["own", "other"])
    yield _act("AddUserToGroup", 12, [GONE, FULL], UserName=USERS, GroupName=GROUPS)
    yield _act("RemoveUserFromGroup", 4, [GONE], UserName=USERS, GroupName=GROUPS)
    yield _act("CreatePolicy", 8, [THERE, FULL], PolicyName=POLICIES, PolicyDocument=DOCUMENT)
    yield _act("CreatePolicyVersion", 8, [GONE, FULL], PolicyArn=POLICIES, PolicyDocument=DOCUMENT)
    yield _act("SetDefaultPolicyVersion", 4, [GONE], PolicyArn=POLICIES, VersionId=VERSIONS)
    yield _act("DeletePolicyVersion", 5, [GONE, IN_USE], PolicyArn=POLICIES, VersionId=VERSIONS)
    yield _act("DeletePolicy", 3, [GONE, IN_USE], PolicyArn=POLICIES)
    yield _act("ListEntitiesForPolicy", 3, [GONE], PolicyArn=[*POLICIES, AWS_POLICY])
    yield _act("CreateAccessKey", 8, [GONE, FULL], UserName=USERS)
    yield _act("CreateLoginProfile", 1, [GONE, THERE], UserName=USERS, Password="Passw0rd!")
    yield _act("DeleteLoginProfile", 1, [GONE], UserName=USERS)
    yield _act("CreateInstanceProfile", 4, [THERE, FULL], InstanceProfileName=PROFILES)
    yield _act("AddRoleToInstanceProfile", 6, [GONE, FULL], InstanceProfileName=PROFILES, RoleName=ROLES)
    yield _act("RemoveRoleFromInstanceProfile", 4, [GONE], InstanceProfileName=PROFILES, RoleName=ROLES)
    yield _act("DeleteInstanceProfile", 2, [GONE, IN_USE], InstanceProfileName=PROFILES)
    yield _act("PutUserPermissionsBoundary", 3, [GONE], UserName=USERS, PermissionsBoundary=POLICIES)
    yield _act("DeleteUserPermissionsBoundary", 2, [GONE], UserName=USERS)
    yield _act("ListUsers", 3)
    yield _act("ListGroups", 3)
    yield _act("GetAccountAuthorizationDetails", 1)


ACTS = list(_acts())
# What deletes or changes a key that another client may have made: its ID is read from a list first.
KEY_ACTS = ("DeleteAccessKey", "UpdateAccessKey")


@dataclass
class Report:
    """What the clients met."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())

    def of(self, operation: str, outcome: str = "") -> int:
        return self.outcomes[operation, outcome]

    def lines(self) -> Iterator[str]:
        if self.times:
            p50, p95 = (sorted(self.times)[int(len(self.times) * part)] * 1000 for part in (0.5, 0.95))
            yield (
                f"{self.calls} calls in {self.seconds:.0f} s: {self.calls / self.seconds:.0f} a second, "
                f"median {p50:.1f} ms, 95 % below {p95:.1f} ms, longest {max(self.times) * 1000:.0f} ms, "
                f"mean {statistics.fmean(self.times) * 1000:.1f} ms"
            )
        totals: Counter[str] = Counter()
        for (_, outcome), number in self.outcomes.items():
            totals[outcome or "success"] += number
        yield ", ".join(f"{outcome} {number}" for outcome, number in totals.most_common())


Job = tuple[str, str, str, str, float, int]


def one_client(job: Job) -> tuple[Counter[tuple[str, str]], list[str], list[float]]:
    """One process: random acts until the time is over."""
    import boto3
    from botocore import xform_name
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    url, key, secret, account, seconds, seed = job
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    iam = boto3.client("iam", "us-east-1", None, True, None, url, key, secret, config=config)
    dice = random.Random(seed)
    outcomes: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    times: list[float] = []

    def call(operation: str, params: Mapping[str, Any], errors: frozenset[str]) -> Any:
        began = time.perf_counter()
        outcome, answer = "", None
        try:
            answer = getattr(iam, xform_name(operation))(**params)
        except ClientError as error:
            outcome = error.response["Error"]["Code"]
            if outcome not in errors:
                wrong.append(f"{operation} {params}: {error}")
        except BotoCoreError as error:
            outcome = type(error).__name__
            wrong.append(f"{operation} {params}: {error}")
        times.append(time.perf_counter() - began)
        outcomes[operation, outcome] += 1
        return answer

    weights = [act.weight for act in ACTS]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        act = dice.choices(ACTS, weights)[0]
        call(act.operation, act.params(dice, account), act.errors)
        if dice.random() < 0.1:
            name = dice.choice(USERS)
            listed = call("ListAccessKeys", {"UserName": name}, frozenset({GONE}))
            for row in listed["AccessKeyMetadata"] if listed else ():
                chosen = {"UserName": name, "AccessKeyId": row["AccessKeyId"]}
                operation = dice.choice(KEY_ACTS)
                if operation == "UpdateAccessKey":
                    chosen["Status"] = dice.choice(["Active", "Inactive"])
                call(operation, chosen, frozenset({GONE}))
    return outcomes, wrong, times


def rush(sandbox: Mapping[str, Any], seconds: float, clients: int, seed: int) -> Report:
    """Let the clients loose on a sandbox, as its administrator."""
    admin = sandbox["admin"]
    jobs: list[Job] = [
        (
            sandbox["endpoint"],
            admin["access_key_id"],
            admin["secret_access_key"],
            sandbox["account_id"],
            seconds,
            seed + number,
        )
        for number in range(clients)
    ]
    report = Report(seconds=seconds)
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        for outcomes, wrong, times in pool.imap_unordered(one_client, jobs):
            report.outcomes += outcomes
            report.wrong += wrong
            report.times += times
    return report


# -- afterwards, from the database -----------------------------------------------------------------------


def audit(account_id: str) -> dict[str, Any]:
    """What the database says about the account: `problems`, its objects, and the successes in its history."""
    from django.db.models import Count

    from iamconsole.accounts.models import Account
    from iamconsole.cloudtrail.models import Event
    from iamconsole.iam import models, quotas

    account = Account.objects.get(account_id=account_id)
    problems = []
    names: dict[str, list[str]] = {}
    for model in (models.User, models.Group, models.Role, models.ManagedPolicy, models.InstanceProfile):
        kind = model.__name__
        rows = list(model.objects.filter(account=account).values_list("name", "unique_id"))
        names[kind] = sorted(name for name, _ in rows)
        if len({name.lower() for name, _ in rows}) < len(rows):
            problems.append(f"{kind}: a name stands twice: {names[kind]}")
        if any(len(unique_id) != 21 for _, unique_id in rows):
            problems.append(f"{kind}: a unique ID is not one")
    for policy in models.ManagedPolicy.objects.filter(account=account).prefetch_related("versions"):
        numbers = [version.number for version in policy.versions.all()]
        if policy.default_version not in numbers or not 1 <= len(numbers) <= quotas.VERSIONS:
            problems.append(f"{policy.name}: versions {numbers}, default {policy.default_version}")
        if numbers and policy.next_version <= max(numbers):
            problems.append(f"{policy.name}: version {max(numbers)} would be numbered again")
    for kind, limit, what in (
        ("User", quotas.ACCESS_KEYS, "access_keys"),
        ("User", quotas.GROUPS_PER_USER, "memberships"),
        ("User", quotas.ATTACHED_TO_USER, "attachments"),
        ("Group", quotas.ATTACHED_TO_GROUP, "attachments"),
        ("Role", quotas.ATTACHED_TO_ROLE, "attachments"),
    ):
        model = getattr(models, kind)
        for row in model.objects.filter(account=account).annotate(number=Count(what)).filter(number__gt=limit):
            problems.append(f"{kind} {row.name}: {row.number} {what}, and {limit} are the most")
    for attachment in models.Attachment.objects.select_related("user", "group", "role", "policy"):
        owners = [owner for owner in (attachment.user, attachment.group, attachment.role) if owner]
        if len(owners) != 1 or bool(attachment.policy) == bool(attachment.aws_arn):
            problems.append(f"attachment {attachment.pk} belongs to {owners} and names {attachment.policy}")
        elif attachment.policy and attachment.policy.account_id != owners[0].account_id:
            problems.append(f"attachment {attachment.pk} crosses accounts")
    successes = Event.objects.filter(account=account, service="iam", error_code="", face="api")
    failures = Event.objects.filter(account=account, service="iam", face="api").exclude(error_code="")
    return {
        "problems": problems,
        "names": names,
        "keys": sorted(account.access_keys.filter(user__isnull=False).values_list("access_key_id", flat=True)),
        "successes": dict(successes.values_list("name").annotate(number=Count("pk"))),
        "failures": failures.count(),
    }


def compare(report: Report, found: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What the clients were told, against what the database holds."""
    problems = list(found["problems"])
    told = Counter({op: report.of(op) for op, outcome in report.outcomes if not outcome})
    for operation in sorted(set(told) | set(found["successes"])):
        new = found["successes"].get(operation, 0) - before["successes"].get(operation, 0)
        if told[operation] != new:
            problems.append(f"{operation}: {told[operation]} successes were told, {new} are in the history")
    failed = sum(number for (_, outcome), number in report.outcomes.items() if outcome)
    if failed != found["failures"] - before["failures"]:
        problems.append(f"{failed} refusals were told, {found['failures'] - before['failures']} are in the history")
    for kind, operation in (
        ("User", "User"),
        ("Group", "Group"),
        ("Role", "Role"),
        ("ManagedPolicy", "Policy"),
        ("InstanceProfile", "InstanceProfile"),
    ):
        more = report.of(f"Create{operation}") - report.of(f"Delete{operation}")
        if len(found["names"][kind]) - len(before["names"][kind]) != more:
            problems.append(f"{kind}: {more} more were made than deleted, but there are {found['names'][kind]}")
    more = report.of("CreateAccessKey") - report.of("DeleteAccessKey")
    if len(found["keys"]) - len(before["keys"]) != more:
        problems.append(f"{more} more keys were made than deleted, but there are {len(found['keys'])}")
    return problems


# -- a server of its own ---------------------------------------------------------------------------------


def run(command: Sequence[str], environment: Mapping[str, str]) -> Any:
    done = subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def audited(environment: Mapping[str, str], account_id: str) -> dict[str, Any]:
    """`audit` in a process with the server's settings."""
    found: dict[str, Any] = run([sys.executable, "-m", "tests.rush", "--audit", account_id], environment)
    return found


@contextmanager
def serving(database: str, workers: int) -> Iterator[dict[str, str]]:
    """`manage.py serve` on a free port; gives the environment of its other commands."""
    with tempfile.TemporaryDirectory() as folder:
        clean = {
            k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "IAMCONSOLE_", "DJANGO_", "DATABASE"))
        }
        environment = clean | {"IAMCONSOLE_DATA": folder, "PYTHONUNBUFFERED": "1"}
        if database:
            environment["DATABASE_URL"] = database
        command = [sys.executable, "manage.py", "serve", "--port", "0"]
        command += ["--workers", str(workers)] if workers else []
        with (Path(folder) / "server.log").open("w+", encoding="utf-8") as log:
            server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
            assert server.stdout is not None
            for line in server.stdout:
                if "iamconsole is at" in line:
                    environment["IAMCONSOLE_URL"] = line.split()[-1]
                if "Stop with" in line:
                    break
            try:
                if server.poll() is not None:
                    log.seek(0)
                    sys.exit(log.read())
                yield environment
            finally:
                server.terminate()
                server.wait(timeout=30)
                server.stdout.close()
                log.seek(0)
                print(log.read(), end="", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rush", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=0, help="of the class server; without it the laptop's is used")
    parser.add_argument("--database", default="", help="a DATABASE_URL; SQLite in a folder of its own without it")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--audit", metavar="ACCOUNT", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.audit:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamconsole.settings")
        import django

        django.setup()
        print(json.dumps(audit(asked.audit)))
        return 0
    with serving(asked.database, asked.workers) as environment:
        sandbox = run([sys.executable, "manage.py", "sandbox", "create"], environment)
        before = audited(environment, sandbox["account_id"])
        report = rush(sandbox, asked.seconds, asked.clients, asked.seed)
        problems = report.wrong + compare(report, audited(environment, sandbox["account_id"]), before)
    print(f"seed {asked.seed}, {asked.clients} clients", *report.lines(), sep="\n")
    print(*problems[:50], f"{len(problems)} problems" if problems else "Nothing was wrong.", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
