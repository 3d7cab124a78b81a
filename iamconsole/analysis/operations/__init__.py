"""The operations that read across services, by kind; the gateway's table lists these modules."""

from __future__ import annotations
