"""Plain types that every room shares. No Django here."""

from __future__ import annotations
