"""How many examples Hypothesis tries: few at a desk, many where HYPOTHESIS_PROFILE=many is set."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("few", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("many", settings.get_profile("few"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))
