"""Permissions boundaries of users and roles."""

from __future__ import annotations

from iamconsole.core.errors import NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import keys, resources
from iamconsole.iam.boundaries import boundary_named
from iamconsole.iam.models import Role, User
from iamconsole.iam.operations.roles import modifiable


def _bound(call: Call, row: User | Role, policy_arn: str | None) -> Response:
    for name, value in boundary_named(call, policy_arn).items():
        setattr(row, name, value)
    row.save(update_fields=["boundary", "boundary_aws_arn"])
    return {}


def _unbound(call: Call, row: User | Role) -> Response:
    if not row.boundary_arn(call.caller.account_id):
        # The API Reference lists NoSuchEntity for it and says no words.
        raise NoSuchEntity(f"The {row.kind} {row.name} does not have a permissions boundary.")
    return _bound(call, row, None)


@operation("iam:PutUserPermissionsBoundary", resource=resources.user, keys=keys.REQUEST_BOUNDARY)
def put_user_permissions_boundary(call: Call, *, user_name: str, permissions_boundary: str) -> Response:
    """Set the boundary, in place of the one before."""
    return _bound(call, call.resource.require(), permissions_boundary)


@operation("iam:PutRolePermissionsBoundary", resource=resources.role, keys=keys.REQUEST_BOUNDARY)
def put_role_permissions_boundary(call: Call, *, role_name: str, permissions_boundary: str) -> Response:
    """Set the boundary, in place of the one before."""
    return _bound(call, modifiable(call), permissions_boundary)


@operation("iam:DeleteUserPermissionsBoundary", resource=resources.user, keys=keys.PRESENT_BOUNDARY)
def delete_user_permissions_boundary(call: Call, *, user_name: str) -> Response:
    return _unbound(call, call.resource.require())


@operation("iam:DeleteRolePermissionsBoundary", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def delete_role_permissions_boundary(call: Call, *, role_name: str) -> Response:
    return _unbound(call, modifiable(call))
