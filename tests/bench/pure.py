"""What needs no database: ranking and conditions."""

import json
import statistics
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from decisions.domain.scoring import request_from
from metrics.domain.cases import read_case, run_case
from tests.bench.measuring import Row, at_least, at_most, in_turn, seconds

RANKING_LIMIT_SECONDS = 0.2
PLAIN_TIMES = 20
OPTIONS, CRITERIA, DRAWS = 6, 8, 10_000


def rows() -> Iterator[Row]:
    """Yield the rows."""
    yield _ranking()
    yield _conditions()


def _ranking() -> Row:
    """A large model, all weights uncertain, every score a triangle."""
    chance = np.random.default_rng(1)
    criteria = [{"name": f"c{number}", "weight": number + 1, "direction": "max"} for number in range(CRITERIA)]
    options = [
        {
            "name": f"o{number}",
            "scores": {each["name"]: sorted(chance.uniform(0, 100, 3).round(2).tolist()) for each in criteria},
            "cost": float(chance.integers(1000, 90_000)),
        }
        for number in range(OPTIONS)
    ]
    given = {
        "criteria": criteria,
        "options": options,
        "scale": "direct",
        "weights": "uniform",
        "draws": DRAWS,
        "seed": 1,
    }
    request = request_from(json.dumps(given))
    request.answer()
    value = statistics.median(seconds(request.answer) for _ in range(9))
    name = f"rank {OPTIONS} options × {CRITERIA} criteria, {DRAWS} draws"
    return at_most(name, value, "s", "limit of 0.2 s", RANKING_LIMIT_SECONDS, 1)


def _conditions() -> Row:
    """A year of weekly values folded, beside the plain loop that only compares and counts."""
    monday = date(2025, 1, 6)
    values = [((monday + timedelta(weeks=week)).isoformat(), 50 + week % 30) for week in range(52)]
    condition = {"kind": "above", "bound": 70, "sustained": 2, "clear": {"bound": 65, "sustained": 1}}
    case = read_case(json.dumps({"condition": condition, "cadence": "weekly", "values": values, "as_of": "2026-03-01"}))

    def folded() -> None:
        for _ in range(50):
            run_case(case)

    def plain() -> None:
        # Often enough to take about as long, so that a busy machine disturbs both alike.
        for _ in range(50 * PLAIN_TIMES):
            run = 0
            for reading in case.readings:
                run = run + 1 if reading.value is not None and reading.value > 70 else 0

    value, base = in_turn(folded, plain)
    return at_least(
        "conditions over a year of weeks", 50 / value, "conditions/s", "plain loop", 50 * PLAIN_TIMES / base, 0.03
    )
