"""The course's demos as acceptance tests: by boto3, by the genuine `aws` command and in Chromium."""

from __future__ import annotations
