"""Reports and policies that were asked for and are fetched later."""

from __future__ import annotations

from django.db import models


class LastAccessedJob(models.Model):
    """A service last accessed report, as it was when it was made.

    `caller` is who may fetch it, by unique ID. `report` has the services that could be accessed, the entities, and the
    newest attempt of each of them (last_accessed.py).
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="last_accessed_jobs")
    job_id = models.UUIDField(unique=True)
    caller = models.CharField(max_length=128)
    by_action = models.BooleanField()
    created = models.DateTimeField()
    report = models.JSONField()

    class Meta:
        indexes = [models.Index("account", models.F("id").desc(), name="last_accessed_job_of_account")]

    def __str__(self) -> str:
        return str(self.job_id)


class PolicyGeneration(models.Model):
    """A policy made from what a user or role did, as it was when it was made.

    `actions` are those that were used, as policies name them. `trails` is what the request said of
    CloudTrail, if anything.
    """

    SUCCEEDED, CANCELED = "SUCCEEDED", "CANCELED"

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="policy_generations")
    job_id = models.UUIDField(unique=True)
    client_token = models.CharField(max_length=256)
    principal_arn = models.CharField(max_length=2048)
    status = models.CharField(max_length=16)
    started = models.DateTimeField()
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    trails = models.JSONField(null=True)
    actions = models.JSONField()

    class Meta:
        indexes = [models.Index("account", models.F("id").desc(), name="policy_generation_of_account")]

    def __str__(self) -> str:
        return str(self.job_id)
