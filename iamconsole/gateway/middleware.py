"""Attaches `request.aws` to the requests of the console's pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.door import Recorder
from iamconsole.gateway.http import context_of, region_of

GetResponse = Callable[[HttpRequest], HttpResponse]


class AwsMiddleware:
    """Gives a signed-in request its client, and writes what it read into the event history."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        region = region_of(request)
        request.region = region  # type: ignore[attr-defined]  # ConsoleRequest names it
        caller = getattr(request, "caller", None)
        if caller is None:
            return self.get_response(request)
        client = AwsClient(caller, context_of(request, face="console", region=region), Recorder(made=[]))
        request.aws = client  # type: ignore[attr-defined]  # ConsoleRequest names it
        try:
            return self.get_response(request)
        finally:
            client.flush()
