"""What a bucket's CORS configuration lets the pages of other sites do.

Source: Amazon S3 User Guide, "Using cross-origin resource sharing (CORS)" (cors.html), "How does Amazon S3 evaluate the
CORS configuration on a bucket?", and "Elements of a CORS configuration" (ManageCorsUsing.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from iamconsole.s3 import queries
from iamconsole.s3.errors import S3Error

Rule = Mapping[str, Any]
VARIES = ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method")


def is_preflight(request: HttpRequest) -> bool:
    meta = request.META
    return request.method == "OPTIONS" and "HTTP_ORIGIN" in meta and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in meta


def preflight(request: HttpRequest, bucket: str, public_name: str = "") -> HttpResponse:
    """Answer a browser that asks whether it may send a request; raises AccessForbidden.

    It asks without credentials, so the sandbox is known only by a public address. Elsewhere a rule of any bucket of
    this name will do: the request itself is signed, and whether the page may read its answer is the bucket's own word.
    """
    configured = [rules for rules in queries.cors_rules(bucket, public_name=public_name) if rules]
    if not configured:
        raise _forbidden("CORS is not enabled for this bucket.")
    method = request.META["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    asked = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    headers = [name.strip().lower() for name in asked.split(",") if name.strip()]
    for rules in configured:
        rule = _first(rules, request.META["HTTP_ORIGIN"], method, headers)
        if rule is not None:
            response = HttpResponse(status=200)
            _allow(response, rule, request.META["HTTP_ORIGIN"])
            if headers:
                response.headers["Access-Control-Allow-Headers"] = ", ".join(headers)
            if "MaxAgeSeconds" in rule:
                response.headers["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
            return response
    raise _forbidden(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
        "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS "
        "spec."
    )


def _forbidden(why: str) -> S3Error:
    return S3Error(f"CORSResponse: {why}", code="AccessForbidden", status=403)


def add(response: HttpResponseBase, request: HttpRequest, bucket: str, **sandbox: Any) -> None:
    """Say in the answer to a request of another site's page that the page may read it, where the bucket lets it.

    `sandbox`: whose bucket it is, by `sandbox_key` or `public_name`.
    """
    for rules in queries.cors_rules(bucket, **sandbox):
        rule = _first(rules, request.META["HTTP_ORIGIN"], request.method or "", ())
        if rule is not None:
            _allow(response, rule, request.META["HTTP_ORIGIN"])
            return


def _allow(response: HttpResponseBase, rule: Rule, origin: str) -> None:
    anybody = "*" in rule["AllowedOrigins"]
    response.headers["Access-Control-Allow-Origin"] = "*" if anybody else origin
    response.headers["Access-Control-Allow-Methods"] = ", ".join(rule["AllowedMethods"])
    if not anybody:
        response.headers["Access-Control-Allow-Credentials"] = "true"
    if rule.get("ExposeHeaders"):
        response.headers["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
    patch_vary_headers(response, VARIES)


def _first(rules: Sequence[Rule], origin: str, method: str, headers: Iterable[str]) -> Rule | None:
    """The first rule whose origin, method and headers fit: "Amazon S3 … uses the first CORSRule rule that matches"."""
    for rule in rules:
        if (
            any(_fits(each, origin) for each in rule["AllowedOrigins"])
            and method in rule["AllowedMethods"]
            and all(any(_fits(each, name) for each in rule.get("AllowedHeaders", ())) for name in headers)
        ):
            return rule
    return None


def _fits(pattern: str, value: str) -> bool:
    """Whether a value is what a rule names: at most one star stands for anything, and case is no matter."""
    before, star, after = pattern.lower().partition("*")
    value = value.lower()
    if not star:
        return value == before
    return len(value) >= len(before) + len(after) and value.startswith(before) and value.endswith(after)
