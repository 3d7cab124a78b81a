"""The short form of `python -m tests.kills_s3`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def said_by(module: str, *arguments: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("IAMCONSOLE_", "DJANGO_", "DATABASE_"))}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_killed_server_loses_no_acknowledged_object_and_leaves_no_half_one():
    assert "nothing lost" in said_by("tests.kills_s3", "--rounds", "2", "--writes", "40")
