"""Service last accessed reports, from the event history.

Source: IAM User Guide, "Refine permissions in AWS using last accessed information"; IAM API Reference,
GenerateServiceLastAccessedDetails. What counts: "all attempts to access an AWS API, not just the successful ones", of
"only authenticated IAM entities (users or roles)", within "at least the last 400 days". Which services are listed
follows from the permissions policies alone: boundaries, resource-based and session policies do not count. Here recent
activity is there at once; on AWS it "usually appears within four hours".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iamconsole.analysis import entities
from iamconsole.analysis.entities import Entity
from iamconsole.cloudtrail import attempts
from iamconsole.core.operation import Response
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import Attachment, Group, ManagedPolicy, Role, User
from iamconsole.policy import Policy, granted_actions, granted_services, parse, reference

PERIOD = dt.timedelta(days=400)
Report = dict[str, Any]


def report_on(
    subject: Entity | ManagedPolicy | AwsManagedPolicy,
    account_key: int,
    account_id: str,
    now: dt.datetime,
    *,
    by_action: bool,
) -> Report:
    """Everything that the answers will need, as plain JSON values."""
    found = _entities(subject, account_key)
    policies = _policies(subject, account_id) if found or not isinstance(subject, Group | User | Role) else []
    services = granted_services(policies) if policies else []
    # "make sure that the specified managed policy is attached to at least one user, group with members, or role"
    if not found:
        services = []
    latest = attempts.latest_by_entity(
        account_key,
        [row.unique_id for row in found if isinstance(row, User)],
        [row.unique_id for row in found if isinstance(row, Role)],
        now - PERIOD,
    )
    places = {row.unique_id: at for at, row in enumerate(found)}
    wanted = set(services)
    uses: list[list[Any]] = [
        [use.service, places[use.unique_id], use.time.isoformat(), use.region, use.action if use.management else ""]
        for use in latest
        if use.service in wanted
    ]
    return {
        "services": services,
        "entities": [_entity(row, account_id) for row in found],
        "uses": uses,
        "actions": _tracked(policies, {use[0] for use in uses}) if by_action else {},
    }


def _entities(subject: Entity | ManagedPolicy | AwsManagedPolicy, account_key: int) -> list[User | Role]:
    """Whose attempts are reported: of a group its members, of a policy those that it is attached to."""
    if isinstance(subject, User | Role):
        return [subject]
    if isinstance(subject, Group):
        return list(User.objects.filter(memberships__group=subject).order_by("name"))
    if isinstance(subject, AwsManagedPolicy):
        attachments = Attachment.objects.filter(aws_arn=subject.arn)
    else:
        attachments = Attachment.objects.filter(policy=subject)
    users = User.objects.filter(account=account_key)
    direct = users.filter(attachments__in=attachments)
    members = users.filter(memberships__group__attachments__in=attachments)
    roles = Role.objects.filter(account=account_key, attachments__in=attachments).order_by("name")
    return [*direct.union(members).order_by("name"), *roles]


def _policies(subject: Entity | ManagedPolicy | AwsManagedPolicy, account_id: str) -> list[Policy]:
    if isinstance(subject, AwsManagedPolicy):
        return [parse(subject.text, "identity")]
    if isinstance(subject, ManagedPolicy):
        version = subject.versions.select_related("text").get(number=subject.default_version)
        return [parse(version.text.text, "identity")]
    return [one.policy for one in entities.held_by([subject], account_id).of(subject)]


def _entity(row: User | Role, account_id: str) -> Response:
    return {
        "Arn": row.arn(account_id),
        "Name": row.name,
        "Type": "USER" if isinstance(row, User) else "ROLE",
        "Id": row.unique_id,
        "Path": row.path,
    }


def _tracked(policies: Sequence[Policy], used: Iterable[str]) -> dict[str, list[str]]:
    """The actions of the services that were used for which last accessed information is kept.

    "For actions, last accessed information reports service management actions"; those on S3's objects are data
    events. "iam:PassRole isn't tracked". AWS's own list of actions is no data that could be installed.
    """
    found = {}
    for service in used:
        names = reference.actions(service)
        allowed = sorted(names[name][0] for name in granted_actions(policies, service))
        found[service] = [name for name in allowed if _is_tracked(service, name)]
    return found


def _is_tracked(service: str, name: str) -> bool:
    if (service, name) == ("iam", "PassRole"):
        return False
    return service != "s3" or "object" not in reference.action(service, name).resource_types


# -- answers ----------------------------------------------------------------------------------------------


def service_details(report: Mapping[str, Any], service: str, *, by_action: bool) -> Response:
    """ServiceLastAccessed: the newest attempt of anybody, and how many have attempted."""
    uses = [use for use in report["uses"] if use[0] == service]
    details: Response = {"ServiceName": reference.services()[service], "ServiceNamespace": service}
    details["TotalAuthenticatedEntities"] = len({use[1] for use in uses})
    if not uses:
        return details
    newest = max(uses, key=lambda use: use[2])
    details["LastAuthenticated"] = dt.datetime.fromisoformat(newest[2])
    details["LastAuthenticatedEntity"] = report["entities"][newest[1]]["Arn"]
    details["LastAuthenticatedRegion"] = newest[3]
    if by_action:
        by_name = {use[4]: use for use in sorted(uses, key=lambda use: use[2]) if use[4]}
        tracked = [_action(name, by_name.get(name), report) for name in report["actions"].get(service, ())]
        # "This field is null if there no tracked actions or if the principal did not use the tracked actions".
        if any(len(one) > 1 for one in tracked):
            details["TrackedActionsLastAccessed"] = tracked
    return details


def _action(name: str, use: Sequence[Any] | None, report: Mapping[str, Any]) -> Response:
    if use is None:
        return {"ActionName": name}
    return {
        "ActionName": name,
        "LastAccessedEntity": report["entities"][use[1]]["Arn"],
        "LastAccessedTime": dt.datetime.fromisoformat(use[2]),
        "LastAccessedRegion": use[3],
    }


def entity_details(report: Mapping[str, Any], service: str) -> list[Response]:
    """EntityDetails of everybody who could have used the service, "sorted by date, with the most recent access listed
    first"."""
    newest: dict[int, str] = {}
    for use in report["uses"]:
        if use[0] == service:
            newest[use[1]] = max(newest.get(use[1], ""), use[2])
    there = report["entities"] if service in report["services"] else []
    order = sorted(range(len(there)), key=lambda at: newest.get(at, ""), reverse=True)
    return [
        {"EntityInfo": there[at]}
        | ({"LastAuthenticated": dt.datetime.fromisoformat(newest[at])} if at in newest else {})
        for at in order
    ]
