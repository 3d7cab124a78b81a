from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("s3", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="storedobject",
            name="stored_as",
            field=models.CharField(db_index=True, max_length=100),
        ),
        migrations.CreateModel(
            name="KeptBytes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stored_as", models.CharField(db_index=True, max_length=100)),
                ("kept_by", models.CharField(db_index=True, max_length=64)),
            ],
        ),
    ]
