"""Checks of how much: values that jump further than the metric's own history lets expect, and samples that do.

Sources: B. Iglewicz and D. Hoaglin, “How to Detect and Handle Outliers” (ASQC, 1993), as the NIST/SEMATECH e-Handbook
of Statistical Methods, section 1.3.5.17, gives it: the modified z-score 0.6745 (x − median) / MAD, an outlier beyond
3.5. It is taken of differences, since metrics have trends: from one value to the next, or, where three seasons are
known, from the same place of the season before. Where more than half the differences are equal the MAD is 0; then
(x − median) / (1.253314 × mean absolute deviation) stands in for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import fmean, median

from config.kit.canonical import decimal_text
from metrics.domain.quality.material import Finding, Looked, Material, Parameters, Point, worth

LEAST_VALUES = 12
SEASONS = 3
MAD_FACTOR, MEAN_FACTOR = 0.6745, 1.253314


def outliers(material: Material, asked: Parameters) -> Looked:
    """Find among the newest values those that jump; of a spike the value itself, not the way back."""
    ended = material.ended
    if len(ended) < LEAST_VALUES:
        return Looked(nothing=f"There are {len(ended)} values; {LEAST_VALUES} are needed to know how far they spread.")
    steps = _steps(material, ended)
    scores = modified_z([float(worth(point) - worth(before)) for point, before in steps])
    jumps = {
        point.start: score
        for (point, _), score in zip(steps, scores, strict=True)
        if abs(score) > float(asked["threshold"])
    }
    newest = steps[-asked["periods"] :]
    findings = [_jump(material, step, jumps) for step in newest if step[0].start in jumps and not _back(step, jumps)]
    return Looked(count=len(newest), findings=tuple(reversed(findings)))


Step = tuple[Point, Point]
"""A value, and the one that it is held against."""


def _steps(material: Material, ended: Sequence[Point]) -> list[Step]:
    season = material.season
    if season and len(ended) > SEASONS * season:
        places = {material.cadence.index(point.start): point for point in ended}
        before = [(point, places.get(place - season)) for place, point in places.items()]
        seasonal = [(point, earlier) for point, earlier in before if earlier is not None]
        if len(seasonal) >= LEAST_VALUES:
            return seasonal
    return [(point, before) for before, point in pairwise(ended)]


def _back(step: Step, jumps: Mapping[datetime, float]) -> bool:
    """Say whether a jump only undoes the one to the value that it is held against: then that one is the odd value."""
    point, before = step
    return jumps[point.start] * jumps.get(before.start, 0.0) < 0


def _jump(material: Material, step: Step, jumps: Mapping[datetime, float]) -> Finding:
    point, before = step
    times = f"{abs(jumps[point.start]):.1f}"
    # Held against the season before, the value that it follows on the chart is another one.
    here, there = material.cadence.index(point.start), material.cadence.index(before.start)
    when = f", from {material.day(before.start)}" if material.season and here - there == material.season else ""
    words = f"after {decimal_text(worth(before))}{when}, a step of {times} times the usual spread"
    return material.named(point, words, before.value)


def modified_z(values: Sequence[float]) -> list[float]:
    """Return the modified z-score of each value; all are 0 where the values do not vary."""
    centre = median(values)
    off = [abs(value - centre) for value in values]
    spread = median(off)
    if spread:
        return [MAD_FACTOR * (value - centre) / spread for value in values]
    mean = fmean(off)
    return [(value - centre) / (MEAN_FACTOR * mean) if mean else 0.0 for value in values]


def sample(material: Material, asked: Parameters) -> Looked:
    """Find among the newest values those whose sample is so many times larger or smaller than the usual one."""
    sized = [point for point in material.ended if point.sample_size is not None]
    if len(sized) < LEAST_VALUES:
        return Looked(nothing=f"{len(sized)} values tell their sample size; {LEAST_VALUES} are needed.")
    usual = median(point.sample_size or 0 for point in sized)
    newest = sized[-asked["periods"] :]
    factor = float(asked["factor"])
    findings = tuple(
        _sized(material, point, usual) for point in reversed(newest) if _beyond(point.sample_size or 0, usual, factor)
    )
    return Looked(count=len(newest), findings=findings)


def _beyond(size: float, usual: float, factor: float) -> bool:
    return size > usual * factor or size * factor < usual


def _sized(material: Material, point: Point, usual: float) -> Finding:
    return Finding(
        key=f"{point.start.isoformat()} sample {point.sample_size}",
        sentence=f"{material.day(point.start)} has a sample of {point.sample_size}; {usual:g} is usual",
        period=point.start,
        value=point.value,
    )
