"""Whom a trust policy or a bucket policy names: kept by unique ID, shown by ARN.

IAM User Guide, "AWS JSON policy elements: Principal": "If your Principal element in a role trust policy contains an ARN
that points to a specific IAM user, then IAM transforms the ARN to the user's unique principal ID when you save the
policy. … You don't normally see this ID in the console, because there is also a reverse transformation back to the
user's ARN when the trust policy is displayed. However, if you delete the user, then you break the relationship. The
policy no longer applies, even if you recreate the user. … When this happens, the principal ID appears in resource-based
policies because AWS can no longer map it back to a valid ARN." The same is said there of roles.

The page says nothing of the sort about role sessions and federated users: their ARNs stay as they are written. Account
IDs "the service might convert" to the account's ARN. Amazon S3 does, as those tell who read their bucket policies back
(hashicorp/terraform#9036, aws/aws-cdk#9334); of IAM nobody is known to tell, and in trust policies they stay. All of
them must be of an account of the same sandbox: others do not exist here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from iamconsole.accounts.queries import account_keys
from iamconsole.core.arn import Arn
from iamconsole.iam.models import OidcProvider, Role, SamlProvider, User
from iamconsole.policy import Policy, parse

_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z2-7]{17}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++")
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml|oidc)-provider/.+")
# "An OIDC federated principal can represent an OIDC IDP in your AWS account, or the 4 built in identity providers."
_BUILT_IN = frozenset({"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"})
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")


class UnknownPrincipal(Exception):
    """A principal that cannot be in a policy, because it is not there or is none."""

    def __init__(self, kind: str, value: str) -> None:
        if kind == "Federated" and not _DOMAIN.fullmatch(value) and not _PROVIDER.fullmatch(value):
            message = "Federated principals must be valid domain names or SAML metadata ARNs"
        else:
            # AWS writes SERVICE in capitals here, and the other kinds as they stand in the policy.
            message = f'Invalid principal in policy: "{"SERVICE" if kind == "Service" else kind}":"{value}"'
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Written:
    """One value of a Principal element, and where its JSON string stands in the text."""

    kind: str
    value: str
    span: tuple[int, int]


def pinned(policy: Policy, sandbox_key: int, account_id: str) -> str:
    """The text of a well-formed policy of `account_id` with users and roles by unique ID, else as it was written.

    Raises UnknownPrincipal for the first that may not be in it.
    """
    written = _principals(policy)
    known = _Known(policy, written, account_keys(sandbox_key), account_id)
    pins = [(one, known.pin_of(one)) for one in written if one.value != "*"]
    return _with(policy.text, {one.span: pin for one, pin in pins if pin != one.value})


def shown(text: str, account_key: int) -> str:
    """A kept policy of an account with the present ARNs of the users and roles that still exist in its sandbox."""
    return shown_all([text], account_key)[0]


def shown_all(texts: Sequence[str], account_key: int) -> list[str]:
    """The same for many policies, in two queries at most."""
    pins = [_pins(text) for text in texts]
    arns = arns_of({one.value for of_text in pins for one in of_text}, account_key)
    return [_named(text, of_text, arns) for text, of_text in zip(texts, pins, strict=True)]


def shown_to(text: str, account_key: int, unique_id: str, arn: str) -> str:
    """A kept policy as it reads for a user or role that had `arn` when it was decided by it.

    It means the same to the engine: the caller stands there by its ARN of that time, which then is nobody else's.
    """
    pins = _pins(text)
    others = {one: now for one, now in arns_of({pin.value for pin in pins}, account_key).items() if now != arn}
    return _named(text, pins, others | {unique_id: arn})


def _pins(text: str) -> list[_Written]:
    """The users and roles that stand in a kept policy by unique ID."""
    if not _UNIQUE_ID.search(text):
        return []
    # Of all kinds of policy, this one has every form of Principal.
    return [one for one in _principals(parse(text, "resource")) if _UNIQUE_ID.fullmatch(one.value)]


def _named(text: str, pins: Sequence[_Written], arns: Mapping[str, str]) -> str:
    return _with(text, {one.span: arns.get(one.value, one.value) for one in pins})


def arns_of(unique_ids: Iterable[str], account_key: int) -> dict[str, str]:
    """The ARNs of users and roles by unique ID; who is gone, or of another sandbox than the account, is left out."""
    wanted = set(unique_ids)
    found: dict[str, str] = {}
    for prefix, model in (("AIDA", User), ("AROA", Role)):
        if ids := {one for one in wanted if one.startswith(prefix)}:
            rows = model.objects.filter(unique_id__in=ids, account__sandbox__accounts=account_key)
            rows = rows.select_related("account")
            found |= {row.unique_id: row.arn(row.account.account_id) for row in rows}
    return found


def _with(text: str, values: Mapping[tuple[int, int], str]) -> str:
    """`text` with other strings in the places of some; the rest stays as it is, white space and all."""
    for (start, end), value in sorted(values.items(), reverse=True):
        text = text[:start] + json.dumps(value) + text[end:]
    return text


def _principals(policy: Policy) -> list[_Written]:
    """Every value of Principal and NotPrincipal."""
    found = []
    for statement in policy.statements:
        for element, entries in (("Principal", statement.principal), ("NotPrincipal", statement.not_principal)):
            counted: dict[str, int] = {}
            for kind, value in entries or ():
                at = counted[kind] = counted.get(kind, -1) + 1
                found.append(_Written(kind, value, policy.span(f"Statement[{statement.index}].{element}.{kind}[{at}]")))
    return found


class _Known:
    """Those of the users, roles and identity providers that a policy names who exist in its sandbox."""

    def __init__(self, policy: Policy, written: Sequence[_Written], there: Mapping[str, int], account_id: str) -> None:
        self.there = there
        # The unique IDs of users and roles by ARN, roles by account and name, and unique IDs that were written as such.
        self.by_arn: dict[str, str] = {}
        self.roles: set[tuple[str, str]] = set()
        self.ids: set[str] = set()
        self.providers: set[str] = set()
        self._find_identities([one.value for one in written if one.kind == "AWS"], there[account_id])
        # Federated principals are for trust policies; of a resource's policy AWS's own validation says that it does not
        # support them (Access Analyzer policy check reference).
        self.is_trust = policy.kind == "trust"
        if self.is_trust and any(one.kind == "Federated" and one.value.startswith("arn:") for one in written):
            for provider in (SamlProvider, OidcProvider):
                rows = provider.objects.filter(account=there[account_id])
                self.providers |= {row.arn(account_id) for row in rows}

    def _find_identities(self, values: Sequence[str], account_key: int) -> None:
        users, roles, ids = set(), set(), set()
        for value in values:
            parsed = Arn.parse(value)
            kind, _, rest = parsed.resource.partition("/") if parsed else ("", "", "")
            if kind == "user":
                users.add(rest.rpartition("/")[2])
            elif kind == "role":
                roles.add(rest.rpartition("/")[2])
            elif kind == "assumed-role":
                roles.add(rest.partition("/")[0])
            elif _UNIQUE_ID.fullmatch(value):
                ids.add(value)
        for model, names in ((User, users), (Role, roles)):
            found = model.objects.filter(account__in=self.there.values(), name__in=names).select_related("account")
            for row in found if names else ():
                self.by_arn[row.arn(row.account.account_id)] = row.unique_id
                if model is Role:
                    self.roles.add((row.account.account_id, row.name))
        self.ids = set(arns_of(ids, account_key))

    def pin_of(self, one: _Written) -> str:
        """What the policy keeps of a principal; raises for one that it cannot name."""
        if one.kind == "AWS":
            pin = self._aws(one.value)
        elif one.kind == "Federated":
            is_one = one.value in self.providers or one.value in _BUILT_IN
            pin = one.value if self.is_trust and is_one else None
        elif one.kind == "Service":
            # Which services there are AWS lists nowhere; all of their principals have this form.
            pin = one.value if _SERVICE.fullmatch(one.value) else None
        else:
            pin = None
        if pin is None:
            raise UnknownPrincipal(one.kind, one.value)
        return pin

    def _aws(self, value: str) -> str | None:
        if value.isdecimal():
            kept = value if self.is_trust else f"arn:aws:iam::{value}:root"
            return kept if value in self.there else None
        parsed = Arn.parse(value)
        if parsed is None:
            return value if value in self.ids else None
        if parsed.account == "cloudfront":
            return value  # an origin access identity: AWS's own account, which every account may name
        if parsed.account not in self.there or parsed.partition != "aws":
            return None
        kind, _, rest = parsed.resource.partition("/")
        if kind == "assumed-role":
            return value if (parsed.account, rest.partition("/")[0]) in self.roles else None
        if kind in ("root", "federated-user"):
            return value
        return self.by_arn.get(value)
