"""Where the broker listens: REDIS_URL, or a socket of our own when there is none."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

# The kernel's sun_path holds 108 bytes, the closing NUL among them.
LONGEST_SOCKET = 107


def embedded_socket(var: Path) -> Path:
    """Return the embedded broker's socket: under `var`, or, when that path is too long for a socket, a short one.

    The short one lies in the temporary directory, in a folder named after the user and `var`; the server's start
    refuses a folder there that belongs to somebody else.
    """
    socket = var / "broker.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET:
        return socket
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"premise-{os.getuid()}-{name}" / "broker.sock"


def embedded_url(var: Path, database: int = 0) -> str:
    """Return the embedded broker's address as the Redis client takes it."""
    return f"unix://{quote(str(embedded_socket(var)))}?db={database}"


def celery_url(redis_url: str) -> str:
    """Return the address as Celery takes it: sockets are written in another way there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
