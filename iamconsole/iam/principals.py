"""Whom a trust policy or a bucket policy names: kept by unique ID, shown by ARN.

IAM User Guide, "AWS JSON policy elements: Principal": "IAM transforms the ARN to the user's unique principal ID when
the policy is saved. This helps mitigate the risk of someone escalating their permissions by removing and recreating
the user. You don't normally see this ID in the console, because there is also a reverse transformation back to the
user's ARN when the resource policy is displayed. However, if you delete the user, then the relationship is broken.
The policy no longer applies, even if you recreate the user." The same is said there of roles.

The page says nothing of the sort about role sessions and federated users: their ARNs stay as they are written. They and
account IDs must be of an account of the same sandbox: others do not exist here.
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
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
# "You cannot identify a user group as a principal": the grammar knows no such ARN at all.
_KINDS: dict[str, type[User] | type[Role]] = {"user": User, "role": Role}


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
    return _with(policy.text, {one.span: known.pin_of(one) for one in written if one.value != "*"})


def shown(text: str) -> str:
    """A kept policy with the present ARNs of the users and roles that still exist."""
    return shown_all([text])[0]


def shown_all(texts: Sequence[str]) -> list[str]:
    """The same for many policies, in two queries at most."""
    pins = [_pins(text) for text in texts]
    arns = arns_of({one.value for of_text in pins for one in of_text})
    return [_named(text, of_text, arns) for text, of_text in zip(texts, pins, strict=True)]


def shown_to(text: str, unique_id: str, arn: str) -> str:
    """A kept policy as it reads for a user or role that had `arn` when it was decided by it.

    It means the same to the engine: the caller stands there by its ARN of that time, which then is nobody else's.
    """
    pins = _pins(text)
    others = {one: now for one, now in arns_of({pin.value for pin in pins}).items() if now != arn}
    return _named(text, pins, others | {unique_id: arn})


def _pins(text: str) -> list[_Written]:
    """The users and roles that stand in a kept policy by unique ID."""
    if not _UNIQUE_ID.search(text):
        return []
    # Of all kinds of policy, this one has every form of Principal.
    return [one for one in _principals(parse(text, "resource")) if _UNIQUE_ID.fullmatch(one.value)]


def _named(text: str, pins: Sequence[_Written], arns: Mapping[str, str]) -> str:
    return _with(text, {one.span: arns.get(one.value, one.value) for one in pins})


def arns_of(unique_ids: Iterable[str]) -> dict[str, str]:
    """The ARNs of users and roles by unique ID; who is gone is left out."""
    wanted = set(unique_ids)
    found: dict[str, str] = {}
    for prefix, model in (("AIDA", User), ("AROA", Role)):
        if ids := {one for one in wanted if one.startswith(prefix)}:
            rows = model.objects.filter(unique_id__in=ids).select_related("account")
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
    """The users, roles and identity providers that a policy names, looked up together."""

    def __init__(self, policy: Policy, written: Sequence[_Written], there: dict[str, int], account_id: str) -> None:
        self.there = there
        named: dict[str, set[str]] = {"user": set(), "role": set()}
        ids = set()
        self.federated: set[str] = set()
        for one in written:
            parsed = Arn.parse(one.value) if one.kind == "AWS" else None
            if parsed and parsed.account in there:
                kind, _, rest = parsed.resource.partition("/")
                if kind == "assumed-role":
                    named["role"].add(rest.partition("/")[0])
                elif kind in named:
                    named[kind].add(rest.rpartition("/")[2])
            elif one.kind == "AWS" and _UNIQUE_ID.fullmatch(one.value):
                ids.add(one.value)
        keys = set(there.values())
        self.by_arn: dict[str, str] = {}
        self.role_names: set[tuple[str, str]] = set()
        for kind, model in _KINDS.items():
            if names := named[kind]:
                for row in model.objects.filter(account__in=keys, name__in=names).select_related("account"):
                    self.by_arn[row.arn(row.account.account_id)] = row.unique_id
                    if kind == "role":
                        self.role_names.add((row.account.account_id, row.name))
        self.ids = {one for one, arn in arns_of(ids).items() if arn.split(":")[4] in there}
        # "Federated identity provider principals" are for trust policies; of other kinds AWS's own validation says
        # that they do not support them (Access Analyzer policy check reference).
        self.federates = policy.kind == "trust"
        if self.federates and any(one.kind == "Federated" and one.value.startswith("arn:") for one in written):
            for provider in (SamlProvider, OidcProvider):
                rows = provider.objects.filter(account=there[account_id])
                self.federated |= {row.arn(account_id) for row in rows}

    def pin_of(self, one: _Written) -> str:
        """What the policy keeps of a principal; raises for one that cannot be named."""
        if one.kind == "AWS":
            pin = self._aws(one.value)
        elif one.kind == "Federated":
            pin = one.value if self.federates and self._is_provider(one.value) else None
        elif one.kind == "Service":
            # Which services there are AWS lists nowhere; all of their principals have this form.
            pin = one.value if _SERVICE.fullmatch(one.value) else None
        else:
            pin = None
        if pin is None:
            raise UnknownPrincipal(one.kind, one.value)
        return pin

    def _is_provider(self, value: str) -> bool:
        return value in self.federated or _DOMAIN.fullmatch(value) is not None

    def _aws(self, value: str) -> str | None:
        if value.isdecimal():
            return value if value in self.there else None
        parsed = Arn.parse(value)
        if parsed is None:
            return value if value in self.ids else None
        if parsed.account == "cloudfront":
            return value  # an origin access identity: AWS's own account, which every account may name
        if parsed.account not in self.there or parsed.partition != "aws":
            return None
        kind, _, rest = parsed.resource.partition("/")
        if kind == "assumed-role":
            return value if (parsed.account, rest.partition("/")[0]) in self.role_names else None
        if kind in ("root", "federated-user"):
            return value
        return self.by_arn.get(value)
