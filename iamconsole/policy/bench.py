"""How many decisions a second: the engine on a workload, timed as its peers are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .cases import read_principal
from .evaluate import ENGINE_VERSION, decide
from .model import AttachedPolicy, PolicySet, Request
from .parse import forget, parse

LETTERS = {"allowed": "A", "explicit_deny": "E", "implicit_deny": "I"}
REPEAT = 3
FIRST = 100


def run(path: Path) -> dict[str, Any]:
    """Time the workload in `path`, and write each outcome as a letter a line beside it.

    A pass goes through every request of the workload, from the plain values in the file to the outcome with the
    deciding statements. `first_100_s` is the time from the policies' JSON to the hundredth decision, nothing kept.
    """
    workload = json.loads(path.read_text(encoding="utf-8"))
    requests = workload["requests"]
    firsts = []
    for _ in range(REPEAT):
        forget()
        start = time.perf_counter()
        policies = _policies(workload)
        for _ in _decided(workload, policies, requests[:FIRST]):
            pass
        firsts.append(time.perf_counter() - start)
    seconds = []
    for _ in range(REPEAT):
        start = time.perf_counter()
        decided = list(_decided(workload, policies, requests))
        seconds.append(time.perf_counter() - start)
    path.with_suffix(".ours.txt").write_text("".join(f"{LETTERS[outcome]}\n" for outcome, _ in decided))
    return {
        "engine": "iamconsole",
        "version": ENGINE_VERSION,
        "workload": workload["name"],
        "n": len(requests),
        "seconds": [round(each, 3) for each in seconds],
        "best_per_s": round(len(requests) / min(seconds)),
        "first_100_s": round(min(firsts), 5),
    }


def _policies(workload: dict[str, Any]) -> PolicySet:
    boundary = workload.get("permissionBoundary")
    return PolicySet(
        identity=tuple(
            AttachedPolicy(parse(each["policy"], "identity"), each["name"], "direct")
            for each in workload["identityPolicies"]
        ),
        boundary=AttachedPolicy(parse(boundary, "boundary"), "boundary", "boundary") if boundary else None,
    )


def _decided(
    workload: dict[str, Any], policies: PolicySet, requests: list[dict[str, Any]]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    principal = read_principal(workload["principal"], "", {})
    account = workload["account"]
    for asked in requests:
        decision = decide(Request(principal, asked["action"], asked["resource"], account, asked["context"]), policies)
        yield decision.outcome, decision.statements


def growth(statements: int, requests: int = 2000) -> dict[str, Any]:
    """Decisions a second beside `statements` statements that cannot match: other buckets, tables and services."""
    written = [
        {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:{service}:::team-{number}-{service}/*"}
        for number in range(statements)
        for service, action in [_OTHERS[number % len(_OTHERS)]]
    ]
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::mine/*"}, *written],
    }
    policies = PolicySet(identity=(AttachedPolicy(parse(document, "identity"), "growth", "direct"),))
    principal = read_principal("arn:aws:iam::111122223333:user/alice", "", {})
    seconds = []
    for _ in range(REPEAT + 1):
        start = time.perf_counter()
        for number in range(requests):
            decision = decide(Request(principal, "s3:GetObject", f"arn:aws:s3:::mine/{number}"), policies)
            assert decision.allowed
        seconds.append(time.perf_counter() - start)
    return {"statements": statements, "n": requests, "best_per_s": round(requests / min(seconds[1:]))}


_OTHERS = [("s3", "s3:GetObject"), ("s3", "s3:*"), ("dynamodb", "dynamodb:GetItem"), ("sqs", "sqs:*")]
