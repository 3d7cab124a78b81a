"""One object, and deleting several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from iamconsole import wire
from iamconsole.core import arn
from iamconsole.core.errors import AwsError
from iamconsole.s3.forms import deletion_form
from iamconsole.s3.storage import OBJECT_HEADERS
from iamconsole.s3.views import links
from iamconsole.s3.views.uploads import Done, keep_status, outcome_of
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, panel, render_page

either = require_http_methods(["GET", "HEAD", "POST"])
# The browser draws XML with a style of its own.
XML_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# One press of a button deletes at most so many objects, each a call of its own.
MOST = 1000


@require_safe
def object_detail(request: ConsoleRequest, bucket: str) -> HttpResponse:
    key = links.prefix_of(request)
    head = panel(request, "s3:HeadObject", bucket=bucket, key=key)
    place = panel(request, "s3:GetBucketLocation", bucket=bucket)
    context: dict[str, Any] = {
        "bucket": bucket,
        "key": key,
        "name": links.last_name(key),
        "head": head,
        "region": links.region_text(links.location(place.result)) if place.result is not None else "",
        "uri": f"s3://{bucket}/{key}",
        "arn": arn.s3_object(bucket, key),
        "type": links.type_of(key),
        "size": links.size_text(head.result["ContentLength"]) if head.result else "",
        "account": request.caller.account_name,
        "object_url": links.public_url(request, request.aws.public_name, bucket, key),
        "download": links.download_url(bucket, key),
        "delete": links.page_url("object-delete", bucket, selected=links.pick(key)),
        "trail": links.trail(bucket, links.folder_of(key), links.last_name(key) or "-"),
    }
    return render_page(
        request, "s3/object_detail.html", context, status=404 if head.error and head.error.status == 404 else 200
    )


@require_safe
def object_uri(request: HttpRequest, bucket: str) -> HttpResponse:
    keys = links.picked(request)
    context = {
        "title": "Copy S3 URI",
        "text": f"s3://{bucket}/{keys[0]}" if keys else "",
        "close": links.bucket_url(bucket, prefix=links.folder_of(keys[0]) if keys else ""),
    }
    return render_page(request, "s3/copy_text.html", context)


@require_safe
def object_download(request: ConsoleRequest, bucket: str) -> HttpResponseBase:
    """An object's bytes; a refusal is S3's own XML, as in the browser's tab on AWS."""
    keys = links.picked(request)
    if not keys:
        flash.error(request, "Select an object first.")
        return redirect(links.bucket_url(bucket))
    got = panel(request, "s3:GetObject", bucket=bucket, key=keys[0])
    if got.result is None:
        return _refusal(request, got.error)
    result = got.result
    response = FileResponse(result["Body"], as_attachment=True, filename=_file_name(keys[0]))
    response["Content-Type"] = _header_text(result["ContentType"])
    response["Content-Length"] = str(result["ContentLength"])
    return _fenced(response)


def _file_name(key: str) -> str:
    """The last part of a key, without what no file name and no header may hold."""
    name = "".join("_" if ord(c) < 32 or ord(c) == 127 else c for c in links.last_name(key).rstrip("/"))
    return name.strip() or "download"


def _header_text(value: str) -> str:
    plain = value.isascii() and value.isprintable()
    return value if plain else "binary/octet-stream"


def _refusal(request: HttpRequest, error: AwsError | None) -> HttpResponse:
    assert error is not None  # a panel holds a result or an error
    made = wire.serialize_error(
        "s3",
        code=error.code,
        message=error.message,
        status=error.status,
        request_id=error.event_id or "",
        extra={"Resource": request.path, **error.extra},
    )
    response = HttpResponse(made.body or b"", status=made.status, content_type="application/xml")
    response["Content-Security-Policy"] = XML_POLICY
    return response


def _fenced(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in OBJECT_HEADERS.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


# -- deleting ---------------------------------------------------------------------------------------


@either
def object_delete(request: ConsoleRequest, bucket: str) -> HttpResponse:
    keys = links.picked(request)
    if not keys:
        flash.error(request, "Select at least one object first.")
        return redirect(links.bucket_url(bucket))
    home = links.bucket_url(bucket, prefix=links.folder_of(keys[0]))
    form = deletion_form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return keep_status(request, bucket, "delete", links.folder_of(keys[0]), _delete(request, bucket, keys))
    context = {
        "form": form,
        "bucket": bucket,
        "home": home,
        "rows": [(links.pick(key), links.last_name(key), links.type_of(key)) for key in keys],
    }
    return render_page(request, "s3/object_delete.html", context, status=422 if form.is_bound else 200)


@either
def bucket_empty(request: ConsoleRequest, bucket: str) -> HttpResponse:
    form = deletion_form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return keep_status(request, bucket, "empty", "", _delete(request, bucket, [""]))
    context = {"form": form, "bucket": bucket}
    return render_page(request, "s3/bucket_empty.html", context, status=422 if form.is_bound else 200)


def _delete(request: ConsoleRequest, bucket: str, keys: Iterable[str]) -> list[Done]:
    """Delete each key; a folder, or the whole bucket (the empty key), is what is in it."""
    done: list[Done] = []
    for key in keys:
        if key and not key.endswith("/"):
            done.append(_delete_one(request, bucket, key))
        else:
            done += _delete_under(request, bucket, key, MOST - len(done))
    return done


def _delete_one(request: ConsoleRequest, bucket: str, key: str) -> Done:
    answer = panel(request, "s3:DeleteObject", bucket=bucket, key=key)
    return outcome_of(key, answer.error, "delete")


def _delete_under(request: ConsoleRequest, bucket: str, prefix: str, most: int) -> Iterator[Done]:
    """A list is read anew for each thousand; what could not be deleted is passed over once."""
    left = max(most, 0)
    given: dict[str, Any] = {}
    while True:
        listed = panel(request, "s3:ListObjectsV2", bucket=bucket, prefix=prefix, **given)
        if listed.result is None:
            yield outcome_of(prefix or bucket, listed.error, "list")
            return
        for one in listed.result["Contents"]:
            if not left:
                yield Done(prefix or bucket, "More objects remain. Delete again to go on.", "")
                return
            left -= 1
            yield _delete_one(request, bucket, one["Key"])
        if not listed.result["IsTruncated"]:
            return
        given = {"continuation_token": listed.result["NextContinuationToken"]}
