"""Wake the background up. Losing a wake-up loses nothing: the sweep finds what the database knows is due."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

# After a failure nobody waits for the broker again for so long; the sweep comes round in the meantime.
PAUSE_SECONDS = 5.0
_paused_until = 0.0
_sent: dict[str, float] = {}  # topic → when a task was last sent


def publish(topic: str, *, every: float = 0) -> None:
    """Send the task configured for the topic once the transaction has committed; never raises.

    With `every`, at most once in so many seconds from this process: for work that may wait for the sweep when much of
    it comes at once, since to send a task takes longer than to store a value.
    """
    transaction.on_commit(partial(_send, topic, every), robust=True)


def take_turn(one: Callable[[], str | None], *, limit: int, topic: str) -> dict[str, int]:
    """Do one waiting thing after another until `one` returns None; returns how often each outcome occurred.

    After `limit` of them another turn is asked for, so that what waits behind them comes in between.
    """
    done: Counter[str] = Counter()
    for _ in range(limit):
        outcome = one()
        if outcome is None:
            return dict(done)
        done[outcome] += 1
    publish(topic)
    return dict(done)


def _send(topic: str, every: float) -> None:
    global _paused_until  # noqa: PLW0603 - one broker, one memory of its absence in each process
    now = time.monotonic()
    if now < _sent.get(topic, -every) + every:
        return
    _sent[topic] = now
    task = settings.PREMISE_WAKE.get(topic)
    if task is None:
        logger.error("No task is configured for the topic %s.", topic)
        return
    if time.monotonic() < _paused_until:
        return
    try:
        current_app.send_task(task, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever the broker's trouble is, the person's work is saved
        _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("The broker took no wake-up for %s: %s", topic, error)
