"""`manage.py`'s commands in one process that stays, for tests that need a sandbox each: `python -m tests.commands`.

A list of arguments a line in, what the command prints a line out, both as JSON. A command that fails ends the process
with its traceback: no test goes on with half a sandbox.
"""

from __future__ import annotations

import io
import json
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamconsole.settings")
    import django
    from django.core.management import call_command

    django.setup()
    for line in sys.stdin:
        printed = io.StringIO()
        call_command(*json.loads(line), stdout=printed)
        print(json.dumps(printed.getvalue()), flush=True)


if __name__ == "__main__":
    main()
