"""Values, corrections and withdrawals in any order: what is kept of conditions is what a rebuild makes of them."""

import random
import time
from collections import defaultdict
from typing import Any

from django.utils import timezone

from metrics.models import Condition, Episode, Metric
from metrics.services import conditions, observations
from tests.factories import metrics
from tests.soak.outcome import Outcome

WEEKS, MOST_AT_ONCE = 104, 20
SPECS: tuple[dict[str, Any], ...] = (
    {"kind": "above", "bound": 60, "sustained": 2, "clear": {"bound": 50, "sustained": 2}},
    {"kind": "below", "bound": 30, "gap": "skip", "cooldown": 3},
    {"kind": "outside", "low": 20, "high": 80, "inclusive": True},
    {"kind": "inside", "low": 45, "high": 55},
    {"kind": "change", "percent": 40, "direction": "rise", "against": 4},
    {"kind": "process", "rules": [1, 2, 5], "baseline": 12},
    {"kind": "drift", "chart": "ewma", "baseline": 12},
    {"kind": "stale", "grace": 1},
    {"kind": "above", "bound": 70, "no_data": "breach"},
    {"kind": "any", "parts": [{"kind": "above", "bound": 75}, {"kind": "below", "bound": 25}]},
)


def run(*, events: int, seed: int = 1) -> Outcome:
    """Let so many random events happen to metrics watched in every way; wrong are conditions that a rebuild changes."""
    chance = random.Random(seed)
    watched = [_watched(number) for number in range(4)]
    known: dict[int, set[int]] = defaultdict(set)
    begun, left, refused = time.monotonic(), events, 0
    while left:
        several = min(left, chance.randint(1, MOST_AT_ONCE))
        metric = chance.choice(watched)
        rows = [_event(chance, known[metric.pk]) for _ in range(several)]
        results = observations.record(metric, rows, by=None, source="soak")
        refused += sum(result.status == observations.Status.REFUSED for result in results)
        left -= several
    conditions.sweep(timezone.now())
    before = _state()
    conditions.rebuild()
    after = _state()
    wrong = sum(before[key] != after[key] for key in before) + refused
    return Outcome(events, 0, 0, wrong, round(time.monotonic() - begun, 1))


def _watched(number: int) -> Metric:
    made = metrics.metric(key=f"soak_history_{number}")
    for place, spec in enumerate(SPECS):
        metrics.condition(made, spec, key=f"a{number}.c{place}")
    return made


def _event(chance: random.Random, known: set[int]) -> observations.Entry:
    """A value, late or early, new or a correction; one in ten takes a known value back."""
    week = chance.randint(1, WEEKS)
    value = None if week in known and chance.random() < 0.1 else chance.randint(0, 100)
    known.add(week)
    return metrics.entry(metrics.weeks_ago(week), value, reason="Soak.")


def _state() -> dict[int, Any]:
    episodes: dict[int, list[Any]] = {}
    standing = Episode.objects.filter(retracted_at=None).order_by("condition", "start")
    for condition, *facts in standing.values_list("condition", "start", "fired", "end", "flaps", "value"):
        episodes.setdefault(condition, []).append(facts)
    rows = Condition.objects.values_list("pk", "state", "health", "error")
    return {pk: (facts, episodes.get(pk, [])) for pk, *facts in rows}
