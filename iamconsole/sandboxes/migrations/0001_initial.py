from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=64, unique=True)),
                ("fixture", models.CharField(max_length=32)),
                ("image", models.BinaryField()),
                ("start", models.BinaryField()),
                ("made", models.DateTimeField()),
            ],
        ),
    ]
