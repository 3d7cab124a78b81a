"""The tables of docs/operations.md and docs/condition-keys.md, made from the gateway's table.

`python -m tests.operations` writes them anew.

`LEFT_OUT` says why an operation of IAM or STS that botocore knows is not here; a test holds it against botocore's
model and the gateway's table, so that neither an operation nor a reason can be forgotten.
"""

from __future__ import annotations

import os
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, KEYS_PAGE = DOCS / "operations.md", DOCS / "condition-keys.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"
SERVICES = {
    "iam": "IAM",
    "sts": "STS",
    "access-analyzer": "IAM Access Analyzer",
    "s3": "Amazon S3",
    "s3control": "Amazon S3 Control",
}
WHOLE = ("iam", "sts")  # the services whose operations are all told of

_ORGANIZATIONS = "AWS Organizations' central root access: there is no organization's management account here"
_DELEGATION = "temporary delegation to a product provider: the product has no providers to delegate to"
_OUTBOUND = "outbound identity federation: nothing outside could be reached with such a token"
_TEMPLATES = (
    "role templates, by which AWS's own services have roles made (Role Manager): there are no such services here"
)
LEFT_OUT: dict[str, str] = {
    "iam:DisableOrganizationsRootCredentialsManagement": _ORGANIZATIONS,
    "iam:DisableOrganizationsRootSessions": _ORGANIZATIONS,
    "iam:EnableOrganizationsRootCredentialsManagement": _ORGANIZATIONS,
    "iam:EnableOrganizationsRootSessions": _ORGANIZATIONS,
    "iam:ListOrganizationsFeatures": _ORGANIZATIONS,
    "iam:AcquireRole": _TEMPLATES,
    "iam:GetRoleTemplateVersion": _TEMPLATES,
    "iam:GetAccountProperties": _TEMPLATES,
    "iam:PutAccountProperties": _TEMPLATES,
    "sts:AssumeRoot": _ORGANIZATIONS,
    "iam:GenerateOrganizationsAccessReport": "a report on an organization: there is none here",
    "iam:GetOrganizationsAccessReport": "a report on an organization: there is none here",
    "iam:DisableOutboundWebIdentityFederation": _OUTBOUND,
    "iam:EnableOutboundWebIdentityFederation": _OUTBOUND,
    "iam:GetOutboundWebIdentityFederationInfo": _OUTBOUND,
    "sts:GetWebIdentityToken": _OUTBOUND,
    "iam:AcceptDelegationRequest": _DELEGATION,
    "iam:AssociateDelegationRequest": _DELEGATION,
    "iam:CreateDelegationRequest": _DELEGATION,
    "iam:GetDelegationRequest": _DELEGATION,
    "iam:GetHumanReadableSummary": _DELEGATION,
    "iam:ListDelegationRequests": _DELEGATION,
    "iam:RejectDelegationRequest": _DELEGATION,
    "iam:SendDelegationToken": _DELEGATION,
    "iam:UpdateDelegationRequest": _DELEGATION,
    "sts:GetDelegatedAccessToken": _DELEGATION,
}


def tables() -> str:
    """The Markdown of all tables. Needs Django to be set up."""
    import botocore.session

    from iamconsole.gateway.table import OPERATIONS

    session = botocore.session.get_session()
    lines = []
    for service, title in SERVICES.items():
        lines += [f"## {title}", "", "| Operation | Decided as | |", "|---|---|---|"]
        here = {name for name, one in OPERATIONS.items() if one.public and one.service == service}
        known = session.get_service_model(service).operation_names if service in WHOLE else ()
        for name in sorted(here | {f"{service}:{name}" for name in known}):
            if name in here:
                operation = OPERATIONS[name]
                kind = ("read" if operation.read_only else "write") + ("" if operation.management else ", data event")
                lines.append(f"| `{name}` | `{operation.checks[0].action}` | {kind} |")
            else:
                lines.append(f"| `{name}` | not here | {LEFT_OUT.get(name, 'not yet')} |")
        lines.append("")
    return "\n".join(lines)


def tables_of_keys() -> str:
    """The same for the condition keys: a line for each permission that an operation needs."""
    from iamconsole.gateway.table import OPERATIONS
    from iamconsole.s3.keys import REQUEST

    lines = []
    for service, title in SERVICES.items():
        lines += [f"## {title}", "", "| Operation | Decided as | On | Condition keys |", "|---|---|---|---|"]
        for name, operation in sorted(OPERATIONS.items()):
            for check in operation.checks if operation.public and operation.service == service else ():
                keys = [key for key in (*check.resource.keys, *check.keys) if key not in REQUEST]
                shown = ", ".join(f"`{key}`" for key in keys)
                lines.append(f"| `{name}` | `{check.action}` | {', '.join(check.resource.kinds) or '`*`'} | {shown} |")
        lines.append("")
    return "\n".join(lines)


def write() -> None:
    for page, made in ((PAGE, tables()), (KEYS_PAGE, tables_of_keys())):
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    write()
