"""Which requests are for the AWS endpoint, or for objects without credentials, rather than for the console: they
share one port."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iamconsole.api import cors, views

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def bucket_of_host(host: str) -> str | None:
    """The bucket that a virtual host names: `company1-hr.localhost:8000` → `company1-hr`; None for our own hosts."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.lower().rstrip(".")
    for domain in settings.IAMCONSOLE_BUCKET_DOMAINS:
        if name.endswith("." + domain):
            bucket = name.removesuffix("." + domain).removesuffix(".s3")
            return bucket if bucket not in ("", "s3", "www") else None
    return None


def bucket_of(request: HttpRequest) -> str | None:
    """The bucket of a virtual host. S3 Control's calls have the account's ID there, as botocore puts it."""
    bucket = bucket_of_host(request.META.get("HTTP_HOST", ""))
    of_account = request.path_info.startswith("/v20180820/") and bucket == request.META.get("HTTP_X_AMZ_ACCOUNT_ID")
    return None if of_account else bucket


def _is_signed(request: HttpRequest) -> bool:
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    return (
        meta.get("HTTP_AUTHORIZATION", "").startswith("AWS")
        or "X-Amz-Signature=" in query
        or "X-Amz-Algorithm=" in query
        # Presigned links of Signature Version 2, which the genuine clients still make by default.
        or ("AWSAccessKeyId=" in query and "Signature=" in query)
    )


def is_for_aws(request: HttpRequest) -> bool:
    """Signed by header or query, an AWS query or JSON call, or sent to a bucket's host."""
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    return (
        _is_signed(request)
        or "HTTP_X_AMZ_TARGET" in meta
        # No page of the console is posted to the root, and every query call has an Action there.
        or (request.path_info == "/" and (request.method == "POST" or "Action=" in query))
        # What SDKs send with every call, also with those that are not signed.
        or "HTTP_AMZ_SDK_INVOCATION_ID" in meta
        or bucket_of_host(meta.get("HTTP_HOST", "")) is not None
    )


# A sandbox's public name and a bucket. Without a bucket it is a sandbox's own link, which is a page.
_PUBLIC = re.compile(r"/s/([a-z0-9]{1,32})/[^/]")


class AwsEndpointMiddleware:
    """Hands the requests of the CLI and the SDKs to the endpoint, before any session, cookie or CSRF token."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        bucket = bucket_of(request)
        if cors.is_preflight(request):
            return views.preflight(request, bucket)
        public = _PUBLIC.match(request.path_info)
        if public and not _is_signed(request):
            return views.public_object(request, public[1])
        if is_for_aws(request):
            return views.endpoint(request, bucket=bucket)
        return self.get_response(request)
