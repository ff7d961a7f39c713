"""Many at the same moment, each on a connection of its own."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Thread
from typing import Any

from django.db import connection, transaction

WRITERS = 8 if connection.vendor == "postgresql" else 4  # SQLite lets them in one by one, each waiting its turn


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Let the calls go together; returns what each returned, or the exception it raised."""
    barrier = Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(60)
            return call()
        except Exception as error:  # noqa: BLE001 what was raised is the outcome
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def many_at_once(work: Callable[[int], Any], count: int = WRITERS) -> list[Any]:
    """Do the work so many times together, each with its number; returns what each gave, or raises what one raised."""
    outcomes = at_once(*(partial(work, number) for number in range(count)))
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return outcomes


def meanwhile(first: Callable[[], Any], waits: Callable[[], Any]) -> Any:
    """Do the second while the first has done its work and not yet committed; returns what it gave, or raised.

    The first holds on until the second waits for a lock (or 2 s, if it does not).
    """
    done, found = Event(), []

    def hold() -> None:
        try:
            with transaction.atomic():
                first()
                done.set()
                _until_somebody_waits()
        finally:
            done.set()
            connection.close()

    thread = Thread(target=hold)
    thread.start()
    done.wait(30)
    try:
        found.append(waits())
    except Exception as error:  # noqa: BLE001 what was raised is the outcome
        found.append(error)
    thread.join()
    return found[0]


def _until_somebody_waits() -> None:
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
