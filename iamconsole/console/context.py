"""What the frame around every page shows, for the templates as `frame`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from iamconsole.console.navigation import SERVICES, Navigation, Service, link_to, navigation, service_at
from iamconsole.core.regions import DEFAULT, GROUPS, REGIONS

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
NAVIGATION_COOKIE = "navigation"
RECENT = 6


@dataclass(frozen=True, slots=True)
class Account:
    """The account button and menu: who is signed in, and where."""

    account_id: str
    account_name: str
    name: str
    kind: str

    @property
    def as_line(self) -> str:
        return {"user": "IAM user", "root": "Root user"}.get(self.kind, "Currently active as")


@dataclass(frozen=True, slots=True)
class Frame:
    account: Account | None
    theme: str
    navigation_state: str
    region: str
    services: tuple[Service, ...]
    service: Service | None
    navigation: Navigation | None
    path: str

    @property
    def is_global(self) -> bool:
        return self.service.is_global if self.service else False

    @property
    def region_name(self) -> str:
        """`N. Virginia`, as the button says it."""
        return REGIONS[self.region].partition("(")[2].rstrip(")")

    @property
    def region_groups(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        return [
            (group, [(code, name, code == self.region) for code, name in regions.items()])
            for group, regions in GROUPS.items()
        ]

    @property
    def title(self) -> str:
        """The end of a page's `<title>`: `Users | IAM | Global`."""
        if self.service is None:
            return self.region
        return f"{self.service.name} | {'Global' if self.is_global else self.region}"

    def link(self, label: str, path: str) -> str:
        return link_to(label, path)

    @property
    def account_links(self) -> list[tuple[str, str]]:
        wanted = (
            ("Account", "/account"),
            ("Organization", "/organizations/v2/home/accounts"),
            ("Service Quotas", ""),
            ("Billing and Cost Management", ""),
            ("Security credentials", "/iam/security_credentials"),
        )
        return [(label, link_to(label, path)) for label, path in wanted]

    @property
    def switch_role(self) -> str:
        return link_to("Switch role", "/switchrole")


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. It makes no query: all it shows is in the caller, the URL and cookies."""
    path = getattr(request, "frame_path", request.path)
    service = service_at(path)
    _remember(request, service)
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    state = request.COOKIES.get(NAVIGATION_COOKIE, "")
    return {
        "frame": Frame(
            account=_account(request),
            theme=theme if theme in THEMES else "auto",
            navigation_state=state if state in ("open", "closed") else "auto",
            region=getattr(request, "region", DEFAULT),
            services=SERVICES,
            service=service,
            navigation=navigation(service.key, path) if service else None,
            path=request.get_full_path(),
        ),
        "debug": settings.DEBUG,
    }


def _account(request: HttpRequest) -> Account | None:
    caller = getattr(request, "caller", None)
    if caller is None:
        return None
    name = caller.account_name if caller.is_root else caller.user_name or caller.arn.rpartition("/")[2]
    return Account(caller.account_id, caller.account_name, name, caller.kind)


def _remember(request: HttpRequest, service: Service | None) -> None:
    """`Recently visited` on the Console Home: written only when the service changes."""
    session = getattr(request, "session", None)
    if service is None or session is None or getattr(request, "caller", None) is None:
        return
    recent = session.get("recent", [])
    if not recent or recent[0] != service.key:
        session["recent"] = [service.key, *(one for one in recent if one != service.key)][:RECENT]
