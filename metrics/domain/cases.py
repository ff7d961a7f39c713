"""A backtest case as JSON: reading it with a sentence for every mistake, and writing what the fold makes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from metrics.domain.backtesting import Summary, summary
from metrics.domain.conditions import parse
from metrics.domain.fields import BadCondition, Fields, exact
from metrics.domain.fold import Context, Folded, Reading, Series, fold
from metrics.domain.kinds import Condition
from metrics.domain.periods import Cadence, instant

YEARS = range(1900, 2201)


class BadCase(ValueError):
    """The case cannot be evaluated; `sentences` say why, one mistake each."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = list(sentences)
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Case:
    """What a backtest needs; `labels` are the period starts as they were written."""

    condition: Condition
    readings: tuple[Reading, ...]
    as_of: datetime
    cadence: Cadence
    context: Context
    labels: dict[datetime, str]


def read_case(text: str) -> Case:
    """Read a case from JSON text; raises BadCase."""
    try:
        given = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except RecursionError as mistake:
        raise BadCase(["The case is nested too deeply."]) from mistake
    except ValueError as mistake:
        raise BadCase([f"The case is not JSON that can be read: {mistake}"]) from mistake
    if not isinstance(given, dict):
        raise BadCase(["A case is a JSON object with “condition”, “cadence”, “values” and “as_of”."])
    return _read(Fields(given))


def run_case(case: Case) -> dict[str, Any]:
    """Evaluate a case; returns plain JSON with states, episodes, state, health and, for charts, the limits."""
    try:
        folded = fold(case.condition, case.readings, case.as_of, case.cadence, case.context)
    except (ValueError, OverflowError) as mistake:
        raise BadCase([str(mistake)]) from mistake
    return written(folded, case.cadence, case.labels)


def written(folded: Folded, cadence: Cadence, labels: dict[datetime, str] | None = None) -> dict[str, Any]:
    """Write a fold as plain JSON; periods are named as they were given, otherwise by their local start."""
    named = {start: (labels or {}).get(start) or label(start, cadence) for start in folded.periods}
    answer: dict[str, Any] = {
        "states": [state.value for state in folded.states],
        "episodes": [
            {
                "start": named[episode.start],
                "fired": named[episode.fired],
                "end": named[episode.end] if episode.end else None,
                "ending": episode.ending,
                "flaps": episode.flaps,
            }
            for episode in folded.episodes
        ],
        "state": folded.state.value,
        "health": folded.health.value,
        "periods": [named[start] for start in folded.periods],
        "summary": _summary(summary(folded)),
    }
    if folded.chart:
        chart = folded.chart
        answer |= {"centre": chart.centre, "lower": chart.lower, "upper": chart.upper, "points": list(chart.points)}
        if chart.points_below:
            answer["points_below"] = list(chart.points_below)
        if chart.broken:
            answer["rules"] = [list(rules) for rules in chart.broken]
    return answer


def label(start: datetime, cadence: Cadence) -> str:
    """Name a period by its local start: a date, or a time where the cadence is shorter than a day."""
    local = start.astimezone(cadence.zone)
    return local.isoformat() if cadence.step.seconds else local.date().isoformat()


def _summary(summed: Summary) -> dict[str, Any]:
    delay = summed.mean_delay
    return {
        "fired": summed.fired,
        "flaps": summed.flaps,
        "periods": summed.periods,
        "periods_in_breach": summed.periods_in_breach,
        "share_in_breach": round(summed.share, 6),
        "mean_delay_days": None if delay is None else round(delay.total_seconds() / 86400, 6),
        "longest_in_periods": summed.longest,
        "open": summed.open,
    }


def _read(fields: Fields) -> Case:
    condition, cadence = _condition(fields), _cadence(fields)
    rows = fields.take("values", "observations")
    as_of = fields.take("as_of")
    minimum = fields.count("minimum_sample", "minimum_sample_size", "min_sample", most=10**15)
    baseline = fields.number("baseline")
    forecasts, versions, others = fields.take("forecasts"), fields.take("versions"), fields.take("metrics")
    fields.refuse_unknown(allowed=("name", "note", "metric", "unit"))
    if cadence is None:
        raise BadCase(_sentences(fields))
    readings, labels = _readings(fields, rows, cadence)
    context = Context(
        minimum_sample=minimum,
        baseline=baseline,
        outlooks=_outlooks(fields, forecasts, cadence),
        versions=[
            (moment, None if number is None else int(number))
            for moment, number, *_ in _rows(fields, "versions", versions, cadence)
        ],
        others=_others(fields, others, minimum),
    )
    moment = _as_of(fields, as_of, readings, cadence)
    if fields.errors or condition is None or moment is None:
        raise BadCase(_sentences(fields))
    return Case(condition, readings, moment, cadence, context, labels)


def _outlooks(fields: Fields, given: Any, cadence: Cadence) -> dict[datetime, Decimal] | None:
    """Read forecast probabilities by period; None, where none are given, leaves them to the fold."""
    if given is None:
        return None
    rows = _rows(fields, "forecasts", given, cadence)
    return {cadence.containing(moment).start: number for moment, number, *_ in rows if number is not None}


def _condition(fields: Fields) -> Condition | None:
    try:
        return parse(fields.take("condition"))
    except BadCondition as mistake:
        for words in mistake.sentences:
            fields.refuse("condition", words)
        return None


def _cadence(fields: Fields) -> Cadence | None:
    name, zone = fields.take("cadence"), fields.take("time_zone", "timezone", "tz")
    settle = fields.take("settle_after")
    if not isinstance(name, str) or not isinstance(zone, str | None) or not isinstance(settle, str | None):
        fields.refuse("cadence", "“cadence”, “time_zone” and “settle_after” are texts, such as weekly, UTC and P2D.")
        return None
    try:
        return Cadence.of(name, time_zone=zone or "UTC", settle_after=settle or "P0D")
    except ValueError as mistake:
        fields.refuse("cadence", str(mistake))
        return None


def _as_of(fields: Fields, given: Any, readings: tuple[Reading, ...], cadence: Cadence) -> datetime | None:
    if given is None:
        ends = [reading.period_end for reading in readings if isinstance(reading.period_end, datetime)]
        if not ends:
            fields.refuse("as_of", "“as_of” is missing: say up to when the values are known.")
            return None
        return cadence.settled_at(max(ends))
    try:
        return _moment(given, cadence)
    except ValueError as mistake:
        fields.refuse("as_of", f"“as_of”: {mistake}")
        return None


def _readings(fields: Fields, given: Any, cadence: Cadence) -> tuple[tuple[Reading, ...], dict[datetime, str]]:
    readings: dict[datetime, Reading] = {}
    labels: dict[datetime, str] = {}
    if not isinstance(given, list):
        fields.refuse("values", "“values” must be a list of [period start, value].")
        return (), {}
    for moment, number, sample, text in _rows(fields, "values", given, cadence):
        period = cadence.containing(moment)
        if period.start in readings:
            fields.refuse("values", f"Two values are given for the period of {text}.")
            continue
        readings[period.start] = Reading(period.start, period.end, number, sample)
        labels[period.start] = text
    return tuple(readings.values()), labels


def _rows(
    fields: Fields, name: str, given: Any, cadence: Cadence
) -> list[tuple[datetime, Decimal | None, int | None, str]]:
    """Read rows of [moment, number or null(, sample size)], noting every bad one by its place."""
    if given is not None and not isinstance(given, list):
        fields.refuse(name, f"“{name}” must be a list.")
        return []
    rows = []
    for place, row in enumerate(given or [], start=1):
        try:
            if not isinstance(row, list) or not 2 <= len(row) <= 3:
                raise ValueError("write [period start, value] or [period start, value, sample size].")
            number = None if row[1] is None else exact(row[1])
            sample = None if len(row) < 3 or row[2] is None else int(exact(row[2]))
            rows.append((_moment(row[0], cadence), number, sample, row[0]))
        except ValueError as mistake:
            fields.refuse(name, f"Row {place} of “{name}”: {mistake}")
    return rows


def _others(fields: Fields, given: Any, minimum: int | None) -> dict[str, Series]:
    """Read the other metrics of a composite: key → {"cadence", "values"}."""
    others: dict[str, Series] = {}
    if not isinstance(given, dict | None):
        fields.refuse("metrics", "“metrics” must be an object of metrics by their keys.")
        return others
    for key, part in (given or {}).items():
        inner = Fields(part)
        cadence = _cadence(inner)
        if cadence is not None:
            readings, _ = _readings(inner, inner.take("values"), cadence)
            others[key] = Series(readings=readings, cadence=cadence, context=Context(minimum_sample=minimum))
        fields.adopt(f"metrics.{key}", inner)
    return others


def _moment(given: Any, cadence: Cadence) -> datetime:
    if not isinstance(given, str):
        raise ValueError("write a date as YYYY-MM-DD, or a time as YYYY-MM-DDTHH:MM:SSZ.")
    try:
        moment: date | datetime = date.fromisoformat(given)
    except ValueError:
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as mistake:
            words = f"“{given[:40]}” is not a date; write YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SSZ."
            raise ValueError(words) from mistake
    if moment.year not in YEARS:
        raise ValueError(f"the year {moment.year} cannot be meant.")
    return instant(moment, cadence.zone).astimezone(UTC)


def _sentences(fields: Fields) -> list[str]:
    return [words for sentences in fields.errors.values() for words in sentences]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that can be used.")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object.")
    return found
