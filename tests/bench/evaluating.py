"""Conditions evaluated with their reading, and forecasts: each beside its limit or peer."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
from django.utils import timezone

from metrics.domain.forecasting import project
from metrics.models import Condition, Metric
from metrics.services import conditions, observations
from tests.bench.rows import Row
from tests.factories import metrics

METRICS, VALUES, LONG = 400, 120, 10_000
LEAST_A_SECOND = 2000
CORRECTION_SECONDS = 0.05
WATCHED = {"kind": "above", "bound": 75, "sustained": 2}


def measure() -> Iterator[Row]:
    """Evaluation with one condition a metric; a correction far back in a long series; forecasts that hold."""
    for number in range(METRICS):
        made = metrics.metric(key=f"bench_of_{number}")
        metrics.weekly(made, [50 + (position * 7 + number) % 30 for position in range(VALUES)])
        metrics.condition(made, WATCHED)
    due = Condition.objects.filter(metric__key__startswith="bench_of_")

    def swept() -> None:
        due.update(next_settles_at=timezone.now() - timedelta(seconds=1))
        assert conditions.sweep(timezone.now()) >= METRICS

    seconds = _of_a_core(swept) / METRICS
    yield Row(f"condition evaluated, {VALUES} values read, of a core's time", seconds, "s", 1 / LEAST_A_SECOND, 1.0)
    yield from _long_history()
    yield from _forecasts()


def _long_history() -> Iterator[Row]:
    """A correction far back folds anew over all values; one at the end costs what it costs after a few."""
    today = timezone.now().date()
    value = iter(range(90, 2000))

    def corrected(target: Metric, days: int) -> None:
        entry = metrics.entry(today - timedelta(days=days), next(value) % 60, reason="Recount.")
        observations.record(target, [entry], by=None, source="bench")

    def filled(key: str, count: int) -> Metric:
        made = metrics.metric(key=key, cadence="daily")
        rows = [metrics.entry(today - timedelta(days=day), 50 + day % 30) for day in range(count, 0, -1)]
        observations.record(made, rows, by=None, source="bench")
        metrics.condition(made, WATCHED)
        return made

    long, short = filled("bench_long", LONG), filled("bench_short", VALUES)
    back = _of_a_core(lambda: corrected(long, LONG - 5))
    name = f"correction of one of {LONG:,} values, recorded and judged, of a core's time"
    yield Row(name, back, "s", CORRECTION_SECONDS, 1.0)
    name = f"value after {LONG:,} others, against one after {VALUES}, of a core's time"
    yield Row(name, _of_a_core(lambda: corrected(long, 1), 20), "s", _of_a_core(lambda: corrected(short, 1), 20), 1.5)


def _of_a_core(call: Callable[[], object], times: int = 5) -> float:
    """Return the least processor time of several runs, in seconds: what else the machine does must not count."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        call()
        taken.append(time.process_time() - begun)
    return min(taken)


def _forecasts() -> Iterator[Row]:
    """How far the likeliest value is off, against saying that nothing changes; how far coverage is off."""
    draw = np.random.default_rng(5)
    for kind in ("trend", "season", "level"):
        found = [project(_series(kind, draw), horizon=4, season=7) for _ in range(10)]
        made = [each for each in found if each is not None and each.error and each.naive_error]
        off, naive = sum(each.error or 0 for each in made), sum(each.naive_error or 0 for each in made)
        yield Row(f"forecast of a {kind}, against the last value", off / 10, "mean error", naive / 10, 0.9)
        missed = [1 - (each.intervals[0].coverage or 0) for each in made]
        yield Row(f"values of a {kind} outside the 80 % band", sum(missed) / 10, "share", 0.2, 1.3)


def _series(kind: str, draw: np.random.Generator) -> list[float]:
    noise, position = draw.standard_normal(104), np.arange(104)
    shape = {"trend": 0.5 * position + noise, "season": 5 * np.sin(2 * np.pi * position / 7), "level": 0 * position}
    return [float(value) for value in 50 + shape[kind] + noise]
