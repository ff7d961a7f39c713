"""What a value would change before it is recorded: each condition folded as it is, and as it would be."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from metrics.domain.conditions import parse
from metrics.domain.corrections import compare
from metrics.domain.fold import Folded, fold
from metrics.domain.periods import Period
from metrics.domain.timeline import Reading
from metrics.models import Condition, Metric
from metrics.services.entries import cadence_of
from metrics.services.evaluation import LOOK_BACK
from metrics.services.replaying import completed, context_of
from metrics.services.series import series_of


@dataclass(frozen=True)
class Effect:
    """What a condition would do: its state, the breaches that would begin, and those that would never have been."""

    condition: Condition
    state: str
    begins: tuple[datetime, ...]
    vanishes: tuple[datetime, ...]


def effects(metric: Metric, *, segment: str, period: Period, value: Decimal, sample_size: int | None) -> list[Effect]:
    """Return the conditions for which the value would make a difference; nothing is stored."""
    now = timezone.now()
    armed = list(metric.conditions.armed().filter(segment=segment).order_by("watcher", "key"))
    before = series_of([metric.pk], {segment}).get((metric.pk, segment), {}) if armed else {}
    after = before | {period.start: Reading(period.start, period.end, value, sample_size)}
    found = []
    for condition in armed:
        try:
            as_is = folded(metric, condition, list(before.values()), now)
            would = folded(metric, condition, list(after.values()), now)
        except ValueError:
            continue  # it cannot be evaluated, with this value or without
        effect = _effect(metric, condition, as_is, would, now)
        if effect.begins or effect.vanishes or as_is.state != would.state:
            found.append(effect)
    return found


def folded(metric: Metric, condition: Condition, readings: list[Reading], now: datetime) -> Folded:
    """Fold a condition over readings that are given; ValueError where it cannot be evaluated."""
    predicate = parse(condition.spec)
    context = completed(context_of(metric), metric, predicate, segment=condition.segment)
    return fold(predicate, readings, now, cadence_of(metric), context)


def _effect(metric: Metric, condition: Condition, before: Folded, after: Folded, now: datetime) -> Effect:
    changes = compare(before.episodes, after.episodes, as_of=now, cadence=cadence_of(metric), look_back=LOOK_BACK)
    begins = (*(each.episode.fired for each in changes.appeared), *(each.fired for each in changes.history))
    return Effect(condition, str(after.state), begins, tuple(each.fired for each in changes.retracted))
