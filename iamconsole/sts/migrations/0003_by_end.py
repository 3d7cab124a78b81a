from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_whole_indexes"),
        ("iam", "0004_credentials_of_the_root_user"),
        ("sts", "0002_every_kind_of_session"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="temporarycredential",
            index=models.Index(models.F("expires"), name="temporary_credential_by_end"),
        ),
    ]
