"""The chart of a break condition over its metric's past, drawn from the replay alone, never from live rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from config.kit import charts
from decisions.domain.backtests import outcome
from decisions.domain.breaking import in_segment, segment_words
from decisions.domain.conditions import BANDS, BOUNDS, Backtest, BreakCondition, Point

MOST_MARKS = 12


def shown_replay(condition: BreakCondition, kept: Backtest, *, name: str, unit: str, sentence: str) -> dict[str, Any]:
    """Return what `charts.line_figure` and `charts.line_chart` draw: values, bounds, and when it would have fired."""
    name = in_segment(name, segment_words(condition))
    return {
        "points": [(point.on, None if point.value is None else float(point.value)) for point in kept.points],
        "title": f"{name} against this condition",
        "description": f"Breaks {sentence}. {outcome(kept)}",
        "unit": unit,
        "levels": [*levels_of(condition), *_limits(condition, kept)],
        "marks": _marks(kept),
        "shaded": _shaded(kept),
    }


def replay_figure(
    condition: BreakCondition, kept: Backtest, *, name: str, unit: str, sentence: str
) -> charts.Figure | None:
    """Return the chart for a page; None where the replay has no values."""
    if not kept.points:
        return None
    shown = shown_replay(condition, kept, name=name, unit=unit, sentence=sentence)
    return charts.line_figure(shown.pop("points"), value_name=name, **shown)


def levels_of(condition: Any) -> list[charts.Level]:
    """Return the bounds as lines of a chart."""
    bounds = []
    if condition.kind in (*BOUNDS, "forecast"):
        bounds = [(condition.bound, "Break"), (condition.clear.bound, "Over again")]
    if condition.kind in BANDS:
        words = ("Break below", "Break above") if condition.kind == "outside" else ("Break from", "Break to")
        bounds = [(condition.low, words[0]), (condition.high, words[1])]
        bounds += [(condition.clear.low, "Over again from"), (condition.clear.high, "Over again to")]
    for part in getattr(condition, "parts", ()):
        bounds += (
            [(part.bound, part.kind.capitalize())]
            if part.kind in BOUNDS and part.metric in ("", condition.metric)
            else []
        )
    return [
        charts.Level(float(value), f"{word} {value.normalize():f}", "limit" if word.startswith("Over") else "break")
        for value, word in bounds
        if value is not None
    ]


def _limits(condition: BreakCondition, kept: Backtest) -> list[charts.Level]:
    """Return a control chart's limits; those of a CUSUM chart are sums, not values."""
    if condition.kind == "drift" and condition.drift.chart == "cusum":
        return []
    named = ((kept.lower, "Lower limit"), (kept.centre, "Centre"), (kept.upper, "Upper limit"))
    return [
        charts.Level(float(value), f"{word} {round(value, 2).normalize():f}", "mean" if word == "Centre" else "limit")
        for value, word in named
        if value is not None
    ]


def _marks(kept: Backtest) -> list[charts.Mark]:
    """Return where it would have fired, the newest; thinned charts take the nearest value that is drawn."""
    known = [point for point in kept.points if point.value is not None]
    if not known:
        return []
    marks = []
    for episode in kept.episodes[-MOST_MARKS:]:
        near = min(known, key=lambda point: abs((point.on - episode.fired).days))
        if episode.fired >= known[0].on:
            marks.append(charts.Mark(near.on, float(near.value or 0), "Fires", "bad"))
    return marks


def _shaded(kept: Backtest) -> list[tuple[date, date]]:
    """Return the stretches of breach that the chart's span shows."""
    points: Sequence[Point] = kept.points
    if not points:
        return []
    first, last = points[0].on, points[-1].on
    return [
        (max(episode.start, first), min(episode.end or last, last))
        for episode in kept.episodes
        if (episode.end or last) >= first and episode.start <= last
    ]
