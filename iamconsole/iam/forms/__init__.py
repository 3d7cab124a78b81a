"""The forms of the IAM console, one module per kind of object."""

from __future__ import annotations
