"""`manage.py serve`: everything from a fresh checkout to a running console, safe to repeat."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from iamconsole.accounts.models import Account
from iamconsole.sandboxes import caretaker, lifecycle, server

MOST_WORKERS = 64


class Command(BaseCommand):
    help = "Prepare the database and the static files, make a demo sandbox on first start, and serve."
    requires_system_checks: list[str] = []  # Django's own attribute

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets the class in (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="0 picks a free one (default 8000)")
        parser.add_argument(
            "--workers",
            type=int,
            default=0,
            help="processes for a class; one per core is good (default: a laptop's one)",
        )

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        if workers and not hasattr(os, "fork"):
            raise CommandError("Several workers need Linux or macOS; without --workers one process serves.")
        if not 0 <= workers <= MOST_WORKERS:
            raise CommandError(f"A number of workers is from 1 to {MOST_WORKERS}; {workers} is not.")
        listening = self._listen(host, port)
        port = listening.getsockname()[1]
        if not os.environ.get("IAMCONSOLE_URL"):
            # What is printed and what sign-in links say is where this server really is.
            shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
            settings.IAMCONSOLE_URL = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
            settings.SERVED_AT.write_text(settings.IAMCONSOLE_URL, encoding="ascii")
        account = self._prepare()
        self._welcome(lifecycle.describe(account))
        if workers:
            server.serve_class(listening, workers)
        else:
            server.serve_alone(listening)

    def _prepare(self) -> Account:
        """The database, the static files and, at first, a demo sandbox; returns the account to sign in to."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
            self._prepare_static_files()
            call_command("clearsessions")
            caretaker.purge_expired()
            lifecycle.keep_managed_texts()
            # The demo account, and not one that a visitor signed up for: its password is nobody's to print.
            demo = next((account for account in lifecycle.everyone() if not account.signed_up), None)
            return demo or lifecycle.create()
        except OSError as error:
            raise CommandError(f"The data folder {settings.DATA} cannot be used: {error}.") from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {str(error).strip()}.") from error

    def _listen(self, host: str, port: int) -> socket.socket:
        """Take the port before any work is done: a taken one is said in one line."""
        if not 0 <= port <= 65535:
            raise CommandError(f"A port is a number from 0 to 65535; {port} is not.")
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, kind, protocol)
            if os.name == "posix":  # elsewhere this would let two servers share a port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(1024)
        except OSError as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CommandError(f"Cannot listen on {host}:{port}: {reason}. Choose another with --port.") from error
        return listening

    def _prepare_static_files(self) -> None:
        """Collect, hash and compress once per version of the files."""
        root = Path(settings.STATIC_ROOT)
        stamp = root / ".prepared"
        version = _fingerprint()
        if stamp.exists() and stamp.read_text(encoding="ascii") == version:
            return
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(version, encoding="ascii")

    def _welcome(self, sandbox: dict[str, Any]) -> None:
        root, admin = sandbox["root"], sandbox["admin"]
        lines = [
            "",
            f"  iamconsole is at      {sandbox['endpoint']}",
            "",
            f"  Account ID            {sandbox['account_id']}",
            f"  Root user             {root['email']}   password  {root['password']}",
            f"  Its simulated inbox   {sandbox['link']}",
        ]
        if admin:
            lines += [
                f"  IAM user              {admin['user_name']}   password  {admin['password']}",
                "",
                "  For the aws command and the SDKs:",
                f"    export AWS_ENDPOINT_URL={sandbox['endpoint']}",
                f"    export AWS_ACCESS_KEY_ID={admin['access_key_id']}",
                f"    export AWS_SECRET_ACCESS_KEY={admin['secret_access_key']}",
                "    export AWS_DEFAULT_REGION=us-east-1",
            ]
        lines += ["", "  Training simulator: never enter real AWS credentials. Stop with Ctrl+C.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _fingerprint() -> str:
    """What the prepared files depend on: our own files, and the packages that bring some."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    for finder in get_finders():
        digest.update("\n".join(sorted(name for name, _ in finder.list([]))).encode())
    return digest.hexdigest()
