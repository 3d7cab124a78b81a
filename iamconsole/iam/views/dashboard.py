"""The IAM dashboard. Every tile makes its own calls, and a refusal leaves the others standing.

The calls, in the order of AWS's page (console.md §15): GetAccountSummary, ListAccountAliases, and the
caller's own MFA devices and access keys.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from iamconsole.iam.views.account_alias import alias_in, sign_in_url
from iamconsole.iam.views.owner import has_credentials
from iamconsole.iam.views.user_rows import with_last_use
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page

# Label, key of the summary, page.
RESOURCES = (
    ("User groups", "Groups", "/iam/groups"),
    ("Users", "Users", "/iam/users"),
    ("Roles", "Roles", "/iam/roles"),
    ("Policies", "Policies", "/iam/policies?type=customer"),
    ("Identity providers", "Providers", "/iam/identity_providers"),
)
OF_ACCOUNT = ("iam:GetAccountSummary", "iam:ListAccountAliases")
UNUSED = dt.timedelta(days=365)
# IAM User Guide, "Document history for IAM".
NEWS = (
    ("November 2024", "Centrally manage root access for member accounts"),
    ("June 2024", "Passkeys as a second authentication factor for root users and IAM users"),
    ("November 2023", "IAM Access Analyzer finds unused access and checks policies against your standards"),
    ("November 2022", "Multiple multi-factor authentication (MFA) devices for root users and IAM users"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One security recommendation; `status` is warning or success."""

    status: str
    title: str
    text: str
    button: str = ""
    href: str = ""


@require_safe
def dashboard(request: ConsoleRequest) -> HttpResponse:
    if request.htmx and request.htmx.target == "resources":  # a refresh of the numbers asks for nothing else
        context: dict[str, Any] = {"summary": panel(request, "iam:GetAccountSummary")}
    else:
        answers = request.aws.call_many([(action, {}) for action in (*OF_ACCOUNT, *_of_caller(request))])
        summary, aliases, *own = (Panel.of(answer) for answer in answers)
        devices, keys = own or (Panel(), Panel())
        rows, errors = _recommendations(request, summary, devices, keys)
        context = {
            "summary": summary,
            "rows": rows,
            "errors": errors,
            "open_rows": "–" if summary.error else sum(row.status == "warning" for row in rows),
            "aliases": aliases,
            "alias": alias_in(aliases),
            "sign_in_url": sign_in_url(request, alias_in(aliases)),
            "news": NEWS,
        }
    numbers = context["summary"].result["SummaryMap"] if context["summary"].result else {}
    context["resources"] = [(label, numbers.get(key), path) for label, key, path in RESOURCES]
    return render_page(request, "iam/dashboard.html", context, partial="resources")


def _of_caller(request: ConsoleRequest) -> tuple[str, ...]:
    """A role has no MFA devices and access keys of its own to ask for."""
    return ("iam:ListMFADevices", "iam:ListAccessKeys") if has_credentials(request) else ()


# -- security recommendations -------------------------------------------------------------------------


def _recommendations(
    request: ConsoleRequest, summary: Panel, devices: Panel, keys: Panel
) -> tuple[list[Row], list[Any]]:
    """What the account and the caller could do better, and the refusals that hide some of it."""
    rows: list[Row] = []
    errors = [answer.error for answer in (summary, devices, keys) if answer.error]
    numbers = summary.result["SummaryMap"] if summary.result else None
    is_root = request.caller.is_root
    if numbers:
        rows.append(_root_mfa(numbers["AccountMFAEnabled"] > 0, is_root))
    if devices.result and not is_root:
        rows.append(_own_mfa(bool(devices.result["MFADevices"])))
    if numbers:
        rows.append(_root_keys(numbers["AccountAccessKeysPresent"] > 0, is_root))
    if keys.result and not is_root:
        active = [key for key in keys.result["AccessKeyMetadata"] if key["Status"] == "Active"]
        used = with_last_use(request, active)
        # One box is enough for several keys.
        errors += [key["use"].error for key in used if key["use"].error][:1]
        if all(key["use"].result for key in used):
            rows.append(_own_keys(request.caller.user_name, any(_is_stale(key) for key in used)))
    return rows, errors


def _root_mfa(enabled: bool, is_root: bool) -> Row:
    if enabled:
        return Row(
            "success",
            "Root user has MFA",
            "Having multi-factor authentication (MFA) for the root user improves security for this account.",
        )
    title = "Add MFA for root user"
    if is_root:
        text = "Enable multi-factor authentication (MFA) for the root user to improve security for this account."
        return Row("warning", title, text, "Add MFA", reverse("iam:own-mfa-assign"))
    return Row(
        "warning",
        title,
        "Sign in as the root user (or contact your administrator) and register a multi-factor authentication (MFA) "
        "device for the root user to improve security for this account.",
    )


def _own_mfa(has_devices: bool) -> Row:
    if has_devices:
        return Row(
            "success",
            "You have MFA",
            "Having multi-factor authentication (MFA) for yourself improves security for this account.",
        )
    return Row(
        "warning",
        "Add MFA for yourself",
        "Add multi-factor authentication (MFA) for yourself to improve security for this account.",
        "Add MFA",
        reverse("iam:own-mfa-assign"),
    )


def _root_keys(present: bool, is_root: bool) -> Row:
    if not present:
        return Row(
            "success",
            "Root user has no active access keys",
            "Using access keys attached to an IAM user instead of the root user improves security.",
        )
    return Row(
        "warning",
        "Deactivate or delete access keys for root user",
        "Use access keys attached to an IAM user instead of the root user to improve security.",
        *(("Manage access keys", reverse("iam:security-credentials")) if is_root else ()),
    )


def _is_stale(key: dict[str, Any]) -> bool:
    last: dt.datetime = key["use"].result.get("LastUsedDate") or key["CreateDate"]
    return timezone.now() - last > UNUSED


def _own_keys(name: str, stale: bool) -> Row:
    if stale:
        return Row(
            "warning",
            f"Deactivate or delete unused access keys of {name}",
            "An active access key that has been unused for more than a year is a risk without a use.",
            "Manage access keys",
            reverse("iam:security-credentials"),
        )
    return Row(
        "success",
        f"Your user, {name}, does not have any active access keys that have been unused for more than a year.",
        "Deactivating or deleting unused access keys improves security.",
    )
