"""What a metric's pages say of how sure its latest value is, so that nobody acts on noise."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from config.kit.canonical import decimal_text
from config.templatetags.premise import num
from metrics.domain.certainty import SCALES, Change, changes_of, ordinary, scale_of, share_interval
from metrics.domain.statistics import Interval, Share
from metrics.models import Metric, MetricDefinition, Observation
from metrics.queries.figures import Tile, with_unit
from metrics.queries.stored import Value

OF_CASES = (MetricDefinition.Aggregation.NONE, MetricDefinition.Aggregation.WEIGHTED)
CORRECTED = " Two comparisons were made, so each is held to a stricter line (Holm)."


@dataclass(frozen=True)
class Certainty:
    """How sure the latest value is: one tile, one sentence or two, and the calculator with the figures filled in."""

    sentence: str
    tiles: list[Tile] = field(default_factory=list)
    calculator: str = ""


def of(definition: MetricDefinition, counted: Sequence[Value]) -> Certainty | None:
    """Return what can be said of the newest settled value; None where there is too little to say anything by."""
    known = [row for row in counted if row.value is not None]
    if not known:
        return None
    minimum, numbers = definition.minimum_sample or 0, [float(row.value or 0) for row in known]
    whole = scale_of(definition.unit, numbers) if _is_of_cases(definition) else None
    if whole and known[-1].sample_size:
        return _of_share(definition, known, whole)
    if known[-1].sample_size is not None and known[-1].sample_size < minimum:
        return _too_few(definition, known[-1], minimum)
    enough = [float(row.value or 0) for row in known[:-1] if row.sample_size is None or row.sample_size >= minimum]
    return _of_variation(definition, known[-1], enough)


def _is_of_cases(definition: MetricDefinition) -> bool:
    """Say whether its sample sizes count the cases behind its values.

    What is worked out by a formula has the sample of its thinnest input, and a ratio of sums, the highest segment or
    the last one has none of its own; only the mean weighted by sample size is a share of all the cases together.
    """
    return not definition.expression and definition.aggregation in OF_CASES


def _of_share(definition: MetricDefinition, known: Sequence[Value], whole: float) -> Certainty:
    latest, minimum = known[-1], definition.minimum_sample or 0
    cases = latest.sample_size or 0
    interval = share_interval(float(latest.value or 0), cases, whole)
    between = _between(interval, definition.unit)
    said = f"{with_unit(latest.value, definition.unit)} of {num(cases)}: between {between}, with 95 % confidence"
    if cases < minimum:
        note = f"{num(cases)} cases, fewer than the {num(minimum)} asked for"
        tile = Tile("Likely between", _range(interval, definition.unit), note, "warn")
        return Certainty(f"{said}; {note} by the definition: too few to act on.", [tile], _calculator([latest], whole))
    before = known[-2] if len(known) > 1 and _counts(known[-2], minimum) else None
    changes = _changes(definition, latest, before, whole)
    told = [_told(change, definition.unit, whole) for change in changes if change.gap]
    sentence = "; ".join([said, *told]) + "." + (CORRECTED if len(changes) > 1 else "")
    real = next((change.real for change in changes if change.gap), None)
    word = "" if real is None else "a change beyond chance" if real else "no change beyond chance"
    note = " · ".join(filter(None, [f"of {num(cases)} cases", word]))
    tile = Tile("Likely between", _range(interval, definition.unit), note)
    return Certainty(sentence, [tile], _calculator([row for row in (before, latest) if row], whole))


def _counts(row: Value, minimum: int) -> bool:
    return bool(row.sample_size) and (row.sample_size or 0) >= minimum


def _changes(definition: MetricDefinition, latest: Value, before: Value | None, whole: float) -> list[Change]:
    baseline = None if definition.baseline is None else float(definition.baseline) / whole
    usable = baseline if baseline is not None and 0 <= baseline <= 1 else None
    return changes_of(_share(latest, whole), _share(before, whole) if before else None, usable)


def _share(row: Value, whole: float) -> Share:
    return Share(float(row.value or 0) / whole, row.sample_size or 1)


def _told(change: Change, unit: str, whole: float) -> str:
    before = with_unit(_short(change.before * whole, 6), unit)
    where = "the baseline of " if change.since == "baseline" else ""
    return f"{_moved(change.gap)} from {where}{before} is {_verdict(change.real)}"


def _moved(gap: float) -> str:
    return "the fall" if gap < 0 else "the rise"


def _verdict(real: bool) -> str:
    return "more than chance does" if real else "within what chance does"


def _too_few(definition: MetricDefinition, latest: Value, minimum: int) -> Certainty:
    said = f"{with_unit(latest.value, definition.unit)} comes from {num(latest.sample_size)} cases"
    asked = f"fewer than the {num(minimum)} asked for"
    tile = Tile("Sample", num(latest.sample_size), asked, "warn")
    return Certainty(f"{said}, {asked} by the definition: too few to act on.", [tile])


def _of_variation(definition: MetricDefinition, latest: Value, past: Sequence[float]) -> Certainty | None:
    value = float(latest.value or 0)
    found = ordinary(past, value)
    if found is None:
        return None
    interval = Interval(value, found.low, found.high)
    lies = "lies inside" if found.inside else "lies outside: something moved it"
    step = found.step
    moved = f"{_moved(step.gap)} from {with_unit(_short(step.before, 6), definition.unit)}"
    stepped = "more than it moves" if step.real else "no more than it moves"
    told = f", and {moved} is {stepped} from one period to the next" if step.gap else ""
    sentence = (
        f"By the {found.values} values before, it keeps between {_between(interval, definition.unit)} by itself; "
        f"{with_unit(latest.value, definition.unit)} {lies}{told}."
    )
    tone, word = ("", "the latest is inside") if found.inside else ("warn", "the latest is outside")
    note = f"by {found.values} values · {word}"
    return Certainty(sentence, [Tile("Ordinary range", _range(interval, definition.unit), note, tone)])


def _between(interval: Interval, unit: str) -> str:
    low, high = (with_unit(edge, unit) for edge in _edges(interval))
    return f"{low} and {high}"


def _range(interval: Interval, unit: str) -> str:
    low, high = _edges(interval)
    return f"{num(low)} – {with_unit(high, unit)}"


def _edges(interval: Interval) -> tuple[Decimal, Decimal]:
    """Round the bounds by their distance, and no more than tells on which side of them the value lies."""
    width = interval.high - interval.low
    places = min(6, max(0, math.ceil(-math.log10(width / 5)))) if width > 0 else 6
    value, held = _short(interval.estimate, 6), interval.holds(interval.estimate)
    while places < 6 and (_short(interval.low, places) <= value <= _short(interval.high, places)) != held:
        places += 1
    return _short(interval.low, places), _short(interval.high, places)


def _short(value: float, places: int) -> Decimal:
    return Decimal(decimal_text(round(Decimal(value), places)))


def _calculator(rows: Sequence[Value], whole: float) -> str:
    """Return the calculator's address with the latest value, and the one before it, filled in."""
    asked: dict[str, Any] = {"ask": "change" if len(rows) > 1 else "interval", "of": "share"}
    for name, row in zip(("first", "second"), rows, strict=False):
        asked[name] = decimal_text(row.value * 100 / Decimal(whole)) if row.value is not None else ""
        asked[f"{name}_cases"] = row.sample_size
    return f"{reverse('metric_calculator')}?{urlencode(asked)}"


def mark(rows: Iterable[Observation], metric: Metric) -> bool:
    """Give each revision its interval as `likely`, and say whether any has one; at most one query.

    Only shares of so many cases have one, in a metric that never was anything but a share.
    """
    definition = metric.definition
    sized = [row for row in rows if row.value is not None and row.sample_size]
    whole = SCALES.get(definition.unit.strip().casefold()) if definition and _is_of_cases(definition) else None
    if not whole or not sized or metric.observations.filter(Q(value__lt=0) | Q(value__gt=whole)).exists():
        return False
    for row in sized:
        interval = share_interval(float(row.value or 0), row.sample_size or 1, whole)
        row.likely = _range(interval, "")  # type: ignore[attr-defined]
    return True
