""" "Try it", and the page of the browser's own sandbox: what is in it, reset, snapshots, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from iamconsole.core.errors import AuthenticationError
from iamconsole.gateway import callers
from iamconsole.gateway.client import AwsClient
from iamconsole.gateway.http import context_of, source_address
from iamconsole.sandboxes import lifecycle, own, snapshots, visitors
from iamconsole.sandboxes.own import Overview, Person
from iamconsole.sandboxes.snapshot_file import SnapshotError
from iamconsole.sandboxes.snapshots import Reissued
from iamconsole.signin import cookies, sessions
from iamconsole.signin.addresses import HOME, either
from iamconsole.signin.forms.own_sandbox import ActForm, RestoreForm
from iamconsole.ui import drafts, flash
from iamconsole.ui.forms import ConfirmForm
from iamconsole.ui.pages import public, render_page

PAGE = "signin:own-sandbox"


# -- try it -----------------------------------------------------------------------------------------


@public
@either
def try_it(request: HttpRequest) -> HttpResponse:
    """A fresh sandbox and its console, at the press of a button."""
    held = callers.is_sandbox(cookies.sandbox(request))
    if request.method != "POST" or (held and "another" not in request.POST):
        return render_page(request, "signin/try_it.html", {"held": held})

    def enter(sandbox_key: int, slug: str) -> HttpResponse:
        response = _enter(request, sandbox_key) or redirect("signin:chooser")
        cookies.set_cookie(request, response, cookies.SANDBOX, slug)
        return response

    try:
        return visitors.begin(source_address(request), enter)
    except visitors.NoRoom as error:
        return render_page(request, "signin/no_room.html", {"text": str(error), "held": held}, status=error.status)


def _enter(request: HttpRequest, sandbox_key: int, person: Person | None = None) -> HttpResponse | None:
    """Sign a person of the sandbox's start state in, with the password that we gave it; None where it has another."""
    way = own.entrance(sandbox_key, person)
    if way is None:
        return None
    at = callers.stranger_at(way.account)
    aws = AwsClient(at, context_of(request, face="signin"))
    try:
        made = aws.call("signin:ConsoleLogin", user_name=way.user_name, password=way.password)
    except AuthenticationError:
        return None  # it was changed since the start
    if "AccessKeyId" not in made:
        return None  # an MFA code is asked for, which the sign-in page does
    sessions.begin(request, made["AccessKeyId"], at.account_id, made["PrincipalId"])
    return redirect(HOME)


# -- the sandbox's own page -------------------------------------------------------------------------


@public
@require_safe
def own_sandbox(request: HttpRequest) -> HttpResponse:
    """For whoever holds the sandbox's cookie; everybody else is told how to get it."""
    return _page(request, own.overview(cookies.sandbox(request)))


@public
@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """The start state again. Who was signed in stays so, where that person is in it."""
    account_ids, form = _asked(request, "reset")
    if not account_ids or not form.is_valid():
        return _page(request, own.overview(cookies.sandbox(request)), reset=form)
    text = "The sandbox is back in its start state."
    if _signed_in_to(request, account_ids) is None:
        lifecycle.reset(account_ids[0])
    else:
        session = request.caller.access_key_id  # type: ignore[attr-defined]  # the sign-in middleware set it
        goes_on = lifecycle.reset_within(session, account_ids[0])
        # Its credentials are another account's now, or gone with the old state.
        request.caller = None  # type: ignore[attr-defined]  # as above
        if goes_on:
            sessions.go_on(request, *goes_on)
        else:
            request.session.flush()
            text += " Sign in again."
    flash.success(request, text)
    return redirect(PAGE)


@public
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """The state of a snapshot file, in place of everything there is."""
    held = own.overview(cookies.sandbox(request))
    form = RestoreForm("restore", request.POST, request.FILES)
    if held is None or not form.is_valid():
        return _page(request, held, restore=form)
    was = _signed_in_to(request, held.account_ids)
    try:
        restored = snapshots.restore(held.account_id, form.file)
    except SnapshotError as error:
        form.add_error("snapshot", str(error))
        return _page(request, held, restore=form)
    return _again(request, restored.account.sandbox_id, was, restored.told, restored.reissued)


@public
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    account_ids, form = _asked(request, "delete")
    if not account_ids or not form.is_valid():
        return _page(request, own.overview(cookies.sandbox(request)), delete=form)
    if _signed_in_to(request, account_ids):
        sessions.end(request)
    lifecycle.delete(account_ids[0])
    flash.success(request, "The sandbox was deleted, with everything in it.")
    response = redirect("signin:landing")
    cookies.delete_cookie(response, cookies.SANDBOX)
    return response


@public
@require_POST
def snapshot(request: HttpRequest) -> HttpResponse:
    held = own.overview(cookies.sandbox(request))
    if held is None:
        return _page(request, held)
    try:
        taken = snapshots.take(held.account_id)
    except SnapshotError as error:
        flash.error(request, str(error))
        return redirect(PAGE)
    response = FileResponse(taken.file, as_attachment=True, filename=taken.name, content_type="application/zip")
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # a stream is no HttpResponse to the stubs, and to Django it is as good


def _asked(request: HttpRequest, act: str) -> tuple[list[str], ConfirmForm]:
    """The account IDs of the browser's sandbox, and what was typed to confirm."""
    return own.account_ids_of(cookies.sandbox(request)), ActForm(act, request.POST)


def _page(request: HttpRequest, held: Overview | None, **sent: ConfirmForm) -> HttpResponse:
    if held is None:
        status = 200 if request.method in ("GET", "HEAD") else 403
        return render_page(request, "signin/no_sandbox.html", {}, status=status)
    context: dict[str, Any] = {
        "held": held,
        "link": request.build_absolute_uri(f"/s/{held.slug}"),
        "forms": {
            "reset": sent.get("reset") or ActForm("reset"),
            "restore": sent.get("restore") or RestoreForm("restore"),
            "delete": sent.get("delete") or ActForm("delete"),
        },
        "inside": _signed_in_to(request, held.account_ids) is not None,
        "hours": visitors.hours(),
        "told": drafts.take_once(request, request.GET.get("told", "")) if "told" in request.GET else None,
    }
    return render_page(request, "signin/own_sandbox.html", context, status=422 if sent else 200)


def _signed_in_to(request: HttpRequest, account_ids: Sequence[str]) -> Person | None:
    """Who is signed in, if to one of these accounts of the sandbox and as its root user or an IAM user."""
    caller = getattr(request, "caller", None)
    if caller is None or caller.kind not in ("root", "user") or caller.account_id not in account_ids:
        return None
    return Person(caller.account_id, caller.user_name)


def _again(
    request: HttpRequest, sandbox_key: int, was: Person | None, text: str, told: Sequence[Reissued] = ()
) -> HttpResponse:
    """Back to the page, with a session in the new state for whoever had one in the old and is there again."""
    if was is not None:
        # Its credentials are gone with the old state: there is no session to end any more.
        request.caller = None  # type: ignore[attr-defined]  # the sign-in middleware set it
        if _enter(request, sandbox_key, was) is None:
            request.session.flush()
            text += " Sign in again."
    flash.success(request, text)
    # Shown once, and kept encrypted until then.
    token = (
        drafts.keep_once(request, [{"title": one.title, "what": one.what, "value": one.value} for one in told])
        if told
        else ""
    )
    return redirect(f"{reverse(PAGE)}?told={token}" if token else PAGE)
