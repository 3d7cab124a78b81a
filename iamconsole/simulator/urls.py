from __future__ import annotations

from django.urls import path

from iamconsole.simulator import details, views

app_name = "simulator"

urlpatterns = [
    path("policysim", views.simulator, name="simulator"),
    path("iam/authorization-details/<str:event_id>", details.authorization_details, name="authorization-details"),
]
