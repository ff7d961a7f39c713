"""Credentials of sources, encrypted at rest and bound to the one place that they are for.

AES-256-GCM under keys derived from CREDENTIALS_KEY (the first encrypts, every one of them decrypts) or, where none is
set, from SECRET_KEY. What a credential is for goes in as authenticated data: in another row, or sent to another
server, it cannot be decrypted.
"""

import base64
import binascii
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12
MARK = "1:"  # the way of sealing, should there ever be another


class Unreadable(ValueError):
    """What is kept cannot be decrypted by any key of this installation, or for this place."""


def seal(secret: str, *, place: str) -> str:
    """Encrypt a secret for one place."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(_words()[0]).encrypt(nonce, secret.encode(), place.encode())
    return MARK + base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, place: str) -> str:
    """Decrypt what was sealed for the place; Unreadable otherwise."""
    if not sealed.startswith(MARK):
        raise Unreadable
    try:
        raw = base64.b64decode(sealed[len(MARK) :], validate=True)
    except binascii.Error as error:
        raise Unreadable from error
    for word in _words():
        try:
            return _cipher(word).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError):
            continue
    raise Unreadable


def _words() -> list[str]:
    """Return the installation's keys, newest first; what was sealed before there was an own key is still read."""
    return [*settings.CREDENTIALS_KEYS, settings.SECRET_KEY]


@lru_cache(maxsize=16)
def _cipher(word: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"premise credentials of sources")
    return AESGCM(derived.derive(word.encode()))
