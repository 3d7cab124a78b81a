"""IAM's operations, one module per kind of object; the gateway's table names each."""

from __future__ import annotations
