"""What the site keeps to make sandboxes of."""

from __future__ import annotations

from django.db import models


class Template(models.Model):
    """A start state that was built through the door once: its image, packed, and the credentials that are in it.

    `slug` is made of the fixture's name and the version of the code that built it. The bytes of its objects are
    kept under that name (`s3.KeptBytes`).
    """

    slug = models.CharField(max_length=64, unique=True)
    fixture = models.CharField(max_length=32)
    image = models.BinaryField()
    start = models.BinaryField()
    made = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug
