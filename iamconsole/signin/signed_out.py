"""What a page gets whose session is over: the way back to where it was."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.signin import sessions
from iamconsole.ui import drafts, flash
from iamconsole.ui.pages import render_page

TITLE = "You were signed out"
TEXT = "You signed out, signed in as somebody else, or your session ended. Nothing was done."
STALE_TITLE = "Reload this page"
STALE_TEXT = "It was opened before somebody signed in or out in this browser. Nothing was done."
NO_COOKIE_TEXT = (
    "Your browser sent no cookie with the form. Allow cookies for this site, reload the page and try again."
)


def signed_out(request: HttpRequest, title: str = TITLE, text: str = TEXT, wizard: str = "") -> HttpResponse:
    """A plain page is led to sign in and back; a form or a swap is answered by a dialog with `Reload`."""
    context = {"title": title, "text": text, "reload": _page_of(request, wizard)}
    if getattr(request, "htmx", False):
        # 422 is the refusal that htmx swaps in (the page's `htmx-config`); the dialog opens over the page.
        response = render_page(request, "signin/signed_out.html", context, partial="dialog", status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#modal-root", "innerHTML"
        response["HX-Reselect"] = "dialog"
        return response
    if request.method in ("GET", "HEAD"):
        return redirect(_sign_in_url(request))
    return render_page(request, "signin/signed_out.html", context, status=403)


def session_ended(request: HttpRequest) -> HttpResponse:
    """The answer to a request whose session is over; what a wizard's form sent waits for its writer."""
    keep = request.method == "POST" and sessions.has_owner(request)
    return signed_out(request, wizard=drafts.keep_unsent(request) if keep else "")


def role_ended(request: HttpRequest, role: sessions.Role) -> HttpResponse:
    """The role's session is over and its user's is not: the browser is that user's again, and the request, which was
    meant for the role, is not done with the user's rights."""
    wizard = drafts.keep_unsent(request) if request.method == "POST" else ""
    sessions.leave_role(request)
    text = f"Your session in the role {role.name} has ended. You are {role.user_name} again."
    if request.method in ("GET", "HEAD") and not getattr(request, "htmx", False):
        flash.warning(request, text)
        return redirect(request.get_full_path())
    return signed_out(request, text=f"{text} Nothing was done.", wizard=wizard)


def _page_of(request: HttpRequest, wizard: str) -> str:
    """The page that the refused request came from, as a path of this site. A wizard's form posts to its own step."""
    if not wizard:
        return _came_from(request)
    query = request.GET.copy()
    query["wizard"] = wizard
    return f"{request.path}?{query.urlencode()}"


def _came_from(request: HttpRequest) -> str:
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    if (
        came_from.netloc == request.get_host()
        and came_from.path.startswith("/")
        and came_from.path[1:2] not in ("/", "\\")
    ):
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return request.get_full_path()


def _sign_in_url(request: HttpRequest) -> str:
    here = request.get_full_path()
    query = {"redirect_uri": here} if here != "/console/home" else {}
    account_id, was_root = sessions.last_account(request)
    if not account_id:
        url = reverse("signin:chooser")
    elif was_root:
        url, query = reverse("signin:chooser"), {"kind": "root", "ended": "1", **query}
    else:
        url, query = reverse("signin:iam-user"), {"account": account_id, "ended": "1", **query}
    return url + (f"?{urlencode(query)}" if query else "")
