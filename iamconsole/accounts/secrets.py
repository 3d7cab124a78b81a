"""Secret access keys in the clear, for a moment: they lie encrypted in the database."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=2048)
def opened(sealed: bytes) -> str:
    """What `sealed` holds. Kept by its own bytes: whoever was replaced has others, who was deleted is not asked for."""
    return str(settings.IAMCONSOLE_FERNET.decrypt(sealed).decode())
