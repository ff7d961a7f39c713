"""Every reason why a model cannot be ranked, as sentences that say what to change."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from decisions.domain.scoring.model import Criterion, Model, Option

LARGEST = 1e15  # beyond this a float no longer tells whole numbers apart


def sane(number: float) -> bool:
    """Tell whether a number can be calculated with: finite, and not beyond `LARGEST`."""
    return math.isfinite(number) and abs(number) <= LARGEST


def complaints(model: Model) -> tuple[str, ...]:
    """Return every reason why the model cannot be ranked; empty when it can."""
    return tuple(_all(model))


def _all(model: Model) -> Iterator[str]:
    yield from _criteria(model.criteria)
    yield from _options(model)
    if not any(True for option in model.options for _ in _scores(model, option)):
        yield from _vetoes(model)


def _criteria(criteria: Sequence[Criterion]) -> Iterator[str]:
    if not criteria:
        yield "Give at least one criterion with a weight."
        return
    yield from _repeated("criterion", [criterion.label for criterion in criteria])
    for criterion in criteria:
        yield from _criterion(criterion)
    weights = [criterion.weight for criterion in criteria]
    if all(sane(weight) and weight >= 0 for weight in weights) and not any(weight > 0 for weight in weights):
        yield "Give at least one criterion a weight above 0; all weights are 0."


def _criterion(criterion: Criterion) -> Iterator[str]:
    name = f"Criterion “{criterion.label}”"
    if not sane(criterion.weight):
        yield f"{name}: the weight must be a finite number."
    elif criterion.weight < 0:
        yield f"{name}: the weight must not be negative; it is {criterion.weight:g}."
    if criterion.direction not in {"max", "min"}:
        yield f"{name}: the direction must be “max” (more is better) or “min” (less is better)."
    if criterion.scale not in {"direct", "linear"}:
        yield f"{name}: the scale must be “direct” or “linear”."
    yield from _range(criterion, name)
    if criterion.curve:
        yield from _curve(criterion, name)
    if criterion.veto and criterion.threshold is None:
        yield f"{name}: a veto needs a threshold; state one or lift the veto."
    if criterion.threshold is not None and not sane(criterion.threshold):
        yield f"{name}: the threshold must be a finite number."


def _range(criterion: Criterion, name: str) -> Iterator[str]:
    worst, best = criterion.worst, criterion.best
    if criterion.scale != "linear" or (worst is None and best is None):
        return
    if worst is None or best is None:
        yield f"{name}: state both worst and best, or neither to take the range from the options."
    elif not (sane(worst) and sane(best)):
        yield f"{name}: worst and best must be finite numbers."
    elif worst == best:
        yield f"{name}: worst and best are both {worst:g}; they must differ."
    elif (worst < best) != (criterion.direction == "max"):
        better = "more" if criterion.direction == "max" else "less"
        yield f"{name}: {better} is better, but worst is {worst:g} and best is {best:g}; swap them or the direction."


def _curve(criterion: Criterion, name: str) -> Iterator[str]:
    corners = sorted(criterion.curve)
    if any(not (sane(x) and 0 <= y <= 100) for x, y in corners):
        yield f"{name}: the value function's corners must be finite scores with values from 0 to 100."
        return
    steps = [(right[0] - left[0], right[1] - left[1]) for left, right in pairwise(corners)]
    if not steps or any(across == 0 for across, _ in steps):
        yield f"{name}: the value function needs at least two corners, each at a score of its own."
    elif not (all(up >= 0 for _, up in steps) or all(up <= 0 for _, up in steps)):
        yield f"{name}: the value function must rise or fall throughout."


def _options(model: Model) -> Iterator[str]:
    count = len(model.options)
    if count < 2:
        yield f"Give at least two options to rank; there {'is one' if count == 1 else 'are none'}."
    yield from _repeated("option", [option.label for option in model.options])
    for option in model.options:
        yield from _scores(model, option)
        if option.cost is not None and not sane(option.cost):
            yield f"Option “{option.label}”: the cost must be a finite number."


def _scores(model: Model, option: Option) -> Iterator[str]:
    known = {criterion.id for criterion in model.criteria}
    for criterion in model.criteria:
        where = f"Option “{option.label}”, criterion “{criterion.label}”"
        triple = option.scores.get(criterion.id)
        if triple is None:
            yield f"{where}: the score is missing."
        elif not all(sane(number) for number in (triple.low, triple.likely, triple.high)):
            yield f"{where}: the score must be a finite number."
        elif not triple.low <= triple.likely <= triple.high:
            yield (
                f"{where}: low, likely and high must rise; they are "
                f"{triple.low:g}, {triple.likely:g} and {triple.high:g}."
            )
        elif criterion.scale == "direct" and not criterion.curve and not (triple.low >= 0 and triple.high <= 100):
            yield f"{where}: a direct score must lie between 0 and 100."
    for unknown in sorted(option.scores.keys() - known):
        yield f"Option “{option.label}”: it is scored on “{unknown}”, which is not one of the criteria."


def _vetoes(model: Model) -> Iterator[str]:
    guards = [criterion for criterion in model.criteria if criterion.veto and criterion.threshold is not None]
    struck = [any(c.misses(option.scores[c.id].likely) for c in guards) for option in model.options]
    if struck and all(struck):
        names = ", ".join(f"“{criterion.label}”" for criterion in guards)
        yield f"The vetoes on {names} exclude every option; relax a threshold or add an option that passes."


def _repeated(noun: str, names: Sequence[str]) -> Iterator[str]:
    if any(not name for name in names):
        yield f"Give every {noun} a name."
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield f"The {noun} “{name}” is given more than once; names must differ."
