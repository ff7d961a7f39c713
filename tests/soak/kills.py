"""Breaches reported while worker and broker are killed again and again: each must have its effect, and only once."""

import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils import timezone

from approvals.models import LedgerEntry
from approvals.services.verification import verify
from decisions.models import Reevaluation, SignalReceipt
from decisions.models.reevaluation import ReevaluationBreach
from decisions.services import receiving
from metrics.models import Metric, MetricSignal
from tests.background import Process
from tests.factories import decisions, dossiers, metrics
from tests.factories.approvals import approvers, owner
from tests.stage import Broker

QUIET, BREAKING = 3, 14
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Outcome:
    """What came of a run: breaches tried; effects lost and doubled; anything else that is wrong."""

    tried: int
    lost: int
    doubled: int
    wrong: int
    seconds: float


def watched_metrics(number: int) -> list[Metric]:
    """Return metrics, each with one decision in force that breaks when its value goes above 10."""
    approvers(3)
    metrics.metric(key=dossiers.RESOLUTION)
    metrics.metric(key=dossiers.BACKLOG)
    return [_watched(position) for position in range(number)]


def _watched(position: int) -> Metric:
    made = metrics.metric(key=f"soak_{position}")
    by = owner()
    template = dossiers.dossier(by.username)
    condition = dossiers.condition(metric=made.key)
    assumption = dossiers.assumption(by.username, conditions=(condition,))
    decisions.in_force(by, criteria=replace(template.criteria, assumptions=(assumption,)))
    return made


def run(*, decided: int, episodes: int, kills: int, broker: Broker | None, seed: int = 1) -> Outcome:
    """Report `decided` × `episodes` breaches, each twice, while the worker is killed `kills` times.

    With `broker` that one is killed in turn with the worker.
    """
    begun = time.monotonic()
    targets = watched_metrics(decided)
    worker = Process("worker", "--loglevel", "warning", "--concurrency", "2", "--hostname", "soak@%h")
    beat = Process("beat", "--loglevel", "warning", "--pidfile=", "--schedule", f"{worker.log}.schedule")
    ended, refused = threading.Event(), list[str]()
    reporting = threading.Thread(target=_report_breaches, args=(targets, episodes, ended, refused))
    reporting.start()
    try:
        _kill(worker, broker, kills, ended, random.Random(seed))
        reporting.join()
        _wait_until_quiet()
    finally:
        beat.stop()
        worker.stop()
    counted = _count(decided * episodes)
    return replace(counted, wrong=counted.wrong + len(refused), seconds=round(time.monotonic() - begun, 1))


def _report_breaches(targets: list[Metric], episodes: int, ended: threading.Event, refused: list[str]) -> None:
    """Record week after week a value that breaks and one that recovers, everything twice; notes every error."""
    try:
        monday = timezone.now().date() - timedelta(days=timezone.now().weekday())
        first = monday - timedelta(weeks=2 * episodes + 1)
        for number in range(episodes):
            for target in targets:
                for week, value in ((2 * number, BREAKING), (2 * number + 1, QUIET)):
                    _record_twice(target, first + timedelta(weeks=week), value, refused)
    finally:
        ended.set()
        connection.close()


def _record_twice(target: Metric, week: date, value: int, refused: list[str]) -> None:
    for _ in range(2):
        try:
            metrics.observations.record(target, [metrics.entry(week, value)], by=None, source="soak")
        except DatabaseError as error:
            sys.stderr.write(f"refused: {error}\n")
            refused.append(str(error))


def _kill(worker: Process, broker: Broker | None, kills: int, ended: threading.Event, chance: random.Random) -> None:
    for number in range(kills):
        # Sometimes while it starts, sometimes in the middle of its work.
        time.sleep(chance.uniform(0.5, 4.0))
        if broker and number % 2:
            broker.kill()
            time.sleep(chance.uniform(0.0, 1.0))
            broker.start()
        else:
            worker.kill()
            worker.start_again()
        if ended.is_set() and not receiving.waiting():
            return


def _wait_until_quiet() -> None:
    # A signal that was in hand when its worker died waits for its lease to run out.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while receiving.waiting() and time.monotonic() < deadline:
        time.sleep(0.5)


def _count(tried: int) -> Outcome:
    signals = Counter(MetricSignal.objects.values_list("condition", "episode_start"))
    effects = Counter(ReevaluationBreach.objects.values_list("signal", flat=True))
    opened = Reevaluation.objects.values("decision").annotate(number=Count("pk")).values_list("number", flat=True)
    entries = Counter(LedgerEntry.objects.filter(verb="reevaluation.opened").values_list("subject", flat=True))
    return Outcome(
        tried=tried,
        lost=tried - len(set(MetricSignal.objects.values_list("pk", flat=True)) & set(effects)),
        doubled=sum(number - 1 for counted in (signals, effects, entries) for number in counted.values())
        + sum(number - 1 for number in opened),
        wrong=SignalReceipt.objects.exclude(state=SignalReceipt.State.DONE).count() + (0 if verify().ok else 1),
        seconds=0.0,
    )
