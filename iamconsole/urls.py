"""Every page's address, room by room. Requests of the CLI and SDKs never come here: see api.middleware."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView

from iamconsole.api import views as api
from iamconsole.api.middleware import is_for_aws
from iamconsole.console import views as console

urlpatterns = [
    # Somebody shortens an address: the service's first page.
    path("iam", RedirectView.as_view(url="/iam/home")),
    path("s3", RedirectView.as_view(url="/s3/buckets")),
    path("", include("iamconsole.signin.urls")),
    path("", include("iamconsole.iam.urls")),
    path("", include("iamconsole.s3.urls")),
    path("", include("iamconsole.simulator.urls")),
    path("", include("iamconsole.editor.urls")),
    path("", include("iamconsole.ui.urls")),
    path("", include("iamconsole.console.urls")),
]

handler400 = "iamconsole.console.views.bad_request"
handler403 = "iamconsole.console.views.permission_denied"
handler404 = "iamconsole.console.views.page_not_found"


def handler500(request: HttpRequest) -> HttpResponse:
    return api.server_error(request) if is_for_aws(request) else console.server_error(request)
