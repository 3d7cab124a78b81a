"""The editor is worked in the same windows as the course's demos."""

from __future__ import annotations

from tests.demos.conftest import chromium, open_window, sign_in, window

__all__ = ["chromium", "open_window", "sign_in", "window"]
