"""Signing in and out: what mints a console session's credentials.

Signing in is no operation of AWS's API, but it is an event of its history: it goes through the one
door like everything else, and is not offered on the wire. The events' form is that of the AWS CloudTrail
User Guide, "AWS Management Console sign-in events".
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.utils.crypto import constant_time_compare, salted_hmac

from iamconsole.accounts import queries as accounts
from iamconsole.accounts.models import Account
from iamconsole.accounts.prepared import insert
from iamconsole.cloudtrail import queries as events
from iamconsole.core.errors import AuthenticationError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import mfa, passwords
from iamconsole.iam import queries as iam
from iamconsole.iam.models import LoginProfile, User
from iamconsole.sts.guesses import TRIES, TRIES_WINDOW
from iamconsole.sts.models import TemporaryCredential

# A console session of an IAM user or the root user ends after 12 hours.
CONSOLE_SESSION = dt.timedelta(hours=12)
EXPIRED = "PasswordExpired"
WRONG = "Your authentication information is incorrect. Please try again."


@dataclass(frozen=True, slots=True)
class _Claim:
    """Whose password was right: an IAM user, or the root user (`user` is None); and its hash then."""

    user: User | None
    password_hash: str


def root_event(account: Account, **more: Any) -> dict[str, Any]:
    """What sets a sign-in record of the root user apart from the record of an API call."""
    return {
        "principal_type": "Root",
        "user_name": "",
        "principal_arn": f"arn:aws:iam::{account.account_id}:root",
        "principal_id": account.account_id,
        "event_type": "AwsConsoleSignIn",
        **more,
    }


def _wrong(call: Call, code: str = "Failure") -> AuthenticationError:
    call.event["error_code"] = code
    return AuthenticationError(WRONG, code=code)


def _check_claim(call: Call) -> _Claim:
    """Check a password, before any lock is held. Every failure reads the same and costs one hash."""
    user_name, password = call.params["user_name"], call.params["password"]
    account = accounts.account_with_key(call.caller.account_key)
    user, stored = None, account.root_password
    if user_name:
        user = iam.users_named(account.pk, [user_name]).get(user_name.lower())
        profile = getattr(user, "login_profile", None)
        stored = profile.password if profile else ""
    call.event = _sign_in_event(call, account, user)
    if not stored:
        make_password(password)  # as slow as checking one: whether a user exists must not show in the time
        raise _wrong(call)
    right = check_password(password, stored)
    _throttle(call)
    if not right:
        raise _wrong(call)
    return _Claim(user, stored)


def _throttle(call: Call) -> None:
    """Refuse even what is right after too many failures; such a refusal is not counted again, or somebody
    who keeps trying would never be let in."""
    name, kind = call.event["user_name"], call.event["principal_type"]
    failures = events.failed_sign_ins(call.caller.account_key, name, kind, call.now - TRIES_WINDOW)
    if failures >= TRIES:
        raise _wrong(call, "Throttled")


def _still_holds(call: Call, claim: _Claim) -> LoginProfile | None:
    """The profile that is signed in to, looked at again under the lock; None for the root user."""
    if claim.user is None:
        if not Account.objects.filter(pk=call.caller.account_key, root_password=claim.password_hash).exists():
            raise _wrong(call)
        return None
    profile = iam.login_profile(claim.user.pk)
    if profile is None or profile.password != claim.password_hash:
        raise _wrong(call)
    return profile


def _sign_in_event(call: Call, account: Account, user: User | None) -> dict[str, Any]:
    """What sets a ConsoleLogin record apart, as a failure; AWS's of an IAM user's failure have no ARN.

    A name that does not exist may be a password typed into the wrong field, so it is not written down
    (IAM User Guide, "Example sign-in failure event caused by incorrect user name").
    """
    login_to = call.params.get("login_to") or "/console/home"
    event = {
        "additional": {"LoginTo": f"{settings.IAMCONSOLE_URL}{login_to}", "MobileVersion": "No", "MFAUsed": "No"},
        "response": {"ConsoleLogin": "Failure"},
        "error_message": "Failed authentication",
        "event_type": "AwsConsoleSignIn",
    }
    if not call.params["user_name"]:
        return event | root_event(account)
    principal = {"principal_type": "IAMUser", "principal_arn": "", "principal_id": ""}
    if user is None:
        hidden = {"user_name": "HIDDEN_DUE_TO_SECURITY_REASONS"}
        return event | principal | hidden | {"error_message": "No username found in supplied account"}
    return event | principal | {"user_name": user.name, "principal_id": user.unique_id}


@operation("signin:ConsoleLogin", public=False, authorized=False, prepare=_check_claim)
def console_login(call: Call, *, user_name: str, password: str, login_to: str = "") -> Response:
    """Sign in as the root user (`user_name` is empty) or as an IAM user; makes the session's credentials.

    Who has MFA devices gets none yet: the answer lists them, and `Proof` is what CompleteMfa asks for.
    """
    profile = _still_holds(call, call.prepared)
    user = profile.user if profile else None
    devices = iam.mfa_devices(call.caller.account_key, user.pk if user else None)
    if not devices:
        return _session(call, profile)
    call.event |= {
        "name": "CheckMfa",
        "response": {"CheckMfa": "Success"},
        # "Multiple MFA Devices" is for devices of several types; there is but one here.
        "additional": {"MfaType": "Virtual MFA"},
        "error_message": "",
    }
    known = [{"SerialNumber": device.arn(call.caller.account_id), "Name": device.name} for device in devices]
    return {"MfaDevices": known, "UserName": user.name if user else "", "Proof": _proof(call.prepared.password_hash)}


def _proof(password_hash: str) -> str:
    """That the password was right a moment ago; worth nothing once the password has changed."""
    return salted_hmac("iamconsole.sts.proof", password_hash).hexdigest()


@operation("signin:CompleteMfa", public=False, authorized=False)
def complete_mfa(
    call: Call, *, user_name: str, proof: str, serial_number: str, code: str, login_to: str = ""
) -> Response:
    """The second half of a ConsoleLogin, with the code of one of the user's devices, and recorded as one."""
    account = Account.objects.get(pk=call.caller.account_key)
    user = iam.users_named(account.pk, [user_name]).get(user_name.lower()) if user_name else None
    profile = getattr(user, "login_profile", None)
    call.event = _sign_in_event(call, account, user) | {"name": "ConsoleLogin"}
    call.event["additional"]["MFAUsed"] = "Yes"
    stored = account.root_password if not user_name else profile.password if profile else ""
    _throttle(call)
    if not stored or not constant_time_compare(_proof(stored), proof):
        raise _wrong(call)
    own = iam.mfa_devices(account.pk, user.pk if user else None)
    chosen = [device for device in own if device.arn(account.account_id) == serial_number]
    device = mfa.use_code(chosen, code, call.now)
    if device is None:
        raise _wrong(call)
    call.event["additional"]["MFAIdentifier"] = serial_number
    return _session(call, profile, with_mfa=True)


def _session(call: Call, profile: LoginProfile | None, *, with_mfa: bool = False) -> Response:
    user = profile.user if profile else None
    policy = passwords.of_account(call.caller.account_key) if profile else None
    expires = passwords.expires(profile, policy) if profile else None
    expired = expires is not None and expires <= call.now
    if expired and policy and policy.get("HardExpiry"):
        # "The IAM user cannot access the console until an administrator resets the password" (API Reference,
        # UpdateAccountPasswordPolicy). AWS documents neither the words nor the event; said to who had all of the
        # right credentials, and to nobody else.
        call.event["error_message"] = "Password expired"
        call.event["error_code"] = EXPIRED
        raise AuthenticationError(
            "Your password has expired, and the expiration requires administrator reset. Contact the administrator of "
            "your account.",
            code=EXPIRED,
        )
    if user is not None:
        iam.note_sign_in(user.pk, call.now)
        call.event["principal_arn"] = user.arn(call.caller.account_id)
    reset_required = bool(profile and (profile.reset_required or expired))
    row = TemporaryCredential(
        account_id=call.caller.account_key,
        kind=TemporaryCredential.Kind.CONSOLE,
        user=user,
        access_key_id=call.ids.access_key_id("ASIA"),
        secret=settings.IAMCONSOLE_FERNET.encrypt(call.ids.secret_access_key().encode()),
        token_sha256=hashlib.sha256(call.ids.session_token().encode()).hexdigest(),
        issued=call.now,
        expires=call.now + CONSOLE_SESSION,
        mfa=with_mfa,
        from_console=True,
        restricted=reset_required,
    )
    insert([row])
    call.event |= {"response": {"ConsoleLogin": "Success"}, "error_message": ""}
    who = user.unique_id if user else call.caller.account_id
    made = {"AccessKeyId": row.access_key_id, "PasswordResetRequired": reset_required, "PrincipalId": who}
    return made if expires is None else made | {"PasswordExpires": expires}


@operation("signin:CompletePasswordChange", public=False, authorized=False, recorded=False)
def complete_password_change(call: Call) -> Response:
    """Let a session into the console that has just changed its password itself.

    Other sign-ins with the former password stay restricted: only who knew it and changed it gets in.
    """
    TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id).update(restricted=False)
    return {}


@operation("signin:ExtendSession", public=False, authorized=False, recorded=False)
def extend_session(call: Call) -> Response:
    """Begin the session's twelve hours anew.

    AWS has none such: its console asks to sign in again. WCAG 2.2, 2.2.1 "Timing Adjustable", wants a limit
    that can be extended. The time of the sign-in, which policies may ask for, stays what it was.
    """
    until = call.now + CONSOLE_SESSION
    TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id).update(expires=until)
    return {"Expires": until}


@operation("signin:SignOut", public=False, authorized=False, recorded=False)
def sign_out(call: Call) -> Response:
    """End the caller's console session; its credentials are gone at once."""
    TemporaryCredential.objects.filter(access_key_id=call.caller.access_key_id).delete()
    return {}
