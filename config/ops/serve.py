"""Serve Premise on this machine: `python -m config.ops.serve` starts broker, web, worker and beat; Ctrl-C stops all."""

import errno
import fcntl
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

from config.ops import broker, prepare
from config.ops.supervisor import GaveUp, Program, Supervisor

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
CELERY = (PYTHON, "-m", "celery", "--quiet", "--app", "config")
FIRST_PAGE_SECONDS = 60.0


class CannotServe(Exception):
    """Serving is not possible now; the message is one sentence that says what to do."""


def main() -> int:
    """Serve until told to stop; 0 after Ctrl-C, 1 with a sentence when it cannot go on."""
    os.chdir(BASE_DIR)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    var = Path(os.environ.get("PREMISE_VAR") or BASE_DIR / "var").resolve()
    os.environ["PREMISE_VAR"] = str(var)
    try:
        port = _port(os.environ.get("PORT") or "8000")
        with listen(port) as listener, _only_one(var):
            return _serve(Supervisor(), var, listener)
    except (CannotServe, broker.BrokerMissing, prepare.StepFailed, GaveUp) as trouble:
        _say(str(trouble))
        return 1


def _serve(supervisor: Supervisor, var: Path, listener: socket.socket) -> int:
    try:
        if not os.environ.get("REDIS_URL"):
            _start_broker(supervisor, var)
        if not prepare.run(var, supervisor, _say):
            return 0
        supervisor.start(_web(listener))
        stopped = _await_first_page(supervisor, listener.getsockname()[1])
        if not stopped:
            supervisor.start(_worker())
            supervisor.start(_beat(var))
            supervisor.watch()
    finally:
        _say("Stopping.")
        supervisor.stop()
    return 0


def _start_broker(supervisor: Supervisor, var: Path) -> None:
    supervisor.start(Program(name="broker", command=broker.server_command(var), foundation=True))
    if not broker.wait_until_ready(var, alive=lambda: supervisor.alive("broker")):
        raise CannotServe(f"The embedded broker did not start: {var}/broker/broker.log says why; or set REDIS_URL.")


def _web(listener: socket.socket) -> Program:
    return Program(name="web", command=web_command(listener), keep_open=(listener.fileno(),))


def web_command(listener: socket.socket) -> list[str]:
    """Return the command that serves the web on a socket which it inherits."""
    # The socket is ours: nobody takes the port between two starts, and requests wait while the web starts again.
    shared_memory = ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108
    options = {
        "--bind": f"fd://{listener.fileno()}",
        "--workers": "2",
        "--threads": "4",
        "--worker-class": "gthread",
        "--timeout": "60",
        "--graceful-timeout": "4",
        "--log-level": "warning",
    }
    words = [word for pair in options.items() for word in pair]
    return [PYTHON, "-m", "gunicorn", "config.wsgi", "--preload", "--no-control-socket", *shared_memory, *words]


def _worker() -> Program:
    return Program(name="worker", command=[*CELERY, "worker", "--loglevel", "warning", "--hostname", "premise@%h"])


def _beat(var: Path) -> Program:
    schedule = str(var / "beat-schedule")
    return Program(name="beat", command=[*CELERY, "beat", "--loglevel", "warning", "--pidfile=", "-s", schedule])


def _await_first_page(supervisor: Supervisor, port: int) -> bool:
    """Say so when the web answers; True when told to stop before."""
    deadline = time.monotonic() + FIRST_PAGE_SECONDS
    address = f"http://127.0.0.1:{port}"
    while time.monotonic() < deadline:
        if _answers(f"{address}/healthz"):
            _say(f"Premise is at {address} (Ctrl-C stops it).")
            return False
        if supervisor.watch(0.05):
            return True
    raise CannotServe(f"The web did not answer within {FIRST_PAGE_SECONDS:.0f} seconds: see above why.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=0.5):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotServe(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of this machine (0: any that is free), for `web_command`."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # gunicorn sets it on sockets of its own making alone. Without it an answer in two packets waits 40 ms between them
    # for a program that keeps its connection.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"Port {port} is taken by another program: choose another, as in PORT={port + 1}."
            ) from None
        raise CannotServe(f"Port {port} cannot be used ({error.strerror}): choose another with PORT=.") from None
    return listener


def _only_one(var: Path) -> TextIO:
    """Return the lock on this `var`: two servers on one embedded broker and one SQLite file would cross each other."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotServe(
            f"Premise is already running on {var}: stop it, or set PREMISE_VAR to another folder."
        ) from None
    return lock


def _say(sentence: str) -> None:
    sys.stderr.write(f"premise: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
