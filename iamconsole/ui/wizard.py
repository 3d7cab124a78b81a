"""A wizard: a list of ordinary forms whose draft waits on the server (console.md §1.5).

The draft is keyed by a wizard id in the form and the URL, so two tabs do not mix; it is encrypted in
the session, so a password typed in step 1 never travels back. Nothing is created before the last button.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from iamconsole.ui import drafts, likes
from iamconsole.ui.drafts import keep_once as keep_once
from iamconsole.ui.drafts import take_once as take_once
from iamconsole.ui.forms import Form
from iamconsole.ui.pages import render_page

# What was typed in a table's search field or property filter, whatever the table's prefix is.
TYPED = re.compile(r"(^|-)(q|join|token-(property|operator|value))$")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `options(wizard)` gives what its form needs beside its data, e.g. the password policy.

    A step with an editor in it has `posted(wizard, data)`, which sees all that was sent before anything is checked: it
    may change the step's values in the draft, and set `wizard.stays` when a button only asks for the editor to be drawn
    again. htmx then gets the template `part` in place of the page.
    """

    name: str
    title: str
    form: type[Form]
    optional: bool = False
    initial: Mapping[str, Any] = field(default_factory=dict)
    options: Callable[[Wizard], dict[str, Any]] | None = None
    posted: Callable[[Wizard, QueryDict], None] | None = None
    part: str = ""


class Wizard:
    def __init__(
        self, request: HttpRequest, name: str, steps: Sequence[Step], *, finish: str, cancel: str, title: str = ""
    ) -> None:
        self.request, self.name, self.steps = request, name, steps
        self.finish, self.cancel, self.title = finish, cancel, title
        given = request.POST.get("wizard") or request.GET.get("wizard", "")
        begun = 8 <= len(given) <= 40
        self.id = given if begun else secrets.token_urlsafe(12)
        self.draft = (drafts.load(request, name, self.id) if begun else None) or {"data": {}, "done": ""}
        self.step = next((step for step in steps if step.name == request.GET.get("step")), steps[0])
        self.number = steps.index(self.step) + 1
        self.finished = self.stays = False
        self.arranged: Any = None  # what `posted` made of the data, for the page
        self._form: Form | None = None
        if request.method == "GET" and not self.draft["done"] and (typed := drafts.take_unsent(request, self.id)):
            self._keep(typed)
            drafts.save(request, name, self.id, self.draft)

    def walk(self) -> HttpResponse | None:
        """Do what the request asks; None means: finish if `finished`, else show `page`."""
        if self.draft["done"]:
            return redirect(self.draft["done"])
        before, data = self.steps[: self.number - 1], self.draft["data"]
        if any(step.name not in data for step in before):
            return redirect(self.url(self.steps[0]))
        if self.request.method != "POST":
            return None
        self._keep(self.request.POST)
        liked = likes.posted(self.request)
        if self.stays:
            drafts.save(self.request, self.name, self.id, self.draft)
            return None
        go = liked.back if liked else self.request.POST.get("_go", "")
        if go:  # an earlier step, or a table's search, sort or page: what was typed is kept, unchecked
            drafts.save(self.request, self.name, self.id, self.draft)
            target = next((step for step in before if step.name == go), self.step)
            response = redirect(self.url(target, self._asked(go) if go.startswith("?") else None))
            return liked.keep(self.request, response) if liked else response
        if not self.form.is_valid():
            return None
        # On the last step every form once more: the draft may be old, and a step left by a link was not checked.
        ahead = self.steps[self.number : self.number + 1] or [s for s in before if not self.form_of(s).is_valid()]
        if ahead:
            drafts.save(self.request, self.name, self.id, self.draft)
            return redirect(self.url(ahead[0]))
        # The session is not written before the claim: the request that loses would undo what the winner writes.
        if not drafts.claim(self.request, self.id):  # a double click: the first press is at work, its result is ours
            return redirect(drafts.await_done(self.request, self.name, self.id) or self.url(self.step))
        self.finished = True
        return None

    def keep(self) -> None:
        """Keep what was typed, unchecked, before something else is done on the way."""
        self._keep(self.request.POST)
        drafts.save(self.request, self.name, self.id, self.draft)

    def pick(self, name: str, value: str) -> None:
        """Tick one more row of a table of this step: what was made on the way."""
        picked = self.draft["data"].setdefault(self.step.name, {}).setdefault(name, [])
        if value not in picked:
            picked.append(value)
        drafts.save(self.request, self.name, self.id, self.draft)

    def done(self, url: str) -> HttpResponse:
        """The end. The draft's values are dropped; a second press of the button leads to `url` too."""
        drafts.save(self.request, self.name, self.id, {"data": {}, "done": url})
        return redirect(url)

    def page(self, template: str, context: Mapping[str, Any] | None = None, **options: Any) -> HttpResponse:
        """The step's page, 422 when its form has errors; after a refusal the last button works again."""
        if self.finished:
            drafts.save(self.request, self.name, self.id, self.draft)
            drafts.release(self.request, self.id)
        if self.stays and getattr(self.request, "htmx", None):
            template = self.step.part
        status = 422 if self.request.method == "POST" and self.form.errors else 200
        return render_page(self.request, template, {**(context or {}), "wizard": self}, status=status, **options)

    @property
    def form(self) -> Form:
        """The current step's form."""
        self._form = self._form or self.form_of(self.step, shown=self.stays or self.request.method != "POST")
        return self._form

    def form_of(self, step: Step, *, shown: bool = False) -> Form:
        """A step's form, bound to its draft; merely `shown` it has the draft's values and no errors yet."""
        data, options = self.draft["data"].get(step.name), step.options(self) if step.options else {}
        form = step.form(_query(data) if data is not None else None, initial=dict(step.initial), **options)
        if shown and data is not None:
            values = {name: form[name].data for name in form.fields}
            form = step.form(initial={**step.initial, **values}, **options)
        return form

    def values(self, name: str) -> dict[str, Any]:
        """The checked values of the step called `name`; empty when they are not valid."""
        form = self.form_of(next(step for step in self.steps if step.name == name))
        return form.cleaned_data if form.is_valid() else {}

    def url(self, step: Step, more: QueryDict | None = None) -> str:
        query = more or QueryDict(mutable=True)
        query["step"], query["wizard"] = step.name, self.id
        return f"{self.request.path}?{query.urlencode()}"

    @property
    def trail(self) -> list[tuple[int, Step, str]]:
        """Number, step, and the link of those already visited."""
        seen = self.draft["data"]
        return [(n, s, self.url(s) if s.name in seen else "") for n, s in enumerate(self.steps, 1)]

    @property
    def previous(self) -> Step | None:
        return self.steps[self.number - 2] if self.number > 1 else None

    def _keep(self, typed: Mapping[str, Any]) -> None:
        """Put the step's own fields into the draft. A secret that was not typed again is the one typed before."""
        fields, known = self.step.form.base_fields, self.draft["data"].get(self.step.name, {})
        post = typed if isinstance(typed, QueryDict) else _query(typed)
        found = {key: post.getlist(key) for key in post if key in fields or key.partition("-")[0] in fields}
        for key, one in fields.items():
            if isinstance(one.widget, forms.PasswordInput) and not any(found.get(key, [])) and key in known:
                found[key] = known[key]
        self.draft["data"][self.step.name] = found
        if self.step.posted:
            self.step.posted(self, post)

    def _asked(self, go: str) -> QueryDict:
        """A table's button says where to go; what was typed in a search field goes along."""
        query = QueryDict(go[1:], mutable=True)
        for key, value in self.request.POST.items():
            if TYPED.search(key) and key not in query and value:
                query[key] = str(value)
        return query


def _query(data: Mapping[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, values in data.items():
        query.setlist(key, values)
    return query
