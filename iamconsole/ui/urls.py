from __future__ import annotations

from django.urls import path

from iamconsole.ui import views

app_name = "ui"

urlpatterns = [
    path("ui/", views.gallery, name="gallery"),
    path("ui/preferences", views.table_preferences, name="preferences"),
    path("ui/dialog", views.gallery_dialog, name="dialog"),
    path("ui/wizard", views.gallery_wizard, name="wizard"),
]
