"""Salted commitments: a name stands in the ledger only as a hash that its salt opens."""

import hashlib

from config.kit.canonical import canonical


def commitment(*, salt: str, username: str, name: str) -> str:
    """Return the hexadecimal SHA-256 over salt, username and name; lose the salt, lose the name."""
    return hashlib.sha256(canonical({"name": name, "salt": salt, "username": username}).encode()).hexdigest()
