"""Verify a file that somebody uploads, by the stand-alone verifier, in a process that can do no harm.

What is uploaded may be made to hurt whatever reads it, so it is read by a process with little memory and time.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from approvals.services import keys
from decisions.record import verify

SECONDS = 60
MEMORY = 1 << 30
LARGEST = 200 * (1 << 20)
# Set by the process itself: `preexec_fn` may hang in a server with threads.
CONFINED = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Finding:
    """What the verifier said: whether everything holds, and the sentence."""

    holds: bool
    sentence: str


def verify_upload(chunks: Iterable[bytes]) -> Finding:
    """Hold a record, an evidence pack or a consistency proof against the installation's keys."""
    with tempfile.TemporaryDirectory(prefix="premise-verify-") as folder:
        path = Path(folder) / "uploaded"
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        finding = Finding(False, "This installation has no public key yet: nothing was ever signed here.")
        for key in sorted(keys.directory().glob("*.pub.pem")):
            finding = _verified(path, key)
            if finding.holds:
                break
        return finding


def _verified(path: Path, key: Path) -> Finding:
    # -I: neither the folder nor the environment can lend the verifier other modules.
    words = [sys.executable, "-I", "-c", CONFINED, str(verify.__file__), str(path), "--public-key", str(key)]
    try:
        done = subprocess.run(  # noqa: S603 our own verifier; the file is data to it
            words, capture_output=True, text=True, timeout=SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        return Finding(False, f"Reading the file took longer than {SECONDS} seconds: no record of ours does that.")
    if done.returncode == 0:
        return Finding(True, done.stdout.strip())
    if done.returncode == 1 and done.stderr.strip() and not done.stderr.startswith("Traceback"):
        return Finding(False, done.stderr.strip().splitlines()[-1])
    return Finding(False, "The file cannot be read as one of ours: its reader gave up.")
