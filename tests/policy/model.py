"""AWS's evaluation flow once more, as slowly and plainly as it can be said.

It reads the documents themselves, never what the engine made of them, and shares nothing with the engine but the plain
values that go in. It is asked every case of the truth tables and whatever Hypothesis thinks of. An answer is True,
False or None; None is what cannot be decided: an Allow then grants nothing, and a Deny denies.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from iamconsole.policy import AttachedPolicy, PolicySet, Principal, Request

Maybe = bool | None
Token = tuple[str, bool]  # a character, and whether it is a wildcard
Context = dict[str, list[str]]


def every(answers: Iterable[Maybe]) -> Maybe:
    answers = list(answers)
    return False if False in answers else None if None in answers else True


def some(answers: Iterable[Maybe]) -> Maybe:
    answers = list(answers)
    return True if True in answers else None if None in answers else False


def opposite(answer: Maybe) -> Maybe:
    return None if answer is None else not answer


# ------------------------------------------------------------------------------------------------ the flow

# "RCPs apply to actions for the following AWS services" (Organizations User Guide, orgs_manage_policies_rcps.html).
RCP_SERVICES = """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch cloudtrail-data
    codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
    compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health
    inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
    personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support
    swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray
    """
LINKED = ":role/aws-service-role/"


def plain_decision(request: Request, policies: PolicySet) -> tuple[str, str]:
    """The outcome, and the policy type at which it fell."""
    me, action = request.principal, request.action.lower()
    if not re.fullmatch(r"[^:*?]+:[^:*?]+", action):
        return "implicit_deny", "none"
    if action in ("sts:getcalleridentity", "sts:getsessiontoken") and me.kind != "anonymous":
        return "allowed", "none"

    linked = LINKED in me.role_arn
    own_account = me.account and not (me.kind == "federated" and ":federated-user/" not in me.arn)
    same_account = own_account and request.resource_account in ("", me.account)
    trust = policies.resource is not None and policies.resource.policy.kind == "trust"
    theirs = "trust" if trust else "resource"
    repairs = action in ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")

    # Which policies apply at all.
    scps = policies.scps if own_account and not linked else ()
    rcps = policies.rcps if action.split(":")[0] in RCP_SERVICES.split() and action != "kms:retiregrant" else ()
    if linked or (trust and LINKED in request.resource):
        rcps = ()
    resource = () if policies.resource is None else (policies.resource,)
    boundary = () if policies.boundary is None else (policies.boundary,)

    def ask(attached: Iterable[AttachedPolicy]) -> tuple[list[Maybe], set[str]]:
        return answers(attached, request, bounded=policies.boundary is not None)

    asked = {
        "scp": ask(each for level in scps for each in level),
        "rcp": ask(each for level in rcps for each in level),
        theirs: ask(resource),
        "identity": ask(policies.identity),
        "boundary": ask(boundary),
        "session": ask(policies.sessions),
        "endpoint": ask(policies.endpoints),
    }
    forms = asked[theirs][1]

    # 1. An explicit deny anywhere. (The owner's root user may always repair a bucket's policy.)
    for certainty in (True, None):
        for step, (denies, _) in asked.items():
            if certainty in denies and not (step == "resource" and me.kind == "root" and same_account and repairs):
                return "explicit_deny", step

    # S3 shuts a bucket with a public policy to strangers: "Any denial resulting from the RestrictPublicBuckets setting
    # is explicit", and reads as one of the bucket's policy.
    stranger = me.kind != "service" and not same_account
    restricted = policies.block_public_access.restrict_public_buckets and action.startswith("s3:")
    if restricted and stranger and resource and public(read(policies.resource.policy.text)):
        return "explicit_deny", "resource"

    # 2. Every level of the organization must allow.
    if not all(ask(level)[1] for level in scps):
        return "implicit_deny", "scp"

    # 3. What the owner of the resource says, and what the caller's own account says.
    def caller_side() -> str:
        if me.kind == "root":
            return ""
        if not asked["identity"][1]:
            return "identity"
        if me.kind == "federated" and not policies.sessions:
            return "session"
        return limits()

    def limits() -> str:
        if boundary and not asked["boundary"][1]:
            return "boundary"
        return "session" if policies.sessions and not asked["session"][1] else ""

    if trust and me.kind == "root" and action == "sts:assumerole":
        return "implicit_deny", "root"
    if trust and not forms:
        return "implicit_deny", "trust"
    if not own_account:
        refused, allowed_by = ("" if "direct" in forms else theirs), theirs
    elif not same_account:
        refused, allowed_by = caller_side() or ("" if forms else "resource"), theirs
    elif action.startswith("kms:") and resource and not forms:
        refused, allowed_by = theirs, theirs  # a key's policy must allow, if only the account
    elif me.kind == "root":
        refused, allowed_by = "", "root"
    elif trust and me.kind in ("role", "role_session") and action == "sts:setsourceidentity":
        refused, allowed_by = caller_side(), theirs  # role chaining: both policies must allow it
    elif "direct" in forms:
        # A boundary does limit who is named in a trust policy.
        refused, allowed_by = "boundary" if trust and boundary and not asked["boundary"][1] else "", theirs
    elif forms & {"role", "user"}:
        bare = me.kind == "federated" and not policies.sessions  # only a policy that names the session itself helps
        refused, allowed_by = "session" if bare else limits(), theirs
    else:
        refused, allowed_by = caller_side(), "trust" if trust else "identity"
    if refused:
        return "implicit_deny", refused

    # 4. The endpoint that the request came through.
    if not all(ask((each,))[1] for each in policies.endpoints):
        return "implicit_deny", "endpoint"
    return "allowed", allowed_by


def answers(attached: Iterable[AttachedPolicy], request: Request, *, bounded: bool) -> tuple[list[Maybe], set[str]]:
    """Every statement's verdict that denies or may deny, and the forms in which statements allow."""
    denies: list[Maybe] = []
    forms = set()
    for each in attached:
        document = read(each.policy.text)
        sound = well_formed(document, each.policy.kind)
        for statement in statements_of(document):
            form, verdict = covered(statement, each.policy.kind, request, document, bounded)
            if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
                denies.append(None if verdict is not False else False)
            elif statement["Effect"] == "Deny":
                denies.append(verdict)
            elif verdict and sound:
                forms.add(form)
    return denies, forms


# ------------------------------------------------------------------------------------------------ documents


def read(text: str) -> Any:
    """The document, or None if it is no JSON or says something twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements_of(document: Any) -> list[Any]:
    if not isinstance(document, dict) or "Statement" not in document:
        return [None]  # whatever it was meant to say
    return listed(document["Statement"])


def well_formed(document: Any, kind: str) -> bool:
    if not isinstance(document, dict) or not set(document) <= {"Version", "Id", "Statement"}:
        return False
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        return False
    statements = statements_of(document)
    sids = [each.get("Sid") for each in statements if isinstance(each, dict) and each.get("Sid")]
    return len(sids) == len(set(sids)) and all(statement_well_formed(each, kind) for each in statements)


def statement_well_formed(statement: Any, kind: str) -> bool:
    with_principal = kind in ("resource", "trust", "rcp", "endpoint")
    names = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}
    if not isinstance(statement, dict) or not set(statement) <= names | {"Condition"}:
        return False
    if not with_principal and not re.fullmatch("[A-Za-z0-9]*", str(statement.get("Sid", ""))):
        return False

    def exactly_one(*elements: str) -> bool:
        return len([element for element in elements if element in statement]) == 1

    return (
        statement.get("Effect") in ("Allow", "Deny")
        and exactly_one("Action", "NotAction")
        and (kind == "trust" or exactly_one("Resource", "NotResource"))
        and not any(
            re.match(r"[^:]*:[^:]*:[^:]*[*?]", pattern)  # "You can't use a wildcard in the service segment"
            for pattern in listed(statement.get("Resource", statement.get("NotResource", [])))
            if isinstance(pattern, str)
        )
        and exactly_one("Principal", "NotPrincipal") is with_principal
        and ("Principal" in statement or "NotPrincipal" in statement) is with_principal
        and all(principal_well_formed(statement[each]) for each in ("Principal", "NotPrincipal") if each in statement)
        and conditions_well_formed(statement.get("Condition", {}))
    )


def principal_well_formed(element: Any) -> bool:
    if element == "*":
        return True
    if not isinstance(element, dict) or not set(element) <= {"AWS", "Service", "Federated", "CanonicalUser"}:
        return False
    for kind, values in element.items():
        for value in listed(values):
            if not isinstance(value, str) or not value:
                return False
            if re.search(r"[*?]|:group/", value) and (kind, value) != ("AWS", "*"):
                return False  # "You cannot use a wildcard to match part of a principal name", nor name a group
    return True


def conditions_well_formed(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    return all(taken_apart(operator) is not None and isinstance(keys, dict) for operator, keys in block.items())


# ------------------------------------------------------------------------------------------------ statements


def covered(statement: Any, kind: str, request: Request, document: Any, bounded: bool) -> tuple[str, Maybe]:
    """Whether a statement covers a request, and how it names the caller."""
    if not isinstance(statement, dict):
        return "direct", None
    variables = isinstance(document, dict) and document.get("Version") == "2012-10-17"
    context = {
        key.lower(): [value] if isinstance(value, str) else list(value) for key, value in request.context.items()
    }
    form, who = named(statement, kind, request.principal, bounded)
    parts = [
        who,
        action_covered(statement, request.action),
        resource_covered(statement, kind, request.resource, context, variables),
        conditions_hold(statement.get("Condition", {}), context, variables),
    ]
    return form, every(parts)


def action_covered(statement: dict[str, Any], action: str) -> Maybe:
    if ("Action" in statement) is ("NotAction" in statement):
        return None
    patterns = listed(statement.get("Action", statement.get("NotAction")))
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        return None
    hit = any(fits(tokens_of(pattern.lower()), action.lower()) for pattern in patterns)
    return hit if "Action" in statement else not hit


def resource_covered(statement: dict[str, Any], kind: str, resource: str, context: Context, variables: bool) -> Maybe:
    if "Resource" not in statement and "NotResource" not in statement:
        return True if kind == "trust" else None  # a trust policy is about the role that it hangs on
    if "Resource" in statement and "NotResource" in statement:
        return None
    patterns = listed(statement.get("Resource", statement.get("NotResource")))
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        return None
    negated = "NotResource" in statement
    hit = some(resource_fits(pattern, resource, context, variables, negated) for pattern in patterns)
    return opposite(hit) if negated else hit


def resource_fits(pattern: str, resource: str, context: Context, variables: bool, negated: bool) -> Maybe:
    if variables and "${" in ":".join(pattern.split(":")[:5]):
        return None  # "You can't use a variable to replace parts of the ARN before the fifth colon"
    filled = fill(pattern, context) if variables else tokens_of(pattern)
    if filled is None:
        return None
    if filled is UNKNOWN:
        return None if negated else False
    return fits(filled, resource, segments=True)


def named(statement: dict[str, Any], kind: str, me: Principal, bounded: bool) -> tuple[str, Maybe]:
    """How a statement names the caller: directly, as role, as the user who federated, or as account."""
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return "direct", None if kind in ("resource", "trust", "rcp", "endpoint") else True
    element = statement.get("Principal", statement.get("NotPrincipal"))
    if element == "*":
        element = {"AWS": "*"}
    if not principal_well_formed(element):
        return "direct", None
    hits = set()
    for group, values in element.items():
        for value in listed(values):
            hits.add(form_of(group, value, me))
    hits.discard("")
    in_doubt = "canonical" in hits
    hits.discard("canonical")
    forms = [form for form in ("direct", "role", "user", "account") if form in hits]
    if "Principal" in statement:
        return (forms[0], True) if forms else ("direct", None if in_doubt else False)
    if statement.get("Effect") == "Allow":
        return "direct", None if in_doubt and not hits else not hits
    return "direct", excluded(hits, me, bounded, in_doubt)


def excluded(hits: set[str], me: Principal, bounded: bool, in_doubt: bool) -> Maybe:
    """Whether a Deny with NotPrincipal reaches the caller: it is spared when named with all it stands for."""
    if bounded and me.account:
        return True
    needed = (
        {"account"} if me.account and ":saml-provider/" not in me.arn and ":oidc-provider/" not in me.arn else set()
    )
    needed |= {"root": set(), "role": {"role"}, "role_session": {"direct", "role"}}.get(me.kind, {"direct"})
    if needed <= hits or "everyone" in hits:
        return False
    return None if in_doubt or hits - {"account"} else True


def form_of(group: str, value: str, me: Principal) -> str:
    provider = me.kind == "federated" and ":federated-user/" not in me.arn
    if group == "CanonicalUser":
        return "canonical"
    if group == "Service":
        return "direct" if me.kind == "service" and value == me.name else ""
    if group == "Federated":
        return "direct" if provider and value == (me.arn or me.name) else ""
    if value == "*":
        return "direct"
    if me.kind in ("service", "anonymous"):
        return ""
    if value in (me.account, f"arn:aws:iam::{me.account}:root"):
        return "account"
    if provider:
        return ""
    own_id, _, session = me.unique_id.partition(":")
    if me.kind == "user":
        return "direct" if value in (me.arn, me.unique_id) else ""
    if me.kind == "federated":
        return "direct" if value == me.arn else "user" if value and value in (me.user_arn, me.user_id) else ""
    if me.kind in ("role", "role_session"):
        if me.kind == "role_session" and value in (me.arn, me.unique_id if session else ""):
            return "direct"
        return "role" if value in (me.role_arn, own_id) and value else ""
    return ""


# ------------------------------------------------------------------------------------------------ S3's "public"

FIXED_KEYS = """
    aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths aws:sourceaccount aws:sourcearn
    aws:sourceowner aws:sourcevpc aws:sourcevpce aws:userid s3:dataaccesspointaccount s3:dataaccesspointarn
    s3:x-amz-server-side-encryption-aws-kms-key-id
    """


def public(document: Any) -> bool:
    """Whether a bucket policy is public: S3 "begins by assuming that the policy is public" and looks for limits."""
    if not well_formed(document, "resource"):
        return True
    return any(each["Effect"] == "Allow" and not limited(each) for each in statements_of(document))


def limited(statement: dict[str, Any]) -> bool:
    who = statement.get("Principal", "*")
    who = {"AWS": "*"} if who == "*" else who
    if "Federated" not in who and all("*" not in listed(values) for values in who.values()):
        return True
    for operator, keys in statement.get("Condition", {}).items():
        quantifier, name, if_exists = taken_apart(operator) or ("", "", False)
        if if_exists or quantifier == "ForAllValues" or name in NEGATED:
            continue  # these hold for strangers too
        for key, values in keys.items():
            texts = [str(value) for value in listed(values)]
            if texts and all(fixed(name, key.lower(), text) for text in texts):
                return True
    return False


def fixed(operator: str, key: str, value: str) -> bool:
    if key == "aws:sourceip" and operator == "IpAddress":
        try:
            network = cidr(value)
        except ValueError:
            return False
        return network.prefixlen >= {4: 8, 6: 32}[network.version]
    if key == "s3:dataaccesspointarn":
        value = ":".join(value.split(":")[:5])  # the name of the access point may be a wildcard, the account not
    if key == "aws:userid":
        value = value.removesuffix(":*")
    return key in FIXED_KEYS.split() and operator.startswith(("String", "Arn")) and not re.search(r"[*?]|\$\{", value)


# ------------------------------------------------------------------------------------------------ wildcards, variables


class Unknown(list[Token]):
    """A pattern with a variable that has no value."""


UNKNOWN = Unknown()


def tokens_of(pattern: str) -> list[Token]:
    return [(character, character in "*?") for character in pattern]


def fill(pattern: str, context: Context) -> list[Token] | None:
    """The pattern with its variables' values as plain text; UNKNOWN without a value, None if it is malformed."""
    tokens: list[Token] = []
    missing = False
    while pattern:
        before, opening, rest = pattern.partition("${")
        tokens += tokens_of(before)
        if not opening:
            break
        inside, closing, pattern = rest.partition("}")
        known = re.fullmatch(r"([^\s,'{}$*?][^,'{}]*?)(?:, ?'([^']*)')?", inside)
        if not closing or (inside not in ("*", "?", "$") and not known):
            return None
        if inside in ("*", "?", "$"):
            tokens.append((inside, False))
            continue
        values = context.get(known[1].lower(), [])
        value = values[0] if len(values) == 1 else known[2]
        if value is None:
            missing = True
        else:
            tokens += [(character, False) for character in value]
    return UNKNOWN if missing else tokens


def fits(pattern: list[Token], text: str, *, segments: bool = False) -> bool:
    """Whether the pattern covers the whole text.

    With `segments`, before the fifth colon a wildcard stops at colons, but a star that ends its segment does not.
    """
    reached = {0}
    colons = 0
    for at, (character, wild) in enumerate(pattern):
        ends = at + 1 == len(pattern) or pattern[at + 1][0] == ":"
        stops = segments and colons < min(5, sum(token == (":", False) for token in pattern))
        stops = stops and not (character == "*" and ends)
        if wild and character == "*":
            for start in sorted(reached):
                end = start
                while end < len(text) and not (stops and text[end] == ":"):
                    end += 1
                    reached.add(end)
        elif wild:
            reached = {place + 1 for place in reached if place < len(text) and not (stops and text[place] == ":")}
        else:
            reached = {place + 1 for place in reached if place < len(text) and text[place] == character}
            colons += character == ":"
    return len(text) in reached


# ------------------------------------------------------------------------------------------------ conditions


def number(text: str) -> Fraction:
    return Fraction(text)


def moment(text: str) -> datetime:
    if re.fullmatch(r"\d{5,}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    if re.fullmatch(r"\d{4}", text):
        text += "-01"
    if re.fullmatch(r"\d{4}-\d\d", text):
        text += "-01"
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def cidr(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """ "The value must be in the standard CIDR format": digits behind the slash, no mask."""
    if not re.fullmatch("[^/]*(/[0-9]+)?", text):
        raise ValueError
    return ipaddress.ip_network(text, strict=False)


def plain(filled: list[Token]) -> str:
    return "".join(character for character, _ in filled)


def arn_fits(actual: str, filled: list[Token]) -> bool:
    parts: list[list[Token]] = [[]]
    for token in filled:
        if token[0] == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    values = actual.split(":", 5)
    return len(parts) == len(values) == 6 and all(fits(part, value) for part, value in zip(parts, values, strict=True))


def compared(read_as: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> Callable[[str, list[Token]], bool]:
    return lambda actual, filled: test(read_as(actual), read_as(plain(filled)))


TESTS: dict[str, Callable[[str, list[Token]], bool]] = {
    "StringEquals": lambda actual, filled: actual == plain(filled),
    "StringEqualsIgnoreCase": lambda actual, filled: actual.lower() == plain(filled).lower(),
    "StringLike": lambda actual, filled: fits(filled, actual),
    "NumericEquals": compared(number, lambda one, other: one == other),
    "NumericLessThan": compared(number, lambda one, other: one < other),
    "NumericLessThanEquals": compared(number, lambda one, other: one <= other),
    "NumericGreaterThan": compared(number, lambda one, other: one > other),
    "NumericGreaterThanEquals": compared(number, lambda one, other: one >= other),
    "DateEquals": compared(moment, lambda one, other: one == other),
    "DateLessThan": compared(moment, lambda one, other: one < other),
    "DateLessThanEquals": compared(moment, lambda one, other: one <= other),
    "DateGreaterThan": compared(moment, lambda one, other: one > other),
    "DateGreaterThanEquals": compared(moment, lambda one, other: one >= other),
    "Bool": compared(truth, lambda one, other: one is other),
    "BinaryEquals": compared(lambda text: base64.b64decode(text, validate=True), lambda one, other: one == other),
    "IpAddress": lambda actual, filled: ipaddress.ip_address(actual) in cidr(plain(filled)),
    "ArnLike": arn_fits,
}
TESTS["ArnEquals"] = TESTS["ArnLike"]
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def taken_apart(operator: str) -> tuple[str, str, bool] | None:
    """Set operator, operator and whether it ends in IfExists; None if there is no such operator."""
    quantifier, colon, name = operator.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        return None
    if name == "Null":
        return quantifier, name, False
    base = name.removesuffix("IfExists")
    return (quantifier, base, base != name) if base in TESTS or base in NEGATED else None


def conditions_hold(block: Any, context: Context, variables: bool) -> Maybe:
    if not isinstance(block, dict):
        return None
    verdicts: list[Maybe] = []
    for operator, keys in block.items():
        if taken_apart(operator) is None or not isinstance(keys, dict):
            verdicts.append(None)
            continue
        for key, values in keys.items():
            written = [
                str(value).lower() if isinstance(value, bool) else str(value)
                for value in listed(values)
                if isinstance(value, str | int | float)
            ]
            verdicts.append(
                None
                if len(written) < len(listed(values))
                else condition_holds(operator, key, written, context, variables)
            )
    return every(verdicts)


def condition_holds(operator: str, key: str, wanted: list[str], context: Context, variables: bool) -> Maybe:
    quantifier, name, if_exists = taken_apart(operator) or ("", "", False)
    actual = context.get(key.lower(), [])
    if quantifier and actual == [""]:
        actual = []  # "a null data set, such as an empty string"
    negated = name in NEGATED

    def against(value: str) -> Maybe:
        hit = some(one(NEGATED.get(name, name), value, each, context, variables, negated) for each in wanted)
        return opposite(hit) if negated else hit

    if name == "Null":
        if quantifier:
            return quantifier == "ForAllValues"  # "they always return true or false respectively"
        absent = not actual
        return some({"true": absent, "false": not absent}.get(each.lower()) for each in wanted)
    if not actual:
        if if_exists or quantifier == "ForAllValues":
            return True
        return negated and not quantifier
    if quantifier == "ForAllValues":
        return every(against(value) for value in actual)
    if quantifier == "ForAnyValue":
        return some(against(value) for value in actual)
    return against(actual[0]) if len(actual) == 1 else None


def one(test: str, actual: str, wanted: str, context: Context, variables: bool, negated: bool) -> Maybe:
    """One value of the request against one of the policy; None where either cannot be read."""
    replaces = variables and test.startswith(("String", "Arn", "Bool"))
    filled = fill(wanted, context) if replaces else tokens_of(wanted)
    if filled is None:
        return None
    if filled is UNKNOWN:
        return None if negated else False
    try:
        return TESTS[test](actual, filled)
    except (ValueError, KeyError, OverflowError, ZeroDivisionError, binascii.Error):
        return None
