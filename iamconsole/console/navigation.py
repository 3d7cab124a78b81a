"""What the menus and the side navigation list.

An entry links to its page when the page exists, so a new room appears here by itself; the others are
listed as in AWS and lead to a page that says they are not part of this lab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.urls import Resolver404, resolve


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    path: str = ""
    children: tuple[Entry, ...] = ()
    current: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Navigation:
    service: str
    title: str
    href: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the Services menu. `prefixes` are the paths that belong to it."""

    key: str
    name: str
    text: str
    path: str
    prefixes: tuple[str, ...]
    icon: str
    is_global: bool = True


SERVICES = (
    Service("iam", "IAM", "Manage access to AWS resources", "/iam/home", ("/iam/",), "key"),
    Service("s3", "S3", "Scalable Storage in the Cloud", "/s3/buckets", ("/s3/",), "archive-box", False),
    Service(
        "policysim",
        "IAM Policy Simulator",
        "Test what a policy allows, without doing it",
        "/policysim",
        ("/policysim",),
        "beaker",
    ),
)

IAM_COURSE = (
    Section("", (Entry("Dashboard", "/iam/home"),)),
    Section(
        "Access management",
        (
            Entry("User groups", "/iam/groups"),
            Entry("Users", "/iam/users"),
            Entry("Roles", "/iam/roles"),
            Entry("Policies", "/iam/policies"),
            Entry("Identity providers", "/iam/identity_providers"),
            Entry("Account settings", "/iam/account_settings"),
        ),
    ),
    Section(
        "Access reports",
        (
            Entry(
                "Access Analyzer",
                "/iam/access-analyzer",
                (
                    Entry("Resource analysis", "/iam/access-analyzer/findings"),
                    Entry("Unused access", "/iam/access-analyzer/unused"),
                    Entry("Analyzer settings", "/iam/access-analyzer/settings"),
                ),
            ),
            Entry("Credential report", "/iam/credential_report"),
            Entry("Organization activity"),
            Entry("Service control policies (SCPs)", "/iam/organizations/scp"),
        ),
    ),
)

IAM_2026 = (
    Section("", (Entry("Dashboard", "/iam/home"),)),
    Section(
        "Access Management",
        (
            Entry("Roles", "/iam/roles"),
            Entry("Policies", "/iam/policies"),
            Entry("IAM users", "/iam/users"),
            Entry("IAM user groups", "/iam/groups"),
            Entry("Identity providers", "/iam/identity_providers"),
            Entry("Account settings", "/iam/account_settings"),
            Entry("Root access management"),
            Entry("Temporary delegation requests"),
        ),
    ),
    Section(
        "Access reports",
        (
            *IAM_COURSE[2].entries[:3],
            Entry("Service control policies", "/iam/organizations/scp"),
            Entry("Resource control policies"),
        ),
    ),
)

RELATED = Section(
    "Related consoles",
    (Entry("IAM Identity Center"), Entry("AWS Organizations", "/organizations/v2/home/accounts")),
)

S3 = (
    Section(
        "",
        (
            Entry("General purpose buckets", "/s3/buckets"),
            Entry("Directory buckets"),
            Entry("Table buckets"),
            Entry("Access Grants"),
            Entry("Access Points"),
            Entry("Batch Operations"),
            Entry("IAM Access Analyzer for S3"),
        ),
    ),
    Section("", (Entry("Block Public Access settings for this account", "/s3/settings"),)),
)


def label_set() -> str:
    """`course` (the names the course and AWS used until 2025) or `2026`."""
    return str(getattr(settings, "IAMCONSOLE_LABELS", "course"))


@lru_cache(maxsize=256)
def page_exists(path: str) -> bool:
    """Whether a page of ours answers at `path`, other than the one for what is missing."""
    try:
        return resolve(path).url_name not in ("not-found", "not-in-lab")
    except Resolver404:
        return False


def link_to(label: str, path: str, service: str = "") -> str:
    """The path when its page exists, else the page that says it is not part of this lab, in the service's frame."""
    if path and page_exists(path):
        return path
    return f"/console/not-in-lab?page={quote(label)}" + (f"&service={service}" if service else "")


def _placed(entry: Entry, path: str, service: str = "") -> Entry:
    """The entry with its link, and marked when `path` is its page or one below it."""
    children = tuple(_placed(child, path, service) for child in entry.children)
    inside = bool(entry.path) and (path == entry.path or path.startswith(entry.path + "/"))
    current = inside and not any(child.current for child in children)
    return replace(entry, href=link_to(entry.label, entry.path, service), children=children, current=current)


def service_at(path: str) -> Service | None:
    return next((one for one in SERVICES if any(path.startswith(prefix) for prefix in one.prefixes)), None)


def navigation(service: str, path: str) -> Navigation | None:
    """The side navigation of a service, for the page at `path`."""
    if service == "iam":
        sections: Sequence[Section] = (*(IAM_2026 if label_set() == "2026" else IAM_COURSE), RELATED)
        title, home = "Identity and Access Management (IAM)", "/iam/home"
    elif service == "s3":
        sections, title, home = S3, "Amazon S3", "/s3/buckets"
    else:
        return None
    placed = tuple(
        Section(one.title, tuple(_placed(entry, path, service) for entry in one.entries)) for one in sections
    )
    return Navigation(service, title, home, placed)
