"""STS, and the sign-in that mints a console session's credentials.

Signing in is no operation of AWS's API, but it is an event of its history: it goes through the one
door like everything else, and is not offered on the wire.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail import queries as events
from iamconsole.core.errors import AuthenticationError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import queries as iam
from iamconsole.iam.models import LoginProfile, User
from iamconsole.sts.models import TemporaryCredential

CONSOLE_SESSION = dt.timedelta(hours=12)
# AWS has no lockout; after this many failures in a row the right password is refused too, for a while.
TRIES = 20
TRIES_WINDOW = dt.timedelta(minutes=10)
WRONG = "Your authentication information is incorrect. Please try again."


@operation("sts:GetCallerIdentity", read_only=True)
def get_caller_identity(call: Call) -> Response:
    """Who is asking. The engine allows it to everybody, even against an explicit deny."""
    caller = call.caller
    return {"UserId": caller.principal.unique_id, "Account": caller.account_id, "Arn": caller.arn}


@dataclass(frozen=True, slots=True)
class _Claim:
    """Whose password was right: an IAM user, or the root user (`user_key` is None); and its hash then."""

    user_key: int | None
    password_hash: str


def _wrong(call: Call, code: str = "Failure") -> AuthenticationError:
    call.event["error_code"] = code
    return AuthenticationError(WRONG, code=code)


def _check_claim(call: Call) -> _Claim:
    """Check a password, before any lock is held. Every failure reads the same and costs one hash."""
    user_name, password = call.params["user_name"], call.params["password"]
    account = Account.objects.get(pk=call.caller.account_key)
    user, stored = None, account.root_password
    if user_name:
        user = iam.users_named(account.pk, [user_name]).get(user_name.lower())
        profile = getattr(user, "login_profile", None)
        stored = profile.password if profile else ""
    call.event = _sign_in_event(account, user, user_name)
    since = call.now - TRIES_WINDOW
    failures = events.failed_sign_ins(account.pk, call.event["user_name"], call.event["principal_type"], since)
    if not stored:
        make_password(password)  # as slow as checking one: whether a user exists must not show in the time
        raise _wrong(call)
    right = check_password(password, stored)
    if failures >= TRIES:
        # Not counted again, or somebody who keeps trying would never be let in.
        raise _wrong(call, "Throttled")
    if not right:
        raise _wrong(call)
    return _Claim(user.pk if user else None, stored)


def _still_holds(call: Call, claim: _Claim) -> LoginProfile | None:
    """The profile that is signed in to, looked at again under the lock; None for the root user."""
    if claim.user_key is None:
        if not Account.objects.filter(pk=call.caller.account_key, root_password=claim.password_hash).exists():
            raise _wrong(call)
        return None
    profile = iam.login_profile(claim.user_key)
    if profile is None or profile.password != claim.password_hash:
        raise _wrong(call)
    return profile


def _sign_in_event(account: Account, user: User | None, user_name: str) -> dict[str, Any]:
    """What sets a ConsoleLogin record apart.

    Source: AWS CloudTrail User Guide, "AWS Management Console sign-in events": a name that does not
    exist may be a password typed into the wrong field, so it is not written down.
    """
    if not user_name:
        principal = {
            "principal_type": "Root",
            "user_name": "",
            "principal_arn": f"arn:aws:iam::{account.account_id}:root",
            "principal_id": account.account_id,
        }
    elif user is None:
        principal = {"principal_type": "IAMUser", "user_name": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    else:
        principal = {
            "principal_type": "IAMUser",
            "user_name": user.name,
            "principal_arn": user.arn(account.account_id),
            "principal_id": user.unique_id,
        }
    additional = {"LoginTo": f"{settings.IAMCONSOLE_URL}/console/home", "MobileVersion": "No", "MFAUsed": "No"}
    return {
        **principal,
        "event_type": "AwsConsoleSignIn",
        "additional": additional,
        "response": {"ConsoleLogin": "Failure"},
        "error_message": "Failed authentication",
    }


@operation("signin:ConsoleLogin", public=False, authorized=False, prepare=_check_claim)
def console_login(call: Call, *, user_name: str, password: str) -> Response:
    """Sign in as the root user (`user_name` is empty) or as an IAM user; makes the session's credentials."""
    profile = _still_holds(call, call.prepared)
    if profile is not None:
        User.objects.filter(pk=profile.user_id).update(password_last_used=call.now)
    reset_required = bool(profile and profile.reset_required)
    row = TemporaryCredential.objects.create(
        account_id=call.caller.account_key,
        user=profile.user if profile else None,
        access_key_id=call.ids.access_key_id("ASIA"),
        secret=settings.IAMCONSOLE_FERNET.encrypt(call.ids.secret_access_key().encode()),
        token_sha256=hashlib.sha256(call.ids.session_token().encode()).hexdigest(),
        issued=call.now,
        expires=call.now + CONSOLE_SESSION,
        from_console=True,
        restricted=reset_required,
    )
    call.event |= {"response": {"ConsoleLogin": "Success"}, "error_message": ""}
    return {"AccessKeyId": row.access_key_id, "PasswordResetRequired": reset_required}


@operation("signin:CompletePasswordChange", public=False, authorized=False, recorded=False)
def complete_password_change(call: Call) -> Response:
    """Let a session into the console that has just changed its password itself.

    Other sign-ins with the former password stay restricted: only who knew it and changed it gets in.
    """
    TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id).update(restricted=False)
    return {}


@operation("signin:SignOut", public=False, authorized=False, recorded=False)
def sign_out(call: Call) -> Response:
    """End the caller's console session; its credentials are gone at once."""
    TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id).delete()
    return {}
