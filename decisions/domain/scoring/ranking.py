"""The ranking of a model's options, and how much it can be trusted."""

from typing import Literal

import numpy as np

from decisions.domain.scoring.checking import complaints
from decisions.domain.scoring.findings import BreakEven, FrontierOption, Ranked, Ranking, ScoreFlip, WeightFlip
from decisions.domain.scoring.frontier import Corner, dominators, frontier
from decisions.domain.scoring.model import TIE, Array, Model, ModelError
from decisions.domain.scoring.sensitivity import (
    ScoreShift,
    WeightShift,
    crossings,
    smallest_score_shift,
    smallest_weight_shift,
)
from decisions.domain.scoring.simulation import Simulated, draw_weights, first_share, simulate
from decisions.domain.scoring.table import Table, missed_thresholds

WeightDraws = Literal["fixed", "uniform", "ordinal", "around"]
MOST_DRAWS = 100_000
MOST_NUMBERS = 20_000_000  # draws × options × criteria: 160 MB of drawn values
FIRM = 0.70  # the leader must come first in this share of the robustness draws


def rank(model: Model, *, weights: WeightDraws = "fixed", draws: int = 10_000, seed: int = 1) -> Ranking:
    """Rank the options of a model and say how robust the ranking is.

    `weights` says what the simulation draws: `fixed` (scores only), `uniform` (all weights equally likely),
    `ordinal` (any weights in the stated order) or `around` (near the stated ones). Same model, draws and seed:
    same result. A score beyond a stated range counts as its end.

    Fragile is judged by a simulation of its own, the same whatever `weights` says: scores from their triangles,
    weights from a Dirichlet distribution around the stated shares with concentration 50. The ranking is fragile
    when the leader comes first in fewer than 70% of these draws, or shares the first rank.

    Raises ModelError with every reason at once.
    """
    if sentences := (*complaints(model), *_bad_settings(model, weights, draws, seed)):
        raise ModelError(sentences)
    table = Table.of(model)
    drawn = table.draw(draws, np.random.default_rng([seed, 1]))
    leader = _leader(table)
    around = draw_weights("around", table.shares, draws, np.random.default_rng([seed, 2]))
    wanted = around
    if weights != "around":
        wanted = draw_weights(weights, table.shares, draws, np.random.default_rng([seed, 3]))
    return _ranking(table, leader, simulate(drawn, wanted), first_share(drawn, around, leader))


def _leader(table: Table) -> int:
    """Return the first of the options with the highest value."""
    totals = table.likely @ table.shares
    return int(np.argmax(totals >= totals.max() - TIE))


def _bad_settings(model: Model, weights: str, draws: int, seed: int) -> tuple[str, ...]:
    sentences = []
    if weights not in {"fixed", "uniform", "ordinal", "around"}:
        sentences.append("The weights of the simulation must be “fixed”, “uniform”, “ordinal” or “around”.")
    if not 1 <= draws <= MOST_DRAWS:
        sentences.append(f"The number of draws must lie between 1 and {MOST_DRAWS:,}.")
    elif draws * len(model.options) * len(model.criteria) > MOST_NUMBERS:
        sentences.append(f"Lower the number of draws: {draws:,} are too many for a model of this size.")
    if not 0 <= seed < 2**63:
        sentences.append("The seed must be a whole number from 0 on.")
    return tuple(sentences)


def _ranking(table: Table, leader: int, stated: Simulated, first: float) -> Ranking:
    totals = table.likely @ table.shares
    options, criteria = table.option_ids, table.criterion_ids
    missed = missed_thresholds(table.model)
    places = [1 + int((totals > total + TIE).sum()) for total in totals]
    reasons = _fragile_reasons(table.options[leader].label, sum(place == 1 for place in places), first)
    return Ranking(
        ranking=tuple(
            Ranked(option=options[i], value=float(totals[i]), rank=places[i])
            for i in sorted(range(len(options)), key=lambda i: places[i])
        ),
        shares=_by(criteria, table.shares),
        values={option: _by(criteria, row) for option, row in zip(options, table.likely, strict=True)},
        contributions={o: _by(criteria, row) for o, row in zip(options, table.likely * table.shares, strict=True)},
        acceptability={o: tuple(map(float, row)) for o, row in zip(options, stated.acceptability, strict=True)},
        central_weights={
            o: None if np.isnan(row).any() else _by(criteria, row)
            for o, row in zip(options, stated.central, strict=True)
        },
        confidence={
            o: None if np.isnan(share) else float(share) for o, share in zip(options, stated.confidence, strict=True)
        },
        break_even=_break_even(table, leader),
        weight_flip=_weight_flip(table, smallest_weight_shift(table.likely, table.shares, leader)),
        score_flip=_score_flip(table, smallest_score_shift(table.likely, table.shares, leader)),
        dominated={
            option: tuple(options[i] for i in over)
            for option, over in zip(options, dominators(table.low, table.likely, table.high), strict=True)
            if over
        },
        frontier=tuple(_on_frontier(options, c) for c in frontier(totals, [o.cost for o in table.options])),
        missed=missed,
        vetoed=tuple(dict.fromkeys(m.option for m in missed if m.veto)),
        fragile=bool(reasons),
        fragile_reasons=reasons,
        leader_first=first,
        ranges_from_options=table.model.ranges_from_options,
    )


def _by(names: list[str], row: Array) -> dict[str, float]:
    return {name: float(number) for name, number in zip(names, row, strict=True)}


def _fragile_reasons(leader: str, leaders: int, first: float) -> tuple[str, ...]:
    reasons = []
    if leaders > 1:
        reasons.append(f"{leaders} options share the first rank.")
    if first < FIRM:
        reasons.append(
            f"“{leader}” comes first in {first * 100:.0f}\u202f% of the draws around the stated weights and "
            f"scores; a firm lead needs {FIRM * 100:.0f}\u202f%."
        )
    return tuple(reasons)


def _break_even(table: Table, leader: int) -> tuple[BreakEven, ...]:
    return tuple(
        BreakEven(
            criterion=table.criterion_ids[crossing.criterion],
            weight=crossing.share,
            stated=float(table.shares[crossing.criterion]),
            new_leader=table.option_ids[crossing.leader],
        )
        for crossing in crossings(table.likely, table.shares, leader)
    )


def _weight_flip(table: Table, shift: WeightShift | None) -> WeightFlip | None:
    if shift is None:
        return None
    changed = table.shares.copy()
    for source, amount in shift.taken:
        changed[source] -= amount
    changed[shift.to] += shift.moved
    names = table.criterion_ids
    return WeightFlip(
        moved=shift.moved,
        taken={names[source]: amount for source, amount in shift.taken},
        to=names[shift.to],
        weights=_by(names, changed),
        new_leader=table.option_ids[shift.leader],
    )


def _score_flip(table: Table, shift: ScoreShift | None) -> ScoreFlip | None:
    if shift is None:
        return None
    criterion = table.model.criteria[shift.criterion]
    option = table.options[shift.option]
    return ScoreFlip(
        option=option.id,
        criterion=criterion.id,
        points=shift.after - shift.before,
        score_from=option.scores[criterion.id].likely,
        score_to=table.functions[shift.criterion].score_at(shift.after),
        new_leader=table.option_ids[shift.leader],
    )


def _on_frontier(options: list[str], corner: Corner) -> FrontierOption:
    return FrontierOption(
        option=options[corner.option], value=corner.value, cost=corner.cost, price_per_point=corner.price
    )
