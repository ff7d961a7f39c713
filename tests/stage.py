"""A stage for long runs outside pytest: a fresh test database and the embedded broker, gone at the end.

`python -m tests.soak --database=postgresql`; tests/settings.py reads the database from the command line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

from config.ops import broker


def set_up() -> None:
    """Make Django ready with the suite's settings; call it before anything that imports models."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()


@contextmanager
def database() -> Iterator[None]:
    """Make a test database, and drop it at the end."""
    setup_test_environment()
    kept = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)
        teardown_test_environment()


class Broker:
    """The embedded broker of this stage, to be killed and started again."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(broker.server_command(settings.VAR), stdin=subprocess.DEVNULL)
        assert broker.wait_until_ready(settings.VAR, alive=lambda: self.process.poll() is None)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        self.process.wait(10)


def report(row: dict[str, Any]) -> None:
    """Print one result: an object a line with JSON=1, else in words."""
    if os.environ.get("JSON"):
        sys.stdout.write(json.dumps(row) + "\n")
    else:
        sys.stdout.write("  ".join(f"{name} {value}" for name, value in row.items()) + "\n")
    sys.stdout.flush()
