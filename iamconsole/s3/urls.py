from __future__ import annotations

from django.urls import URLPattern

app_name = "s3"

urlpatterns: list[URLPattern] = []
