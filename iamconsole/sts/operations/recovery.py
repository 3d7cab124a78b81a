"""The root user's password: forgotten and set anew by a mail, or changed by who knows it.

Only the root user has these: an IAM user's password is its administrator's to reset. AWS CloudTrail User
Guide, "AWS Management Console sign-in events", shows PasswordUpdated; PasswordRecoveryRequested and
PasswordRecoveryCompleted have the same form.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.contrib.auth.hashers import check_password, make_password

from iamconsole.accounts import inbox
from iamconsole.accounts.models import Account, Mail
from iamconsole.core.errors import AccessDenied, InvalidRequest
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import passwords
from iamconsole.sts.models import TemporaryCredential
from iamconsole.sts.operations.sign_in import root_event

# So that a stranger who knows an address cannot fill its inbox.
MAILS = 5
MAILS_WINDOW = dt.timedelta(hours=1)
NOT_ROOT = "Only the root user can change the password of the root user."
LINK_DEAD = "This link is no longer valid. Request a new one."

TEXT = """Hello,

Somebody asked to reset the password of the root user of this AWS account.

Account name: {name}
Account ID: {account_id}

If it was you, open the link below and choose a new password. The link works once and for 10 minutes.

If it was not you, there is nothing to do: the password stays as it is."""


def _account(call: Call) -> Account:
    """The account whose root user this is about; until told otherwise the call's event is a failure."""
    account = Account.objects.get(pk=call.caller.account_key)
    call.event = root_event(account, response={call.operation.short_name: "Failure"})
    return account


def _succeeded(call: Call) -> Response:
    call.event["response"] = {call.operation.short_name: "Success"}
    return {}


@operation("signin:PasswordRecoveryRequested", public=False, authorized=False)
def password_recovery_requested(call: Call) -> Response:
    """Send the root user a mail with a link to set a new password.

    The answer is the same when no mail was sent because there were so many: the page tells nothing.
    """
    account = _account(call)
    mails = Mail.objects.filter(account=account, kind=Mail.Kind.RECOVERY)
    if inbox.is_too_soon(mails, call.now) or mails.filter(sent__gt=call.now - MAILS_WINDOW).count() >= MAILS:
        call.event["error_message"] = "Too many requests"
        return {}
    text = TEXT.format(name=account.name, account_id=account.account_id)
    inbox.send(
        Mail.Kind.RECOVERY,
        account.root_email,
        "Amazon Web Services Password Assistance",
        text,
        call.now,
        sandbox_id=account.sandbox_id,
        account=account,
    )
    return _succeeded(call)


@dataclass(frozen=True, slots=True)
class _Change:
    """The hashes of the new password and of the one that it replaces, as that was before the lock."""

    new: str
    former: str


def _new_password(call: Call) -> _Change:
    """The hash of the new password, once it keeps the rules; made before any lock is held."""
    account = _account(call)
    passwords.enforce(call.params["password"], account.name, account.root_email)
    return _Change(make_password(call.params["password"]), account.root_password)


def _set(call: Call, account: Account) -> None:
    """AWS does not say what becomes of the root user's sessions and of mails with a link: whoever held one before
    is out."""
    account.root_password = call.prepared.new
    account.save(update_fields=["root_password"])
    Mail.objects.filter(account=account, kind=Mail.Kind.RECOVERY, used=False).update(used=True)
    sessions = TemporaryCredential.objects.filter(account=account, kind=TemporaryCredential.Kind.CONSOLE, user=None)
    sessions.exclude(access_key_id=call.caller.access_key_id).delete()


@operation("signin:PasswordRecoveryCompleted", public=False, authorized=False, prepare=_new_password)
def password_recovery_completed(call: Call, *, token: str, password: str) -> Response:
    """Set the root user's password with the link of a recovery mail."""
    account = _account(call)
    mail = inbox.behind_link(token, call.now)
    if mail is None or mail.account_id != account.pk or not inbox.use(mail):
        raise InvalidRequest(LINK_DEAD, code="InvalidToken")
    _set(call, account)
    return _succeeded(call)


def _wrong_old_password() -> AccessDenied:
    return AccessDenied("The old password was incorrect.", field="old_password")


def _changed_password(call: Call) -> _Change:
    """The same for who knows the password: a wrong one is said before the rules for the new one."""
    account = _account(call)
    if not call.caller.is_root:
        raise AccessDenied(NOT_ROOT)
    if not check_password(call.params["old_password"], account.root_password):
        raise _wrong_old_password()
    return replace(_new_password(call), former=account.root_password)  # the one that was checked


@operation("signin:PasswordUpdated", public=False, authorized=False, prepare=_changed_password)
def password_updated(call: Call, *, old_password: str, password: str) -> Response:
    """Change the root user's own password."""
    account = _account(call)
    if account.root_password != call.prepared.former:
        # Changed by somebody else between the check and the lock: by a mail, against whoever holds this session.
        raise _wrong_old_password()
    _set(call, account)
    return _succeeded(call)
