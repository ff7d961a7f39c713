"""Checks of what: values held against a control figure, against each other, against bounds, and against repetition."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from config.kit.canonical import decimal_text
from metrics.domain.quality.material import Control, Finding, Looked, Material, Mention, Parameters, Point, worth


def accuracy(material: Material, asked: Parameters) -> Looked:
    """Find values that differ from the control figure of their period by more than its tolerance."""
    if not material.controls:
        return Looked(nothing="No control figure has been entered.", moot=True)
    held = [(each, material.by_start[each.start]) for each in material.controls if each.start in material.by_start]
    held = [(control, point) for control, point in held if point.value is not None]
    if not held:
        return Looked(nothing="No period with a control figure has a value.")
    newest = sorted(held, key=lambda pair: pair[1].start, reverse=True)
    findings = tuple(_off(material, control, point) for control, point in newest if _far(control, point))
    return Looked(count=len(held), findings=findings)


def _far(control: Control, point: Point) -> bool:
    return abs(worth(point) - control.value) > control.room


def _off(material: Material, control: Control, point: Point) -> Finding:
    apart = decimal_text(abs(worth(point) - control.value))
    words = f"is {apart} away from the control figure of {decimal_text(control.value)}"
    return material.named(point, words, control.value)


def bounds(material: Material, asked: Parameters) -> Looked:
    """Find values outside what the metric can possibly be."""
    low, high = asked["low"], asked["high"]
    if low is None and high is None:
        return Looked(nothing="No bound has been set.", moot=True)
    newest = material.ended[-asked["periods"] :]
    if not newest:
        return Looked(nothing="No period with a value is over yet.")
    findings = []
    for point in reversed(newest):
        if low is not None and worth(point) < low:
            findings.append(material.named(point, f"lies below {decimal_text(low)}"))
        elif high is not None and worth(point) > high:
            findings.append(material.named(point, f"lies above {decimal_text(high)}"))
    return Looked(count=len(newest), findings=tuple(findings))


def cumulative(material: Material, asked: Parameters) -> Looked:
    """Find values of a running total that are less than the one before; it may begin anew each year."""
    newest = material.ended[-asked["periods"] - 1 :]
    if len(newest) < 2:
        return Looked(nothing="There are no two values to compare yet.")
    zone, anew = material.cadence.zone, asked["restart"] == "yearly"
    findings = []
    for before, point in pairwise(newest):
        if anew and before.start.astimezone(zone).year != point.start.astimezone(zone).year:
            continue
        if worth(point) < worth(before):
            findings.append(material.named(point, f"is less than {decimal_text(worth(before))} before it"))
    return Looked(count=len(newest) - 1, findings=tuple(reversed(findings)))


def comparison(material: Material, asked: Parameters) -> Looked:
    """Find values above (or below) those of another metric for the same period; without a partner none is judged."""
    if not asked["metric"]:
        return Looked(nothing="No other metric has been named.", moot=True)
    pairs = [(point, material.other[point.start]) for point in material.ended if point.start in material.other]
    newest = pairs[-asked["periods"] :]
    if not newest:
        return Looked(nothing="There is no period in which both metrics have a value.")
    at_most = asked["relation"] == "at_most"
    findings = []
    for point, other in reversed(newest):
        if worth(point) > other if at_most else worth(point) < other:
            word = "more" if at_most else "less"
            findings.append(material.named(point, f"is {word} than {decimal_text(other)} of {asked['metric']}"))
    return Looked(count=len(newest), findings=tuple(findings))


def parts(material: Material, asked: Parameters) -> Looked:
    """Find periods in which the segments of a dimension do not add up to the whole.

    A period that lacks one of the dimension's segments is not judged.
    """
    if not material.parts:
        return Looked(nothing="There is no value of a segment.")
    newest = material.ended[-asked["periods"] :]
    judged = [
        (point, dimension, total)
        for point in reversed(newest)
        for dimension, periods in material.parts.items()
        if (total := _total(periods, point.start)) is not None
    ]
    if not judged:
        return Looked(nothing="There is no period in which the whole and every segment have a value.")
    findings = [
        material.named(point, f"is not the {decimal_text(total)} that {_segments(dimension)} add up to", total)
        for point, dimension, total in judged
        if abs(worth(point) - total) > abs(total) * asked["tolerance"] / 100
    ]
    return Looked(count=len(judged), findings=tuple(findings))


def _total(periods: Mapping[datetime, Mapping[str, Decimal]], start: datetime) -> Decimal | None:
    """Return the sum of a dimension's segments in a period, where all that the dimension ever had are there."""
    here = periods.get(start, {})
    every = {name for each in periods.values() for name in each}
    return sum(here.values(), Decimal(0)) if here.keys() == every else None


def _segments(dimension: str) -> str:
    return f"the segments by {dimension}" if dimension else "the segments"


def repeated(material: Material, asked: Parameters) -> Looked:
    """Find that the newest values have all been the same for so many periods: a source that has stopped moving."""
    most = asked["times"]
    ended = material.ended
    if len(ended) < most:
        return Looked(nothing=f"There are {len(ended)} values; {most} are needed.")
    run = _last_run(ended)
    if len(run) < most:
        return Looked(count=len(ended))
    words = f"has come {len(run)} times in a row"
    finding = Finding(
        key=f"{run[0].start.isoformat()} {decimal_text(worth(run[0]))} repeated",
        sentence=f"{decimal_text(worth(run[-1]))} {words} since {material.day(run[0].start)}",
        period=run[-1].start,
        value=run[-1].value,
    )
    return Looked(count=len(ended), findings=(finding,))


def _last_run(points: Sequence[Point]) -> Sequence[Point]:
    begin = len(points) - 1
    while begin and worth(points[begin - 1]) == worth(points[-1]):
        begin -= 1
    return points[begin:]


def identifiers(material: Material, asked: Parameters) -> Looked:
    """Find ids of sources that stand for more than one value: for two periods, or changed once settled, unexplained."""
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for each in material.mentions:
        mentions[each.external_id].append(each)
    if not mentions:
        return Looked(nothing="No value carries an id of its source.")
    found = [finding for name, group in mentions.items() if (finding := _ambiguous(material, name, group))]
    newest = sorted(found, key=lambda each: each.period or material.as_of, reverse=True)
    return Looked(count=len(mentions), findings=tuple(newest))


def _ambiguous(material: Material, name: str, group: Sequence[Mention]) -> Finding | None:
    starts = sorted({each.start for each in group})
    told = ", ".join(dict.fromkeys(_written(each.value) for each in group))
    if len(starts) > 1:
        words = f"stands for several periods ({', '.join(map(material.day, starts))})"
    elif _changed(material, group):
        words = f"stands for different values of {material.day(starts[0])} ({told})"
    else:
        return None
    return Finding(key=f"id {name} {told}", sentence=f"“{name}” {words}", period=starts[-1], value=group[-1].value)


def _changed(material: Material, group: Iterable[Mention]) -> bool:
    """Say whether the value of a period changed after it had settled, and nobody said why."""
    known: Decimal | None = None
    for place, each in enumerate(sorted(group, key=lambda one: one.recorded_at)):
        settled = each.recorded_at > material.cadence.settled_at(each.end)
        if place and each.value != known and settled and not each.given:
            return True
        known = each.value
    return False


def _written(value: Decimal | None) -> str:
    return "no value" if value is None else decimal_text(value)
