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
from .public_access import is_public
from .statements import (
    Asked,
    Form,
    Row,
    compile_policy,
    covers,
    principal_matches,
    resource_matches,
    verdict_of,
)

ENGINE_VERSION = "1"

# The order in which a refusal names its cause when several policy types refuse.
STAGES: tuple[DecidedBy, ...] = ("scp", "rcp", "trust", "resource", "identity", "boundary", "session", "endpoint")

_NAMES: dict[DecidedBy, str] = {
    "scp": "service control policy",
    "rcp": "resource control policy",
    "trust": "role trust policy",
    "resource": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "endpoint": "VPC endpoint policy",
}

# STS API Reference, GetCallerIdentity: "No permissions are required … If an administrator attaches a policy to your
# identity that explicitly denies access to the sts:GetCallerIdentity action, you can still perform this operation."
# IAM User Guide, "Controlling access for GetSessionToken": "You cannot use policies to control authentication
# operations." (id_credentials_temp_control-access_getsessiontoken.html)
_FREE = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

# S3 API Reference, PutBucketPolicy: "the root principal in a bucket owner's AWS account can perform the
# GetBucketPolicy, PutBucketPolicy, and DeleteBucketPolicy API actions, even if their bucket policy explicitly denies
# the root principal's access."
_ROOT_KEEPS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})


class Found:
    """The statements that cover a request, certain or not; `granted` are those of the resource's own policy."""

    __slots__ = ("allows", "denies", "doubtful", "granted")

    def __init__(self) -> None:
        self.denies: list[tuple[Row, bool | None]] = []
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
        elif row.stage == "resource" or row.stage == "trust":
            self.granted.append((row, form))
        else:
            self.allows.append(row)

    def allowing(self, stage: str, level: int = 0) -> list[Row]:
        """The Allow statements of one rung."""
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
    return tuple(sorted((row for index in indexes_of(policies) for row in index.rows), key=_place))


def gather(asked: Asked, policies: PolicySet) -> Found:
    """The statements that cover the request."""
    found = Found()
    for index in indexes_of(policies):
        candidates = index.candidates(asked.action)
        for row in candidates.with_resource(asked):
            verdict, form = covers(row.compiled, asked)
            found.add(row, verdict, form)
        for row in candidates.others:
            verdict, form = verdict_of(row.compiled, asked)
            found.add(row, verdict, form)
    return found


def decide(request: Request, policies: PolicySet) -> Decision:
    """Whether AWS would allow the request, and because of which statements."""
    asked = Asked(request, bounded=policies.boundary is not None)
    return conclude(asked, policies, gather(asked, policies))


def _place(row: Row) -> tuple[int, int]:
    """Where a statement comes among others: by stage, then in the order of the policies."""
    return STAGES.index(row.stage), row.number


@lru_cache(maxsize=4096)
def _is_action(action: str) -> bool:
    """Whether this can be the name of one action, as `service:Action`."""
    vendor, _, name = action[:_LONGEST_ACTION].partition(":")
    return bool(vendor and name) and not any(mark in name for mark in ":*?") and "*" not in vendor and "?" not in vendor


_LONGEST_ACTION = 256


def conclude(asked: Asked, policies: PolicySet, found: Found) -> Decision:
    """The decision that follows from the statements found."""
    request, principal, action = asked.request, asked.request.principal, asked.action
    if len(action) > _LONGEST_ACTION or not _is_action(action):
        reason = f"because no identity-based policy allows the {request.action[:200]} action"
        return Decision(
            "implicit_deny", "none", (), reason, (f"`{request.action[:200]}` is not the name of an action.",)
        )
    if action in _FREE and principal.kind != "anonymous":
        return Decision("allowed", "none")
    if found.denies:
        denies = [(row, verdict) for row, verdict in found.denies if applies(row, asked)]
        if denies:
            return _explicit_deny(asked, denies)
    refused_by = _refused_by(asked, policies, found)
    if refused_by is None:
        return _allowed(asked, policies, found)
    if refused_by == "root":
        # STS API Reference, AssumeRole: "You cannot use AWS account root user credentials to call AssumeRole."
        return Decision("implicit_deny", "root", reason="because roles may not be assumed by root accounts")
    doubts: tuple[str, ...] = ()
    if found.doubtful:
        doubtful = sorted(found.doubtful, key=_place)
        doubts = tuple(dict.fromkeys(doubt_about(row, asked) for row in doubtful if applies(row, asked)))
    reason = f"because no {_NAMES[refused_by]} allows the {request.action} action"
    return Decision("implicit_deny", refused_by, (), reason, doubts)


def _explicit_deny(asked: Asked, denies: list[tuple[Row, bool | None]]) -> Decision:
    ranked = sorted(denies, key=lambda deny: (deny[1] is None, *_place(deny[0])))
    first, certain = ranked[0]
    # The trust policy's text has "the", the others "a" or "an": console.md §1.9, from AWS's "Troubleshoot access
    # denied error messages" (troubleshoot_access-denied.html).
    article = "the" if first.stage == "trust" else "an" if first.stage == "identity" else "a"
    reason = f"with an explicit deny in {article} {_NAMES[first.stage]}"
    if ":policy/" in first.attached.arn:
        reason += f": {first.attached.arn}"
    doubts = () if certain else tuple(dict.fromkeys(doubt_about(row, asked) for row, _ in ranked))
    statements = tuple(row.ref for row, verdict in ranked if verdict or not certain)
    return Decision("explicit_deny", first.stage, statements, reason, doubts)


def applies(row: Row, asked: Asked) -> bool:
    """Whether a policy type reaches this caller at all.

    SCPs "affect only IAM users and roles that are managed by accounts that are part of the organization" and their
    root users, and not service-linked roles; RCPs not calls of service-linked roles (Organizations User Guide,
    orgs_manage_policies_scps.html and orgs_manage_policies_rcps.html).
    """
    principal = asked.request.principal
    if row.stage == "scp":
        return bool(principal.account) and not _service_linked(asked)
    if row.stage == "rcp":
        return not _service_linked(asked)
    owner = asked.request.resource_account or principal.account
    exempt = principal.kind == "root" and principal.account == owner and asked.action in _ROOT_KEEPS
    return not (exempt and row.stage == "resource")


def _service_linked(asked: Asked) -> bool:
    return ":role/aws-service-role/" in asked.request.principal.role_arn


def _refused_by(asked: Asked, policies: PolicySet, found: Found) -> DecidedBy | None:
    """The first stage without the Allow that it needs; None if the request is allowed."""
    # "An SCP … at every level": each level from the root down must allow (orgs_manage_policies_scps_evaluation.html).
    if policies.scps and asked.request.principal.account and not _service_linked(asked):
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
    forms = {form for _, form in _grants(asked, policies, found)} if found.granted else _NONE
    if trust:
        if principal.kind == "root" and asked.action == "sts:assumerole":
            return "root"
        # A trust policy must allow in any case (single-account page: "IAM role trust policies … are exceptions").
        if not forms:
            return "trust"
    if not principal.account or (trust and principal.kind == "federated"):
        # Nobody but the resource's owner speaks for a service, an anonymous caller or an identity provider's user.
        return None if "direct" in forms else ("trust" if trust else "resource")
    if not same_account(asked):
        # Both accounts must allow: "reference_policies_evaluation-logic-cross-account.html".
        return _identity_side(asked, policies, found) or (None if forms else "resource")
    if principal.kind == "root" or "direct" in forms:
        # A grant to the user, to the session or to everyone is not limited by implicit denies elsewhere; the root user
        # has full access to its own account.
        return None
    if "role" in forms or "user" in forms:
        # A grant to the role's ARN (or to the user who federated) is, by a boundary or a session policy.
        return _caps(policies, found)
    # A grant to the account only lets the account's own policies decide.
    return _identity_side(asked, policies, found)


_NONE: frozenset[Form] = frozenset()


def _grants(asked: Asked, policies: PolicySet, found: Found) -> list[tuple[Row, Form]]:
    """What the resource's own policy grants.

    With RestrictPublicBuckets a public bucket policy grants only to "AWS service principals and authorized users
    within the bucket owner's account"; access of other accounts is blocked "including non-public delegation to specific
    accounts" (S3 User Guide, access-control-block-public-access.html).
    """
    if not policies.block_public_access.restrict_public_buckets or not asked.action.startswith("s3:"):
        return found.granted
    principal, attached = asked.request.principal, policies.resource
    insider = principal.kind == "service" or (bool(principal.account) and same_account(asked))
    return found.granted if insider or attached is None or not is_public(attached.policy) else []


def same_account(asked: Asked) -> bool:
    return asked.request.resource_account in ("", asked.request.principal.account)


def _identity_side(asked: Asked, policies: PolicySet, found: Found) -> DecidedBy | None:
    principal = asked.request.principal
    if principal.kind == "root":
        return None
    if not found.allowing("identity"):
        return "identity"
    if principal.kind == "federated" and not policies.sessions:
        # STS API Reference, GetFederationToken: without a session policy "the resulting federated user session has no
        # permissions", except by a resource-based policy.
        return "session"
    return _caps(policies, found)


def _caps(policies: PolicySet, found: Found) -> DecidedBy | None:
    if policies.boundary is not None and not found.allowing("boundary"):
        return "boundary"
    # Several session policies count as one set, as several identity-based policies do. The page "Session policies"
    # (access_policies.html#policies_session) speaks of "the session policies" together and is silent beyond that.
    if policies.sessions and not found.allowing("session"):
        return "session"
    return None


def _allowed(asked: Asked, policies: PolicySet, found: Found) -> Decision:
    """The Allow that decided: of the resource's policy if that alone suffices, of the caller's, or of both."""
    granted = _grants(asked, policies, found)
    if len(granted) > 1:
        granted = sorted(granted, key=lambda grant: grant[0].number)
    identity = [row.ref for row in sorted(found.allowing("identity"), key=_place)]
    trust = policies.resource is not None and policies.resource.policy.kind == "trust"
    principal, same = asked.request.principal, same_account(asked)
    if principal.kind == "root" and same:
        return Decision("allowed", "root")
    if same or not principal.account or (trust and principal.kind == "federated"):
        alone = tuple(row.ref for row, form in granted if form != "account")
        if alone:
            return Decision("allowed", "trust" if trust else "resource", alone)
        if not trust:
            return Decision("allowed", "identity", tuple(identity))
    # Two yeses were needed: that of the caller's account and that of the resource's owner.
    both = (*identity, *(row.ref for row, _ in granted))
    return Decision("allowed", "trust" if trust else "resource", both)


def doubt_about(row: Row, asked: Asked) -> str:
    """One plain sentence: what could not be decided about a statement, and what the engine did instead."""
    statement = row.compiled.statement
    what = f"Statement {statement.index + 1} of `{row.attached.name}`"
    so = "so what it may deny is denied" if row.compiled.denies else "so its Allow grants nothing"
    if not row.compiled.sound:
        problem = row.attached.policy.problems[0]
        return f"{what} stands in a malformed document (line {problem.line}: {problem.message}), {so}."
    return f"{what}: {'; '.join(uncertainties(row, asked)) or 'it cannot be decided'}, {so}."


def uncertainties(row: Row, asked: Asked) -> list[str]:
    """Which parts of a well-formed statement cannot be decided, in plain words."""
    found: list[str] = []
    if principal_matches(row.compiled, asked)[0] is None:
        if row.compiled.statement.not_principal is not None:
            found.append("NotPrincipal names the caller but not its account and role as well, and AWS may then deny it")
        else:
            found.append("whether a canonical user ID means the caller cannot be told")
    if resource_matches(row.compiled, asked) is None:
        found.append("a variable in its resource is malformed or has no value")
    for condition in row.compiled.conditions:
        if condition.holds(asked.context) is None:
            source = condition.source
            found.append(f"the condition `{source.operator}` on `{source.key}` cannot be decided for this request")
    return found
