"""Many at the same moment, each on a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from django.db import connection

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
