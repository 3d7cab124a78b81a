"""The simulated inbox (ours; AWS sends real mail)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.gateway import callers
from iamconsole.sandboxes import sign_up
from iamconsole.signin import cookies, sessions
from iamconsole.ui.pages import public, render_page


@public
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Every mail of the browser's sandbox, and of the sign-up that it began."""
    slug = cookies.sandbox(request)
    messages = sign_up.messages(slug, sessions.inbox_token(request))
    link = request.build_absolute_uri(reverse("signin:sandbox", args=[slug])) if callers.is_sandbox(slug) else ""
    context = {"messages_here": messages, "sandbox_link": link}
    return render_page(request, "signin/inbox.html", context)


@public
@require_safe
def message(request: HttpRequest, key: int) -> HttpResponse:
    """One mail. Those of others are not found, like those that do not exist."""
    found = sign_up.read_message(key, cookies.sandbox(request), sessions.inbox_token(request))
    if found is None:
        raise Http404
    return render_page(request, "signin/message.html", {"mail": found, "reset_url": _reset_url(found)})


def _reset_url(mail: sign_up.Message) -> str:
    return f"{reverse('signin:reset-password')}?{urlencode({'token': mail.link})}" if mail.link else ""
