"""What the frame around every page shows, for the templates as `frame`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from iamconsole.console import services as catalogue
from iamconsole.console.navigation import (
    Navigation,
    Service,
    label_set,
    link_to,
    navigation,
    service_at,
)
from iamconsole.core.errors import AccessDenied
from iamconsole.core.regions import DEFAULT, GROUPS, REGIONS
from iamconsole.ui import preferences

# Settings of this browser, each a cookie with one of these words; the first is the default.
SETTINGS = {
    "theme": {"auto": "Browser default", "light": "Light", "dark": "Dark"},
    "density": {"comfortable": "Comfortable", "compact": "Compact"},
    "navigation": {"auto": "", "open": "", "closed": ""},
}
LABELS_2026 = {"Users": "IAM users", "User groups": "IAM user groups"}
FAVORITES = "favorites"
ACCOUNT_NAME = "account_name"
ROLES = "roles"  # the role history
RECENT = 6
# Where a Region is that the account has not enabled, by the start of its code.
CONTINENTS = {
    "us": "North America",
    "ca": "North America",
    "mx": "North America",
    "sa": "South America",
    "eu": "Europe",
    "af": "Africa",
    "il": "Middle East",
    "me": "Middle East",
    "ap": "Asia Pacific",
}


@dataclass(frozen=True, slots=True)
class ActiveRole:
    """The role that the browser has switched to, and who is signed in behind it. `display` may be empty."""

    name: str
    display: str
    color: str
    user_name: str
    user_account_id: str


@dataclass(frozen=True, slots=True)
class PastRole:
    """A line of the role history."""

    account: str
    name: str
    display: str
    color: str

    @property
    def key(self) -> str:
        return f"{self.account}/{self.name}"


@dataclass(frozen=True, slots=True)
class Account:
    """The account button and menu: who is signed in, and where."""

    account_id: str
    name: str
    kind: str
    # Asks for the account's name, "" where the principal may not read it; only when the button is drawn.
    account_name: Callable[[], str]
    one_line: bool = False
    role: ActiveRole | None = None
    history: tuple[PastRole, ...] = ()

    @property
    def as_line(self) -> str:
        return {"user": "IAM user", "root": "Root user"}.get(self.kind, "Currently active as")

    @property
    def first_line(self) -> str:
        """`HR (629470240221)` for who may read the account's name, else `Account ID: 6294-7024-0221`."""
        name = self.account_name()
        return f"{name} ({self.account_id})" if name else f"Account ID: {dashed(self.account_id)}"


def dashed(account_id: str) -> str:
    return f"{account_id[:4]}-{account_id[4:8]}-{account_id[8:]}"


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    name: str
    current: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    account: Account | None
    theme: str
    density: str
    navigation_state: str
    region: str
    services: tuple[catalogue.Listed, ...]
    recent: tuple[catalogue.Listed, ...]
    favorites: tuple[catalogue.Listed, ...]
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
    def region_groups(self) -> list[tuple[str, list[Region]]]:
        return [
            (group, [Region(one.code, one.name, one.code == self.region, one.enabled) for one in regions])
            for group, regions in _regions()
        ]

    @property
    def title(self) -> str:
        """The end of a page's `<title>`: `Users | IAM | Global`."""
        if self.service is None:
            return self.region
        return f"{self.service.name} | {'Global' if self.is_global else self.region}"

    def label(self, text: str) -> str:
        """What a page calls `Users`, as the chosen label set calls it; elsewhere in AWS users are just users."""
        ours = self.service is not None and self.service.key == "iam" and label_set() == "2026"
        return LABELS_2026.get(text, text) if ours else text

    @property
    def account_links(self) -> list[tuple[str, str]]:
        wanted = (
            ("Account", "/account"),
            ("Organization", "/organizations/v2/home/accounts"),
            ("Service Quotas", ""),
            ("Billing and Cost Management", ""),
            ("Security credentials", "/iam/security_credentials"),
            ("Settings", "/console/settings"),
            # Ours; AWS has no such thing.
            ("Your sandbox", "/sandbox"),
        )
        return [(label, link_to(label, path)) for label, path in wanted]

    @property
    def switch_role(self) -> str:
        return link_to("Switch role", "/switchrole")

    @property
    def cloudshell(self) -> str:
        return link_to("CloudShell", "/cloudshell")

    @property
    def themes(self) -> dict[str, str]:
        return SETTINGS["theme"]

    @property
    def densities(self) -> dict[str, str]:
        return SETTINGS["density"]

    @property
    def categories(self) -> list[tuple[str, str]]:
        return catalogue.categories()


@lru_cache(maxsize=1)
def _regions() -> tuple[tuple[str, tuple[Region, ...]], ...]:
    """Every Region by continent: those of the account, and those that AWS has and nobody here has enabled."""
    found = {group: [Region(*one) for one in regions.items()] for group, regions in GROUPS.items()}
    partition = json.loads((files("botocore") / "data" / "partitions.json").read_text("utf-8"))["partitions"][0]
    for code, facts in sorted(partition["regions"].items()):
        if code not in REGIONS and (group := CONTINENTS.get(code.partition("-")[0])):
            found.setdefault(group, []).append(Region(code, facts["description"], enabled=False))
    return tuple((group, tuple(regions)) for group, regions in found.items())


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. It makes no query: all it shows is in the caller, the URL and cookies. The account's
    name, where the account button has room for it, is asked for when the button is drawn."""
    path = getattr(request, "frame_path", request.path)
    service = service_at(path)
    _remember(request, service)
    setting = {name: _setting(request, name) for name in SETTINGS}
    return {
        "frame": Frame(
            account=_account(request),
            theme=setting["theme"],
            density=setting["density"],
            navigation_state=setting["navigation"],
            region=getattr(request, "region", DEFAULT),
            services=tuple(with_stars(request, (one for one in catalogue.catalogue() if one.href))),
            recent=listed(recently(request)),
            favorites=listed(favorites(request)),
            service=service,
            navigation=navigation(service.key, path) if service else None,
            path=request.get_full_path(),
        ),
        "debug": settings.DEBUG,
    }


def _setting(request: HttpRequest, name: str) -> str:
    kept = request.COOKIES.get(name, "")
    return kept if kept in SETTINGS[name] else next(iter(SETTINGS[name]))


def favorites(request: HttpRequest) -> list[str]:
    """The keys of the services with a star."""
    kept = preferences.read(request).get(FAVORITES, [])
    return [str(key) for key in kept] if isinstance(kept, list) else []


def with_stars(request: HttpRequest, shown: Iterable[catalogue.Listed]) -> list[catalogue.Listed]:
    kept = set(favorites(request))
    return [replace(one, starred=one.key in kept) for one in shown]


def recently(request: HttpRequest) -> list[str]:
    session = getattr(request, "session", None)
    return session.get("recent", []) if session is not None and getattr(request, "caller", None) is not None else []


def listed(keys: list[str]) -> tuple[catalogue.Listed, ...]:
    return tuple(found for key in keys if (found := catalogue.named(key)))


def _account(request: HttpRequest) -> Account | None:
    caller = getattr(request, "caller", None)
    if caller is None:
        return None
    role = _active_role(request)
    name = caller.account_name if caller.is_root else caller.user_name or caller.arn.rpartition("/")[2]
    if role is not None:
        name = role.display or f"{role.name}/{role.user_name}"
    return Account(
        caller.account_id,
        name,
        caller.kind,
        partial(_account_name, request),
        label_set() == "course",
        role,
        tuple(PastRole(*map(str, entry)) for entry in preferences.read(request).get(ROLES, []) if len(entry) == 4),
    )


def _active_role(request: HttpRequest) -> ActiveRole | None:
    role = getattr(request, "role", None)
    if role is None:
        return None
    return ActiveRole(role.name, role.display, role.color, role.user_name, role.user_account_id)


def _account_name(request: HttpRequest) -> str:
    """The account's name, if the caller may read it; the root user always may.

    Asked through the door once for each sign-in and revision of the account's policies, and kept in the session:
    what a policy says of the hour or the address is as old as that.
    """
    caller = request.caller  # type: ignore[attr-defined]  # there is one, or there were no button
    if caller.is_root:
        return str(caller.account_name)
    asked = [caller.access_key_id, caller.revision]
    kept = request.session.get(ACCOUNT_NAME)
    if kept is None or kept[:2] != asked:
        try:
            name = request.aws.call("account:GetAccountInformation")["AccountName"]  # type: ignore[attr-defined]  # a caller has a client
        except AccessDenied:
            name = ""
        kept = request.session[ACCOUNT_NAME] = [*asked, name]
    return str(kept[2])


def _remember(request: HttpRequest, service: Service | None) -> None:
    """`Recently visited` on the Console Home: written only when the service changes."""
    session = getattr(request, "session", None)
    if service is None or session is None or getattr(request, "caller", None) is None:
        return
    recent = session.get("recent", [])
    if not recent or recent[0] != service.key:
        session["recent"] = [service.key, *(one for one in recent if one != service.key)][:RECENT]
