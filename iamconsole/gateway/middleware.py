"""Attaches `request.aws` to the requests of the console's pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from iamconsole.core.caller import Context
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of

GetResponse = Callable[[HttpRequest], HttpResponse]


class AwsMiddleware:
    """Gives a signed-in request its client, and writes what it read into the event history."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        caller = getattr(request, "caller", None)
        if caller is None:
            return self.get_response(request)
        context: Context = context_of(request, face="console")
        client = AwsClient(caller, context)
        request.aws = client  # type: ignore[attr-defined]  # ConsoleRequest names it
        try:
            return self.get_response(request)
        finally:
            client.flush()
