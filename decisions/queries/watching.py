"""Assumptions with their conditions, each replayed over its metric's history by the code that will run live."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from approvals.models import User
from approvals.readers import ModelsFor
from config.kit import charts
from config.kit.among import Among
from config.kit.days import day_text
from config.kit.prepared import ID, TEXT, Slot
from decisions.domain import backtests
from decisions.domain.breaking import key_of, metrics_of, mistakes, words_of
from decisions.domain.conditions import Backtest, BreakCondition
from decisions.domain.dossier import Assumption
from decisions.figures import replay_figure
from decisions.services import segments
from decisions.services.backtests import Replays
from metrics.domain.periods import zone_named
from metrics.models import Metric, Observation
from metrics.queries.segmented import UNSEEN
from metrics.services.replaying import Place, pasts, revision_of, with_revision

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

    def day(self, moment: datetime) -> date:
        """Return the local day of a moment."""
        return self.metric.local_day(moment)


@dataclass(frozen=True)
class Watch:
    """One condition: its sentence or what is wrong with it, the replay kept with it, and the one as things are now.

    `now` is None where it cannot be replayed for this person; `stale` says why the kept one no longer tells.
    """

    key: str
    condition: BreakCondition
    sentence: str
    mistakes: Sequence[str]
    metric: Metric | None
    now: Backtest | None = None
    stale: str = ""
    endings: Sequence[str] = ()
    segment: str = ""  # what this person may call the segment that is watched

    @property
    def kept(self) -> Backtest:
        """Return the replay in the dossier."""
        return self.condition.backtest

    @property
    def kept_words(self) -> str:
        """Say what the replay in the dossier found, where things have moved on since."""
        if not self.stale or self.kept.as_of is None or self.now is None:
            return ""
        return f"{self.stale} On {day_text(self.kept.as_of)}: {backtests.outcome(self.kept)}"

    @property
    def figure(self) -> charts.Figure | None:
        """Return the chart: values, bounds, and the periods in which it would have been broken."""
        if self.now is None or self.metric is None:
            return None
        name, unit = self.metric.name, unit_of(self.metric)
        named = replace(self.condition, segment_name=self.segment)
        return replay_figure(named, self.now, name=name, unit=unit, sentence=self.sentence)

    @property
    def outcome(self) -> str:
        """Say what the replay found."""
        return backtests.outcome(self.now) if self.now else ""

    @property
    def warning(self) -> str:
        """Say why its firings should not be taken at their word."""
        return self.now.warning if self.now else ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return the replay in figures."""
        return backtests.facts(self.now, day_text) if self.now else []


@dataclass(frozen=True)
class Watched:
    """An assumption with its conditions."""

    assumption: Assumption
    watches: Sequence[Watch]


def watched(assumptions: Sequence[Assumption], user: User, *, as_of: datetime) -> list[Watched]:
    """Return the assumptions with every condition replayed at a moment; four queries for any number of them."""
    conditions = [condition for item in assumptions for condition in item.conditions]
    seen = Sight.of(conditions, user, as_of)
    return [
        Watched(item, [seen.watch(key_of(item, condition), condition) for condition in item.conditions])
        for item in assumptions
    ]


@dataclass(frozen=True)
class Sight:
    """What one person may see of what some conditions watch, at a moment.

    `metrics` are those that the person sees, if only some segments of them; `closed` says which segments of which
    (key, name) are not theirs to see.
    """

    metrics: Mapping[str, Metric]
    closed: frozenset[Place]
    known: Mapping[str, str]
    replays: Replays

    @classmethod
    def of(cls, conditions: Sequence[BreakCondition], user: User, as_of: datetime) -> "Sight":
        """Look up the metrics, and read the values of those for which the kept replay does not serve."""
        keys = {key for condition in conditions for key in metrics_of(condition)}
        seen = Exists(Metric.objects.visible_to(user).filter(pk=OuterRef("pk")))
        named = with_revision(Metric.objects.filter(key__in=keys).select_related("definition", "successor"))
        rows = list(named.annotate(seen=seen)) if keys else []
        metrics = {metric.key: metric for metric in rows if metric.seen}
        known = {metric.key: revision_of(metric) for metric in rows}
        names, closed = segments.seen_by(user, conditions, metrics.values())
        wanted = {key for each in conditions if not _serves(each, known) for key in metrics_of(each)}
        chosen = [metric for key, metric in metrics.items() if key in wanted]
        histories = pasts(chosen, until=as_of, segments=names.values(), sorted_out=True)
        return cls(metrics, closed, known, Replays(histories, names, known, as_of, visible=True))

    def watch(self, key: str, condition: BreakCondition) -> Watch:
        """Return one condition as this person sees it."""
        wrong, metric = mistakes(condition), self.metrics.get(condition.metric)
        stale = backtests.stale_because(condition, backtests.data_of(sorted(metrics_of(condition)), self.known))
        if wrong or metric is None or not self._sees(condition):
            return Watch(key, condition, "" if wrong else self._words(condition), wrong, metric, None, stale)
        now = condition.backtest if _serves(condition, self.known) else self.replays.made(condition)
        endings = [said for each in sorted(metrics_of(condition)) if (said := self.metrics[each].ending)]
        words, segment = self._words(condition), self.segment(condition)
        return Watch(key, condition, words, wrong, metric, now, stale, endings, segment)

    def _sees(self, condition: BreakCondition) -> bool:
        """Say whether the person may see the values of all that the condition watches."""
        keys, name = metrics_of(condition), self.replays.names.get(condition.segment)
        return name is not None and keys <= self.metrics.keys() and not any((key, name) in self.closed for key in keys)

    def segment(self, condition: BreakCondition) -> str:
        """Return what this person may call the segment that is watched."""
        if not condition.segment:
            return condition.segment_name
        return self.replays.names.get(condition.segment, UNSEEN)

    def _words(self, condition: BreakCondition) -> str:
        named = {key: (metric.name, unit_of(metric), metric.cadence) for key, metric in self.metrics.items()}
        name, unit, cadence = named.get(condition.metric, (condition.metric, "", ""))
        return words_of(condition, name, unit, cadence, named, segment=self.segment(condition))


def preview(condition: BreakCondition, user: User, *, as_of: datetime) -> Watch:
    """Return one condition as it is being typed, replayed for the person who types it."""
    return Sight.of([condition], user, as_of).watch(condition.id or "new", condition)


def _serves(condition: BreakCondition, known: Mapping[str, str]) -> bool:
    """Say whether the kept replay tells what a new one would; one without its values cannot be drawn."""
    data = backtests.data_of(sorted(metrics_of(condition)), known)
    return bool(condition.backtest.points) and not backtests.stale_because(condition, data)


def histories(keys: Iterable[str], user: User, *, segment: str = "") -> dict[str, History]:
    """Return the values of those metrics, in one segment of each, as far as the person may see them, by key."""
    metrics = KNOWN.all(user, keys=list(keys))
    rows: dict[int, list[Observation]] = defaultdict(list)
    for row in CURRENT.all(user, metrics=[metric.pk for metric in metrics], segment=segment) if metrics else []:
        rows[row.metric_id].append(row)
    return {metric.key: History(metric, rows[metric.pk][-NEWEST:]) for metric in metrics}


def _known(user: User) -> QuerySet[Metric]:
    keys = Among("key", Slot("keys", TEXT, many=True))
    return Metric.objects.visible_to(user).filter(keys).select_related("definition")


def _current(user: User) -> QuerySet[Observation]:
    found = Observation.objects.visible_to(user).filter(segment=Slot("segment", TEXT))
    return found.filter(Among("metric_id", Slot("metrics", ID, many=True))).current().order_by("period_start")


KNOWN = ModelsFor(_known)
CURRENT = ModelsFor(_current)


def unit_of(metric: Metric) -> str:
    """Return the unit of the definition in force."""
    return metric.definition.unit if metric.definition else ""
