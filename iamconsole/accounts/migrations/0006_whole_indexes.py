from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_generations"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="account",
            name="account_of_alias",
        ),
        migrations.RemoveIndex(
            model_name="sandbox",
            name="sandbox_not_live",
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(models.F("alias"), name="account_with_alias"),
        ),
        migrations.AddIndex(
            model_name="sandbox",
            index=models.Index(models.F("state"), models.F("fixture"), models.F("since"), name="sandbox_in_state"),
        ),
    ]
