"""A browser without a script: it reads a page, fills in its forms by their labels, presses buttons, follows redirects.

It knows what a plain browser knows of HTML and no more, so what works here works without JavaScript.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse, QueryDict
from django.test import Client
from lxml import html

Element = Any  # lxml's elements have no types of their own

CONTROLS = ("input", "select", "textarea", "button")


class NotOnThePage(AssertionError):
    """What was looked for; and what there is instead."""


class Plain:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.address = "/"
        self.visited: list[str] = []
        self.response: HttpResponse
        self.document: Element

    # -- where it is -------------------------------------------------------------------------------------------------

    def goto(self, address: str) -> Plain:
        return self._arrive(self.client.get(address), address)

    def click(self, name: str) -> Plain:
        """Follow a link."""
        found = [link for link in self.document.iter("a") if name_of(self.document, link) == name and link.get("href")]
        if not found:
            raise NotOnThePage(f"no link {name!r} on {self.address}: {self.names('a')}")
        return self.goto(urljoin(self.address, found[0].get("href")))

    def _arrive(self, response: HttpResponse, address: str) -> Plain:
        for _ in range(10):
            self.address = address
            self.visited.append(address)
            if not 300 <= response.status_code < 400:
                break
            address = urljoin(address, response["Location"])
            response = self.client.get(address)
        self.response = response
        self.document = html.fromstring(response.content.decode() or "<html></html>")
        return self

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def text(self) -> str:
        return plain_text(self.document)

    def shows(self, text: str) -> Plain:
        if text not in self.text:
            raise NotOnThePage(f"{text!r} is not on {self.address}: {self._main()}")
        return self

    def _main(self) -> str:
        main = self.document.xpath("//main")
        flashes = self.document.xpath("//*[@id='flashbar']")
        return " | ".join(plain_text(part) for part in [*flashes, *main])[:3000]

    # -- what can be filled in ---------------------------------------------------------------------------------------

    def fill(self, label: str, text: str) -> Plain:
        control = self.control(label, "input", "textarea")
        if control.tag == "textarea":
            control.text = text
        else:
            control.set("value", text)
        return self

    def fill_last(self, label: str, text: str) -> Plain:
        """Of several rows that are alike, the last."""
        found = [one for one in self.document.iter("input") if label in labels_of(self.document, one)]
        if not found:
            raise NotOnThePage(f"no control {label!r} on {self.address}: {self.names('input')}")
        found[-1].set("value", text)
        return self

    def tick(self, label: str, on: bool = True) -> Plain:
        """A checkbox, or a radio button and not the others of its name."""
        control = self.control(label, "input")
        if control.get("type") == "radio":
            for other in self._of(self._form(control)):
                if other.get("name") == control.get("name"):
                    other.attrib.pop("checked", None)
        if on:
            control.set("checked", "")
        else:
            control.attrib.pop("checked", None)
        return self

    def choose(self, label: str, option: str) -> Plain:
        """An option of a select, by what it says."""
        control = self.control(label, "select")
        options = {plain_text(one): one for one in control.iter("option")}
        if option not in options:
            raise NotOnThePage(f"no option {option!r} of {label!r}: {list(options)}")
        for one in options.values():
            one.attrib.pop("selected", None)
        options[option].set("selected", "")
        return self

    def control(self, label: str, *tags: str) -> Element:
        """The control with that label, or else the first whose label begins so: a description may be part of it.

        The page's own come before those of the frame around it.
        """
        shown = [one for one in self.document.iter(*(tags or CONTROLS)) if one.get("type") not in ("hidden", "submit")]
        labelled = [(one, labels_of(self.document, one)) for one in sorted(shown, key=in_frame)]
        exact = [one for one, labels in labelled if label in labels]
        begins = [one for one, labels in labelled if any(each.startswith(label) for each in labels)]
        if not begins:
            raise NotOnThePage(f"no control {label!r} on {self.address}: {self.names(*tags)}")
        return (exact or begins)[0]

    def names(self, *tags: str) -> list[str]:
        return [label for one in self.document.iter(*tags) for label in labels_of(self.document, one)[:1] if label]

    # -- what can be pressed -----------------------------------------------------------------------------------------

    def press(self, name: str) -> Plain:
        """Press a button: the form that it belongs to is sent as a browser sends it."""
        buttons = [
            one
            for one in self.document.iter("button", "input")
            if (one.tag == "button" or one.get("type") == "submit") and one.get("type", "submit") == "submit"
        ]
        found = [one for one in buttons if name_of(self.document, one) == name and one.get("disabled") is None]
        if not found:
            there = [name_of(self.document, one) for one in buttons]
            raise NotOnThePage(f"no button {name!r} on {self.address}: {there} {self._main()}")
        # A wizard's step may be called as its last button is.
        return self.send(min(found, key=lambda one: (in_frame(one), one.get("data-kind") != "primary")))

    def send(self, button: Element) -> Plain:
        form = self._form(button)
        if form is None:
            raise NotOnThePage(f"the button belongs to no form on {self.address}")
        pairs = [pair for control in self._of(form) for pair in sent_by(control)]
        if button.get("name"):
            pairs.append((button.get("name"), button.get("value", "")))
        target = urljoin(self.address, button.get("formaction") or form.get("action") or self.address)
        method = (button.get("formmethod") or form.get("method") or "get").lower()
        if method == "get":
            query = QueryDict(mutable=True)
            for key, value in pairs:
                query.appendlist(key, value)
            return self.goto(f"{urlsplit(target).path}?{query.urlencode()}")
        data: dict[str, list[str]] = {}
        for key, value in pairs:
            data.setdefault(key, []).append(value)
        return self._arrive(self.client.post(target, data), target)

    def _form(self, control: Element) -> Element | None:
        if control.get("form"):
            return next(iter(self.document.xpath("//form[@id=$id]", id=control.get("form"))), None)
        return next(control.iterancestors("form"), None)

    def _of(self, form: Element) -> list[Element]:
        return [one for one in self.document.iter(*CONTROLS) if self._form(one) is form]


def in_frame(element: Element) -> bool:
    return next(element.iterancestors("main"), None) is None


def sent_by(control: Element) -> list[tuple[str, str]]:
    name, kind = control.get("name"), control.get("type", "text")
    if not name or control.get("disabled") is not None or control.tag == "button" or kind in ("submit", "file"):
        return []
    if control.tag == "textarea":
        # HTML drops the first line break of a textarea, and sends every other as CR LF.
        return [(name, "\r\n".join((control.text or "").removeprefix("\n").splitlines()))]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None]
        if not chosen and control.get("multiple") is None:
            chosen = options[:1]
        return [(name, one.get("value", plain_text(one))) for one in chosen]
    if kind in ("checkbox", "radio"):
        return [(name, control.get("value", "on"))] if control.get("checked") is not None else []
    return [(name, control.get("value", ""))]


def plain_text(element: Element) -> str:
    """What is read: no styles, scripts and icons, and spaces as one."""
    texts = element.xpath(".//text()[not(ancestor::script or ancestor::style or ancestor::template)]")
    return " ".join("".join(texts).split())


def labels_of(document: Element, control: Element) -> list[str]:
    """Every text by which a reader may know a control: its label, its accessible name."""
    found = [control.get("aria-label", ""), control.get("placeholder", "")]
    found += [plain_text(one) for one in control.iterancestors("label")]
    if control.get("id"):
        found += [plain_text(one) for one in document.xpath("//label[@for=$id]", id=control.get("id"))]
    for named in control.get("aria-labelledby", "").split():
        found += [plain_text(one) for one in document.xpath("//*[@id=$id]", id=named)]
    texts = [text for text in found if text]
    return texts + [text.removesuffix(" - optional") for text in texts if text.endswith(" - optional")]


def name_of(document: Element, element: Element) -> str:
    written = element.get("value", "") if element.tag == "input" else plain_text(element)
    return element.get("aria-label") or written
