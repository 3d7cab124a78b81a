"""Addresses of buckets and objects, safe for any key, and what a listing shows of a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django.http import HttpRequest
from django.urls import reverse

from iamconsole.core.regions import REGIONS


def bucket_url(bucket: str, **query: str) -> str:
    return _with_query(reverse("s3:bucket-detail", args=[bucket]), query)


def page_url(page: str, bucket: str, **query: str) -> str:
    """Another page of a bucket by its URL name."""
    return _with_query(reverse(f"s3:{page}", args=[bucket]), query)


def object_url(bucket: str, key: str) -> str:
    return page_url("object-detail", bucket, prefix=key)


def download_url(bucket: str, key: str) -> str:
    return page_url("object-download", bucket, selected=pick(key))


def public_url(request: HttpRequest, public_name: str, bucket: str, key: str) -> str:
    """The Object URL: it asks for the object without credentials."""
    return request.build_absolute_uri(f"/s/{public_name}/{bucket}/{quote(key)}")


def _with_query(path: str, query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return path + (f"?{urlencode(given)}" if given else "")


def pick(key: str) -> str:
    """A key as a form may carry it: a form would turn its line ends into CR LF."""
    return quote(key, safe="")


def picked(request: HttpRequest) -> list[str]:
    """The ticked keys. NUL cannot be in a key, and not every database can even be asked for it."""
    given = request.POST if request.method == "POST" else request.GET
    return [unquote(value).replace("\x00", "") for value in dict.fromkeys(given.getlist("selected")) if value]


def prefix_of(request: HttpRequest) -> str:
    return str(request.GET.get("prefix", "")).replace("\x00", "")


def folder_of(key: str) -> str:
    """The prefix of the folder that a key, or a folder, is in."""
    return key[: key[:-1].rfind("/") + 1]


def last_name(key: str) -> str:
    """A key's name in its folder; a folder keeps its slash."""
    return key[len(folder_of(key)) :]


@dataclass(frozen=True, slots=True)
class Trail:
    """Breadcrumbs, as ui/breadcrumbs.html draws them: folders make them as long as they are deep."""

    links: list[tuple[str, str]]
    here: str


def trail(bucket: str, prefix: str, page: str = "") -> Trail:
    """The way to a folder, or to a page below it."""
    home = reverse("s3:bucket-list")
    crumbs = [("Amazon S3", home), ("Buckets", home), (bucket, bucket_url(bucket))]
    start = 0
    while (end := prefix.find("/", start) + 1) > 0:
        crumbs.append((prefix[start:end], bucket_url(bucket, prefix=prefix[:end])))
        start = end
    return Trail(crumbs, page) if page else Trail(crumbs[:-1], crumbs[-1][0])


def region_text(region: str) -> str:
    return f"{REGIONS[region]} {region}" if region in REGIONS else region


def location(answer: dict[str, Any]) -> str:
    """The Region that GetBucketLocation names; it says nothing for us-east-1."""
    return str(answer.get("LocationConstraint") or "us-east-1")


def size_text(size: int) -> str:
    """`7.0 B`, `1.2 KB`, as S3 writes sizes."""
    amount = float(size)
    for unit in ("B", "KB", "MB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GB"


def type_of(key: str) -> str:
    """What follows the last dot of the name: S3 shows that as the type."""
    if key.endswith("/"):
        return "Folder"
    _, dot, ending = last_name(key).rpartition(".")
    return ending if dot else "-"
