"""The options side by side: what each brings, how deep it is worked out, how they rank and how firmly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from config.kit.charts import Figure, Strip, strip_figure
from decisions.domain.dossier import Dossier, Option
from decisions.domain.parity import Depth, parity
from decisions.domain.scoring import Ranking, complaints, model_from, rank
from decisions.forms.offers import MetricOffer
from decisions.queries.reading import Reader, estimate, number

PIECES = 4
STRIPS = 5
WORDY = 5
"""With more options than this only their figures stand side by side; their words are on each option's page."""


@dataclass(frozen=True)
class Column:
    """One option: its facts in the same order for all, and how deep it is worked out."""

    id: str
    name: str
    summary: str
    facts: Sequence[tuple[str, str]]
    depth: Depth
    leads: bool
    vetoed: bool

    @property
    def percent(self) -> int:
        """Return how deep the option is worked out, in percent."""
        return round(100 * self.depth.share)


@dataclass(frozen=True)
class Bar:
    """A piece of a bar, in percent of its length; `shade` tells neighbours apart."""

    label: str
    start: float
    width: float
    shade: int


@dataclass(frozen=True)
class Place:
    """One option in the ranking."""

    name: str
    value: float
    rank: int
    leads: bool
    contributions: Sequence[Bar]
    ranks: Sequence[Bar]
    first: float
    dominated_by: Sequence[str]


@dataclass
class Comparison:
    """Everything the options page says."""

    dossier: Dossier
    people: Mapping[str, str]
    metrics: Mapping[str, MetricOffer]

    @cached_property
    def names(self) -> dict[str, str]:
        """Return what options and criteria are called."""
        named = [(option.id, option.name) for option in self.dossier.options.options]
        named += [(criterion.id, criterion.name) for criterion in self.dossier.criteria.criteria]
        return {identifier: name or identifier for identifier, name in named}

    @property
    def crowded(self) -> bool:
        """Say whether there are too many options to say everything of each."""
        return len(self.dossier.options.options) > WORDY

    @cached_property
    def complaints(self) -> tuple[str, ...]:
        """Return why there is no ranking yet."""
        return complaints(model_from(self.dossier))

    @cached_property
    def ranking(self) -> Ranking | None:
        """Return the ranking, or None while something is missing."""
        return None if self.complaints else rank(model_from(self.dossier), weights="around")

    @cached_property
    def columns(self) -> list[Column]:
        """Return the options."""
        depths = {depth.option: depth for depth in parity(self.dossier)}
        leaders = self.ranking.leaders if self.ranking else ()
        vetoed = self.ranking.vetoed if self.ranking else ()
        return [
            Column(
                option.id,
                self.names[option.id],
                option.summary,
                list(self._facts(option)),
                depths[option.id],
                option.id in leaders,
                option.id in vetoed,
            )
            for option in self.dossier.options.options
        ]

    def _facts(self, option: Option) -> Iterator[tuple[str, str]]:
        reader = Reader(self.dossier, self.people, self.metrics)
        impacts = {
            cell.success_metric: cell.estimate for cell in self.dossier.impacts.impacts if cell.option == option.id
        }
        for goal in self.dossier.metrics.success_metrics[:8]:
            value = impacts.get(goal.id)
            unit = reader.unit(goal.metric)
            yield f"Impact on {reader.metric(goal.metric) or 'a metric'}", estimate(value, unit) if value else ""
        cost = next((cost for cost in self.dossier.costs.costs if cost.option == option.id), None)
        yield "Cost", estimate(cost.cost, self.dossier.costs.currency) if cost else ""
        yield "Person-days", estimate(cost.effort_days) if cost else ""
        yield "Complexity", f"{option.complexity} of 5" if option.complexity else ""
        yield "On the trade-off", f"{number(option.position)} of 100" if option.position is not None else ""
        if self.crowded:
            return
        yield "Resources", _short(option.resources)
        yield "Signal", _short(_signal(reader, option.signal.text, option.signal.metric, number(option.signal.bound)))
        indicator = option.risk_indicator
        yield "Risk indicator", _short(_signal(reader, indicator.text, indicator.metric, number(indicator.bound)))

    @cached_property
    def places(self) -> list[Place]:
        """Return the ranking's rows, best first."""
        ranking = self.ranking
        if ranking is None:
            return []
        return [
            Place(
                self.names[row.option],
                row.value,
                row.rank,
                row.option in ranking.leaders,
                _bars(_largest([(self.names[c], points) for c, points in ranking.contributions[row.option].items()])),
                _bars(_first([(f"Rank {n}", 100 * s) for n, s in enumerate(ranking.acceptability[row.option], 1)])),
                ranking.acceptability[row.option][0],
                [self.names[other] for other in ranking.dominated.get(row.option, ())],
            )
            for row in ranking.ranking
        ]

    def strips(self) -> Figure | None:
        """Return for each criterion over which weights the leader stays ahead, as a chart."""
        ranking = self.ranking
        if ranking is None or not ranking.leaders:
            return None
        turns: dict[str, list[tuple[float, str]]] = {}
        for item in ranking.break_even:
            turns.setdefault(item.criterion, []).append((item.weight, self.names[item.new_leader]))
        heaviest = sorted(ranking.shares.items(), key=lambda pair: -pair[1])[: 2 if self.crowded else STRIPS]
        rows = [Strip(self.names[key], share, turns.get(key, ())) for key, share in heaviest]
        return strip_figure(
            rows,
            title="Where the lead changes",
            description="For each criterion, from a weight of 0 to one of 100 %, the others kept in proportion.",
            leader=self.names[ranking.leaders[0]],
        )

    def findings(self) -> list[str]:
        """Return what would change the leader, and what to know about the ranking, as sentences."""
        return list(self._findings(self.ranking)) if self.ranking else []

    def _findings(self, ranking: Ranking) -> Iterator[str]:
        if flip := ranking.weight_flip:
            yield (
                f"Smallest flip by weight: moving {flip.moved:.1%} of the whole to {self.names[flip.to]} "
                f"makes {self.names[flip.new_leader]} lead."
            )
        if change := ranking.score_flip:
            yield (
                f"Smallest flip by score: {self.names[change.option]} on {self.names[change.criterion]} by "
                f"{change.points:+.1f} points makes {self.names[change.new_leader]} lead."
            )
        for missed in ranking.missed:
            does = "which excludes it" if missed.veto else "which does not exclude it"
            yield (
                f"{self.names[missed.option]} misses the threshold {missed.threshold:g} on "
                f"{self.names[missed.criterion]} with {missed.score:g}, {does}."
            )
        if ranking.ranges_from_options:
            yield "Some scales run from the worst to the best option here: a new option can reorder the others."


def _signal(reader: Reader, text: str, metric: str, bound: str) -> str:
    words = " · ".join(filter(None, [text, reader.metric(metric)]))
    return f"{words}: {bound}" if words and bound else words


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + " …"


def _largest(parts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the largest pieces, largest first, and the rest as one."""
    return _first(sorted(parts, key=lambda part: -part[1]))


def _first(parts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the first pieces and the rest as one."""
    rest = sum(width for _, width in parts[PIECES:])
    return [*parts[:PIECES], *([("others", rest)] if rest else [])]


def _bars(parts: Sequence[tuple[str, float]]) -> list[Bar]:
    bars, start = [], 0.0
    for shade, (label, width) in enumerate(parts):
        if width >= 0.05:
            bars.append(Bar(f"{label} {width:.0f}", round(start, 2), round(width, 2), shade % 6))
        start += width
    return bars
