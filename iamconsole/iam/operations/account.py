"""What belongs to the account as a whole: its alias, and the summary of what is in it."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from iamconsole.accounts.models import Account
from iamconsole.core.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import paging, quotas
from iamconsole.iam.models import (
    AccessKey,
    Group,
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    OidcProvider,
    PolicyVersion,
    Role,
    SamlProvider,
    SecurityTokenPreferences,
    ServerCertificate,
    SigningCertificate,
    User,
)


@operation("iam:CreateAccountAlias")
def create_account_alias(call: Call, *, account_alias: str) -> Response:
    """Give the account a name for its sign-in URL, in place of the one that it has.

    Sources: API Reference, CreateAccountAlias (characters; "You cannot use a 12-digit number"); Sign-In
    User Guide, "Creating, deleting, and listing an AWS account alias" (one at a time, unique over all accounts).
    """
    digits = account_alias.replace("-", "")
    if len(digits) == 12 and digits.isdecimal():
        # Else nobody could tell it from an account ID, which the sign-in pages take with its hyphens too. The code is
        # documented nowhere, and of hyphens AWS says nothing.
        raise InvalidInput("The account alias must not be a 12-digit number.", field="account_alias")
    taken = EntityAlreadyExists(f"The account alias {account_alias} already exists.", field="account_alias")
    accounts = Account.objects.filter(sandbox=call.caller.sandbox_key)
    if accounts.filter(alias=account_alias).exists():
        raise taken
    try:
        accounts.filter(pk=call.caller.account_key).update(alias=account_alias)
    except IntegrityError as error:
        # Another account of the sandbox was first; our lock holds only our own.
        raise taken from error
    return {}


@operation("iam:DeleteAccountAlias")
def delete_account_alias(call: Call, *, account_alias: str) -> Response:
    gone = Account.objects.filter(pk=call.caller.account_key, alias=account_alias).update(alias="")
    if not gone:
        raise NoSuchEntity(f"The account alias {account_alias} cannot be found.", field="account_alias")
    return {}


@operation("iam:ListAccountAliases", read_only=True)
def list_account_aliases(call: Call, *, marker: str | None = None, max_items: int | None = None) -> Response:
    alias = Account.objects.values_list("alias", flat=True).get(pk=call.caller.account_key)
    found, page = paging.page_of_list([alias] if alias else [], call, key=str)
    return {"AccountAliases": found, **page}


def _number_of(rows: QuerySet[Model]) -> Coalesce:
    """How many of `rows` the account has, as a column of the account's row."""
    counted = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(_number=Count("pk")).values("_number")
    return Coalesce(Subquery(counted), 0)


@operation("iam:GetAccountSummary", read_only=True)
def get_account_summary(call: Call) -> Response:
    """How many things there are, and how many there may be. Source: API Reference, GetAccountSummary."""
    mine = {"account": OuterRef("pk")}
    devices = MfaDevice.objects.filter(**mine)
    numbers = Account.objects.annotate(
        users=_number_of(User.objects.filter(**mine)),
        groups=_number_of(Group.objects.filter(**mine)),
        roles=_number_of(Role.objects.filter(**mine)),
        policies=_number_of(ManagedPolicy.objects.filter(**mine)),
        policy_versions=_number_of(PolicyVersion.objects.filter(policy__account=OuterRef("pk"))),
        devices=_number_of(devices),
        devices_in_use=_number_of(devices.filter(enabled__isnull=False)),
        root_devices=_number_of(devices.filter(enabled__isnull=False, user=None)),
        root_keys=_number_of(AccessKey.objects.filter(**mine, user=None)),
        root_certificates=_number_of(SigningCertificate.objects.filter(**mine, user=None)),
        server_certificates=_number_of(ServerCertificate.objects.filter(**mine)),
        instance_profiles=_number_of(InstanceProfile.objects.filter(**mine)),
        saml=_number_of(SamlProvider.objects.filter(**mine)),
        oidc=_number_of(OidcProvider.objects.filter(**mine)),
        token_version=Coalesce(
            Subquery(SecurityTokenPreferences.objects.filter(**mine).values("global_endpoint_token_version")), 1
        ),
    ).get(pk=call.caller.account_key)
    return {
        "SummaryMap": {
            "Users": numbers.users,
            "UsersQuota": quotas.USERS,
            "Groups": numbers.groups,
            "GroupsQuota": quotas.GROUPS,
            "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
            "Roles": numbers.roles,
            "RolesQuota": quotas.ROLES,
            "Policies": numbers.policies,
            "PoliciesQuota": quotas.POLICIES,
            "PolicyVersionsInUse": numbers.policy_versions,
            "PolicyVersionsInUseQuota": quotas.VERSIONS_IN_USE,
            "VersionsPerPolicyQuota": quotas.VERSIONS,
            "PolicySizeQuota": quotas.MANAGED_POLICY_SIZE,
            "UserPolicySizeQuota": quotas.INLINE_SIZE["user"],
            "GroupPolicySizeQuota": quotas.INLINE_SIZE["group"],
            "RolePolicySizeQuota": quotas.INLINE_SIZE["role"],
            "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY_SIZE,
            "AttachedPoliciesPerUserQuota": quotas.ATTACHED_TO_USER,
            "AttachedPoliciesPerGroupQuota": quotas.ATTACHED_TO_GROUP,
            "AttachedPoliciesPerRoleQuota": quotas.ATTACHED_TO_ROLE,
            "AccessKeysPerUserQuota": quotas.ACCESS_KEYS,
            "MFADevices": numbers.devices,
            "MFADevicesInUse": numbers.devices_in_use,
            "AccountMFAEnabled": int(numbers.root_devices > 0),
            "AccountAccessKeysPresent": int(numbers.root_keys > 0),
            "AccountPasswordPresent": 1,
            "AccountSigningCertificatesPresent": int(numbers.root_certificates > 0),
            "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES,
            "ServerCertificates": numbers.server_certificates,
            "ServerCertificatesQuota": quotas.SERVER_CERTIFICATES,
            "InstanceProfiles": numbers.instance_profiles,
            "InstanceProfilesQuota": quotas.INSTANCE_PROFILES,
            "Providers": numbers.saml + numbers.oidc,
            # Version 1 session tokens of the global endpoint: what an account has until somebody changes it.
            "GlobalEndpointTokenVersion": numbers.token_version,
        }
    }


@operation("iam:SetSecurityTokenServicePreferences")
def set_security_token_service_preferences(call: Call, *, global_endpoint_token_version: str) -> Response:
    """Which session tokens the global endpoint of STS gives: of version 2, valid in all Regions, or of version 1, valid
    only in those that are enabled by default. Every Region is enabled here, so the setting is kept and told, no more.
    """
    SecurityTokenPreferences.objects.update_or_create(
        account_id=call.caller.account_key,
        defaults={"global_endpoint_token_version": 2 if global_endpoint_token_version == "v2Token" else 1},
    )
    return {}
