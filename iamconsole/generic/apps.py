from __future__ import annotations

from django.apps import AppConfig


class GenericConfig(AppConfig):
    name = "iamconsole.generic"
