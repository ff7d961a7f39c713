"""From a record's data to the signed PDF."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from config.kit.canonical import canonical
from decisions.record.pages import html
from decisions.record.sheets import Sheet
from decisions.record.signing import sign_pdf, unsigned_text


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of the public key's 32 bytes, in hexadecimal."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def sheet_of(record: Mapping[str, Any], key: Ed25519PublicKey) -> Sheet:
    """Lay a record out; the same record and key give the same sheet."""
    data = canonical(dict(record)).encode()
    named = fingerprint(key)
    return Sheet(
        html=html(record, named),
        record=data,
        signature=unsigned_text(named),
        at=datetime.fromisoformat(record["as_of"]),
        identifier=hashlib.sha256(data).hexdigest()[:32],
    )


def assemble(record: Mapping[str, Any], key: Ed25519PrivateKey, draw: Callable[[Sheet], bytes]) -> bytes:
    """Return the signed PDF; `draw` turns a sheet into a PDF, here or in another process."""
    return sign_pdf(draw(sheet_of(record, key.public_key())), key)
