from __future__ import annotations

import os
import tempfile

_data = tempfile.TemporaryDirectory(prefix="iamconsole-tests-")
os.environ["IAMCONSOLE_DATA"] = _data.name
os.environ.setdefault("IAMCONSOLE_KEY", "tests-only-key-tests-only-key-tests-only")

from iamconsole.settings import *  # noqa: E402

# DATABASE_URL runs the same suite on PostgreSQL.
if not os.environ.get("DATABASE_URL"):
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS[1:]]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(exist_ok=True)  # nothing is collected for tests, and WhiteNoise wants the folder
