"""Conditions folded over their history."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

from metrics.domain.cases import read_case, run_case
from tests.bench.rows import Row, best_of_both

FOLDS, PLAIN_TIMES = 50, 20
TARGET = 40


def measure() -> Iterator[Row]:
    """A year of weekly values judged, against the plain loop that only compares and counts."""
    monday = date(2025, 1, 6)
    values = [((monday + timedelta(weeks=week)).isoformat(), 50 + week % 30) for week in range(52)]
    condition = {"kind": "above", "bound": 70, "sustained": 2, "clear": {"bound": 65, "sustained": 1}}
    case = read_case(json.dumps({"condition": condition, "cadence": "weekly", "values": values, "as_of": "2026-03-01"}))

    def folded() -> None:
        for _ in range(FOLDS):
            run_case(case)

    def plain() -> None:
        # Often enough to take about as long, so that a busy machine disturbs both alike.
        for _ in range(FOLDS * PLAIN_TIMES):
            run = 0
            for reading in case.readings:
                run = run + 1 if reading.value is not None and reading.value > 70 else 0

    seconds, peer = best_of_both(folded, plain)
    name = "condition over 52 weeks, against a plain loop"
    yield Row(name, seconds / FOLDS, "s", peer / FOLDS / PLAIN_TIMES, TARGET)
