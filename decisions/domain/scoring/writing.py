"""A ranking as the JSON that `rank` prints."""

from typing import Any

from decisions.domain.scoring.findings import BreakEven, FrontierOption, Ranking, ScoreFlip, WeightFlip

DIGITS = 6


def ranking_json(ranking: Ranking) -> dict[str, Any]:
    """Return the ranking as plain JSON, numbers rounded to six decimals."""
    answer = {
        "ranking": [{"option": r.option, "value": r.value, "rank": r.rank} for r in ranking.ranking],
        "weights": ranking.shares,
        "contributions": ranking.contributions,
        "acceptability": {option: list(shares) for option, shares in ranking.acceptability.items()},
        "central_weights": ranking.central_weights,
        "confidence": ranking.confidence,
        "break_even": [_break_even(found) for found in ranking.break_even],
        "smallest_flip": {"weights": _weight_flip(ranking.weight_flip), "score": _score_flip(ranking.score_flip)},
        "dominated": list(ranking.dominated),
        "dominated_by": {option: list(over) for option, over in ranking.dominated.items()},
        "frontier": [_frontier(option) for option in ranking.frontier],
        "vetoed": list(ranking.vetoed),
        "missed_thresholds": [
            {"option": m.option, "criterion": m.criterion, "score": m.score, "threshold": m.threshold, "veto": m.veto}
            for m in ranking.missed
        ],
        "fragile": ranking.fragile,
        "fragile_reasons": list(ranking.fragile_reasons),
        "leader_first": ranking.leader_first,
        "ranges_from_options": list(ranking.ranges_from_options),
    }
    return {key: _rounded(value) for key, value in answer.items()}


def _break_even(found: BreakEven) -> dict[str, Any]:
    return {
        "criterion": found.criterion,
        "weight": found.weight,
        "new_leader": found.new_leader,
        "stated": found.stated,
    }


def _weight_flip(flip: WeightFlip | None) -> dict[str, Any] | None:
    if flip is None:
        return None
    return {
        "moved": flip.moved,
        "taken": flip.taken,
        "to": flip.to,
        "weights": flip.weights,
        "new_leader": flip.new_leader,
    }


def _score_flip(flip: ScoreFlip | None) -> dict[str, Any] | None:
    if flip is None:
        return None
    return {
        "option": flip.option,
        "criterion": flip.criterion,
        "points": flip.points,
        "from": flip.score_from,
        "to": flip.score_to,
        "new_leader": flip.new_leader,
    }


def _frontier(option: FrontierOption) -> dict[str, Any]:
    return {
        "option": option.option,
        "value": option.value,
        "cost": option.cost,
        "price_per_point": option.price_per_point,
    }


def _rounded(value: Any) -> Any:
    """Round every float within; -0.0 becomes 0.0."""
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
