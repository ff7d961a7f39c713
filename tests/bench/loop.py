"""From a value posted to the re-evaluation that people see: broker and idle worker as in service."""

import statistics
import time
from collections.abc import Iterator

from decisions.models import Reevaluation
from metrics.models import Metric
from tests.background import Process
from tests.bench.rows import Row
from tests.factories import metrics
from tests.soak.kills import BREAKING, watched_metrics
from tests.stage import Broker

TIMES, WARM = 25, 5
LIMIT_SECONDS = 0.1
PATIENCE_SECONDS = 30.0


def measure() -> Iterator[Row]:
    """Post one breaking value after another to an idle worker, and wait for each re-evaluation."""
    broker = Broker()
    worker = Process("worker", "--loglevel", "warning", "--concurrency", "2", "--hostname", "bench@%h")
    try:
        taken = [_taken(target) for target in watched_metrics(WARM + TIMES)][WARM:]
    finally:
        worker.stop()
        broker.kill()
    yield Row("value posted → re-evaluation visible, p50", statistics.median(taken), "s", LIMIT_SECONDS, 1)


def _taken(target: Metric) -> float:
    """Return the seconds from before the value is posted to when its re-evaluation can be read."""
    time.sleep(0.2)
    begun = time.perf_counter()
    metrics.observations.record(target, [metrics.entry(metrics.weeks_ago(1), BREAKING)], by=None, source="bench")
    while not Reevaluation.objects.filter(metric=target).exists():
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise TimeoutError(f"No re-evaluation came of {target.key} within {PATIENCE_SECONDS:.0f} s.")
        time.sleep(0.001)
    return time.perf_counter() - begun
