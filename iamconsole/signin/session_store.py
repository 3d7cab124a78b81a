"""Django's sessions in the database, read by a query that is compiled once: every page reads its session first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from iamconsole.accounts.prepared import Prepared, update

_alive = Prepared[Session](
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), str, dt.datetime
)
_any = Prepared[tuple[str]](lambda key: Session.objects.filter(session_key=key).values_list("session_key"), str)


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> Any:
        found = _alive.first(self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """As Django's, but for a session that is there: an update by its key, without what a model's `save` does."""
        if must_create or self.session_key is None:
            return super().save(must_create)
        data = self.encode(self._session)  # type: ignore[attr-defined]  # Django's own
        if not update(Session, self.session_key, session_data=data, expire_date=self.get_expiry_date()):
            raise UpdateError  # signed out meanwhile: Django's middleware answers it
        return None

    def exists(self, session_key: str) -> bool:
        return bool(_any(session_key))
