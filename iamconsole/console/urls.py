from __future__ import annotations

from django.urls import path

from iamconsole.console import views

app_name = "console"

urlpatterns = [
    path("", views.landing, name="landing"),
    path("console/home", views.home, name="home"),
    path("console/not-in-lab", views.not_in_lab, name="not-in-lab"),
    path("console/settings/theme", views.theme, name="theme"),
    path("console/settings/navigation", views.side_navigation, name="navigation"),
]
