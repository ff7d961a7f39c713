"""Calibration: how far stated probabilities agree with what came, by the Brier score, with the counts it rests on.

The Brier score is the mean of (p - o)², p the probability as a share, o 1 where the assumption held and 0 where it
broke (Brier 1950): 0 is perfect, 0.25 is what saying 50 % every time earns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ENOUGH = 10
"""Fewer outcomes than this say little about a person: one more can move the score by a tenth and over."""

BANDS = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 100))
_PLACES = Decimal("0.001")


@dataclass(frozen=True)
class Outcome:
    """One assumption at one review: whose, the probability in percent, and whether it held."""

    owner: str
    probability: Decimal
    held: bool


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How somebody's probabilities did: `expected` is how many should have held, had each been right."""

    owner: str
    count: int
    brier: Decimal
    held: int
    expected: Decimal

    @property
    def enough(self) -> bool:
        """Say whether there are enough outcomes to say anything of the person."""
        return self.count >= ENOUGH

    @property
    def verdict(self) -> str:
        """Say in words what the figures allow to say, and no more."""
        if not self.enough:
            return f"Too few to judge: {self.count} of the {ENOUGH} it takes."
        gap = self.expected - self.held
        margin = Decimal(self.count).sqrt() / 2
        if abs(gap) <= margin:
            return "In keeping with what was stated."
        return "Stated too high: more broke than foreseen." if gap > 0 else "Stated too low: more held than foreseen."


@dataclass(frozen=True, kw_only=True)
class Band:
    """Assumptions whose probability lay in a band: how many, the mean stated, the share that held, in percent."""

    low: int
    high: int
    count: int
    stated: Decimal
    held: Decimal


def brier(probability: Decimal, held: bool) -> Decimal:
    """Return the score of one statement: 0 is right and sure, 1 is wrong and sure."""
    return ((probability / 100 - int(held)) ** 2).quantize(_PLACES)


def calibration(outcomes: Iterable[Outcome]) -> tuple[Calibration, ...]:
    """Return the calibration of every owner, those with most outcomes first."""
    by_owner: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_owner.setdefault(outcome.owner, []).append(outcome)
    found = [_of(owner, own) for owner, own in by_owner.items()]
    return tuple(sorted(found, key=lambda each: (-each.count, each.owner)))


def _of(owner: str, own: Sequence[Outcome]) -> Calibration:
    total = sum(((o.probability / 100 - int(o.held)) ** 2 for o in own), Decimal(0))
    return Calibration(
        owner=owner,
        count=len(own),
        brier=(total / len(own)).quantize(_PLACES),
        held=sum(outcome.held for outcome in own),
        expected=(sum((o.probability for o in own), Decimal(0)) / 100).quantize(Decimal("0.1")),
    )


def bands(outcomes: Iterable[Outcome]) -> tuple[Band, ...]:
    """Return the bands that hold any outcome; a bound belongs to the band above it, 100 to the last."""
    found: Mapping[tuple[int, int], list[Outcome]] = {band: [] for band in BANDS}
    for outcome in outcomes:
        place = min(int(outcome.probability // 20), len(BANDS) - 1)
        found[BANDS[place]].append(outcome)
    return tuple(_band(low, high, own) for (low, high), own in found.items() if own)


def _band(low: int, high: int, own: Sequence[Outcome]) -> Band:
    stated = sum((outcome.probability for outcome in own), Decimal(0)) / len(own)
    held = Decimal(100 * sum(outcome.held for outcome in own)) / len(own)
    whole = Decimal(1)
    return Band(low=low, high=high, count=len(own), stated=stated.quantize(whole), held=held.quantize(whole))
