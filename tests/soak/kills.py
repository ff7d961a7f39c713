"""Breaches reported while worker, beat and broker are killed again and again: each has its effect, and only once."""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.db import DatabaseError, connection
from django.db.models import Count

from approvals.models import LedgerEntry
from approvals.services.verification import verify
from config.kit import wake
from decisions.models import Reevaluation, ReevaluationBreach, SignalReceipt
from decisions.services import receiving
from metrics.models import Metric, MetricSignal
from tests.background import Process
from tests.factories import metrics
from tests.factories.crowds import spread
from tests.factories.decisions import in_force
from tests.soak.outcome import Outcome
from tests.stage import Broker

BREAKING = 14
PATIENCE_SECONDS = 300.0


def watched_metrics(number: int) -> list[Metric]:
    """Return metrics, each with a decision of its own in force that breaks when its value goes above 10."""
    metrics.metric(key="support_resolution_rate")
    metrics.metric(key="backlog_growth")
    return spread(in_force(), number)


def workers(count: int = 1) -> list[Process]:
    """Start so many workers, each with a beat of its own."""
    started = []
    for number in range(count):
        name = f"soak{number}@%h"
        worker = Process("worker", "--loglevel", "warning", "--concurrency", "2", "--hostname", name)
        schedule = f"{worker.log}.schedule"
        started += [worker, Process("beat", "--loglevel", "warning", "--pidfile=", "--schedule", schedule)]
    return started


def run(*, breaches: int, kills: int, broker: Broker | None, seed: int = 1) -> Outcome:
    """Report so many breaches, each twice and a third of them unpublished, while worker and beat are killed together.

    With `broker` that one is killed in turn with them.
    """
    targets = watched_metrics(breaches)
    begun = time.monotonic()
    group = workers()
    ended, refused = threading.Event(), list[str]()
    reporting = threading.Thread(target=report, args=(targets, ended, refused, kills * 1.5 / breaches))
    reporting.start()
    try:
        _kill(group, broker, kills, random.Random(seed))
        reporting.join()
        wait_until_quiet()
    finally:
        for process in reversed(group):
            process.stop()
    counted = count(breaches)
    return replace(counted, wrong=counted.wrong + len(refused), seconds=round(time.monotonic() - begun, 1))


def report(targets: Sequence[Metric], ended: threading.Event, refused: list[str], pause: float) -> None:
    """Record of each metric a value that breaks, twice; of every third no wake-up leaves. Notes every error."""
    try:
        for number, target in enumerate(targets):
            # As if the broker had been away just then: the value is kept, the message is not.
            wake._paused_until = float("inf") if number % 3 == 0 else 0.0
            _record_twice(target, refused)
            time.sleep(pause)
    finally:
        wake._paused_until = 0.0
        ended.set()
        connection.close()


def _record_twice(target: Metric, refused: list[str]) -> None:
    for _ in range(2):
        try:
            entry = metrics.entry(metrics.weeks_ago(1), BREAKING)
            metrics.observations.record(target, [entry], by=None, source="soak")
        except DatabaseError as error:
            sys.stderr.write(f"refused: {error}\n")
            refused.append(str(error))


def _kill(group: Sequence[Process], broker: Broker | None, kills: int, chance: random.Random) -> None:
    for number in range(kills):
        # Sometimes while they start, sometimes in the middle of their work.
        time.sleep(chance.uniform(0.5, 4.0))
        if broker and number % 2:
            broker.kill()
            time.sleep(chance.uniform(0.0, 1.0))
            broker.start()
            continue
        for process in group:
            process.kill()
        for process in group:
            process.start_again()


def wait_until_quiet() -> None:
    """Wait until every signal was dealt with; one in hand when its worker died waits for its lease to run out."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while receiving.waiting() and time.monotonic() < deadline:
        time.sleep(0.5)


def count(tried: int) -> Outcome:
    """Count effects: of each breach one signal, one re-evaluation, one entry in the ledger, which verifies."""
    signals = Counter(MetricSignal.objects.values_list("condition", "episode_start"))
    effects = Counter(ReevaluationBreach.objects.values_list("signal", flat=True))
    opened = Reevaluation.objects.values("decision").annotate(number=Count("pk")).values_list("number", flat=True)
    entries = Counter(LedgerEntry.objects.filter(verb="reevaluation.opened").values_list("subject", flat=True))
    unfinished = SignalReceipt.objects.exclude(state=SignalReceipt.State.DONE)
    checked = verify()
    if not checked.ok or unfinished:
        sys.stderr.write(f"wrong: {checked}, {list(unfinished.values())}\n")
    return Outcome(
        tried=tried,
        lost=tried - Reevaluation.objects.filter(state="open", breaches__isnull=False).distinct().count(),
        doubled=sum(number - 1 for counted in (signals, effects, entries) for number in counted.values())
        + sum(number - 1 for number in opened),
        wrong=len(unfinished) + (not checked.ok),
        seconds=0.0,
    )
