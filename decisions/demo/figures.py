"""The demonstration's metrics: what they mean, and a year of plausible weekly values."""

import math
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.models import User
from approvals.services import signing
from decisions.demo.people import PASSWORD
from metrics.models import Metric
from metrics.models.segment import VIEW
from metrics.services import definitions, observations, registry, segments
from metrics.services.observations import Entry

WEEKS = 52


@dataclass(frozen=True, kw_only=True)
class Region:
    """One segment of a figure: how far it lies from the whole, and from how many cases it is counted."""

    name: str
    apart: str
    sample: int
    seen_by: str = ""  # restricted to its keepers and this person


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One metric: its definition, and the course of its values from a year ago to now."""

    key: str
    name: str
    start: float
    end: float
    noise: float
    decimals: int = 1
    swing: float = 0.0  # height of a yearly wave
    last: tuple[float, ...] = ()  # the newest values, as they are
    sample: int = 0
    regions: tuple[Region, ...] = ()  # whose mean, weighted by their samples, is the whole
    held_back: int = 0  # newest values that arrive only once decisions rest on the metric
    definition: dict[str, Any] = field(default_factory=dict)

    def values(self, last_week: date) -> list[tuple[date, Decimal]]:
        """Return a year of weekly values that end with the week of the given Monday; always the same ones."""
        chance = random.Random(self.key)  # noqa: S311 plausible, not secret
        made = [self._value(week / (WEEKS - 1), chance) for week in range(WEEKS)]
        if self.last:
            made[-len(self.last) :] = self.last
        first = last_week - timedelta(weeks=WEEKS - 1)
        step = Decimal(1).scaleb(-self.decimals)
        return [(first + timedelta(weeks=week), Decimal(str(value)).quantize(step)) for week, value in enumerate(made)]

    def _value(self, share: float, chance: random.Random) -> float:
        course = self.start + (self.end - self.start) * share
        return course + self.swing * math.sin(2 * math.pi * share) + chance.gauss(0, self.noise)


def ensure(figure: Figure, people: dict[str, User], *, last_week: date, signed: bool) -> Metric:
    """Enter the metric, put its definition in force and record its year, unless it is there already.

    `signed`: through a request and a signature, as in service; else as the system.
    """
    found = Metric.objects.filter(key=figure.key).first()
    if found is not None:
        return found
    with transaction.atomic():
        metric = registry.create_metric(
            key=figure.key,
            name=figure.name,
            by=people["steward"],
            owner=people["owner"],
            steward=people["steward"],
            **figure.definition,
        )
        if signed:
            _sign(metric, people)
        else:
            definitions.approve_without_request(metric)
        metric.refresh_from_db()
        for region in figure.regions:
            _open(metric, region, people)
        _record(metric, figure, figure.values(last_week)[: WEEKS - figure.held_back], people)
    return metric


def let_arrive(figure: Figure, people: dict[str, User], *, last_week: date) -> None:
    """Record the values that were held back, unless they are there."""
    metric = Metric.objects.get(key=figure.key)
    if figure.held_back and metric.observations.count() < WEEKS:
        _record(metric, figure, figure.values(last_week)[-figure.held_back :], people)


def _open(metric: Metric, region: Region, people: dict[str, User]) -> None:
    """Enter a region, and restrict it where it is not for everybody."""
    by = people["steward"]
    row = segments.declare(metric, name=region.name, dimension="region", by=by)
    if region.seen_by:
        segments.restrict(metric, name=region.name, restricted=True, by=by)
        segments.grant(row, to=people[region.seen_by], permission=VIEW, by=by)


def _record(metric: Metric, figure: Figure, values: list[tuple[date, Decimal]], people: dict[str, User]) -> None:
    by, sample = people["steward"], figure.sample or None
    if figure.regions:
        rows = [
            Entry(period_start=day, value=value + Decimal(each.apart), segment=each.name, sample_size=each.sample)
            for day, value in values
            for each in figure.regions
        ]
        observations.record(metric, rows, by=by, source="demo")
    if figure.definition.get("aggregation"):
        return
    observations.record_series(metric, values, by=by, source="demo", sample_size=sample)


def _sign(metric: Metric, people: dict[str, User]) -> None:
    request = definitions.submit(metric, by=people["steward"])
    credential = signing.Credential(password=PASSWORD)
    signing.sign(request.pk, by=people["approver1"], verdict="approve", credential=credential, digest=request.digest)
