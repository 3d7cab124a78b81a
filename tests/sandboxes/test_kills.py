"""kill -9 in the middle of what is done with sandboxes: a few kills; `python -m tests.kills` does twenty of each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("act", ["start", "reset", "copy", "restore", "purge"])
def test_a_kill_leaves_what_was_before_or_what_is_after(act):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("IAMCONSOLE_", "DJANGO_", "DATABASE_"))}
    command = [sys.executable, "-m", "tests.kills", "--rounds", "2", act]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing lost" in done.stdout
