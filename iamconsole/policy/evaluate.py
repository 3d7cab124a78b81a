"""From policies and a request to a decision.

IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access"
(reference_policies_evaluation-logic_policy-eval-denyallow.html), "Policy evaluation for requests within a single
account" (…_policy-eval-basics.html) and "Cross-account policy evaluation logic" (…-cross-account.html).

`gather` finds the statements that cover a request, `conclude` turns them into a decision. `explain` gathers in its own
slow and talkative way and then concludes with the same function.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from .index import Index
from .model import AttachedPolicy, DecidedBy, Decision, PolicySet, Request
from .scope import applies, is_free, is_shut_out, same_account, scps_apply
from .statements import Asked, Form, Row, compile_policy, covers, verdict_of
from .wording import denied_by, doubt_about, not_allowed_by, place

ENGINE_VERSION = "2"


class Found:
    """The statements that cover a request, certain or not.

    Allow statements by where they stand: `identity` in the caller's policies, `granted` in the resource's own policy
    with the way it names the caller, `allows` everywhere else.
    """

    __slots__ = ("allows", "denies", "doubtful", "granted", "identity")

    def __init__(self) -> None:
        self.denies: list[tuple[Row, bool | None]] = []
        self.identity: list[Row] = []
        self.allows: list[Row] = []
        self.granted: list[tuple[Row, Form]] = []
        self.doubtful: list[Row] = []

    def add(self, row: Row, verdict: bool | None, form: Form) -> None:
        """Count a statement in. Uncertain or in a malformed document, an Allow grants nothing and a Deny denies."""
        if verdict is False:
            return
        if row.compiled.denies:
            self.denies.append((row, verdict))
        elif not verdict or not row.compiled.sound:
            self.doubtful.append(row)
        elif row.stage == "identity":
            self.identity.append(row)
        elif row.stage == "resource" or row.stage == "trust":
            self.granted.append((row, form))
        else:
            self.allows.append(row)

    def allowing(self, stage: str, level: int = 0) -> list[Row]:
        """The Allow statements of one rung."""
        if stage == "identity":
            return self.identity
        if stage in ("resource", "trust"):
            return [row for row, _ in self.granted if row.stage == stage]
        return [row for row in self.allows if row.stage == stage and row.level == level]


def indexes_of(policies: PolicySet) -> tuple[Index, ...]:
    """What applies to a request, ready to be asked: the caller's policies, and that of the resource."""
    own: Index | None = policies.kept.get("index")
    if own is None:
        own = policies.kept["index"] = Index(_rows(policies))
    return (own, _index_of_resource(policies.resource)) if policies.resource is not None else (own,)


def _rows(policies: PolicySet) -> Iterable[Row]:
    groups: list[tuple[DecidedBy, int, tuple[AttachedPolicy, ...]]] = [
        *(("scp", level, attached) for level, attached in enumerate(policies.scps)),
        *(("rcp", level, attached) for level, attached in enumerate(policies.rcps)),
        ("identity", 0, policies.identity),
        ("boundary", 0, (policies.boundary,) if policies.boundary else ()),
        ("session", 0, policies.sessions),
        *(("endpoint", level, (attached,)) for level, attached in enumerate(policies.endpoints)),
    ]
    number = 0
    for stage, level, attached_policies in groups:
        for attached in attached_policies:
            for compiled in compile_policy(attached.policy):
                yield Row(number, stage, level, attached, compiled)
                number += 1


# One document may be the policy of several buckets; more than a few at a time are not remembered.
_KEPT_RESOURCES = 16


def _index_of_resource(attached: AttachedPolicy) -> Index:
    kept: dict[tuple[str, ...], Index] = attached.policy.kept.setdefault("indexes", {})
    key = (attached.name, attached.source, attached.arn, attached.via)
    found = kept.get(key)
    if found is None:
        if len(kept) >= _KEPT_RESOURCES:
            kept.clear()
        stage: DecidedBy = "trust" if attached.policy.kind == "trust" else "resource"
        compiled = enumerate(compile_policy(attached.policy))
        found = kept[key] = Index(Row(number, stage, 0, attached, each) for number, each in compiled)
    return found


def rows_of(policies: PolicySet) -> tuple[Row, ...]:
    """Every statement that applies, in the order of the stages."""
    return tuple(sorted((row for index in indexes_of(policies) for row in index.rows), key=place))


def gather(asked: Asked, policies: PolicySet) -> Found:
    """The statements that cover the request."""
    found = Found()
    if len(asked.request.resource) > LONGEST_RESOURCE:
        return found  # refused by `conclude`, whatever they say
    for index in indexes_of(policies):
        candidates = index.candidates(asked.action)
        for row in candidates.with_resource(asked):
            if row.compiled.plain:
                found.add(row, True, "direct")
            else:
                found.add(row, *covers(row.compiled, asked))
        for row in candidates.others:
            found.add(row, *verdict_of(row.compiled, asked))
    return found


def decide(request: Request, policies: PolicySet) -> Decision:
    """Whether AWS would allow the request, and because of which statements."""
    asked = Asked(request, bounded=policies.boundary is not None)
    return conclude(asked, policies, gather(asked, policies))


@lru_cache(maxsize=4096)
def _is_action(action: str) -> bool:
    """Whether this can be the name of one action, as `service:Action`."""
    vendor, _, name = action[:_LONGEST_ACTION].partition(":")
    return bool(vendor and name) and not any(mark in name for mark in ":*?") and "*" not in vendor and "?" not in vendor


_LONGEST_ACTION = 256
# IAM API Reference, SimulatePrincipalPolicy: a resource is 1 to 2,048 characters long.
LONGEST_RESOURCE = 2048


def conclude(asked: Asked, policies: PolicySet, found: Found) -> Decision:
    """The decision that follows from the statements found."""
    request = asked.request
    if len(request.action) > _LONGEST_ACTION or not _is_action(asked.action):
        return _not_asked(request, f"`{request.action[:200]}` is not the name of an action.")
    if len(request.resource) > LONGEST_RESOURCE:
        return _not_asked(request, f"The resource is longer than {LONGEST_RESOURCE} characters, which no ARN is.")
    if is_free(asked):
        return Decision("allowed", "none")
    if found.denies:
        denies = [(row, verdict) for row, verdict in found.denies if applies(row, asked)]
        if denies:
            return _explicit_deny(asked, denies)
    if policies.resource is not None and is_shut_out(asked, policies.resource, policies.block_public_access):
        return Decision("explicit_deny", "resource", (), denied_by("resource"))
    refused_by = _refused_by(asked, policies, found)
    if refused_by is None:
        return _allowed(asked, policies, found)
    doubts: tuple[str, ...] = ()
    if found.doubtful:
        doubtful = sorted(found.doubtful, key=place)
        doubts = tuple(dict.fromkeys(doubt_about(row, asked) for row in doubtful if applies(row, asked)))
    return Decision("implicit_deny", refused_by, (), not_allowed_by(refused_by, request.action), doubts)


def _not_asked(request: Request, why: str) -> Decision:
    """A refusal of what cannot be a request of AWS's at all."""
    return Decision("implicit_deny", "none", (), not_allowed_by("identity", request.action[:200]), (why,))


def _explicit_deny(asked: Asked, denies: list[tuple[Row, bool | None]]) -> Decision:
    ranked = sorted(denies, key=lambda deny: (deny[1] is None, *place(deny[0])))
    first, certain = ranked[0]
    doubts = () if certain else tuple(dict.fromkeys(doubt_about(row, asked) for row, _ in ranked))
    statements = tuple(row.ref for row, verdict in ranked if verdict or not certain)
    return Decision("explicit_deny", first.stage, statements, denied_by(first.stage, first.attached.arn), doubts)


def _refused_by(asked: Asked, policies: PolicySet, found: Found) -> DecidedBy | None:
    """The first stage without the Allow that it needs; None if the request is allowed."""
    # "An SCP … at every level": each level from the root down must allow (orgs_manage_policies_scps_evaluation.html).
    if policies.scps and scps_apply(asked):
        for level in range(len(policies.scps)):
            if not found.allowing("scp", level):
                return "scp"
    # RCPFullAWSAccess is attached to every level and cannot be detached, so RCPs refuse by Deny only.
    refused = _refused_within(asked, policies, found)
    if refused is None:
        for level in range(len(policies.endpoints)):
            if not found.allowing("endpoint", level):
                return "endpoint"
    return refused


def _refused_within(asked: Asked, policies: PolicySet, found: Found) -> DecidedBy | None:
    principal = asked.request.principal
    trust = policies.resource is not None and policies.resource.policy.kind == "trust"
    forms = {form for _, form in found.granted} if found.granted else _NONE
    if trust:
        if principal.kind == "root" and asked.action == "sts:assumerole":
            return "root"
        # A trust policy must allow in any case (single-account page: "IAM role trust policies … are exceptions").
        if not forms:
            return "trust"
        if _hands_identity_on(asked):
            return _identity_side(asked, policies, found)
    if not principal.account or principal.of_provider:
        # Nobody but the resource's owner speaks for a service, an anonymous caller or an identity provider's user.
        return None if "direct" in forms else ("trust" if trust else "resource")
    if not same_account(asked):
        # Both accounts must allow: "reference_policies_evaluation-logic-cross-account.html".
        return _identity_side(asked, policies, found) or (None if forms else "resource")
    if not forms and policies.resource is not None and asked.action.startswith("kms:"):
        # "Unless the key policy explicitly allows it, you cannot use IAM policies to allow access to a KMS key", nor
        # can the account's root user (KMS Developer Guide, key-policies.html).
        return "resource"
    if principal.kind == "root":
        # The root user has full access to its own account and no boundary (access_policies.html#access_policies-root).
        return None
    if "direct" in forms:
        # A grant to the user, to the session or to everyone is not limited by implicit denies elsewhere, except in a
        # trust policy: "If a permissions boundary is set for the user, then it must allow the sts:AssumeRole action"
        # (id_roles_update-role-trust-policy.html; session policies are not spoken of there).
        return _boundary(policies, found) if trust else None
    if "role" in forms or "user" in forms:
        # A grant to the role's ARN (or to the user who federated) is, by a boundary or a session policy.
        return _session_that_is_lacking(asked, policies) or _caps(policies, found)
    # A grant to the account only lets the account's own policies decide.
    return _identity_side(asked, policies, found)


_NONE: frozenset[Form] = frozenset()


def _hands_identity_on(asked: Asked) -> bool:
    """In role chaining "permissions for sts:SetSourceIdentity are required in both the permissions policy of the
    principal … and in the role trust policy" (id_credentials_temp_control-access_monitor.html).
    """
    return asked.action == "sts:setsourceidentity" and asked.request.principal.kind in ("role", "role_session")


def _identity_side(asked: Asked, policies: PolicySet, found: Found) -> DecidedBy | None:
    principal = asked.request.principal
    if principal.kind == "root":
        return None
    if not found.identity:
        return "identity"
    return _session_that_is_lacking(asked, policies) or _caps(policies, found)


def _session_that_is_lacking(asked: Asked, policies: PolicySet) -> DecidedBy | None:
    """STS API Reference, GetFederationToken: without a session policy "the resulting federated user session has no
    permissions. The only exception is … a resource-based policy that specifically references the federated user
    session": one that names the user who federated, or the account, does not.
    """
    return "session" if asked.request.principal.kind == "federated" and not policies.sessions else None


def _boundary(policies: PolicySet, found: Found) -> DecidedBy | None:
    return "boundary" if policies.boundary is not None and not found.allowing("boundary") else None


def uncapped(found: Found) -> bool:
    """Whether the account itself allows it to all its users (AttachedPolicy, source "account").

    "This option does not attach a permissions policy to each user, rather the permissions are applied at the
    account-level for all users by IAM" (IAM API Reference, PasswordPolicy). Whether a permissions boundary limits that,
    AWS's documentation does not say; here it does not, as it limits what policies grant to the identity.
    """
    return any(row.attached.source == "account" for row in found.identity)


def _caps(policies: PolicySet, found: Found) -> DecidedBy | None:
    if (policies.boundary is not None or policies.sessions) and uncapped(found):
        return None
    if refused := _boundary(policies, found):
        return refused
    # Several session policies count as one set, as several identity-based policies do. The page "Session policies"
    # (access_policies.html#policies_session) speaks of "the session policies" together and is silent beyond that.
    if policies.sessions and not found.allowing("session"):
        return "session"
    return None


def _allowed(asked: Asked, policies: PolicySet, found: Found) -> Decision:
    """The Allow that decided: of the resource's policy if that alone suffices, of the caller's, or of both."""
    granted = sorted(found.granted, key=lambda grant: grant[0].number)
    identity = [row.ref for row in sorted(found.identity, key=place)]
    trust = policies.resource is not None and policies.resource.policy.kind == "trust"
    principal, same = asked.request.principal, same_account(asked)
    if principal.kind == "root" and same:
        return Decision("allowed", "root")
    chained = trust and _hands_identity_on(asked)
    if (same and not chained) or not principal.account or principal.of_provider:
        alone = tuple(row.ref for row, form in granted if form != "account")
        if alone:
            return Decision("allowed", "trust" if trust else "resource", alone)
        if not trust:
            return Decision("allowed", "identity", tuple(identity))
    # Two yeses were needed: that of the caller's own policies and that of the resource's or the role's.
    both = (*identity, *(row.ref for row, _ in granted))
    return Decision("allowed", "trust" if trust else "resource", both)
