"""Ballots: what several evaluators give, each on a sheet of their own; what is wrong with a sheet; what comes of them.

A sheet holds one number a cell. Combined, a score is the mean of the sheets with the lowest and the highest beside it
(low / likely / high), and a weight is the mean of everybody's shares, in percent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from config.kit.canonical import decimal_text, digest
from decisions.domain.dossier import Ballot, BallotScore, BallotWeight, Criteria, Dossier, Estimate, Score
from decisions.domain.scoring import Combined, combine, criterion_from, scale_ends
from decisions.domain.writing import section_to

Cell = tuple[str, str]
"""Criterion and option."""

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sheet:
    """One evaluator's numbers: scores by (criterion, option), weights by criterion."""

    scores: Mapping[Cell, Decimal] = field(default_factory=dict)
    weights: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell of a sheet; an empty option means the criterion's weight."""

    criterion: str
    option: str
    sentence: str
    missing: bool = False


def sheet_from(stored: Mapping[str, Any]) -> Sheet:
    """Read a sheet as it is stored."""
    return Sheet(
        {(criterion, option): Decimal(text) for criterion, option, text in stored.get("scores", [])},
        {criterion: Decimal(text) for criterion, text in stored.get("weights", [])},
    )


def sheet_to(sheet: Sheet) -> dict[str, Any]:
    """Return a sheet as it is stored."""
    return {
        "scores": [[*cell, decimal_text(score)] for cell, score in sheet.scores.items()],
        "weights": [[criterion, decimal_text(weight)] for criterion, weight in sheet.weights.items()],
    }


def question_digest(dossier: Dossier) -> str:
    """Return the digest of what a ballot answers: criteria with their scales, and options; not their weights."""
    criteria = [section_to(replace(criterion, weight=None)) for criterion in dossier.criteria.criteria]
    options = [[option.id, option.name, option.summary] for option in dossier.options.options]
    return digest({"criteria": sorted(criteria, key=lambda each: str(each["id"])), "options": sorted(options)})


def cells_of(dossier: Dossier) -> list[Cell]:
    """Return every cell, criterion by criterion."""
    return [(c.id, o.id) for c in dossier.criteria.criteria for o in dossier.options.options]


def nothing_to_ask(dossier: Dossier, kind: str) -> Iterator[str]:
    """Yield why nobody can be asked yet."""
    if not dossier.criteria.criteria:
        yield "Name the criteria first; there is nothing to give a number to."
    if kind == "scores" and len(dossier.options.options) < 2:
        yield "Name at least two options first."


def faults(dossier: Dossier, sheet: Sheet, kind: str) -> Iterator[Fault]:
    """Yield what keeps a sheet from being handed in."""
    if kind == "weights":
        yield from _weight_faults(dossier, sheet)
        return
    ends = {criterion.id: scale_ends(criterion_from(criterion)) for criterion in dossier.criteria.criteria}
    for criterion, option in cells_of(dossier):
        score, scale = sheet.scores.get((criterion, option)), ends[criterion]
        if score is None:
            yield Fault(criterion, option, "Give a score.", missing=True)
        elif scale and not scale[0] <= score <= scale[1]:
            yield Fault(criterion, option, f"The scale runs from {scale[0]:g} to {scale[1]:g}.")


def _weight_faults(dossier: Dossier, sheet: Sheet) -> Iterator[Fault]:
    for criterion in dossier.criteria.criteria:
        weight = sheet.weights.get(criterion.id)
        if weight is None:
            yield Fault(criterion.id, "", "Give a weight; 0 where it does not count.", missing=True)
        elif weight < 0:
            yield Fault(criterion.id, "", "A weight must not be negative.")
    if sheet.weights and all(weight == 0 for weight in sheet.weights.values()):
        yield Fault(dossier.criteria.criteria[0].id, "", "Give at least one criterion a weight above 0.", missing=True)


def together(sheets: Mapping[str, Sheet]) -> Combined:
    """Combine the scores of the sheets (evaluator → sheet), with spread and disagreement."""
    ballots = {
        who: {(option, criterion): float(score) for (criterion, option), score in sheet.scores.items()}
        for who, sheet in sheets.items()
    }
    return combine(ballots)


def shared_weights(sheets: Mapping[str, Sheet]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Return each criterion's weight as (lowest, mean, highest) of everybody's shares, in percent."""
    shares: dict[str, list[Decimal]] = {}
    for sheet in sheets.values():
        total = sum(sheet.weights.values())
        for criterion, weight in sheet.weights.items():
            shares.setdefault(criterion, []).append(weight * 100 / total)
    return {
        criterion: (_rounded(min(found)), _rounded(sum(found, Decimal()) / len(found)), _rounded(max(found)))
        for criterion, found in shares.items()
    }


def adopted(criteria: Criteria, ballots: tuple[Ballot, ...], sheets: Mapping[str, Sheet], kind: str) -> Criteria:
    """Return section 9 with what the ballots say together, and the ballots themselves; reasons of scores stay."""
    kept = tuple(ballot for ballot in criteria.ballots if bool(ballot.weights) != (kind == "weights"))
    section = replace(criteria, ballots=(*kept, *ballots))
    if kind == "weights":
        found = shared_weights(sheets)
        weighed = (replace(c, weight=found[c.id][1] if c.id in found else c.weight) for c in criteria.criteria)
        return replace(section, criteria=tuple(weighed), swings=())
    reasons = {(score.criterion, score.option): score.reason for score in criteria.scores}
    scores: dict[Cell, list[Decimal]] = {}
    for sheet in sheets.values():
        for cell, score in sheet.scores.items():
            scores.setdefault(cell, []).append(score)
    return replace(
        section,
        scores=tuple(
            Score(criterion=c, option=o, estimate=_estimate(given), reason=reasons.get((c, o), ""))
            for (c, o), given in scores.items()
        ),
    )


def as_ballot(evaluator: str, sheet: Sheet, *, given_on: date | None, released: str = "") -> Ballot:
    """Return one evaluator's sheet as the dossier keeps it."""
    return Ballot(
        evaluator=evaluator,
        given_on=given_on,
        released=released,
        scores=tuple(BallotScore(criterion=c, option=o, score=score) for (c, o), score in sheet.scores.items()),
        weights=tuple(BallotWeight(criterion=c, weight=weight) for c, weight in sheet.weights.items()),
    )


def sheets_of(criteria: Criteria) -> dict[str, Sheet]:
    """Return the sheets of scores that the dossier keeps, by evaluator."""
    return {
        ballot.evaluator: Sheet({(s.criterion, s.option): s.score for s in ballot.scores if s.score is not None})
        for ballot in criteria.ballots
        if ballot.scores
    }


def _estimate(given: list[Decimal]) -> Estimate:
    low, high = min(given), max(given)
    if low == high:
        return Estimate(likely=low)
    return Estimate(low=low, likely=min(high, max(low, _rounded(sum(given, Decimal()) / len(given)))), high=high)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT).normalize() + 0
