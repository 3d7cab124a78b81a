"""The keys of a deployment, kept in one file outside the database.

Secret access keys must be readable again to verify a signature, so they are stored encrypted. The
key that opens them is never in the database; whoever copies a database alone has no secrets.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet


class KeyFileError(Exception):
    """The key file cannot be read or made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Keys:
    signing: str
    fernet: Fernet


def _derive(master: str) -> Keys:
    def key(purpose: bytes) -> bytes:
        return hashlib.blake2b(master.encode(), digest_size=32, person=purpose).digest()

    return Keys(
        signing=base64.urlsafe_b64encode(key(b"django-signing") + key(b"django-signing-2")).decode(),
        fernet=Fernet(base64.urlsafe_b64encode(key(b"fernet"))),
    )


def read_keys(path: Path, given: str = "") -> Keys:
    """The keys from `given` (the environment) or from the file, made on first use.

    The file is created exclusively and readable by its owner only, so that two processes that start
    at once end with the same key.
    """
    if given:
        if len(given) < 32:
            raise KeyFileError("IAMCONSOLE_KEY must be at least 32 characters long.")
        return _derive(given)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        if not path.exists():
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps({"master": secrets.token_urlsafe(48)}), encoding="ascii")
            try:
                os.link(temporary, path)
            except FileExistsError:
                pass  # another process was first: its key is the key
            finally:
                temporary.unlink()
        return _derive(json.loads(path.read_text(encoding="ascii"))["master"])
    except OSError as error:
        raise KeyFileError(
            f"The data folder {path.parent} cannot be written ({error.strerror}). "
            "Set IAMCONSOLE_DATA to a folder that can."
        ) from error
    except (ValueError, KeyError) as error:
        raise KeyFileError(f"The key file {path} is damaged. Restore it from a backup.") from error
