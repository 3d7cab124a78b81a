"""Console passwords and access keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail import queries as events
from iamconsole.cloudtrail.queries import LastUse
from iamconsole.core.errors import (
    AccessDenied,
    EntityAlreadyExists,
    InvalidInput,
    InvalidRequest,
    NoSuchEntity,
    ValidationError,
)
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import paging, passwords, quotas, resources, shapes
from iamconsole.iam.models import AccessKey, LoginProfile, User


@dataclass(frozen=True, slots=True)
class _Change:
    """The hash of a new password that keeps the account's rules, and that of the one it replaces, as that was."""

    new: str
    former: str = ""


def _checked(call: Call, password: str, profile: LoginProfile | None) -> _Change:
    """Hold a new password against the account's policy and hash it, before any lock is held."""
    account = Account.objects.only("name", "root_email").get(pk=call.caller.account_key)
    policy = passwords.of_account(account.pk)
    passwords.enforce_for_users(password, account.name, account.root_email, policy=policy)
    if profile is None:
        return _Change(make_password(password))
    passwords.refuse_former(password, [profile.password, *profile.former], policy)
    return _Change(make_password(password), profile.password)


def _replace(call: Call, profile: LoginProfile) -> None:
    """Put the prepared password in place of the one that it was held against; does not save."""
    profile.former = [profile.password, *profile.former][: passwords.REMEMBERED]
    profile.password, profile.changed = call.prepared.new, call.now


def _first_password(call: Call) -> _Change:
    if call.params.get("password") is None:
        raise ValidationError(
            "1 validation error detected: Value null at 'password' failed to satisfy constraint: "
            "Member must not be null",
            field="password",
        )
    # Who is not there now is not found, even if somebody makes it before the lock is held.
    call.resource.require()
    return _checked(call, call.params["password"], None)


def _next_password(call: Call) -> _Change | None:
    if call.params.get("password") is None:
        return None
    return _checked(call, call.params["password"], _login_profile(call))


def _login_profile(call: Call) -> LoginProfile:
    user: User = call.resource.require()
    profile: LoginProfile | None = getattr(user, "login_profile", None)
    if profile is None:
        raise NoSuchEntity(f"Login Profile for User {user.name} cannot be found.", field="user_name")
    return profile


@operation("iam:CreateLoginProfile", resource=resources.user_or_self, prepare=_first_password)
def create_login_profile(
    call: Call, *, password: str | None = None, user_name: str | None = None, password_reset_required: bool = False
) -> Response:
    """Give a user a console password. It may be left out in AssumeRoot sessions alone, which there are none of."""
    user: User = call.resource.require()
    if hasattr(user, "login_profile"):
        raise EntityAlreadyExists(f"Login Profile for user {user.name} already exists.", field="user_name")
    profile = LoginProfile.objects.create(
        user=user,
        password=call.prepared.new,
        reset_required=password_reset_required,
        created=call.now,
        changed=call.now,
    )
    return {"LoginProfile": shapes.login_profile(profile)}


@operation("iam:GetLoginProfile", resource=resources.user_or_self, read_only=True)
def get_login_profile(call: Call, *, user_name: str | None = None) -> Response:
    return {"LoginProfile": shapes.login_profile(_login_profile(call))}


@operation("iam:UpdateLoginProfile", resource=resources.user, prepare=_next_password)
def update_login_profile(
    call: Call, *, user_name: str, password: str | None = None, password_reset_required: bool | None = None
) -> Response:
    """Set a new password, or only whether it must be changed at the next sign-in.

    AWS does not say whether the memory for former passwords binds an administrator too. Here it does.
    """
    profile = _login_profile(call)
    if call.prepared is not None:
        if profile.password != call.prepared.former:
            # Changed by somebody else between the check and the lock; AWS documents the code for this operation.
            raise InvalidRequest(
                f"Login Profile for User {profile.user.name} cannot be modified while it is being updated. "
                "Try again later.",
                code="EntityTemporarilyUnmodifiable",
                status=409,
            )
        _replace(call, profile)
    if password_reset_required is not None:
        profile.reset_required = password_reset_required
    profile.save(update_fields=["password", "changed", "reset_required", "former"])
    return {}


@operation("iam:DeleteLoginProfile", resource=resources.user_or_self)
def delete_login_profile(call: Call, *, user_name: str | None = None) -> Response:
    _login_profile(call).delete()
    return {}


def _own_password(call: Call) -> _Change | None:
    if call.resource.row is None:
        return None
    profile = _login_profile(call)
    if not check_password(call.params["old_password"], profile.password):
        # Said before the rules for the new password: a stranger at the keyboard learns nothing more.
        raise AccessDenied("The old password was incorrect.", field="old_password")
    return _checked(call, call.params["new_password"], profile)


@operation("iam:ChangePassword", resource=resources.self_only, prepare=_own_password)
def change_password(call: Call, *, old_password: str, new_password: str) -> Response:
    """Change the caller's own console password."""
    if call.caller.is_root or call.prepared is None:
        raise InvalidRequest("Only IAM Users can change their own password.", code="InvalidUserType")
    profile = _login_profile(call)
    if profile.password != call.prepared.former:
        # Changed by somebody else between the check and the lock.
        raise AccessDenied("The old password was incorrect.", field="old_password")
    _replace(call, profile)
    profile.reset_required = False
    profile.save(update_fields=["password", "changed", "reset_required", "former"])
    return {}


def is_active(status: str, what: str) -> bool:
    """The status that a request gives a credential. The model has `Expired` too, which only time can make it."""
    if status == "Expired":
        raise InvalidInput(f"{what} cannot be made {status}.", field="status")
    return status == "Active"


def _keys_of(call: Call) -> tuple[User | None, list[AccessKey]]:
    """The user (None for the root user itself) and its access keys."""
    user = resources.holder(call)
    if call.loaded is not None:
        return user, call.loaded[user.pk if user else None]
    return user, list(AccessKey.objects.filter(account=call.caller.account_key, user=user).select_related("user"))


def _key(call: Call, access_key_id: str) -> AccessKey:
    _, keys = _keys_of(call)
    for key in keys:
        if key.access_key_id == access_key_id:
            return key
    raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.", field="access_key_id")


@operation("iam:CreateAccessKey", resource=resources.user_or_self)
def create_access_key(call: Call, *, user_name: str | None = None) -> Response:
    """Make an access key. Its secret is in this answer and never in another."""
    user, keys = _keys_of(call)
    quotas.check("AccessKeysPerUser", quotas.ACCESS_KEYS, len(keys))
    secret = call.ids.secret_access_key()
    row = AccessKey.objects.create(
        account_id=call.caller.account_key,
        user=user,
        access_key_id=call.ids.access_key_id(),
        secret=settings.IAMCONSOLE_FERNET.encrypt(secret.encode()),
        created=call.now,
    )
    return {"AccessKey": {**shapes.access_key(row, call.caller.account_name), "SecretAccessKey": secret}}


def _load_access_keys(calls: Sequence[Call]) -> dict[int | None, list[AccessKey]]:
    return resources.rows_of_users(calls, AccessKey.objects.order_by("created", "pk"))


@operation("iam:ListAccessKeys", resource=resources.user_or_self, read_only=True, load=_load_access_keys)
def list_access_keys(
    call: Call, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> Response:
    _, keys = _keys_of(call)
    found, page = paging.page_of_list(keys, call, key=lambda key: f"{key.created.isoformat()} {key.access_key_id}")
    return {"AccessKeyMetadata": [shapes.access_key(key, call.caller.account_name) for key in found], **page}


@operation("iam:UpdateAccessKey", resource=resources.user_or_self)
def update_access_key(call: Call, *, access_key_id: str, status: str, user_name: str | None = None) -> Response:
    """Make a key active or inactive."""
    key = _key(call, access_key_id)
    key.active = is_active(status, "An access key")
    key.save(update_fields=["active"])
    return {}


@operation("iam:DeleteAccessKey", resource=resources.user_or_self)
def delete_access_key(call: Call, *, access_key_id: str, user_name: str | None = None) -> Response:
    _key(call, access_key_id).delete()
    return {}


def _load_last_uses(calls: Sequence[Call]) -> dict[str, LastUse]:
    return events.last_uses(calls[0].caller.account_key, [call.params["access_key_id"] for call in calls])


@operation("iam:GetAccessKeyLastUsed", resource=resources.user_of_access_key, read_only=True, load=_load_last_uses)
def get_access_key_last_used(call: Call, *, access_key_id: str) -> Response:
    """When a key was last used, from the event history: the two can never disagree."""
    key: AccessKey = call.resource.require()
    last = call.loaded.get(access_key_id)
    used: Response = {"ServiceName": "N/A", "Region": "N/A"}
    if last:
        used = {"LastUsedDate": last.time, "ServiceName": last.service, "Region": last.region}
    return {"UserName": key.user.name if key.user else call.caller.account_name, "AccessKeyLastUsed": used}
