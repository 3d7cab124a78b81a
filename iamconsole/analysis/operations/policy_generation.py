"""IAM Access Analyzer's policy generation.

Source: Access Analyzer API Reference, StartPolicyGeneration and its neighbours; IAM User Guide, "IAM Access Analyzer
policy generation" and "IAM Access Analyzer quotas"; Service Authorization Reference, IAM Access Analyzer: the actions
have no resource type and no condition key of their own.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from iamconsole.analysis import entities, generating
from iamconsole.analysis.models import PolicyGeneration
from iamconsole.core.errors import AwsError, ValidationError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam.models import Role, User

A_DAY, MOST_A_DAY = dt.timedelta(days=1), 50  # "Policy generations per day: … All other supported regions: 50"
KEPT = dt.timedelta(days=7)  # "You can review a generated policy in the IAM console for up to 7 days"
DEFAULT_PAGE, LONGEST_PAGE = 100, 1000  # AWS does not say
LONGEST_TOKEN, LONGEST_TRAILS = 256, 10_000  # characters; AWS does not say
# AWS documents what is refused and not in which words: the texts of the refusals below are ours.
PRINCIPAL = entities.of_arn("principal_arn", "user", "role")


def _principal(call: Call) -> User | Role:
    arn = call.params["policy_generation_details"]["principalArn"]
    found = PRINCIPAL.find(call.caller, [{"principal_arn": arn}])[0]
    if found.row is None:
        raise ValidationError(f"The principal {arn} cannot be found.", field="principal_arn")
    entity: User | Role = found.row
    return entity


def _period(call: Call) -> tuple[dt.datetime, dt.datetime]:
    """The time whose events count; without a request for it the longest that there is."""
    asked = call.params.get("cloud_trail_details") or {}
    until = asked.get("endTime") or call.now
    since = asked.get("startTime") or until - generating.PERIOD
    if since >= until:
        raise ValidationError("The start time must be before the end time.", field="start_time")
    if until - since > generating.PERIOD:
        message = f"The time range must not be longer than {generating.PERIOD.days} days."
        raise ValidationError(message, field="start_time")
    return since, until


def _done(call: Call) -> list[str]:
    """What the principal did: reading a whole history must not hold anybody up."""
    since, until = _period(call)
    return generating.actions_of(_principal(call), call.caller.account_key, since, until)


@operation("access-analyzer:StartPolicyGeneration", prepare=_done)
def start_policy_generation(
    call: Call,
    *,
    policy_generation_details: dict[str, Any],
    cloud_trail_details: dict[str, Any] | None = None,
    client_token: str | None = None,
) -> Response:
    """Make a policy from the events of a user or role. It is ready at once; AWS takes minutes.

    Whatever trail is named, the account's event history is read: it has the same events, and no trail and no role to
    read it are needed. So nothing is passed to anybody, and iam:PassRole is not asked for.
    """
    trails = cloud_trail_details["trails"] if cloud_trail_details else None
    if len(client_token or "") > LONGEST_TOKEN or len(json.dumps(trails)) > LONGEST_TRAILS:
        raise ValidationError("The clientToken or the cloudTrailDetails are too long.", field="cloud_trail_details")
    jobs = PolicyGeneration.objects.filter(account=call.caller.account_key)
    if client_token and (before := jobs.filter(client_token=client_token).first()):
        return {"jobId": str(before.job_id)}
    jobs.filter(started__lt=call.now - KEPT).delete()
    if jobs.filter(started__gt=call.now - A_DAY).count() >= MOST_A_DAY:
        message = f"Cannot exceed quota for PolicyGenerationsPerDay: {MOST_A_DAY}"
        raise AwsError(message, code="ServiceQuotaExceededException", status=402)
    since, until = _period(call)
    job = PolicyGeneration.objects.create(
        account_id=call.caller.account_key,
        job_id=call.ids.uuid(),
        client_token=client_token or "",
        principal_arn=policy_generation_details["principalArn"],
        status=PolicyGeneration.SUCCEEDED,
        started=call.now,
        start_time=since,
        end_time=until,
        trails=trails,
        actions=call.prepared,
    )
    return {"jobId": str(job.job_id)}


def _job(call: Call, job_id: str) -> PolicyGeneration:
    missing = ValidationError(f"The policy generation {job_id} cannot be found.", field="job_id")
    try:
        wanted = uuid.UUID(job_id)
    except ValueError as error:
        raise missing from error
    job = PolicyGeneration.objects.filter(account=call.caller.account_key, job_id=wanted).first()
    if job is None or job.started < call.now - KEPT:
        raise missing
    return job


@operation("access-analyzer:GetGeneratedPolicy", read_only=True)
def get_generated_policy(
    call: Call,
    *,
    job_id: str,
    include_resource_placeholders: bool | None = None,
    include_service_level_template: bool | None = None,
) -> Response:
    """The policy; none, when nothing was done in the time, or when the generation was cancelled."""
    if include_service_level_template:
        # AWS does not say what such a template looks like; it would allow services whole.
        raise ValidationError("Service-level templates are not simulated here.", field="include_service_level_template")
    job = _job(call, job_id)
    properties: Response = {"isComplete": True, "principalArn": job.principal_arn}
    if job.trails is not None:
        times = {"startTime": job.start_time, "endTime": job.end_time}
        properties["cloudTrailProperties"] = {"trailProperties": job.trails, **times}
    result: Response = {"properties": properties, "generatedPolicies": []}
    if job.status == PolicyGeneration.SUCCEEDED and job.actions:
        text = generating.policy_of(job.actions, bool(include_resource_placeholders))
        result["generatedPolicies"] = [{"policy": text}]
    details = {key: value for key, value in _generation(job).items() if key != "principalArn"}
    return {"jobDetails": details, "generatedPolicyResult": result}


def _generation(job: PolicyGeneration) -> Response:
    return {
        "jobId": str(job.job_id),
        "principalArn": job.principal_arn,
        "status": job.status,
        "startedOn": job.started,
        "completedOn": job.started,
    }


@operation("access-analyzer:ListPolicyGenerations", read_only=True)
def list_policy_generations(
    call: Call, *, principal_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> Response:
    """The generations of the last days, the newest first."""
    size = DEFAULT_PAGE if max_results is None else max_results
    if not 1 <= size <= LONGEST_PAGE:
        raise ValidationError(f"The maxResults must be between 1 and {LONGEST_PAGE}.", field="max_results")
    jobs = PolicyGeneration.objects.filter(account=call.caller.account_key, started__gte=call.now - KEPT)
    if principal_arn:
        jobs = jobs.filter(principal_arn=principal_arn)
    if next_token is not None:
        if not next_token.isascii() or not next_token.isdecimal() or len(next_token) > 18:
            raise ValidationError("The nextToken is not valid.", field="next_token")
        jobs = jobs.filter(pk__lt=int(next_token))
    found = list(jobs.order_by("-pk")[: size + 1])
    page: Response = {"policyGenerations": [_generation(job) for job in found[:size]]}
    if len(found) > size:
        page["nextToken"] = str(found[size - 1].pk)
    return page


@operation("access-analyzer:CancelPolicyGeneration")
def cancel_policy_generation(call: Call, *, job_id: str) -> Response:
    """Cancel a generation. Here one is done at once; its policy is given no more, as on AWS when it comes in time."""
    job = _job(call, job_id)
    job.status = PolicyGeneration.CANCELED
    job.save(update_fields=["status"])
    return {}
