"""The bucket policy's editor."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from iamconsole.core import arn
from iamconsole.s3.forms import PolicyForm, deletion_form
from iamconsole.s3.views import links
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, panel, render_page

either = require_http_methods(["GET", "HEAD", "POST"])


@either
def policy_edit(request: ConsoleRequest, bucket: str) -> HttpResponse:
    home = links.bucket_url(bucket, tab="permissions")
    refused = None
    if request.method == "POST":
        form = PolicyForm(request.POST)
    else:
        current = panel(request, "s3:GetBucketPolicy", bucket=bucket)
        form = PolicyForm(initial={"policy": current.result["Policy"] if current.result else ""})
        refused = current.error if current.error and current.error.code != "NoSuchBucketPolicy" else None
    if submit(form, request.aws, "s3:PutBucketPolicy", bucket=bucket) is not None:
        flash.success(request, "Successfully edited bucket policy.")
        return redirect(home)
    context = {"form": form, "bucket": bucket, "arn": arn.bucket(bucket), "home": home, "refused": refused}
    return render_page(request, "s3/policy_edit.html", context, status=422 if form.is_bound else 200)


@either
def policy_delete(request: ConsoleRequest, bucket: str) -> HttpResponse:
    home = links.bucket_url(bucket, tab="permissions")
    form = deletion_form(request.POST if request.method == "POST" else None, "delete")
    if submit(form, request.aws, "s3:DeleteBucketPolicy", bucket=bucket) is not None:
        flash.success(request, "Successfully deleted bucket policy.")
        return redirect(home)
    context = {"form": form, "bucket": bucket, "home": home}
    return render_page(request, "s3/policy_delete.html", context, status=422 if form.is_bound else 200)
