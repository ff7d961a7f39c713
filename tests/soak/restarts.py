"""The broker killed and restarted under load, and two of everything at once: nothing lost, nothing doubled."""

import threading
import time
from dataclasses import replace

from decisions.models import Reevaluation
from tests.soak.kills import count, report, wait_until_quiet, watched_metrics, workers
from tests.soak.outcome import Outcome
from tests.stage import Broker

CONSUMING_WITHIN_SECONDS = 30.0
SETTLED_SECONDS = 8.0


def restarted(*, breaches: int, restarts: int, broker: Broker) -> Outcome:
    """Kill the broker again and again while breaches arrive; wrong when the worker takes over 30 s to consume again."""
    targets = watched_metrics(breaches)
    begun = time.monotonic()
    group = workers()
    ended, refused = threading.Event(), list[str]()
    pause = restarts * SETTLED_SECONDS / breaches
    reporting = threading.Thread(target=report, args=(targets, ended, refused, pause))
    try:
        _wait_for_more(0, limit=None, reporting=reporting)
        slow = 0
        for _ in range(restarts):
            time.sleep(SETTLED_SECONDS / 4)
            broker.kill()
            broker.start()
            slow += not _wait_for_more(_opened(), limit=CONSUMING_WITHIN_SECONDS, reporting=reporting)
        reporting.join()
        wait_until_quiet()
    finally:
        for process in reversed(group):
            process.stop()
    counted = count(breaches)
    seconds = round(time.monotonic() - begun, 1)
    return replace(counted, wrong=counted.wrong + len(refused) + slow, seconds=seconds)


def _opened() -> int:
    return Reevaluation.objects.count()


def _wait_for_more(known: int, *, limit: float | None, reporting: threading.Thread) -> bool:
    """Wait until the worker has opened more than those known; true also when there is no more to report."""
    if not reporting.ident:
        reporting.start()
    begun = time.monotonic()
    while _opened() <= known:
        if not reporting.is_alive() and known >= _opened():
            wait_until_quiet()
            return limit is None or time.monotonic() - begun <= limit
        if limit is not None and time.monotonic() - begun > limit:
            return False
        time.sleep(0.1)
    return True


def doubled(*, breaches: int) -> Outcome:
    """Let two workers and two beats run beside each other while breaches arrive."""
    targets = watched_metrics(breaches)
    begun = time.monotonic()
    group = workers(2)
    ended, refused = threading.Event(), list[str]()
    try:
        report(targets, ended, refused, 0.0)
        wait_until_quiet()
    finally:
        for process in reversed(group):
            process.stop()
    counted = count(breaches)
    seconds = round(time.monotonic() - begun, 1)
    return replace(counted, wrong=counted.wrong + len(refused), seconds=seconds)
