from __future__ import annotations

from django.urls import path

from iamconsole.simulator import views

app_name = "simulator"

urlpatterns = [
    path("policysim", views.simulator, name="simulator"),
]
