"""Keep with each break condition what a replay of it over its metrics' history found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from decisions.domain import backtests
from decisions.domain.breaking import forecasts, metrics_of, mistakes, spec_of
from decisions.domain.conditions import Backtest, BreakCondition
from decisions.domain.dossier import Assumption, Criteria, Dossier
from decisions.services import segments
from metrics.domain.conditions import parse
from metrics.models import Metric
from metrics.services.replaying import Past, Place, pasts, revisions

NOTHING = Backtest()
RECENT = 400
"""So many of the newest values a forecast condition is replayed over: each of them takes a forecast."""


def refreshed(criteria: Criteria, *, stored: Criteria | None, at: datetime) -> Criteria:
    """Return the section with a replay beside every condition that can be replayed, its segments as they are named.

    A replay is taken from what is `stored` while neither the condition nor its data have changed, else made anew;
    what comes in with `criteria` is never believed.
    """
    conditions = [condition for assumption in criteria.assumptions for condition in assumption.conditions]
    if not conditions:
        return criteria
    criteria = segments.settled(criteria)
    conditions = [condition for assumption in criteria.assumptions for condition in assumption.conditions]
    kept = _kept(stored)
    known = revisions(key for condition in conditions for key in metrics_of(condition))
    stale = {
        (assumption.id, condition.id): condition
        for assumption in criteria.assumptions
        for condition in assumption.conditions
        if not _still_good(condition, kept.get((assumption.id, condition.id), NOTHING), known)
    }
    fresh = Replays.of(stale.values(), known, at)
    assumptions = tuple(
        replace(
            assumption,
            conditions=tuple(
                replace(
                    condition,
                    backtest=fresh.made(condition)
                    if (assumption.id, condition.id) in stale
                    else kept[assumption.id, condition.id],
                )
                for condition in assumption.conditions
            ),
        )
        for assumption in criteria.assumptions
    )
    return replace(criteria, assumptions=assumptions)


def without(criteria: Criteria) -> Criteria:
    """Return the section without its replays: what people wrote."""
    return replace(criteria, assumptions=tuple(map(_bare, criteria.assumptions)))


def unchanged(one: Dossier, other: Dossier) -> bool:
    """Say whether people wrote the same in both, whatever was replayed when."""
    return replace(one, criteria=without(one.criteria)) == replace(other, criteria=without(other.criteria))


def _bare(assumption: Assumption) -> Assumption:
    bare = tuple(replace(condition, backtest=NOTHING) for condition in assumption.conditions)
    return replace(assumption, conditions=bare)


def _kept(stored: Criteria | None) -> dict[tuple[str, str], Backtest]:
    assumptions = stored.assumptions if stored else ()
    return {(item.id, condition.id): condition.backtest for item in assumptions for condition in item.conditions}


def _still_good(condition: BreakCondition, kept: Backtest, known: Mapping[str, str]) -> bool:
    if kept.as_of is None or kept.error:
        return False
    data = backtests.data_of(sorted(metrics_of(condition)), known)
    return not backtests.stale_because(replace(condition, backtest=kept), data)


@dataclass(frozen=True)
class Replays:
    """The histories that some conditions are replayed over, read once; `visible` keeps confidential values too.

    `names` says which segment each code stands for.
    """

    histories: Mapping[Place, Past]
    names: Mapping[str, str]
    known: Mapping[str, str]
    at: datetime
    visible: bool = False

    @classmethod
    def of(cls, conditions: Iterable[BreakCondition], known: Mapping[str, str], at: datetime) -> "Replays":
        """Read the histories of what the conditions watch: three queries, four with segments, none without any."""
        chosen = list(conditions)
        keys, names = {key for condition in chosen for key in metrics_of(condition)}, segments.names_of(chosen)
        metrics = Metric.objects.filter(key__in=keys).select_related("definition") if keys else ()
        return cls(pasts(metrics, until=at, segments=names.values()), names, known, at)

    def made(self, condition: BreakCondition) -> Backtest:
        """Return the replay of one condition; none for one that is unfinished or has no history."""
        segment = self.names.get(condition.segment)
        past = None if segment is None else self.histories.get((condition.metric, segment))
        if past is None or not past.readings or mistakes(condition):
            return NOTHING
        if forecasts(condition):
            past = replace(past, readings=past.readings[-RECENT:])
        keys = sorted(metrics_of(condition))
        data = backtests.data_of(keys, self.known)
        beside = {key: each for (key, name), each in self.histories.items() if name == segment}
        try:
            tried = past.tried(parse(spec_of(condition)), beside, as_of=self.at)
        except (ValueError, OverflowError) as mistake:
            return Backtest(
                as_of=past.day(self.at),
                predicate=backtests.fingerprint(condition),
                data=data,
                error=str(mistake)[:300],
            )
        definition = past.metric.definition
        return backtests.made(
            condition,
            tried,
            past.readings,
            at=past.day(self.at),
            day=past.day,
            data=data,
            definition_version=definition.number if definition else None,
            with_values=self.visible or all(beside[key].open for key in keys if key in beside),
        )
