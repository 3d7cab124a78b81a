"""The engine on the command line: `python -m iamconsole.policy decide|check|bench`, without Django."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, get_args

from . import bench
from .cases import BadCase, read_case, read_line
from .check import Finding, FindingType, check
from .evaluate import decide
from .explain import Explanation, explain
from .model import Decision, Kind, StatementRef
from .parse import parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 if something was found or could not be read."""
    parser = argparse.ArgumentParser(prog="python -m iamconsole.policy", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="decide|check|bench")

    deciding = commands.add_parser("decide", help="decide cases, one JSON object a line")
    deciding.add_argument("cases", help="a file of cases; - is the standard input")
    deciding.add_argument("--explain", action="store_true", help="add the evaluation ladder and every statement")
    deciding.set_defaults(run=_decide)

    checking = commands.add_parser("check", help="findings on a policy document, as IAM Access Analyzer names them")
    checking.add_argument("policy", help="a file with a policy document; - is the standard input")
    checking.add_argument("--kind", choices=get_args(Kind), default="identity")
    checking.add_argument("--json", action="store_true", help="a JSON array of findings")
    checking.add_argument("--fail-on", choices=[*_LEVELS, "never"], default="error", help="exit 1 from this level on")
    checking.set_defaults(run=_check)

    timing = commands.add_parser("bench", help="decisions a second on a workload")
    timing.add_argument("workload", nargs="?", type=Path, help="a workload file; W1.ours.txt is written beside W1.json")
    timing.add_argument("--growth", action="store_true", help="beside 10 to 10,000 statements that cannot match")
    timing.set_defaults(run=_bench)

    given = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A policy may hold what this terminal cannot show, or half a character, which no terminal can.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = given.run(given)
    except (OSError, UnicodeDecodeError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return status


def _opened(name: str) -> BinaryIO:
    """Bytes, so that a line that is no UTF-8 is one bad line, whatever the terminal's encoding."""
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")


# ---------------------------------------------------------------- decide


def _decide(given: argparse.Namespace) -> int:
    status = 0
    with _opened(given.cases) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            answer = _answer(line, number, told=given.explain)
            status = 1 if "error" in answer else status
            print(json.dumps(answer))
    return status


def _answer(line: bytes, number: int, *, told: bool) -> dict[str, Any]:
    try:
        request, policies = read_case(read_line(line))
    except BadCase as error:
        return {"error": str(error), "line": number}
    if told:
        explanation = explain(request, policies)
        return _of_decision(explanation.decision) | _of_explanation(explanation)
    return _of_decision(decide(request, policies))


def _of_decision(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.upper(),
        "decided_by": decision.decided_by,
        "statements": [_statement(each) for each in decision.statements],
    }


def _statement(ref: StatementRef) -> dict[str, Any]:
    return {"policy": ref.policy_name, "index": ref.index, "sid": ref.sid, "effect": ref.effect}


def _of_explanation(explanation: Explanation) -> dict[str, Any]:
    return {
        "reason": explanation.decision.reason,
        "undecided": list(explanation.decision.undecided),
        "ladder": [
            {
                "stage": stage.name,
                "verdict": stage.verdict,
                "why": stage.why,
                "statements": [_statement(each) for each in stage.statements],
            }
            for stage in explanation.stages
        ],
        "looked_at": [
            {
                **_statement(report.ref),
                "stage": report.stage,
                "matched": report.matched,
                "text": report.text,
                "elements": [asdict(element) for element in report.elements],
                "missing_keys": list(report.missing_keys),
                "near_misses": list(report.near_misses),
            }
            for report in explanation.statements
        ],
        "missing_keys": list(explanation.missing_keys),
        "near_misses": list(explanation.near_misses),
    }


# ---------------------------------------------------------------- check

_LEVELS: dict[str, FindingType] = {
    "error": "ERROR",
    "security": "SECURITY_WARNING",
    "warning": "WARNING",
    "suggestion": "SUGGESTION",
}


def _check(given: argparse.Namespace) -> int:
    with _opened(given.policy) as source:
        findings = check(parse(source.read().decode("utf-8"), given.kind))
    if given.json:
        print(json.dumps([asdict(each) for each in findings], indent=4))
    else:
        for each in findings:
            print(f"{given.policy}:{each.line}:{each.column}: {each.type}: {each.name}: {each.text} [{each.path}]")
    return int(_fails(findings, given.fail_on))


def _fails(findings: Iterable[Finding], level: str) -> bool:
    levels = list(_LEVELS)
    failing = {_LEVELS[each] for each in levels[: levels.index(level) + 1]} if level in _LEVELS else set()
    return any(each.type in failing for each in findings)


# ---------------------------------------------------------------- bench

GROWTH = (10, 100, 1_000, 10_000)


def _bench(given: argparse.Namespace) -> int:
    if given.workload is None and not given.growth:
        print("bench: name a workload, or say --growth", file=sys.stderr)
        return 2
    if given.workload is not None:
        print(json.dumps(bench.run(given.workload)))
    if given.growth:
        for statements in GROWTH:
            print(json.dumps(bench.growth(statements)))
    return 0


if __name__ == "__main__":  # pragma: no branch - in tests this runs in a process of its own
    sys.exit(main())  # pragma: no cover
