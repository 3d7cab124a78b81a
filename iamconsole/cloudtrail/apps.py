from __future__ import annotations

from django.apps import AppConfig


class CloudTrailConfig(AppConfig):
    name = "iamconsole.cloudtrail"
