"""Sessions in the making: their policies, tags, durations, and the credentials that stand for them.

STS API Reference, "AssumeRole", "GetSessionToken" and "GetFederationToken"; IAM User Guide, "Pass session tags in
AWS STS" (id_session-tags.html). Where a text of an error is not documented, it is the one that AWS is known to give.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from iamconsole.accounts.models import PolicyText
from iamconsole.core import arn
from iamconsole.core.arn import Arn
from iamconsole.core.caller import ContextValue
from iamconsole.core.errors import InvalidRequest, MalformedPolicyDocument, ValidationError
from iamconsole.core.operation import Call, Response
from iamconsole.iam import aws_managed
from iamconsole.iam.models import ManagedPolicy, Role
from iamconsole.policy import parse
from iamconsole.sts.models import TemporaryCredential

Tags = Sequence[Mapping[str, str]]
PolicyArns = Sequence[Mapping[str, str]]

HOUR = 3600
# "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters."
PLAINTEXT = 2048
POLICY_ARNS = 10
# How AWS packs, and into how much, it does not publish. Deflated into this much, the example of the API reference has
# the size that is documented there (6 percent), and a policy of 2,048 characters that do not repeat just fits.
PACKED_BYTES = 1536
TOKEN_BYTES = 4096


class InvalidParameterValue(InvalidRequest):
    code = "InvalidParameterValue"


class PackedPolicyTooLarge(InvalidRequest):
    code = "PackedPolicyTooLarge"


@dataclass(frozen=True, slots=True)
class Passed:
    """The session policies and tags of a request, once they are known to be good."""

    policy: str | None = None
    policy_arns: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def packed_size(self) -> int | None:
        """In percent of the space there is; None where nothing was passed."""
        if not (self.policy or self.policy_arns or self.tags):
            return None
        parts = [self.policy or "", *self.policy_arns, *(f"{key}\0{value}" for key, value in self.tags.items())]
        packed = zlib.compress("\n".join(part for part in parts if part).encode(), 9, wbits=-15)
        return max(1, len(packed) * 100 // PACKED_BYTES)

    def columns(self) -> dict[str, Any]:
        """For the row of the credentials. The texts are kept, so that decisions can be explained later."""
        known = aws_managed.by_arn()
        PolicyText.keep_all([known[one].text for one in self.policy_arns if one in known])
        return {
            "policy_id": PolicyText.keep(self.policy) if self.policy else None,
            "policy_arns": list(self.policy_arns),
            "tags": dict(self.tags),
        }


def passed(account_key: int, account_id: str, policy: str | None, policy_arns: PolicyArns, tags: Tags) -> Passed:
    """Check what is passed for a session of an identity of this account."""
    arns = [one.get("arn") or "" for one in policy_arns]
    found = Passed(policy, arns, _checked_tags(tags))
    _check_policies(policy, arns, account_key, account_id)
    size = found.packed_size or 0
    if size > 100:
        raise PackedPolicyTooLarge(
            f"Packed policy consumes {size}% of allotted space, please use smaller policy.", field="policy"
        )
    return found


def _checked_tags(tags: Tags) -> dict[str, str]:
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        raise InvalidParameterValue(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.", field="tags"
        )
    if any(key.startswith("aws:") for key in keys):
        raise InvalidParameterValue("Tag keys cannot start with aws:, which is reserved for AWS use.", field="tags")
    return {tag["Key"]: tag["Value"] for tag in tags}


def _check_policies(policy: str | None, arns: Sequence[str], account_key: int, account_id: str) -> None:
    if len(arns) > POLICY_ARNS:
        raise ValidationError(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {POLICY_ARNS}",
            field="policy_arns",
        )
    if len(policy or "") + sum(map(len, arns)) > PLAINTEXT:
        at, value = ("policy", f" '{policy}'") if policy else ("policyArns", "")
        raise ValidationError(
            f"1 validation error detected: Value{value} at '{at}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {PLAINTEXT}",
            field="policy",
        )
    if policy is not None and (problems := parse(policy, "session").problems):
        raise MalformedPolicyDocument(problems[0].message, field="policy")
    names = {one.rpartition("/")[2] for one in arns}
    rows = ManagedPolicy.objects.filter(account=account_key, name__in=names) if names else ()
    there = {row.arn(account_id) for row in rows} | aws_managed.by_arn().keys()
    for one in arns:
        if Arn.parse(one) is None:
            raise ValidationError("Invalid ARN:  Could not be parsed!", field="policy_arns")  # two spaces: AWS's
        if one not in there:
            # "The policies must exist in the same account as the role"; in which words it is refused AWS does not say.
            raise ValidationError(f"Policy {one} does not exist or is not attachable.", field="policy_arns")


def mint(call: Call, seconds: int, minimum_token_size: int | None = None, **columns: Any) -> Response:
    """Make temporary credentials; the secret and the token are in this answer and never in another."""
    secret, token = call.ids.secret_access_key(), call.ids.session_token(minimum_token_size or 0)
    row = TemporaryCredential.objects.create(
        access_key_id=call.ids.access_key_id("ASIA"),
        secret=settings.IAMCONSOLE_FERNET.encrypt(secret.encode()),
        token_sha256=hashlib.sha256(token.encode()).hexdigest(),
        issued=call.now,
        expires=call.now + dt.timedelta(seconds=seconds),
        **columns,
    )
    return {
        "Credentials": {
            "AccessKeyId": row.access_key_id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": row.expires,
        },
        "SessionTokenSize": len(token),
        "SessionTokenUtilization": len(token) * 100 // TOKEN_BYTES,
    }


def user_columns(call: Call) -> dict[str, Any]:
    """Whose session it is, of one that an IAM user or the root user asks for with a long-term key."""
    if call.caller.kind not in ("user", "root"):
        raise LookupError(f"{call.caller.arn} is neither an IAM user nor the root user.")
    return {"account_id": call.caller.account_key, "user_id": call.caller.user_key}


def role_session(
    call: Call,
    role: Role,
    *,
    session_name: str,
    duration_seconds: int | None = None,
    policy: str | None = None,
    policy_arns: PolicyArns = (),
    tags: Tags = (),
    transitive_tag_keys: Sequence[str] = (),
    source_identity: str | None = None,
    minimum_session_token_size: int | None = None,
    context: Mapping[str, ContextValue] | None = None,
    federation: Mapping[str, Any] | None = None,
) -> Response:
    """A session of a role: what all of AssumeRole, AssumeRoleWithSAML and AssumeRoleWithWebIdentity end in.

    Whether the role may be assumed has been decided before. What a chain hands on comes from the caller's own
    session. `context` are condition keys that all requests of the session will have, `federation` is what its events
    say of the identity provider (CloudTrail's webIdFederationData).
    """
    account_id = role.account.account_id
    given = passed(role.account_id, account_id, policy, policy_arns, tags)
    inherited = inherited_tags(call)
    _check_transitive(given.tags, transitive_tag_keys, inherited)
    identity = _source_identity(call, source_identity)
    own = given.columns()
    own["tags"] = {**inherited, **given.tags}
    answer = mint(
        call,
        _seconds(call, role, duration_seconds),
        minimum_session_token_size,
        account_id=role.account_id,
        kind=TemporaryCredential.Kind.ROLE,
        role=role,
        name=session_name,
        transitive=[*inherited, *_spelt(transitive_tag_keys, given.tags)],
        source_identity=identity,
        chained=is_chained(call),
        context=dict(context or {}),
        federation=dict(federation) if federation else None,
        **own,
    )
    answer["AssumedRoleUser"] = {
        "AssumedRoleId": f"{role.unique_id}:{session_name}",
        "Arn": arn.assumed_role(account_id, role.name, session_name),
    }
    if given.packed_size is not None:
        answer["PackedPolicySize"] = given.packed_size
    if identity:
        answer["SourceIdentity"] = identity
    return answer


def is_chained(call: Call) -> bool:
    """Role chaining: "you use a role to assume a second role" (IAM User Guide, "Roles terms and concepts")."""
    return call.caller.session is not None and call.caller.session.kind == "role"


def inherited_tags(call: Call) -> dict[str, str]:
    """The tags that the caller's session hands on to the next of its chain."""
    session = call.caller.session
    return {key: session.tags[key] for key in session.transitive} if session else {}


def _check_transitive(tags: Mapping[str, str], transitive: Sequence[str], inherited: Mapping[str, str]) -> None:
    given = {key.lower() for key in tags}
    if not {key.lower() for key in transitive} <= given:
        raise InvalidParameterValue(
            "The specified transitive tag key must be included in the requested tags.", field="transitive_tag_keys"
        )
    if given & {key.lower() for key in inherited}:
        # "If you pass a session tag with the same key as an inherited tag, the operation fails."
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session.",
            field="tags",
        )


def _spelt(transitive: Sequence[str], tags: Mapping[str, str]) -> list[str]:
    """The transitive keys as the tags spell them."""
    wanted = {key.lower() for key in transitive}
    return [key for key in tags if key.lower() in wanted]


def _source_identity(call: Call, asked: str | None) -> str:
    """The source identity of the new session: set once in a chain, it "can't be changed after it is set".

    IAM User Guide, "Monitor and control actions taken with assumed roles"; with which words AWS refuses it is silent.
    """
    held = call.caller.session.source_identity if call.caller.session else ""
    if asked and asked.lower().startswith("aws:"):
        raise ValidationError("A source identity cannot start with aws:, which is reserved.", field="source_identity")
    if held and asked and asked != held:
        raise InvalidParameterValue(
            "The source identity of a session cannot be changed when it assumes another role.", field="source_identity"
        )
    return asked or held


def _seconds(call: Call, role: Role, asked: int | None) -> int:
    if asked is None:
        return HOUR
    if is_chained(call) and asked > HOUR:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            field="duration_seconds",
        )
    if asked > role.max_session_duration:
        raise ValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            field="duration_seconds",
        )
    return asked


def own_seconds(call: Call, asked: int | None, default: int) -> int:
    """How long a session token or a federated user's session lasts: "Sessions obtained using root user credentials
    are restricted to a maximum of 3,600 seconds (one hour). If the specified duration is longer than one hour, the
    session obtained by using root user credentials defaults to one hour."
    """
    seconds = asked or default
    return min(seconds, HOUR) if call.caller.is_root else seconds
