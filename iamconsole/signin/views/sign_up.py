"""Sign-up (console.md §2.1): seven pages whose answers wait in a draft; the last button opens the account."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from iamconsole.gateway import callers
from iamconsole.sandboxes import sign_up
from iamconsole.sandboxes.lifecycle import SandboxError
from iamconsole.signin import cookies, sessions
from iamconsole.signin.addresses import either
from iamconsole.signin.forms.sign_up import (
    BAD_CODE,
    PLANS,
    TEST_CARD,
    AgreementForm,
    BillingForm,
    CodeForm,
    ContactForm,
    EmailForm,
    IdentityForm,
    PasswordForm,
    SupportForm,
)
from iamconsole.ui import drafts
from iamconsole.ui.forms import Form
from iamconsole.ui.pages import public, render_page

NAME = "sign-up"
USES = {
    "business": "for your work, school, or organization",
    "personal": "for your own projects",
}
# Each page, and what must be in the draft before it; the last one stands for those after the password (see `short`).
NEEDS = {
    "verify": "email",
    "password": "verified",
    "contact": "password_hash",
    "billing": "contact",
    "identity": "billing",
    "support": "identified",
    "short": "password_hash",
}
PAGES = ("verify", "password", "contact", "billing", "identity", "support")
SHORT_PAGES = ("verify", "password", "short")


@dataclass(slots=True)
class SignUp:
    """One sign-up on its way; two tabs hold two, told apart by the id in their addresses."""

    request: HttpRequest
    key: str
    draft: dict[str, Any]

    @classmethod
    def of(cls, request: HttpRequest) -> SignUp:
        key = request.POST.get("id") or request.GET.get("id", "")
        draft = drafts.load(request, NAME, key) if 8 <= len(key) <= 40 else None
        return cls(request, key if draft else secrets.token_urlsafe(12), draft or {"done": ""})

    def save(self, **values: Any) -> None:
        self.draft |= values
        drafts.save(self.request, NAME, self.key, self.draft)

    def url(self, page: str) -> str:
        return f"{reverse(f'signin:sign-up-{page}')}?{urlencode({'id': self.key})}"

    def go(self, page: str) -> HttpResponse:
        return redirect(self.url(page))

    @property
    def token(self) -> str:
        return sessions.inbox_token(self.request, make=True)

    def is_open(self, page: str) -> bool:
        """Whether the page has all that it needs, and so has every page before it: an answer may be given anew
        on an early page, and what was entered on later ones then waits until the way there is walked again."""
        pages = SHORT_PAGES if page == "short" else PAGES
        return all(self.draft.get(NEEDS[one]) for one in pages[: pages.index(page) + 1])

    def next_open(self) -> str:
        """The furthest page that is open."""
        pages = SHORT_PAGES if settings.IAMCONSOLE_SHORT_SIGN_UP else PAGES
        return next((page for page in reversed(pages) if self.is_open(page)), "start")

    def page(self, template: str, form: Form, **context: Any) -> HttpResponse:
        values = {"sign_up": self, "form": form, "id": self.key, **context}
        return render_page(self.request, f"signup/{template}.html", values, status=422 if form.errors else 200)


def step(view: Callable[[SignUp], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A page of the sign-up: who comes too early is led to the page that is next, who is done to the end."""
    name = view.__name__

    @public
    @either
    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponse:
        found = SignUp.of(request)
        if found.draft["done"]:
            return redirect(found.draft["done"])
        if name != "start" and not found.is_open(name):
            return found.go(found.next_open())
        return view(found)

    return shown


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@step
def start(it: SignUp) -> HttpResponse:
    form = EmailForm(_posted(it.request), initial={name: it.draft.get(name, "") for name in ("email", "name")})
    slug = cookies.sandbox(it.request)
    if form.is_valid():
        email, name = form.cleaned_data["email"], form.cleaned_data["name"]
        try:
            sign_up.check_room(slug)
            sign_up.check_email(email, slug)
        except sign_up.EmailTaken as error:
            form.add_error("email", str(error))
        except SandboxError as error:
            form.add_error(None, str(error))
        else:
            if email != it.draft.get("email"):
                it.draft.pop("verified", None)
            if (email, name) != (it.draft.get("email"), it.draft.get("name")):
                it.draft.pop("password_hash", None)  # it was held against the former ones
            it.save(email=email, name=name)
            if it.draft.get("verified"):
                return it.go("password")
            sign_up.send_code("email", email, it.token)
            return it.go("verify")
    return it.page("start", form, joins=callers.is_sandbox(slug))


@step
def verify(it: SignUp) -> HttpResponse:
    email = it.draft["email"]
    answer, form = _code_page(it, "email", email)
    if answer:
        return answer
    if form.is_valid():
        if sign_up.accept_code("email", email, it.token, form.cleaned_data["code"]):
            it.save(verified=True)
            return it.go("password")
        form.add_error("code", BAD_CODE)
    return it.page("verify", form, wait=sign_up.seconds_to_wait("email", email, it.token))


def _code_page(it: SignUp, kind: str, to: str) -> tuple[HttpResponse | None, CodeForm]:
    """`Resend code`, or the form with the code."""
    if "resend" in it.request.POST:
        sign_up.send_code(kind, to, it.token)
        return redirect(it.request.get_full_path()), CodeForm()
    return None, CodeForm(_posted(it.request))


@sensitive_post_parameters("password", "confirm")
@step
def password(it: SignUp) -> HttpResponse:
    form = PasswordForm(_posted(it.request), forbidden=(it.draft["name"], it.draft["email"]))
    if form.is_valid():
        # Only the hash waits in the draft.
        it.save(password_hash=make_password(form.cleaned_data["password"]))
        return it.go(it.next_open() if settings.IAMCONSOLE_SHORT_SIGN_UP else "contact")
    return it.page("password", form)


@step
def contact(it: SignUp) -> HttpResponse:
    form = ContactForm(_posted(it.request), initial=it.draft.get("contact"))
    if form.is_valid():
        it.save(contact=form.cleaned_data)
        return it.go("billing")
    return it.page("contact", form, uses=USES)


@sensitive_post_parameters("number", "expires", "code", "holder")
@step
def billing(it: SignUp) -> HttpResponse:
    form = BillingForm(_posted(it.request))
    if form.is_valid():
        it.save(billing=True)
        return it.go("identity")
    return it.page("billing", form, card=TEST_CARD)


@step
def identity(it: SignUp) -> HttpResponse:
    """First where to send the code, then the code."""
    phone = it.draft.get("phone", "")
    if "change" in it.request.POST:
        it.save(phone="", identified=False)
        return it.go("identity")
    if not phone:
        initial = {"phone": it.draft["contact"]["phone"]}
        ask = IdentityForm(_posted(it.request), initial=initial)
        if ask.is_valid():
            phone = ask.cleaned_data["phone"]
            it.save(phone=phone, channel=ask.cleaned_data["channel"])
            sign_up.send_code("phone", phone, it.token)
            return it.go("identity")
        return it.page("identity", ask)
    answer, form = _code_page(it, "phone", phone)
    if answer:
        return answer
    if form.is_valid():
        if sign_up.accept_code("phone", phone, it.token, form.cleaned_data["code"]):
            it.save(identified=True)
            return it.go("support")
        form.add_error("code", BAD_CODE)
    return it.page("identity_code", form, wait=sign_up.seconds_to_wait("phone", phone, it.token), phone=phone)


@step
def support(it: SignUp) -> HttpResponse:
    form = SupportForm(_posted(it.request))
    if form.is_valid() and (answer := _open(it, form)):
        return answer
    return it.page("support", form, plans={key: text for key, (_, text) in PLANS.items()})


@step
def short(it: SignUp) -> HttpResponse:
    """Contact, payment, identity and support in one page, where a lab says so (IAMCONSOLE_SHORT_SIGN_UP)."""
    if not settings.IAMCONSOLE_SHORT_SIGN_UP:
        return it.go("contact")
    form = AgreementForm(_posted(it.request))
    if form.is_valid() and (answer := _open(it, form)):
        return answer
    return it.page("short", form, card=TEST_CARD)


def _open(it: SignUp, form: Form) -> HttpResponse | None:
    """Open the account, once: a second press of the button leads to where the first ended."""
    if not drafts.claim(it.request, it.key):
        return redirect(drafts.await_done(it.request, NAME, it.key) or it.url(it.next_open()))
    newcomer = sign_up.Newcomer(
        it.draft["email"], it.draft["name"], it.draft["password_hash"], it.draft.get("phone", "")
    )
    try:
        account = sign_up.open_account(newcomer, cookies.sandbox(it.request), it.token)
    except SandboxError as error:
        drafts.release(it.request, it.key)
        form.add_error(None, str(error))
        return None
    opened = {"account_id": account.account_id, "name": account.name, "email": account.root_email}
    it.draft = {**opened, "slug": account.sandbox.slug, "done": it.url("complete")}
    it.save()
    return it.go("complete")


@public
@require_safe
def complete(request: HttpRequest) -> HttpResponse:
    it = SignUp.of(request)
    if not it.draft["done"]:
        return redirect("signin:sign-up-start")
    response = render_page(request, "signup/complete.html", it.draft)
    cookies.set_cookie(request, response, cookies.SANDBOX, it.draft["slug"])
    return response


@public
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if getattr(request, "caller", None) is not None:
        return redirect("console:home")
    return render_page(request, "signin/landing.html")
