"""What a start needs: the schema, the static files, and on the first start the demo. Each is done only when due."""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from config.ops.stamps import fingerprint, is_current, mark_done
from config.ops.supervisor import Program, Supervisor

BASE_DIR = Path(__file__).resolve().parent.parent.parent
APPS = ("approvals", "metrics", "decisions")
ONLY_FOR_PAPER = ("--ignore", "*.ttf", "--ignore", "*.otf", "--ignore", "built")


class StepFailed(Exception):
    """A step ended with an error; what it printed says why."""


def run(var: Path, supervisor: Supervisor, say: Callable[[str], None]) -> bool:
    """Do what is due; False when told to stop in between. Raises StepFailed."""
    steps = _Steps(var, supervisor, say)
    return steps.static_files() and steps.schema() and steps.demo()


class _Steps:
    """The steps of one start, with the stamps that tell what is due."""

    def __init__(self, var: Path, supervisor: Supervisor, say: Callable[[str], None]) -> None:
        self.var, self.supervisor, self.say = var, supervisor, say
        self.stamps = var / "stamps"

    def static_files(self) -> bool:
        """Collect style sheets, scripts and fonts."""
        fonts = Path(os.environ.get("FONTS_DIR") or self.var / "fonts")
        sources = [*(BASE_DIR / "config" / "static").rglob("*"), *fonts.glob("*.woff2"), BASE_DIR / "uv.lock"]
        stamp, inputs = self.stamps / "static", fingerprint(sources)
        if is_current(stamp, inputs) and (self.var / "static" / "staticfiles.json").exists():
            return True
        if not self._manage("collectstatic", "--noinput", "--verbosity", "0", *ONLY_FOR_PAPER):
            return False
        mark_done(stamp, inputs)
        return True

    def schema(self) -> bool:
        """Migrate; a PostgreSQL database is always asked, for somebody else may have changed it."""
        stamp, code = self.stamps / "schema", [file for app in APPS for file in (BASE_DIR / app).rglob("*.py")]
        if self._is_sqlite() and is_current(stamp, fingerprint([*code, BASE_DIR / "uv.lock"], self._database())):
            return True
        if not self._manage("migrate", "--verbosity", "0"):
            return False
        mark_done(stamp, fingerprint([*code, BASE_DIR / "uv.lock"], self._database()))
        return True

    def demo(self) -> bool:
        """Seed the demo into an empty database, once; a seeding that was cut off is taken up again."""
        begun, done = self.stamps / "demo-begun", self.stamps / "demo-done"
        database = self._database()
        if is_current(done, database):
            return True
        resume = ["--resume"] if is_current(begun, database) else []
        mark_done(begun, database)
        self.say("First start: the demo is being written.")
        if not self._manage("seed_when_empty", *resume):
            return False
        mark_done(done, database)
        return True

    def _manage(self, *words: str) -> bool:
        """Run a management command; False when told to stop meanwhile. Raises StepFailed."""
        command = [sys.executable, str(BASE_DIR / "manage.py"), *words]
        code = self.supervisor.run_once(Program(name=words[0], command=command))
        if code:
            raise StepFailed(f"The step `manage.py {words[0]}` failed: see above why.")
        return code == 0

    def _is_sqlite(self) -> bool:
        return os.environ.get("DATABASE_URL", "").split(":", 1)[0] in {"", "sqlite"}

    def _database(self) -> str:
        """Return what tells one database from another: the file and its inode, or the (hashed) address."""
        url = os.environ.get("DATABASE_URL", "")
        if not self._is_sqlite():
            return hashlib.sha256(url.encode()).hexdigest()
        file = Path(url.removeprefix("sqlite:///")) if url else self.var / "premise.sqlite3"
        return f"{file}:{file.stat().st_ino if file.exists() else 'none'}"
