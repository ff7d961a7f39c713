"""Steps that run only when what they depend on has changed: a hash of their inputs is kept in a file."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """Return a hash of the names and contents of the files that exist, and of the words."""
    total = hashlib.sha256()
    for file in sorted(set(files)):
        if file.is_file():
            total.update(f"{file}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    for word in words:
        total.update(f"\0{word}".encode())
    return total.hexdigest()


def is_current(stamp: Path, inputs: str) -> bool:
    """Tell whether the step has been done with these inputs."""
    return stamp.is_file() and stamp.read_text() == inputs


def mark_done(stamp: Path, inputs: str) -> None:
    """Note that the step is done with these inputs."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    draft = stamp.with_suffix(".draft")
    draft.write_text(inputs)
    draft.replace(stamp)
