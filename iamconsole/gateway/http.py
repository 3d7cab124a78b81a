"""Where an HTTP request comes from, as a call's context."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from iamconsole.core.caller import Context, Signing
from iamconsole.core.regions import DEFAULT, REGIONS


def source_address(request: HttpRequest) -> str:
    """The client's address: the last one that a proxy of ours did not write itself.

    With no trusted proxy, X-Forwarded-For is only what the client says and is not believed.
    """
    direct = _plain(request.META.get("REMOTE_ADDR", "")) or "127.0.0.1"
    count = settings.IAMCONSOLE_TRUSTED_PROXIES
    if not count:
        return direct
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if len(hops) < count:
        return direct
    return _plain(hops[-count]) or direct


def _plain(text: str) -> str:
    """An address as policies know it; empty for what is none.

    A server that listens on IPv6 sees an IPv4 client as `::ffff:203.0.113.9`, which no `203.0.113.0/24` would meet.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def region_of(request: HttpRequest) -> str:
    """The console's Region: `?region=` wins and is kept in the session of whoever is signed in."""
    asked = request.GET.get("region", "")
    kept = request.session.get("region", DEFAULT)
    if asked in REGIONS:
        if asked != kept and getattr(request, "caller", None) is not None:
            request.session["region"] = asked
        return asked
    return kept if kept in REGIONS else DEFAULT


def context_of(
    request: HttpRequest, *, face: str, region: str = "us-east-1", signing: Signing | None = None
) -> Context:
    # A console page was linked from another of ours, which says nothing about the calls that it makes.
    referer = request.META.get("HTTP_REFERER", "") if face == "api" else ""
    return Context(
        face=face,
        region=region,
        source_ip=source_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "").replace("\0", ""),
        referer=referer.replace("\0", ""),
        signing=signing or Signing(),
    )
