"""Who asks in the policy tests, and the short way to write down policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from iamconsole.policy import AttachedPolicy, BlockPublicAccess, Kind, PolicySet, Principal, Request, parse

TABLES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "cases" / "decisions").glob("*.json"))
}

ACCOUNT = "111122223333"
OTHER = "444455556666"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
# S3's names of its four settings, and ours.
SETTINGS = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}

CALLERS = {
    "root": Principal.root(ACCOUNT),
    "alice": Principal.user(ALICE, unique_id="AIDAALICE0000000000AA"),
    "role": Principal.role(f"arn:aws:iam::{ACCOUNT}:role/app/worker", unique_id="AROAWORKER00000000000"),
    "session": Principal.role_session(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job1",
        f"arn:aws:iam::{ACCOUNT}:role/app/worker",
        unique_id="AROAWORKER00000000000:job1",
    ),
    "service-linked": Principal.role_session(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForSupport/x",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
    ),
    "federated": Principal.federated(
        f"arn:aws:sts::{ACCOUNT}:federated-user/frida", user_arn=ALICE, user_id="AIDAALICE0000000000AA"
    ),
    "web-identity": Principal("federated", name="accounts.google.com"),
    "saml": Principal.federated(f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"),
    "saml-named-google": Principal.federated(f"arn:aws:iam::{ACCOUNT}:saml-provider/accounts.google.com"),
    "oidc": Principal.federated(f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"),
    "logs-service": Principal.service("cloudtrail.amazonaws.com"),
    "ec2-service": Principal.service("ec2.amazonaws.com"),
    "support-service": Principal.service("support.amazonaws.com"),
    "anonymous": Principal.anonymous(),
}


def attach(written: Any, kind: Kind, source: str) -> AttachedPolicy:
    """A policy from a list of statements, a document, a text, or any of these with the way it is attached."""
    about = {"name": f"{kind} policy", "source": source}
    if isinstance(written, dict) and "policy" in written:
        about |= {key: value for key, value in written.items() if key != "policy"}
        written = written["policy"]
    if isinstance(written, list):
        written = {"Version": "2012-10-17", "Statement": written}
    return AttachedPolicy(parse(written, kind), **about)


def policies(case: dict[str, Any]) -> PolicySet:
    """The policy set of a case (see tests/cases/decisions)."""

    def one(key: str, kind: Kind) -> AttachedPolicy | None:
        return attach(case[key], kind, key) if key in case else None

    def several(written: list[Any], kind: Kind) -> tuple[AttachedPolicy, ...]:
        return tuple(attach(each, kind, "direct") for each in written)

    return PolicySet(
        identity=several(case.get("identity", []), "identity"),
        resource=one("resourcePolicy", "resource") or one("trustPolicy", "trust"),
        boundary=one("boundary", "boundary"),
        sessions=several(case.get("sessions", []), "session"),
        scps=tuple(several(level, "scp") for level in case.get("scps", [])),
        rcps=tuple(several(level, "rcp") for level in case.get("rcps", [])),
        endpoints=several(case.get("endpoints", []), "endpoint"),
        block_public_access=BlockPublicAccess(
            **{SETTINGS[name]: on for name, on in case.get("blockPublicAccess", {}).items()}
        ),
    )


def request(case: dict[str, Any]) -> Request:
    caller = CALLERS[case["caller"]]
    return Request(caller, case["action"], case["resource"], case.get("owner", ACCOUNT), case.get("context", {}))
