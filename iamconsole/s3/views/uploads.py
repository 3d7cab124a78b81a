"""Upload, folders, and the page that says what became of each file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.s3.forms import FolderForm, UploadForm
from iamconsole.s3.views import links
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, panel, render_page
from iamconsole.ui.wizard import keep_once, take_once

either = require_http_methods(["GET", "HEAD", "POST"])
# The rows of a status page; all are counted, and failures are shown first.
ROWS = 100
FOLDER_TYPE = "application/x-directory; charset=UTF-8"

# S3's sentence for a refusal, by what was tried.
DENIED = {
    "upload": "Access denied. You don't have permissions to upload files and folders.",
    "delete": "Access denied. You don't have permissions to delete objects.",
    "list": "Access denied. You don't have permissions to list objects.",
}
TITLES = {
    "upload": ("Upload", "Upload succeeded", "Upload failed"),
    "delete": ("Delete objects", "Successfully deleted objects", "Failed to delete objects"),
    "empty": ("Empty bucket", "Successfully emptied bucket", "Failed to empty bucket"),
}


class Done(NamedTuple):
    """What became of one file or object: `error` is empty when it worked."""

    key: str
    error: str
    event_id: str


def outcome_of(key: str, error: AwsError | None, tried: str) -> Done:
    if error is None:
        return Done(key, "", "")
    if isinstance(error, AccessDenied):
        return Done(key, DENIED[tried], flash.explained_by(error))
    return Done(key, error.message, "")


@either
def upload(request: ConsoleRequest, bucket: str) -> HttpResponse:
    prefix = links.prefix_of(request)
    form = UploadForm(None)
    if request.method == "POST":
        form = UploadForm({}, request.FILES)
        if form.is_valid():
            done = [_put(request, bucket, prefix, one) for one in form.cleaned_data["chosen"]]
            return keep_status(request, bucket, "upload", prefix, done)
    context = {
        "form": form,
        "bucket": bucket,
        "destination": f"s3://{bucket}/{prefix}",
        "home": links.bucket_url(bucket, prefix=prefix),
        "trail": links.trail(bucket, prefix, "Upload"),
    }
    return render_page(request, "s3/upload.html", context, status=422 if form.is_bound else 200)


def _put(request: ConsoleRequest, bucket: str, prefix: str, file: UploadedFile[Any]) -> Done:
    key = prefix + (file.name or "")
    given: dict[str, Any] = {"content_type": file.content_type} if file.content_type else {}
    answer = panel(request, "s3:PutObject", bucket=bucket, key=key, body=file, **given)
    return outcome_of(key, answer.error, "upload")


@either
def folder_create(request: ConsoleRequest, bucket: str) -> HttpResponse:
    """A folder is an empty object whose key ends with a slash."""
    prefix = links.prefix_of(request)
    home = links.bucket_url(bucket, prefix=prefix)
    form = FolderForm(request.POST if request.method == "POST" else None)
    name = form.cleaned_data["folder"] if form.is_valid() else ""
    key = f"{prefix}{name}/"
    if submit(form, request.aws, "s3:PutObject", bucket=bucket, key=key, content_type=FOLDER_TYPE) is not None:
        flash.success(request, f'Successfully created folder "{name}".')
        return redirect(home)
    context = {"form": form, "bucket": bucket, "home": home}
    context["trail"] = links.trail(bucket, prefix, "Create folder")
    return render_page(request, "s3/folder_create.html", context, status=422 if form.is_bound else 200)


# -- what became of it ------------------------------------------------------------------------------


def keep_status(request: ConsoleRequest, bucket: str, act: str, prefix: str, done: Sequence[Done]) -> HttpResponse:
    """On to the status page, which is shown once."""
    failed = sum(1 for one in done if one.error)
    _, succeeded_text, failed_text = TITLES[act]
    if failed:
        flash.error(request, failed_text, "For more information, see the Error column in the Files and folders table.")
    else:
        flash.success(request, succeeded_text)
    rows = sorted(done, key=lambda one: not one.error)[:ROWS]
    value = {"act": act, "prefix": prefix, "total": len(done), "failed": failed, "rows": rows}
    return redirect(links.page_url("status", bucket, result=keep_once(request, value)))


@require_safe
def status(request: ConsoleRequest, bucket: str) -> HttpResponse:
    kept = take_once(request, request.GET.get("result", ""))
    if kept is None:
        return redirect(links.bucket_url(bucket))
    prefix = kept["prefix"]
    context = {
        "title": f"{TITLES[kept['act']][0]}: status",
        "bucket": bucket,
        "place_label": "Destination" if kept["act"] == "upload" else "Source",
        "place": f"s3://{bucket}/{prefix}",
        "home": links.bucket_url(bucket, prefix=prefix),
        "failed": kept["failed"],
        "succeeded": kept["total"] - kept["failed"],
        "rows": [Done(*row) for row in kept["rows"]],
        "left_out": kept["total"] - len(kept["rows"]),
        "trail": links.trail(bucket, prefix, TITLES[kept["act"]][0]),
    }
    return render_page(request, "s3/status.html", context)
