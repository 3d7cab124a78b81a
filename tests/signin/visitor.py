"""A person at the sign-up pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.test import Client

from iamconsole.accounts.models import Mail

EMAIL, NAME, PASSWORD = "HR@company1.com", "HR", "Passw0rd!"
CARD = {"number": "4111 1111 1111 1111", "expires": "12/30", "code": "123", "holder": "Jane Doe"}
CONTACT = {
    "use": "personal",
    "full_name": "Jane Doe",
    "phone": "+1 206 555 0100",
    "country": "United States",
    "address": "123 Any Street",
    "city": "Any Town",
    "state": "Washington",
    "postal_code": "98101",
    "agreed": "on",
}


@dataclass
class Visitor:
    """Walks the pages as a browser does: each answer leads to the next page."""

    browser: Client = field(default_factory=Client)
    at: str = "/signup"

    def send(self, **values: str) -> HttpResponse:
        answer = self.browser.post(self.at, values)
        if answer.status_code == 302:
            self.at = answer["Location"]
        return answer

    @property
    def page(self) -> str:
        return self.at.partition("?")[0]

    def code(self) -> str:
        """The newest code in the inbox that this browser sees."""
        text = self.browser.get("/lab/inbox").content.decode()
        first = re.search(r'href="(/lab/inbox/\d+)"', text)
        assert first, text
        found = re.search(r"code[^0-9]*(\d{6})|is: (\d{6})", self.browser.get(first[1]).content.decode())
        assert found
        return found[1] or found[2]

    def verify(self, email: str = EMAIL, name: str = NAME) -> None:
        self.send(email=email, name=name)
        self.send(code=self.code())

    def choose_password(self, email: str = EMAIL, name: str = NAME, password: str = PASSWORD) -> None:
        self.verify(email, name)
        self.send(password=password, confirm=password)

    def reach_support(self, email: str = EMAIL, name: str = NAME, password: str = PASSWORD) -> None:
        self.choose_password(email, name, password)
        self.send(**CONTACT)
        self.send(**CARD)
        self.send(channel="sms", phone="+1 206 555 0100")
        self.send(code=self.code())

    def sign_up(self, email: str = EMAIL, name: str = NAME, password: str = PASSWORD) -> HttpResponse:
        self.reach_support(email, name, password)
        self.send(plan="basic")
        return self.browser.get(self.at)


def wrong(mail: Mail) -> str:
    return "000000" if mail.code != "000000" else "111111"
