"""The roles that AWS itself makes for its services."""

from __future__ import annotations

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import AccessDenied, InvalidInput
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
    if custom_suffix is not None:
        raise InvalidInput(f"Custom suffix is not allowed for {aws_service_name}", field="custom_suffix")
    if queries.roles_named(call.caller.account_key, [known.name]):
        raise InvalidInput(
            f"Service role name {known.name} has been taken in this account, please try a different suffix.",
            field="aws_service_name",
        )
    quotas.check("RolesPerAccount", quotas.ROLES, Role.objects.filter(account=call.caller.account_key).count())
    trust = service_linked.trust_policy(aws_service_name)
    row = Role.objects.create(
        account_id=call.caller.account_key,
        name=known.name,
        path=service_linked.path_of(aws_service_name),
        unique_id=call.ids.unique_id("AROA"),
        description=known.description if description is None else description,
        trust_id=PolicyText.keep(trust),
        created=call.now,
    )
    row.attachments.create(aws_arn=known.policy_arn)
    PolicyText.keep(aws_managed.by_arn()[known.policy_arn].text)
    return {"Role": shapes.role(row, call.caller.account_id, trust)}
