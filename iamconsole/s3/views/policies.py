"""The bucket policy's editor."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from iamconsole.core import arn
from iamconsole.editor.step import document_of, editor_context, editor_step
from iamconsole.s3.forms import deletion_form
from iamconsole.s3.views import links
from iamconsole.ui import flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.wizard import Wizard

either = require_http_methods(["GET", "HEAD", "POST"])


@either
def policy_edit(request: ConsoleRequest, bucket: str) -> HttpResponse:
    home = links.bucket_url(bucket, tab="permissions")
    current = Panel(result={"Policy": ""})
    if request.method != "POST":
        current = panel(request, "s3:GetBucketPolicy", bucket=bucket)
    document = current.result["Policy"] if current.result else ""
    step = editor_step("Edit bucket policy", name="policy", kind="resource", document=document)
    wizard = Wizard(request, f"bucket-policy-{bucket}", (step,), finish="Save changes", cancel=home)
    if answer := wizard.walk():
        return answer
    saved = {"bucket": bucket, "policy": document_of(wizard)}
    if wizard.finished and submit(wizard.form, request.aws, "s3:PutBucketPolicy", **saved) is not None:
        flash.success(request, "Successfully edited bucket policy.")
        return wizard.done(home)
    refused = current.error if current.error and current.error.code != "NoSuchBucketPolicy" else None
    context = {"bucket": bucket, "arn": arn.bucket(bucket), "home": home, "refused": refused}
    return wizard.page("s3/policy_edit.html", editor_context(wizard) | context)


@either
def policy_delete(request: ConsoleRequest, bucket: str) -> HttpResponse:
    home = links.bucket_url(bucket, tab="permissions")
    form = deletion_form(request.POST if request.method == "POST" else None, "delete")
    if submit(form, request.aws, "s3:DeleteBucketPolicy", bucket=bucket) is not None:
        flash.success(request, "Successfully deleted bucket policy.")
        return redirect(home)
    context = {"form": form, "bucket": bucket, "home": home}
    return render_page(request, "s3/policy_delete.html", context, status=422 if form.is_bound else 200)
