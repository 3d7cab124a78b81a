"""The roles that AWS itself makes for its services."""

from __future__ import annotations

from iamconsole.accounts.models import PolicyText
from iamconsole.cloudtrail import queries as events
from iamconsole.core.errors import AccessDenied, InvalidInput, NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import aws_managed, queries, quotas, resources, service_linked, shapes
from iamconsole.iam.models import Role


@operation(
    "iam:CreateServiceLinkedRole",
    resource=resources.new_service_linked_role,
    keys={"iam:AWSServiceName": "aws_service_name"},
)
def create_service_linked_role(
    call: Call, *, aws_service_name: str, description: str | None = None, custom_suffix: str | None = None
) -> Response:
    """Make the role through which a service acts in the account; the service says what it is and may do."""
    known = service_linked.ROLES.get(aws_service_name)
    if known is None:
        raise AccessDenied(f"Cannot find Service Linked Role template for {aws_service_name}", field="aws_service_name")
    if custom_suffix is not None and not known.suffixed:
        raise InvalidInput(f"Custom suffix is not allowed for {aws_service_name}", field="custom_suffix")
    name = known.named(custom_suffix)
    if queries.roles_named(call.caller.account_key, [name]):
        raise InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different suffix.",
            field="aws_service_name",
        )
    quotas.check("RolesPerAccount", quotas.ROLES, Role.objects.filter(account=call.caller.account_key).count())
    trust = service_linked.trust_policy(aws_service_name)
    row = Role.objects.create(
        account_id=call.caller.account_key,
        name=name,
        path=service_linked.path_of(aws_service_name),
        unique_id=call.ids.unique_id("AROA"),
        description=known.description if description is None else description,
        trust_id=PolicyText.keep(trust),
        created=call.now,
    )
    row.attachments.create(aws_arn=known.policy_arn)
    PolicyText.keep(aws_managed.by_arn()[known.policy_arn].text)
    return {"Role": shapes.role(row, call.caller.account_id, trust)}


@operation("iam:DeleteServiceLinkedRole", resource=resources.role)
def delete_service_linked_role(call: Call, *, role_name: str) -> Response:
    """Ask the service to delete its role. The answer is a task: AWS's services work on it for a while, ours at once.

    A service that still needs the role does not delete it; then the task has failed, and its status says why.
    """
    row: Role = call.resource.require()
    if not row.is_service_linked:
        # The errors of the API Reference have no other for it.
        raise NoSuchEntity(f"The role {row.name} is not a service-linked role.", field="role_name")
    known = service_linked.of_role(row.path)
    task = f"task{row.path}{row.name}/{call.ids.uuid()}"
    if known is None or not known.kept:
        row.delete()
    return {"DeletionTaskId": task}


@operation("iam:GetServiceLinkedRoleDeletionStatus", resource=resources.role_of_deletion_task, read_only=True)
def get_service_linked_role_deletion_status(call: Call, *, deletion_task_id: str) -> Response:
    """What became of a deletion. The task is an event of the history, and whether it failed shows in the role."""
    asked = events.with_answer(call.caller.account_key, "DeleteServiceLinkedRole", "deletionTaskId", deletion_task_id)
    if asked is None:
        raise NoSuchEntity(f"The deletion task {deletion_task_id} cannot be found.", field="deletion_task_id")
    row: Role | None = call.resource.row
    if row is None or row.created > asked.time:
        return {"Status": "SUCCEEDED"}
    known = service_linked.of_role(row.path)
    return {"Status": "FAILED", "Reason": {"Reason": known.kept if known else "", "RoleUsageList": []}}
