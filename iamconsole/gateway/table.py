"""Every operation there is, by name. A new module of operations is one line here."""

from __future__ import annotations

from iamconsole.analysis.operations import (
    explanations,
    last_accessed,
    policy_generation,
    policy_validation,
    simulation,
)
from iamconsole.core.operation import Operation, operations_in
from iamconsole.generic import operations as generic
from iamconsole.iam.operations import (
    account,
    attachments,
    authorization_details,
    boundaries,
    certificates,
    credential_report,
    credentials,
    groups,
    instance_profiles,
    mfa,
    password_policy,
    policies,
    providers,
    roles,
    service_credentials,
    service_linked_roles,
    users,
)
from iamconsole.s3.operations import (
    bucket_policies,
    bucket_settings,
    buckets,
    copies,
    listings,
    multipart,
    objects,
    public_access,
    tags,
)
from iamconsole.sts.operations import (
    assume_role,
    federation,
    identity,
    recovery,
    refusals,
    sign_in,
    switch_role,
    tokens,
)

MODULES = (
    account,
    attachments,
    authorization_details,
    boundaries,
    certificates,
    credential_report,
    credentials,
    groups,
    instance_profiles,
    mfa,
    password_policy,
    policies,
    providers,
    roles,
    service_linked_roles,
    service_credentials,
    users,
    explanations,
    last_accessed,
    policy_generation,
    policy_validation,
    simulation,
    assume_role,
    federation,
    identity,
    recovery,
    refusals,
    sign_in,
    switch_role,
    tokens,
    buckets,
    bucket_policies,
    bucket_settings,
    public_access,
    objects,
    tags,
    copies,
    multipart,
    listings,
    generic,
)

OPERATIONS: dict[str, Operation] = {
    name: operation for module in MODULES for name, operation in operations_in(module).items()
}
