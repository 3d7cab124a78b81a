"""Every finding that `check` can give: its level, its name and AWS's text for it.

IAM User Guide, "IAM Access Analyzer policy check reference" (access-analyzer-reference-policy-checks.html). The keys are
AWS's issue codes, and `{{…}}` is filled in. docs/policy-checks.md says for which policies each is given, and which
findings of that reference are not, and why.
"""

# ruff: noqa: E501 - AWS's texts, each on one line, are easier compared with its page
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FindingType = Literal["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the reference."""

    type: FindingType
    name: str
    text: str


CATALOGUE: dict[str, Entry] = {
    # ERROR
    "ARN_ACCOUNT_NOT_ALLOWED": Entry(
        "ERROR",
        "ARN account not allowed",
        "The service {{service}} does not support specifying an account ID in the resource ARN.",
    ),
    "ARN_REGION_NOT_ALLOWED": Entry(
        "ERROR",
        "ARN Region not allowed",
        "The service {{service}} does not support specifying a Region in the resource ARN.",
    ),
    "DATA_TYPE_MISMATCH": Entry(
        "ERROR", "Data type mismatch", "The text does not match the expected JSON data type {{data_type}}."
    ),
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": Entry(
        "ERROR",
        "Duplicate keys with different case",
        "The condition key {{key}} appears more than once with different capitalization in the same condition block. Remove the duplicate condition keys.",
    ),
    "INVALID_ACTION": Entry(
        "ERROR", "Invalid action", "The action {{action}} does not exist. Did you mean {{valid_action}}?"
    ),
    "INVALID_ARN_ACCOUNT": Entry(
        "ERROR",
        "Invalid ARN account",
        "The resource ARN account ID {{account}} is not valid. Provide a 12-digit account ID.",
    ),
    "INVALID_ARN_PREFIX": Entry("ERROR", "Invalid ARN prefix", "Add the required prefix (arn) to the resource ARN."),
    "INVALID_ARN_REGION": Entry(
        "ERROR",
        "Invalid ARN Region",
        "The Region {{region}} is not valid for this resource. Update the resource ARN to include a supported Region.",
    ),
    "INVALID_ARN_RESOURCE": Entry(
        "ERROR",
        "Invalid ARN resource",
        "Resource ARN does not match the expected ARN format. Update the resource portion of the ARN.",
    ),
    "INVALID_ARN_SERVICE_CASE": Entry(
        "ERROR",
        "Invalid ARN service case",
        "Update the service name {{service}} in the resource ARN to use all lowercase letters.",
    ),
    "INVALID_CONDITION_DATA_TYPE": Entry(
        "ERROR",
        "Invalid condition data type",
        "The condition value data types do not match. Use condition values of the same JSON data type.",
    ),
    "INVALID_CONDITION_KEY_FORMAT": Entry(
        "ERROR",
        "Invalid condition key format",
        "The condition key format is not valid. Use the format service:keyname.",
    ),
    "INVALID_CONDITION_MULTIPLE_BOOLEAN": Entry(
        "ERROR",
        "Invalid condition multiple Boolean",
        "The condition key does not support multiple Boolean values. Use a single Boolean value.",
    ),
    "INVALID_CONDITION_OPERATOR": Entry(
        "ERROR",
        "Invalid condition operator",
        "The condition operator {{operator}} is not valid. Use a valid condition operator.",
    ),
    "INVALID_EFFECT": Entry("ERROR", "Invalid effect", "The effect {{effect}} is not valid. Use Allow or Deny."),
    "INVALID_GLOBAL_CONDITION_KEY": Entry(
        "ERROR", "Invalid global condition key", "The condition key {{key}} does not exist. Use a valid condition key."
    ),
    "INVALID_PARTITION": Entry(
        "ERROR",
        "Invalid partition",
        "The resource ARN for the service {{service}} does not support the partition {{partition}}. Use the supported values: {{partitions}}",
    ),
    "INVALID_POLICY_ELEMENT": Entry("ERROR", "Invalid policy element", "The policy element {{element}} is not valid."),
    "INVALID_PRINCIPAL_FORMAT": Entry(
        "ERROR",
        "Invalid principal format",
        "The Principal element contents are not valid. Specify a key-value pair in the Principal element.",
    ),
    "INVALID_PRINCIPAL_KEY": Entry(
        "ERROR", "Invalid principal key", "The principal key {{principal-key}} is not valid."
    ),
    "INVALID_REGION": Entry(
        "ERROR",
        "Invalid Region",
        "The Region {{region}} is not valid. Update the condition value to a suported Region.",
    ),
    "INVALID_SERVICE": Entry(
        "ERROR", "Invalid service", "The service {{service}} does not exist. Use a valid service name."
    ),
    "INVALID_SERVICE_CONDITION_KEY": Entry(
        "ERROR",
        "Invalid service condition key",
        "The condition key {{key}} does not exist in the service {{service}}. Use a valid condition key.",
    ),
    "INVALID_SERVICE_IN_ACTION": Entry(
        "ERROR",
        "Invalid service in action",
        "The service {{service}} specified in the action does not exist. Did you mean {{service2}}?",
    ),
    "INVALID_VARIABLE_FOR_OPERATOR": Entry(
        "ERROR", "Invalid variable for operator", "Policy variables can only be used with String and ARN operators."
    ),
    "INVALID_VERSION": Entry(
        "ERROR",
        "Invalid version",
        "The version {{version}} is not valid. Use one of the following versions: {{versions}}",
    ),
    "JSON_SYNTAX_ERROR": Entry(
        "ERROR", "Json syntax error", "Fix the JSON syntax error at index {{index}} line {{line}} column {{column}}."
    ),
    "MISSING_ACTION": Entry("ERROR", "Missing action", "Add an Action or NotAction element to the policy statement."),
    "MISSING_ARN_FIELD": Entry(
        "ERROR",
        "Missing ARN field",
        "Resource ARNs must include at least {{fields}} fields in the following structure: arn:partition:service:region:account:resource",
    ),
    "MISSING_ARN_REGION": Entry("ERROR", "Missing ARN Region", "Add a Region to the {{service}} resource ARN."),
    "MISSING_EFFECT": Entry(
        "ERROR", "Missing effect", "Add an Effect element to the policy statement with a value of Allow or Deny."
    ),
    "MISSING_PRINCIPAL": Entry("ERROR", "Missing principal", "Add a Principal element to the policy statement."),
    "MISSING_QUALIFIER": Entry(
        "ERROR",
        "Missing qualifier",
        "The request context key {{key}} has multiple values. Use the ForAllValues or ForAnyValue condition key qualifiers in your policy.",
    ),
    "MISSING_RESOURCE": Entry(
        "ERROR", "Missing resource", "Add a Resource or NotResource element to the policy statement."
    ),
    "MISSING_STATEMENT": Entry("ERROR", "Missing statement", "Add a statement to the policy"),
    "NULL_WITH_IF_EXISTS": Entry(
        "ERROR",
        "Null with if exists",
        "The Null condition operator cannot be used with the IfExists suffix. Update the operator or the suffix.",
    ),
    "SCP_SYNTAX_ERROR_PRINCIPAL": Entry(
        "ERROR",
        "SCP syntax error principal",
        "SCPs do not support specifying principals. Remove the Principal or NotPrincipal element.",
    ),
    "UNIQUE_SIDS_REQUIRED": Entry(
        "ERROR",
        "Unique Sids required",
        "Duplicate statement IDs are not supported for this policy type. Update the Sid value.",
    ),
    "UNSUPPORTED_ACTION_IN_POLICY": Entry(
        "ERROR",
        "Unsupported action in policy",
        "The action {{action}} is not supported for the resource-based policy attached to the resource type {{resourceType}}.",
    ),
    "UNSUPPORTED_ELEMENT_COMBINATION": Entry(
        "ERROR",
        "Unsupported element combination",
        "The policy elements {{element1}} and {{element2}} can not be used in the same statement. Remove one of these elements.",
    ),
    "UNSUPPORTED_GLOBAL_CONDITION_KEY": Entry(
        "ERROR",
        "Unsupported global condition key",
        "The condition key aws:ARN is not supported. Use aws:PrincipalArn or aws:SourceArn instead.",
    ),
    "UNSUPPORTED_PRINCIPAL": Entry(
        "ERROR",
        "Unsupported principal",
        "The policy type {{policy_type}} does not support the Principal element. Remove the Principal element.",
    ),
    "UNSUPPORTED_RESOURCE_ARN_IN_POLICY": Entry(
        "ERROR",
        "Unsupported resource ARN in policy",
        "The resource ARN is not supported for the resource-based policy attached to the resource type {{resourceType}}.",
    ),
    "UNSUPPORTED_SID": Entry(
        "ERROR",
        "Unsupported Sid",
        "Update the characters in the Sid element to use one of the following character types: [a-z, A-Z, 0-9]",
    ),
    "UNSUPPORTED_WILDCARD_IN_PRINCIPAL": Entry(
        "ERROR",
        "Unsupported wildcard in principal",
        "Wildcards (*, ?) are not supported with the principal key {{principal_key}}. Replace the wildcard with a valid principal value.",
    ),
    "MISSING_BRACE_IN_VARIABLE": Entry(
        "ERROR",
        "Missing brace in variable",
        "The policy variable is missing a closing curly brace. Add } after the variable text.",
    ),
    "MISSING_QUOTE_IN_VARIABLE": Entry(
        "ERROR",
        "Missing quote in variable",
        "The policy variable default value must begin and end with a single quote. Add the missing quote.",
    ),
    "UNSUPPORTED_SPACE_IN_VARIABLE": Entry(
        "ERROR",
        "Unsupported space in variable",
        "A space is not supported within the policy variable text. Remove the space.",
    ),
    "EMPTY_VARIABLE": Entry(
        "ERROR",
        "Empty variable",
        "Empty policy variable. Remove the ${ } variable structure or provide a variable within the structure.",
    ),
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": Entry(
        "ERROR",
        "Variable unsupported in element",
        "Policy variables are supported in the Resource and Condition elements. Remove the policy variable {{variable}} from this element.",
    ),
    "VARIABLE_UNSUPPORTED_IN_VERSION": Entry(
        "ERROR",
        "Variable unsupported in version",
        "To include variables in your policy, use the policy version 2012-10-17 or later.",
    ),
    "PRIVATE_IP_ADDRESS": Entry(
        "ERROR",
        "Private IP address",
        "aws:SourceIp works only for public IP address ranges. The values for condition key aws:SourceIp include only private IP addresses and will not have the desired effect. Update the value to include only public IP addresses.",
    ),
    "PRIVATE_NOT_IP_ADDRESS": Entry(
        "ERROR",
        "Private NotIpAddress",
        "The values for condition key aws:SourceIp include only private IP addresses and has no effect. aws:SourceIp works only for public IP address ranges. Update the value to include only public IP addresses.",
    ),
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA": Entry(
        "ERROR",
        "Policy size exceeds SCP quota",
        "The {{policySize}} characters in the service control policy (SCP) exceed the {{policySizeQuota}} character maximum for SCPs. We recommend that you use multiple granular policies.",
    ),
    "INVALID_SERVICE_PRINCIPAL_FORMAT": Entry(
        "ERROR",
        "Invalid service principal format",
        "The service principal does not match the expected format. Use the format {{expectedFormat}}.",
    ),
    "MISSING_TAG_KEY_IN_CONDITION": Entry(
        "ERROR",
        "Missing tag key in condition",
        "The condition key {{conditionKeyName}} must include a tag key to control access based on tags. Use the format {{conditionKeyName}}tag-key and specify a key name for tag-key.",
    ),
    "INVALID_VPC_FORMAT": Entry(
        "ERROR",
        "Invalid vpc format",
        "The VPC identifier in the condition key value is not valid. Use the prefix 'vpc-' followed by 8 or 17 alphanumeric characters.",
    ),
    "INVALID_VPCE_FORMAT": Entry(
        "ERROR",
        "Invalid vpce format",
        "The VPCE identifier in the condition key value is not valid.  Use the prefix 'vpce-' followed by 8 or 17 alphanumeric characters.",
    ),
    "FEDERATED_PRINCIPAL_NOT_SUPPORTED": Entry(
        "ERROR",
        "Federated principal not supported",
        "The policy type does not support a federated identity provider in the principal element. Use a supported principal.",
    ),
    "UNSUPPORTED_ACTION_FOR_CONDITION_KEY": Entry(
        "ERROR",
        "Unsupported action for condition key",
        "The following actions: {{actions}} are not supported by the condition key {{key}}. The condition will not be evaluated for these actions. We recommend that you move these actions to a different statement without this condition key.",
    ),
    "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": Entry(
        "ERROR",
        "Unsupported condition key for service principal",
        "The following condition keys are not supported when used with the service principal: {{conditionKeys}}.",
    ),
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL": Entry(
        "ERROR",
        "Role trust policy syntax error notprincipal",
        "Role trust policies do not support NotPrincipal. Update the policy to use a Principal element instead.",
    ),
    "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL": Entry(
        "ERROR",
        "Role trust policy unsupported wildcard in principal",
        '"Principal:" "*" is not supported in the principal element of a role trust policy. Replace the wildcard with a valid principal value.',
    ),
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE": Entry(
        "ERROR",
        "Role trust policy syntax error resource",
        "Role trust policies apply to the role that they are attached to. You cannot specify a resource. Remove the Resource or NotResource element.",
    ),
    "MISSING_ACTION_FOR_CONDITION_KEY": Entry(
        "ERROR",
        "Missing action for condition key",
        "The {{actionName}} action must be in the action block to allow setting values for the condition key {{keyName}}. Add {{actionName}} to the action block.",
    ),
    "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY": Entry(
        "ERROR",
        "Invalid federated principal syntax in role trust policy",
        "The principal value specifies a federated principal that does not match the expected format. Update the federated principal to a domain name or a SAML metadata ARN.",
    ),
    "MISMATCHED_ACTION_FOR_PRINCIPAL": Entry(
        "ERROR",
        "Mismatched action for principal",
        "The {{actionName}} action is invalid with the following principal(s): {{principalNames}}. Use a SAML provider principal with the sts:AssumeRoleWithSAML action or use an OIDC provider principal with the sts:AssumeRoleWithWebIdentity action. Ensure the provider is Federated if you use either of the two options.",
    ),
    "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY": Entry(
        "ERROR",
        "Missing action for roles anywhere trust policy",
        "The rolesanywhere.amazonaws.com service principal requires the sts:AssumeRole, sts:SetSourceIdentity, and sts:TagSession permissions to assume a role. Add the missing permissions to the policy.",
    ),
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA": Entry(
        "ERROR",
        "Policy size exceeds RCP quota",
        "The {{policySize}} characters in the resource control policy (RCP) exceed the {{policySizeQuota}} character maximum for RCPs. We recommend that you use multiple granular policies.",
    ),
    "RCP_SYNTAX_ERROR_PRINCIPAL": Entry(
        "ERROR",
        "RCP syntax error principal",
        'The Principal element contents are not valid. RCPs only support specifying all principals ("*") in the Principal element. The NotPrincipal element is not supported for RCPs.',
    ),
    "RCP_SYNTAX_ERROR_ALLOW": Entry(
        "ERROR",
        "RCP syntax error allow",
        'RCPs only support specifying all principals ("*") in the Principal element, all resources ("*") in the Resource element, and no Condition element with an effect of Allow.',
    ),
    "RCP_SYNTAX_ERROR_NOTACTION": Entry(
        "ERROR",
        "RCP syntax error NotAction",
        "RCPs do not support the NotAction element. Update to use the Action element.",
    ),
    "RCP_SYNTAX_ERROR_ACTION": Entry(
        "ERROR",
        "RCP syntax error action",
        "RCPs only support specifying select service prefixes in the Action element. Learn more here.",
    ),
    "MISSING_ARN_ACCOUNT": Entry(
        "ERROR",
        "Missing ARN account",
        "The resource {{resourceName}} in the arn is missing an account id. Please provide a 12 digit account id.",
    ),
    "VARIABLE_USAGE_TOO_PERMISSIVE": Entry(
        "ERROR",
        "Variable usage too permissive",
        "The policy variable is not allowed in the condition key {{key}}. We consider the key to be sensitive and policy variables can be evaluated as effective wildcards. Therefore policy variables are not allowed to be used with sensitive keys. Refer to https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for the list of sensitive keys.",
    ),
    "WILDCARD_USAGE_TOO_PERMISSIVE": Entry(
        "ERROR",
        "Wildcard usage too permissive",
        "The wildcard is not allowed in the condition key {{key}}. We consider the key to be sensitive and wildcards are not allowed to be used with sensitive keys. Refer to https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for the list of sensitive keys.",
    ),
    # SECURITY_WARNING
    "ALLOW_WITH_NOT_PRINCIPAL": Entry(
        "SECURITY_WARNING",
        "Allow with NotPrincipal",
        "Using Allow with NotPrincipal can be overly permissive. We recommend that you use Principal instead.",
    ),
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": Entry(
        "SECURITY_WARNING",
        "ForAllValues with single valued key",
        "Using ForAllValues qualifier with the single-valued condition key {{key}} can be overly permissive. We recommend that you remove ForAllValues:.",
    ),
    "PASS_ROLE_WITH_NOT_RESOURCE": Entry(
        "SECURITY_WARNING",
        "Pass role with NotResource",
        "Using the iam:PassRole action with NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE": Entry(
        "SECURITY_WARNING",
        "Pass role with star in action and NotResource",
        "Using an action with a wildcard (*) and NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE": Entry(
        "SECURITY_WARNING",
        "Pass role with NotAction and NotResource",
        "Using NotAction with NotResource can be overly permissive because it can allow iam:PassRole permissions on multiple resources.. We recommend that you specify resource ARNs instead.",
    ),
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": Entry(
        "SECURITY_WARNING",
        "Pass role with star in resource",
        "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.",
    ),
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": Entry(
        "SECURITY_WARNING",
        "Pass role with star in action and resource",
        "Using wildcards (*) in the action and the resource can be overly permissive because it allows iam:PassRole permissions on all resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.",
    ),
    "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": Entry(
        "SECURITY_WARNING",
        "Pass role with star in resource and NotAction",
        "Using a resource with wildcards (*) and NotAction can be overly permissive because it allows iam:PassRole permissions on all resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.",
    ),
    "MISSING_PAIRED_CONDITION_KEYS": Entry(
        "SECURITY_WARNING",
        "Missing paired condition keys",
        "Using the condition key {{conditionKeyName}} can be overly permissive without also using the following condition keys: {{recommendedKeys}}. Condition keys like this one are more secure when paired with a related key. We recommend that you add the related condition keys to the same condition block.",
    ),
    "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": Entry(
        "SECURITY_WARNING",
        "Deny with unsupported tag condition key for service",
        "Using the effect Deny with the tag condition key {{conditionKeyName}} and actions for services with the following prefixes can be overly permissive: {{serviceNames}}. Actions for the listed services are not denied by this statement. We recommend that you move these actions to a different statement without this condition key.",
    ),
    "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": Entry(
        "SECURITY_WARNING",
        "Deny NotAction with unsupported tag condition key for service",
        "Using the effect Deny with NotAction and the tag condition key {{conditionKeyName}} can be overly permissive because some service actions are not denied by this statement. This is because the condition key doesn't apply to some service actions. We recommend that you use Action instead of NotAction.",
    ),
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": Entry(
        "SECURITY_WARNING",
        "Restrict access to service principal",
        "Granting access to a service principal without specifying a source is overly permissive. Use aws:SourceArn or aws:SourceAccount condition key and scope access to a specific source to grant fine-grained access.",
    ),
    "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL": Entry(
        "SECURITY_WARNING",
        "Missing condition key for oidc principal",
        "Using an Open ID Connect principal without a condition can be overly permissive. Add condition keys with a prefix that matches your federated OIDC principals to ensure that only the intended identity provider assumes the role.",
    ),
    "MISSING_GITHUB_REPO_CONDITION_KEY": Entry(
        "SECURITY_WARNING",
        "Missing github repo condition key",
        "Granting a federated GitHub principal permissions without a condition key can allow more sources to assume the role than you intended. Add the token.actions.githubusercontent.com:sub condition key and specify the branch and repository name in the value.",
    ),
    "UNTRUSTWORTHY_CONDITION_KEY": Entry(
        "SECURITY_WARNING",
        "Untrustworthy condition key",
        "The {{key}} condition key is not recommended for access control as it can be spoofed/manipulated by the caller.",
    ),
    "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS": Entry(
        "SECURITY_WARNING",
        "String like operator with ARN condition keys",
        "Use the operator type {{allowed}} instead of operator {{operator}} for the condition key {{key}}.",
    ),
    "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT": Entry(
        "SECURITY_WARNING",
        "DynamoDB attributes without select",
        "Restricting dynamodb:Attributes without also setting dynamodb:Select to SPECIFIC_ATTRIBUTES allows all attributes to be returned on read requests that omit a projection expression. We recommend that you also set dynamodb:Select to SPECIFIC_ATTRIBUTES.",
    ),
    "S3_PREFIX_IN_NEGATIVE_CONTEXT": Entry(
        "SECURITY_WARNING",
        "S3 prefix in negative context",
        "Using the s3:prefix condition key in a Deny statement or with a negated string operator does not block listing the objects under the matching prefixes. A request that specifies a shorter prefix does not match the condition and can still list those objects. To restrict listing to specific prefixes, use s3:prefix with StringLike in an Allow statement, or use a Deny statement with StringNotLike.",
    ),
    "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE": Entry(
        "SECURITY_WARNING",
        "ForAnyValue with audience claim type",
        "Using ForAnyValue qualifier with the single-valued condition key {{key}} can be overly permissive. We recommend that you remove ForAnyValue:.",
    ),
    # WARNING
    "CREATE_SLR_WITH_NOT_RESOURCE": Entry(
        "WARNING",
        "Create SLR with NotResource",
        "Using the iam:CreateServiceLinkedRole action with NotResource can allow creation of unintended service-linked roles for multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE": Entry(
        "WARNING",
        "Create SLR with star in action and NotResource",
        "Using an action with a wildcard(*) and NotResource can allow creation of unintended service-linked roles because it can allow iam:CreateServiceLinkedRole permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE": Entry(
        "WARNING",
        "Create SLR with NotAction and NotResource",
        "Using NotAction with NotResource can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    "CREATE_SLR_WITH_STAR_IN_RESOURCE": Entry(
        "WARNING",
        "Create SLR with star in resource",
        "Using the iam:CreateServiceLinkedRole action with wildcards (*) in the resource can allow creation of unintended service-linked roles. We recommend that you specify resource ARNs instead.",
    ),
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE": Entry(
        "WARNING",
        "Create SLR with star in action and resource",
        "Using wildcards (*) in the action and the resource can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify resource ARNs instead.",
    ),
    "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": Entry(
        "WARNING",
        "Create SLR with star in resource and NotAction",
        "Using a resource with wildcards (*) and NotAction can allow creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify resource ARNs instead.",
    ),
    "DEPRECATED_GLOBAL_CONDITION_KEY": Entry(
        "WARNING",
        "Deprecated global condition key",
        "We recommend that you update aws:ARN to use the newer condition key aws:PrincipalArn.",
    ),
    "INVALID_DATE_VALUE": Entry(
        "WARNING",
        "Invalid date value",
        "The date {{date}} might not resolve as expected. We recommend that you use the YYYY-MM-DD format.",
    ),
    "INVALID_ROLE_REFERENCE": Entry(
        "WARNING",
        "Invalid role reference",
        "The Principal element includes the IAM role ID {{roleid}}. We recommend that you use a role ARN instead.",
    ),
    "INVALID_USER_REFERENCE": Entry(
        "WARNING",
        "Invalid user reference",
        "The Principal element includes the IAM user ID {{userid}}. We recommend that you use a user ARN instead.",
    ),
    "MISSING_VERSION": Entry(
        "WARNING",
        "Missing version",
        "We recommend that you specify the Version element to help you with debugging permission issues.",
    ),
    "UNIQUE_SIDS_RECOMMENDED": Entry(
        "WARNING",
        "Unique Sids recommended",
        "We recommend that you use statement IDs that are unique to your policy. Update the Sid value.",
    ),
    "WILDCARD_WITHOUT_LIKE_OPERATOR": Entry(
        "WARNING",
        "Wildcard without like operator",
        "Your condition value includes a * or ? character. If you meant to use a wildcard (*, ?), update the condition operator to include Like.",
    ),
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA": Entry(
        "WARNING",
        "Policy size exceeds identity policy quota",
        "The {{policySize}} characters in the identity policy, excluding whitespace, exceed the {{policySizeQuota}} character maximum for inline and managed policies. We recommend that you use multiple granular policies.",
    ),
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA": Entry(
        "WARNING",
        "Policy size exceeds resource policy quota",
        "The {{policySize}} characters in the resource policy exceed the {{policySizeQuota}} character maximum for resource policies. We recommend that you use multiple granular policies.",
    ),
    "TYPE_MISMATCH": Entry(
        "WARNING",
        "Type mismatch",
        "Use the operator type {{allowed}} instead of operator {{operator}} for the condition key {{key}}.",
    ),
    "TYPE_MISMATCH_BOOLEAN": Entry(
        "WARNING",
        "Type mismatch Boolean",
        "Add a valid Boolean value (true or false) for the condition operator {{operator}}.",
    ),
    "TYPE_MISMATCH_DATE": Entry(
        "WARNING",
        "Type mismatch date",
        "The date condition operator is used with an invalid value. Specify a valid date using YYYY-MM-DD or other ISO 8601 date/time format.",
    ),
    "TYPE_MISMATCH_IP_RANGE": Entry(
        "WARNING",
        "Type mismatch IP range",
        "The condition operator {{operator}} is used with an invalid IP range value. Specify the IP range in standard CIDR format.",
    ),
    "TYPE_MISMATCH_NUMBER": Entry(
        "WARNING", "Type mismatch number", "Add a valid numeric value for the condition operator {{operator}}."
    ),
    "TYPE_MISMATCH_STRING": Entry(
        "WARNING",
        "Type mismatch string",
        "Add a valid base64-encoded string value for the condition operator {{operator}}.",
    ),
    "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED": Entry(
        "WARNING",
        "Specific github repo and branch recommended",
        "Using a wildcard (*) in token.actions.githubusercontent.com:sub can allow requests from more sources than you intended. Specify the value of token.actions.githubusercontent.com:sub with the repository and branch name.",
    ),
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA": Entry(
        "WARNING",
        "Policy size exceeds role trust policy quota",
        "The characters in the role trust policy, excluding whitespace, exceed the character maximum. We recommend that you request a role trust policy length quota increase using Service Quotas and AWS Support Center. If the quotas have already been increased, then you can ignore this warning.",
    ),
    "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY": Entry(
        "WARNING",
        "RCP missing related principal condition key",
        'RCPs impact IAM roles, users, and AWS service principals. To prevent unintended impact to services acting on your behalf using a service principal, an additional statement should be added to the Condition block "BoolIfExists": { "aws:PrincipalIsAWSService": "false"} whenever a principal key {{conditionKeyName}} is used.',
    ),
    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY": Entry(
        "WARNING",
        "RCP missing related service principal condition key",
        'RCPs impact IAM roles, users, and AWS service principals. To prevent unintended impact to your principals, an additional statement should be added to the Condition block "BoolIfExists": { "aws:PrincipalIsAWSService": "true"} whenever the key {{conditionKeyName}} is used.',
    ),
    "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK": Entry(
        "WARNING",
        "RCP missing service condition key null check",
        'The specified service may have a service integration that does not require the use of the {{conditionKeyName}} condition key. To prevent unintended impact to services acting on your behalf using a service principal, an additional statement should be added to the Condition block "Null": { "aws:SourceAccount": "false"} or "Null": { "aws:SourceArn": "false"} whenever the key {{conditionKeyName}} is used.',
    ),
    # SUGGESTION
    "EMPTY_ARRAY_ACTION": Entry(
        "SUGGESTION",
        "Empty array action",
        "This statement includes no actions and does not affect the policy. Specify actions.",
    ),
    "EMPTY_ARRAY_CONDITION": Entry(
        "SUGGESTION",
        "Empty array condition",
        "There are no values for the condition key {{key}} and it does not affect the policy. Specify conditions.",
    ),
    "EMPTY_ARRAY_CONDITION_FORALLVALUES": Entry(
        "SUGGESTION",
        "Empty array condition ForAllValues",
        "The ForAllValues prefix with an empty condition key matches only if the key {{key}} is missing from the request context. To determine if the request context is empty, we recommend that you use the Null condition operator with the value of true instead.",
    ),
    "EMPTY_ARRAY_CONDITION_FORANYVALUE": Entry(
        "SUGGESTION",
        "Empty array condition ForAnyValue",
        "The ForAnyValue prefix with an empty condition key {{key}} never matches the request context and it does not affect the policy. Specify conditions.",
    ),
    "EMPTY_ARRAY_CONDITION_IFEXISTS": Entry(
        "SUGGESTION",
        "Empty array condition IfExists",
        "The IfExists suffix with an empty condition key matches only if the key {{key}} is missing from the request context. To determine if the request context is empty, we recommend that you use the Null condition operator with the value of true instead.",
    ),
    "EMPTY_ARRAY_PRINCIPAL": Entry(
        "SUGGESTION",
        "Empty array principal",
        "This statement includes no principals and does not affect the policy. Specify principals.",
    ),
    "EMPTY_ARRAY_RESOURCE": Entry(
        "SUGGESTION",
        "Empty array resource",
        "This statement includes no resources and does not affect the policy. Specify resources.",
    ),
    "EMPTY_OBJECT_CONDITION": Entry(
        "SUGGESTION",
        "Empty object condition",
        "This condition block is empty and it does not affect the policy. Specify conditions.",
    ),
    "EMPTY_OBJECT_PRINCIPAL": Entry(
        "SUGGESTION",
        "Empty object principal",
        "This statement includes no principals and does not affect the policy. Specify principals.",
    ),
    "EMPTY_SID_VALUE": Entry("SUGGESTION", "Empty Sid value", "Add a value to the empty string in the Sid element."),
    "IMPROVE_IP_RANGE": Entry(
        "SUGGESTION",
        "Improve IP range",
        "The non-zero bits in the IP address after the masked bits are ignored. Replace address with {{addr}}.",
    ),
    "NULL_WITH_QUALIFIER": Entry(
        "SUGGESTION",
        "Null with qualifier",
        "Avoid using the Null condition operator with the ForAllValues or ForAnyValue qualifiers because they always return a true or false respectively.",
    ),
    "PRIVATE_IP_ADDRESS_SUBSET": Entry(
        "SUGGESTION",
        "Private IP address subset",
        "The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private addresses will not have the desired effect. aws:SourceIp works only for public IP address ranges. To define permissions for private IP ranges, use aws:VpcSourceIp.",
    ),
    "PRIVATE_NOT_IP_ADDRESS_SUBSET": Entry(
        "SUGGESTION",
        "Private NotIpAddress subset",
        "The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private addresses have no effect. aws:SourceIp works only for public IP address ranges. To define permissions for private IP ranges, use aws:VpcSourceIp.",
    ),
    "REDUNDANT_ACTION": Entry(
        "SUGGESTION",
        "Redundant action",
        "The {{redundantActionCount}} action(s) are redundant because they provide similar permissions. Update the policy to remove the redundant action such as: {{redundantAction}}.",
    ),
    "REDUNDANT_CONDITION_VALUE_NUM": Entry(
        "SUGGESTION",
        "Redundant condition value num",
        "Multiple values in {{operator}} are redundant. Replace with the {{greatest/least}} single value for {{key}}.",
    ),
    "REDUNDANT_RESOURCE": Entry(
        "SUGGESTION",
        "Redundant resource",
        "The {{redundantResourceCount}} resource ARN(s) are redundant because they reference the same resource. Review the use of wildcards (*)",
    ),
    "REDUNDANT_STATEMENT": Entry(
        "SUGGESTION",
        "Redundant statement",
        "The statements are redundant because they provide identical permissions. Update the policy to remove the redundant statement.",
    ),
    "WILDCARD_IN_SERVICE_NAME": Entry(
        "SUGGESTION",
        "Wildcard in service name",
        "Avoid using wildcards (*, ?) in the service name because it might grant unintended access to other AWS services with similar names.",
    ),
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": Entry(
        "SUGGESTION",
        "Allow with unsupported tag condition key for service",
        "Using the effect Allow with the tag condition key {{conditionKeyName}} and actions for services with the following prefixes does not affect the policy: {{serviceNames}}. Actions for the listed service are not allowed by this statement. We recommend that you move these actions to a different statement without this condition key.",
    ),
    "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": Entry(
        "SUGGESTION",
        "Allow NotAction with unsupported tag condition key for service",
        "Using the effect Allow with NotAction and the tag condition key {{conditionKeyName}} allows only service actions that support the condition key. The condition key doesn't apply to some service actions. We recommend that you use Action instead of NotAction.",
    ),
    "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": Entry(
        "SUGGESTION",
        "Recommended condition key for service principal",
        "To restrict access to the service principal {{servicePrincipalPrefix}} operating on your behalf, we recommend aws:SourceArn or aws:SourceAccount instead of {{key}}.",
    ),
    "IRRELEVANT_CONDITION_KEY_IN_POLICY": Entry(
        "SUGGESTION",
        "Irrelevant condition key in policy",
        "The condition key {{condition-key}} is not relevant for the {{resource-type}} policy.  Use this key in an identity-based policy to govern access to this resource.",
    ),
    "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY": Entry(
        "SUGGESTION",
        "Redundant principal in role trust policy",
        "The assumed-role principal {{redundant_principal}} is redundant with its parent role {{parent_role}}. Remove the assumed-role principal.",
    ),
    "CONFIRM_AUDIENCE_CLAIM_TYPE": Entry(
        "SUGGESTION",
        "Confirm audience claim type",
        "The 'aud' (audience) claim key identifies the recipients that the JSON web token is intended for. Audience claims can be multivalued or single-valued. If the claim is multivalued, use a ForAllValues or ForAnyValue qualifier. If the claim is single-valued, do not use a qualifier.",
    ),
    # Ours: no checks of AWS's, but warnings of its policy summary (access_policies_understand-service-summary.html).
    "ACTION_WITHOUT_RESOURCE_LEVEL_PERMISSIONS": Entry(
        "SUGGESTION",
        "Action without resource-level permissions",
        "The action {{action}} does not support resource-level permissions. This requires a wildcard (*) for the resource.",
    ),
    "ACTION_WITHOUT_APPLICABLE_RESOURCE": Entry(
        "SUGGESTION",
        "Action without applicable resource",
        "The action {{action}} does not have an applicable resource.",
    ),
}

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_ANCHORS = {
    "ERROR": "error",
    "SECURITY_WARNING": "security-warning",
    "WARNING": "general-warning",
    "SUGGESTION": "suggestion",
}


def learn_more(code: str) -> str:
    """The place on AWS's page that says what is wrong and how to mend it."""
    if code.startswith("ACTION_WITHOUT_"):
        return f"{_PAGE}access_policies_understand-service-summary.html"
    page = "access-analyzer-reference-policy-checks"
    return f"{_PAGE}{page}.html#{page}-{_ANCHORS[CATALOGUE[code].type]}-{code.lower().replace('_', '-')}"
