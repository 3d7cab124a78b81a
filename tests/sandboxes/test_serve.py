"""What `manage.py serve` says when it cannot start: one clear line, and a status that is not 0."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def serve(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("IAMCONSOLE_", "DJANGO_", "DATABASE_"))}
    command = [sys.executable, str(ROOT / "manage.py"), "serve", *arguments]
    done = subprocess.run(
        command, env=clean | environment, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    [line] = done.stderr.strip().splitlines()
    return line


def test_a_taken_port(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = serve("--port", port, IAMCONSOLE_DATA=str(tmp_path))
    assert said == (
        f"CommandError: Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another with --port."
    )


def test_a_port_that_is_none(tmp_path):
    assert "A port is a number from 0 to 65535" in serve("--port", "99999", IAMCONSOLE_DATA=str(tmp_path))


def test_a_data_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "data")
    said = serve(IAMCONSOLE_DATA=folder)
    assert said == (
        f"The data folder {folder} cannot be written (Not a directory). Set IAMCONSOLE_DATA to a folder that can."
    )


def test_a_database_that_cannot_be_opened(tmp_path):
    (tmp_path / "db.sqlite3").mkdir()
    assert serve("--port", "0", IAMCONSOLE_DATA=str(tmp_path)).startswith("CommandError: The database cannot be used: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IAMCONSOLE_URL", "ftp://example.org"),
        ("IAMCONSOLE_DEBUG", "maybe"),
        ("IAMCONSOLE_TRUSTED_PROXIES", "-1"),
        ("IAMCONSOLE_KEY", "too short"),
        ("IAMCONSOLE_LABELS", "2024"),
        ("IAMCONSOLE_MAX_SANDBOXES", "many"),
    ],
)
def test_a_setting_that_makes_no_sense(tmp_path, name, value):
    said = serve(**{"IAMCONSOLE_DATA": str(tmp_path), name: value})
    assert said.startswith(name)


def start(data: Path) -> list[str]:
    """What a start prints, up to the last line; the server is stopped again."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("IAMCONSOLE_", "DJANGO_", "DATABASE_"))}
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", "0"]
    environment = clean | {"IAMCONSOLE_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if "Stop with" in line:
                break
        running.terminate()
    # The port is a free one and differs.
    return [line for line in said if "http://" not in line]


def test_starting_again_finds_everything_as_it_was(tmp_path):
    first = start(tmp_path)
    assert any("Account ID" in line for line in first)
    prepared = (tmp_path / "static" / ".prepared").stat().st_mtime_ns
    assert start(tmp_path) == first
    assert (tmp_path / "static" / ".prepared").stat().st_mtime_ns == prepared
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
