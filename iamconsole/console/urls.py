from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from iamconsole.console import account, home, views

app_name = "console"

urlpatterns = [
    path("console/home", home.home, name="home"),
    path("console/home/widgets", home.home_widgets, name="home-widgets"),
    path("console/home/layout", home.home_layout, name="home-layout"),
    path("console/home/reset", home.home_reset, name="home-reset"),
    path("account", account.account, name="account"),
    # AWS's address, `/billing/home#/account`: the browser keeps what is behind the # for itself.
    path("billing/home", RedirectView.as_view(pattern_name="console:account"), name="billing"),
    path("console/not-in-lab", views.not_in_lab, name="not-in-lab"),
    path("console/services", views.all_services, name="services"),
    path("console/search", views.search, name="search"),
    path("console/help/<slug:topic>", views.help_topic, name="help"),
    path("console/settings", views.settings_page, name="settings"),
    path("console/settings/favorite", views.favorite, name="favorite"),
    path("console/settings/<slug:name>", views.setting, name="setting"),
]
