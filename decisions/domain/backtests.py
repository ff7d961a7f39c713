"""The replay of a break condition as a dossier keeps it: made from what the metric domain found, and compared later."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from config.kit.canonical import canonical
from decisions.domain.breaking import mistakes, spec_of
from decisions.domain.conditions import Backtest, BreakCondition, Fired, Point
from metrics.domain.backtesting import Tried
from metrics.domain.conditions import parse, to_json
from metrics.domain.fold import Folded, Reading
from metrics.domain.noise import times_words

MOST_EPISODES = 40
MOST_POINTS = 120
LARGEST = 1e14
SEVERITY = "severity"  # words, not meaning: another severity does not make a replay stale


def fingerprint(condition: BreakCondition) -> str:
    """Return what identifies the predicate: it changes with everything that decides when it fires; '' if unfinished."""
    if mistakes(condition):
        return ""
    meaning = {name: value for name, value in to_json(parse(spec_of(condition))).items() if name != SEVERITY}
    part = {"segment": condition.segment} if condition.segment else {}
    text = canonical({"metric": condition.metric, "predicate": meaning, **part})
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def made(
    condition: BreakCondition,
    tried: Tried,
    readings: Sequence[Reading],
    *,
    at: date,
    day: Callable[[datetime], date],
    data: str,
    definition_version: int | None,
    with_values: bool,
) -> Backtest:
    """Return the replay to keep; `day` gives the local day of a period's start, `readings` are in order."""
    known = [reading for reading in readings if reading.value is not None]
    found, summed, chart = tried.folded, tried.summary, tried.folded.chart
    return Backtest(
        as_of=at,
        predicate=fingerprint(condition),
        data=data,
        definition_version=definition_version,
        first=day(_start(known[0])) if known else None,
        last=day(_start(known[-1])) if known else None,
        values=tried.values,
        periods=summed.periods,
        fired=summed.fired,
        share=_rounded(summed.share * 100, 1) if summed.periods else None,
        delay_days=_rounded(summed.mean_delay.total_seconds() / 86_400, 1) if summed.mean_delay is not None else None,
        expected=_rounded(tried.noise.expected, 2) if tried.noise else None,
        warning=tried.warning,
        going_on=summed.open,
        lower=_limit(chart.lower) if chart else None,
        centre=_limit(chart.centre) if chart else None,
        upper=_limit(chart.upper) if chart else None,
        episodes=_episodes(found, day),
        points=tuple(Point(on=day(_start(row)), value=row.value) for row in thinned(readings)) if with_values else (),
    )


def stale_because(condition: BreakCondition, data: str) -> str:
    """Say why the replay kept with a condition no longer tells about it, or ''; `data` identifies the values now."""
    kept = condition.backtest
    if kept.as_of is None:
        return ""
    if kept.predicate != fingerprint(condition):
        return "The condition was changed after it was replayed."
    if data and kept.data != data:
        return "Values or definitions have changed since it was replayed."
    return ""


def data_of(keys: Sequence[str], revisions: Mapping[str, str]) -> str:
    """Return what identifies all the data that a condition over these metrics is replayed on."""
    return "; ".join(revisions.get(key, f"{key} unknown") for key in sorted(keys))


def outcome(kept: Backtest) -> str:
    """Say in a sentence what a replay found."""
    if kept.error:
        return f"It cannot be replayed: {kept.error}"
    if not kept.periods:
        return "There is no history to replay it over yet."
    if not kept.fired:
        return f"It would not have fired in {_counted(kept.periods, 'settled period')}."
    times = "once" if kept.fired == 1 else f"{kept.fired} times"
    share = f" and been broken {kept.share.normalize():f} % of the time" if kept.share is not None else ""
    now = "; it is broken now" if kept.going_on else ""
    return f"It would have fired {times} in {_counted(kept.periods, 'settled period')}{share}{now}."


def facts(kept: Backtest, word: Callable[[date], str]) -> list[tuple[str, str]]:
    """Return a replay in figures, each with its name; `word` writes a day."""
    if not kept.periods:
        return []
    last = kept.episodes[-1].fired if kept.episodes else None
    late = "in the period it begins" if kept.delay_days == 0 else ""
    if kept.delay_days:
        late = f"{_plain(kept.delay_days)} days after the run began, on average"
    noise = "" if kept.expected is None else times_words(kept.expected)
    range_ = f"{word(kept.first)} to {word(kept.last)}" if kept.first and kept.last else ""
    pairs = [
        ("Would have fired", {0: "never", 1: "once"}.get(kept.fired, f"{kept.fired} times")),
        ("Time in breach", "" if kept.share is None else f"{_plain(kept.share)} %"),
        ("How late", late if kept.fired else ""),
        ("Last fired", word(last) if last else ""),
        ("Noise alone would fire it", noise),
        ("Replayed over", f"{_counted(kept.values, 'value')}, {range_}".rstrip(", ")),
    ]
    return [pair for pair in pairs if pair[1]]


def thinned(readings: Sequence[Reading], most: int = MOST_POINTS) -> list[Reading]:
    """Keep the lowest and the highest value of each of `most / 2` stretches, in order, so that no peak is lost."""
    if len(readings) <= most:
        return list(readings)
    kept: list[Reading] = []
    stretches = most // 2
    for number in range(stretches):
        part = readings[number * len(readings) // stretches : (number + 1) * len(readings) // stretches]
        known = [reading for reading in part if reading.value is not None]
        ends = {min(known, key=_value), max(known, key=_value)} if known else {part[0]}
        kept += sorted(ends, key=_start)
    return kept


def _episodes(found: Folded, day: Callable[[datetime], date]) -> tuple[Fired, ...]:
    return tuple(
        Fired(
            start=day(episode.start),
            fired=day(episode.fired),
            end=day(episode.end) if episode.end else None,
            ending=episode.ending or "",
        )
        for episode in found.episodes[-MOST_EPISODES:]
    )


def _start(reading: Reading) -> datetime:
    if not isinstance(reading.period_start, datetime):
        raise TypeError("A stored reading starts at a moment.")
    return reading.period_start


def _value(reading: Reading) -> Decimal:
    return reading.value or Decimal(0)


def _rounded(number: float, places: int) -> Decimal:
    return Decimal(str(round(number, places)))


def _limit(number: float | None) -> Decimal | None:
    """Return a chart's limit as a dossier can hold it; one that is out of all proportion is left out."""
    if number is None or not abs(number) < LARGEST:
        return None
    return Decimal(f"{round(number, 6):.9g}")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
