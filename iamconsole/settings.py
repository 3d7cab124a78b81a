"""Settings, read from the environment by small readers that fail loudly.

Everything a deployment owns lies under `IAMCONSOLE_DATA`: database, objects, key file, static files.
docs/deployment.md lists every variable.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from iamconsole.core.keys import KeyFileError, read_keys


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def env_bool(name: str, default: bool) -> bool:
    text = env(name).lower()
    if text in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return text in ("1", "true", "yes", "on") if text else default
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def env_int(name: str, default: int) -> int:
    text = env(name)
    if not text:
        return default
    if not text.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def env_list(name: str) -> list[str]:
    return [part.strip() for part in env(name).split(",") if part.strip()]


BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(env("IAMCONSOLE_DATA") or BASE_DIR / ".data").absolute()

try:
    KEYS = read_keys(DATA / "keys.json", env("IAMCONSOLE_KEY"))
except KeyFileError as error:
    raise ImproperlyConfigured(str(error)) from error
SECRET_KEY = KEYS.signing
# Encrypts secret access keys and wizard drafts at rest; its key is never in the database.
IAMCONSOLE_FERNET = KEYS.fernet

DEBUG = env_bool("IAMCONSOLE_DEBUG", False)

# The address printed to people, and the base of bucket hosts such as company1-hr.localhost.
# `serve` writes down where it listens, so that the other commands print the same.
SERVED_AT = DATA / "address"
_served_at = SERVED_AT.read_text(encoding="ascii").strip() if SERVED_AT.is_file() else ""
IAMCONSOLE_URL = (env("IAMCONSOLE_URL") or _served_at or "http://127.0.0.1:8000").rstrip("/")
_address = urlsplit(IAMCONSOLE_URL)
if _address.scheme not in ("http", "https") or not _address.hostname:
    raise ImproperlyConfigured(f"IAMCONSOLE_URL must be an http or https address, not {IAMCONSOLE_URL!r}.")
IAMCONSOLE_HTTPS = _address.scheme == "https"
IAMCONSOLE_BUCKET_DOMAINS = sorted({"localhost", _address.hostname, *env_list("IAMCONSOLE_BUCKET_DOMAINS")})
# A class on a school network reaches this machine by its address: any host may be asked for unless
# the deployment is a published https one, or says which hosts are its own.
ALLOWED_HOSTS = env_list("IAMCONSOLE_HOSTS") or (
    [_address.hostname, "." + _address.hostname, "localhost", "127.0.0.1"] if IAMCONSOLE_HTTPS else ["*"]
)
# Sign-up makes no further sandbox beyond these; whoever runs the site still can.
IAMCONSOLE_MAX_SANDBOXES = env_int("IAMCONSOLE_MAX_SANDBOXES", 1000)
# How many sandboxes of the course stand ready before anybody asks for one: a large class that starts at once.
IAMCONSOLE_POOL = {"course": env_int("IAMCONSOLE_POOL", 200)}
# A visitor's sandbox that was not used for so long is deleted.
IAMCONSOLE_VISIT_HOURS = env_int("IAMCONSOLE_VISIT_HOURS", 24)
# "Try it": whether visitors get a sandbox at the press of a button, what is in it, how many there are altogether, and
# how many are begun from one address within an hour (a class behind one router shares its address).
IAMCONSOLE_VISITORS = env_bool("IAMCONSOLE_VISITORS", True)
IAMCONSOLE_VISITOR_FIXTURE = env("IAMCONSOLE_VISITOR_FIXTURE") or "course"
IAMCONSOLE_MAX_VISITORS = env_int("IAMCONSOLE_MAX_VISITORS", 500)
IAMCONSOLE_VISITORS_PER_HOUR = env_int("IAMCONSOLE_VISITORS_PER_HOUR", 60)
# What a sandbox may hold: objects of S3, their bytes, things of IAM (users, roles, policies, …), and events: of
# those the newest are kept. Visitors' sandboxes hold less.
IAMCONSOLE_QUOTAS = {
    "objects": env_int("IAMCONSOLE_SANDBOX_OBJECTS", 10_000),
    "bytes": env_int("IAMCONSOLE_SANDBOX_BYTES", 500 * 1024 * 1024),
    "things": env_int("IAMCONSOLE_SANDBOX_THINGS", 10_000),
    "events": env_int("IAMCONSOLE_SANDBOX_EVENTS", 100_000),
}
IAMCONSOLE_VISITOR_QUOTAS = {
    "objects": env_int("IAMCONSOLE_VISITOR_OBJECTS", 500),
    "bytes": env_int("IAMCONSOLE_VISITOR_BYTES", 50 * 1024 * 1024),
    "things": env_int("IAMCONSOLE_VISITOR_THINGS", 1_000),
    "events": env_int("IAMCONSOLE_VISITOR_EVENTS", 10_000),
}
# A lab may shorten sign-up: contact, payment, identity and support become one page with one button.
IAMCONSOLE_SHORT_SIGN_UP = env_bool("IAMCONSOLE_SHORT_SIGN_UP", False)
# Whose names the navigation uses: the course's ("User groups") or the console's since 2026 ("IAM user groups").
IAMCONSOLE_LABELS = env("IAMCONSOLE_LABELS") or "course"
if IAMCONSOLE_LABELS not in ("course", "2026"):
    raise ImproperlyConfigured(f"IAMCONSOLE_LABELS must be course or 2026, not {IAMCONSOLE_LABELS!r}.")
# How many proxies in front of us append to X-Forwarded-For; 0 believes nobody.
IAMCONSOLE_TRUSTED_PROXIES = env_int("IAMCONSOLE_TRUSTED_PROXIES", 0)
# Larger objects are refused with S3's EntityTooLarge.
IAMCONSOLE_MAX_OBJECT_BYTES = env_int("IAMCONSOLE_MAX_OBJECT_BYTES", 50 * 1024 * 1024)

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "heroicons",
    "csp",
    "iamconsole.ui",
    "iamconsole.editor",
    "iamconsole.accounts",
    "iamconsole.cloudtrail",
    "iamconsole.iam",
    "iamconsole.sts",
    "iamconsole.s3",
    "iamconsole.analysis",
    "iamconsole.generic",
    "iamconsole.gateway",
    "iamconsole.sandboxes",
    "iamconsole.api",
    "iamconsole.signin",
    "iamconsole.console",
    "iamconsole.simulator",
]

MIDDLEWARE = [
    # Requests of the CLI and SDKs leave here: they need no session, cookie or CSRF token.
    "iamconsole.api.middleware.AwsEndpointMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "iamconsole.ui.middleware.DialogMiddleware",
    "iamconsole.signin.middleware.CallerMiddleware",
    "iamconsole.gateway.middleware.AwsMiddleware",
    "iamconsole.console.calls.CallsMiddleware",
]

ROOT_URLCONF = "iamconsole.urls"
WSGI_APPLICATION = "iamconsole.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "iamconsole.ui.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "iamconsole.console.context.frame",
                "iamconsole.console.calls.context",
                "iamconsole.signin.sessions.context",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL") or f"sqlite:///{DATA / 'db.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; "
        # Copied into the database file a few megabytes at a time: that waits for the disk, and a class starts at once.
        "PRAGMA wal_autocheckpoint=10000; PRAGMA cache_size=-8000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Passwords of simulated root and IAM users. The second makes hashes only where it is asked for by name.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "iamconsole.accounts.hashers.GeneratedPasswordHasher",
]

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "iamconsole.editor.static_files.AceFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "objects"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# A console session ends after 12 hours, by its credentials. The browser's lives on, so that who comes back is told
# why and finds the drafts again.
SESSION_COOKIE_AGE = 24 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IAMCONSOLE_HTTPS
SESSION_ENGINE = "iamconsole.signin.session_store"
SESSION_COOKIE_NAME = "iamconsole_session"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = IAMCONSOLE_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IAMCONSOLE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IAMCONSOLE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IAMCONSOLE_TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "iamconsole.signin.views.session.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# A form is at most a policy or a page of ticks; object bytes stream and are limited on their own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# The visual policy editor has a box for each action: EC2 has 800, and a policy may have several blocks open.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# An API request that is not an object upload: a policy document and some names.
IAMCONSOLE_MAX_REQUEST_BYTES = 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # waitress says at every busy moment that a request waits its turn: no news for whoever runs this.
    # Nor is every mistake of a learner (a refused form, a page that is not there).
    "loggers": {"waitress.queue": {"level": "ERROR"}, "django.request": {"level": "ERROR"}},
}
