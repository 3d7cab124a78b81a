"""What temporary credentials may not be used for, whatever policies say.

IAM User Guide, "Compare AWS STS credentials" (id_credentials_sts-comparison.html), "Restrictions on resulting
temporary credentials".
"""

from __future__ import annotations

from iamconsole.core.caller import Caller
from iamconsole.core.errors import AccessDenied, AuthenticationError, AwsError
from iamconsole.core.operation import Operation

# "Cannot call GetFederationToken or GetSessionToken", of role sessions; of sign-ins AWS says nothing, and answers so.
_FOR_LONG_TERM_KEYS = frozenset({"sts:GetFederationToken", "sts:GetSessionToken"})
# "Cannot call AWS STS operations except …", of the credentials that these two operations make.
_STS_OF_SESSION_TOKEN = frozenset({"sts:AssumeRole", "sts:GetCallerIdentity"})
_STS_OF_FEDERATED_USER = frozenset({"sts:GetCallerIdentity"})


def refuse_session(caller: Caller, operation: Operation) -> None:
    """Raise what AWS answers to credentials that may not call the operation at all."""
    session = caller.session
    if session is None:
        return
    refused: AwsError | None = None
    if operation.service == "sts" and not _may_call_sts(session.kind, session.from_console, operation.name):
        refused = AccessDenied(f"Cannot call {operation.short_name} with session credentials")
    elif operation.service == "iam" and not _may_call_iam(session.kind, session.from_console, session.mfa):
        # IAM does not say what it is about: to it, the token is none.
        refused = AuthenticationError("The security token included in the request is invalid.")
    if refused is not None:
        raise refused


def _may_call_sts(kind: str, from_console: bool, name: str) -> bool:
    if name in _FOR_LONG_TERM_KEYS:
        return False
    if kind == "session":
        return name in _STS_OF_SESSION_TOKEN
    if kind == "federated" and not from_console:
        return name in _STS_OF_FEDERATED_USER
    return True


def _may_call_iam(kind: str, from_console: bool, mfa: bool) -> bool:
    """ "Cannot call IAM API operations unless MFA information is included with the request", of a session token;
    "Cannot call IAM operations using the AWS CLI or AWS API. This limitation does not apply to console sessions", of
    a federated user."""
    if kind == "session":
        return mfa
    return kind != "federated" or from_console
