"""What control charts make of a metric's values: conditions of the kinds `process` and `drift`.

Charts are computed in binary floating point, since their limits are estimates; bounds that people state are not.
Until the baseline is complete every value is `insufficient`; a baseline that does not vary is an `error`. Once it is
complete, the values of the baseline are judged like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from metrics.domain.charts import LIMIT_FACTOR, broken_rules, cusum, ewma, ewma_halfwidths, mean_moving_range
from metrics.domain.kinds import Condition, Drift, Process, Window, detail_of
from metrics.domain.periods import midnight
from metrics.domain.timeline import BREACH, CLEAR, ERROR, INSUFFICIENT, Timeline


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart: centre and limits, what is plotted per period (None: no value), and the rules broken there.

    Of a CUSUM chart, `points` are the upward sums and `points_below` the downward ones, negated; its centre is 0.
    """

    centre: float
    lower: float
    upper: float
    points: tuple[float | None, ...] = ()
    points_below: tuple[float | None, ...] = ()
    broken: tuple[tuple[int, ...], ...] = ()


Verdicts = tuple[list[int], Chart | None]


def of_process(condition: Condition, line: Timeline) -> Verdicts:
    """Judge values by the run rules of an XmR chart whose limits come from the baseline."""
    process = detail_of(condition, Process)
    estimated = _estimate(process.baseline, line, skips=condition.gap == "skip")
    if estimated is None or not estimated[1]:
        return _all(line, INSUFFICIENT if estimated is None else ERROR), None
    centre, sigma = estimated
    broken: list[tuple[int, ...]] = [()] * len(line.values)
    for number, positions in enumerate(_stretches(line, skips=condition.gap == "skip")):
        values = np.array([_float(line, position) for position in positions])
        flags = broken_rules(values, centre, sigma, process.rules, process.rule_set, first=number == 0)
        for place, position in enumerate(positions):
            broken[position] = tuple(
                rule for rule, found in zip(process.rules, flags[:, place].tolist(), strict=True) if found
            )
    points = tuple(None if value is None else float(value) for value in line.values)
    chart = Chart(centre, centre - 3 * sigma, centre + 3 * sigma, points, broken=tuple(broken))
    return _judged(line, {position: bool(rules) for position, rules in enumerate(broken)}), chart


def of_drift(condition: Condition, line: Timeline) -> Verdicts:
    """Judge values by an EWMA or CUSUM chart, which carries on over gaps."""
    drift = detail_of(condition, Drift)
    known = _centre_and_sigma(drift, line, skips=condition.gap == "skip")
    if known is None or not known[1]:
        return _all(line, INSUFFICIENT if known is None else ERROR), None
    return (_of_ewma if drift.chart == "ewma" else _of_cusum)(drift, line, *known)


def _centre_and_sigma(drift: Drift, line: Timeline, *, skips: bool) -> tuple[float, float] | None:
    """Return what is given, and of the rest what the baseline says; None while that is not complete."""
    target, sigma = drift.target, drift.sigma
    if target is not None and sigma is not None:
        return float(target), float(sigma)
    estimated = _estimate(drift.baseline, line, skips=skips) if drift.baseline else None
    if estimated is None:
        return None
    return estimated[0] if target is None else float(target), estimated[1] if sigma is None else float(sigma)


def _of_ewma(drift: Drift, line: Timeline, centre: float, sigma: float) -> Verdicts:
    positions, values = _present(line)
    weight, width = float(drift.weight), float(drift.width)
    points = ewma(values, centre, weight)
    halves = ewma_halfwidths(len(values), sigma, weight, width, exact=drift.limits == "exact")
    up, down = drift.side != "below", drift.side != "above"
    beyond = {
        position: (up and point > centre + half) or (down and point < centre - half)
        for position, point, half in zip(positions, points, halves, strict=True)
    }
    half = ewma_halfwidths(1, sigma, weight, width, exact=False)[0]
    return _judged(line, beyond), Chart(centre, centre - half, centre + half, _spread(line, positions, points))


def _of_cusum(drift: Drift, line: Timeline, centre: float, sigma: float) -> Verdicts:
    positions, values = _present(line)
    upwards, downwards = cusum(values, centre, float(drift.slack) * sigma)
    limit = float(drift.interval) * sigma
    up, down = drift.side != "below", drift.side != "above"
    beyond = {
        position: (up and high > limit) or (down and low > limit)
        for position, high, low in zip(positions, upwards, downwards, strict=True)
    }
    below = _spread(line, positions, [-low for low in downwards])
    return _judged(line, beyond), Chart(0.0, -limit, limit, _spread(line, positions, upwards), below)


def _estimate(window: Window, line: Timeline, *, skips: bool) -> tuple[float, float] | None:
    """Return centre and sigma of the baseline, or None while it is not complete."""
    inside = _inside(window, line)
    stretches = [[position for position in stretch if position in inside] for stretch in _stretches(line, skips=skips)]
    values = [[_float(line, position) for position in stretch] for stretch in stretches]
    moving_range = mean_moving_range(values)
    if not _complete(window, line, len(inside)) or moving_range is None:
        return None
    centre = float(np.mean([value for stretch in values for value in stretch]))
    return centre, LIMIT_FACTOR * moving_range / 3


def _inside(window: Window, line: Timeline) -> set[int]:
    positions, _ = _present(line)
    if window.first is None or window.last is None:
        return set(positions[: window.count])
    begin, end = midnight(window.first, line.cadence.zone), midnight(window.last + timedelta(days=1), line.cadence.zone)
    return {position for position in positions if begin <= line.starts[position] < end}


def _complete(window: Window, line: Timeline, count: int) -> bool:
    if window.count is not None:
        return count >= window.count
    return (
        window.last is not None and bool(line.starts) and line.cadence.containing(window.last).start <= line.starts[-1]
    )


def _stretches(line: Timeline, *, skips: bool) -> list[list[int]]:
    """Return the positions of values in stretches without a gap; one stretch where gaps are skipped."""
    stretches: list[list[int]] = [[]]
    for position, value in enumerate(line.values):
        if value is not None:
            stretches[-1].append(position)
        elif not skips and stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _judged(line: Timeline, broken: dict[int, bool]) -> list[int]:
    return [
        line.nothing(position) if value is None else BREACH if broken[position] else CLEAR
        for position, value in enumerate(line.values)
    ]


def _all(line: Timeline, verdict: int) -> list[int]:
    return [line.nothing(position) if value is None else verdict for position, value in enumerate(line.values)]


def _present(line: Timeline) -> tuple[list[int], list[float]]:
    """Return the positions that have a value, and the values."""
    present = [(position, float(value)) for position, value in enumerate(line.values) if value is not None]
    return [position for position, _ in present], [value for _, value in present]


def _spread(line: Timeline, positions: Sequence[int], points: Sequence[float]) -> tuple[float | None, ...]:
    spread: list[float | None] = [None] * len(line.values)
    for position, point in zip(positions, points, strict=True):
        spread[position] = point
    return tuple(spread)


def _float(line: Timeline, position: int) -> float:
    value = line.values[position]
    return float(value) if value is not None else float("nan")
