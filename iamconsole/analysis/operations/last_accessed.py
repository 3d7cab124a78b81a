"""When services were last accessed, and which policies grant access to them.

Source: IAM API Reference, GenerateServiceLastAccessedDetails, GetServiceLastAccessedDetails,
GetServiceLastAccessedDetailsWithEntities, ListPoliciesGrantingServiceAccess.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from iamconsole.analysis import entities
from iamconsole.analysis import last_accessed as reports
from iamconsole.analysis.entities import Entity
from iamconsole.analysis.models import LastAccessedJob
from iamconsole.core.errors import InvalidInput, NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import paging
from iamconsole.policy import AttachedPolicy, granted_actions, reference

# A report is for being looked at now; of an account so many are kept.
KEPT = 100


def _report(call: Call) -> Any:
    """The report itself: reading a whole history must not hold anybody up."""
    subject, caller = call.resource.require(), call.caller
    by_action = call.params.get("granularity") == "ACTION_LEVEL"
    return reports.report_on(subject, caller.account_key, caller.account_id, call.now, by_action=by_action)


@operation(
    "iam:GenerateServiceLastAccessedDetails",
    resource=entities.of_arn("arn", "user", "group", "role", "policy"),
    prepare=_report,
    recorded_as_read=True,
)
def generate_service_last_accessed_details(call: Call, *, arn: str, granularity: str = "SERVICE_LEVEL") -> Response:
    """Make a report on a user, group, role or managed policy. It is ready at once; AWS takes a moment.

    To AWS it is a read ("Access level: Read"), and so its record says; here a report is a row.
    """
    caller = call.caller
    call.event["response"] = None
    call.resource.require()  # it may be gone since
    job = LastAccessedJob.objects.create(
        account_id=caller.account_key,
        job_id=call.ids.uuid(),
        caller=_fetcher(call),
        by_action=granularity == "ACTION_LEVEL",
        created=call.now,
        report=call.prepared,
    )
    jobs = LastAccessedJob.objects.filter(account=caller.account_key)
    jobs.exclude(pk__in=jobs.order_by("-pk").values("pk")[:KEPT]).delete()
    return {"JobId": str(job.job_id)}


def _fetcher(call: Call) -> str:
    """ "The JobId … must be used by the same role within a session, or by the same user"."""
    return call.caller.principal.unique_id


def _job(call: Call, job_id: str) -> LastAccessedJob:
    missing = NoSuchEntity(f"The job with id {job_id} cannot be found.", field="job_id")
    try:
        wanted = uuid.UUID(job_id)
    except ValueError as error:
        raise missing from error
    found = LastAccessedJob.objects.filter(account=call.caller.account_key, job_id=wanted, caller=_fetcher(call))
    job = found.first()
    if job is None:
        raise missing
    return job


def _status(job: LastAccessedJob) -> Response:
    return {"JobStatus": "COMPLETED", "JobCreationDate": job.created, "JobCompletionDate": job.created}


@operation("iam:GetServiceLastAccessedDetails", read_only=True)
def get_service_last_accessed_details(
    call: Call, *, job_id: str, max_items: int | None = None, marker: str | None = None
) -> Response:
    """The services of a report, "sorted by service namespace"."""
    job = _job(call, job_id)
    services, page = paging.page_in_order(job.report["services"], call)
    details = [reports.service_details(job.report, each, by_action=job.by_action) for each in services]
    type_ = "ACTION_LEVEL" if job.by_action else "SERVICE_LEVEL"
    return _status(job) | {"JobType": type_, "ServicesLastAccessed": details, **page}


@operation("iam:GetServiceLastAccessedDetailsWithEntities", read_only=True)
def get_service_last_accessed_details_with_entities(
    call: Call, *, job_id: str, service_namespace: str, max_items: int | None = None, marker: str | None = None
) -> Response:
    """Who could have used a service of a report, and when they last tried."""
    job = _job(call, job_id)
    _check_service(service_namespace, "service_namespace")
    found, page = paging.page_in_order(reports.entity_details(job.report, service_namespace), call)
    return _status(job) | {"EntityDetailsList": found, **page}


def _check_service(namespace: str, field: str) -> None:
    if namespace not in reference.services():
        raise InvalidInput(f"Invalid service namespace: {namespace}", field=field)


@operation(
    "iam:ListPoliciesGrantingServiceAccess", resource=entities.of_arn("arn", "user", "group", "role"), read_only=True
)
def list_policies_granting_service_access(
    call: Call, *, arn: str, service_namespaces: Sequence[str], marker: str | None = None
) -> Response:
    """For each service the policies of a user, group or role that give access to it."""
    entity: Entity = call.resource.require()
    for namespace in service_namespaces:
        _check_service(namespace, "service_namespaces")
    held = entities.held_by([entity], call.caller.account_id).of(entity)
    asked, page = paging.page_in_order(list(dict.fromkeys(service_namespaces)), call)
    found = [{"ServiceNamespace": each, "Policies": _granting(held, each, entity)} for each in asked]
    return {"PoliciesGrantingServiceAccess": found, **page}


def _granting(held: Sequence[AttachedPolicy], service: str, entity: Entity) -> list[Response]:
    if not granted_actions([one.policy for one in held], service):
        return []  # another policy takes all of it away again
    return [_policy(one, entity) for one in held if granted_actions([one.policy], service)]


def _policy(one: AttachedPolicy, entity: Entity) -> Response:
    if one.arn:
        return {"PolicyName": one.name, "PolicyType": "MANAGED", "PolicyArn": one.arn}
    kind, name = ("GROUP", one.via) if one.via else (entity.kind.upper(), entity.name)
    return {"PolicyName": one.name, "PolicyType": "INLINE", "EntityType": kind, "EntityName": name}
