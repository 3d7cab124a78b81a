"""The tab `Last Accessed` of a user, group, role or managed policy: services, and the actions of one of them.

IAM User Guide, "View last accessed information for IAM": a user's and a role's services with the policies that grant
them, a group's also with its members, a policy's with the entities that it is attached to; and under a service the
management actions with the Region and time of the last attempt. Like the real tab it makes a report each time that it
is opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.http import urlencode

from iamconsole.core.arn import Arn
from iamconsole.core.errors import AwsError
from iamconsole.iam.views.policy_parts import TYPE_FILTER, TypedTable, policy_url
from iamconsole.iam.views.user_rows import days_ago
from iamconsole.ui.pages import ConsoleRequest, Panel, panel
from iamconsole.ui.table import Column, Empty, Table

SECTION, LABEL = "last_accessed", "Last Accessed"  # the tab's name in `?section=`, and as it is written
MOST = 1000  # the most that IAM gives at once; there are fewer services
KINDS = {"user": "user", "group": "user group", "role": "role", "policy": "policy"}
# What the column of those who tried is called; a user and a role only ever try themselves.
TRIED_BY = {"group": "Accessed by members", "policy": "Accessed by entities"}
WHY_NONE = {
    "user": "The policies of this user allow nothing.",
    "group": "This user group has no members, or its policies allow nothing.",
    "role": "The policies of this role allow nothing.",
    "policy": "This policy is attached to nobody, or it allows nothing.",
}
# These always lead to their actions; another service does when an action of it was tried.
WITH_ACTIONS = frozenset({"ec2", "iam", "s3"})
CELLS = "iam/last_accessed_cells.html"


def last_accessed_context(request: ConsoleRequest, arn: str) -> dict[str, Any]:
    """What iam/last_accessed.html shows of the thing with this ARN; `?service=s3` is the list of its actions.

    `table` is one table, so that a page whose swaps are called so can keep to its own template.
    """
    job = panel(request, "iam:GenerateServiceLastAccessedDetails", arn=arn, granularity="ACTION_LEVEL")
    job_id = job.result["JobId"] if job.result else ""
    found = panel(request, "iam:GetServiceLastAccessedDetails", job_id=job_id, max_items=MOST) if job else job
    service = request.GET.get("service", "")
    if service:
        return {"table": _actions_table(request, found, service), "all_services": f"?section={SECTION}"}
    return {"table": _services_table(request, found, arn, job_id)}


def _filtered(table: TypedTable, request: ConsoleRequest, what: str) -> str:
    """Give a table the filter by access; answers what it is set to."""
    table.controls, table.by, table.by_label, table.all_label = TYPE_FILTER, "access", "Filter by access", "No filter"
    table.types = {"accessed": f"{what} accessed", "not-accessed": f"{what} not accessed"}
    return table.listing(request, filters=("access",)).filters.get("access", "")


def _fitting(rows: Iterable[dict[str, Any]], access: str) -> list[dict[str, Any]]:
    wanted = {"accessed": True, "not-accessed": False}.get(access)
    return [row for row in rows if wanted is None or (_time(row) is not None) == wanted]


def _time(row: Mapping[str, Any]) -> dt.datetime | None:
    """When a service, or an action, was last tried."""
    found: dt.datetime | None = row.get("LastAuthenticated") or row.get("LastAccessedTime")
    return found


def _time_column(cell: str) -> Column:
    return Column("accessed", "Last accessed", value=_time, sortable=True, template=f"{CELLS}#{cell}")


def _with_words(row: Mapping[str, Any], key: str = "LastAuthenticated") -> dict[str, Any]:
    """A row with its time as the console says it: `Today`, `12 days ago`."""
    return {**row, "when": days_ago(row[key]) if key in row else ""}


# -- services ---------------------------------------------------------------------------------------


def _services_table(request: ConsoleRequest, found: Panel, arn: str, job_id: str) -> Table:
    parsed = Arn.parse(arn)
    kind = parsed.resource.partition("/")[0] if parsed else ""
    kind = kind if kind in KINDS else "policy"
    columns = [Column("ServiceName", "Service", sortable=True, template=f"{CELLS}#service-cell")]
    if kind != "policy":
        columns.append(Column("policies", "Policies granting permissions", template=f"{CELLS}#policies-cell"))
    if kind in TRIED_BY:
        columns.append(Column("tried", TRIED_BY[kind], template=f"{CELLS}#tried-cell"))
    table = TypedTable(
        "allowed-services",
        "Allowed services",
        [*columns, _time_column("time-cell")],
        description=f"The services that this {KINDS[kind]} can access, and when each was last accessed. Review them to "
        "remove unused permissions. On AWS recent activity usually appears within 4 hours, here at once. Last accessed "
        "data is stored for the last 400 days.",
        info="last-accessed",
        key="ServiceNamespace",
        row_label="ServiceName",
        default_sort="-accessed",
        expand=f"{CELLS}#service-detail",
        empty=Empty(text=WHY_NONE[kind]),
    )
    access = _filtered(table, request, "Services")
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    table.show(_fitting(found.result["ServicesLastAccessed"], access))
    granted = _granted(request, arn, table.rows) if kind != "policy" else {}
    table.rows = [
        _with_words(row)
        | {
            "policies": granted.get(row["ServiceNamespace"]),
            "tried": _last_who(row),
            "actions_url": _actions_url(row),
        }
        for row in table.rows
    ]
    opened = [row["ServiceNamespace"] for row in table.rows if row["ServiceNamespace"] in table.opened]
    who = _everybody(request, job_id, opened) if kind in TRIED_BY else {}
    table.details = {one: {"who": who.get(one), "title": TRIED_BY.get(kind)} for one in opened}
    return table


def _actions_url(row: Mapping[str, Any]) -> str:
    service = row["ServiceNamespace"]
    if service not in WITH_ACTIONS and "TrackedActionsLastAccessed" not in row:
        return ""
    return f"?{urlencode({'section': SECTION, 'service': service})}"


def _granted(request: ConsoleRequest, arn: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Panel]:
    """The policies that grant each service of a page, which one call tells."""
    services = [row["ServiceNamespace"] for row in rows]
    if not services:
        return {}
    answer = panel(request, "iam:ListPoliciesGrantingServiceAccess", arn=arn, service_namespaces=services)
    if answer.result is None:
        return dict.fromkeys(services, answer)
    return {
        each["ServiceNamespace"]: Panel(result={"Policies": [_policy(one) for one in each["Policies"]]})
        for each in answer.result["PoliciesGrantingServiceAccess"]
    }


def _policy(one: Mapping[str, str]) -> dict[str, str]:
    """One that grants: where its page is, and of an inline policy whose it is."""
    if one["PolicyType"] == "MANAGED":
        return {"name": one["PolicyName"], "href": policy_url(one["PolicyArn"])}
    kind, name = one["EntityType"].lower(), one["EntityName"]
    return {
        "name": one["PolicyName"],
        "href": f"/iam/{kind}s/details/{name}?{urlencode({'section': 'permissions'})}",
        "of": f"inline, {KINDS[kind]} {name}",
    }


def _last_who(row: Mapping[str, Any]) -> dict[str, Any]:
    """Who tried last, and how many others did before."""
    if "LastAuthenticatedEntity" not in row:
        return {}
    return _entity(row["LastAuthenticatedEntity"]) | {"others": row["TotalAuthenticatedEntities"] - 1}


def _entity(arn: str) -> dict[str, Any]:
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    name = rest.rpartition("/")[2]
    return {"name": name, "type": f"IAM {kind}", "href": f"/iam/{kind}s/details/{name}"}


def _everybody(request: ConsoleRequest, job_id: str, services: Sequence[str]) -> dict[str, Panel]:
    """Who could have used each of the services, and when they last tried."""
    action = "iam:GetServiceLastAccessedDetailsWithEntities"
    asked = [(action, {"job_id": job_id, "service_namespace": one, "max_items": MOST}) for one in services]
    found = {}
    for service, answer in zip(services, request.aws.call_many(asked), strict=True):
        one = Panel.of(answer)
        rows = one.result["EntityDetailsList"] if one.result else ()
        entities = [_with_words(row) | _entity(row["EntityInfo"]["Arn"]) for row in rows]
        found[service] = Panel(result={"Entities": entities}) if one else one
    return found


# -- the actions of a service -----------------------------------------------------------------------


def _actions_table(request: ConsoleRequest, found: Panel, service: str) -> Table:
    services = found.result["ServicesLastAccessed"] if found.result else ()
    row: dict[str, Any] = next((one for one in services if one["ServiceNamespace"] == service), {})
    name = row.get("ServiceName", service)
    table = TypedTable(
        "service-actions",
        f"{name} actions",
        (
            Column("ActionName", "Action", sortable=True),
            Column("LastAccessedRegion", "Region", sortable=True),
            _time_column("exact-time-cell"),
        ),
        description=f"The management actions of {name} that are allowed, and when each was last attempted. Attempts on "
        "data, such as reading an object, are not tracked.",
        key="ActionName",
        empty=Empty(text=f"{name} was not accessed in the tracking period, or it is not allowed."),
    )
    access = _filtered(table, request, "Actions")
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    return table.show(_fitting(row.get("TrackedActionsLastAccessed", ()), access))
