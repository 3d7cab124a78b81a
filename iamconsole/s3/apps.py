from __future__ import annotations

from django.apps import AppConfig


class S3Config(AppConfig):
    name = "iamconsole.s3"
