"""The operations of STS and of the sign-in, by kind; the gateway's table lists these modules."""

from __future__ import annotations
