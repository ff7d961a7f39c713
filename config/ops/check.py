"""Every check that needs no test: lint, types, import contracts, templates, migrations, deployment settings.

`python -m config.ops.check` runs them two at a time, prints what each found, and ends with 1 when one failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

BASE_DIR = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
APPS = ("config", "approvals", "metrics", "decisions")


@dataclass(frozen=True)
class Check:
    """A command that ends with 0 when all is well; `environment` is added to the present one."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def checks(scratch: str) -> list[Check]:
    """Return them, the slowest first."""
    manage = (sys.executable, "manage.py")
    # As in service: TLS before it, a secret of its own, nothing of the developer's.
    service = {"HTTPS": "1", "DEBUG": "0", "SECRET_KEY": token_urlsafe(50), "ALLOWED_HOSTS": "premise.example.org"}
    local = {"PREMISE_VAR": scratch, "DATABASE_URL": "", "REDIS_URL": ""}
    return [
        Check("types", (sys.executable, "-m", "mypy", *APPS), local),
        Check("imports", (str(BIN / "lint-imports"),), local),
        Check("lint", (sys.executable, "-m", "ruff", "check", ".")),
        Check("format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
        Check("templates", (sys.executable, "-m", "djlint", "--lint", "--quiet", "templates")),
        Check("migrations", (*manage, "makemigrations", "--check", "--dry-run"), local),
        Check("deployment", (*manage, "check", "--deploy", "--fail-level", "WARNING"), local | service),
    ]


def run(check: Check) -> tuple[Check, int, str, float]:
    """Run one; returns its exit code, what it printed, and the seconds."""
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands are our own
        check.command,
        cwd=BASE_DIR,
        env=os.environ | check.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return check, done.returncode, done.stdout, time.monotonic() - begun


def main() -> int:
    """Run all; 0 when all is well."""
    failed = []
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        for check, code, output, seconds in pool.map(run, checks(scratch)):
            sys.stdout.write(f"{'ok    ' if code == 0 else 'FAILED'} {check.name} ({seconds:.1f} s)\n")
            if code:
                failed.append(check.name)
                sys.stdout.write(f"{output}\n")
            sys.stdout.flush()
    if failed:
        sys.stdout.write(f"Failed: {', '.join(failed)}.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
