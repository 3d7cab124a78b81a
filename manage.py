#!/usr/bin/env python3
"""Django's command line, with one clear line for what keeps it from starting."""

import os
import sys


def main():
    if sys.version_info < (3, 11):
        sys.exit("iamconsole needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamconsole.settings")
    try:
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run `make run`, or the plain lines beside it in README.md.")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
