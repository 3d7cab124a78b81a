"""How often somebody may guess a password or a code."""

from __future__ import annotations

import datetime as dt

# AWS has no lockout; after this many failures in a row the right answer is refused too, for a while.
TRIES = 20
TRIES_WINDOW = dt.timedelta(minutes=10)
