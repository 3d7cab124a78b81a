from __future__ import annotations

from django.urls import path

from iamconsole.signin import views

app_name = "signin"

urlpatterns = [
    path("signin", views.chooser, name="chooser"),
    path("signin/root", views.root, name="root"),
    path("signin/iam", views.iam_user, name="iam-user"),
    # What a sign-in URL of AWS ends with.
    path("console", views.iam_user, name="console"),
    path("signin/change-password", views.change_password, name="change-password"),
    path("signout", views.sign_out, name="sign-out"),
    path("s/<str:slug>", views.sandbox, name="sandbox"),
]
