"""Findings on role trust policies: who may assume the role, by which action, and for OIDC providers under which claims.

Besides the check reference: IAM User Guide, "Create a role for OpenID Connect federation"
(id_roles_create_for-idp_oidc.html) and "Trust model in IAM Roles Anywhere" (rolesanywhere, trust-model.html).
"""

from __future__ import annotations

import re

from iamconsole.policy.match import matches

from .facts import STS_KEY_ACTIONS
from .report import Part, Report

_ACTION_OF = {"saml": "sts:assumerolewithsaml", "oidc": "sts:assumerolewithwebidentity", "": "sts:assumerole"}
_NAMES = {
    "sts:assumerole": "sts:AssumeRole",
    "sts:assumerolewithsaml": "sts:AssumeRoleWithSAML",
    "sts:assumerolewithwebidentity": "sts:AssumeRoleWithWebIdentity",
}
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(saml|oidc)-provider/(.+)")
_DOMAIN = re.compile(r"[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++")
_ROLE = re.compile(r"arn:([a-z-]+):iam::([0-9]{12}):role/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/.+")
_GITHUB = "token.actions.githubusercontent.com"
# `repo:OWNER/NAME:ref:refs/heads/BRANCH`: a repository and a branch.
_BRANCH = re.compile(r"repo:[^*?]+/[^*?]+:ref:refs/heads/[^*?]+")
_ANYWHERE = "rolesanywhere.amazonaws.com"
_ANYWHERE_ACTIONS = ("sts:assumerole", "sts:setsourceidentity", "sts:tagsession")


def of_statement(part: Part, report: Report) -> None:
    if report.kind != "trust":
        return
    if part.statement.principal == (("AWS", "*"),) and not report.has(f"{part.path}.Principal.AWS"):
        report.add("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL", f"{part.path}.Principal")
    providers = _providers(part, report)
    _redundant(part, report)
    if part.allows:
        _actions(part, providers, report)
        _companions(part, report)
        _claims(part, [host for kind, host, _, _ in providers if kind == "oidc"], report)


def _providers(part: Part, report: Report) -> list[tuple[str, str, str, str]]:
    """Every principal as kind ("saml", "oidc" or neither), host of the provider, value and path."""
    found = []
    for kind, value, path in part.principals():
        provider = _PROVIDER.fullmatch(value)
        if kind != "Federated":
            found.append(("", "", value, path))
        elif provider:
            found.append((provider[1], provider[2], value, path))
        elif _DOMAIN.fullmatch(value):
            found.append(("oidc", value, value, path))
        else:
            report.add("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", path)
    return found


def _actions(part: Part, principals: list[tuple[str, str, str, str]], report: Report) -> None:
    """Each AssumeRole… action fits some kind of principal; sts:TagSession and the like fit all."""
    for action, path in part.actions():
        lower = action.lower()
        if lower in _NAMES:
            unfit = [value for kind, _, value, _ in principals if _ACTION_OF[kind] != lower]
            if unfit:
                names = ", ".join(unfit)
                report.add("MISMATCHED_ACTION_FOR_PRINCIPAL", path, actionName=_NAMES[lower], principalNames=names)


def _companions(part: Part, report: Report) -> None:
    """Conditions on what only sts:SetSourceIdentity or sts:TagSession can set."""
    written = [action.lower() for action in part.statement.action or ()]
    if not any(action in _NAMES for action in written):
        return
    for condition in part.statement.conditions:
        key = condition.key.lower()
        needed = STS_KEY_ACTIONS.get(key) or STS_KEY_ACTIONS.get(key.partition("/")[0] + "/")
        if needed and not any(matches(action, needed.lower()) for action in written):
            path = part.condition_path(condition)
            report.add("MISSING_ACTION_FOR_CONDITION_KEY", path, actionName=needed, keyName=condition.key)


def _claims(part: Part, hosts: list[str], report: Report) -> None:
    conditions = part.statement.conditions
    for host in dict.fromkeys(hosts):
        path = f"{part.path}.Principal"
        own = [each for each in conditions if each.key.lower().startswith(f"{host.lower()}:")]
        if not own:
            report.add("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL", path)
        for condition in own:
            if condition.key.lower() == f"{host.lower()}:aud":
                place = part.condition_path(condition)
                if condition.operator.startswith("ForAnyValue:"):
                    report.add("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", place, key=condition.key)
                report.add("CONFIRM_AUDIENCE_CLAIM_TYPE", place)
        if host == _GITHUB:
            _github(part, path, report)


def _github(part: Part, path: str, report: Report) -> None:
    subjects = [each for each in part.statement.conditions if each.key.lower() == f"{_GITHUB}:sub"]
    if not subjects:
        report.add("MISSING_GITHUB_REPO_CONDITION_KEY", path)
    branch_apart = f"{_GITHUB}:ref" in part.keys
    for condition in subjects:
        for value, place in part.condition_values(condition):
            wild = "*" in value or "?" in value
            if wild or not (branch_apart or _BRANCH.fullmatch(value)):
                report.add("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", place)


def _redundant(part: Part, report: Report) -> None:
    """A session of a role that is itself a principal. The roles are looked up, not compared with each other."""
    roles = {
        hit.groups(): value for kind, value, _ in part.principals() if kind == "AWS" and (hit := _ROLE.fullmatch(value))
    }
    for kind, value, path in part.principals():
        session = _SESSION.fullmatch(value) if kind == "AWS" else None
        if session and session.groups() in roles:
            parent = roles[session.groups()]
            code = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"
            report.add(code, path, redundant_principal=value, parent_role=parent)


def of_policy(report: Report) -> None:
    """IAM Roles Anywhere needs three actions, in whichever statements."""
    if report.kind != "trust":
        return
    parts = [part for part in report.statements() if part.allows and _trusts_anywhere(part)]
    if not parts or not all(part.statement.action for part in parts):
        return  # with NotAction, or with actions that cannot be read, it is not said which are missing
    written = [action.lower() for part in parts for action in part.statement.action or ()]
    if not all(any(matches(action, needed) for action in written) for needed in _ANYWHERE_ACTIONS):
        report.add("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", f"{parts[0].path}.Action")


def _trusts_anywhere(part: Part) -> bool:
    return ("Service", _ANYWHERE) in (part.statement.principal or ())
