"""Buckets: the list, one bucket with its tabs, create and delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from iamconsole.core import arn
from iamconsole.core.errors import AwsError
from iamconsole.s3.forms import BucketForm, deletion_form
from iamconsole.s3.views import links
from iamconsole.s3.views.object_table import object_table
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, Response, panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table

either = require_http_methods(["GET", "HEAD", "POST"])
LIST = "/s3/buckets"
TABS = (("objects", "Objects"), ("properties", "Properties"), ("permissions", "Permissions"))


@require_safe
def bucket_list(request: ConsoleRequest) -> HttpResponse:
    table = _bucket_table()
    listed = panel(request, "s3:ListBuckets", listing=table.listing(request))
    if listed.result:
        table.fill(_with_regions(request, listed.result["Buckets"]), listed.result["Total"])
    return render_page(request, "s3/bucket_list.html", {"table": table, "listed": listed})


def _bucket_table() -> Table:
    create = Action("Create bucket", reverse("s3:bucket-create"), kind="primary")
    return Table(
        "buckets",
        "General purpose buckets",
        (
            Column("name", "Name", "Name", sortable=True, link=lambda row: links.bucket_url(row["Name"])),
            Column("region", "AWS Region", "Region", sortable=True),
            Column("created", "Creation date", "CreationDate", sortable=True, template="s3/cells.html#time-cell"),
        ),
        description="Buckets are containers for data stored in S3.",
        info="buckets",
        placeholder="Find buckets by name",
        selection="single",
        key="Name",
        actions=(
            Action("Copy ARN", reverse("s3:bucket-arn"), needs="one", modal=True),
            Action("Empty", reverse("s3:bucket-picked-empty"), needs="one"),
            Action("Delete", reverse("s3:bucket-picked-delete"), needs="one"),
            create,
        ),
        empty=Empty("No buckets", "You don't have any buckets.", Action("Create bucket", create.url)),
    )


def _with_regions(request: ConsoleRequest, rows: Sequence[Response]) -> list[Response]:
    """Each bucket with its Region, which takes a call of its own; refused, the cell says `-`."""
    answers = request.aws.call_many([("s3:GetBucketLocation", {"bucket": row["Name"]}) for row in rows])
    return [row | {"Region": _region(answer)} for row, answer in zip(rows, answers, strict=True)]


def _region(answer: Response | AwsError) -> str:
    return "" if isinstance(answer, AwsError) else links.region_text(links.location(answer))


@require_safe
def bucket_go(request: HttpRequest) -> HttpResponse:
    """Somebody who may not list buckets can still open one whose name is known."""
    name = request.GET.get("bucket", "").strip()
    return redirect(links.bucket_url(name) if name and "/" not in name else LIST)


@require_safe
def bucket_picked(request: HttpRequest, page: str) -> HttpResponse:
    """From the row ticked in the list to that bucket's page."""
    name = request.GET.get("selected", "")
    if not name or "/" in name:
        flash.error(request, "Select a bucket first.")
        return redirect(LIST)
    return redirect(links.page_url(page, name))


@require_safe
def bucket_arn(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("selected", "")
    return render_page(
        request, "s3/copy_text.html", {"title": "Copy ARN", "text": arn.bucket(name) if name else "", "close": LIST}
    )


@either
def bucket_create(request: ConsoleRequest) -> HttpResponse:
    form = BucketForm(
        request.POST if request.method == "POST" else None,
        initial={"region": request.region},
    )
    if submit(form, request.aws, "s3:CreateBucket") is not None:
        name = form.cleaned_data["bucket"]
        flash.success(
            request,
            f'Successfully created bucket "{name}"',
            "To upload files and folders, or to configure additional bucket settings, choose View details.",
            ("View details", links.bucket_url(name)),
        )
        return redirect(LIST)
    return render_page(request, "s3/bucket_create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def bucket_detail(request: ConsoleRequest, bucket: str) -> HttpResponse:
    tab = request.GET.get("tab", "")
    tab = tab if tab in dict(TABS) else "objects"
    place = panel(request, "s3:GetBucketLocation", bucket=bucket)
    context: dict[str, Any] = {
        "bucket": bucket,
        "tab": tab,
        "tabs": TABS,
        "place": place,
        "region": links.region_text(links.location(place.result)) if place.result is not None else "",
        "arn": arn.bucket(bucket),
    }
    if place.error is not None and place.error.status != 403:
        # No such bucket: nothing else on the page could say more.
        return render_page(request, "s3/bucket_missing.html", context, status=place.error.status)
    if tab == "objects":
        context |= object_table(request, bucket)
    elif tab == "permissions":
        context["policy"] = panel(request, "s3:GetBucketPolicy", bucket=bucket)
        context["no_policy"] = _is(context["policy"], "NoSuchBucketPolicy")
    else:
        context["created"] = _created(request, bucket)
    context["trail"] = links.trail(bucket, links.prefix_of(request) if tab == "objects" else "")
    return render_page(request, "s3/bucket_detail.html", context)


def _is(answer: Panel, code: str) -> bool:
    return answer.error is not None and answer.error.code == code


def _created(request: ConsoleRequest, bucket: str) -> Any:
    """The console knows when a bucket was made from the list of buckets alone."""
    listed = panel(request, "s3:ListBuckets", prefix=bucket, max_buckets=1)
    rows = listed.result["Buckets"] if listed.result else ()
    return next((row["CreationDate"] for row in rows if row["Name"] == bucket), None)


@either
def bucket_delete(request: ConsoleRequest, bucket: str) -> HttpResponse:
    form = deletion_form(request.POST if request.method == "POST" else None, bucket)
    if submit(form, request.aws, "s3:DeleteBucket", bucket=bucket) is not None:
        flash.success(request, f'Successfully deleted bucket "{bucket}"')
        return redirect(LIST)
    first = panel(request, "s3:ListObjectsV2", bucket=bucket, max_keys=1)
    full = bool(first.result and first.result["Contents"])
    context = {"form": form, "bucket": bucket, "full": full, "missing": _is(first, "NoSuchBucket"), "first": first}
    return render_page(request, "s3/bucket_delete.html", context, status=422 if form.is_bound else 200)
