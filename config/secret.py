"""A secret that is made once and then kept."""

import os
import secrets
import tempfile
from pathlib import Path


def kept_secret(path: Path) -> str:
    """Return the secret in the file, made on first use; processes that start at once agree on one."""
    if not path.exists():
        _offer(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def _offer(path: Path, secret: str) -> None:
    # Written elsewhere first and then linked: the name appears with its content or not at all, and the link fails
    # for whoever comes second, who then reads the first one's.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
