"""A second name of each sandbox, which opens nothing, and what is known of visitors' sandboxes."""

from __future__ import annotations

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import iamconsole.accounts.models


def name_all(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    sandboxes = apps.get_model("accounts", "Sandbox").objects
    for key in sandboxes.values_list("pk", flat=True):
        sandboxes.filter(pk=key).update(public_name=iamconsole.accounts.models.new_public_name())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_sign_up_and_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=64)),
                ("time", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(models.F("address"), models.F("time"), name="visits_by_address")],
            },
        ),
        migrations.AddField("sandbox", "public_name", models.CharField(max_length=32, default="")),
        migrations.AddField("sandbox", "visitor", models.BooleanField(default=False)),
        migrations.AddField("sandbox", "used", models.DateTimeField(null=True)),
        migrations.RunPython(name_all, migrations.RunPython.noop),
        migrations.AlterField(
            "sandbox",
            "public_name",
            models.CharField(max_length=32, unique=True, default=iamconsole.accounts.models.new_public_name),
        ),
        migrations.AddIndex(
            "sandbox",
            models.Index(models.F("used"), condition=models.Q(("visitor", True)), name="visitors_by_use"),
        ),
    ]
