from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from iamconsole.s3.views import buckets, objects, policies, uploads

app_name = "s3"

# Keys travel in the query, never in the path: a path cannot hold `..`, `//` or an empty name.
urlpatterns = [
    path("s3/home", RedirectView.as_view(pattern_name="s3:bucket-list", query_string=True), name="home"),
    path("s3/buckets", buckets.bucket_list, name="bucket-list"),
    path("s3/bucket/create", buckets.bucket_create, name="bucket-create"),
    path("s3/bucket/go", buckets.bucket_go, name="bucket-go"),
    path("s3/bucket/delete", buckets.bucket_picked, {"page": "bucket-delete"}, name="bucket-picked-delete"),
    path("s3/bucket/empty", buckets.bucket_picked, {"page": "bucket-empty"}, name="bucket-picked-empty"),
    path("s3/bucket/arn", buckets.bucket_arn, name="bucket-arn"),
    path("s3/buckets/<str:bucket>", buckets.bucket_detail, name="bucket-detail"),
    path("s3/bucket/<str:bucket>/delete", buckets.bucket_delete, name="bucket-delete"),
    path("s3/bucket/<str:bucket>/empty", objects.bucket_empty, name="bucket-empty"),
    path("s3/bucket/<str:bucket>/property/policy/edit", policies.policy_edit, name="policy-edit"),
    path("s3/bucket/<str:bucket>/property/policy/delete", policies.policy_delete, name="policy-delete"),
    path("s3/buckets/<str:bucket>/folder/create", uploads.folder_create, name="folder-create"),
    path("s3/buckets/<str:bucket>/object/uri", objects.object_uri, name="object-uri"),
    path("s3/buckets/<str:bucket>/object/download", objects.object_download, name="object-download"),
    path("s3/buckets/<str:bucket>/object/delete", objects.object_delete, name="object-delete"),
    path("s3/buckets/<str:bucket>/status", uploads.status, name="status"),
    path("s3/upload/<str:bucket>", uploads.upload, name="upload"),
    path("s3/object/<str:bucket>", objects.object_detail, name="object-detail"),
]
