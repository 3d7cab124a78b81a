"""Which policies may be attached, and which one a permissions boundary is.

Source: IAM User Guide, "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from typing import Any

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import PolicyNotAttachable
from iamconsole.core.operation import Call
from iamconsole.iam import aws_managed, resources
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import ManagedPolicy


def refuse_unattachable(policy: ManagedPolicy | AwsManagedPolicy) -> None:
    """Service-linked roles' own policies cannot be attached by anybody else."""
    if isinstance(policy, AwsManagedPolicy) and policy.path == aws_managed.OF_SERVICES:
        raise PolicyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.", field="policy_arn")


def boundary_named(call: Call, policy_arn: str | None) -> dict[str, Any]:
    """The columns of a user or role whose boundary is the policy of this ARN; of one without, for None."""
    if policy_arn is None:
        return {"boundary": None, "boundary_aws_arn": ""}
    policy = resources.boundary_policies(call.caller, [{"policy_arn": policy_arn}])[0].require()
    if not isinstance(policy, AwsManagedPolicy):
        return {"boundary": policy, "boundary_aws_arn": ""}
    refuse_unattachable(policy)
    # A later package may change the text; decisions made with this one must stay explicable.
    PolicyText.keep(policy.text)
    return {"boundary": None, "boundary_aws_arn": policy_arn}
