"""Scoring: an additive value model of the options, its ranking, and how robust that ranking is."""

from decisions.domain.scoring.ballots import Ballot, Combined, CombinedCell, combine
from decisions.domain.scoring.checking import Complaint, complaints, criterion_complaints, placed_complaints, scale_ends
from decisions.domain.scoring.deriving import by_name, criterion_from, model_from
from decisions.domain.scoring.findings import BreakEven, FrontierOption, Missed, Ranked, Ranking, ScoreFlip, WeightFlip
from decisions.domain.scoring.model import Criterion, Model, ModelError, Option, Triple, ValueFunction, value_function
from decisions.domain.scoring.ranking import rank
from decisions.domain.scoring.reading import Request, request_from
from decisions.domain.scoring.strip import Lines, Standing, standings, weight_lines
from decisions.domain.scoring.weighting import centroid_weights, ordered_weights, swing_weights
from decisions.domain.scoring.writing import ranking_json

__all__ = [
    "Ballot",
    "BreakEven",
    "Combined",
    "CombinedCell",
    "Complaint",
    "Criterion",
    "FrontierOption",
    "Lines",
    "Missed",
    "Model",
    "ModelError",
    "Option",
    "Ranked",
    "Ranking",
    "Request",
    "ScoreFlip",
    "Standing",
    "Triple",
    "ValueFunction",
    "WeightFlip",
    "by_name",
    "centroid_weights",
    "combine",
    "complaints",
    "criterion_complaints",
    "criterion_from",
    "model_from",
    "ordered_weights",
    "placed_complaints",
    "rank",
    "ranking_json",
    "request_from",
    "scale_ends",
    "standings",
    "swing_weights",
    "value_function",
    "weight_lines",
]
