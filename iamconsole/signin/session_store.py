"""Django's sessions in the database, read by a query that is compiled once: every page reads its session first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from iamconsole.accounts.prepared import Prepared

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

    def exists(self, session_key: str) -> bool:
        return bool(_any(session_key))
