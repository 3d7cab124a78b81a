"""Each bucket knows how many objects it has and how large they are together."""

from __future__ import annotations

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Count, Sum


def count(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    buckets = apps.get_model("s3", "Bucket").objects
    stored = apps.get_model("s3", "StoredObject").objects.values("bucket").annotate(n=Count("pk"), total=Sum("size"))
    for row in stored.values("bucket", "n", "total").iterator():
        buckets.filter(pk=row["bucket"]).update(object_count=row["n"], byte_count=row["total"])


class Migration(migrations.Migration):
    dependencies = [
        ("s3", "0002_shared_bytes"),
    ]

    operations = [
        migrations.AddField("bucket", "object_count", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("bucket", "byte_count", models.PositiveBigIntegerField(default=0)),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
