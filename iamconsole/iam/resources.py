"""From the parameters of a request to the IAM resources it is about.

Source for which resource type each action is decided on: Service Authorization Reference, "Actions,
resources, and condition keys for AWS Identity and Access Management (IAM)".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from django.db.models import QuerySet

from iamconsole.core import arn
from iamconsole.core.arn import Arn
from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError, InvalidInput, NoSuchEntity, ValidationError
from iamconsole.core.operation import Call, Params, Resolver, Resource, resolves, when
from iamconsole.iam import aws_managed, queries, service_linked
from iamconsole.iam.models import (
    AccessKey,
    Group,
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    OidcProvider,
    Role,
    SamlProvider,
    ServerCertificate,
    SigningCertificate,
    User,
)

Owned = TypeVar("Owned", AccessKey, MfaDevice, SigningCertificate)

# What tags make of a resource. IAM's own key is for users and roles alone: "Checks that the tag attached to the
# identity resource (user or role) matches" (IAM User Guide, "IAM and AWS STS condition context keys").
RESOURCE_TAG = ("aws:ResourceTag/${TagKey}",)
IDENTITY_TAG = (*RESOURCE_TAG, "iam:ResourceTag/${TagKey}")


def tagged(tags: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """`tags` as condition keys of their resource."""
    prefixes = [key.removesuffix("${TagKey}") for key in keys]
    return {prefix + key: value for prefix in prefixes for key, value in tags.items()}


def _named(
    caller: Caller,
    kind: str,
    name: str,
    row: User | Group | Role | InstanceProfile | None,
    missing: AwsError,
    tags: Sequence[str] = (),
) -> Resource:
    """What a request names by its name. So do IAM's refusals, `user ExampleUser`: not by its ARN.

    AWS documents it nowhere; so its API answers, and so CloudTrail keeps it.
    """
    if row is None:
        return Resource(arn.iam(caller.account_id, kind, name), missing=missing, shown=f"{kind} {name}")
    context = {} if isinstance(row, Group) else tagged(row.tags, tags)
    return Resource(row.arn(caller.account_id), context, row=row, shown=f"{kind} {name}")


def no_such_user(name: str) -> NoSuchEntity:
    return NoSuchEntity(f"The user with name {name} cannot be found.", field="user_name")


def _named_users(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = queries.users_named(caller.account_key, [params["user_name"] for params in asked])
    found = []
    for params in asked:
        name = params["user_name"]
        found.append(_named(caller, "user", name, rows.get(name.lower()), no_such_user(name), IDENTITY_TAG))
    return found


@resolves("user", keys=IDENTITY_TAG)
def user_or_self(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The user of `user_name`, or the caller where the request names nobody.

    The root user has no row of its own: its resource is the account's root ARN.
    """
    named = iter(_named_users(caller, [params for params in asked if params.get("user_name")]))
    return [next(named) if params.get("user_name") else caller_itself(caller) for params in asked]


# Where a name is required the shape has it. One resolver for all, so that a page about a user reads it once.
user = user_or_self


def caller_itself(caller: Caller) -> Resource:
    if caller.user_key is None:
        # The root user, a role session or a federated user: none of them is a user with a name of its own.
        return Resource(
            caller.principal.role_arn or caller.arn,
            row=None,
            missing=ValidationError("Must specify userName when calling with non-User credentials"),
        )
    row = User.objects.filter(pk=caller.user_key).select_related("login_profile", "boundary").first()
    if row is None:
        return Resource(caller.arn, missing=no_such_user(caller.user_name))
    return Resource(row.arn(caller.account_id), tagged(row.tags, IDENTITY_TAG), row=row)


def holder(call: Call) -> User | None:
    """The user that a call with an optional user name is about; None for the root user itself."""
    if call.params.get("user_name") is None and call.caller.is_root:
        return None
    user: User = call.resource.require()
    return user


def rows_of_users(calls: Sequence[Call], rows: QuerySet[Owned]) -> dict[int | None, list[Owned]]:
    """What the users that calls are about own, by the user's key; what the root user owns by None."""
    wanted = {call.resource.row.pk for call in calls if call.resource.row}
    rows = rows.filter(account=calls[0].caller.account_key).select_related("user")
    return by_user(rows.filter(user__in=wanted) | rows.filter(user=None))


def by_user(rows: Iterable[Owned]) -> dict[int | None, list[Owned]]:
    found: dict[int | None, list[Owned]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row)
    return found


@resolves("user", keys=IDENTITY_TAG)
def self_only(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [caller_itself(caller)] * len(asked)


@resolves("user")
def new_user(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "user", p["user_name"], p.get("path") or "/")) for p in asked]


@resolves("user", keys=IDENTITY_TAG)
def renamed_user(caller: Caller, asked: Sequence[Params]) -> list[Sequence[Resource]]:
    """The user and what it is to become: UpdateUser needs permission on both (API reference, UpdateUser)."""
    return [_source_and_target(caller, found, p, "user") for found, p in zip(user(caller, asked), asked, strict=True)]


@resolves("group")
def renamed_group(caller: Caller, asked: Sequence[Params]) -> list[Sequence[Resource]]:
    """The group and what it is to become (API reference, UpdateGroup)."""
    return [_source_and_target(caller, found, p, "group") for found, p in zip(group(caller, asked), asked, strict=True)]


def _source_and_target(caller: Caller, source: Resource, params: Params, kind: str) -> Sequence[Resource]:
    row: User | Group | ServerCertificate | None = source.row
    named = f"{kind.replace('-', '_')}_name"
    name = params.get(f"new_{named}") or (row.name if row else params[named])
    path = params.get("new_path") or (row.path if row else "/")
    return source, Resource(arn.iam(caller.account_id, kind, name, path), source.context)


@resolves()
def all_users(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """ListUsers is decided on the path it lists, `arn:aws:iam::A:user/`, as its refusals say (console.md §1.9).

    The reference knows no resource type for it; a policy that names `*` covers both.
    """
    return [Resource(arn.iam(caller.account_id, "user", "", p.get("path_prefix") or "/")) for p in asked]


@resolves("group")
def group(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = queries.groups_named(caller.account_key, [params["group_name"] for params in asked])
    found = []
    for params in asked:
        name = params["group_name"]
        missing = NoSuchEntity(f"The group with name {name} cannot be found.", field="group_name")
        found.append(_named(caller, "group", name, rows.get(name.lower()), missing))
    return found


@resolves("group")
def new_group(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "group", p["group_name"], p.get("path") or "/")) for p in asked]


@resolves()
def all_groups(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "group", "", p.get("path_prefix") or "/")) for p in asked]


@resolves("policy")
def new_policy(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [
        Resource(
            arn.iam(caller.account_id, "policy", p["policy_name"], p.get("path") or "/"),
            shown=f"policy {p['policy_name']}",
        )
        for p in asked
    ]


@resolves()
def all_policies(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """Decided on `*`, but a refusal names the path, as it names a policy by its name before it is there."""
    return [Resource("*", shown=f"policy path {p.get('path_prefix') or '/'}") for p in asked]


def _split(policy_arn: str, account_id: str) -> tuple[str, str] | None:
    """Path and name of a policy ARN of this account; None for anybody else's."""
    parsed = Arn.parse(policy_arn)
    if parsed is None or not parsed.resource.startswith("policy/") or parsed.account != account_id:
        return None
    path, _, name = parsed.resource.removeprefix("policy").rpartition("/")
    return f"{path}/", name


def _policies(caller: Caller, asked: Sequence[Params], missing: str) -> list[Resource]:
    """Managed policies by ARN, AWS's own from the package and customer ones from the database."""
    wanted = {p["policy_arn"]: _split(p["policy_arn"], caller.account_id) for p in asked}
    names = {split[1] for split in wanted.values() if split}
    rows = {}
    if names:
        found = ManagedPolicy.objects.filter(account=caller.account_key, name__in=names)
        rows = {row.arn(caller.account_id): row for row in found}
    resources = []
    for policy_arn, split in ((p["policy_arn"], wanted[p["policy_arn"]]) for p in asked):
        parsed = Arn.parse(policy_arn)
        error: AwsError = NoSuchEntity(missing.format(policy_arn), field="policy_arn")
        if parsed is None:
            # Two spaces: AWS's own text (limits.md E14).
            error = ValidationError("Invalid ARN:  Could not be parsed!", field="policy_arn")
        row = rows.get(policy_arn) if split else aws_managed.by_arn().get(policy_arn)
        tags = row.tags if isinstance(row, ManagedPolicy) else {}
        context = tagged(tags, RESOURCE_TAG)
        resources.append(Resource(policy_arn, context, row=row, missing=error, shown=f"policy {policy_arn}"))
    return resources


@resolves("policy", keys=RESOURCE_TAG)
def policy(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return _policies(caller, asked, "Policy {} was not found.")


@resolves("policy", keys=RESOURCE_TAG)
def attachable_policies(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The policies that an attach names; its own wording for one that is not there."""
    return _policies(caller, asked, "Policy {} does not exist or is not attachable.")


def boundary_policies(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The policies that are to be permissions boundaries; AWS's wording for one that is not there."""
    return _policies(caller, asked, "Scope ARN: {} does not exist or is not attachable.")


@resolves("user", keys=IDENTITY_TAG)
def user_of_access_key(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """GetAccessKeyLastUsed names no user: it is decided on the user that owns the key."""
    ids = [p["access_key_id"] for p in asked]
    keys = AccessKey.objects.filter(account=caller.account_key, access_key_id__in=ids).select_related("user")
    rows = {key.access_key_id: key for key in keys}
    found = []
    for access_key_id in ids:
        key = rows.get(access_key_id)
        missing = NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
        if key is None:
            found.append(Resource("*", missing=missing))
        elif key.user is None:
            found.append(Resource(arn.root(caller.account_id), row=key))
        else:
            found.append(Resource(key.user.arn(caller.account_id), tagged(key.user.tags, IDENTITY_TAG), row=key))
    return found


@resolves("mfa")
def new_mfa_device(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [
        Resource(arn.iam(caller.account_id, "mfa", p["virtual_mfa_device_name"], p.get("path") or "/")) for p in asked
    ]


@resolves()
def all_mfa_devices(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "mfa", ""))] * len(asked)


@resolves("mfa", keys=RESOURCE_TAG)
def mfa_device(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """Virtual MFA devices by serial number, which is their ARN."""
    serials = [params["serial_number"] for params in asked]
    names = [serial.rpartition("/")[2] for serial in serials]
    rows = {
        row.arn(caller.account_id): row for row in MfaDevice.objects.filter(account=caller.account_key, name__in=names)
    }
    found = []
    for serial in serials:
        row = rows.get(serial)
        missing = NoSuchEntity(f"VirtualMFADevice with serial number {serial} doesn't exist.", field="serial_number")
        # What is no ARN is decided as the device that it would be the name of.
        serial_arn = serial if Arn.parse(serial) else arn.iam(caller.account_id, "mfa", serial)
        tags = tagged(row.tags, RESOURCE_TAG) if row else {}
        found.append(Resource(serial_arn, tags, row=row, missing=missing))
    return found


SERVER_CERTIFICATE = "server-certificate"


@resolves(SERVER_CERTIFICATE, keys=RESOURCE_TAG)
def server_certificate(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    names = [params["server_certificate_name"] for params in asked]
    rows = queries.server_certificates_named(caller.account_key, names)
    found = []
    for name in names:
        row = rows.get(name.lower())
        if row is None:
            missing = NoSuchEntity(
                f"The Server Certificate with name {name} cannot be found.", field="server_certificate_name"
            )
            found.append(Resource(arn.iam(caller.account_id, SERVER_CERTIFICATE, name), missing=missing))
        else:
            found.append(Resource(row.arn(caller.account_id), tagged(row.tags, RESOURCE_TAG), row=row))
    return found


@resolves(SERVER_CERTIFICATE)
def new_server_certificate(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [
        Resource(arn.iam(caller.account_id, SERVER_CERTIFICATE, p["server_certificate_name"], p.get("path") or "/"))
        for p in asked
    ]


@resolves(SERVER_CERTIFICATE, keys=RESOURCE_TAG)
def renamed_server_certificate(caller: Caller, asked: Sequence[Params]) -> list[Sequence[Resource]]:
    """The certificate and what it is to become (API reference, UpdateServerCertificate)."""
    found = zip(server_certificate(caller, asked), asked, strict=True)
    return [_source_and_target(caller, source, p, SERVER_CERTIFICATE) for source, p in found]


@resolves()
def all_server_certificates(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, SERVER_CERTIFICATE, "", p.get("path_prefix") or "/")) for p in asked]


@resolves("user", keys=IDENTITY_TAG)
def user_self_or_all(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """As `user_or_self`; a request for all users is decided on all of them, which AWS documents nowhere."""
    named = iter(user_or_self(caller, [params for params in asked if not params.get("all_users")]))
    every = Resource(arn.iam(caller.account_id, "user", "*"))
    return [every if params.get("all_users") else next(named) for params in asked]


@resolves("role", keys=IDENTITY_TAG)
def role(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = queries.roles_named(caller.account_key, [params["role_name"] for params in asked])
    found = []
    for params in asked:
        name = params["role_name"]
        missing = NoSuchEntity(f"The role with name {name} cannot be found.", field="role_name")
        found.append(_named(caller, "role", name, rows.get(name.lower()), missing, IDENTITY_TAG))
    return found


@resolves("role")
def new_role(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "role", p["role_name"], p.get("path") or "/")) for p in asked]


@resolves("role", keys=IDENTITY_TAG)
def passed_role(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The role of `role_name`, for iam:PassRole: that refusal names it by its ARN."""
    return [replace(found, shown=None) for found in role(caller, asked)]


@resolves("instance-profile", keys=RESOURCE_TAG)
def instance_profile(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    names = [params["instance_profile_name"] for params in asked]
    rows = queries.instance_profiles_named(caller.account_key, names)
    found = []
    for name in names:
        missing = NoSuchEntity(f"Instance Profile {name} cannot be found.", field="instance_profile_name")
        row = rows.get(name.lower())
        found.append(_named(caller, "instance-profile", name, row, missing, RESOURCE_TAG))
    return found


@resolves("instance-profile")
def new_instance_profile(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    names = [(p["instance_profile_name"], p.get("path") or "/") for p in asked]
    return [Resource(arn.iam(caller.account_id, "instance-profile", name, path)) for name, path in names]


@resolves()
def all_instance_profiles(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    paths = [p.get("path_prefix") or "/" for p in asked]
    return [Resource(arn.iam(caller.account_id, "instance-profile", "", path)) for path in paths]


@resolves("role")
def new_service_linked_role(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The role that a service would get. A service without one has no role name to decide on."""
    found = []
    for params in asked:
        known = service_linked.ROLES.get(params["aws_service_name"])
        name = known.named(params.get("custom_suffix")) if known else ""
        path = service_linked.path_of(params["aws_service_name"])
        found.append(Resource(arn.iam(caller.account_id, "role", name, path)))
    return found


@resolves("role", keys=IDENTITY_TAG)
def role_of_deletion_task(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """The role that a task was to delete, `task/aws-service-role/<service>/<role>/<uuid>`, and that is mostly gone."""
    named = []
    for task in (params["deletion_task_id"] for params in asked):
        path, _, name = task.rpartition("/")[0].removeprefix("task").rpartition("/")
        named.append((f"{path}/", name))
    rows = queries.roles_named(caller.account_key, [name for _, name in named])
    found = []
    for path, name in named:
        role_arn = arn.iam(caller.account_id, "role", name, path)
        row = rows.get(name.lower())
        row = row if row and row.arn(caller.account_id) == role_arn else None
        found.append(Resource(role_arn, tagged(row.tags, IDENTITY_TAG) if row else {}, row=row))
    return found


@resolves()
def all_roles(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "role", "", p.get("path_prefix") or "/")) for p in asked]


@resolves("saml-provider")
def new_saml_provider(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "saml-provider", p["name"])) for p in asked]


@resolves("oidc-provider")
def new_oidc_provider(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.iam(caller.account_id, "oidc-provider", p["url"].removeprefix("https://"))) for p in asked]


_PROVIDER_FIELDS = {"saml-provider": "saml", "oidc-provider": "open_id_connect"}


def _provider(
    text: str, kind: str, rows: Mapping[str, SamlProvider] | Mapping[str, OidcProvider], missing: str
) -> Resource:
    """A provider by its ARN, which is compared as it is written."""
    row = rows.get(text)
    if row is not None:
        return Resource(text, tagged(row.tags, RESOURCE_TAG), row=row)
    parsed, field = Arn.parse(text), f"{_PROVIDER_FIELDS[kind]}_provider_arn"
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith(f"{kind}/"):
        return Resource(text, missing=InvalidInput(f"Invalid ARN: {text}", field=field))
    return Resource(text, missing=NoSuchEntity(missing.format(text), field=field))


@resolves("saml-provider", keys=RESOURCE_TAG)
def saml_provider(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    arns = [params["saml_provider_arn"] for params in asked]
    names = {text.rpartition("/")[2] for text in arns}
    found = SamlProvider.objects.filter(account=caller.account_key, name__in=names)
    rows = {row.arn(caller.account_id): row for row in found}
    return [_provider(text, "saml-provider", rows, "SAML provider {} does not exist.") for text in arns]


@resolves("oidc-provider", keys=RESOURCE_TAG)
def oidc_provider(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    arns = [params["open_id_connect_provider_arn"] for params in asked]
    urls = {text.partition(":oidc-provider/")[2] for text in arns}
    found = OidcProvider.objects.filter(account=caller.account_key, url__in=urls)
    rows = {row.arn(caller.account_id): row for row in found}
    return [_provider(text, "oidc-provider", rows, "OpenIDConnect Provider not found for arn {}") for text in arns]


def if_tagged(new: Resolver[Resource]) -> Resolver[Resource]:
    """Of a request that creates something: what it needs the permission to tag for, too.

    AWS decides the tagging of a new resource as an action of its own: "To allow tagging and operations as a
    single call, you must create a policy that includes both the tagging action and the resource-modifying
    action" (IAM User Guide, "AWS global condition context keys", aws:TagKeys).
    """
    return when("tags", new)
