from __future__ import annotations

from django.urls import path

from iamconsole.console import views

app_name = "console"

urlpatterns = [
    path("console/home", views.home, name="home"),
    path("console/not-in-lab", views.not_in_lab, name="not-in-lab"),
    path("console/services", views.all_services, name="services"),
    path("console/search", views.search, name="search"),
    path("console/help/<slug:topic>", views.help_topic, name="help"),
    path("console/settings/favorite", views.favorite, name="favorite"),
    path("console/settings/<slug:name>", views.setting, name="setting"),
]
