"""The options side by side: what each brings, how deep it is worked out, how they rank and how firmly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from config.kit.charts import Figure, Strip, strip_figure
from decisions.domain.brief import brief
from decisions.domain.dossier import Dossier, Estimate, Option
from decisions.domain.parity import Depth, parity
from decisions.domain.scoring import Model, Ranking, complaints, model_from, scale_ends
from decisions.domain.scoring.ranking import WeightDraws
from decisions.forms.offers import MetricOffer
from decisions.queries.ranked import ranking_of
from decisions.queries.reading import Reader, estimate, number, signal
from decisions.queries.sensitivity import Sensitivity, tenth

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
    changes_nothing: bool

    @property
    def percent(self) -> int:
        """Return how deep the option is worked out, in percent."""
        return round(100 * self.depth.share)


@dataclass(frozen=True)
class Bar:
    """A piece of a bar, in percent of its length."""

    label: str
    start: float
    width: float


@dataclass(frozen=True)
class Place:
    """One option in the ranking."""

    name: str
    value: str
    rank: int
    leads: bool
    contributions: Sequence[Bar]
    ranks: Sequence[Bar]
    first: float
    dominated_by: Sequence[str]


@dataclass(frozen=True)
class Bargain:
    """An option on the frontier: what it costs, what it is worth, and what each further point of value costs there."""

    name: str
    cost: float
    value: float
    price: float | None


@dataclass(frozen=True)
class MatrixLine:
    """One criterion of the matrix as readers see it: (option, score) in the order of the options."""

    name: str
    weight: str
    cells: Sequence[tuple[str, str]]


DRAWS: Mapping[str, str] = {
    "around": "around the stated weights",
    "ordinal": "any weights in the stated order",
    "uniform": "any weights at all",
}
"""What the simulation draws weights from, and how the page calls it."""


@dataclass
class Comparison:
    """Everything the options page says; `draws` names where the simulated weights come from."""

    dossier: Dossier
    people: Mapping[str, str]
    metrics: Mapping[str, MetricOffer]
    draws: str = "around"
    moved: tuple[str, str] = ("", "")

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
        return complaints(self.model)

    @cached_property
    def model(self) -> Model:
        """Return what is ranked."""
        return model_from(self.dossier)

    @cached_property
    def ranking(self) -> Ranking | None:
        """Return the ranking, or None while something is missing."""
        if self.complaints:
            return None
        return ranking_of(self.model, cast("WeightDraws", self.draws if self.draws in DRAWS else "around"))

    @property
    def drawn(self) -> str:
        """Say where the simulated weights come from."""
        return DRAWS.get(self.draws, DRAWS["around"])

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return what weights may be drawn from: key, words, whether it is what is shown."""
        shown = self.draws if self.draws in DRAWS else "around"
        return [(key, words, key == shown) for key, words in DRAWS.items()]

    @property
    def matrix(self) -> list[MatrixLine]:
        """Return the scores as readers see them."""
        given = {(score.criterion, score.option): score.estimate for score in self.dossier.criteria.scores}
        if not given:
            return []
        options = [(option.id, self.names[option.id]) for option in self.dossier.options.options]
        return [
            MatrixLine(
                self.names[criterion.id],
                number(criterion.weight),
                [(name, estimate(given.get((criterion.id, option), Estimate()))) for option, name in options],
            )
            for criterion in self.dossier.criteria.criteria
        ]

    def sensitivity(self) -> Sensitivity | None:
        """Return the ranking as one weight moves; None where no weight can."""
        return Sensitivity.of(self.ranking, self.names, *self.moved) if self.ranking else None

    def frontier(self) -> list[Bargain]:
        """Return the options that are best at some price per point of value."""
        found = self.ranking.frontier if self.ranking else ()
        return [Bargain(self.names[f.option], f.cost, f.value, f.price_per_point) for f in found]

    def break_even(self) -> list[tuple[str, float, str]]:
        """Return, for each criterion, its weight now and at which weights who takes the lead."""
        if self.ranking is None:
            return []
        turns: dict[str, list[str]] = {criterion: [] for criterion in self.ranking.shares}
        for item in self.ranking.break_even:
            turns[item.criterion].append(f"{self.names[item.new_leader]} at {item.weight:.0%}")
        return [
            (self.names[key], share, " · ".join(turns[key]) or "never") for key, share in self.ranking.shares.items()
        ]

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
                option.changes_nothing,
            )
            for option in self.dossier.options.options
        ]

    def _facts(self, option: Option) -> Iterator[tuple[str, str]]:
        reader = Reader(self.dossier, self.people, self.metrics)
        impacts = {
            cell.success_metric: cell.estimate for cell in self.dossier.impacts.impacts if cell.option == option.id
        }
        for goal in self.dossier.metrics.success_metrics[: 3 if self.crowded else 8]:
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
        yield "Resources", brief(option.resources)
        yield "Signal", brief(signal(reader, option.signal))
        yield "Risk indicator", brief(signal(reader, option.risk_indicator))

    @cached_property
    def places(self) -> list[Place]:
        """Return the ranking's rows, best first."""
        ranking = self.ranking
        if ranking is None:
            return []
        return [
            Place(
                self.names[row.option],
                tenth(row.value),
                row.rank,
                row.option in ranking.leaders,
                _bars(_largest([(self.names[c], points) for c, points in ranking.contributions[row.option].items()])),
                _bars(_first([(f"Rank {n}", 100 * s) for n, s in enumerate(ranking.acceptability[row.option], 1)])),
                ranking.acceptability[row.option][0],
                _few([self.names[other] for other in ranking.dominated.get(row.option, ())]),
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
        data = [(name, f"{share:.0%}", turns) for name, share, turns in self.break_even()]
        heaviest = sorted(ranking.shares.items(), key=lambda pair: -pair[1])[: 2 if self.crowded else STRIPS]
        rows = [Strip(self.names[key], share, turns.get(key, ())) for key, share in heaviest]
        drawn = strip_figure(
            rows,
            title="Where the lead changes",
            description="For each criterion, from a weight of 0 to one of 100 %, the others kept in proportion.",
            leader=self.names[ranking.leaders[0]],
        )
        # The chart shows the heaviest criteria, the table all.
        return replace(drawn, rows=data)

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
        yield from self._beyond()
        if ranking.ranges_from_options:
            yield "Some scales run from the worst to the best option here: a new option can reorder the others."

    def _beyond(self) -> Iterator[str]:
        """Yield scores that lie beyond what their scale names."""
        ends = {criterion.id: scale_ends(criterion) for criterion in self.model.criteria}
        for option in self.model.options:
            for criterion, triple in option.scores.items():
                scale = ends[criterion]
                if scale and not (scale[0] <= triple.low and triple.high <= scale[1]):
                    yield (
                        f"{self.names[option.id]} on {self.names[criterion]} lies beyond the scale, which runs from "
                        f"{scale[0]:g} to {scale[1]:g}; it counts as the scale's end."
                    )


def _few(names: list[str]) -> list[str]:
    """Return the first two names, and how many there are besides."""
    return names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]


def _largest(parts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the largest pieces, largest first, and the rest as one."""
    return _first(sorted(parts, key=lambda part: -part[1]))


def _first(parts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the first pieces and the rest as one."""
    rest = sum(width for _, width in parts[PIECES:])
    return [*parts[:PIECES], *([("others", rest)] if rest else [])]


def _bars(parts: Sequence[tuple[str, float]]) -> list[Bar]:
    """Lay the pieces end to end; one too thin to see keeps its place, for the shade tells which it is, but no label."""
    bars, start = [], 0.0
    for label, width in parts:
        shown = f"{label} {width:.0f}" if width >= 0.05 else ""
        bars.append(Bar(shown, round(start, 1), round(width, 1)))
        start += width
    return bars
