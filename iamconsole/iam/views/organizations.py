"""IAM's page about service control policies, which is about an organization that the account is not in."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from iamconsole.ui.pages import ConsoleRequest, render_page


@require_safe
def service_control_policies(request: ConsoleRequest) -> HttpResponse:
    return render_page(request, "iam/service_control_policies.html")
