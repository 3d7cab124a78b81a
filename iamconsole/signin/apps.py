from __future__ import annotations

from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "iamconsole.signin"
