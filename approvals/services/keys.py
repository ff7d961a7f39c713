"""The key that signs checkpoints and records: made once, kept outside the database under PREMISE_VAR/keys."""

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings


def directory() -> Path:
    """Return where keys are kept: `ledger.pem`, and every public key ever used as `<fingerprint>.pub.pem`."""
    path = Path(settings.VAR) / "keys"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def private_key() -> Ed25519PrivateKey:
    """Return the signing key, made on first use; two processes starting at once agree on one."""
    path = directory() / "ledger.pem"
    if not path.exists():
        _keep(path, Ed25519PrivateKey.generate())
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 key.")
    _publish(key.public_key())
    return key


def _keep(path: Path, key: Ed25519PrivateKey) -> None:
    """Write the key whole, then give it its name only if nobody was first."""
    draft = path.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _publish(key: Ed25519PublicKey) -> None:
    """Keep the public half beside it, so that old signatures can be checked after the key was changed."""
    path = directory() / f"{fingerprint(key)}.pub.pem"
    if not path.exists():
        path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def public_pem() -> str:
    """Return the present public key, for auditors to keep."""
    return private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the hexadecimal SHA-256 of the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def sign(data: bytes) -> tuple[str, str]:
    """Return the signature in hexadecimal and the fingerprint of the key that made it."""
    key = private_key()
    return key.sign(data).hex(), fingerprint(key.public_key())


def known_keys() -> dict[str, Ed25519PublicKey]:
    """Return every public key kept here, by fingerprint."""
    found = {}
    for path in directory().glob("*.pub.pem"):
        key = load_pem_public_key(path.read_bytes())
        if isinstance(key, Ed25519PublicKey):
            found[fingerprint(key)] = key
    return found


def holds(key: Ed25519PublicKey, signature: str, data: bytes) -> bool:
    """Say whether the hexadecimal signature over the data is the key's."""
    try:
        key.verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True
