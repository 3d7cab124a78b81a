"""Findings on the ARNs of Resource and NotResource, against the ARN formats of the service authorization reference.

A wildcard or a variable may be anything, so only what is written out is judged.
"""

from __future__ import annotations

import re

from iamconsole.policy import reference

from .facts import RESOURCE_TYPES, UNLISTED_RESOURCES, WITHOUT_ACCOUNT, regions
from .report import Part, Report

_ACCOUNT = re.compile(r"[0-9]{12}")
# Accounts that are none: AWS's managed policies and CloudFront's identities.
_NAMED_ACCOUNTS = frozenset({"aws", "cloudfront"})
# "Bucket names can consist only of lowercase letters, numbers, periods, and hyphens"; the oldest may have uppercase
# letters and underscores, too (Amazon S3 User Guide, "General purpose bucket naming rules").
_BUCKET = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST = 2048  # no ARN is longer; what is, is compared with nothing


def of_statement(part: Part, report: Report) -> None:
    for resource, path in part.resources():
        parts = resource.split(":", 5)
        if len(parts) == 6 and len(resource) <= _LONGEST:
            _of_arn(parts, path, report)


def _of_arn(parts: list[str], path: str, report: Report) -> None:
    _, _, vendor, region, account, resource = parts
    if _open(vendor):
        return
    templates = reference.arn_templates().get(vendor)
    if templates is None:
        if vendor != vendor.lower() and _known(vendor.lower()):
            report.add("INVALID_ARN_SERVICE_CASE", path, service=vendor)
        elif not _known(vendor):
            report.add("INVALID_SERVICE", path, service=vendor)
        return
    if report.kind == "resource" and vendor != "s3":
        report.add("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", path, resourceType=RESOURCE_TYPES["resource"])
        return
    if account and not _open(account) and account not in _NAMED_ACCOUNTS and not _ACCOUNT.fullmatch(account):
        report.add("INVALID_ARN_ACCOUNT", path, account=account)
    if region and not _open(region) and region not in regions():
        report.add("INVALID_ARN_REGION", path, region=region)
    if not report.afford(len(templates)):
        return
    written = reference.WrittenArn(resource)
    fitting = [template for template in templates if template.may_be(written)]
    if vendor == "s3" and not region and not account and not _BUCKET.fullmatch(written.first.partition("/")[0]):
        report.add("INVALID_ARN_RESOURCE", path)  # such as a placeholder that was left: arn:aws:s3:::<bucket-name>
    elif not fitting:
        if not _is_unlisted(vendor, resource, templates):
            report.add("INVALID_ARN_RESOURCE", path)
    elif region and not _open(region) and not any(template.region for template in fitting):
        report.add("ARN_REGION_NOT_ALLOWED", path, service=vendor)
    elif account and not _open(account) and not any(template.account for template in fitting):
        report.add("ARN_ACCOUNT_NOT_ALLOWED", path, service=vendor)
    elif not region and all(template.region for template in fitting):
        report.add("MISSING_ARN_REGION", path, service=vendor)
    elif not account and vendor not in WITHOUT_ACCOUNT and all(template.account for template in fitting):
        report.add("MISSING_ARN_ACCOUNT", path, resourceName=fitting[0].name if len(fitting) == 1 else resource)


def _is_unlisted(vendor: str, resource: str, templates: tuple[reference.ArnTemplate, ...]) -> bool:
    """Resources that exist although no format fits: known ones, and collections of REST services (`/workspaces`)."""
    if resource.startswith(UNLISTED_RESOURCES.get(vendor, ())):
        return True
    return resource.startswith("/") and any(template.resource.startswith(f"{resource}/") for template in templates)


def _known(vendor: str) -> bool:
    return vendor in reference.services() or vendor in reference.arn_templates()


def _open(text: str) -> bool:
    return "*" in text or "?" in text or "${" in text
