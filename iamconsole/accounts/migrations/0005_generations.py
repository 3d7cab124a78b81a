from __future__ import annotations

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_public_names_and_visitors"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="account", name="account_id_12_digits"),
        migrations.AddField(
            model_name="sandbox",
            name="generation",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(model_name="sandbox", name="since", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="sandbox",
            name="state",
            field=models.CharField(
                choices=[("live", "Live"), ("ready", "Ready"), ("retired", "Retired")], default="live", max_length=8
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(django.db.models.functions.text.Lower("root_email"), name="account_of_root_email"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                models.F("alias"), condition=models.Q(("alias", ""), _negated=True), name="account_of_alias"
            ),
        ),
        migrations.AddIndex(
            model_name="sandbox",
            index=models.Index(
                models.F("state"),
                models.F("fixture"),
                models.F("since"),
                condition=models.Q(("state", "live"), _negated=True),
                name="sandbox_not_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("account_id__regex", "^([0-9]{12}|x[0-9]{11})$")), name="account_id_12_digits"
            ),
        ),
    ]
