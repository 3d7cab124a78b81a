"""Every operation there is, by name. A new module of operations is one line here."""

from __future__ import annotations

from iamconsole.analysis import operations as analysis
from iamconsole.core.operation import Operation, operations_in
from iamconsole.generic import operations as generic
from iamconsole.iam.operations import account, attachments, credentials, groups, mfa, policies, roles, users
from iamconsole.s3 import operations as s3
from iamconsole.sts.operations import identity, recovery, sign_in

OPERATIONS: dict[str, Operation] = (
    operations_in(users)
    | operations_in(groups)
    | operations_in(policies)
    | operations_in(attachments)
    | operations_in(credentials)
    | operations_in(mfa)
    | operations_in(roles)
    | operations_in(account)
    | operations_in(analysis)
    | operations_in(identity)
    | operations_in(sign_in)
    | operations_in(recovery)
    | operations_in(s3)
    | operations_in(generic)
)
