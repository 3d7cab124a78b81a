from __future__ import annotations

from django.urls import path

from iamconsole.editor import views
from iamconsole.editor.generator import views as generator

app_name = "editor"

urlpatterns = [
    path("policy-editor/findings", views.findings, name="findings"),
    path("policy-editor/statement", views.statement, name="statement"),
    path("policy-editor/visual", views.visual, name="visual"),
    path("policygen", generator.generator, name="generator"),
]
