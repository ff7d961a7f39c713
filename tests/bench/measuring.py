"""How things are measured: in turn with their peer, several times, the median of each."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: a value beside its peer or limit of the same run; `ok` when the ratio meets the target."""

    name: str
    value: float
    unit: str
    against: str
    ratio: float
    target: str
    ok: bool


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turn(work: Callable[[], object], peer: Callable[[], object], *, rounds: int = 9) -> tuple[float, float]:
    """Return the median seconds of both, called in turn, so that a busy machine slows both alike."""
    work()
    peer()
    pairs = [(seconds(work), seconds(peer)) for _ in range(rounds)]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def at_most(name: str, value: float, unit: str, against: str, base: float, target: float) -> Row:
    """Return a row whose value may be at most `target` times its base."""
    ratio = value / base
    return Row(name, round(value, 5), unit, against, round(ratio, 3), f"<= {target:g}", ratio <= target)


def at_least(name: str, value: float, unit: str, against: str, base: float, target: float) -> Row:
    """Return a row whose value must be at least `target` times its base."""
    ratio = value / base
    return Row(name, round(value, 5), unit, against, round(ratio, 3), f">= {target:g}", ratio >= target)
