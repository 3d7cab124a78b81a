"""The pages of the S3 console, one module per kind of object."""

from __future__ import annotations
