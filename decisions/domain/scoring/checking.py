"""Every reason why a model cannot be ranked, as sentences that say what to change, each with its place."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from decisions.domain.scoring.model import Criterion, Model, Option

LARGEST = 1e15  # beyond this a float no longer tells whole numbers apart
SCALES = ("direct", "linear", "piecewise")


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One reason, and where it is mended: ids of criterion and option, and the criterion's attribute, where known."""

    sentence: str
    criterion: str = ""
    option: str = ""
    part: str = ""
    missing: bool = False  # nothing is wrong, something is still to be said


def sane(number: float) -> bool:
    """Tell whether a number can be calculated with: finite, and not beyond `LARGEST`."""
    return math.isfinite(number) and abs(number) <= LARGEST


def complaints(model: Model) -> tuple[str, ...]:
    """Return every reason why the model cannot be ranked; empty when it can."""
    return tuple(complaint.sentence for complaint in placed_complaints(model))


def placed_complaints(model: Model) -> tuple[Complaint, ...]:
    """Return the same reasons, each with its place."""
    return tuple(_all(model))


def criterion_complaints(criterion: Criterion) -> Iterator[Complaint]:
    """Yield what contradicts itself in one criterion, whatever the options are."""
    absent = {name for name in ("worst", "best", "threshold") if getattr(criterion, name) is None}
    absent |= set() if criterion.curve else {"curve"}
    for part, sentence in _criterion(criterion):
        yield Complaint(
            sentence=f"Criterion “{criterion.label}”: {sentence}",
            criterion=criterion.id,
            part=part,
            missing=part in absent,
        )


def _all(model: Model) -> Iterator[Complaint]:
    yield from _criteria(model.criteria)
    yield from _options(model)
    if not any(True for option in model.options for _ in _scores(model, option)):
        yield from _vetoes(model)


def _criteria(criteria: Sequence[Criterion]) -> Iterator[Complaint]:
    if not criteria:
        yield Complaint(sentence="Give at least one criterion with a weight.", missing=True)
        return
    yield from _repeated("criterion", [(criterion.id, criterion.label) for criterion in criteria])
    for criterion in criteria:
        yield from criterion_complaints(criterion)
    weights = [criterion.weight for criterion in criteria]
    if all(sane(weight) and weight >= 0 for weight in weights) and not any(weight > 0 for weight in weights):
        yield Complaint(sentence="Give at least one criterion a weight above 0; all weights are 0.")


def _criterion(criterion: Criterion) -> Iterator[tuple[str, str]]:
    if not sane(criterion.weight):
        yield "weight", "the weight must be a finite number."
    elif criterion.weight < 0:
        yield "weight", f"the weight must not be negative; it is {criterion.weight:g}."
    if criterion.direction not in {"max", "min"}:
        yield "direction", "the direction must be “max” (more is better) or “min” (less is better)."
    if criterion.scale not in SCALES:
        yield "scale", "the scale must be “direct” or “linear”."
    yield from _range(criterion)
    if criterion.curve or criterion.scale == "piecewise":
        yield from _curve(criterion)
    yield from _threshold(criterion)


def _range(criterion: Criterion) -> Iterator[tuple[str, str]]:
    worst, best = criterion.worst, criterion.best
    if criterion.scale != "linear" or (worst is None and best is None):
        return
    if worst is None or best is None:
        part = "worst" if worst is None else "best"
        yield part, "state both worst and best, or neither to take the range from the options."
    elif not (sane(worst) and sane(best)):
        yield "best", "worst and best must be finite numbers."
    elif worst == best:
        yield "best", f"worst and best are both {worst:g}; they must differ."
    elif (worst < best) != (criterion.direction == "max"):
        better = "more" if criterion.direction == "max" else "less"
        yield "best", f"{better} is better, but worst is {worst:g} and best is {best:g}; swap them or the direction."


def _curve(criterion: Criterion) -> Iterator[tuple[str, str]]:
    corners = sorted(criterion.curve)
    if any(not (sane(x) and 0 <= y <= 100) for x, y in corners):
        yield "curve", "the value function's corners must be finite scores with values from 0 to 100."
        return
    steps = [(right[0] - left[0], right[1] - left[1]) for left, right in pairwise(corners)]
    if not steps or any(across == 0 for across, _ in steps):
        yield "curve", "the value function needs at least two corners, each at a score of its own."
    elif not (all(up >= 0 for _, up in steps) or all(up <= 0 for _, up in steps)):
        yield "curve", "the value function must rise or fall throughout."
    elif criterion.scale == "piecewise":
        rises = corners[-1][1] > corners[0][1]
        if corners[-1][1] == corners[0][1]:
            yield "curve", "the value function is flat; let at least one corner be worth more than another."
        elif rises != (criterion.direction == "max"):
            better, goes = ("more", "falls") if criterion.direction == "max" else ("less", "rises")
            yield "curve", f"{better} is better, but the value function {goes}; turn it or the direction."


def _threshold(criterion: Criterion) -> Iterator[tuple[str, str]]:
    if criterion.threshold is None:
        if criterion.veto:
            yield "threshold", "a veto needs a threshold; state one or lift the veto."
        return
    if not sane(criterion.threshold):
        yield "threshold", "the threshold must be a finite number."
        return
    ends = scale_ends(criterion)
    if ends and not ends[0] <= criterion.threshold <= ends[1]:
        runs = f"which runs from {ends[0]:g} to {ends[1]:g}"
        yield "threshold", f"the threshold {criterion.threshold:g} lies outside the scale, {runs}."


def scale_ends(criterion: Criterion) -> tuple[float, float] | None:
    """Return the least and the greatest score that the scale names; None where the options give the range."""
    if criterion.curve:
        scores = [score for score, _ in criterion.curve]
        return min(scores), max(scores)
    if criterion.scale == "direct":
        return 0.0, 100.0
    if criterion.scale == "linear" and criterion.worst is not None and criterion.best is not None:
        return min(criterion.worst, criterion.best), max(criterion.worst, criterion.best)
    return None


def _options(model: Model) -> Iterator[Complaint]:
    count = len(model.options)
    if count < 2:
        sentence = f"Give at least two options to rank; there {'is one' if count == 1 else 'are none'}."
        yield Complaint(sentence=sentence, option="*", missing=True)
    yield from _repeated("option", [(option.id, option.label) for option in model.options])
    for option in model.options:
        yield from _scores(model, option)
        if option.cost is not None and not sane(option.cost):
            sentence = f"Option “{option.label}”: the cost must be a finite number."
            yield Complaint(sentence=sentence, option=option.id)


def _scores(model: Model, option: Option) -> Iterator[Complaint]:
    known = {criterion.id for criterion in model.criteria}
    for criterion in model.criteria:
        where = f"Option “{option.label}”, criterion “{criterion.label}”"
        if sentence := score_complaint(criterion, option):
            yield Complaint(
                sentence=f"{where}: {sentence}",
                criterion=criterion.id,
                option=option.id,
                part="score",
                missing=criterion.id not in option.scores,
            )
    for unknown in sorted(option.scores.keys() - known):
        sentence = f"Option “{option.label}”: it is scored on “{unknown}”, which is not one of the criteria."
        yield Complaint(sentence=sentence, option=option.id, criterion=unknown, part="score")


def score_complaint(criterion: Criterion, option: Option) -> str:
    """Return what is wrong with one score, or nothing."""
    triple = option.scores.get(criterion.id)
    if triple is None:
        return "the score is missing."
    if not all(sane(number) for number in (triple.low, triple.likely, triple.high)):
        return "the score must be a finite number."
    if not triple.low <= triple.likely <= triple.high:
        return f"low, likely and high must rise; they are {triple.low:g}, {triple.likely:g} and {triple.high:g}."
    if criterion.scale == "direct" and not criterion.curve and not (triple.low >= 0 and triple.high <= 100):
        return "a direct score must lie between 0 and 100."
    return ""


def _vetoes(model: Model) -> Iterator[Complaint]:
    guards = [criterion for criterion in model.criteria if criterion.veto and criterion.threshold is not None]
    struck = [any(c.misses(option.scores[c.id].likely) for c in guards) for option in model.options]
    if struck and all(struck):
        names = ", ".join(f"“{criterion.label}”" for criterion in guards)
        sentence = f"The vetoes on {names} exclude every option; relax a threshold or add an option that passes."
        yield Complaint(sentence=sentence, criterion=guards[0].id, part="threshold")


def _repeated(noun: str, named: Sequence[tuple[str, str]]) -> Iterator[Complaint]:
    """Complain of each name given twice, at the last that has it."""
    names = [name for _, name in named]
    if any(not name for name in names):
        yield Complaint(sentence=f"Give every {noun} a name.", missing=True)
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        last = next(key for key, each in reversed(named) if each == name)
        sentence = f"The {noun} “{name}” is given more than once; names must differ."
        criterion, option = (last, "") if noun == "criterion" else ("", last)
        yield Complaint(sentence=sentence, criterion=criterion, option=option, part="name")
