"""Experiments: the size a plan needs, what the figures say of each variant, and what speaks against a verdict.

The first variant is the control, the first measure the one that the hypothesis is about; the others only must not get
worse. Shares are in per cent, so differences between them are in percentage points. Every variant is compared with the
control on every measure, and p-values are corrected for all of these comparisons together (Holm).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrics.domain.sizing import MOST_CASES, MOST_LOOKS, Plan, Undetectable, alarm_after, cases_for_means
from metrics.domain.sizing import cases_for_shares as _cases_for_shares
from metrics.domain.statistics import (
    Interval,
    Mean,
    Share,
    holm,
    mean_differs,
    mean_interval,
    newcombe,
    share_differs,
    welch,
    wilson,
)

LEAST_VARIANTS, MOST_VARIANTS, MOST_FURTHER = 2, 6, 5


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: share or mean of a metric, and which way of it is worse."""

    metric: str
    kind: str  # share | mean
    direction: str = ""  # higher | lower | within, of what is better


@dataclass(frozen=True, slots=True)
class Design:
    """What was planned, as far as figures are judged by it."""

    variants: tuple[str, ...]
    measures: tuple[Measure, ...]
    expects: str  # rise | fall
    effect: float
    alpha: float  # 0.05
    sample: int  # cases in each variant

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> "Design":
        """Read what is judged by out of a plan, as it is frozen."""
        return cls(
            variants=tuple(plan["variants"]),
            measures=tuple(Measure(m["metric"], m["kind"], m["direction"]) for m in plan["measures"]),
            expects=plan["expects"],
            effect=float(plan["effect"]),
            alpha=float(plan["alpha"]) / 100,
            sample=int(plan["sample"]),
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one variant shows on one measure."""

    measure: int
    variant: int
    cases: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one variant differs from the control on one measure."""

    measure: int
    variant: int
    gap: Interval
    chance: float
    corrected: float
    real: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What the figures say."""

    estimates: tuple[Estimate, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def primary(self) -> list[Comparison]:
        """Return the comparisons that the hypothesis is about."""
        return [each for each in self.comparisons if each.measure == 0]

    @property
    def smallest(self) -> int:
        """Return the cases of the smallest variant on the primary measure."""
        return min(each.cases for each in self.estimates if each.measure == 0)


def sample_of(kind: str, entry: Mapping[str, Any]) -> Share | Mean:
    """Read one variant's figures; ValueError with a sentence for what is no sample."""
    cases = int(entry["cases"])
    if kind == "share":
        count = int(entry["count"])
        if cases < 1 or not 0 <= count <= cases:
            raise ValueError("The count lies between 0 and the number of cases, of which there is at least one.")
        return Share(count / cases, cases)
    if cases < 2:
        raise ValueError("A mean needs at least two cases.")
    deviation = float(Decimal(entry["deviation"]))
    if deviation < 0:
        raise ValueError("A standard deviation is not below 0.")
    return Mean(float(Decimal(entry["mean"])), deviation, cases)


def result_of(design: Design, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> Result:
    """Work out estimates and comparisons from one look at the figures."""
    level = 1 - design.alpha
    estimates, found = [], []
    for at, measure in enumerate(design.measures):
        samples = [sample_of(measure.kind, entry) for entry in figures[measure.metric]]
        estimates += [Estimate(at, number, int(s.cases), _interval(s, level)) for number, s in enumerate(samples)]
        found += [
            (at, number, *_compared(sample, samples[0], level)) for number, sample in enumerate(samples[1:], start=1)
        ]
    corrected = holm([chance for *_, chance in found])
    comparisons = tuple(
        Comparison(at, number, gap, chance, after, after < design.alpha)
        for (at, number, gap, chance), after in zip(found, corrected, strict=True)
    )
    return Result(tuple(estimates), comparisons)


def _interval(sample: Share | Mean, level: float) -> Interval:
    return _percent(wilson(sample, level)) if isinstance(sample, Share) else mean_interval(sample, level)


def _compared(sample: Share | Mean, control: Share | Mean, level: float) -> tuple[Interval, float]:
    if isinstance(sample, Share) and isinstance(control, Share):
        return _percent(newcombe(sample, control, level)), share_differs(sample, control)
    assert isinstance(sample, Mean)  # noqa: S101 one measure is of one kind
    assert isinstance(control, Mean)  # noqa: S101
    return welch(sample, control, level), mean_differs(sample, control)


def _percent(found: Interval) -> Interval:
    return Interval(found.estimate * 100, found.low * 100, found.high * 100, found.level)


def needed(
    *, kind: str, base: float, effect: float, deviation: float, alpha: float, power: float, variants: int
) -> int:
    """Return the cases that each variant needs, alpha shared out among the comparisons with the control.

    `effect` has the sign of what is expected; shares, alpha and power are in per cent. Undetectable with a sentence.
    """
    plan = Plan(alpha=alpha / 100 / (variants - 1), power=power / 100)
    if kind == "share":
        cases = _cases_for_shares(base / 100, min(1.0, max(0.0, (base + effect) / 100)), plan)
    else:
        cases = cases_for_means(effect, deviation, plan)
    if cases > MOST_CASES:
        raise Undetectable("That would take more cases than there could be; plan for a larger difference.")
    return max(2, math.ceil(cases - 1e-9))


def as_expected(design: Design, each: Comparison) -> bool:
    """Say whether a difference goes the way the hypothesis says."""
    return each.gap.estimate > 0 if design.expects == "rise" else each.gap.estimate < 0


def worsened(design: Design, result: Result) -> list[Comparison]:
    """Return where a further measure got worse by more than chance."""
    return [each for each in result.comparisons if each.measure and each.real and _is_worse(design, each)]


def _is_worse(design: Design, each: Comparison) -> bool:
    direction = design.measures[each.measure].direction
    return each.gap.estimate < 0 if direction == "higher" else each.gap.estimate > 0 and direction == "lower"


def concerns(design: Design, result: Result, verdict: str, early: int) -> list[str]:
    """Return what speaks against a verdict, a sentence each; `early` looks were taken before the planned sample."""
    return [] if verdict == "stopped" else list(_concerns(design, result, verdict, early))


def _concerns(design: Design, result: Result, verdict: str, early: int) -> Iterator[str]:
    if result.smallest < design.sample:
        yield (
            f"The smallest variant has {result.smallest:,} of the {design.sample:,} cases planned: it is judged before "
            "its time."
        )
    if verdict == "supported":
        yield from _against_support(design, result, early)
    if verdict == "not_supported":
        yield from _against_refusal(design, result)
    if verdict == "inconclusive" and any(each.real and as_expected(design, each) for each in result.primary):
        yield "A difference as expected is there, and more than chance does."


def _against_support(design: Design, result: Result, early: int) -> Iterator[str]:
    hoped = [each for each in result.primary if as_expected(design, each)]
    if not hoped:
        yield "No variant moved the way the hypothesis says."
    elif all(each.gap.holds(0) for each in hoped):
        yield "The interval of the difference lies over zero: what was seen is within what chance does."
    elif not any(each.real for each in hoped):
        yield "Corrected for the number of comparisons, the difference is within what chance does."
    for each in worsened(design, result):
        name, variant = design.measures[each.measure].metric, design.variants[each.variant]
        yield f"“{name}” got worse under “{variant}”, by more than chance does."
    if early:
        alarm = alarm_after(min(early + 1, MOST_LOOKS), round(design.alpha, 6))
        times = "once" if early == 1 else f"{early} times"
        yield (
            f"The figures were looked at {times} before the planned sample, which raises the chance of a false alarm "
            f"from {design.alpha * 100:.3g} % to about {alarm * 100:.0f} %."
        )


def _against_refusal(design: Design, result: Result) -> Iterator[str]:
    planned = design.effect if design.expects == "rise" else -design.effect
    if any(each.real and as_expected(design, each) for each in result.primary):
        yield "A difference as expected is there, and more than chance does."
    elif any(each.gap.low <= planned <= each.gap.high for each in result.primary):
        yield "The interval still holds the difference that was hoped for: the figures do not rule it out."
