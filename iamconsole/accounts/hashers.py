"""Password hashes that cost nothing to make, for passwords that nobody has chosen."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, get_hasher, mask_hash
from django.utils.crypto import constant_time_compare


class GeneratedPasswordHasher(BasePasswordHasher):
    """For the generated passwords of a start state, and for no other.

    A slow hash protects what people choose: from a stolen one their words can be guessed. Twenty random characters
    cannot, however fast the hash, and a class that starts at once would wait for hundreds of slow ones. To be wrong
    costs as much as with the preferred hasher, or the time would tell which users have such a password; to be right
    tells nothing that the answer does not.
    """

    algorithm = "generated"

    def encode(self, password: str, salt: str) -> str:
        digest = hashlib.blake2b(password.encode(), salt=hashlib.blake2b(salt.encode(), digest_size=16).digest())
        return f"{self.algorithm}${salt}${digest.hexdigest()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        right = constant_time_compare(self.encode(password, self.decode(encoded)["salt"]), encoded)
        if not right:
            slow = get_hasher()
            slow.encode(password, slow.salt())
        return right

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            "algorithm": decoded["algorithm"],
            "salt": mask_hash(decoded["salt"], show=2),
            "hash": mask_hash(decoded["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        return False
