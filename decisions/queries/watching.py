"""Assumptions with their conditions, each replayed over its metric's history by the code that will run live."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from approvals.models import User
from config.kit import charts
from decisions.domain.breaking import key_of, mistakes, spec_of, words_of
from decisions.domain.dossier import Assumption, BreakCondition
from metrics.domain.backtesting import Summary, summary
from metrics.domain.conditions import parse
from metrics.domain.fold import Context, Folded, Reading, fold
from metrics.domain.periods import zone_named
from metrics.models import Metric, Observation
from metrics.services.entries import cadence_of

NEWEST = 600
"""At most so many of the newest values of each metric are replayed on a page."""


@dataclass(frozen=True)
class History:
    """One metric's values, as people and the fold see them."""

    metric: Metric
    values: Sequence[Observation]

    @property
    def points(self) -> list[tuple[date, float | None]]:
        """Return (day, value) of each period."""
        zone = zone_named(self.metric.time_zone)
        return [
            (row.period_start.astimezone(zone).date(), None if row.value is None else float(row.value))
            for row in self.values
        ]

    @property
    def readings(self) -> list[Reading]:
        """Return the values as the fold reads them."""
        return [Reading(row.period_start, row.period_end, row.value, row.sample_size) for row in self.values]

    def day(self, moment: datetime) -> date:
        """Return the local day of a moment."""
        return moment.astimezone(zone_named(self.metric.time_zone)).date()


@dataclass(frozen=True)
class Watch:
    """One condition: its sentence or what is wrong with it, and what a replay found."""

    key: str
    condition: BreakCondition
    sentence: str
    mistakes: Sequence[str]
    history: History | None
    folded: Folded | None
    summary: Summary | None

    @property
    def fired_on(self) -> list[date]:
        """Return the days on which it would have fired."""
        if self.folded is None or self.history is None:
            return []
        return [self.history.day(episode.fired) for episode in self.folded.episodes]

    def figure(self) -> charts.Figure | None:
        """Return the chart: values, bounds, and the periods in which it would have been broken."""
        if self.history is None or not self.history.values:
            return None
        return charts.line_figure(
            self.history.points,
            title=f"{self.history.metric.name} against this condition",
            description=f"Breaks {self.sentence}. {self.outcome}",
            unit=unit_of(self.history.metric),
            levels=levels_of(self.condition),
            marks=_marks(self),
            shaded=_shaded(self),
            value_name=self.history.metric.name,
        )

    @property
    def outcome(self) -> str:
        """Say what the replay found."""
        found = self.summary
        if found is None or not found.periods:
            return "There is no history to replay it over yet."
        if not found.fired:
            return f"It would not have fired in {found.periods} settled periods."
        times = "once" if found.fired == 1 else f"{found.fired} times"
        share = f"{found.share:.0%} of the time"
        now = "; it is broken now" if found.open else ""
        return f"It would have fired {times} in {found.periods} settled periods, and been broken {share}{now}."


@dataclass(frozen=True)
class Watched:
    """An assumption with its conditions."""

    assumption: Assumption
    watches: Sequence[Watch]


def watched(assumptions: Sequence[Assumption], user: User, *, as_of: datetime) -> list[Watched]:
    """Return the assumptions with every condition replayed at a moment; two queries for any number of them."""
    keys = {condition.metric for item in assumptions for condition in item.conditions}
    found = histories(keys, user)
    return [
        Watched(item, [_watch(item, condition, found.get(condition.metric), as_of) for condition in item.conditions])
        for item in assumptions
    ]


def histories(keys: Iterable[str], user: User) -> dict[str, History]:
    """Return the values of those metrics that the person may see, by key."""
    metrics = list(Metric.objects.visible_to(user).filter(key__in=list(keys)).select_related("definition"))
    rows: dict[int, list[Observation]] = defaultdict(list)
    current = Observation.objects.filter(metric__in=[metric.pk for metric in metrics], segment="").current()
    for row in current.order_by("period_start") if metrics else []:
        rows[row.metric_id].append(row)
    return {metric.key: History(metric, rows[metric.pk][-NEWEST:]) for metric in metrics}


def unit_of(metric: Metric) -> str:
    """Return the unit of the definition in force."""
    return metric.definition.unit if metric.definition else ""


def levels_of(condition: BreakCondition | Any) -> list[charts.Level]:
    """Return the bounds as lines of a chart."""
    bounds = [(condition.bound, "Break")] if condition.kind != "outside" else []
    if condition.kind == "outside":
        bounds = [(condition.low, "Break below"), (condition.high, "Break above")]
    bounds.append((condition.clear.bound, "Over again"))
    tones = {"Over again": "limit"}
    return [
        charts.Level(float(value), f"{word} {value.normalize():f}", tones.get(word, "break"))
        for value, word in bounds
        if value is not None
    ]


def _watch(item: Assumption, condition: BreakCondition, history: History | None, as_of: datetime) -> Watch:
    wrong = mistakes(condition)
    metric = history.metric if history else None
    name = metric.name if metric else condition.metric
    words = (
        "" if wrong else words_of(condition, name, unit_of(metric) if metric else "", metric.cadence if metric else "")
    )
    key = key_of(item, condition)
    if wrong or history is None or metric is None:
        return Watch(key, condition, words, wrong, history, None, None)
    definition = metric.definition
    context = Context(
        minimum_sample=definition.minimum_sample if definition else None,
        baseline=definition.baseline if definition else None,
    )
    folded = fold(parse(spec_of(condition)), history.readings, as_of, cadence_of(metric), context)
    return Watch(key, condition, words, wrong, history, folded, summary(folded))


def _marks(watch: Watch) -> list[charts.Mark]:
    values = dict(watch.history.points) if watch.history else {}
    days = [day for day in watch.fired_on if values.get(day) is not None]
    return [charts.Mark(day, values[day] or 0.0, "Fires", "bad") for day in days[-12:]]


def _shaded(watch: Watch) -> list[tuple[date, date]]:
    history, folded = watch.history, watch.folded
    if history is None or folded is None or not history.values:
        return []
    last = history.points[-1][0]
    return [(history.day(each.start), history.day(each.end) if each.end else last) for each in folded.episodes]
