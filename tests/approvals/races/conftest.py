"""Many at once, each on a connection of its own, let go together."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

Outcomes = list[Any]


@pytest.fixture
def together(transactional_db: None) -> Callable[[Iterable[Callable[[], Any]]], Outcomes]:
    """Run the calls at the same moment; returns what each returned, or the exception it raised."""

    def run(calls: Iterable[Callable[[], Any]]) -> Outcomes:
        calls = list(calls)
        barrier = Barrier(len(calls))

        def one(call: Callable[[], Any]) -> Any:
            try:
                barrier.wait(30)
                return call()
            except Exception as error:  # noqa: BLE001 what was raised is the outcome
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return run
