"""IAM Access Analyzer's policy validation.

Source: Access Analyzer API Reference, ValidatePolicy; Service Authorization Reference, IAM Access Analyzer: the action
has no resource type and no condition key of its own.
"""

from __future__ import annotations

from iamconsole.analysis import validating
from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Call, Response, operation

# AWS does not say how many findings it gives at once, and how many can be asked for.
DEFAULT_PAGE, LONGEST_PAGE = 100, 1000


@operation("access-analyzer:ValidatePolicy", read_only=True)
def validate_policy(
    call: Call,
    *,
    policy_document: str,
    policy_type: str,
    validate_policy_resource_type: str | None = None,
    locale: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> Response:
    """The findings on a policy that need not exist. They are told in English, whatever `locale` asks for."""
    if validate_policy_resource_type and policy_type != "RESOURCE_POLICY":
        # "Specify a value for the policy validation resource type only if the policy type is RESOURCE_POLICY."
        message = "The validatePolicyResourceType is only supported for the policy type RESOURCE_POLICY."
        raise ValidationError(message, field="validate_policy_resource_type")
    size = DEFAULT_PAGE if max_results is None else max_results
    if not 1 <= size <= LONGEST_PAGE:
        raise ValidationError(f"The maxResults must be between 1 and {LONGEST_PAGE}.", field="max_results")
    start = 0
    if next_token is not None:
        if not next_token.isascii() or not next_token.isdecimal() or len(next_token) > 9:
            raise ValidationError("The nextToken is not valid.", field="next_token")
        start = int(next_token)
    found = validating.findings(policy_document, policy_type, validate_policy_resource_type)
    page: Response = {"findings": found[start : start + size]}
    if len(found) > start + size:
        page["nextToken"] = str(start + size)
    return page
