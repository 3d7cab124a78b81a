"""Findings on actions: those that do not exist, and those that give away roles."""

from __future__ import annotations

from iamconsole.policy import reference
from iamconsole.policy.applicable import Applicable, Arn, Resources
from iamconsole.policy.match import matches

from .facts import IDENTITY, RESOURCE_TYPES
from .report import Part, Report

_SUGGESTION = 2000  # what the search for a similar name costs, in comparisons


def of_statement(part: Part, report: Report) -> None:
    reach = _Reach(part, report)
    for action, path in part.actions():
        if "${" not in action:  # `variables` says what is wrong with it
            _of_action(action, path, reach, report)


def _of_action(action: str, path: str, reach: _Reach, report: Report) -> None:
    vendor, colon, name = action.partition(":")
    service, pattern = vendor.lower(), name.lower()
    if not colon or service == "*":
        return
    if "*" in service or "?" in service:
        report.add("WILDCARD_IN_SERVICE_NAME", path)
        return
    if service not in reference.services():
        meant = reference.closest(service, reference.services()) if report.afford(_SUGGESTION) else ""
        report.add("INVALID_SERVICE_IN_ACTION", path, service=vendor, service2=meant, meant=meant)
        return
    if report.kind == "resource" and not _of_bucket(service, pattern):
        report.add("UNSUPPORTED_ACTION_IN_POLICY", path, action=action, resourceType=RESOURCE_TYPES["resource"])
        return
    known = reference.actions(service)
    wild = "*" in pattern or "?" in pattern
    if not wild and pattern in known:
        reach.check(action, service, pattern, path)
        return
    if wild and (not report.afford(reference.lookup_cost(service, pattern)) or reference.is_known(service, pattern)):
        return
    close = reference.closest(pattern, known) if report.afford(_SUGGESTION) else ""
    meant = f"{service}:{known[close][0]}" if close else ""
    report.add("INVALID_ACTION", path, action=action, valid_action=meant, meant=meant)


def _of_bucket(service: str, name: str) -> bool:
    """Whether a bucket policy can hold the action: S3's own, on a bucket or an object.

    An action of S3 that does not exist is left to "Invalid action".
    """
    if service != "s3":
        return False
    if name not in reference.actions("s3"):
        return True
    return not {"bucket", "object"}.isdisjoint(reference.action("s3", name).resource_types)


class _Reach:
    """Whether the ARNs of a statement can be resources of its actions; a statement on `*` reaches everything."""

    def __init__(self, part: Part, report: Report) -> None:
        self.report = report
        resources = part.statement.resource
        judged = report.kind in IDENTITY and part.allows and resources
        self.resources = Resources(resources or ("*",)) if judged else Resources(("*",))
        self.by_service: dict[str, Applicable] = {}

    def check(self, action: str, service: str, name: str, path: str) -> None:
        """An action that the statement's resources do not fit is not allowed by it."""
        if self.resources.everything or self.resources.unknown:
            return
        types = reference.action(service, name).resource_types
        if not types:
            self.report.add("ACTION_WITHOUT_RESOURCE_LEVEL_PERMISSIONS", path, action=action)
            return
        if service not in self.by_service:
            self.by_service[service] = Applicable(service, self.resources.of(service))
        applicable = self.by_service[service]
        may = self.report.afford(len(types) * len(applicable.arns))
        if may and not applicable.to(types) and all(self._is_understood(arn) for arn in applicable.arns):
            self.report.add("ACTION_WITHOUT_APPLICABLE_RESOURCE", path, action=action)

    def _is_understood(self, arn: Arn) -> bool:
        """Whether the reference has any format for an ARN; of others it cannot be said what is done to them."""
        templates = reference.arn_templates().get(arn.vendor, ())
        return self.report.afford(len(templates)) and any(each.may_be(arn.written) for each in templates)


_PASS_ROLE, _CREATE_SLR = "PASS_ROLE_WITH_", "CREATE_SLR_WITH_"
# Probes: a role that nobody would name in a policy. A pattern that covers it covers (nearly) every role.
_ANY_ROLE = "role/q7z3x-unheard-of"
_ANY_SERVICE_ROLE = "role/aws-service-role/q7z3x.amazonaws.com/AWSServiceRoleForQ7z3x"


def of_roles(part: Part, report: Report) -> None:
    """Statements that let their holder pass any role, or create any service-linked role.

    AWS's managed policies with `iam:AWSServiceName` in the condition are not among those that the reference lists for
    "Create SLR …", so that key limits the action as `iam:PassedToService` limits the other.
    """
    if report.kind in IDENTITY and part.allows:
        _give_away(part, report, _PASS_ROLE, "iam:passrole", "iam:passedtoservice", _ANY_ROLE)
        _give_away(part, report, _CREATE_SLR, "iam:createservicelinkedrole", "iam:awsservicename", _ANY_SERVICE_ROLE)


def _give_away(part: Part, report: Report, family: str, action: str, limit: str, role: str) -> None:
    statement = part.statement
    written = [each.lower() for each in statement.action or statement.not_action or ()]
    if not written or not report.afford(len(written)):
        return
    covered = any(matches(each, action) for each in written)
    if statement.not_action is not None:
        if covered:
            return
        how = "NOT_ACTION"
    elif covered:
        how = "" if action in written else "STAR_IN_ACTION"
    else:
        return
    if statement.not_resource:
        where = "NOT_RESOURCE"
    elif limit not in part.keys and any(_covers(resource, role) for resource in statement.resource or ()):
        where = "STAR_IN_RESOURCE"
    else:
        return
    element = "NotAction" if how == "NOT_ACTION" else "Action"
    report.add(family + _HOW[how, where], f"{part.path}.{element}")


_HOW = {
    ("", "NOT_RESOURCE"): "NOT_RESOURCE",
    ("STAR_IN_ACTION", "NOT_RESOURCE"): "STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("NOT_ACTION", "NOT_RESOURCE"): "NOT_ACTION_AND_NOT_RESOURCE",
    ("", "STAR_IN_RESOURCE"): "STAR_IN_RESOURCE",
    ("STAR_IN_ACTION", "STAR_IN_RESOURCE"): "STAR_IN_ACTION_AND_RESOURCE",
    ("NOT_ACTION", "STAR_IN_RESOURCE"): "STAR_IN_RESOURCE_AND_NOT_ACTION",
}


def _covers(resource: str, role: str) -> bool:
    """Whether a Resource covers any role, of at least one account."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return resource.endswith("*") and matches(resource, f"arn:aws:iam::123456789012:{role}")
    return parts[2] == "iam" and matches(parts[5], role)
