"""Would another option have won? The chosen option's scores are replaced by what it really did, and ranked again.

What the other options would have brought was never seen, so they keep what was expected of them, with their spread.
Value functions and weights stay those of the decision: a scale that ran from the options' worst to their best is
fixed at that, so that an actual score moves nothing but its own value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from decisions.domain.scoring import (
    Criterion,
    Model,
    ModelError,
    Ranking,
    Triple,
    ValueFunction,
    complaints,
    rank,
    value_function,
)

DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One criterion: expected and actual score, and by how many points of the whole value it moved the option.

    `place` says where the actual score lies against the range that was stated; `turns` names who would lead had
    nothing but this criterion come out differently ("" when nobody else would, or the option did not lead before).
    """

    criterion: str
    name: str
    expected: float
    low: float
    high: float
    actual: float
    points: float
    place: str
    turns: str = ""


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """The chosen option as it was expected and as it was; values 0–100; the points of the pieces sum to the difference.

    `winner` leads with the actual scores, `first` is the share of draws over the other options' spread in which the
    chosen one still comes first; `excluded` names the criteria whose veto it would have met.
    """

    option: str
    name: str
    expected: float
    actual: float
    expected_rank: int
    actual_rank: int | None
    winner: str
    winner_value: float
    first: float
    excluded: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def other_won(self) -> bool:
        """Say whether another option would have won."""
        return self.winner != self.option


def rescored(model: Model, chosen: str, actual: Mapping[str, float]) -> Rescored:
    """Rank again with the chosen option's actual scores, by criterion; a criterion left out keeps what was expected.

    ModelError with every reason when the model, or a score, cannot be ranked.
    """
    if sentences := tuple(_against(model, chosen, actual)):
        raise ModelError(sentences)
    fixed = _with_fixed_ranges(model)
    after_model = _with_scores(fixed, chosen, actual)
    if sentences := complaints(after_model):
        raise ModelError(sentences)
    before, after = rank(fixed, draws=1), rank(after_model, draws=DRAWS)
    was = {row.option: row for row in before.ranking}
    if chosen not in was:
        raise ModelError(("A veto excluded the option that was chosen from the start, so it has no rank to compare.",))
    now = {row.option: row for row in after.ranking}
    names = {criterion.id: criterion.label for criterion in model.criteria}
    excluded = tuple(names[m.criterion] for m in after.missed if m.veto and m.option == chosen)
    pieces = tuple(_pieces(fixed, chosen, actual, before))
    return Rescored(
        option=chosen,
        name=next(option.label for option in model.options if option.id == chosen),
        expected=was[chosen].value,
        actual=was[chosen].value + sum(piece.points for piece in pieces),
        expected_rank=was[chosen].rank,
        actual_rank=now[chosen].rank if chosen in now else None,
        winner=chosen if chosen in after.leaders else after.leaders[0],
        winner_value=now[after.leaders[0]].value,
        first=after.acceptability[chosen][0] if chosen in now else 0.0,
        excluded=excluded,
        pieces=pieces,
    )


def _against(model: Model, chosen: str, actual: Mapping[str, float]) -> Iterator[str]:
    yield from complaints(model)
    options = {option.id for option in model.options}
    if chosen not in options:
        yield "The option that was chosen is not among the options."
    for key in actual.keys() - {criterion.id for criterion in model.criteria}:
        yield f"There is no criterion “{key}” to score."


def _with_fixed_ranges(model: Model) -> Model:
    """Return the model with every range stated as the options gave it when the decision was taken."""
    return replace(model, criteria=tuple(_fixed(model, criterion) for criterion in model.criteria))


def _fixed(model: Model, criterion: Criterion) -> Criterion:
    if criterion.id not in model.ranges_from_options:
        return criterion
    scores = value_function(criterion, model.options).scores
    low, high = scores[0], scores[-1]
    if low == high:
        return criterion
    worst, best = (low, high) if criterion.direction == "max" else (high, low)
    return replace(criterion, worst=worst, best=best)


def _with_scores(model: Model, chosen: str, actual: Mapping[str, float]) -> Model:
    exact = {criterion: Triple.exactly(value) for criterion, value in actual.items()}
    options = tuple(
        replace(option, scores={**option.scores, **exact}) if option.id == chosen else option
        for option in model.options
    )
    return replace(model, options=options)


def _pieces(model: Model, chosen: str, actual: Mapping[str, float], before: Ranking) -> Iterator[Piece]:
    shares, led = before.shares, chosen in before.leaders
    option = next(each for each in model.options if each.id == chosen)
    for criterion in model.criteria:
        stated = option.scores[criterion.id]
        came = actual.get(criterion.id, stated.likely)
        worth = value_function(criterion, model.options)
        points = shares[criterion.id] * (_value(worth, came) - _value(worth, stated.likely))
        turned = led and came != stated.likely and _leader_with(model, chosen, {criterion.id: came})
        yield Piece(
            criterion=criterion.id,
            name=criterion.label,
            expected=stated.likely,
            low=stated.low,
            high=stated.high,
            actual=came,
            points=points,
            place="below" if came < stated.low else "above" if came > stated.high else "within",
            turns=turned or "",
        )


def _leader_with(model: Model, chosen: str, actual: Mapping[str, float]) -> str:
    """Return who leads with these scores; nothing when the chosen option still does, or a veto leaves nobody."""
    changed = _with_scores(model, chosen, actual)
    leaders = () if complaints(changed) else rank(changed, draws=1).leaders
    return "" if chosen in leaders or not leaders else leaders[0]


def _value(worth: ValueFunction, raw: float) -> float:
    return float(worth(np.array([raw]))[0])
