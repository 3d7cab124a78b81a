from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    """Signing certificates of the root user too, each once in an account; what an account has set for STS.

    No operation could make a signing certificate before this, so its table, which is empty, is made anew.
    """

    dependencies = [
        ("accounts", "0003_sign_up_and_mail"),
        ("iam", "0003_every_kind_of_object"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecurityTokenPreferences",
            fields=[
                ID,
                ("global_endpoint_token_version", models.PositiveSmallIntegerField(default=1)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="security_token_preferences",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.DeleteModel(name="SigningCertificate"),
        migrations.CreateModel(
            name="SigningCertificate",
            fields=[
                ID,
                ("certificate_id", models.CharField(max_length=64, unique=True)),
                ("fingerprint", models.CharField(max_length=64)),
                ("body", models.TextField()),
                ("active", models.BooleanField(default=True)),
                ("uploaded", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signing_certificates",
                        to="accounts.account",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signing_certificates",
                        to="iam.user",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("account"), models.F("fingerprint"), name="signing_certificate_once_in_account"
                    )
                ],
            },
        ),
    ]
