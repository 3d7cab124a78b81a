"""The Account page: what AWS shows of an account to who may see it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from iamconsole.ui.pages import ConsoleRequest, Panel, render_page

CALLS = ("account:GetAccountInformation", "account:GetPrimaryEmail", "iam:ListAccountAliases")


@require_safe
def account(request: ConsoleRequest) -> HttpResponse:
    answers = request.aws.call_many([(action, {}) for action in CALLS])
    information, email, aliases = (Panel.of(answer) for answer in answers)
    context: dict[str, Any] = {
        "information": information,
        "email": email,
        "aliases": aliases,
        "alias": next(iter(aliases.result["AccountAliases"]), "") if aliases.result else "",
        "errors": [panel.error for panel in (information, email, aliases) if panel.error],
    }
    return render_page(request, "console/account.html", context)
